"""The records that a nation's units and observers draw up, from what stands when their turn comes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from msgspec import UNSET
from msgspec.structs import replace

from bulletin.office.nation.figures import OFFICE, Poll
from bulletin.office.nation.schedule import states_results
from bulletin.office.nation.summing import FilledSum, add_up, declare, list_participants
from bulletin.office.signing import countersign, sign
from verifier.paper.decisions import observer_bytes
from verifier.paper.papers import (
    NONE,
    Appeal,
    Attestation,
    Decision,
    Observation,
    Of,
    Paper,
    Reason,
    SummaryTable,
)
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulletin.office.nation.chronicle import Chronicle, Cue, SceneMaker
    from bulletin.office.nation.people import Nation
    from verifier.paper.plan import Form, PlanContest
    from verifier.records import Record

PHOTO = b"a synthetic photograph: nothing was taken, and nothing hangs anywhere\n"
ADDRESS = "https://synthetic.example/"
BASIS = "synthetic: nobody decided this"
SLOW = 120  # seconds from when a paper is made to its posting


def always(record: Record) -> SceneMaker:
    """What is the same, whatever has been done before."""
    return lambda _: record


def begin(nation: Nation) -> SceneMaker:
    """The manifest, after the plan that it names."""

    def make(chronicle: Chronicle) -> Record:
        for data in nation.blobs.values():
            chronicle.put(data)
        return nation.manifest

    return make


def approve(nation: Nation, place: int, manifest: Cue) -> SceneMaker:
    """A signature of the top commission under the manifest."""
    member, key = nation.sittings[nation.top.id].people[place]
    return lambda chronicle: countersign(key, member.id, nation.digest, chronicle.written[manifest].leaf)


def fill(form: Form, of: Of, at: int, present: tuple[int, ...], polls: Mapping[str, Poll]) -> SceneMaker:
    """A paper of a form, by those who are present; the next version if there is one."""

    def make(chronicle: Chronicle) -> Paper:
        people = [chronicle.people[of.unit][place].member.id for place in present]
        last = chronicle.last(of)
        filled = read(chronicle, form, of, polls)
        table = chronicle.put(encode(SummaryTable(filled.rows))) if form.table != "none" else UNSET
        return Paper(
            commission=of.unit,
            contest=of.contest,
            form=form.id,
            supersedes=last.leaf if last else NONE,
            reason=Reason("typing", "synthetic") if last else Reason("first", ""),
            lines=filled.lines,
            votes=filled.votes,
            present=tuple(people),
            dissent=(),
            typed=tuple(people[:2]),
            explains=(),
            held=at - SLOW,
            parts=chronicle.own(of.unit) if states_results(form) and not form.adds else (),
            photos=(chronicle.put(PHOTO),) if states_results(form) else (),
            table=table,
        )

    return make


def read(chronicle: Chronicle, form: Form, of: Of, polls: Mapping[str, Poll]) -> FilledSum:
    """The figures of a paper: a sum of what stands beneath, a list of all precincts, else those of the poll.

    What is made after the unit's return has the return's.
    """
    if form.adds:
        return add_up(chronicle, form, of.unit, of.contest)
    if form.table == "participants":
        return list_participants(chronicle, of.unit)
    poll = polls.get(of.unit, Poll(OFFICE, {}))
    lines = poll.lines | _returned(chronicle, of)
    return FilledSum(poll._replace(lines=lines).read(form), poll.votes[of.contest] if form.votes else (), ())


def _returned(chronicle: Chronicle, of: Of) -> dict[str, int]:
    """The lines of the unit's last return."""
    stating = [form.id for form in chronicle.nation.plan.forms if states_results(form)]
    found: dict[str, int] = {}
    for other in chronicle.filed.get(of.unit, ()):
        paper = chronicle.papers[other][-1].record
        if other.form in stating and isinstance(paper, Paper) and other != of:
            found |= paper.lines
    return found


def determine(race: PlanContest, form: str) -> SceneMaker:
    """The result of a contest, on the sum of the body that determines it."""
    return lambda chronicle: declare(chronicle, race, form)


def attest(duty: str, unit: str, at: int, *, stand: bool) -> SceneMaker:
    """A stand is photographed; what is published has an address and a digest."""

    def make(chronicle: Chronicle) -> Attestation:
        return Attestation(
            commission=unit,
            duty=duty,
            held=at - SLOW,
            photos=(chronicle.put(PHOTO),) if stand else (),
            address="" if stand else f"{ADDRESS}{duty.lower()}/{unit}",
            digest=b"" if stand else hashlib.sha256(f"{duty} {unit}".encode()).digest(),
            note="synthetic",
            observer="",
            signature=b"",
        )

    return make


def complain(unit: str, at: int) -> SceneMaker:
    """A voter's complaint, entered by a member."""
    text = hashlib.sha256(f"a synthetic complaint at {unit}".encode()).digest()
    return always(Appeal(unit, (), "voter", text, f"{unit}/1", at - SLOW, "", b""))


def decide(what: str, by: str, *units: str, about: Cue | None = None, **fields: Any) -> SceneMaker:  # noqa: ANN401
    """A decision about units, or about what was done before."""
    plain = Decision(by, "annul", units, "", "", "", 0, (), NONE, BASIS)

    def make(chronicle: Chronicle) -> Decision:
        leaves = (chronicle.written[about].leaf,) if about else ()
        return replace(plain, what=what, about=leaves, **fields)

    return make


def observe(nation: Nation, place: int, of: Of, at: int, **changes: Any) -> SceneMaker:  # noqa: ANN401
    """The copy that an observer has of the first version, with a stamp, and with these fields otherwise."""
    observer, key = nation.observers[place]

    def make(chronicle: Chronicle) -> Observation:
        first = chronicle.papers[of][0]
        assert isinstance(first.record, Paper)  # noqa: S101  as it stands among papers
        plain = Observation(
            observer=observer.id,
            unit=of.unit,
            contest=of.contest,
            form=of.form,
            lines=first.record.lines,
            votes=first.record.votes,
            of=first.leaf,
            copy=place + 1,
            stamped=True,
            refused=False,
            held=at - SLOW,
            photos=(chronicle.put(PHOTO),),
            signature=b"",
        )
        changed = replace(plain, **changes)
        return replace(changed, signature=sign(key, observer_bytes(nation.digest, changed)))

    return make
