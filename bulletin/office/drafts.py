"""The commissions' own papers, and observers' appeals and attestations, from drafts (specs/desk.md §5)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from msgspec import UNSET

from bulletin.office.acts import Enactment
from bulletin.office.filled import Filled
from bulletin.office.mistake import Mistakes
from bulletin.office.objection import Objection
from bulletin.office.tables import MOST, Mistaken
from bulletin.office.toml import read_toml
from verifier.paper.papers import (
    NONE,
    Accreditation,
    Appeal,
    Attestation,
    Cause,
    Decision,
    Dissent,
    Explanation,
    Observer,
    Of,
    Paper,
    PaperState,
    Reason,
)
from verifier.paper.plan import Form, Ruling, Unit
from verifier.records import Record

COMPLAINANTS = ("voter", "candidate", "representative", "party", "observer", "media", "other")
PAPER = ("form", "unit", "contest", "held", "reason", "why", "present", "typed", "parts", "photos")
TABLES = ("lines", "votes", "explains", "dissent")
DECISION = ("unit", "what", "units", "contest", "option", "duty", "until", "about", "revokes", "basis", "files")
APPEAL = ("unit", "about", "by", "text", "number", "received", "observer")
ATTESTATION = ("unit", "duty", "held", "photos", "address", "file", "note", "observer")
OBSERVER = ("id", "organisation", "certificate", "units")


def need_plan(state: PaperState) -> None:
    """`Objection` if the election has no papers."""
    if state.plan is None:
        raise Objection("without-papers")


def need_unit(state: PaperState, id: str) -> Unit:
    """The plan's unit; `Objection` if there is none."""
    need_plan(state)
    if id not in state.units:
        raise Objection("unknown-unit", unit=id)
    return state.units[id]


def forms_of(state: PaperState, unit: Unit) -> list[Form]:
    """The forms that the unit signs."""
    alike = (unit.level, unit.electronic)
    return [form for form in state.forms.values() if (form.level, form.electronic) == alike]


def need_form(state: PaperState, unit: Unit, id: str) -> Form:
    """A form of the unit."""
    known = {form.id: form for form in forms_of(state, unit)}
    if id not in known:
        raise Objection("unknown-form", unit=unit.id, form=id or "–", known=", ".join(known) or "–")
    return known[id]


def need_contest(unit: Unit, form: Form, contest: str) -> str:
    """The contest of a paper: "" for a form of none, the only one of a unit that has one."""
    if not form.contest:
        return ""
    if not contest and len(unit.contests) == 1:
        return unit.contests[0]
    if contest not in unit.contests:
        raise Objection("which-contest", unit=unit.id, known=", ".join(unit.contests) or "–")
    return contest


def head(state: PaperState, of: Of) -> bytes:
    """The leaf of the version in force, 32 zero bytes if there is none."""
    history = state.versions.get(of)
    return history[-1].leaf if history else NONE


def clock_of(state: PaperState, unit: Unit | None) -> int:
    """The minutes by which the unit's clock is east of UTC."""
    return state.planned.offset + ((unit.ahead - unit.behind) // 60 if unit else 0)


def read_paper(state: PaperState, file: Path) -> Enactment:
    """A paper of a form whose figures somebody counted; a sum is never typed."""

    def make(filled: Filled) -> Paper:
        filled.check_names((*PAPER, *TABLES))
        unit = need_unit(state, filled.id("unit"))
        form = need_form(state, unit, filled.id("form"))
        if form.adds or form.table != "none":
            raise Objection("computed-form", form=form.id, unit=unit.id)
        contest = need_contest(unit, form, filled.id("contest", ""))
        supersedes = head(state, Of(unit.id, contest, form.id))
        options = [option.id for option in state.races[contest].options] if form.votes else []
        first: Cause = "first"
        code = filled.word("reason", get_args(Cause), first)
        ratios = [ratio.id for ratio in state.planned.ratios if ratio.form == form.id]
        explains, dissent = filled.table("explains"), filled.table("dissent")
        explains.check_names(ratios)
        return Paper(
            commission=unit.id,
            contest=contest,
            form=form.id,
            supersedes=supersedes,
            reason=Reason(code, filled.text("why", "")),
            lines=filled.table("lines").figures([line.key for line in form.lines]),
            votes=tuple(filled.table("votes").figures(options).values()),
            present=filled.ids("present"),
            dissent=tuple(Dissent(member, text) for member, text in dissent.texts().items()),
            typed=filled.ids("typed"),
            explains=tuple(Explanation(ratio, text) for ratio, text in explains.texts().items() if len(text) > 2),
            held=filled.moment("held"),
            parts=filled.leaves("parts"),
            photos=filled.files("photos"),
        )

    return read_draft(state, file, make)


def read_decision(state: PaperState, file: Path) -> Enactment:
    """What a commission decides."""

    def make(filled: Filled) -> Decision:
        filled.check_names(DECISION)
        files = filled.files("files")
        if len(files) > 1:
            filled.note("one-file", "files")
        return Decision(
            commission=need_unit(state, filled.id("unit")).id,
            what=filled.word("what", get_args(Ruling)),
            units=filled.ids("units"),
            contest=filled.id("contest", ""),
            option=filled.id("option", ""),
            duty=filled.text("duty", ""),
            until=filled.moment("until", 0),
            about=filled.leaves("about"),
            revokes=filled.leaf("revokes"),
            basis=filled.text("basis"),
            blob=files[0] if files else UNSET,
        )

    return read_draft(state, file, make)


def read_appeal(state: PaperState, file: Path) -> Enactment:
    """A complaint; its text stays here, and the record has the SHA-256. An observer may sign it."""

    def make(filled: Filled) -> Appeal:
        filled.check_names(APPEAL)
        unit = need_unit(state, filled.id("unit")).id
        digest = filled.digest("text")
        if not digest:
            filled.note("missing-field", "text")
        return Appeal(
            commission=unit,
            about=filled.leaves("about"),
            by=filled.word("by", COMPLAINANTS),  # type: ignore[arg-type]
            text=digest,
            number=filled.text("number"),
            received=filled.moment("received"),
            observer=read_observer(state, filled, unit),
            signature=b"",
        )

    return read_draft(state, file, make)


def read_attestation(state: PaperState, file: Path) -> Enactment:
    """That a duty was done which no record shows; a commission or an observer says so."""

    def make(filled: Filled) -> Attestation:
        filled.check_names(ATTESTATION)
        unit = need_unit(state, filled.id("unit")).id
        return Attestation(
            commission=unit,
            duty=filled.text("duty"),
            held=filled.moment("held"),
            photos=filled.files("photos"),
            address=filled.text("address", ""),
            digest=filled.digest("file"),
            note=filled.text("note", ""),
            observer=read_observer(state, filled, unit),
            signature=b"",
        )

    return read_draft(state, file, make)


def read_accreditation(state: PaperState, file: Path) -> Enactment:
    """Observers, each with a certificate in a file, and those who are none any more."""

    def make(filled: Filled) -> Accreditation:
        filled.check_names(("observer", "withdrawn"))
        observers = []
        for one in filled.tables("observer"):
            one.check_names(OBSERVER)
            observers.append(
                Observer(one.id("id"), one.text("organisation"), one.certificate("certificate"), one.ids("units"))
            )
        return Accreditation(tuple(observers), filled.ids("withdrawn"))

    return read_draft(state, file, make)


def read_observer(state: PaperState, filled: Filled, unit: str) -> str:
    """The id of the observer who signs, "" for nobody; noted unless accredited for the unit now."""
    id = filled.id("observer", "")
    known = [
        one.id
        for one in state.observers.values()
        if one.id not in state.withdrawn and (not one.units or unit in one.units)
    ]
    if id and id not in known:
        filled.note("no-observer", "observer", cell=id, unit=unit, known=", ".join(known[:MOST]) or "–")
    return id


def read_draft(state: PaperState, file: Path, make: Callable[[Filled], Record]) -> Enactment:
    """The record of a draft and its blobs; `Mistaken` with every mistake."""
    need_plan(state)
    found = Mistakes()
    toml = read_toml(file, found)
    if toml is None:
        raise Mistaken(found)
    named = toml.values.get("unit")
    unit = state.units.get(named) if isinstance(named, str) else None
    filled = Filled(toml, found, file.parent, clock_of(state, unit))
    try:
        record = make(filled)
    except Objection:
        if found.grave:
            raise Mistaken(found) from None
        raise
    if found.grave:
        raise Mistaken(found)
    return Enactment(record, tuple(filled.blobs))
