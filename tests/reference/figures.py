"""The second judges of single papers, from figures.md §2 to §7 alone: PRT.10 to PRT.17, and PRT.35."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from tests.reference.coding import Record
from tests.reference.log import unbase64
from tests.reference.plan import is_of, states_results
from tests.reference.standing import Figures, Found, Standing

FEW = 50


def judge_figures(on: Standing) -> None:
    for rule in (ratios, matches, versions, signatures, unsigned, missing, swapped, hints):
        rule(on)


def value(figures: Figures, key: str) -> int:
    return sum(figures.votes) if key == "votes" else figures.lines[key]


def ratios(on: Standing) -> None:
    """§2."""
    for ratio in on.plan["ratios"]:
        for figures in on.given(on.forms[ratio["form"]]):
            left, right = (
                sum(factor * value(figures, key) for key, factor in ratio[side].items()) for side in ("left", "right")
            )
            holds = left == right if ratio["relation"] == "equal" else left <= right
            explains = figures.version.paper["explains"] if figures.version else []
            explained = ratio["id"] in {one["ratio"] for one in explains}
            mild = ratio["severity"] == "warning" and explained
            if not holds:
                on.at("PRT.10", "information" if mild else ratio["severity"], figures, ratio["id"])


def compared(on: Standing, match: Record) -> Iterator[tuple[Figures, Figures, str]]:
    """§3.1: both papers, and the contest."""
    first, second = (on.forms[id] for id in match["forms"])
    for unit in on.plan["units"]:
        if not (is_of(first, unit) and is_of(second, unit)):
            continue
        for contest in unit["contests"] if first["contest"] or second["contest"] else [""]:
            one, other = (
                on.figures((unit["id"], contest if form["contest"] else "", form["id"])) for form in (first, second)
            )
            if one and other:
                yield one, other, contest


def matches(on: Standing) -> None:
    """§3."""
    for match in on.plan["matches"]:
        early = "preliminary" in {on.forms[id]["stage"] for id in match["forms"]}
        for one, other, contest in compared(on, match):
            differing = []
            for first, second in match["pairs"]:
                if first == second == "votes":
                    options = zip(on.options(contest), one.votes, other.votes, strict=True)
                    differing += [option for option, here, there in options if here != there]
                elif value(one, first) != value(other, second):
                    differing.append(second)
            named = other._replace(of=(other.of[0], contest, other.of[2]))
            for key in differing:
                on.at("PRT.12" if early else "PRT.11", match["severity"], named, key)


def versions(on: Standing) -> None:
    """§4."""
    for of, history in on.fold.versions.items():
        for number, (before, after) in enumerate(pairwise(history), 2):
            said = [(one.paper["lines"], one.paper["votes"]) for one in (before, after)]
            above = filter(None, (on.figures(sum_) for sum_ in on.sums_above(of)))
            stale = any(sum_.version and sum_.version.posted < after.place for sum_ in above)
            severity = "error" if said[0] != said[1] and stale else "information"
            on.found.append(Found("PRT.13", severity, *of, number, "", after.place))


def signatures(on: Standing) -> None:
    """§5.1 and §5.2."""
    for of, history in on.fold.versions.items():
        last = history[-1]
        figures = on.figures(of)
        assert figures is not None
        then = {member["id"]: member for member in seated(on, of[0], last.posted)}
        present = {(id, then[id]["certificate"]) for id in last.paper["present"]}
        signers = [
            (member["id"], member["certificate"], member["role"])
            for one in on.fold.signatures[unbase64(last.leaf)]
            for member in seated(on, of[0], one.place)
            if (member["id"], member["certificate"]) == (one.member, one.certificate)
        ]
        if present - {signer[:2] for signer in signers}:
            on.at("PRT.14", "warning", figures)
        for role in on.forms[of[2]]["needs"]:
            if role not in {signer[2] for signer in signers}:
                on.at("PRT.14", "warning", figures)
        if last.paper["dissent"]:
            on.at("PRT.14", "information", figures)
        if len(set(last.paper["typed"])) < 2:
            on.at("PRT.15", "warning", figures)


def seated(on: Standing, unit: str, place: int) -> list[Record]:
    """The roster in force when the record at this place comes."""
    in_force: list[Record] = []
    for since, listed in on.fold.rosters.get(unit, []):
        in_force = listed if since < place else in_force
    return in_force


def unsigned(on: Standing) -> None:
    """§5.3."""
    for leaf, record in on.fold.pending.items():
        if record["type"] == "paper" and leaf not in on.fold.effective:
            of = record["commission"], record["contest"], record["form"]
            on.found.append(Found("PRT.16", "warning", *of, None, "", on.fold.places[leaf]))


def missing(on: Standing) -> None:
    """§6."""
    for form in filter(states_results, on.plan["forms"]):
        begun = any(True for _ in on.given(form))
        for of in on.owed(form):
            if on.figures(of) or on.annulled(of[0], of[1]):
                continue
            summed = any(on.figures(sum_) for sum_ in on.sums_above(of))
            if summed or is_over(on, of):
                on.found.append(Found("PRT.17", "error", *of))
            elif begun:
                on.found.append(Found("PRT.17", "information", *of))


def is_over(on: Standing, of: tuple[str, str, str]) -> bool:
    """§6.3."""
    if on.bounds is None:
        return False
    unit, now = on.units[of[0]], on.bounds(on.size)[0]
    limits = {limit["id"]: limit for limit in on.fold.manifest["timetable"]}
    for duty in on.plan["duties"]:
        if duty["evidence"] != {"kind": "paper", "of": of[2]}:
            continue
        end = duty["until"]
        if duty["limit"] and limits[duty["limit"]]["bound"] == "by":
            end = limits[duty["limit"]]["instant"]
        for one in on.decisions("amend"):
            if one.record["duty"] == duty["id"] and (not one.record["units"] or unit["id"] in one.record["units"]):
                end = one.record["until"]
        if end and now >= end + unit["behind"] - unit["ahead"]:
            return True
    return False


def swapped(on: Standing) -> None:
    """§7.1."""
    for match in on.plan["matches"]:
        if ["votes", "votes"] not in match["pairs"]:
            continue
        for one, other, contest in compared(on, match):
            differing = [n for n, (here, there) in enumerate(zip(one.votes, other.votes, strict=True)) if here != there]
            if len(differing) == 2 and differing[1] == differing[0] + 1:
                first, second = differing
                if (one.votes[first], one.votes[second]) == (other.votes[second], other.votes[first]):
                    on.at("PRT.35", "information", other, on.options(contest)[first])


def hints(on: Standing) -> None:
    """§7.2 to §7.4."""
    every = [figures for form in on.bottom() for figures in on.given(form)]
    for number, here in enumerate(every):
        V, contest = sum(here.votes), here.of[1]
        alike = (here.lines, here.votes, *here.of[1:])
        before = [(one.lines, one.votes, *one.of[1:]) for one in every[:number]]
        if V >= FEW and alike in before:
            on.at("PRT.35", "information", here)
        near = [one.votes for one in every if one.of[1] == contest and above(on, one) == above(on, here)]
        totals = [sum(column) for column in zip(*near, strict=True)]
        T = sum(totals)
        for option, v, t in zip(on.options(contest), here.votes, totals, strict=True):
            if V >= FEW and 2 * abs(v * T - t * V) >= V * T:
                on.at("PRT.35", "information", here, option)
        invalid = here.lines.get("invalid", 0)
        if V + invalid >= FEW and 100 * invalid >= 5 * (V + invalid):
            on.at("PRT.35", "information", here, "invalid")


def above(on: Standing, figures: Figures) -> str:
    return str(on.units[figures.of[0]]["above"])
