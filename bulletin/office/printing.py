"""What goes on paper, in three languages: invitations, ballots to sign off, the trust sheet (specs/printing.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from bulletin.office.candidates import read_text
from bulletin.office.election import Draft
from bulletin.office.folder import Folder, write
from bulletin.office.mistake import Mistakes
from bulletin.office.printed.ballot import print_ballot, show_ballot
from bulletin.office.printed.invitation import Guest, Task, Terms, print_invitation, tell_invitation
from bulletin.office.printed.trust import print_trust_sheet
from bulletin.office.table import TableRow, read
from verifier.desk.report.language import LANGUAGES, Language
from verifier.election.manifest import Manifest
from verifier.records import Text


class Printout(NamedTuple):
    """A file of `made/` that people read on a screen, and the same on paper."""

    name: str
    content: bytes
    paper: str
    press: Callable[[], bytes]


def invitations(folder: Folder, draft: Draft, invited: Sequence[TableRow]) -> Iterator[Printout]:
    """A letter for each of the table's holders. It needs no card: the card is its answer."""
    guests, central = list(_guests(invited)), _name_central(folder)
    if central is None:
        return
    for language in LANGUAGES:
        terms = _terms(central, draft, guests, language)
        for guest in guests:
            name, text = f"invitations/{guest.id}.{language}", tell_invitation(guest, terms, language)
            yield Printout(
                f"{name}.txt", text.encode(), f"{name}.pdf", partial(print_invitation, guest, terms, language)
            )


def sheets(manifest: Manifest, trust: bytes) -> Iterator[Printout]:
    """The trust sheet, and each ballot as voters see it, to be signed off."""
    for language in LANGUAGES:
        yield Printout(
            "trust.txt", trust, f"trust.{language}.pdf", partial(print_trust_sheet, trust, manifest, language)
        )
        for style in manifest.styles:
            name, page = f"ballots/{style.id}.{language}", show_ballot(manifest, style, language)
            yield Printout(
                f"{name}.html", page.encode(), f"{name}.pdf", partial(print_ballot, manifest, style, language)
            )


def put_on_paper(folder: Folder, prints: Iterator[Printout], found: Mistakes) -> list[Path]:
    """Write what has changed; all the files. Without the libraries that print, only what people read on a screen."""
    queue = list(prints)
    changed = {each.name for each in queue if not _stands(folder.made(each.name), each.content)}
    files: dict[Path, None] = {}
    for name, content, paper, press in queue:
        page, sheet = folder.made(name), folder.made(paper)
        if name in changed:
            write(page, content)
        files[page] = None
        try:
            if name in changed or not sheet.exists():
                write(sheet, press())
            files[sheet] = None
        except ImportError:
            found.note("no-printing", paper)
    return list(files)


def _stands(path: Path, content: bytes) -> bool:
    return path.exists() and path.read_bytes() == content


def _guests(invited: Sequence[TableRow]) -> Iterator[Guest]:
    for row in invited:
        if row["role"] in get_args(Task):
            yield Guest(cast("Task", row["role"]), row["id"], row["name"], row["address"])


def _name_central(folder: Folder) -> Text | None:
    """The commission that invites; None while its table has a mistake."""
    said = Mistakes()
    rows = read(folder.table("commissions"), "commissions", said)
    return None if said.grave else next((read_text(row) for row in rows if row["level"] == "central"), None)


def _terms(central: Text, draft: Draft, guests: list[Guest], language: Language) -> Terms:
    counts: dict[str, Any] = {
        f"{task}s" if task != "witness" else "witnesses": sum(guest.task == task for guest in guests)
        for task in ("trustee", "mixer", "witness")
    }
    return Terms(
        title=draft.title,
        commission=central,
        telephone=draft.telephone,
        server=f"https://{draft.server}",
        origin=draft.origin,
        threshold=draft.threshold,
        dates=tuple(each.tell(language) for each in draft.dates),
        **counts,
    )
