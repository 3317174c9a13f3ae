"""The records of the commissions' papers, and the state that they make (specs/papers.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from verifier.commission.quorum import Signing
from verifier.commission.roster import MOST_CERTIFICATE, Commission, Roster, Signature
from verifier.election.manifest import Manifest
from verifier.election.tally import TallyState
from verifier.log.tree import hash_leaf
from verifier.paper.plan import Form, IdOrNone, Label, LabelOrNone, Plan, PlanContest, Ruling, Unit
from verifier.place import Place
from verifier.records import Blob, Bytes32, Bytes64, Id, Number, Part, Record, encode

NONE = bytes(32)  # in place of a leaf hash
Sentence = Annotated[str, msgspec.Meta(max_length=500)]
Cause = Literal["first", "typing", "recount", "decision", "court", "photo"]
Declared = Literal["elected", "second round", "failed"]
ObserverSignature = Annotated[bytes, msgspec.Meta(max_length=1024)]


class Reason(Part, frozen=True):
    """Why there is another version."""

    code: Cause
    text: Sentence


class Dissent(Part, frozen=True):
    """What a member who was present holds against the paper."""

    member: Id
    text: Sentence


class Explanation(Part, frozen=True):
    """Why a control ratio does not hold."""

    ratio: Label
    text: Annotated[str, msgspec.Meta(min_length=3, max_length=500)]


class Figured(Record, frozen=True):
    """What a form says, filled in at `held` by the unit's clock; `votes` are in the order of the contest's options."""

    contest: IdOrNone
    form: Id
    lines: dict[Id, Number]
    votes: tuple[Number, ...]
    held: Number
    photos: tuple[Blob, ...]


class Paper(Figured, frozen=True, tag="paper"):
    """A paper of a form."""

    commission: Id
    supersedes: Bytes32
    reason: Reason
    present: tuple[Id, ...]
    dissent: tuple[Dissent, ...]
    typed: tuple[Id, ...]
    explains: tuple[Explanation, ...]
    parts: tuple[Bytes32, ...]
    table: Blob | UnsetType = UNSET

    @property
    def of(self) -> Of:
        return Of(self.commission, self.contest, self.form)


class SummaryRow(Part, frozen=True):
    """What the paper of a unit beneath says, by the sum's keys; `paper` is that version's leaf."""

    unit: Id
    paper: Bytes32
    lines: dict[Id, Number]
    votes: tuple[Number, ...]

    @property
    def is_summed(self) -> bool:
        return self.paper != NONE or bool(self.lines)


class SummaryTable(Part, frozen=True):
    """The content of a paper's `table`: a row for each unit beneath, in the plan's order."""

    rows: tuple[SummaryRow, ...]


class Typed(Part, frozen=True):
    """The figures of a unit's paper as somebody above it has entered them."""

    unit: Id
    contest: IdOrNone
    lines: dict[Id, Number]
    votes: tuple[Number, ...]


class TypedPapers(Part, frozen=True):
    """The content of a batch's blob."""

    papers: tuple[Typed, ...]


class PaperBatch(Record, frozen=True, tag="batch"):
    """Papers of a form of units beneath, entered by the commission from a source; a unit's own go before them."""

    commission: Id
    form: Id
    source: Sentence
    count: Number
    blob: Blob


class Decision(Record, frozen=True, tag="decision"):
    """What a commission decides about units, in force until another one `revokes` it; `until` is a duty's new end."""

    commission: Id
    what: Ruling
    units: tuple[Id, ...]
    contest: IdOrNone
    option: IdOrNone
    duty: LabelOrNone
    until: Number
    about: tuple[Bytes32, ...]
    revokes: Bytes32
    basis: Sentence
    blob: Blob | UnsetType = UNSET

    @property
    def is_revoking(self) -> bool:
        return self.revokes != NONE


class Appeal(Record, frozen=True, tag="appeal"):
    """A complaint to a commission; its text is personal data, and only the SHA-256 stands here."""

    commission: Id
    about: tuple[Bytes32, ...]
    by: Literal["voter", "candidate", "representative", "party", "observer", "media", "other"]
    text: Bytes32
    number: Sentence
    received: Number
    observer: IdOrNone
    signature: ObserverSignature


class Attestation(Record, frozen=True, tag="attestation"):
    """Somebody says that a duty outside the log was done: what hangs on a stand, what was published at an address."""

    commission: Id
    duty: Label
    held: Number
    photos: tuple[Blob, ...]
    address: Sentence
    digest: Annotated[bytes, msgspec.Meta(max_length=32)]
    note: Sentence
    observer: IdOrNone
    signature: ObserverSignature


class Observer(Part, frozen=True):
    """Who may post copies; `units` are all if there are none."""

    id: Id
    organisation: Sentence
    certificate: Annotated[bytes, msgspec.Meta(max_length=MOST_CERTIFICATE)]
    units: tuple[Id, ...]


class Accreditation(Record, frozen=True, tag="accreditation"):
    """The central commission accredits observers, and withdraws what it has given."""

    observers: tuple[Observer, ...]
    withdrawn: tuple[Id, ...]


class Observation(Figured, frozen=True, tag="observation"):
    """A copy of a unit's paper, or that it was `refused`; `of` is the leaf of the version that was copied, if known."""

    observer: IdOrNone
    unit: Id
    of: Bytes32
    copy: Number
    stamped: bool
    refused: bool
    signature: ObserverSignature


class Unshown(Part, frozen=True):
    """What was handed in and is not shown."""

    leaf: Bytes32
    reason: Sentence


class Intake(Record, frozen=True, tag="intake"):
    """The operator commits to `count` observations that were handed in without a key; the blob has their leaves."""

    count: Number
    leaves: Blob
    withheld: tuple[Unshown, ...]
    signature: Bytes64


class ElectionResult(Record, frozen=True, tag="result"):
    """The result of a contest, on the papers `on`; a share is of 10,000 parts of the sum of the `denominator` lines."""

    commission: Id
    contest: Id
    on: tuple[Bytes32, ...]
    denominator: tuple[Id, ...]
    outcome: Declared
    options: tuple[Id, ...]
    shares: tuple[Number, ...]
    lots: tuple[Bytes32, ...]


class Of(NamedTuple):
    """Whose papers follow each other: those of a unit, of a contest or none, by a form."""

    unit: str
    contest: str
    form: str

    def place(self, **fields: Any) -> Place:  # noqa: ANN401  more of a place
        return Place(unit=self.unit, contest=self.contest, form=self.form, **fields)


class Version(NamedTuple):
    """A paper in effect: its leaf, where it was posted, where it took effect."""

    leaf: bytes
    posted: int
    since: int
    paper: Paper


class EnteredPaper(NamedTuple):
    """A row of a batch, and where that took effect."""

    since: int
    by: str
    typed: Typed


E = TypeVar("E", bound=Record)


class Effective(NamedTuple, Generic[E]):
    """A decision, result, appeal, attestation or observation: its leaf, and where it took effect."""

    leaf: bytes
    since: int
    record: E


KEPT = {ElectionResult: "results", Appeal: "appeals", Attestation: "attested", Observation: "observed"}  # in the state
PAPER_KINDS = (Paper, PaperBatch, Decision, Appeal, Attestation, Accreditation, Observation, Intake, ElectionResult)


@dataclass
class PaperState(TallyState):
    """Part of the election's state: the plan, and the papers by what they are of, the versions in their order.

    `unjudged`: this copy lacks a blob. `alike` has the units of a kind, `tables` rows by the paper's leaf, `owners` the
    unit of each leaf that may be referred to, `taken` the intake's position by leaf, `unshown` why one is not shown.
    """

    plan: Plan | None = None
    unjudged: bool = False
    units: dict[str, Unit] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    races: dict[str, PlanContest] = field(default_factory=dict)
    beneath: dict[str, list[str]] = field(default_factory=dict)
    alike: dict[tuple[str, bool], list[Unit]] = field(default_factory=dict)
    versions: dict[Of, list[Version]] = field(default_factory=dict)
    entered: dict[Of, list[EnteredPaper]] = field(default_factory=dict)
    decided: list[Effective[Decision]] = field(default_factory=list)
    amendments: dict[str, list[Effective[Decision]]] = field(default_factory=dict)
    revoked: dict[bytes, int] = field(default_factory=dict)
    results: list[Effective[ElectionResult]] = field(default_factory=list)
    appeals: list[Effective[Appeal]] = field(default_factory=list)
    attested: list[Effective[Attestation]] = field(default_factory=list)
    observers: dict[str, Observer] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    observed: list[Effective[Observation]] = field(default_factory=list)
    tables: dict[bytes, tuple[SummaryRow, ...]] = field(default_factory=dict)
    taken: dict[bytes, int] = field(default_factory=dict)
    unshown: dict[bytes, str] = field(default_factory=dict)
    owners: dict[bytes, str] = field(default_factory=dict)

    @property
    def planned(self) -> Plan:
        """The plan; the election must have one."""
        assert self.plan is not None  # noqa: S101  no paper is admitted without
        return self.plan

    def adopt(self, plan: Plan) -> None:
        """The plan's units become commissions, with rosters from above like all others."""
        self.plan = plan
        self.units = {unit.id: unit for unit in plan.units}
        self.forms = {form.id: form for form in plan.forms}
        self.races = {contest.id: contest for contest in plan.contests}
        rooted = {level.id for level in plan.levels if level.rooted}
        for unit in plan.units:
            self.beneath.setdefault(unit.above, []).append(unit.id)
            self.alike.setdefault(unit.kind, []).append(unit)
            if unit.id not in self.commissions:
                one = Commission(unit.id, unit.name, "precinct", unit.above, unit.quorum, unit.members)
                self.commissions[unit.id] = one
                if unit.level not in rooted:
                    self.unrooted.add(unit.id)

    def above(self, unit: str) -> list[str]:
        """The unit and all above it."""
        return [unit, *self.above(self.units[unit].above)] if unit in self.units else []

    def least(self, commission: str, record: Record) -> int:
        """A paper takes as many signatures as its form says, what one member may say takes one."""
        match record:
            case Paper(form=form):
                return self.forms[form].least
            case Appeal() | Attestation():
                return 1
        return super().least(commission, record)

    def is_quorum(self, commission: str, record: Record, signers: Sequence[Signing]) -> bool:
        """Under a paper only those count who were present."""
        if isinstance(record, Paper):
            signers = [signer for signer in signers if signer.member in record.present]
        return bool(signers) and super().is_quorum(commission, record, signers)

    def decide(self, decision: Effective[Decision]) -> None:
        """The decision stands, until another one revokes it."""
        self.decided.append(decision)
        if decision.record.is_revoking:
            self.revoked[decision.record.revokes] = decision.since
        if decision.record.duty:
            self.amendments.setdefault(decision.record.duty, []).append(decision)

    def keep(self, record: Record, since: int, content: Any) -> None:  # noqa: ANN401  what was read of its blob
        """The record has taken effect: from now on it stands."""
        leaf = hash_leaf(encode(record))
        match record:
            case Paper():
                posted = self.pending[leaf].position
                self.versions.setdefault(record.of, []).append(Version(leaf, posted, since, record))
                self.tables |= {leaf: content} if content else {}
            case PaperBatch():
                for typed in content:
                    of = Of(typed.unit, typed.contest, record.form)
                    self.entered.setdefault(of, []).append(EnteredPaper(since, record.commission, typed))
            case Decision():
                self.decide(Effective(leaf, since, record))
            case Accreditation(observers=observers, withdrawn=withdrawn):
                self.observers |= {observer.id: observer for observer in observers}
                self.withdrawn.update(withdrawn)
            case ElectionResult() | Appeal() | Attestation() | Observation():
                getattr(self, KEPT[type(record)]).append(Effective(leaf, since, record))
            case Intake(withheld=withheld):
                self.taken |= {leaf: since for leaf in content if leaf not in self.taken}
                self.unshown |= {each.leaf: each.reason for each in withheld}
        if isinstance(record, Paper | Decision | ElectionResult | Appeal | Attestation):
            self.owners[leaf] = record.commission

    def lay_aside(self) -> None:
        """From here on no paper is judged, and all else is."""
        self.unjudged = True

    def is_aside(self, record: Record) -> bool:
        """Whether the record is one of those that are laid aside: of papers, or of commissions that the plan names."""
        if not self.unjudged or isinstance(record, Manifest):
            return False
        match record:
            case Signature(record=leaf):
                return leaf not in self.pending
            case Roster(commission=commission):
                return commission not in self.commissions
        return isinstance(record, PAPER_KINDS)
