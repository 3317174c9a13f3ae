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


class Unit(Part, frozen=True):
    """What signs papers: a commission with `members` members, `quorum` of whom sign what no form gives a number for.

    Its clock is `ahead` of the country's, or `behind` it, by so many seconds. An `electronic` one signs what the
    verified tally says, and no paper of the hand count.
    """

    id: Id
    name: Text
    level: Id
    above: IdOrNone
    contests: tuple[Id, ...]
    members: Ordinal
    quorum: Ordinal
    electronic: bool
    ahead: Number
    behind: Number


class Reserve(Part, frozen=True):
    """Of the seats at least `part` in `whole`, rounded up, go to these options."""

    options: tuple[Id, ...]
    part: Ordinal
    whole: Ordinal


class PlanContest(Part, frozen=True):
    """What is decided: `seats` among the options, of which `against` is the line "against all", if there is one.

    `body` is the unit that determines the result; `electronic` the contest of the manifest that joins it.
    """

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
    """A line of a form: its key, and the number that is printed before it."""

    key: Id
    number: Number
    name: Text


class Form(Part, frozen=True):
    """A kind of paper of the units of a level, all electronic ones or none.

    With `contest` there is one for each contest of the unit, otherwise one for the unit; with `votes` it says how many
    each option has. It takes effect at `least` signatures, and members with the roles of `needs` are among those who
    should sign. A sum `adds` the forms of the level beneath: lines of the same key by themselves, others as renamed.
    """

    id: Id
    name: Text
    level: Id
    electronic: bool
    stage: PaperStage
    contest: bool
    votes: bool
    lines: tuple[FormLine, ...]
    least: Ordinal
    needs: tuple[Capacity, ...]
    adds: dict[Id, dict[Id, Id]]
    table: Literal["none", "sum", "participants"]


class ControlRatio(Part, frozen=True):
    """Two sums over a form's lines, each times a factor, are equal, or the left one is at most the right one."""

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
    """What shows that a duty was done: a paper of a form, a record of a kind, a stand or a publication attested to."""

    kind: Literal["paper", "record", "stand", "publication"]
    of: IdOrNone


class LegalDuty(Part, frozen=True):
    """What each unit of a level owes, in the order of the law.

    `since` is the first second that is allowed, `until` the first one that is too late, 0 if there is none; or `limit`
    names a time limit of the manifest's timetable. `inclusive` is that of a time limit. `within` so many seconds `past`
    another duty's evidence. `soon` says "at once": how long it took is shown, and nothing is late.
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
    """The whole of it: the content of the blob that the manifest names (`paper`).

    `participants` are the lines whose sum counts those who took part. `may` says which levels may decide what.
    A paper that was more than `offline` seconds under way is found. The country's clock is `offset` minutes east of
    UTC. `unverified` are paths in the plan that nobody has compared with the law.
    """

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
