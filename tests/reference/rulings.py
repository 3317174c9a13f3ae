"""The second judges of results, copies, complaints, orders, from results.md and copies.md alone: PRT.25 to PRT.33."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from tests.reference.coding import Record
from tests.reference.papers import Lasting
from tests.reference.plan import keys_of, states_results
from tests.reference.results import Rule, every_share, is_declared_rightly
from tests.reference.returns import NONE, Of, Version
from tests.reference.standing import END, Found, Standing


def judge_rulings(on: Standing) -> None:
    for rule in (results, copies, registers, intakes, complaints, recounts):
        rule(on)


# --- results.md ---


class Counted(NamedTuple):
    """§1: the sums of the result form, and the votes that count."""

    lines: Counter[str]
    votes: dict[str, int]


def result_form(on: Standing, race: Record) -> Record | None:
    """§1."""
    body = on.units[race["body"]]
    level = [f for f in on.plan["forms"] if states_results(f) and f["level"] == body["level"]]
    fit = [form for form in level if form["electronic"] == body["electronic"]]
    return next((form for form in fit if form["adds"]), next(iter(fit), None))


def count(on: Standing, race: Record, form: Record, at: int) -> Counted:
    """§1."""
    lines, votes = Counter[str](), dict.fromkeys(on.options(race["id"]), 0)
    for of in on.at_the_bottom(form, race["id"], race["body"]):
        here = None if on.annulled(of[0], race["id"], at) else on.figures(of, at)
        if here is None:
            continue
        for key, name in on.sources(form)[of[2]].items():
            lines[name] += here.lines[key]
        for option, number in zip(on.options(race["id"]), here.votes, strict=True):
            votes[option] += 0 if is_left_out(on, of[0], race["id"], option, at) else number
    return Counted(lines, votes)


def is_left_out(on: Standing, unit: str, contest: str, option: str, at: int) -> bool:
    every = [one.record for what in ("strike", "withdraw") for one in on.decisions(what, at)]
    named = [one["units"] for one in every if (one["contest"], one["option"]) == (contest, option)]
    return any(not units or set(units) & set(on.fold.chain(unit)) for units in named)


def results(on: Standing) -> None:
    """§6 to §9."""
    every = on.fold.all("result")
    for number, one in enumerate(every):
        said, race = one.record, on.races[one.record["contest"]]
        place = said["commission"], said["contest"], "", None, "", one.place
        form = result_form(on, race)
        if form is None:
            on.found.append(Found("PRT.25", "error", *place))
            continue
        sums = count(on, race, form, one.place)
        reserves = tuple((frozenset(r["options"]), Fraction(r["part"], r["whole"])) for r in race["reserves"])
        options, majority = tuple(on.options(race["id"])), race["rule"] == "majority"
        rule = Rule(options, race["against"], race["seats"], majority, reserves)
        took_part = sum(sums.lines[key] for key in on.plan["participants"])
        declared = said["outcome"], said["options"], len(said["lots"])
        if not is_declared_rightly(rule, sums.votes, took_part, declared):
            on.found.append(Found("PRT.25", "error", *place))
        whole = said["denominator"]
        named = bool(whole) and len(set(whole)) == len(whole) and set(whole) <= set(keys_of(form))
        named = named and (not majority or set(whole) == set(on.plan["participants"]))
        shares = every_share(list(sums.votes.values()), sum(sums.lines[key] for key in whole))
        if not named or tuple(said["shares"]) not in set(shares):
            on.found.append(Found("PRT.26", "error", *place))
        later = [other.place for other in every[number + 1 :] if other.record["contest"] == race["id"]]
        end = min(later, default=END)
        for _ in range(changes(on, race, form, one.place, end)):
            on.found.append(Found("PRT.27", "information" if later else "error", *place))


def beneath_it(on: Standing, form: Record) -> set[str]:
    """The form, and what it adds, however far down."""
    return {form["id"]}.union(*(beneath_it(on, on.forms[id]) for id in form["adds"]))


def changes(on: Standing, race: Record, form: Record, since: int, until: int) -> int:
    """§8: how many things took effect between that were not so before."""
    forms, inside = beneath_it(on, form), set(on.under(race["body"]))
    asked = [(unit, race["id"], id) for unit in inside for id in forms]
    number = 0
    for of in asked:
        versions = [version.place for version in on.fold.versions.get(of, [])]
        rows = [row.place for row in on.fold.entered.get(of, [])]
        number += sum(since < place < until for place in versions)
        number += sum(since < row < until and not any(place < row for place in versions) for row in rows)
    decided = {one.leaf: one.record for one in on.fold.all("decision")}
    for one in on.fold.all("decision"):
        about = [one.record, decided.get(one.record["revokes"], {"what": ""})]
        if since < one.place < until and any(changes_it(race, inside, record) for record in about):
            number += 1
    return number


def changes_it(race: Record, inside: set[str], decision: Record) -> bool:
    if decision["what"] not in {"annul", "restore", "strike", "withdraw"}:
        return False
    contests = {race["id"], ""} if decision["what"] in {"annul", "restore"} else {race["id"]}
    return decision["contest"] in contests and (not decision["units"] or bool(inside & set(decision["units"])))


# --- copies.md ---


def said_of(on: Standing, record: Record) -> dict[str, int]:
    """What lines and options say."""
    options = on.options(record["contest"]) if record["contest"] else []
    votes = {f"option {id}": n for id, n in zip(options, record["votes"], strict=False)}
    return {**{f"line {key}": n for key, n in record["lines"].items()}, **votes}


def copied(on: Standing, of: Of, record: Record) -> Version | None:
    """§2."""
    history = on.fold.versions.get(of, [])
    return next((one for one in history if one.leaf == record["of"]), next(iter(history), None))


def copies(on: Standing) -> None:
    """§3 and §4."""
    earlier: dict[tuple[Of, str], list[tuple[str, dict[str, int]]]] = {}
    for one in on.fold.all("observation"):
        record, of = one.record, (one.record["unit"], one.record["contest"], one.record["form"])
        if record["refused"]:
            continue
        version, rows = copied(on, of, record), on.fold.entered.get(of, [])
        compared = [version.paper, on.fold.versions[of][-1].paper] if version else [each.row for each in rows]
        says = said_of(on, record)
        ends = [said_of(on, {**each, "contest": record["contest"]}) for each in compared]
        place = *of, None, "", one.place
        if any(each[key] != n for each in [*ends[:1], *ends[-1:]] for key, n in says.items()):
            severe = record["observer"] and record["stamped"]
            on.found.append(Found("PRT.28", "error" if severe else "warning", *place))
        who = record["observer"] or f"handed in {one.place}"
        others = earlier.setdefault((of, version.leaf if version else NONE), [])
        first = {key: next((o[key] for name, o in others if name != who and key in o), n) for key, n in says.items()}
        if first != says:
            on.found.append(Found("PRT.29", "warning", *place))
        others.append((who, says))


def registers(on: Standing) -> None:
    """§5."""
    told = [one.record for one in on.fold.all("observation") if one.record["observer"]]
    for unit in {record["unit"] for record in told}:
        mine = [record for record in told if record["unit"] == unit]
        refused = {record["observer"] for record in mine if record["refused"]}
        given = {record["observer"] for record in mine if record["stamped"] and not record["refused"]}
        kind = on.units[unit]["level"], on.units[unit]["electronic"]
        forms = [f for f in on.plan["forms"] if (f["level"], f["electronic"]) == kind and not f["contest"]]
        form = next((f["id"] for f in forms if {"given", "refused"} <= set(keys_of(f))), "")
        register = on.figures((unit, "", form)) if form else None
        counted = register.lines["refused"] if register else 0
        copies = register.lines["given"] if register else len(given)
        if len(refused) > counted or len(given) > copies:
            place = unit, "", form, None, "", register.place if register else None
            on.found.append(Found("PRT.30", "warning", *place))


def intakes(on: Standing) -> None:
    """§6."""
    shown = {one.leaf for one in on.fold.all("observation")}
    every = on.fold.all("intake")
    reasoned = {w["leaf"] for one in every for w in one.record["withheld"] if w["reason"].strip()}
    before: set[str] = set()
    for one in every:
        leaves = set(on.fold.taken(one.record)) - before
        before |= leaves
        unseen = leaves - shown
        for severity, some in (("information", unseen & reasoned), ("warning", unseen - reasoned)):
            if some:
                on.found.append(Found("PRT.31", severity, record=one.place))


def complaints(on: Standing) -> None:
    """§7."""
    for one in on.fold.all("appeal"):
        unit = one.record["commission"]
        answers = [
            other.place
            for other in on.fold.all("decision")
            if one.leaf in other.record["about"] and other.record["commission"] in on.fold.chain(unit)
        ]
        stated = [
            version.place
            for (signer, _, form), history in on.fold.versions.items()
            if signer == unit and states_results(on.forms[form])
            for version in history
        ]
        stated += [o.place for o in on.fold.all("result") if o.record["contest"] in on.units[unit]["contests"]]
        due = min((place for place in stated if place > one.place), default=END)
        decided = min(answers, default=END)
        if due < END and decided >= due:
            on.found.append(Found("PRT.32", "error", unit, record=one.place))
        elif due == decided == END:
            on.found.append(Found("PRT.32", "information", unit, record=one.place))


def recounts(on: Standing) -> None:
    """§8."""
    for one in on.decisions("recount"):
        for unit in one.record["units"] or [one.record["commission"]]:
            if not any(is_answer(on, one, unit, of, v) for of, history in on.fold.versions.items() for v in history):
                on.found.append(Found("PRT.33", "warning", unit, one.record["contest"], record=one.place))


def is_answer(on: Standing, order: Lasting, unit: str, of: Of, version: Version) -> bool:
    signer, contest, form = of
    reasons = {"recount", "decision"}
    anew = (
        signer == unit
        and states_results(on.forms[form])
        and order.record["contest"] in {"", contest}
        and version.paper["reason"]["code"] in reasons
    )
    naming = order.leaf in version.paper["parts"] and signer in on.fold.chain(unit)
    return version.place > order.place and (anew or naming)
