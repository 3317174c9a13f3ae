"""What stood at a record's position on the log: versions, decisions, sums from the bottom (specs/papers.md §8)."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from verifier.election.timetable import Between
from verifier.paper.papers import NONE, Decision, Effective, Figured, Of, Paper, PaperState, SummaryRow, Typed
from verifier.paper.plan import VOTES, Form, LegalDuty, Plan, PlanContest, Unit
from verifier.place import Place
from verifier.rule import Findings

END = 2**53  # after every record
Keys = Container[str] | None  # the lines that are compared, None for all
FigureKey = tuple[bool, str]  # whether it is an option, and its id or the line's key
Gone = Container[tuple[str, str]]  # by unit and option: whose votes are left out


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

    def amount(self, key: str) -> int:
        """What ratios and matches compare: the line of this key, or the sum over the options."""
        return sum(self.votes) if key == VOTES else self.lines.get(key, 0)


class Totals(NamedTuple):
    """The sum over the papers at the bottom: by line, by option; which units gave it, are annulled, or missing."""

    lines: Counter[str]
    votes: tuple[int, ...]
    summed: tuple[str, ...]
    annulled: tuple[str, ...]
    missing: tuple[str, ...]


Stated = Figures | Totals | Figured | Typed | SummaryRow  # what has lines and votes


class Papers(PaperState):
    """Part of the election's state: what can be asked of the papers, now or as they stood at a position."""

    def figures(self, of: Of, position: int = END) -> Figures | None:
        """The unit's own version in force, or what was entered from above, the last of each; None without either."""
        history = self.versions.get(of, ())
        for number in range(len(history), 0, -1):
            leaf, posted, since, paper = history[number - 1]
            if since <= position:
                return Figures(of, number, leaf, since, paper.lines, paper.votes, paper, posted)
        for entered in reversed(self.entered.get(of, ())):
            if entered.since <= position:
                return Figures(of, 0, NONE, entered.since, entered.typed.lines, entered.typed.votes)
        return None

    def entries(self, contest: str, held: Stated) -> Counter[FigureKey]:
        """All figures: the lines, then the options."""
        options = self.races[contest].options if contest else ()
        votes = {(True, option.id): number for option, number in zip(options, held.votes, strict=False)}
        return Counter({(False, key): number for key, number in held.lines.items()} | votes)

    def differing(self, contest: str, one: Stated, other: Stated, keys: Keys = None) -> Iterator[tuple[str, int, int]]:
        """Where the two differ, in options or these lines: the key, and both figures; one that is not there is 0."""
        had, has = self.entries(contest, one), self.entries(contest, other)
        for entry in dict.fromkeys((*had, *has)):
            if had[entry] != has[entry] and (keys is None or entry[0] or entry[1] in keys):
                yield entry[1], had[entry], has[entry]

    def decisions(self, position: int = END, duty: str = "") -> Iterator[Effective[Decision]]:
        """The decisions in force, all or the amendments of a duty, in the order in which they took effect."""
        for one in self.amendments.get(duty, ()) if duty else self.decided:
            if one.since <= position < self.revoked.get(one.leaf, END + 1):
                yield one

    def annulled(self, contest: str, position: int = END) -> set[str]:
        """The units whose results in the contest are annulled."""
        every = (one.record for one in self.decisions(position) if one.record.what == "annul")
        return {unit for one in every if one.contest in {"", contest} for unit in one.units}

    def struck(self, race: PlanContest, position: int = END) -> set[tuple[str, str]]:
        """By unit and option: whose votes do not count in the result."""
        every = (one.record for one in self.decisions(position) if one.record.what in {"strike", "withdraw"})
        tops = {(top, one.option) for one in every if one.contest == race.id for top in one.units or (race.body,)}
        return {(unit, option) for top, option in tops for unit in self.under(top)}

    def end(self, duty: LegalDuty, unit: Unit, position: int = END) -> int:
        """The first second that is too late by the unit's clock, 0 for none: the duty's or its limit's, or amended."""
        limits = self.rules.timetable if duty.limit else ()
        until = next((one.instant for one in limits if (one.id, one.bound) == (duty.limit, "by")), duty.until)
        for _, _, decision in self.decisions(position, duty.id):
            if unit.id in (decision.units or (unit.id,)):
                until = decision.until
        return unit.by_its_clock(until)

    def signers(self, form: Form, contest: str = "") -> list[Unit]:
        """The units that owe a paper of this form, in the plan's order."""
        return [unit for unit in self.alike.get(form.kind, ()) if not contest or contest in unit.contests]

    def owed(self, form: Form) -> Iterator[Of]:
        """What papers of the form there should be, in the plan's order."""
        for unit in self.signers(form):
            for contest in unit.contests if form.contest else ("",):
                yield Of(unit.id, contest, form.id)

    def given(self, forms: Iterable[Form]) -> Iterator[Figures]:
        """The figures in force in these forms."""
        return (found for form in forms for of in self.owed(form) if (found := self.figures(of)))

    def returns(self, level: str = "") -> list[Form]:
        """The forms in which units of the level, or of any, state the results of voting."""
        return [form for form in self.forms.values() if form.states_results and level in {"", form.level}]

    def stating(self, unit: str, contest: str) -> Iterator[Of]:
        """The papers in which the unit states the results of voting in the contest, or in all of its own."""
        contests = (contest,) if contest else self.units[unit].contests
        return (Of(unit, contest, form.id) for form in self.returns(self.units[unit].level) for contest in contests)

    def sums_above(self, of: Of) -> Iterator[Of]:
        """The sums that add this paper, each of the unit above it on the sum's level (specs/figures.md §1)."""
        for form in (form for form in self.forms.values() if of.form in form.adds):
            for unit in map(self.units.__getitem__, self.above(of.unit)[1:]):
                if unit.level == form.level and (not form.contest or of.contest in unit.contests):
                    yield Of(unit.id, of.contest if form.contest else "", form.id)

    def beneath_sum(self, form: Form) -> dict[str, dict[str, str]]:
        """The form and all that it adds, down to the bottom, each with the form's key of each line that is added up."""
        found = {form.id: {key: key for key in form.keys}}
        for below in map(self.forms.__getitem__, form.adds):
            taken = form.takes(below)
            for id, names in self.beneath_sum(below).items():
                found[id] = {key: taken[name] for key, name in names.items() if name in taken}
        return found

    def sources(self, form: Form) -> dict[str, dict[str, str]]:
        """Those of them that are at the bottom."""
        return {id: names for id, names in self.beneath_sum(form).items() if not self.forms[id].adds}

    def added(self, form: Form, contest: str, unit: Unit) -> Form | None:
        """The form whose paper of this unit the sum adds, None if the unit owes none."""
        below = (self.forms[id] for id in form.adds if contest in unit.contests)
        return next((one for one in below if one.kind == unit.kind), None)

    def under(self, unit: str) -> Iterator[str]:
        """The unit and all beneath it."""
        yield unit
        for below in self.beneath.get(unit, ()):
            yield from self.under(below)

    def totals(self, race: PlanContest, form: Form, top: str, at: int = END, gone: Gone = ()) -> Totals:
        """The sum form's figures under `top`, from the papers that stood there, without the votes that are gone."""
        lines, votes = Counter[str](), [0] * len(race.options)
        summed, left, missing = [], [], []
        voided, inside = self.annulled(race.id, at), set(self.under(top))
        for source, names in self.sources(form).items():
            for unit in (unit for unit in self.signers(self.forms[source], race.id) if unit.id in inside):
                found = self.figures(Of(unit.id, race.id, source), at)
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


def renamed(names: Mapping[str, str], held: Stated) -> Counter[str]:
    """Its lines by the sum's keys; those that come under one key are added."""
    lines = Counter[str]()
    for key, name in names.items():
        lines[name] += held.lines.get(key, 0)
    return lines


@dataclass
class Judgement(Findings):
    """What is found of the papers in a state, by the witnesses' times if their quorum is known (specs/papers.md)."""

    state: Papers
    plan: Plan
    bounds: Between | None = None
