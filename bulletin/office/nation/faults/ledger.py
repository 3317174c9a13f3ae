"""Where everything stands once a chronicle is on the log, and what its figures must give rise to."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.nation.chronicle import Cue
from bulletin.office.nation.country import climb
from bulletin.office.nation.figures import holds
from bulletin.office.nation.script import OBSERVERS
from verifier.paper.papers import ElectionResult, Of, Paper
from verifier.paper.plan import VOTES
from verifier.paper.results import WHOLE, determine
from verifier.paper.standing import renamed
from verifier.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulletin.office.nation.chronicle import Chronicle
    from bulletin.office.nation.script import Script
    from verifier.paper.plan import Match
    from verifier.rule import Severity


class Expected(NamedTuple):
    """A finding that an audit must make."""

    id: str
    severity: Severity
    where: Place


def copies_of(script: Script, of: Of) -> list[Cue]:
    """The observers' copies of a paper."""
    return [Cue(each.observer.id, of.unit, of.contest) for each in script.nation.observers[:OBSERVERS]]


class FaultLedger:
    """What was written, and at which position of the log each record is, by leaf."""

    def __init__(self, script: Script, chronicle: Chronicle, positions: Mapping[bytes, int]) -> None:
        self.script, self.chronicle, self.positions = script, chronicle, positions

    def effect(self, cue: Cue) -> int:
        """At which record what was done took effect."""
        return self.positions[self.chronicle.written[cue].effect]

    def posted(self, cue: Cue) -> int:
        """At which record it was posted."""
        return self.positions[self.chronicle.written[cue].leaf]

    def place(self, of: Of, key: str = "", version: int = 0, row: int | None = None) -> Place:
        """Where a version of a paper stands, by default the last one."""
        history = self.chronicle.papers[of]
        version = version or len(history)
        since = self.positions[history[version - 1].effect]
        return Place(record=since, row=row, unit=of.unit, contest=of.contest, form=of.form, version=version, key=key)

    def due(self, of: Of, duty: str) -> Place:
        """Where a duty was done by the first version of a paper."""
        return self.place(of, duty, version=1).within(version=None)

    def paper(self, of: Of) -> Paper | None:
        """The version in force."""
        written = self.chronicle.last(of)
        return written.record if written and isinstance(written.record, Paper) else None

    def returned(self, unit: str, contest: str) -> Of:
        """Whose return it is."""
        return Of(unit, contest, self.script.returns(unit).id)

    def miscopied(self, of: Of) -> set[Expected]:
        """Both observers' copies are not the unit's paper: PRT.28."""
        seen = (self.posted(cue) for cue in copies_of(self.script, of))
        return {Expected("PRT.28", "error", of.place(record=record)) for record in seen}

    def figures(self, unit: str) -> set[Expected]:
        """What the figures of the unit and of the sums above it give rise to: PRT.10, PRT.11, PRT.12."""
        found = {one for each in climb(self.script.units, unit) for one in self._ratios(each)}
        return found | {one for match in self.script.plan.matches for one in self._matches(match, unit)}

    def declared(self, contest: str) -> set[Expected]:
        """PRT.25 or PRT.26, if the declared outcome or shares do not follow from the papers at the bottom then."""
        race = self.script.races[contest]
        scene = self.script.result_of(race)
        written = self.chronicle.written.get(scene.cue) if scene else None
        if written is None or not isinstance(result := written.record, ElectionResult):
            return set()
        since, whole, votes = self.positions[written.effect], 0, [0] * len(race.options)
        for paper in self._counted(contest, since):
            lines = self._summed(paper)
            whole += sum(lines.get(key, 0) for key in result.denominator)
            votes = [one + other for one, other in zip(votes, paper.votes, strict=True)]
        ruled = determine(race, votes, whole)
        fair = result.outcome == ruled.outcome and ruled.allows(result.options) and not ruled.tied
        right = all(abs(s * whole - v * WHOLE) < whole for s, v in zip(result.shares, votes, strict=True))
        where = Place(unit=race.body, contest=contest, record=since)
        return {Expected(id, "error", where) for id, good in (("PRT.25", fair), ("PRT.26", right)) if not good}

    def _counted(self, contest: str, since: int) -> Iterator[Paper]:
        """The returns of a contest at the bottom that stood then, and were not annulled."""
        below = {*self.script.precincts, *(unit.id for unit in self.script.plan.units if unit.electronic)}
        for unit in (each.id for each in self.script.plan.units if each.id in below and contest in each.contests):
            annulled = self.chronicle.written.get(Cue("annul", unit))
            if annulled and self.positions[annulled.effect] < since:
                continue
            history = self.chronicle.papers.get(self.returned(unit, contest), [])
            stood = [one.record for one in history if self.positions[one.effect] < since]
            yield from (paper for paper in stood[-1:] if isinstance(paper, Paper))

    def _summed(self, paper: Paper) -> Mapping[str, int]:
        """The paper's lines by the keys that a sum above it gives them."""
        forms = self.script.forms
        above = next((form for form in forms.values() if paper.form in form.adds), None)
        return renamed(above.takes(forms[paper.form]), paper) if above else paper.lines

    def _ratios(self, unit: str) -> Iterator[Expected]:
        for ratio in self.script.plan.ratios:
            for of in self.chronicle.filed.get(unit, ()):
                paper = self.paper(of) if of.form == ratio.form else None
                if paper and not holds(ratio, paper.lines, paper.votes):
                    yield Expected("PRT.10", ratio.severity, self.place(of, ratio.id))

    def _matches(self, match: Match, unit: str) -> Iterator[Expected]:
        first, second = (self.script.forms[form] for form in match.forms)
        id = "PRT.12" if "preliminary" in {first.stage, second.stage} else "PRT.11"
        for contest in self.script.units[unit].contests if first.contest or second.contest else ("",):
            one, other = (Of(unit, contest if form.contest else "", form.id) for form in (first, second))
            papers = self.paper(one), self.paper(other)
            for its, key in match.pairs if all(papers) else ():
                for name in self._unlike(contest, papers, its, key):
                    yield Expected(id, match.severity, self.place(other, name).within(contest=contest))

    def _unlike(self, contest: str, papers: tuple[Paper | None, ...], its: str, key: str) -> Iterator[str]:
        """The keys, or options, in which the two papers differ."""
        one, other = (paper for paper in papers if paper)
        if its == key == VOTES:
            options = self.script.races[contest].options
            yield from (o.id for o, a, b in zip(options, one.votes, other.votes, strict=True) if a != b)
        elif _amount(one, its) != _amount(other, key):
            yield key


def _amount(paper: Paper, key: str) -> int:
    return sum(paper.votes) if key == VOTES else paper.lines[key]
