"""The second judges of sums, the tally and the lists, from figures.md §8 to §16 alone: PRT.18 to PRT.24, PRT.34."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.reference.coding import Record
from tests.reference.plan import is_of, keys_of, states_results
from tests.reference.returns import NONE
from tests.reference.standing import Figures, Found, Standing

Entry = tuple[str, str]  # "line" or "option", and which
COUNTS = ("units", "annulled")
TALLIED = ("e-counted", "invalid", "valid")


def judge_sums(on: Standing) -> None:
    for rule in (rows_make_sums, rows_are_papers, who_is_summed, from_the_bottom, tally, overrides, several, lists):
        rule(on)


def entries(on: Standing, contest: str, lines: dict[str, int], votes: list[int]) -> Counter[Entry]:
    found = Counter({("line", key): number for key, number in lines.items()})
    if votes:
        found.update({("option", id): number for id, number in zip(on.options(contest), votes, strict=True)})
    return found


def differing(one: Counter[Entry], other: Counter[Entry], among: set[str]) -> Iterator[str]:
    """Each option, and each of these lines, that is not the same; what is not there is 0."""
    for kind, key in one.keys() | other.keys():
        if (kind == "option" or key in among) and one[kind, key] != other[kind, key]:
            yield key


def tabled(on: Standing, table: str) -> Iterator[tuple[Figures, Record, list[Record]]]:
    """The papers in force that have such a table."""
    for form in on.plan["forms"]:
        for figures in on.given(form) if form["table"] == table else ():
            if figures.version is not None:
                yield figures, form, figures.version.rows


def sums(row: Record) -> bool:
    """§8.3."""
    return bool(row["paper"] != NONE or row["lines"])


def beneath(on: Standing, form: Record, contest: str, unit: str) -> Record | None:
    """§8.2: the form of the paper beneath a row."""
    if contest not in on.units[unit]["contests"]:
        return None
    return next((on.forms[id] for id in form["adds"] if is_of(on.forms[id], on.units[unit])), None)


def fed(on: Standing, form: Record) -> set[str]:
    """The lines of a sum that the forms beneath feed."""
    every = {renamed.get(key, key) for id, renamed in form["adds"].items() for key in keys_of(on.forms[id])}
    return every & set(keys_of(form))


def rows_make_sums(on: Standing) -> None:
    """§9."""
    for figures, form, rows in tabled(on, "sum"):
        contest, total = figures.of[1], Counter[Entry]()
        for row in rows:
            total.update(entries(on, contest, row["lines"], row["votes"]))
        own = entries(on, contest, figures.lines, figures.votes)
        for key in differing(own, total, fed(on, form) - set(COUNTS)):
            on.at("PRT.18", "error", figures, key)


def rows_are_papers(on: Standing) -> None:
    """§10."""
    for figures, form, rows in tabled(on, "sum"):
        assert figures.version is not None
        contest = figures.of[1]
        for number, row in enumerate(rows, 1):
            if not sums(row):
                continue
            asked = beneath(on, form, contest, row["unit"])
            stood = on.figures((row["unit"], contest, asked["id"]), figures.version.posted) if asked else None
            if stood is None or asked is None or stood.leaf != row["paper"]:
                on.at("PRT.20", "error", figures, "", number)
                continue
            renamed = Counter[str]()
            for key, value in stood.lines.items():
                renamed[form["adds"][asked["id"]].get(key, key)] += value
            says = entries(on, contest, row["lines"], row["votes"])
            for key in differing(says, entries(on, contest, dict(renamed), stood.votes), set(keys_of(form))):
                on.at("PRT.20", "error", figures, key, number)


def who_is_summed(on: Standing) -> None:
    """§11."""
    for figures, form, rows in tabled(on, "sum"):
        assert figures.version is not None
        contest, counted = figures.of[1], dict.fromkeys(COUNTS, 0)
        for number, row in enumerate(rows, 1):
            asked, unit = beneath(on, form, contest, row["unit"]), row["unit"]
            if asked is not None and sums(row) == on.annulled(unit, contest):
                on.at("PRT.21", "error", figures, "", number)
            if asked is not None and asked["adds"]:
                for key in COUNTS:
                    counted[key] += row["lines"].get(key, 0)
            else:
                counted["units"] += sums(row)
                counted["annulled"] += not sums(row) and on.annulled(unit, contest, figures.version.posted)
        for key in COUNTS:
            if key in figures.lines and figures.lines[key] != counted[key]:
                on.at("PRT.21", "error", figures, key)


def from_the_bottom(on: Standing) -> None:
    """§12."""
    for form in on.plan["forms"]:
        if not form["adds"] or not form["contest"]:
            continue
        deep = any(on.forms[id]["adds"] for id in form["adds"])
        for figures in on.given(form):
            if on.sums_above(figures.of) and not deep:
                continue
            contest, total = figures.of[1], Counter[Entry]()
            asked = {name for names in on.sources(form).values() for name in names.values()} - set(COUNTS)
            owed = on.at_the_bottom(form, contest, figures.of[0])
            for of in owed:
                here = None if on.annulled(of[0], contest) else on.figures(of)
                if here is not None:
                    total["line", "units"] += 1
                    total.update(entries(on, contest, {}, here.votes))
                    for key, name in on.sources(form)[of[2]].items():
                        total["line", name] += here.lines[key] if name not in COUNTS else 0
            total["line", "annulled"] = sum(on.annulled(of[0], contest) for of in owed)
            own = entries(on, contest, figures.lines, figures.votes)
            for key in differing(own, total, asked | {key for key in COUNTS if key in figures.lines}):
                on.at("PRT.19", "error", figures, key)


def styles_of(on: Standing, contest: str) -> set[str]:
    return {style["id"] for style in on.fold.manifest["styles"] if contest in style["contests"]}


def tally(on: Standing) -> None:
    """§13."""
    for form in on.plan["forms"]:
        for figures in on.given(form) if form["electronic"] and form["votes"] else ():
            contest: str = on.races[figures.of[1]]["electronic"]
            if not on.fold.tally:
                on.at("PRT.22", "error", figures)
                continue
            styles = styles_of(on, contest)
            listed = {key for key, one in on.fold.credentials.items() if one.style in styles}
            true: dict[str, int] = {"e-listed": len(listed), "e-overridden": len(listed & on.fold.overridden)}
            said: list[Any] = [one for one in on.fold.tally["contests"] if one["contest"] == contest]
            votes = dict.fromkeys(on.options(figures.of[1]), 0)
            if said:
                true |= {"e-counted": said[0]["counted"], "e-withheld": 0}
                true |= {key: said[0][key] for key in ("invalid", "valid")}
                votes |= {vote["option"]: vote["count"] for vote in said[0]["votes"]}
            else:
                true |= dict.fromkeys(TALLIED, 0) | {"e-withheld": on.fold.polls[contest].size}
            proved = Counter(
                {("line", key): n for key, n in true.items()} | {("option", o): n for o, n in votes.items()}
            )
            own = entries(on, figures.of[1], figures.lines, figures.votes)
            for key in differing(own, proved, true.keys() & figures.lines.keys()):
                on.at("PRT.22", "error", figures, key)


def overrides(on: Standing) -> None:
    """§14."""
    for form in on.plan["forms"]:
        for of in on.owed(form) if "e-on-paper" in keys_of(form) else ():
            unit, contest, _ = of
            own = {key for key in on.fold.overridden if on.fold.credentials[key].commission == unit}
            if form["contest"]:
                styles = styles_of(on, on.races[contest]["electronic"])
                own = {key for key in own if on.fold.credentials[key].style in styles}
            figures = on.figures(of)
            if figures is None:
                if on.fold.tally and own:
                    on.found.append(Found("PRT.23", "error", *of, None, "e-on-paper"))
            elif figures.lines["e-on-paper"] != len(own):
                open_ = on.fold.phase in {"voting", "closed"}
                on.at("PRT.23", "information" if open_ else "error", figures, "e-on-paper")


def several(on: Standing) -> None:
    """§15.2."""
    for form in on.plan["forms"]:
        if not form["contest"] or form["adds"] or "listed" not in keys_of(form):
            continue
        first: dict[tuple[str, int], int] = {}
        for figures in on.given(form):
            took_part = on.took_part(figures)
            if first.setdefault((figures.of[0], figures.lines["listed"]), took_part) != took_part:
                on.at("PRT.24", "warning", figures, "listed")


def lists(on: Standing) -> None:
    """§16."""
    for figures, form, rows in tabled(on, "participants"):
        assert figures.version is not None
        for number, row in enumerate(rows, 1):
            unit = on.units[row["unit"]]
            contests = [figures.of[1]] if form["contest"] else unit["contests"]
            forms = [each["id"] for each in on.plan["forms"] if states_results(each) and is_of(each, unit)]
            ofs = [(unit["id"], contest, id) for id in forms for contest in contests]
            stood = [one for of in ofs if (one := on.figures(of, figures.version.posted))]
            if row["lines"]["participants"] != max(map(on.took_part, stood), default=0):
                on.at("PRT.34", "error", figures, "participants", number)
        if figures.lines["participants"] != sum(row["lines"]["participants"] for row in rows):
            on.at("PRT.34", "error", figures, "participants")
