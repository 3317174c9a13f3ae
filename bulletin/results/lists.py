"""Pages that list: what disagrees, the timetable, decisions and complaints, observers, results, data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from bulletin.results.consequences import consider
from bulletin.results.edition import Span
from bulletin.results.history import hourly
from bulletin.results.pages import MOST, SEVERITIES, Page, PublishedPages, count_severities
from verifier.paper.duties import Calendar
from verifier.paper.papers import Appeal, Decision, ElectionResult
from verifier.paper.plan import LegalDuty, PlanContest
from verifier.paper.results import are_shares, counted, determine, result_form
from verifier.paper.standing import END, Judgement
from verifier.records import Blob, encode
from verifier.rule import Finding

STATES = ("done", "attested", "waiting", "strict", "unsure", "late", "missing")
WORST = {  # what a finding says of a duty
    ("DUT.2", "error"): "missing",
    ("DUT.7", "warning"): "missing",
    ("DUT.3", "error"): "late",
    ("DUT.3", "warning"): "unsure",
    ("DUT.4", "error"): "late",
    ("DUT.4", "warning"): "unsure",
    ("DUT.9", "information"): "strict",
}


class DutyShown(NamedTuple):
    """A duty: its first and last second (the latter too late), and how many owe it in each state."""

    id: str
    since: int
    until: int
    owed: int
    states: tuple[tuple[str, int], ...]
    clauses: tuple[str, ...]


class DecisionShown(NamedTuple):
    """A decision, and by which record it was revoked, 0 if it is in force."""

    leaf: str
    record: int
    span: Span
    decision: Decision
    revoked: int


class AppealShown(NamedTuple):
    """A complaint, and what was decided about it at which record."""

    leaf: str
    record: int
    span: Span
    appeal: Appeal
    about: tuple[str, ...]
    decided: tuple[tuple[str, int, Span], ...]


class ObserverShown(NamedTuple):
    """An accredited observer, and how many copies he or she has, or was refused."""

    id: str
    organisation: str
    units: int
    copies: int
    refused: int
    withdrawn: bool


class ReserveShown(NamedTuple):
    """A reserve, name by name: who would have a seat by votes alone, who has one by it, who has none because of it."""

    options: tuple[str, ...]
    part: int
    whole: int
    needed: int
    own: tuple[str, ...]
    lifted: tuple[str, ...]
    passed: tuple[str, ...]


class ResultShown(NamedTuple):
    """A contest's last result: what the denominator's lines add up to, which shares are not of that, what was found."""

    contest: str
    record: int
    span: Span
    result: ElectionResult | None
    denominator: tuple[tuple[str, int], ...]
    form: str
    votes: tuple[int, ...]
    reserves: tuple[ReserveShown, ...]
    replaced: tuple[int, ...]
    unlike: tuple[bool, ...] = ()
    findings: tuple[Finding, ...] = ()


def paginate(archive: PublishedPages, judgement: Judgement) -> Iterator[Page]:
    """All pages that are not a unit's own."""
    yield from list_findings(archive)
    yield list_duties(archive, judgement)
    yield Page("whatif", "whatif.html", {"races": consider(archive, judgement)})
    yield Page("history", "history.html", {"races": tuple(map(hourly, archive.histories))})
    yield list_decisions(archive)
    yield list_observers(archive)
    yield list_results(archive)
    yield list_units(archive)
    yield list_data(archive)


def list_findings(archive: PublishedPages) -> Iterator[Page]:
    """All that disagrees, and by severity and clause."""
    clauses = Counter(one.id for one in archive.findings)
    given = {"severities": count_severities(archive.findings), "clauses": tuple(sorted(clauses.items(), key=_in_order))}
    for kind in ("", *SEVERITIES, *clauses):
        found = tuple(one for one in archive.findings if kind in {"", one.severity, one.id})
        told = given | {"kind": kind, "found": found[:MOST], "many": len(found)}
        yield Page(f"disagree/{kind}" if kind else "disagree", "disagree.html", told)


def _in_order(clause: tuple[str, int]) -> tuple[str, int]:
    block, _, number = clause[0].partition(".")
    return block, int(number)


def list_duties(archive: PublishedPages, judgement: Judgement) -> Page:
    """Each duty, and how it stands."""
    calendar = Calendar(judgement)
    found: dict[tuple[str, str], str] = {}
    clauses: dict[str, set[str]] = {}
    for one in archive.findings:
        if one.where.key in calendar.duties and one.id.startswith("DUT."):
            clauses.setdefault(one.where.key, set()).add(one.id)
            state = WORST.get((one.id, one.severity), "")
            last = found.get((one.where.key, one.where.unit), "done")
            if state and STATES.index(state) > STATES.index(last):
                found[one.where.key, one.where.unit] = state
    shown = tuple(_duty(calendar, duty, found, clauses) for duty in archive.edition.plan.duties)
    return Page("timetable", "timetable.html", {"duties": shown, "judged": judgement.bounds is not None})


def _duty(
    calendar: Calendar,
    duty: LegalDuty,
    found: dict[tuple[str, str], str],
    clauses: dict[str, set[str]],
) -> DutyShown:
    states = Counter[str]()
    for one in calendar.owed[duty.id]:
        there = "attested" if duty.evidence.kind in {"stand", "publication"} else "done"
        plain = there if one.since < END else "waiting"
        states[found.get((duty.id, one.of.unit), plain)] += 1
    ordered = tuple((state, states[state]) for state in STATES if states[state])
    own = tuple(sorted(clauses.get(duty.id, ())))
    return DutyShown(duty.id, duty.since, duty.until, len(calendar.owed[duty.id]), ordered, own)


def list_decisions(archive: PublishedPages) -> Page:
    """Decisions and complaints, in the order of the log."""
    edition, state = archive.edition, archive.edition.state
    decisions = tuple(
        DecisionShown(leaf.hex(), since, edition.span(since), one, state.revoked.get(leaf, 0))
        for leaf, since, one in state.decided
    )
    appeals = []
    for leaf, since, appeal in state.appeals:
        about = tuple(dict.fromkeys(state.owners[each] for each in appeal.about if each in state.owners))
        by = tuple((one.what, at, edition.span(at)) for _, at, one in state.decided if leaf in one.about)
        appeals.append(AppealShown(leaf.hex(), since, edition.span(since), appeal, about, by))
    return Page("decisions", "decisions.html", {"decisions": decisions, "appeals": tuple(appeals)})


def list_observers(archive: PublishedPages) -> Page:
    """Who is accredited, and how many copies came from whom."""
    state = archive.edition.state
    copies, refused = Counter[str](), Counter[str]()
    for _, _, record in state.observed:
        (refused if record.refused else copies)[record.observer] += 1
    shown = tuple(
        ObserverShown(id, one.organisation, len(one.units), copies[id], refused[id], id in state.withdrawn)
        for id, one in state.observers.items()
    )
    unsigned = len(state.taken), copies[""] + refused[""], len(state.unshown)
    return Page("observers", "observers.html", {"observers": shown, "unsigned": unsigned})


def list_units(archive: PublishedPages) -> Page:
    """Every unit that has others beneath, with those at the bottom under it."""
    beneath = archive.edition.state.beneath
    tree = tuple(
        (unit.id, tuple(one for one in beneath[unit.id] if one not in beneath))
        for unit in archive.edition.plan.units
        if unit.id in beneath
    )
    return Page("units", "units.html", {"tree": tree})


def list_data(archive: PublishedPages) -> Page:
    """Which files there are."""
    levels = tuple(level.id for level in archive.edition.plan.levels)
    digest = Blob.of(encode(archive.edition.plan)).sha256.hex()
    return Page("data", "data.html", {"levels": levels, "plan": digest, "origin": archive.edition.origin})


def list_results(archive: PublishedPages) -> Page:
    """What was determined of each contest, or that nothing has been."""
    shown = tuple(_result(archive, race) for race in archive.edition.plan.contests)
    return Page("result", "result.html", {"results": shown})


def _result(archive: PublishedPages, race: PlanContest) -> ResultShown:
    edition, state = archive.edition, archive.edition.state
    own = [one for one in state.results if one.record.contest == race.id]
    if not own:
        return ResultShown(race.id, 0, Span(None, None), None, (), "", (), (), ())
    _, since, result = own[-1]
    form = result_form(state, race)
    sums = counted(state, race, form, since) if form else None
    lines = sums.lines if sums else {}
    votes = sums.votes if sums else (0,) * len(race.options)
    people = sum(lines.get(key, 0) for key in edition.plan.participants)
    ruled = determine(race, votes, people)
    alone = sorted(ruled.candidates, key=lambda one: -ruled.candidates[one])[: race.seats]
    reserves = tuple(
        ReserveShown(
            reserve.options,
            reserve.part,
            reserve.whole,
            -(-race.seats * reserve.part // reserve.whole),
            tuple(id for id in alone if id in reserve.options),
            tuple(id for id in ruled.options if id in reserve.options and id not in alone),
            tuple(id for id in alone if id not in ruled.options),
        )
        for reserve in race.reserves
    )
    denominator = tuple((key, lines.get(key, 0)) for key in result.denominator)
    whole = sum(number for _, number in denominator)
    replaced = tuple(one.since for one in own[:-1])
    pairs = zip(result.shares, votes, strict=True)
    unlike = tuple(not are_shares((share,), (number,), whole) for share, number in pairs)
    found = tuple(one for one in archive.findings if (one.where.contest, one.where.record) == (race.id, since))
    told = (result, denominator, form.id if form else "", votes, reserves, replaced, unlike, found)
    return ResultShown(race.id, since, edition.span(since), *told)
