"""Invitations: a page for each key holder, witness, mirror and the operator, with the very commands to run."""

from __future__ import annotations

from re import compile as pattern
from shlex import quote
from textwrap import fill
from typing import Literal, NamedTuple

import msgspec

from bulletin.office.printed.press import draw_code, press
from bulletin.office.printed.trial import is_trial
from bulletin.office.printed.wording import speak
from verifier.desk.report.language import Language, Words
from verifier.desk.report.letters import visible
from verifier.records import Text

Task = Literal["trustee", "mixer", "witness", "mirror", "operator"]
HOST = pattern(r"^https?://|:[0-9]+(?=/|$)")  # what stands around the name of a machine in its address
WIDTH = 80  # signs of a line
VKEY = "\"$(sed -n 's/^log \\([^ ]*\\).*/\\1/p' trust.txt)\""  # the log's key as the trust sheet has it
COMMANDS: dict[Task, tuple[tuple[str, str], ...]] = {
    "trustee": (
        ("make", "aikyn-mix key vault --as trustee --card {id}.card"),
        ("ceremony", "aikyn-mix trustee --board {server} --trust trust.txt --vault vault --only ceremony"),
        ("decryption", "aikyn-mix trustee --board {server} --trust trust.txt --vault vault --only decryption"),
    ),
    "mixer": (
        ("make", "aikyn-mix key vault --as mixer --card {id}.card"),
        ("serve", "aikyn-mix mixer --board {server} --trust trust.txt --vault vault"),
    ),
    "witness": (
        ("make", "aikyn-board witness-key witness --name {host} --card {id}.card"),
        ("serve", "aikyn-board witness witness --name {host} --log {vkey}"),
    ),
    "mirror": (("serve", "aikyn-board mirror {server} mirror --trust trust.txt"),),
    "operator": (
        ("log", "aikyn-board init board --origin {origin} --card log.card"),
        ("make", "aikyn-board operator-key operator.key --card {id}.card"),
        ("check", "aikyn-board check-config board --ask-witnesses"),
        ("serve", "aikyn-board serve board"),
    ),
}


class Guest(NamedTuple):
    """Whom a commission invites to what; `address` is where a witness or mirror will answer, or ""."""

    task: Task
    id: str
    name: str
    address: str = ""


class Terms(NamedTuple):
    """What all invitations to one election have in common; `dates` are sentences in the invitation's language."""

    title: Text
    commission: Text
    telephone: str
    server: str
    origin: str
    trustees: int
    threshold: int
    mixers: int
    witnesses: int
    dates: tuple[str, ...] = ()


class Passage(msgspec.Struct, frozen=True):
    """A part of the letter: its paragraphs, then commands in lines, each after the words that say when to run it."""

    heading: str
    paragraphs: tuple[str, ...]
    commands: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Letter(msgspec.Struct, frozen=True):
    """An invitation, however it is written."""

    heading: str
    what: str
    title: str
    trial: str
    trial_lead: str
    greeting: str
    passages: tuple[Passage, ...]
    close: str


def tell_invitation(guest: Guest, terms: Terms, language: Language) -> str:
    """The invitation as plain text, for mail."""
    letter = _write(guest, terms, speak(language))
    trial = (f"{letter.trial}. {letter.trial_lead}",) if letter.trial else ()
    parts = [letter.what, _fill(letter.title), *map(_fill, trial), letter.greeting]
    for passage in letter.passages:
        parts += [passage.heading.upper(), *map(_fill, passage.paragraphs)]
        for caption, command in passage.commands:
            parts += [_fill(caption), "\n".join(f"    {line}" for line in command)]
    return "\n\n".join([*parts, _fill(letter.close)]) + "\n"


def print_invitation(guest: Guest, terms: Terms, language: Language) -> bytes:
    """The invitation as PDF of a page; the same facts, the same bytes. ImportError without typst or segno."""
    w = speak(language)
    address = terms.server or f"tel:{terms.telephone.replace(' ', '')}"
    code = {"code": draw_code(address.encode()), "code_says": address, "code_alt": w["invitation.code_alt"]}
    return press("invitation", language, msgspec.to_builtins(_write(guest, terms, w)) | code)


def _write(guest: Guest, terms: Terms, w: Words) -> Letter:
    numbers = {name: getattr(terms, name) for name in ("trustees", "threshold", "mixers", "witnesses")}
    named = {"title": w.text(terms.title), "commission": w.text(terms.commission), "telephone": terms.telephone or "–"}
    values = {**numbers, **named, "id": guest.id, "name": guest.name, "card": f"{guest.id}.card"}

    def say(key: str) -> str:
        return visible(w.say(key if "." in key else f"{guest.task}.{key}", **values))

    def head(name: str) -> str:
        return w[f"invitation.{name}"]

    commands = tuple((say(f"step_{step}"), _fit(command, guest, terms)) for step, command in COMMANDS[guest.task])
    dates = tuple(map(visible, terms.dates)) or (say("invitation.undated"),)
    passages = (
        Passage(head("does"), (say("asks"), say("does"))),
        Passage(head("when"), (say("when"), *dates)),
        Passage(head("needs"), (say("needs"), say("invitation.install"))),
        Passage(head("commands"), (), commands),
        Passage(head("answer"), (say("answer"),)),
        Passage(head("secret"), (say("secret"),)),
        Passage(head("lost"), (say("lost"),)),
    )
    what, title = say("what"), visible(w.text(terms.title))
    trial = w["trial.mark"] if is_trial((), terms.title) else ""
    greeting, close = say("invitation.greeting"), say("invitation.close")
    return Letter(f"{what} · {title}", what, title, trial, w["trial.lead"], greeting, passages, close)


def _fit(command: str, guest: Guest, terms: Terms) -> tuple[str, ...]:
    """The command for this guest, in lines that the shell joins; what comes from outside is quoted."""
    host = HOST.sub("", guest.address).partition("/")[0] or guest.id
    given = {"id": guest.id, "server": terms.server, "origin": terms.origin, "host": host}
    quoted = {"vkey": VKEY, **{name: quote(value) for name, value in given.items()}}
    first, *options = (visible(part.format(**quoted)) for part in command.split(" --"))
    lines = [first]
    for option in options:
        if len(lines[-1]) + len(option) + len(" -- \\") > WIDTH:
            lines[-1] += " \\"
            lines.append(f"  --{option}")
        else:
            lines[-1] += f" --{option}"
    return tuple(lines)


def _fill(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
