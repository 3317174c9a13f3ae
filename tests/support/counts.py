"""An honest count on the small plan: papers of each unit that agree, signed, and sums with their tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec.structs import replace

from tests.support.elections import Election
from tests.support.papers import LINES, PLAN, QUIET, RACE, decide, paper, register, state_of
from verifier.commission.quorum import Pending, Seated, Signing
from verifier.commission.roster import Member, Roster
from verifier.election.course import CastBallots, Course
from verifier.election.manifest import Contest, Style
from verifier.election.register import Row
from verifier.election.tally import Count, Tally, Votes
from verifier.election.timetable import Between
from verifier.log.tree import hash_leaf
from verifier.paper.figures import judge_figures
from verifier.paper.papers import NONE, Decision, Of, Paper, SummaryRow, Version
from verifier.paper.plan import Plan, PlanContest
from verifier.paper.standing import Judgement, Papers
from verifier.paper.sums import judge_sums
from verifier.records import Blob, encode

OPTIONS = tuple(option.id for option in PLAN.contests[0].options)
MEMBERS = ("m1", "m2", "m3")
ELECTRONIC = {"p-1": 4, "p-4": 6}  # credentials on these precincts' registers; the first of each is overridden


class Poll(NamedTuple):
    """What happened in a precinct; who took part are all who marked an option or spoilt the ballot in the booth."""

    listed: int
    votes: tuple[int, ...]
    invalid: int = 0
    outside: int = 0
    spoiled: int = 0
    spare: int = 0

    @property
    def lines(self) -> dict[str, int]:
        """The protocol's."""
        cast = sum(self.votes) + self.invalid
        inside = cast - self.outside
        numbers = (self.listed, cast + self.spoiled + self.spare, self.spare, self.spoiled, inside, self.outside)
        return dict(zip(LINES, (*numbers, self.outside, inside), strict=True)) | {
            "invalid": self.invalid,
            "valid": sum(self.votes),
        }


POLLS = {
    "p-1": Poll(1_360, (251, 180, 66, 12), 8, 15, 3, 812),
    "p-2": Poll(980, (160, 141, 40, 9), 5, 6, 1, 600),
    "p-3": Poll(1_507, (300, 222, 51, 20), 11, 0, 0, 903),
    "p-4": Poll(640, (101, 99, 30, 4), 2, 9, 2, 380),
    "p-5": Poll(1_111, (205, 170, 61, 11), 6, 4, 0, 650),
}
E_VOTES = (4, 2, 1, 0)


def sit(state: Papers) -> None:
    """Seat every unit: a chair, a secretary, a member."""
    for unit in state.units:
        state.rosters[unit] = [Seated(0, roster_of(unit))]


def roster_of(unit: str) -> Roster:
    members = zip(MEMBERS, ("chair", "secretary", "member"), strict=True)
    return Roster(unit, tuple(Member(id, role, f"{unit} {id}".encode()) for id, role in members))  # type: ignore[arg-type]


def post(state: Papers, record: Paper, signed: tuple[str, ...] = MEMBERS, rows: Any = ()) -> bytes:
    """Let a paper take effect with these signatures, and with the rows of its table; its leaf."""
    leaf = hash_leaf(encode(record))
    since = 1 + max((version.since for history in state.versions.values() for version in history), default=0)
    of = Of(record.commission, record.contest, record.form)
    state.versions.setdefault(of, []).append(Version(leaf, since, since, record))
    state.owners[leaf] = record.commission
    if rows:
        state.tables[leaf] = tuple(rows)
    state.pending[leaf] = Pending(since, record, tuple(Signing(since, member) for member in signed), effective=True)
    return leaf


def again(state: Papers, of: Of, lines: dict[str, int] | None = None, **fields: Any) -> bytes:
    """A new version with these lines and fields otherwise."""
    last = state.versions[of][-1]
    changed = replace(last.paper, supersedes=last.leaf, lines=last.paper.lines | (lines or {}), **fields)
    return post(state, changed, rows=state.tables.get(last.leaf, ()))


def bend(state: Papers, of: Of, lines: dict[str, int] | None = None, **fields: Any) -> None:
    """Alter the last version where it stands, as if it had been signed so."""
    last = state.versions[of][-1]
    changed = replace(last.paper, lines=last.paper.lines | (lines or {}), **fields)
    state.versions[of][-1] = last._replace(paper=changed)
    state.pending[last.leaf] = state.pending[last.leaf]._replace(record=changed)


def vote_electronically(
    state: Papers,
    votes: tuple[int, ...] = E_VOTES,
    race: PlanContest = PLAN.contests[0],
    listed: Mapping[str, int] = MappingProxyType(ELECTRONIC),
) -> None:
    """Registers of so many at each precinct, overrides and a tally of these votes, as if they had been proved."""
    manifest = state.manifest or Election([Contest(race.id, race.title, race.options, 0, 1, 1)]).manifest
    state.manifest = replace(manifest, styles=(Style(race.id, (race.id,)),))
    state.phase = "certified"
    for unit, number in listed.items():
        keys = [f"{unit} {n}".encode().ljust(32) for n in range(number)]
        state.credentials.enter([Row(f"C{n:03}", key, race.id) for n, key in enumerate(keys)], unit, 0)
        state.overridden.add(keys[0])
    state.courses = {race.id: Course(CastBallots.of(1), sum(votes))}
    marks = tuple(Votes(option.id, number) for option, number in zip(race.options, votes, strict=True))
    state.result = Tally((Count(race.id, sum(votes), sum(votes), 0, marks, Blob(0, NONE)),), ())


def count(state: Papers, unit: str, poll: Poll) -> None:
    """The papers of a precinct's evening."""
    lines = poll.lines
    overridden = sum(state.credentials[key].commission == unit for key in state.overridden)
    took = lines["issued-inside"] + lines["issued-outside"]
    post(state, paper(unit, "act-unused", {key: lines[key] for key in ("unused", "spoiled")}))
    totals = {"listed": lines["listed"], "signatures": took, "identified": took, "e-on-paper": overridden}
    post(state, paper(unit, "list-totals", totals))
    scanned = {"scanned": took, "invalid": lines["invalid"], "valid": lines["valid"]}
    post(state, paper(unit, "aeu", scanned, poll.votes))
    post(state, paper(unit, "meeting", QUIET))
    post(state, paper(unit, "protocol", lines, poll.votes))
    post(state, paper(unit, "copies", register(3)))


def count_electronic(state: Papers) -> None:
    """The electronic unit signs what the tally says."""
    assert state.result
    (tallied,) = state.result.contests
    unit = next(unit for unit in state.units.values() if unit.electronic)
    form = next(form for form in state.forms.values() if form.electronic)
    lines = {"e-listed": len(state.credentials), "e-overridden": len(state.overridden), "e-counted": tallied.counted}
    lines |= {"invalid": tallied.invalid, "valid": tallied.valid, "e-withheld": 0}
    votes = tuple(votes.count for votes in tallied.votes)
    own = {key: number for key, number in lines.items() if key in form.keys}
    post(state, paper(unit.id, form.id, own, votes, contest=tallied.contest))


def add_up(
    state: Papers, unit: str, form: str, leave: tuple[str, ...] = (), contest: str = RACE
) -> tuple[Paper, list[SummaryRow]]:
    """A sum of what is in force beneath and not annulled or left, and its table."""
    void = state.annulled(contest) | {*leave}
    sum_form, rows = state.forms[form], []
    keys = [line.key for line in sum_form.lines]
    for below in state.beneath[unit]:
        ofs = [Of(below, contest, source) for source in sum_form.adds]
        found = next((one for of in ofs if (one := state.figures(of))), None)
        if found is None or below in void:
            rows.append(SummaryRow(below, NONE, {}, ()))
            continue
        names = sum_form.adds[found.of.form]
        named = {names.get(key, key): number for key, number in found.lines.items()}
        rows.append(SummaryRow(below, found.leaf, {k: n for k, n in named.items() if k in keys}, found.votes))
    total = dict.fromkeys(keys, 0)
    total["units"] += sum(bool(row.lines) and "units" not in row.lines for row in rows)
    total["annulled"] += sum(not row.lines and row.unit in void - {*leave} for row in rows)
    for row in rows:
        total |= {key: total[key] + number for key, number in row.lines.items()}
    votes = [sum(column) for column in zip(*(row.votes for row in rows if row.votes), strict=True)]
    return paper(unit, form, total, votes or (0,) * len(OPTIONS), contest=contest), rows


def sum_up(state: Papers, leave: tuple[str, ...] = (), contest: str = RACE) -> None:
    """The territories' sums and the centre's, without the units that are left."""
    for form in (form for form in state.forms.values() if form.adds):
        for unit in state.signers(form):
            total, rows = add_up(state, unit.id, form.id, leave, contest)
            post(state, total, rows=rows)


def evening(polls: dict[str, Poll] = POLLS, plan: Plan = PLAN) -> Papers:
    """Everything is counted, and nothing is summed yet."""
    state = state_of(plan)
    sit(state)
    vote_electronically(state)
    for unit, poll in polls.items():
        count(state, unit, poll)
    count_electronic(state)
    return state


def morning(polls: dict[str, Poll] = POLLS, plan: Plan = PLAN) -> Papers:
    """Everything is counted and summed."""
    state = evening(polls, plan)
    sum_up(state)
    return state


def judged(state: Papers, bounds: Between | None = None) -> Judgement:
    """What the judges of figures and sums find."""
    assert state.plan
    judgement = Judgement(state, state.plan, bounds)
    judge_figures(judgement)
    judge_sums(judgement)
    return judgement


def told(state: Papers, bounds: Between | None = None) -> set[str]:
    """What they find, each as `PRT.10 error p-1 protocol v1 C1 row 2`."""
    found = set()
    for one in judged(state, bounds).findings:
        at = one.where
        version, row = f"v{at.version}" if at.version else "", f"row {at.row}" if at.row else ""
        found.add(" ".join(part for part in (one.id, one.severity, at.unit, at.form, version, at.key, row) if part))
    return found


def details(state: Papers, id: str) -> list[str]:
    """What is said under a clause."""
    return [str(one.detail) for one in judged(state).findings if one.id == id]


def annul(state: Papers, *units: str, since: int = 0) -> bytes:
    """The centre annuls; its leaf."""
    since = since or 1 + max(version.since for history in state.versions.values() for version in history)
    return decide(state, Decision("cec", "annul", units, RACE, "", "", 0, (), NONE, "art. 44"), since)
