"""The plan: who signs which papers, what must hold of their figures, what is due by when (specs/plan.md)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from verifier.election.manifest import Option
from verifier.records import Codec, Id, Number, Ordinal, Part, Text
from verifier.rule import Severity

IdOrNone = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{0,40}\Z")]
Label = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,40}\Z")]  # as the law's readers number it: C1, B9
LabelOrNone = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{0,40}\Z")]
PaperStage = Literal["act", "preliminary", "voting", "election"]
Capacity = Literal["chair", "secretary", "member"]
Ruling = Literal["annul", "restore", "recount", "uphold", "dismiss", "strike", "amend", "withdraw"]
VOTES = "votes"  # in ratios and matches: the sum over the options


class PlanLevel(Part, frozen=True):
    """A level of commissions; the certificates of a `rooted` one chain to an authority on the trust sheet."""

    id: Id
    name: Text
    above: IdOrNone
    rooted: bool


class Levelled(Part, frozen=True):
    """What there is of a level, of electronic voting or of the other."""

    id: Id
    name: Text
    level: Id
    electronic: bool

    @property
    def kind(self) -> tuple[str, bool]:
        return self.level, self.electronic


class Unit(Levelled, frozen=True):
    """A commission that signs papers; its clock is so many seconds `ahead` of the country's, or `behind` it."""

    above: IdOrNone
    contests: tuple[Id, ...]
    members: Ordinal
    quorum: Ordinal
    ahead: Number
    behind: Number

    def by_its_clock(self, instant: int) -> int:
        """When its clock shows this instant; 0 is none."""
        return instant and instant + self.behind - self.ahead


class Reserve(Part, frozen=True):
    """Of the seats at least `part` in `whole`, rounded up, go to these options."""

    options: tuple[Id, ...]
    part: Ordinal
    whole: Ordinal


class PlanContest(Part, frozen=True):
    """What is decided, by the unit `body`; `electronic` is the contest of the manifest that joins it, or ""."""

    id: Id
    title: Text
    options: tuple[Option, ...]
    against: IdOrNone
    seats: Ordinal
    marks: Ordinal
    rule: Literal["majority", "plurality"]
    reserves: tuple[Reserve, ...]
    body: Id
    electronic: IdOrNone


class FormLine(Part, frozen=True):
    """A line of a form, and the number that is printed before it, 0 for none."""

    key: Id
    number: Number
    name: Text


class Form(Levelled, frozen=True):
    """A paper of the units of a kind, one each or one for each contest; a sum `adds` forms, some lines renamed."""

    stage: PaperStage
    contest: bool
    votes: bool
    lines: tuple[FormLine, ...]
    least: Ordinal
    needs: tuple[Capacity, ...]
    adds: dict[Id, dict[Id, Id]]
    table: Literal["none", "sum", "participants"]

    @property
    def keys(self) -> set[str]:
        return {line.key for line in self.lines}

    @property
    def states_results(self) -> bool:
        return self.votes and self.stage in {"voting", "election"}

    def takes(self, below: Form) -> dict[str, str]:
        """The lines of a form beneath that are added up, and the sum's key of each."""
        keys, named = self.keys, {key: self.adds[below.id].get(key, key) for key in (line.key for line in below.lines)}
        return {key: name for key, name in named.items() if name in keys}


class ControlRatio(Part, frozen=True):
    """Two sums over a form's lines, each times its factor."""

    id: Label
    form: Id
    left: dict[Id, Ordinal]
    relation: Literal["equal", "at most"]
    right: dict[Id, Ordinal]
    severity: Severity
    basis: Text


class Match(Part, frozen=True):
    """Lines of two forms of one unit that are equal, pair by pair."""

    id: Label
    forms: tuple[Id, Id]
    pairs: tuple[tuple[Id, Id], ...]
    severity: Severity


class DutyEvidence(Part, frozen=True):
    """What shows that a duty was done; `of` is the form or the kind of record."""

    kind: Literal["paper", "record", "stand", "publication"]
    of: IdOrNone


class LegalDuty(Part, frozen=True):
    """What each unit of a level owes: from the second `since` on, before the second `until`, 0 for none (§7).

    Or by a time `limit` of the manifest, or `within` so many seconds `past` another duty's evidence; `soon` is at once.
    """

    id: Label
    words: Text
    level: Id
    evidence: DutyEvidence
    after: tuple[Label, ...]
    ideally: tuple[Label, ...]
    since: Number
    until: Number
    inclusive: bool
    limit: IdOrNone
    within: Number
    past: LabelOrNone
    soon: bool


class Plan(Part, frozen=True):
    """The blob that the manifest names; a paper may be `offline` seconds under way, UTC is `offset` minutes behind."""

    levels: tuple[PlanLevel, ...]
    units: tuple[Unit, ...]
    contests: tuple[PlanContest, ...]
    forms: tuple[Form, ...]
    ratios: tuple[ControlRatio, ...]
    matches: tuple[Match, ...]
    duties: tuple[LegalDuty, ...]
    participants: tuple[Id, ...]
    may: dict[Ruling, tuple[Id, ...]]
    offline: Number
    offset: Number
    unverified: tuple[str, ...]


CODEC: Codec[Plan] = Codec(Plan)
