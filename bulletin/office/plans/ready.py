"""Plans that are ready: an election's own file, with the forms and duties that it shares with others."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

from bulletin.office.plans.structure import STRUCTURES
from verifier.election.manifest import Option
from verifier.paper.plan import (
    VOTES,
    ControlRatio,
    DutyEvidence,
    Form,
    FormLine,
    LegalDuty,
    Match,
    Plan,
    PlanContest,
    PlanLevel,
    Reserve,
)
from verifier.records import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bulletin.office.plans import Ready
    from verifier.paper.plan import Unit

RELATIONS: dict[str, Literal["equal", "at most"]] = {" = ": "equal", " <= ": "at most"}


def ready_plan(name: Ready, units: Sequence[Unit] | None = None) -> Plan:
    """The plan of this name, for these units; without any, for those that a synthetic structure has."""
    held, library = _table(name), _table("forms")
    called = _renaming(held.get("rename", {}))
    made = {form.id: form for level in held["levels"] for form in _forms(level, held, library, called)}
    ratios = tuple(_ratios(library["ratios"], made, called, set(held.get("without", ()))))
    return Plan(
        levels=tuple(_levels(held["levels"], called)),
        units=tuple(STRUCTURES[name]() if units is None else units),
        contests=tuple(contest for one in held["contests"] for contest in _contests(one)),
        forms=tuple(made.values()),
        ratios=ratios,
        matches=tuple(_matches(library["matches"], made, called)),
        duties=tuple(_duty(id, fields, held, called) for id, fields in held["duties"].items()),
        participants=tuple(held["participants"]),
        may={ruling: tuple(levels) for ruling, levels in held["may"].items()},
        offline=held["offline"],
        offset=held["offset"],
        unverified=tuple(path for one in held["unverified"] for path in _paths(one, ratios)),
    )


@cache
def _table(name: str) -> dict[str, Any]:
    file = resources.files("bulletin.office.plans").joinpath(f"{name}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _renaming(words: dict[str, str]) -> Callable[[str], str]:
    """Ids with some of their words replaced."""

    def call(id: str) -> str:
        return "-".join(words.get(word, word) for word in id.split("-"))

    return call


def _levels(levels: list[dict[str, Any]], called: Callable[[str], str]) -> Iterator[PlanLevel]:
    above = ""
    for level in levels:
        yield PlanLevel(called(level["id"]), Text(*level["name"]), above, level.get("rooted", False))
        above = called(level["id"])


def _contests(fields: dict[str, Any]) -> Iterator[PlanContest]:
    for n in range(1, fields.get("repeat", 1) + 1):
        yield PlanContest(
            id=fields["id"].format(n=n),
            title=Text(*(title.format(n=n) for title in fields["title"])),
            options=tuple(Option(id, Text(*name)) for id, *name in fields["options"]),
            against=fields["against"],
            seats=fields["seats"],
            marks=fields["marks"],
            rule=fields["rule"],
            reserves=tuple(
                Reserve(tuple(each["options"]), each["part"], each["whole"]) for each in fields.get("reserves", ())
            ),
            body=fields["body"],
            electronic=fields.get("electronic", ""),
        )


def _forms(
    level: dict[str, Any], held: dict[str, Any], library: dict[str, Any], called: Callable[[str], str]
) -> Iterator[Form]:
    for id in level["forms"]:
        fields = library["forms"][id]
        fields = library["forms"].get(fields.get("like"), {}) | fields | held.get("forms", {}).get(id, {})
        votes, adds = fields.get("votes", False), fields.get("adds", {})
        yield Form(
            id=called(id),
            name=Text(*fields["name"]),
            level=called(level["id"]),
            electronic=fields.get("electronic", False),
            stage=fields.get("stage", "act"),
            contest=votes,
            votes=votes,
            lines=tuple(_line(place, line, library["lines"]) for place, line in enumerate(fields["lines"], 1)),
            least=fields["least"],
            needs=tuple(fields.get("needs", ("chair", "secretary"))),
            adds={called(below): dict(renamed) for below, renamed in adds.items()},
            table="sum" if adds else fields.get("table", "none"),
        )


def _line(place: int, line: str, names: dict[str, list[str]]) -> FormLine:
    """`listed 1`: the key, and the number that is printed before it."""
    key, _, number = line.partition(" ")
    return FormLine(key, int(number or place), Text(*names[key]))


def _ratios(
    held: list[dict[str, Any]], forms: dict[str, Form], called: Callable[[str], str], without: set[str]
) -> Iterator[ControlRatio]:
    for ratio in held:
        for first, id in ((place == 0, called(id)) for place, id in enumerate(ratio["of"])):
            if id in forms and ratio["id"] not in without:
                sign = next(sign for sign in RELATIONS if sign in ratio["rule"])
                left, right = (_terms(side, forms[id]) for side in ratio["rule"].split(sign))
                yield ControlRatio(
                    id=ratio["id"] if first else f"{ratio['id']}-{id.rpartition('-')[2]}",
                    form=id,
                    left=left,
                    relation=RELATIONS[sign],
                    right=right,
                    severity=ratio.get("severity", "error"),
                    basis=Text(*ratio["basis"]),
                )


def _paths(path: str, ratios: tuple[ControlRatio, ...]) -> Iterator[str]:
    """The path; that of a ratio for each form for which this ratio stands."""
    part, _, id = path.partition(".")
    if part != "ratios" or not id:
        yield path
    else:
        yield from (f"{part}.{each.id}" for each in ratios if f"{each.id}-".startswith(f"{id}-"))


def _terms(side: str, form: Form) -> dict[str, int]:
    """`1000 received + unused` as factors by key, without the lines that the form lacks."""
    known = {line.key for line in form.lines} | ({VOTES} if form.votes else set())
    terms = (term.rpartition(" ") for term in side.split(" + "))
    return {key: int(factor or 1) for factor, _, key in terms if key in known}


def _matches(held: list[dict[str, Any]], forms: dict[str, Form], called: Callable[[str], str]) -> Iterator[Match]:
    for match in held:
        one, other = map(called, match["forms"])
        if one in forms and other in forms:
            pairs = tuple((key, key) for key in match["pairs"])
            yield Match(match["id"], (one, other), pairs, match.get("severity", "error"))


def _duty(id: str, own: dict[str, Any], held: dict[str, Any], called: Callable[[str], str]) -> LegalDuty:
    fields = _table("duties")[id] | own
    [kind] = {"paper", "record", "stand", "publication"} & fields.keys()
    words = [
        f"{said} ({when})" if when else said
        for said, when in zip(fields["words"], fields.get("when", ("", "", "")), strict=True)
    ]
    return LegalDuty(
        id=id,
        words=Text(*words),
        level=called(fields["level"]),
        evidence=DutyEvidence(kind, called(fields[kind])),
        after=tuple(other for other in fields.get("after", ()) if other in held["duties"]),
        ideally=tuple(other for other in fields.get("ideally", ()) if other in held["duties"]),
        since=_seconds(fields.get("since"), held["offset"]),
        until=_seconds(fields.get("until"), held["offset"]),
        inclusive=fields.get("inclusive", False),
        limit=fields.get("limit", ""),
        within=fields.get("within", 0),
        past=fields.get("past", ""),
        soon=fields.get("soon", False),
    )


def _seconds(told: date | None, offset: int) -> int:
    """The POSIX second of a day's beginning or of a time, by a clock `offset` minutes east; 0 for none."""
    if told is None:
        return 0
    moment = told if isinstance(told, datetime) else datetime.combine(told, time())
    return int((moment.replace(tzinfo=UTC) - timedelta(minutes=offset)).timestamp())
