"""What stood at a record's position on the log: versions, decisions, sums from the bottom (specs/papers.md §8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from verifier.paper.papers import NONE, Decision, Effective, Observation, Of, Paper, PaperState, SummaryRow, Typed
from verifier.paper.plan import Form, LegalDuty, PlanContest, Unit
from verifier.place import Place

END = 2**53  # after every record
FigureKey = tuple[bool, str]  # whether it is an option, and its id or the line's key


class Figures(NamedTuple):
    """What is known of a unit: by its own paper, of this version and leaf, or as entered from above, version 0."""

    of: Of
    version: int
    leaf: bytes
    since: int
    lines: Mapping[str, int]
    votes: tuple[int, ...]
    paper: Paper | None = None
    posted: int = 0

    def place(self, key: str = "", row: int | None = None) -> Place:
        """Where these figures stand; a row of a paper's table counts from 1."""
        return self.of.place(record=self.since, version=self.version or None, key=key, row=row)


class Totals(NamedTuple):
    """The sum over the papers at the bottom: by line, by option; which units gave it, are annulled, or missing."""

    lines: Counter[str]
    votes: tuple[int, ...]
    summed: tuple[str, ...]
    annulled: tuple[str, ...]
    missing: tuple[str, ...]


Stated = Figures | Totals | Paper | Typed | SummaryRow | Observation  # what has lines and votes


def figures(state: PaperState, of: Of, position: int = END) -> Figures | None:
    """The unit's own version in force, or what was entered from above, the last of each; None if there is neither."""
    history = state.versions.get(of, ())
    for number in range(len(history), 0, -1):
        leaf, posted, since, paper = history[number - 1]
        if since <= position:
            return Figures(of, number, leaf, since, paper.lines, paper.votes, paper, posted)
    for entered in reversed(state.entered.get(of, ())):
        if entered.since <= position:
            return Figures(of, 0, NONE, entered.since, entered.typed.lines, entered.typed.votes)
    return None


def entries(state: PaperState, contest: str, held: Stated) -> Counter[FigureKey]:
    """All figures: the lines, then the options."""
    options = state.races[contest].options if contest else ()
    votes = {(True, option.id): number for option, number in zip(options, held.votes, strict=False)}
    return Counter({(False, key): number for key, number in held.lines.items()} | votes)


def differences(
    one: Counter[FigureKey], other: Counter[FigureKey], keys: Container[str] | None = None
) -> Iterator[tuple[str, int, int]]:
    """Where the two differ, in options or these lines: the key, and both figures; one that is not there is 0."""
    for entry in dict.fromkeys((*one, *other)):
        if one[entry] != other[entry] and (keys is None or entry[0] or entry[1] in keys):
            yield entry[1], one[entry], other[entry]


def decisions(state: PaperState, position: int = END, duty: str = "") -> Iterator[Effective[Decision]]:
    """The decisions in force, all or the amendments of a duty, in the order in which they took effect."""
    for one in state.amendments.get(duty, ()) if duty else state.decided:
        if one.since <= position < state.revoked.get(one.leaf, END + 1):
            yield one


def annulled(state: PaperState, contest: str, position: int = END) -> set[str]:
    """The units whose results in the contest are annulled."""
    return {
        unit
        for _, _, decision in decisions(state, position)
        if decision.what == "annul" and decision.contest in {"", contest}
        for unit in decision.units
    }


def struck(state: PaperState, contest: str, position: int = END) -> set[tuple[str, str]]:
    """(unit, option): whose votes do not count in the result, unit "" for all."""
    return {
        (unit, decision.option)
        for _, _, decision in decisions(state, position)
        if decision.what in {"strike", "withdraw"} and decision.contest == contest
        for unit in decision.units or ("",)
    }


def amended(state: PaperState, duty: LegalDuty, unit: Unit, until: int, position: int = END) -> int:
    """The first second that is too late by the unit's clock, 0 if there is none: this one, or the last amendment's."""
    for _, _, decision in decisions(state, position, duty.id):
        if unit.id in (decision.units or (unit.id,)):
            until = decision.until
    return unit.by_its_clock(until)


def signers(state: PaperState, form: Form, contest: str = "") -> list[Unit]:
    """The units that owe a paper of this form, in the plan's order."""
    return [unit for unit in state.alike.get(form.kind, ()) if not contest or contest in unit.contests]


def owed(state: PaperState, form: Form) -> Iterator[Of]:
    """What papers of the form there should be, in the plan's order."""
    for unit in signers(state, form):
        for contest in unit.contests if form.contest else ("",):
            yield Of(unit.id, contest, form.id)


def given(state: PaperState, forms: Iterable[Form]) -> Iterator[Figures]:
    """The figures in force in these forms."""
    every = (of for form in forms for of in owed(state, form))
    return (found for of in every if (found := figures(state, of)))


def returns(state: PaperState, level: str = "") -> list[Form]:
    """The forms in which units of the level, or of any, state the results of voting."""
    return [form for form in state.forms.values() if form.states_results and level in {"", form.level}]


def sources(state: PaperState, form: Form) -> dict[str, dict[str, str]]:
    """The forms at the bottom of a sum, each with the sum's key of each of its lines that is added up."""
    if not form.adds:
        return {form.id: {key: key for key in form.keys}}
    found: dict[str, dict[str, str]] = {}
    for below in map(state.forms.__getitem__, form.adds):
        taken = form.takes(below)
        for source, names in sources(state, below).items():
            found[source] = {key: taken[name] for key, name in names.items() if name in taken}
    return found


def added(state: PaperState, form: Form, contest: str, unit: Unit) -> Form | None:
    """The form whose paper of this unit the sum adds, None if the unit owes none."""
    below = (state.forms[id] for id in form.adds if contest in unit.contests)
    return next((one for one in below if one.kind == unit.kind), None)


def renamed(names: Mapping[str, str], held: Stated) -> Counter[str]:
    """Its lines by the sum's keys; those that come under one key are added."""
    lines = Counter[str]()
    for key, name in names.items():
        lines[name] += held.lines.get(key, 0)
    return lines


def under(state: PaperState, unit: str) -> Iterator[str]:
    """The unit and all beneath it."""
    yield unit
    for below in state.beneath.get(unit, ()):
        yield from under(state, below)


def totals(
    state: PaperState,
    race: PlanContest,
    form: Form,
    top: str,
    position: int = END,
    gone: Container[tuple[str, str]] = (),
) -> Totals:
    """The sum form's figures under `top`, of the papers that stood at `position`; `gone` votes are left out."""
    lines, votes = Counter[str](), [0] * len(race.options)
    summed, left, missing = [], [], []
    voided, inside = annulled(state, race.id, position), set(under(state, top))
    for source, names in sources(state, form).items():
        for unit in signers(state, state.forms[source], race.id):
            if unit.id not in inside:
                continue
            found = figures(state, Of(unit.id, race.id, source), position)
            if unit.id in voided:
                left.append(unit.id)
            elif found is None:
                missing.append(unit.id)
            else:
                summed.append(unit.id)
                lines.update(renamed(names, found))
                for place, (option, number) in enumerate(zip(race.options, found.votes, strict=True)):
                    votes[place] += number if (unit.id, option.id) not in gone else 0
    return Totals(lines, tuple(votes), tuple(summed), tuple(left), tuple(missing))
