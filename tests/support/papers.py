"""A small plan of three levels, and states that papers make without a log: signatures are judged elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from verifier.election.manifest import Option
from verifier.paper.papers import NONE, Decision, Effective, Of, Paper, Reason, Version
from verifier.paper.plan import (
    ControlRatio,
    DutyEvidence,
    Form,
    FormLine,
    LegalDuty,
    Match,
    Plan,
    PlanContest,
    PlanLevel,
    Unit,
)
from verifier.paper.standing import Papers
from verifier.records import Text, encode

RACE = "president"
PRECINCTS = {"tec-1": ("p-1", "p-2", "p-3"), "tec-2": ("p-4", "p-5")}
LINES = ("listed", "received", "unused", "spoiled", "issued-inside", "issued-outside", "in-portable", "in-stationary")
HAND = (*LINES, "invalid", "valid")
EVENING = 1_508_076_000  # 15 October 2017, 20:00 in Bishkek
QUIET = dict.fromkeys(("appeals", "upheld", "dismissed", "referred"), 0)  # a meeting without complaints


def text(words: str) -> Text:
    return Text(words, words, words)


def form(id: str, level: str, *lines: str, **fields: Any) -> Form:
    """A form with these lines; an act of two signatures unless told otherwise."""
    plain = Form(
        id=id,
        name=text(id),
        level=level,
        electronic=False,
        stage="act",
        contest=False,
        votes=False,
        lines=tuple(FormLine(key, number, text(key)) for number, key in enumerate(lines, 1)),
        least=2,
        needs=("chair", "secretary"),
        adds={},
        table="none",
    )
    return replace(plain, **fields)


def ratio(id: str, form: str, left: str, relation: str, right: str, severity: str = "error") -> ControlRatio:
    """`received = unused + 2 spoiled`, as left, relation, right."""
    sides = [
        {key: int(factor or 1) for factor, _, key in (term.strip().rpartition(" ") for term in side.split("+"))}
        for side in (left, right)
    ]
    return ControlRatio(id, form, sides[0], relation, sides[1], severity, text(id))  # type: ignore[arg-type]


def duty(id: str, level: str, kind: str, of: str = "", **fields: Any) -> LegalDuty:
    """A duty without a date."""
    plain = LegalDuty(
        id=id,
        words=text(id),
        level=level,
        evidence=DutyEvidence(kind, of),  # type: ignore[arg-type]
        after=(),
        ideally=(),
        since=0,
        until=0,
        inclusive=False,
        limit="",
        within=0,
        past="",
        soon=False,
    )
    return replace(plain, **fields)


def unit(id: str, level: str, above: str, **fields: Any) -> Unit:
    """A unit of three members, two of whom are its quorum."""
    plain = Unit(
        id=id,
        name=text(id),
        level=level,
        above=above,
        contests=(RACE,),
        members=3,
        quorum=2,
        electronic=False,
        ahead=0,
        behind=0,
    )
    return replace(plain, **fields)


def result_form(id: str, level: str, *lines: str, **fields: Any) -> Form:
    return form(id, level, *lines, stage="voting", contest=True, votes=True, **fields)


FORMS = (
    form("act-unused", "precinct", "unused", "spoiled"),
    form("list-totals", "precinct", "listed", "signatures", "identified", "e-on-paper"),
    form("aeu", "precinct", "scanned", "invalid", "valid", stage="preliminary", contest=True, votes=True),
    form("meeting", "precinct", "appeals", "upheld", "dismissed", "referred"),
    result_form("protocol", "precinct", *HAND),
    result_form("e-protocol", "precinct", "e-listed", "e-overridden", "e-counted", "invalid", "valid", electronic=True),
    form("copies", "precinct", "people", "given", "refused", least=1, needs=("secretary",)),
    result_form(
        "protocol-tec",
        "territorial",
        *("units", "annulled", *LINES, "e-listed", "electronic", "invalid", "valid"),
        adds={"protocol": {}, "e-protocol": {"e-counted": "electronic"}},
        table="sum",
    ),
    result_form(
        "protocol-cec",
        "central",
        *("units", "annulled", *LINES, "e-listed", "electronic", "invalid", "valid"),
        adds={"protocol-tec": {}},
        table="sum",
    ),
)
RATIOS = (
    ratio("C1", "protocol", "received", "equal", "unused + spoiled + issued-inside + issued-outside"),
    ratio("C2", "protocol", "issued-inside + issued-outside", "at most", "listed"),
    ratio("C3", "protocol", "1000 received", "at most", "1001 listed", "warning"),
    ratio("C4", "protocol", "in-portable", "at most", "issued-outside"),
    ratio("C5", "protocol", "in-stationary", "at most", "issued-inside", "warning"),
    ratio("C6", "protocol", "in-portable + in-stationary", "equal", "valid + invalid"),
    ratio("C7", "protocol", "valid", "equal", "votes"),
    ratio("C8", "list-totals", "signatures", "equal", "identified"),
    ratio("S1", "aeu", "scanned", "equal", "valid + invalid", "warning"),
    ratio("R1", "meeting", "appeals", "equal", "upheld + dismissed + referred", "warning"),
    ratio("K1", "copies", "people", "equal", "given + refused", "warning"),
)
MATCHES = (
    Match("M1", ("act-unused", "protocol"), (("unused", "unused"), ("spoiled", "spoiled")), "error"),
    Match("M2", ("list-totals", "protocol"), (("listed", "listed"),), "error"),
    Match("M3", ("aeu", "protocol"), (("invalid", "invalid"), ("valid", "valid"), ("votes", "votes")), "warning"),
)
DUTIES = (
    duty("B1", "precinct", "paper", "act-unused", since=EVENING),
    duty("B5", "precinct", "paper", "aeu", since=EVENING, until=EVENING + 3_600),
    duty("B9", "precinct", "paper", "protocol", since=EVENING, after=("B1",)),
    duty("B11", "precinct", "stand", after=("B9",), until=EVENING + 4 * 86_400 - 72_000, inclusive=True),
    duty("B15", "territorial", "paper", "protocol-tec", after=("B9",), soon=True),
    duty("B20", "central", "paper", "protocol-cec", after=("B15",)),
    duty("B23", "central", "publication", after=("B15",)),
    duty("B26", "central", "record", "result", after=("B20",), ideally=("B23",)),
    duty("B27", "central", "publication", after=("B26",), within=14 * 86_400, past="B26"),
)
PLAN = Plan(
    levels=(
        PlanLevel(id="central", name=text("central"), above="", rooted=True),
        PlanLevel(id="territorial", name=text("territorial"), above="central", rooted=False),
        PlanLevel(id="precinct", name=text("precinct"), above="territorial", rooted=False),
    ),
    units=(
        unit("cec", "central", ""),
        *(unit(tec, "territorial", "cec") for tec in PRECINCTS),
        *(unit(id, "precinct", tec) for tec, ids in PRECINCTS.items() for id in ids),
        unit("e-1", "precinct", "tec-2", electronic=True),
    ),
    contests=(
        PlanContest(
            id=RACE,
            title=text("President"),
            options=tuple(Option(id, text(id)) for id in ("anar", "bolot", "cholpon", "against")),
            against="against",
            seats=1,
            marks=1,
            rule="majority",
            reserves=(),
            body="cec",
            electronic=RACE,
        ),
    ),
    forms=FORMS,
    ratios=RATIOS,
    matches=MATCHES,
    duties=DUTIES,
    participants=("issued-inside", "issued-outside", "electronic"),
    may={
        "recount": ("territorial",),
        "annul": ("territorial", "central"),
        "restore": ("central",),
        "strike": ("central",),
        "amend": ("central",),
    },
    offline=7_200,
    offset=360,
    unverified=("forms.*.lines",),
)


def register(given: int, refused: int = 0) -> dict[str, int]:
    """The lines of a copies register."""
    return {"people": given + refused, "given": given, "refused": refused}


def state_of(plan: Plan = PLAN) -> Papers:
    """The state in which the plan is in effect, and nothing else."""
    state = Papers()
    state.adopt(plan)
    return state


def paper(unit: str, form: str, lines: Mapping[str, int], votes: Sequence[int] = (), **fields: Any) -> Paper:
    """A first version, of the race if it has votes, held that evening, with all members there."""
    plain = Paper(
        commission=unit,
        contest=RACE if votes else "",
        form=form,
        supersedes=NONE,
        reason=Reason("first", ""),
        lines=dict(lines),
        votes=tuple(votes),
        present=("m1", "m2", "m3"),
        dissent=(),
        typed=("m1", "m2"),
        explains=(),
        held=EVENING + 600,
        parts=(),
        photos=(),
    )
    return replace(plain, **fields)


def file(state: Papers, paper: Paper, since: int | None = None) -> bytes:
    """Let the paper take effect, at the next record unless told otherwise; its leaf."""
    position = 1 + max((v.since for history in state.versions.values() for v in history), default=0)
    since = position if since is None else since
    leaf = hashlib.sha256(b"\0" + encode(paper)).digest()
    of = Of(paper.commission, paper.contest, paper.form)
    state.versions.setdefault(of, []).append(Version(leaf, since, since, paper))
    state.owners[leaf] = paper.commission
    return leaf


def decide(state: Papers, decision: Decision, since: int) -> bytes:
    """Let the decision take effect; its leaf."""
    leaf = hashlib.sha256(b"\0" + encode(decision)).digest()
    state.decide(Effective(leaf, since, decision))
    return leaf
