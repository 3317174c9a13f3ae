"""Faults of sums and of results (15 to 22, 36)."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec import UNSET
from msgspec.structs import replace

from bulletin.office.nation import drafts
from bulletin.office.nation.chronicle import Cue, Scene
from bulletin.office.nation.country import climb
from bulletin.office.nation.faults.fault import AFTER, Bending, NotPlanned, alter, leading, move, result_of, return_of
from bulletin.office.nation.faults.ledger import Expected, FaultLedger
from bulletin.office.nation.schedule import STEP
from bulletin.office.nation.summing import ANNULLED, UNITS
from verifier.paper.fitting import TABLE
from verifier.paper.papers import ElectionResult, Of, Paper, SummaryTable
from verifier.paper.results import WHOLE
from verifier.place import Place
from verifier.records import encode

if TYPE_CHECKING:
    from bulletin.office.nation.chronicle import Chronicle
    from bulletin.office.nation.script import Script
    from verifier.records import Record

SHIFTED, ROW_SHIFTED = 7, 5  # votes


def sums_over(script: Script, unit: str, contest: str) -> list[Of]:
    """The sums above a unit, from the lowest up."""
    _, *above = climb(script.units, unit)
    held = takewhile(lambda each: contest in script.units[each].contests, above)
    found = [Of(each, contest, script.returns(each).id) for each in held]
    if not found:
        raise NotPlanned("a sum above the unit")
    return found


def row_of(ledger: FaultLedger, of: Of, unit: str) -> Place:
    """The row of the unit in a sum's table."""
    below = [each.id for each in ledger.script.plan.units if each.above == of.unit and of.contest in each.contests]
    return ledger.place(of, row=below.index(unit) + 1)


def lose_protocol(script: Script, unit: str) -> Bending:
    """A unit's return never comes, and the sum is made without it."""
    _, of, cue = return_of(script, unit)
    sums = sums_over(script, unit, of.contest)
    yield
    del script.scenes[cue]
    ledger = yield
    missing = Place(unit=unit, contest=of.contest, form=of.form)
    return {
        Expected("PRT.17", "error", missing),
        Expected("PRT.21", "error", row_of(ledger, sums[0], unit)),
    }


def _annul(script: Script, unit: str, at: int, rank: float) -> Scene:
    """Whoever may annuls what the unit counted in its first contest."""
    by, contest = script.decider("annul", unit), script.units[unit].contests[0]
    if not by:
        raise NotPlanned("somebody who may annul")
    make = drafts.decide("annul", by, unit, contest=contest)
    return script.add(Scene(Cue("annul", unit), at, rank, make, by, script.quorum(by)))


def annul(script: Script, unit: str) -> Bending:
    """A unit is annulled before anything is summed, and left out: nothing is wrong."""
    *_, cue = return_of(script, unit)
    yield
    first = script.scenes[cue]
    _annul(script, unit, first.at, first.rank + AFTER)
    yield
    return set()


def sum_annulled(script: Script, unit: str) -> Bending:
    """A unit is annulled, and summed all the same."""
    _, of, cue = return_of(script, unit)
    sums = sums_over(script, unit, of.contest)
    yield
    first = script.scenes[cue]
    _annul(script, unit, first.at, first.rank + AFTER)
    scene = script.scenes[Cue(sums[0].form, sums[0].unit, of.contest)]
    make = scene.make

    def blind(chronicle: Chronicle) -> Record:
        kept = chronicle.annulled.pop((unit, of.contest))
        record = make(chronicle)
        chronicle.annulled[unit, of.contest] = kept
        return record

    scene.make = blind
    ledger = yield
    return _summed_all_the_same(ledger, unit, of, sums) | ledger.declared(of.contest)


def annul_late(script: Script, unit: str) -> Bending:
    """A unit is annulled when there is a result, which nobody changes."""
    _, of, _ = return_of(script, unit)
    sums, race = sums_over(script, unit, of.contest), script.races[of.contest]
    yield
    result = result_of(script, race)
    _annul(script, unit, result.at + STEP, 0)
    ledger = yield
    where = Place(unit=race.body, contest=race.id, record=ledger.effect(result.cue))
    return _summed_all_the_same(ledger, unit, of, sums) | {Expected("PRT.27", "error", where)}


def _summed_all_the_same(ledger: FaultLedger, unit: str, of: Of, sums: list[Of]) -> set[Expected]:
    """The row says so, and the sum above all others has all figures of the unit that are not zero."""
    paper, top = ledger.paper(of), sums[-1]
    assert paper  # noqa: S101  it was signed
    keys = {line.key for line in ledger.script.forms[top.form].lines}
    wrong = [key for key, number in paper.lines.items() if number and key in keys]
    wrong += [key for key in (UNITS, ANNULLED) if key in keys]
    options = ledger.script.races[of.contest].options
    wrong += [option.id for option, number in zip(options, paper.votes, strict=True) if number]
    found = {Expected("PRT.19", "error", ledger.place(top, key)) for key in wrong}
    return found | {Expected("PRT.21", "error", row_of(ledger, sums[0], unit))}


def _shift(paper: Paper, number: int) -> tuple[Paper, tuple[int, int]]:
    """Votes of the first given to the second."""
    first, second = leading(paper.votes)[:2]
    return replace(paper, votes=move(paper.votes, first, second, number)), (first, second)


def alter_sum(script: Script, unit: str) -> Bending:
    """Votes are moved from one to another in the lowest sum, and in no row of it."""
    _, of, _ = return_of(script, unit)
    sums = sums_over(script, unit, of.contest)
    yield
    moved: list[str] = []
    _watch_shift(script, sums[0], SHIFTED, moved)
    ledger = yield
    found = {Expected("PRT.18", "error", ledger.place(sums[0], key)) for key in moved} | ledger.declared(of.contest)
    return found | {Expected("PRT.19", "error", ledger.place(sums[-1], key)) for key in moved}


def _watch_shift(script: Script, of: Of, number: int, moved: list[str]) -> None:
    """Shift votes in a sum, and note between whom."""
    options = script.races[of.contest].options

    def change(paper: Paper) -> Paper:
        changed, places = _shift(paper, number)
        moved.extend(options[place].id for place in places)
        return changed

    alter(script.scenes[Cue(of.form, of.unit, of.contest)], change)


def alter_top(script: Script, unit: str) -> Bending:
    """So many votes are moved in the sum above all others that another wins."""
    _, of, _ = return_of(script, unit)
    top, race = sums_over(script, unit, of.contest)[-1], script.races[of.contest]
    if race.body != top.unit:
        raise NotPlanned("a result that is determined on the sum above all others")
    yield
    moved: list[str] = []
    options = race.options

    def change(paper: Paper) -> Paper:
        first, second = leading(paper.votes)[:2]
        moved.extend(options[place].id for place in (first, second))
        return replace(paper, votes=move(paper.votes, first, second, paper.votes[first] - paper.votes[second]))

    alter(script.scenes[Cue(top.form, top.unit, of.contest)], change)
    result = script.result_of(race)
    ledger = yield
    found = {Expected(id, "error", ledger.place(top, key)) for id in ("PRT.18", "PRT.19") for key in moved}
    where = Place(unit=race.body, contest=race.id, record=ledger.effect(result.cue)) if result else Place()
    return found | {Expected(id, "error", where) for id in ("PRT.25", "PRT.26") if result}


def alter_row(script: Script, unit: str) -> Bending:
    """Votes are moved in the row of a unit, and in the total."""
    _, of, _ = return_of(script, unit)
    sums = sums_over(script, unit, of.contest)
    yield
    scene, moved = script.scenes[Cue(sums[0].form, sums[0].unit, of.contest)], list[str]()
    make, options = scene.make, script.races[of.contest].options

    def bent(chronicle: Chronicle) -> Record:
        paper = make(chronicle)
        assert isinstance(paper, Paper)  # noqa: S101  the scene is a sum's
        assert paper.table is not UNSET  # noqa: S101  and a sum has a table
        rows = list(TABLE.decode(chronicle.blobs[paper.table.sha256]).rows)
        place = next(place for place, row in enumerate(rows) if row.unit == unit)
        first, second = leading(rows[place].votes)[:2]
        rows[place] = replace(rows[place], votes=move(rows[place].votes, first, second, ROW_SHIFTED))
        moved.extend(options[each].id for each in (first, second))
        table = chronicle.put(encode(SummaryTable(tuple(rows))))
        return replace(paper, votes=move(paper.votes, first, second, ROW_SHIFTED), table=table)

    scene.make = bent
    ledger = yield
    where = row_of(ledger, sums[0], unit)
    found = {Expected("PRT.20", "error", where.within(key=key)) for key in moved} | ledger.declared(of.contest)
    return found | {Expected("PRT.19", "error", ledger.place(sums[-1], key)) for key in moved}


def _redetermine(result: ElectionResult) -> ElectionResult:
    if result.outcome == "failed":
        return replace(result, outcome="second round")
    return replace(result, outcome="failed", options=())


def misdeclare(script: Script, unit: str) -> Bending:
    """The outcome is not the one that the rule gives."""
    _, of, _ = return_of(script, unit)
    race = script.races[of.contest]
    yield
    result = result_of(script, race)
    alter(result, _redetermine)
    ledger = yield
    return {Expected("PRT.25", "error", Place(unit=race.body, contest=race.id, record=ledger.effect(result.cue)))}


def misname_shares(script: Script, unit: str) -> Bending:
    """Shares of the valid ballots are called shares of those who took part."""
    _, of, _ = return_of(script, unit)
    body = script.races[of.contest].body
    top = Of(body, of.contest, script.returns(body).id)
    if "valid" not in {line.key for line in script.forms[top.form].lines}:
        raise NotPlanned("a line of valid ballots in the sum")
    yield
    scene = result_of(script, script.races[of.contest])
    make = scene.make

    def misnamed(chronicle: Chronicle) -> Record:
        result, paper = make(chronicle), chronicle.papers[top][-1].record
        assert isinstance(result, ElectionResult)  # noqa: S101  the scene is a result's
        assert isinstance(paper, Paper)  # noqa: S101  as it stands among papers
        return replace(result, shares=tuple(number * WHOLE // paper.lines["valid"] for number in paper.votes))

    scene.make = misnamed
    ledger = yield
    where = Place(unit=body, contest=of.contest, record=ledger.effect(scene.cue))
    return {Expected("PRT.26", "error", where)}
