"""What a step's page reads back to the commission: what its files say, as the steps understood them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bulletin.office.beside import Beside
from bulletin.office.folder import Folder
from bulletin.office.holders import KEYLESS
from bulletin.office.objection import Objection
from bulletin.office.request import digest
from bulletin.office.standing import Docket, Stand
from bulletin.office.steps import Stage, Work
from bulletin.office.table import SPOKEN
from bulletin.office.teller import grouped
from bulletin.office.telling import headlines
from bulletin.office.wording import speak
from verifier.client.card import Card, read_groups
from verifier.commission.certificate import decode_member
from verifier.commission.roster import Member
from verifier.desk.report.language import Language, Words
from verifier.errors import VerifierError
from verifier.records import Text

MOST_SHOWN = 200  # requests on a page


class ReadLine(NamedTuple):
    """One thing that was read, and what is said of it."""

    title: str
    details: tuple[str, ...] = ()


class ReadBack(NamedTuple):
    """Lines under a heading; numbered if their order counts."""

    heading: str
    lines: tuple[ReadLine, ...]
    numbered: bool = False


class KeySeat(NamedTuple):
    """A key holder on the page: who it is, whether there is a card, its groups if they are those that were heard."""

    id: str
    role: str
    name: str
    card: str
    heard: str
    has_card: bool
    keyless: bool


def read_back(stage: Stage, work: Work, language: Language) -> list[ReadBack]:
    """What this step understood; nothing where it could not."""
    told: dict[int, Callable[[], list[ReadBack]]] = {
        1: lambda: [ReadBack(speak(language)["web.dates"], tuple(map(ReadLine, stage.notes(work, language))))],
        2: partial(_contests, work, language),
        3: partial(_seated, work, language),
        4: lambda: [ReadBack(speak(language)["web.compared"], tuple(map(ReadLine, stage.notes(work, language))))],
        5: partial(_agreed, stage, work, language),
        8: lambda: [ReadBack(speak(language)["steps.8"], tuple(map(ReadLine, stage.notes(work, language))))],
        9: partial(_asked, work, language),
    }
    found = told[stage.number]() if stage.number in told else []
    return [each for each in found if each.lines]


def find_made(stage: Stage, folder: Folder) -> list[str]:
    """What the step made of the folder as it stands now, as paths in `made/`: sheets of before are not offered."""
    made = folder.made("")
    return sorted(str(path.relative_to(made)) for path in set(stage.made) if path.is_relative_to(made))


def seats(work: Work, language: Language) -> list[KeySeat]:
    """Everybody on the list of key holders."""
    w = speak(language)
    return [
        KeySeat(
            entry["id"],
            w.name("role", entry["role"]).partition("|")[0],
            entry["name"],
            _confirm(work.folder.card(entry["id"]), entry["groups"]),
            entry["groups"],
            work.folder.card(entry["id"]).exists(),
            entry["role"] in KEYLESS,
        )
        for entry in work.invited
    ]


def _confirm(path: Path, heard: str) -> str:
    """The groups of a card, once those that were heard are the same: others would only be copied from here."""
    try:
        card = Card.decode(path.read_bytes())
        return card.groups if read_groups(heard) == card.groups else ""
    except (OSError, VerifierError):
        return ""


def _texts(text: Text, language: Language) -> tuple[str, ...]:
    return tuple(getattr(text, each) for each in SPOKEN if each != language)


def _contests(work: Work, language: Language) -> list[ReadBack]:
    w = speak(language)
    return [
        ReadBack(
            f"{w.text(contest.title)} ({w.say('web.marks', least=contest.least, most=contest.most)})",
            tuple(ReadLine(w.text(option.name), _texts(option.name, language)) for option in contest.options),
            numbered=True,
        )
        for contest in work.contests
    ]


def _seated(work: Work, language: Language) -> list[ReadBack]:
    if work.seated is None:
        return []
    w = speak(language)
    rosters = {roster.commission: roster for roster in work.seated.rosters}
    return [
        ReadBack(
            f"{w.text(commission.name)} ({w.say('web.quorum', quorum=commission.quorum, count=commission.members)})",
            tuple(_member(member, w) for member in rosters[commission.id].members),
        )
        for commission in work.seated.commissions
    ]


def _member(member: Member, w: Words) -> ReadLine:
    certificate = decode_member(member.certificate)
    end = datetime.fromtimestamp(certificate.not_after, UTC)
    role = w.name("role", member.role).partition("|")[0]
    details = (
        certificate.subject,
        w.say("web.issuer", issuer=certificate.issuer),
        w.say("web.until", day=f"{end:%d.%m.%Y}"),
    )
    return ReadLine(f"{member.id}, {role}", details)


def _agreed(stage: Stage, work: Work, language: Language) -> list[ReadBack]:
    w = speak(language)
    found = [ReadBack(w["steps.5"], tuple(map(ReadLine, stage.notes(work, language))))]
    if work.manifest is not None:
        found.append(ReadBack(w["web.digest"], (ReadLine(grouped(digest(work.manifest))),)))
    return found


def _asked(work: Work, language: Language) -> list[ReadBack]:
    """Every request: what it is, who has signed, who is missing; those that wait come first, and not all of very many.

    What the log has is not looked at: that takes an audit, and is for `act DIR status`.
    """
    w = speak(language)
    try:
        docket = Docket.read(work.folder, None)
        stands = sorted(docket.stands(), key=lambda stand: not stand.missing)
        first = docket.filed[0]
        known = Beside(work.folder.docket).know(first.path, first.request)
    except Objection as objection:
        return [ReadBack(w["web.docket"], (ReadLine(objection.tell(language)),))] if work.folder.settled else []
    shown = stands[:MOST_SHOWN]
    said = headlines((stand.filed.request.content for stand in shown), language, known)
    lines = [_stand(stand, title, w) for stand, title in zip(shown, said, strict=True)]
    if len(stands) > len(shown):
        lines.append(ReadLine(w.say("web.further", count=len(stands) - len(shown))))
    return [ReadBack(w["web.docket"], tuple(lines))]


def _stand(stand: Stand, title: str, w: Words) -> ReadLine:
    details = [stand.filed.path.name, w[f"stand.{stand.where}"]]
    if stand.signatures:
        details.append(w.say("stand.signed", members=", ".join(sorted(stand.signatures))))
    if stand.missing:
        details.append(w.say("stand.missing", quorum=stand.quorum, members=", ".join(stand.missing)))
    faults = [w.say(f"fault.{fault.kind}", file=fault.path.name, member=fault.member) for fault in stand.faults]
    return ReadLine(title, (*details, *faults))
