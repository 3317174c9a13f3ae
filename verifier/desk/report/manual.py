"""The manual sheet: what people compare and tick, each line with what this report has to say for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.desk.report import report as reports
from verifier.desk.report.catalogue import MANUAL
from verifier.desk.report.clauses import explain
from verifier.desk.report.language import groups
from verifier.desk.report.section import Paragraph, Print, Section, Table, Tick

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from verifier.desk.report.language import Words
    from verifier.desk.report.report import Report
    from verifier.desk.report.rosters import Seats
    from verifier.desk.report.section import Pairs

MOST = 50  # fingerprints of one item, or commissions, that are printed; all are in the JSON report
FIGURES = {  # lines that compare figures
    "MAN.10": ("contests", "options", "commissions"),
    "MAN.11": ("credentials",),
    "MAN.12": ("counted", "overridden"),
    "MAN.15": ("log entries",),
}
ITEMS = {  # lines that compare a fingerprint, by what it is of
    "log key": "MAN.1",
    "manifest": "MAN.2",
    "root": "MAN.3",
    "witness": "MAN.4",
    "register": "MAN.5",
    "election key": "MAN.6",
    "tally": "MAN.7",
    "verifier": "MAN.8",
    "this verifier": "MAN.8",
    "log root": "MAN.15",
    "report": "MAN.18",
}


def ticks(report: Report, w: Words, chosen: Collection[str] = ()) -> Iterator[Tick]:
    """The sheet's lines, in its order; only the chosen ones, if some are chosen."""
    prints = _prints(report, w)
    for item in MANUAL:
        if chosen and item.id not in chosen:
            continue
        own = [one for one in prints if one.item == item.id]
        pairs = _sitting(report, w) if item.id == "MAN.19" else _pairs(item.id, report, w)
        pairs += _more(len(own), w)
        yield Tick(item.id, explain(item.id, w.language).text, pairs, tuple(own[:MOST]))


def _pairs(item: str, report: Report, w: Words) -> Pairs:
    """What else the report says about an item; nothing if the election could not be read."""
    match item:
        case "MAN.1" if report.archive:
            return ((w["environment.origin"], report.archive.origin),)
        case "MAN.9" if report.title:
            return ((report.election, w.text(report.title)),)
        case "MAN.13":
            lacking = len(report.incomplete) + len(report.skipped)
            return ((w["sections.missing"], w.number(lacking)),)
        case "MAN.14" if report.title:
            return ((w["labels.phase"], w.name("phases", report.phase)),)
        case "MAN.17":
            return ((w["sections.findings"], w.number(len(report.findings))),)
    figures = FIGURES.get(item, ()) if report.title else ()
    return tuple((w.name("figures", name), w.number(report.figures.get(name, 0))) for name in figures)


def council(report: Report, w: Words) -> Section:
    """Who sits in the commissions, by their rosters."""
    heads = tuple(w[f"columns.{name}"] for name in ("office", "subject", "member"))
    groups_ = tuple((_called(seats, w), tuple(_members(seats, w))) for seats in report.rosters[:MOST])
    table = Table(w["sections.council"], heads, ("text", "text", "code"), groups_)
    more = tuple(Paragraph(value) for _, value in _more(len(report.rosters), w))
    return Section("council", w["sections.council"], w["leads.council"], (table, *more) if groups_ else ())


def _sitting(report: Report, w: Words) -> Pairs:
    """Each commission with its members."""
    sat = [(_called(seats, w), "; ".join(map(_seated, _members(seats, w)))) for seats in report.rosters[:MOST]]
    return (*sat, *_more(len(report.rosters), w))


def _seated(member: tuple[str, str, str]) -> str:
    office, subject, id = member
    return f"{office} {subject}" if id == subject else f"{office} {subject} ({id})"


def _called(seats: Seats, w: Words) -> str:
    values = {"quorum": seats.quorum, "members": len(seats.members)}
    return w.say("labels.council" if seats.members else "labels.vacant", name=w.text(seats.name), **values)


def _members(seats: Seats, w: Words) -> Iterator[tuple[str, str, str]]:
    """Office, subject and id of each."""
    for seat in seats.members:
        yield w.name("roles", seat.role), seat.subject or "–", seat.id


def _more(count: int, w: Words) -> Pairs:
    """That there are more than are printed."""
    return ((w["columns.value"], w.say("leads.more", count=count - MOST)),) if count > MOST else ()


def _prints(report: Report, w: Words) -> tuple[Print, ...]:
    """The fingerprints, those of log, program and report among them, each with the item that compares it."""
    archive = {"log root": report.archive.root} if report.archive else {}
    own = {"this verifier": report.environment["verifier"]} if "verifier" in report.environment else {}
    named = report.fingerprints | archive | own | {"report": reports.digest(report).hex()}
    return tuple(_print(name, value, w) for name, value in named.items())


def _print(name: str, value: str, w: Words) -> Print:
    kind = next((kind for kind in ITEMS if name == kind or name.startswith(f"{kind} ")), name)
    said = f"{w.name('fingerprints', kind)}{name.removeprefix(kind)}"
    return Print(said, ITEMS.get(kind, ""), tuple(groups(value)))
