"""The same figures for other programs: CSV and JSON (specs/results-pages.md §4)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from bulletin.results.counts import BADGES, Counted, standing
from bulletin.results.pages import PublishedPages
from verifier.paper.papers import Of
from verifier.paper.standing import Figures
from verifier.records import encode

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would execute
FIGURES = ("level", "unit", "contest", "stage", "form", "version", "standing", "kind", "key", "value", "leaf")


def tabulate(archive: PublishedPages) -> Iterator[tuple[str, bytes]]:
    """Each file's name and bytes."""
    edition = archive.edition
    now = edition.now
    yield (
        "head.json",
        encode(
            {
                "origin": edition.origin,
                "number": now.number,
                "size": now.size,
                "root": now.root.hex(),
                "time": now.time,
                "title": edition.title,
            }
        ),
    )
    yield "data/plan.json", encode(edition.plan)
    totals = [
        {"contest": contest, "unit": unit.id} | _told(tree.of(unit.id))
        for (contest, _), tree in archive.counts.items()
        for unit in edition.plan.units
        if unit.id in edition.state.beneath and unit.id in tree
    ]
    yield "data/totals.json", encode(totals)
    yield "data/units.csv", _units(archive)
    yield from _figures(archive)
    yield "data/findings.csv", _findings(archive)
    yield "data/history.csv", _history(archive)


def write_csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table of ids, numbers, and texts that are harmless."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def _harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _told(counted: Counted) -> dict[str, object]:
    return {
        "stage": counted.stage,
        "form": counted.form,
        "given": counted.given,
        "planned": counted.planned,
        "annulled": counted.annulled,
        "standings": {name: counted.standings.get(name, 0) for name in BADGES},
        "lines": counted.lines,
        "votes": counted.votes,
    }


def _units(archive: PublishedPages) -> bytes:
    head = ("unit", "level", "above", "electronic", "name_ky", "name_ru", "name_en")
    rows = (
        (one.id, one.level, one.above, int(one.electronic), *map(_harmless, (one.name.ky, one.name.ru, one.name.en)))
        for one in archive.edition.plan.units
    )
    return write_csv(head, rows)


def _figures(archive: PublishedPages) -> Iterator[tuple[str, bytes]]:
    """All figures in force, one a row: of each level, of all, and as an object of each unit."""
    edition, state = archive.edition, archive.edition.state
    by_level: dict[str, list[tuple[object, ...]]] = {level.id: [] for level in edition.plan.levels}
    by_unit: dict[str, list[dict[str, object]]] = {}
    for form in edition.plan.forms:
        for unit in state.signers(form):
            for contest in unit.contests if form.contest else ("",):
                if found := state.figures(Of(unit.id, contest, form.id)):
                    by_level[unit.level] += _rows(archive, found)
                    by_unit.setdefault(unit.id, []).append(_object(archive, found))
    head = write_csv(FIGURES, ())
    bodies = {level: write_csv(FIGURES, rows).removeprefix(head) for level, rows in by_level.items()}
    for level, body in bodies.items():
        yield f"data/level/{level}.csv", head + body
    yield "data/all.csv", head + b"".join(bodies.values())
    for unit in edition.plan.units:
        yield f"data/p/{unit.id}.json", encode({"unit": unit.id, "papers": by_unit.get(unit.id, [])})


def _rows(archive: PublishedPages, found: Figures) -> Iterator[tuple[object, ...]]:
    state = archive.edition.state
    unit, contest, id = found.of
    form = state.forms[id]
    badge = standing(state, found)
    begin = (state.units[unit].level, unit, contest, form.stage, id, found.version, badge)
    leaf = found.leaf.hex() if found.version else ""
    for line in form.lines:
        yield (*begin, "line", line.key, found.lines[line.key], leaf)
    for option, votes in zip(state.races[contest].options, found.votes, strict=True) if contest and found.votes else ():
        yield (*begin, "option", option.id, votes, leaf)


def _object(archive: PublishedPages, found: Figures) -> dict[str, object]:
    state = archive.edition.state
    _, contest, id = found.of
    span = archive.edition.span(found.since)
    options = state.races[contest].options if contest and found.votes else ()
    return {
        "contest": contest,
        "form": id,
        "stage": state.forms[id].stage,
        "version": found.version,
        "leaf": found.leaf.hex() if found.version else "",
        "record": found.since,
        "after": span.after,
        "before": span.before,
        "standing": standing(state, found),
        "lines": found.lines,
        "votes": {option.id: votes for option, votes in zip(options, found.votes, strict=False)},
    }


def _findings(archive: PublishedPages) -> bytes:
    head = ("severity", "clause", "unit", "contest", "form", "version", "key", "record", "row", "detail")
    rows = (
        (
            one.severity,
            one.id,
            one.where.unit,
            one.where.contest,
            one.where.form,
            "" if one.where.version is None else one.where.version,
            one.where.key,
            "" if one.where.record is None else one.where.record,
            "" if one.where.row is None else one.where.row,
            _harmless(str(one.detail)),
        )
        for one in archive.findings
    )
    return write_csv(head, rows)


def _history(archive: PublishedPages) -> bytes:
    """A row for each option at each publication at which its count changed."""
    races = archive.edition.state.races
    head = ("contest", "stage", "checkpoint", "size", "root", "time", "papers", "annulled", "option", "votes")
    rows = (
        (one.contest, one.stage, number, size, root.hex(), "" if time is None else time, given, void, option.id, votes)
        for one in archive.histories
        for (number, size, root, time), given, void, counted, _ in one.rows
        for option, votes in zip(races[one.contest].options, counted, strict=True)
    )
    return write_csv(head, rows)
