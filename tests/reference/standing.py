"""What stands at which record, from papers.md §8 and figures.md §1 alone; and what a finding says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.reference.coding import Record
from tests.reference.commissions import Bounds, ids
from tests.reference.papers import Lasting, Papers
from tests.reference.plan import is_of, keys_of, states_results
from tests.reference.returns import NONE, Of, Version

END = 2**53


class Figures(NamedTuple):
    """What is in force of a unit, contest and form: a version by its number, or a row of a batch."""

    of: Of
    number: int | None
    leaf: str
    place: int
    lines: dict[str, int]
    votes: list[int]
    version: Version | None


class Found(NamedTuple):
    """A finding; nothing of a place that it does not have."""

    clause: str
    severity: str
    unit: str = ""
    contest: str = ""
    form: str = ""
    number: int | None = None
    key: str = ""
    record: int | None = None
    row: int | None = None

    @property
    def place(self) -> str:
        """verification.md §6.3."""
        if self.record is not None:
            return f"record {self.record}"
        version = "" if self.number is None else f"version {self.number}"
        row = "" if self.row is None else f"row {self.row}"
        return ", ".join(filter(None, (self.unit, self.contest, self.form, version, self.key, row)))


class Standing:
    """The papers of a whole log, and the times of its records."""

    def __init__(self, fold: Papers, size: int, bounds: Callable[[int], Bounds] | None) -> None:
        assert fold.plan is not None
        self.fold, self.plan, self.size, self.bounds = fold, fold.plan, size, bounds
        self.forms, self.units, self.races = fold.forms, fold.units, fold.races
        self.found: list[Found] = []

    def at(self, clause: str, severity: str, figures: Figures, key: str = "", row: int | None = None) -> None:
        """A finding at figures in force."""
        place = (*figures.of, figures.number, key, figures.place, row)
        self.found.append(Found(clause, severity, *place))

    # --- figures.md §1 ---

    def owed(self, form: Record) -> list[Of]:
        """§1.1, in the plan's order."""
        owing = [unit for unit in self.plan["units"] if is_of(form, unit)]
        return [(unit["id"], c, form["id"]) for unit in owing for c in (unit["contests"] if form["contest"] else [""])]

    def figures(self, of: Of, at: int = END) -> Figures | None:
        """§1.2."""
        own = [(n, one) for n, one in enumerate(self.fold.versions.get(of, []), 1) if one.place <= at]
        if own:
            number, last = own[-1]
            return Figures(of, number, last.leaf, last.place, last.paper["lines"], last.paper["votes"], last)
        rows = [one for one in self.fold.entered.get(of, []) if one.place <= at]
        if rows:
            return Figures(of, None, NONE, rows[-1].place, rows[-1].row["lines"], rows[-1].row["votes"], None)
        return None

    def given(self, form: Record) -> Iterator[Figures]:
        """All figures in force of a form."""
        for of in self.owed(form):
            found = self.figures(of)
            if found is not None:
                yield found

    def decisions(self, what: str, at: int = END) -> list[Lasting]:
        """Those in force."""
        every = [one for one in self.fold.all("decision") if one.record["what"] == what and one.place <= at]
        return [one for one in every if self.fold.revoked.get(one.leaf, END + 1) > at]

    def annulled(self, unit: str, contest: str, at: int = END) -> bool:
        """§1.4."""
        named = [one.record for one in self.decisions("annul", at) if unit in one.record["units"]]
        return any(record["contest"] in {"", contest} for record in named)

    def sums_above(self, of: Of) -> list[Of]:
        """§1.5."""
        unit, contest, form = of
        found = []
        for adding in self.plan["forms"]:
            if form in adding["adds"]:
                over = [id for id in self.fold.chain(unit)[1:] if self.units[id]["level"] == adding["level"]][:1]
                found += [(id, contest, adding["id"]) for id in over if contest in self.units[id]["contests"]]
        return found

    def is_return(self, form: Record) -> bool:
        return states_results(form)

    def bottom(self) -> list[Record]:
        """§1.6: the forms of returns at the bottom."""
        return [form for form in self.plan["forms"] if states_results(form) and not form["adds"]]

    def options(self, contest: str) -> list[str]:
        return ids(self.races[contest]["options"])

    def under(self, top: str) -> list[str]:
        """The unit and all beneath it."""
        return [id for id in self.units if self.fold.is_under(id, top)]

    # --- papers.md §8.3 ---

    def sources(self, form: Record) -> dict[str, dict[str, str]]:
        """The forms at the bottom of a sum, with the sum's key of each line that reaches it."""
        if not form["adds"]:
            return {form["id"]: {key: key for key in keys_of(form)}}
        found: dict[str, dict[str, str]] = {}
        for beneath, renamed in form["adds"].items():
            for source, names in self.sources(self.forms[beneath]).items():
                to = {key: renamed.get(name, name) for key, name in names.items()}
                found[source] = {key: name for key, name in to.items() if name in keys_of(form)}
        return found

    def at_the_bottom(self, form: Record, contest: str, top: str) -> list[Of]:
        """Who owes what a sum adds up in the end."""
        beneath = set(self.under(top))
        owed = [of for source in self.sources(form) for of in self.owed(self.forms[source])]
        return [of for of in owed if of[0] in beneath and of[1] == contest]

    # --- figures.md §15.1 ---

    def took_part(self, figures: Figures) -> int:
        form = figures.of[2]
        people = set(self.plan["participants"])
        names = [adding["adds"][form] for adding in self.plan["forms"] if form in adding["adds"]]
        return sum(n for key, n in figures.lines.items() if people & {key, *(each.get(key, "") for each in names)})
