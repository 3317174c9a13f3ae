"""The plan's admission with the manifest, and the papers' with their figures (specs/papers.md §2–5)."""

from __future__ import annotations

import re
from functools import partial

from msgspec import UNSET

from verifier.commission.certificate import decode_member
from verifier.commission.quorum import ROSTER, own, prepare_roster
from verifier.commission.roster import Roster
from verifier.election.manifest import MANIFEST, Manifest, prepare_manifest
from verifier.errors import Incomplete, refuse, say
from verifier.log.tree import hash_leaf
from verifier.paper.consistency import check_plan
from verifier.paper.decisions import RULINGS
from verifier.paper.fitting import check_figures, check_form, check_owned, read_batch, read_table
from verifier.paper.papers import ALWAYS, NONE, EnteredPaper, Of, Paper, PaperBatch, Version
from verifier.paper.plan import CODEC
from verifier.paper.standing import Standing
from verifier.place import Place
from verifier.records import Blobs, Record, encode, fetch
from verifier.rule import Effect, Rule, Step

PERSONAL = re.compile(r"(?<!\d)[012][0-3]\d[01]\d[12]\d{8}(?!\d)")  # a personal number: sex, day of birth, 5 digits


def prepare_planned(state: Standing, record: Manifest, where: Place, blobs: Blobs) -> Step:
    """The first record, and the plan that it names (PRT.1); without the plan's blob the papers are not judged."""
    step = prepare_manifest(state, record, where, blobs)
    if record.paper is UNSET:
        return step
    try:
        plan = CODEC.decode(fetch(blobs, record.paper, where), where)
    except Incomplete:
        then = state.lay_aside
    else:
        check_plan(plan, record, where)
        then = partial(state.adopt, plan)

    def apply() -> None:
        step.apply()
        then()

    return step._replace(apply=apply)


def prepare_seats(state: Standing, record: Roster, where: Place, blobs: Blobs) -> Step:
    """A roster; the certificates of a unit's members do not show their personal numbers (PRT.2)."""
    step = prepare_roster(state, record, where, blobs)
    for member in record.members if record.commission in state.units else ():
        if PERSONAL.search(decode_member(member.certificate).subject):
            refuse("PRT.2", where, say("the certificate of {} shows a personal number", member.id))
    return step


def prepare_paper(state: Standing, record: Paper, where: Place, blobs: Blobs) -> Step:
    """A paper, which waits for its signatures (PRT.3–PRT.7, PRT.9)."""
    form = check_form(state, record.form, record.commission, record.contest, where)
    check_figures(state, form, record.contest, record.lines, record.votes, where)
    _check_version(state, record, where)
    roster = state.roster(record.commission, where.order)
    seated = {member.id for member in roster.members} if roster else set[str]()
    named = {*record.present, *record.typed, *(dissent.member for dissent in record.dissent)}
    for stranger in sorted(named - seated):
        refuse("PRT.6", where, say("{} is not a member of {}", stranger, record.commission))
    if len(set(record.present)) != len(record.present):
        refuse("PRT.6", where, "a member is named as present twice")
    check_owned(state, record.parts, record.commission, where)
    read_table(state, form, record, where, blobs)
    return Step(record)


def _check_version(state: Standing, record: Paper, where: Place) -> None:
    """It supersedes the version in force, with a reason; the first one nothing (PRT.5)."""
    history = state.versions.get(record.of)
    if record.supersedes != (history[-1].leaf if history else NONE):
        refuse("PRT.5", where, "it does not supersede the version that is in force")
    if (record.reason.code == "first") != (record.supersedes == NONE):
        refuse("PRT.5", where, "a version after the first gives its reason, and only such a one")


def complete_paper(state: Standing, record: Paper, where: Place, blobs: Blobs) -> Effect:
    """Enough of those present have signed: it is the version in force."""
    _check_version(state, record, where)
    leaf = hash_leaf(encode(record))
    rows = read_table(state, state.forms[record.form], record, where, blobs)
    version = Version(leaf, state.pending[leaf].position, where.order, record)

    def apply() -> None:
        state.versions.setdefault(record.of, []).append(version)
        state.owners[leaf] = record.commission
        if rows:
            state.tables[leaf] = rows

    return apply


def prepare_batch(state: Standing, record: PaperBatch, where: Place, blobs: Blobs) -> Step:
    """Figures of units beneath, as the commission enters them (PRT.9)."""
    read_batch(state, record, where, blobs)
    return Step(record)


def complete_batch(state: Standing, record: PaperBatch, where: Place, blobs: Blobs) -> Effect:
    """The quorum has signed: the rows stand where a unit has no paper of its own."""
    rows = read_batch(state, record, where, blobs)

    def apply() -> None:
        for typed in rows:
            of = Of(typed.unit, typed.contest, record.form)
            state.entered.setdefault(of, []).append(EnteredPaper(where.order, record.commission, typed))

    return apply


def _wall(rule: Rule) -> Rule:
    """The same rule for an election that has a plan; another one admits no papers (PRT.3)."""

    def prepare(state: Standing, record: Record, where: Place, blobs: Blobs) -> Step:
        if state.plan is None:
            refuse("PRT.3", where, "this election has no plan, and so no papers")
        return rule.prepare(state, record, where, blobs)

    return rule._replace(prepare=prepare)


FILED = (
    Rule(Paper, ALWAYS, prepare_paper, own, complete_paper),
    Rule(PaperBatch, ALWAYS, prepare_batch, own, complete_batch),
)
PAPERS = (
    MANIFEST._replace(prepare=prepare_planned),
    ROSTER._replace(prepare=prepare_seats),
    *map(_wall, (*FILED, *RULINGS)),
)
