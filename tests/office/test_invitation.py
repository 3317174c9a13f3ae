"""Invitations: one page for each task, with commands that the programs know; text stays text, also for the shell."""

from __future__ import annotations

import shlex
import subprocess
from itertools import pairwise
from typing import TYPE_CHECKING, get_args

import click
import pytest

from bulletin.office.printed.invitation import COMMANDS, VKEY, Guest, Task, Terms, print_invitation, tell_invitation
from bulletin.office.printed.wording import speak
from bulletin.operate.commands import main as board
from mixnet.commands import main as mix
from tests.corpus import boards
from tests.support import copies
from tests.support.pdf import everything, letters, pages
from tests.support.printed import HOSTILE, TITLE, same
from verifier.desk.report.language import LANGUAGES, Language
from verifier.desk.report.letters import visible
from verifier.log import note
from verifier.records import Text

if TYPE_CHECKING:
    from pathlib import Path

TASKS: tuple[Task, ...] = get_args(Task)
PROGRAMS = {"aikyn-board": board, "aikyn-mix": mix}
COMMISSION = Text("Central commission", "Борбордук шайлоо комиссиясы", "Центральная избирательная комиссия")
TERMS = Terms(
    TITLE,
    COMMISSION,
    "+996 312 00-00-00",
    "https://board.example",
    "board.example/2027",
    32,
    17,
    5,
    15,
    ("24.03.2027",),
)


def guest(task: Task) -> Guest:
    return Guest(task, f"{task}-1", "Назгүл Өмүрова", "https://w1.example/" if task == "witness" else "")


def commands(text: str) -> list[list[str]]:
    """What the text tells to type, as a shell takes it apart."""
    typed = [line.removeprefix("    ") for line in text.splitlines() if line.startswith("    ")]
    return [shlex.split(line) for line in "\n".join(typed).replace("\\\n", "").splitlines()]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", TASKS)
def test_an_invitation_has_a_page(task: Task, language: Language) -> None:
    pytest.importorskip("typst", reason="pages are set by typst, an extra")
    pytest.importorskip("segno", reason="codes are drawn by segno, an extra")
    pdf = print_invitation(guest(task), TERMS, language)
    assert pages(pdf) == 1
    assert b"pdfuaid:part>1<" in everything(pdf)
    assert set("Назгүл Өмүрова") <= letters(pdf)
    assert print_invitation(guest(task), TERMS, language) == pdf


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("task", TASKS)
def test_the_text_says_who_what_when_and_where_to_ring(task: Task, language: Language) -> None:
    text = tell_invitation(guest(task), TERMS, language)
    w = speak(language)
    for said in (w.text(COMMISSION), w.text(TITLE), "Назгүл Өмүрова", f"{task}-1", "24.03.2027", TERMS.telephone):
        assert said in " ".join(text.split())
    assert all(len(line) <= 84 for line in text.splitlines())
    undated = tell_invitation(guest(task), TERMS._replace(dates=()), language)
    assert w["invitation.undated"] in undated


@pytest.mark.parametrize("task", TASKS)
def test_the_programs_know_every_command(task: Task) -> None:
    typed = commands(tell_invitation(guest(task), TERMS, "en"))
    assert len(typed) == len(COMMANDS[task])
    for program, name, *arguments in typed:
        command = PROGRAMS[program].commands[name]
        command.make_parser(click.Context(command)).parse_args(list(arguments))
        choices = {flag: option.type for option in command.params for flag in option.opts}
        for option, chosen in pairwise(arguments):
            if isinstance(known := choices.get(option), click.Choice):
                assert chosen in known.choices


def test_threshold_and_numbers_are_those_of_the_election() -> None:
    assert "32 key holders. Any 17 of them" in " ".join(tell_invitation(guest("trustee"), TERMS, "en").split())
    assert "15 witnesses" in tell_invitation(guest("witness"), TERMS, "en")
    assert "5 mix servers" in tell_invitation(guest("mixer"), TERMS, "en")


@pytest.mark.parametrize(
    "address",
    ["https://w1.example/", "http://w1.example", "https://w1.example:8443", "https://w1.example:8443/aikyn/", ""],
)
def test_a_witness_is_called_by_its_address(address: str) -> None:
    named = "w1.example" if address else "witness-1"
    assert f"--name {named} " in tell_invitation(guest("witness")._replace(address=address), TERMS, "en")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_stays_one(text: str) -> None:
    terms = TERMS._replace(title=same(text), server=text, origin=text)
    for task in TASKS:
        told = tell_invitation(Guest(task, "id", text, text), terms, "en")
        assert visible(text) in told
        assert "\x00" not in told
        assert "\u202e" not in told
    pytest.importorskip("typst", reason="pages are set by typst, an extra")
    assert print_invitation(Guest("operator", "id", text), terms, "en").startswith(b"%PDF")


def test_a_shell_takes_what_comes_from_outside_as_one_word() -> None:
    server = "https://b.example/'; touch seized; $(touch seized) --trust other #"
    [command] = commands(tell_invitation(guest("mirror"), TERMS._replace(server=server), "en"))
    assert command == ["aikyn-board", "mirror", server, "mirror", "--trust", "trust.txt"]


@pytest.mark.process
def test_the_witness_takes_the_logs_key_from_the_trust_sheet(tmp_path: Path) -> None:
    (tmp_path / "trust.txt").write_bytes(boards.honest().sheet)
    shown = subprocess.check_output(["sh", "-c", f"printf %s {VKEY}"], cwd=tmp_path, text=True)
    assert shown == note.encode_key(copies.KEY)


def test_a_trial_is_marked() -> None:
    told = tell_invitation(guest("mixer"), TERMS._replace(title=same("TEST: x")), "en")
    assert "FOR TRYING OUT" in told
    assert "FOR TRYING OUT" not in tell_invitation(guest("mixer"), TERMS, "en")
