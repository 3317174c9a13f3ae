"""What the steps print into `made/`: invitations, the ballot to sign off, the trust sheet (specs/printing.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import cast, get_args

from bulletin.office.commissions import Commissions
from bulletin.office.mistake import Mistakes
from bulletin.office.printed.ballot import print_ballot, show_ballot
from bulletin.office.printed.invitation import Guest, Task, Terms, print_invitation, tell_invitation
from bulletin.office.printed.trust import AppAddresses, print_trust_sheet
from bulletin.office.sheet import SHEET
from bulletin.office.steps import Doing, Work
from bulletin.office.trying import mark
from verifier.desk.report.language import Language


def printers(language: Language) -> dict[int, Doing]:
    """What is printed in which step, in this language; what a PDF needs may be missing, which is said."""

    def invite(work: Work, found: Mistakes) -> None:
        if work.seated is None:
            return  # it is not known yet in whose name
        terms = _terms(work, work.seated, language)
        for guest in _guests(work):
            name = f"invitations/{guest.id}.{language}"
            work.make(f"{name}.txt", tell_invitation(guest, terms, language).encode())
            _press(work, found, f"{name}.pdf", partial(print_invitation, guest, terms, language))

    def print_sheets(work: Work, found: Mistakes) -> None:
        manifest = work.manifest
        assert manifest is not None  # noqa: S101  step 5 is green
        for style in manifest.styles:
            name = f"ballot-{style.id}.{language}"
            work.make(f"{name}.html", show_ballot(manifest, style, language).encode())
            _press(work, found, f"{name}.pdf", partial(print_ballot, manifest, style, language))
        sheet = work.folder.made(SHEET).read_bytes()
        draw = partial(print_trust_sheet, sheet, manifest, language, _addresses(work))
        _press(work, found, f"trust.{language}.pdf", draw)

    return {4: invite, 8: print_sheets}


def _press(work: Work, found: Mistakes, name: str, draw: Callable[[], bytes]) -> None:
    try:
        work.make(name, draw())
    except ImportError as error:
        if not any(mistake.kind == "no-press" for mistake in found):
            found.note("no-press", f"made/{name}", missing=error.name or "typst")


def _addresses(work: Work) -> AppAddresses:
    draft = work.draft
    if draft is None or not draft.has_app:
        return AppAddresses()
    return AppAddresses(f"https://{draft.vote}", f"https://{draft.check}" if draft.check else "")


def _guests(work: Work) -> list[Guest]:
    """Those who are invited; the log's key is the operator's to make."""
    tasks = get_args(Task)
    rows = [row for row in work.invited if row["role"] in tasks]
    return [Guest(cast("Task", row["role"]), row["id"], row["name"], row["address"]) for row in rows]


def _terms(work: Work, seated: Commissions, language: Language) -> Terms:
    assert work.draft is not None  # noqa: S101  step 1 is green
    draft = work.draft
    central = next(commission for commission in seated.commissions if commission.id == seated.central)
    counts = Counter(row["role"] for row in work.invited)
    return Terms(
        title=mark(draft.title) if seated.trial else draft.title,
        commission=central.name,
        telephone=draft.telephone,
        server=f"https://{draft.server}",
        origin=draft.origin,
        trustees=counts["trustee"],
        threshold=draft.threshold,
        mixers=counts["mixer"],
        witnesses=counts["witness"],
        dates=tuple(each.tell(language) for each in draft.dates),
    )
