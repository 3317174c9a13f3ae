"""A second reader of plans, from plan.md §1 to §8 alone: whether one is consistent in itself and with the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.reference.coding import Record, decode_json
from tests.reference.proofs import refuse_unless
from tests.reference.shapes import PLAN

STATING = ("voting", "election")


def named(items: list[Record]) -> dict[str, Record]:
    return {item["id"]: item for item in items}


def keys_of(form: Record) -> list[str]:
    return [line["key"] for line in form["lines"]]


def states_results(form: Record) -> bool:
    return form["votes"] and form["stage"] in STATING


def is_of(form: Record, unit: Record) -> bool:
    """Whether the unit is one of the form's."""
    return bool((form["level"], form["electronic"]) == (unit["level"], unit["electronic"]))


def read_plan(raw: bytes, manifest: Record) -> Record:
    plan: Record = decode_json(raw, PLAN)
    check_plan(plan, manifest)
    return plan


def check_plan(plan: Record, manifest: Record) -> None:
    for rule in (ids_hold, names_hold, units_hold, contests_hold, forms_hold, ratios_hold, duties_hold):
        try:
            holds = all(rule(plan))
        except KeyError:  # what is named is not there
            holds = False
        refuse_unless("PRT.1", holds)
    refuse_unless("PRT.1", all(manifest_holds(plan, manifest)))


def ids_hold(plan: Record) -> Iterator[bool]:
    """§2.1 and §2.2."""
    lists = [
        [one["id"] for one in plan[part]] for part in ("levels", "units", "contests", "forms", "ratios", "matches")
    ]
    lists += [[duty["id"] for duty in plan["duties"]], plan["participants"], *plan["may"].values()]
    lists += [[one["id"] for one in contest["options"]] for contest in plan["contests"]]
    lists += [[id for reserve in contest["reserves"] for id in reserve["options"]] for contest in plan["contests"]]
    lists += [unit["contests"] for unit in plan["units"]]
    lists += [keys_of(form) for form in plan["forms"]] + [form["needs"] for form in plan["forms"]]
    lists += [duty["after"] + duty["ideally"] for duty in plan["duties"]]
    lists += [[contest["electronic"] for contest in plan["contests"] if contest["electronic"]]]
    for listed in lists:
        yield len(set(listed)) == len(listed)


def names_hold(plan: Record) -> Iterator[bool]:
    """§2.3."""
    levels, contests, forms = (set(named(plan[part])) for part in ("levels", "contests", "forms"))
    duties = set(named(plan["duties"]))
    yield {one["level"] for part in ("units", "forms", "duties") for one in plan[part]} <= levels
    yield all(set(listed) <= levels for listed in plan["may"].values())
    yield all(set(unit["contests"]) <= contests for unit in plan["units"])
    for contest in plan["contests"]:
        options = set(named(contest["options"]))
        yield {contest["against"]} - {""} <= options
        yield all(set(reserve["options"]) <= options for reserve in contest["reserves"])
    yield {ratio["form"] for ratio in plan["ratios"]} <= forms
    yield all(set(match["forms"]) <= forms for match in plan["matches"])
    for duty in plan["duties"]:
        yield {*duty["after"], *duty["ideally"], duty["past"]} - {""} <= duties


def units_hold(plan: Record) -> Iterator[bool]:
    """§3."""
    before: list[str] = []
    for level in plan["levels"]:
        yield level["above"] in before if before else level["above"] == ""
        before.append(level["id"])
    yield bool(before)
    levels, units, contests = named(plan["levels"]), named(plan["units"]), named(plan["contests"])
    for unit in plan["units"]:
        above = levels[unit["level"]]["above"]
        yield unit["above"] == "" if above == "" else units[unit["above"]]["level"] == above
        yield unit["quorum"] <= unit["members"] <= 15
        yield unit["ahead"] == 0 or unit["behind"] == 0
        for contest in unit["contests"]:
            yield contests[contest]["body"] == unit["id"] or (
                unit["above"] != "" and contest in units[unit["above"]]["contests"]
            )
        yield not unit["contests"] or any(states_results(form) and is_of(form, unit) for form in plan["forms"])


def contests_hold(plan: Record) -> Iterator[bool]:
    """§4."""
    units = named(plan["units"])
    for contest in plan["contests"]:
        yield 1 <= len(contest["options"]) <= 255
        yield contest["seats"] <= len(contest["options"]) and contest["marks"] <= len(contest["options"])
        yield sum(kept_seats(contest["seats"], each) for each in contest["reserves"]) <= contest["seats"]
        yield contest["id"] in units[contest["body"]]["contests"]
        electronic = [unit for unit in plan["units"] if unit["electronic"] and contest["id"] in unit["contests"]]
        yield len(electronic) == (1 if contest["electronic"] else 0)


def kept_seats(seats: int, reserve: Record) -> int:
    return -(-seats * int(reserve["part"]) // int(reserve["whole"]))


def forms_hold(plan: Record) -> Iterator[bool]:
    """§5."""
    forms, levels = named(plan["forms"]), named(plan["levels"])
    stating = [form for form in plan["forms"] if states_results(form)]
    kinds = [(form["level"], form["electronic"]) for form in stating]
    yield len(set(kinds)) == len(kinds)
    for form in plan["forms"]:
        yield len(form["lines"]) <= 64 and "votes" not in keys_of(form)
        yield form["contest"] or not form["votes"]
        yield all(form["least"] <= unit["members"] for unit in plan["units"] if is_of(form, unit))
        yield (form["table"] == "sum") == bool(form["adds"])
        if form["adds"]:
            yield form in stating
            yield set(form["adds"]) == {
                each["id"] for each in stating if levels[each["level"]]["above"] == form["level"]
            }
        for beneath, renamed in form["adds"].items():
            yield set(renamed) <= set(keys_of(forms[beneath])) and set(renamed.values()) <= set(keys_of(form))
    bodies = {named(plan["units"])[contest["body"]]["level"] for contest in plan["contests"]}
    for form in stating:
        if form["level"] in bodies and not form["electronic"]:
            yield set(plan["participants"]) <= set(keys_of(form))


def ratios_hold(plan: Record) -> Iterator[bool]:
    """§6."""
    forms = named(plan["forms"])
    said = {id: {*keys_of(form), *(["votes"] if form["votes"] else [])} for id, form in forms.items()}
    for ratio in plan["ratios"]:
        for side in ("left", "right"):
            yield ratio[side] != {} and set(ratio[side]) <= said[ratio["form"]]
    for match in plan["matches"]:
        first, second = (forms[id] for id in match["forms"])
        yield first is not second
        yield (first["level"], first["electronic"]) == (second["level"], second["electronic"])
        yield match["pairs"] != []
        yield all(one in said[first["id"]] and other in said[second["id"]] for one, other in match["pairs"])


def duties_hold(plan: Record) -> Iterator[bool]:
    """§7."""
    forms = named(plan["forms"])
    waits: dict[str, set[str]] = {}
    for duty in plan["duties"]:
        kind, of = duty["evidence"]["kind"], duty["evidence"]["of"]
        yield (
            forms[of]["level"] == duty["level"] if kind == "paper" else kind != "record" or of in {"register", "result"}
        )
        yield not (duty["since"] and duty["until"]) or duty["since"] < duty["until"]
        yield duty["until"] > 0 or not duty["inclusive"]
        yield duty["limit"] == "" or (duty["since"], duty["until"]) == (0, 0)
        yield (duty["within"] > 0) == (duty["past"] != "")
        waits[duty["id"]] = {*duty["after"], *duty["ideally"], duty["past"]} - {""}
    while free := {id for id, others in waits.items() if not others & waits.keys()}:
        waits = {id: others for id, others in waits.items() if id not in free}
    yield not waits


def manifest_holds(plan: Record, manifest: Record) -> Iterator[bool]:
    """§8."""
    commissions, contests = named(manifest["commissions"]), named(manifest["contests"])
    for unit in plan["units"]:
        commission = commissions.get(unit["id"])
        yield commission is not None or unit["above"] != ""
        if commission is not None:
            yield (commission["members"], commission["quorum"]) == (unit["members"], unit["quorum"])
            yield unit["above"] in {"", commission["above"]}
    for contest in plan["contests"]:
        if contest["electronic"]:
            joined: Any = contests.get(contest["electronic"], {"options": [], "most": 0})
            yield list(named(joined["options"])) == list(named(contest["options"]))
            yield joined["most"] == contest["marks"]
    if manifest["minimum"] > 1:
        for form in plan["forms"]:
            yield not (states_results(form) and form["electronic"]) or "e-withheld" in keys_of(form)
    limits = named(manifest["timetable"])
    yield all(duty["limit"] in limits for duty in plan["duties"] if duty["limit"])
