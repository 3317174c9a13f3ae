"""A small honest election on paper, made in memory record by record: five precincts, two territories, the centre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from bulletin.office.signing import countersign, sign
from tests.support.elections import LEVEL, Election, sitting
from tests.support.papers import EVENING, PLAN, QUIET, RACE, form, paper, register
from verifier.log.tree import hash_leaf
from verifier.paper.decisions import observer_bytes
from verifier.paper.fitting import rows_due
from verifier.paper.papers import (
    NONE,
    Accreditation,
    Attestation,
    ElectionResult,
    Intake,
    Observation,
    Observer,
    Of,
    Paper,
    SummaryRow,
    SummaryTable,
)
from verifier.paper.plan import Plan
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulletin.office.people import Person, Sitting
    from verifier.commission.roster import Signature
    from verifier.records import Record

LEVEL |= {"cec": "central", "tec-1": "territorial", "tec-2": "territorial"}
FAR = 2_000_000_000  # a date that no witness of these tests has seen
MAYOR = "mayor"
UNDATED = tuple(
    replace(duty, since=0, until=FAR if duty.id == "B5" else 0, inclusive=False, within=0, past="", soon=False)
    for duty in PLAN.duties
)
ON_PAPER = replace(
    PLAN,
    units=tuple(
        replace(unit, contests=(RACE, MAYOR)) if unit.id == "p-5" else unit
        for unit in PLAN.units
        if not unit.electronic
    ),
    contests=(
        replace(PLAN.contests[0], electronic=""),
        replace(
            PLAN.contests[0],
            id=MAYOR,
            options=PLAN.contests[0].options[:2],
            against="",
            rule="plurality",
            body="p-5",
            electronic="",
        ),
    ),
    forms=(*PLAN.forms, form("participants", "central", "participants", table="participants")),
    duties=UNDATED,
    participants=("issued-inside", "issued-outside"),
    offline=2**40,
    may={**PLAN.may, "amend": ("territorial", "central")},
)
NIGHT = 1_681_048_800  # 9 April 2023, 20:00 in Bishkek: the members' certificates are valid
LATER = NIGHT - EVENING
DATED = replace(
    ON_PAPER,
    duties=tuple(
        replace(duty, since=duty.since and duty.since + LATER, until=duty.until and duty.until + LATER)
        for duty in PLAN.duties
    ),
    offline=PLAN.offline,
)
PRECINCTS = ("p-1", "p-2", "p-3", "p-4", "p-5")


R = TypeVar("R", bound="Record")


class PaperElection(Election):
    """An election on paper alone, under way."""

    def __init__(self, plan: Plan = ON_PAPER) -> None:
        super().__init__()
        self.seated = {each.id: sitting(each.id, each.above, each.members, each.quorum) for each in plan.units}
        self.central = self.seated["cec"]
        self.on_paper: dict[str, int] = {}
        self.later = LATER if plan is DATED else 0
        self.watcher = sitting("watchers", "", 2, 1).people
        self.manifest = replace(
            self.manifest,
            contests=(),
            styles=(),
            trustees=(),
            mixers=(),
            threshold=0,
            least_trustees=0,
            mixes=0,
            commissions=(self.central.commission,),
            central="cec",
            roster=hash_leaf(encode(self.central.roster)),
            paper=self.put(encode(plan)),
        )

    def sitting(self, id: str) -> Sitting:
        return self.central if id == "central" else self.seated[id]

    def set_up(self) -> PaperElection:
        """The manifest, and everybody in their seats."""
        leaf = self.post(self.manifest)
        self.post(self.central.roster)
        for signature in self.central.sign(self.digest, leaf):
            self.post(signature)
        for unit in list(self.state.units.values())[1:]:
            self.enact(self.seated[unit.id].roster, self.seated[unit.above])
        return self

    def file(self, record: Paper, signed_by: Sequence[str] = ("1", "2", "3")) -> bytes:
        """A paper that these members of its unit sign; its leaf."""
        leaf = self.post(replace(record, held=record.held + self.later))
        for number in signed_by:
            self.post(self.signature(self.seated[record.commission].people[int(number) - 1], leaf))
        return leaf

    def signature(self, person: Person, leaf: bytes) -> Signature:
        return countersign(person.key, person.member.id, self.digest, leaf)

    def head(self, unit: str, form: str, contest: str = RACE) -> bytes:
        """The leaf of the version in force."""
        history = self.state.versions.get(Of(unit, contest, form))
        return history[-1].leaf if history else NONE

    def report(self, unit: str) -> None:
        """A precinct's acts and returns."""
        lines, votes = counted(unit)
        took = sum(votes) + lines["invalid"]
        listed = {"listed": lines["listed"], "signatures": took, "identified": took}
        listed |= {"e-on-paper": self.on_paper.get(unit, 0)}
        parts = [
            self.file(made(unit, "act-unused", {key: lines[key] for key in ("unused", "spoiled")})),
            self.file(made(unit, "list-totals", listed)),
        ]
        scanned = {"scanned": took, "invalid": lines["invalid"], "valid": lines["valid"]}
        self.file(made(unit, "aeu", scanned, votes))
        self.file(made(unit, "meeting", QUIET))
        if MAYOR in self.state.units[unit].contests:
            two = sum(votes) - votes[1], votes[1]
            for form in ("aeu", "protocol"):
                self.file(made(unit, form, scanned if form == "aeu" else lines, two, contest=MAYOR))
        self.file(made(unit, "protocol", lines, votes, parts=tuple(parts)))
        self.file(made(unit, "copies", register(2), present=(f"{unit}-2",)), ("2",))
        stand = Attestation(unit, "B11", EVENING + 3_600, (), "", b"", "", "", b"")
        self.enact_by(stand, unit)

    def enact_by(self, record: Record, unit: str, people: int = 1) -> bytes:
        """A record that so many members of a unit sign; its leaf."""
        leaf = self.post(record)
        for person in self.seated[unit].people[:people]:
            self.post(self.signature(person, leaf))
        return leaf

    def table(self, unit: str, form: str) -> SummaryTable:
        """What the papers beneath say now."""
        sum_ = self.state.forms[form]
        rows = []
        for below in rows_due(self.state, sum_, RACE, unit):
            source = self.state.added(sum_, RACE, self.state.units[below])
            assert source
            names = sum_.takes(source)
            found = self.state.figures(Of(below, RACE, source.id))
            if found is None:
                rows.append(SummaryRow(below, NONE, {}, ()))
            else:
                lines = {name: found.lines[key] for key, name in names.items()}
                rows.append(SummaryRow(below, found.leaf, lines, found.votes))
        return SummaryTable(tuple(rows))

    def sum_up(self, unit: str, form: str, **changes: Any) -> Paper:
        """A sum of what the papers beneath say."""
        table = self.table(unit, form)
        lines = {
            line.key: sum(row.lines.get(line.key, 0) for row in table.rows) for line in self.state.forms[form].lines
        }
        if unit != "cec":
            lines["units"] = sum(row.paper != NONE for row in table.rows)
        votes = [sum(column) for column in zip(*(row.votes for row in table.rows if row.votes), strict=True)]
        whole = made(unit, form, lines, votes, table=self.put(encode(table)), supersedes=self.head(unit, form))
        return replace(whole, **changes)

    def observe(self, unit: str, **changes: Any) -> Observation:
        """An observer's copy of a precinct's protocol."""
        lines, votes = counted(unit)
        plain = Observation(
            observer="kloop",
            unit=unit,
            contest=RACE,
            form="protocol",
            lines=lines,
            votes=votes,
            of=self.head(unit, "protocol"),
            copy=1,
            stamped=True,
            refused=False,
            held=EVENING + 5_000,
            photos=(),
            signature=b"",
        )
        return self.watched(replace(plain, **changes), 0)

    def watched(self, record: R, watcher: int) -> R:
        """The record with an observer's signature."""
        bare = replace(record, signature=b"")
        return replace(bare, signature=sign(self.watcher[watcher].key, observer_bytes(self.digest, bare)))

    def accredit(self) -> None:
        """Two observers: one everywhere, one at the first precinct."""
        first, second = (person.member.certificate for person in self.watcher)
        observers = (Observer("kloop", "Kloop", first, ()), Observer("school", "A school", second, ("p-1",)))
        self.enact(Accreditation(observers, ()))

    def conclude(self) -> None:
        """Sums, publications, the result."""
        for unit in ("tec-1", "tec-2"):
            self.file(self.sum_up(unit, "protocol-tec"))
        self.publish("B23")
        on = self.file(self.sum_up("cec", "protocol-cec"))
        self.enact_by(self.result(on), "cec", 2)
        self.publish("B27")

    def publish(self, duty: str) -> None:
        """The centre says where it has published what."""
        where = "https://shailoo.example/results"
        self.enact_by(Attestation("cec", duty, EVENING + 9_000, (), where, bytes(32), "", "", b""), "cec")

    def result(self, *on: bytes, **changes: Any) -> ElectionResult:
        """What the rule gives of the papers beneath."""
        whole = self.table("cec", "protocol-cec")
        votes = [sum(column) for column in zip(*(row.votes for row in whole.rows), strict=True)]
        took_part = sum(row.lines[key] for row in whole.rows for key in self.state.planned.participants)
        plain = ElectionResult(
            commission="cec",
            contest=RACE,
            on=on,
            denominator=self.state.planned.participants,
            outcome="elected",
            options=("anar",),
            shares=tuple(count * 10_000 // took_part for count in votes),
            lots=(),
        )
        return replace(plain, **changes)

    def take_in(self, *leaves: bytes, **changes: Any) -> Intake:
        """What the operator was given without a key."""
        blob = self.put(b"".join(leaves))
        plain = replace(Intake(len(leaves), blob, (), bytes(64)), **changes)
        return self.operator.sign(plain, self.digest)


def counted(unit: str) -> tuple[dict[str, int], tuple[int, ...]]:
    """The figures of a precinct's protocol; each has others."""
    number = int(unit.removeprefix("p-"))
    votes = (300 + 7 * number, 150 + 3 * number, 60 + number, 9)
    valid, invalid, outside, spoiled = sum(votes), 5 + number, 20 + number, number
    inside = valid + invalid - outside
    listed = 1_000 + 11 * number
    lines = {"listed": listed, "received": listed, "unused": listed - spoiled - inside - outside, "spoiled": spoiled}
    lines |= {"issued-inside": inside, "issued-outside": outside, "in-portable": outside, "in-stationary": inside}
    return lines | {"invalid": invalid, "valid": valid}, votes


def made(unit: str, form: str, lines: dict[str, int], votes: Sequence[int] = (), **changes: Any) -> Paper:
    """A paper of a unit whose members are those of its sitting."""
    ids = tuple(f"{unit}-{number}" for number in (1, 2, 3))
    return paper(unit, form, lines, votes, **({"present": ids, "typed": ids[:2]} | changes))


def honest_returns(plan: Plan = ON_PAPER) -> PaperElection:
    """The whole election on paper."""
    election = PaperElection(plan).set_up()
    election.accredit()
    for unit in PRECINCTS:
        election.report(unit)
    election.post(election.observe("p-1"))
    election.conclude()
    return election
