"""Which pages an edition has, what each shows, and nothing of how they are kept (specs/results-pages.md §3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from bulletin.results.counts import Badge, Counted, CountStage, RaceCounts, count, rank, standing
from bulletin.results.edition import Edition
from bulletin.results.history import RaceHistory, recount
from bulletin.results.units import Desk, RatioSide, UnitSheet, gather, show_unit
from verifier.paper.papers import Of
from verifier.paper.plan import PlanContest
from verifier.paper.standing import Papers
from verifier.rule import Finding, Severity

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "information")
FIRST = 3  # findings on the front page
MOST = 200  # findings on a page; the table of all is among the data

Child = tuple[str, Counted, int]


class Page(NamedTuple):
    """A page before it is written: its path without language and ending, its template, what that is given."""

    path: str
    template: str
    told: Mapping[str, Any]


class RaceGlance(NamedTuple):
    """A contest on an overview: its count at a stage, who took part, and the units directly beneath the body."""

    contest: str
    stage: str
    counted: Counted
    took: RatioSide | None
    children: tuple[Child, ...]
    elected: tuple[str, ...] = ()
    outcome: str = ""


class LeafRow(NamedTuple):
    """A unit at the bottom in its territory's table."""

    unit: str
    standing: Badge | None
    annulled: bool
    votes: tuple[int | None, ...]
    lines: tuple[int | None, ...]


class TypedSum(NamedTuple):
    """A sum as it was typed, and as the papers at the bottom give it: whether an option, key, typed, computed."""

    standing: Badge
    rows: tuple[tuple[bool, str, int, int], ...]


class RaceTerritory(NamedTuple):
    """A contest at a stage in a territory: its rows if it has precincts, else what is beneath each child."""

    contest: str
    counted: Counted
    typed: TypedSum | None
    children: tuple[Child, ...]
    form: str
    keys: tuple[str, ...]
    leaves: tuple[LeafRow, ...]


class PublishedPages(NamedTuple):
    """All that pages are made from: the edition, its counts, what each unit has, and what disagrees, ordered."""

    edition: Edition
    counts: Mapping[tuple[str, CountStage], RaceCounts]
    desk: Desk
    findings: tuple[Finding, ...]
    errors: Mapping[str, int]
    histories: tuple[RaceHistory, ...]


def collect(edition: Edition, findings: Iterable[Finding]) -> PublishedPages:
    """Count, gather, and order what was found: by severity, then as the plan orders units."""
    state = edition.state
    order = {unit: number for number, unit in enumerate(state.units)}
    ordered = sorted(
        findings,
        key=lambda one: (SEVERITIES.index(one.severity), order.get(one.where.unit, -1), one.id, str(one.where)),
    )
    errors: dict[str, int] = {}
    for one in ordered:
        unit = one.where.unit if one.severity == "error" else ""
        while unit in state.units:
            errors[unit] = errors.get(unit, 0) + 1
            unit = state.units[unit].above
    stages: tuple[CountStage, ...] = ("voting", "preliminary")
    histories = tuple(recount(edition, race, stage) for race in edition.plan.contests for stage in stages)
    return PublishedPages(edition, count(edition), gather(state, ordered), tuple(ordered), errors, histories)


def paginate(archive: PublishedPages) -> Iterator[Page]:
    """The overviews, and the pages of all units."""
    yield from _overviews(archive)
    for unit in archive.edition.plan.units:
        sheet = show_unit(archive.edition, archive.desk, unit)
        if unit.id in archive.edition.state.beneath:
            yield _territory(archive, sheet)
        else:
            yield Page(f"p/{unit.id}", "precinct.html", {"sheet": sheet})
        yield from _papers(archive, sheet)


def _papers(archive: PublishedPages, sheet: UnitSheet) -> Iterator[Page]:
    """A page for each version of a paper with votes, and the returns in force in large letters."""
    forms = archive.edition.state.forms
    for issue in sheet.issues:
        if issue.votes:
            at = (issue.form, issue.contest, issue.number)
            found = tuple(one for one in sheet.findings if (one.where.form, one.where.contest, one.where.version) == at)
            told = {"unit": sheet.unit, "way": sheet.path, "issue": issue, "found": found}
            yield Page(f"v/{sheet.unit}.{issue.form}.{issue.contest}.{issue.number}", "version.html", told)
    returns = tuple(
        issue for issue in sheet.issues if issue.votes and not issue.after and forms[issue.form].stage != "preliminary"
    )
    yield Page(f"print/{sheet.unit}", "print.html", {"unit": sheet.unit, "returns": returns})


def stage_of(archive: PublishedPages, race: PlanContest) -> str:
    """How far a contest is: preliminary until there is a return, voting until the result is determined."""
    if any(one.record.contest == race.id for one in archive.edition.state.results):
        return "election"
    counted = archive.counts[race.id, "voting"].of(race.body)
    return "voting" if counted.given or not archive.counts[race.id, "preliminary"].found else "preliminary"


def _overviews(archive: PublishedPages) -> Iterator[Page]:
    races = archive.edition.plan.contests
    for path in ("index", "preliminary", "voting"):
        stages = tuple(stage_of(archive, race) if path == "index" else path for race in races)
        edition = archive.edition
        told = {
            "stages": tuple(dict.fromkeys(stages)),
            "races": tuple(_glance(archive, race, stage) for race, stage in zip(races, stages, strict=True)),
            "severities": count_severities(archive.findings),
            "first": archive.findings[:FIRST],
            "now": edition.now,
            "seen": edition.seen,
            "watching": edition.watching,
        }
        yield Page(path, "overview.html", told)


def count_severities(findings: Iterable[Finding]) -> tuple[tuple[Severity, int], ...]:
    """How many findings there are of each severity."""
    found = [one.severity for one in findings]
    return tuple((severity, found.count(severity)) for severity in SEVERITIES)


def _glance(archive: PublishedPages, race: PlanContest, stage: str) -> RaceGlance:
    tree = archive.counts[race.id, "preliminary" if stage == "preliminary" else "voting"]
    counted = tree.of(race.body)
    terms = tuple((1, key, counted.lines[key]) for key in archive.edition.plan.participants if key in counted.lines)
    took = RatioSide(terms, sum(amount for _, _, amount in terms)) if terms and stage != "preliminary" else None
    last = [one.record for one in archive.edition.state.results if one.record.contest == race.id][-1:]
    elected, outcome = (last[0].options, last[0].outcome) if last and stage == "election" else ((), "")
    children = _children(archive, tree, race.body) if stage != "election" else ()
    return RaceGlance(race.id, stage, counted, took, children, elected, outcome)


def _children(archive: PublishedPages, tree: RaceCounts, unit: str) -> tuple[Child, ...]:
    below = archive.edition.state.beneath.get(unit, ())
    return tuple((one, tree.of(one), archive.errors.get(one, 0)) for one in below if one in tree)


def _territory(archive: PublishedPages, sheet: UnitSheet) -> Page:
    state, unit = archive.edition.state, archive.edition.state.units[sheet.unit]
    stages: tuple[CountStage, ...] = ("voting", "preliminary")
    races = [state.races[contest] for contest in unit.contests]
    shown = tuple(
        _race_territory(archive, race, stage, unit.id)
        for race in races
        for stage in stages
        if unit.id in archive.counts[race.id, stage]
    )
    inside = set(state.under(unit.id)) - {unit.id}
    below = tuple(one for one in archive.findings if one.where.unit in inside)[:MOST] if unit.above else ()
    return Page(f"t/{unit.id}", "territory.html", {"sheet": sheet, "races": shown, "below": below})


def _race_territory(archive: PublishedPages, race: PlanContest, stage: CountStage, unit: str) -> RaceTerritory:
    state, tree = archive.edition.state, archive.counts[race.id, stage]
    counted, below = tree.of(unit), [one for one in state.beneath[unit] if one in tree]
    leaves = [one for one in below if rank(state, one) == "precinct"]
    form = next((tree.found[one].of.form for one in leaves if one in tree.found), "")
    keys = tuple(line.key for line in state.forms[form].lines) if form else ()
    voided = state.annulled(race.id)
    rows = tuple(_leaf(tree, one, keys, one in voided) for one in leaves)
    typed = _typed(state, race, counted, unit) if stage == "voting" else None
    children = () if len(leaves) == len(below) else _children(archive, tree, unit)
    return RaceTerritory(race.id, counted, typed, children, form, keys, rows if not children else ())


def _leaf(tree: RaceCounts, unit: str, keys: tuple[str, ...], is_void: bool) -> LeafRow:  # noqa: FBT001  as it is found
    found = tree.found.get(unit)
    if found is None:
        return LeafRow(unit, None, is_void, (None,) * len(tree.race.options), (None,) * len(keys))
    lines = tuple(found.lines.get(key) for key in keys)
    return LeafRow(unit, standing(tree.state, found), is_void, found.votes, lines)


def _typed(state: Papers, race: PlanContest, counted: Counted, unit: str) -> TypedSum | None:
    """The unit's own sum beside what the papers at the bottom give."""
    found = state.figures(Of(unit, race.id, counted.form)) if state.forms[counted.form].adds else None
    if found is None:
        return None
    lines = [(False, key, found.lines[key], number) for key, number in counted.lines.items()]
    votes = zip((option.id for option in race.options), found.votes, counted.votes, strict=True)
    return TypedSum(standing(state, found), (*lines, *((True, *each) for each in votes)))
