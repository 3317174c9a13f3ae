"""PRT.1: each rule of specs/plan.md has a plan that keeps it, and a twin in which one thing was bent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.corpus.plans import ADDING, BENT, ELECTRONIC, MANIFEST, TEC, BentPlan, contest, minuted, more, part, reserved
from tests.support.house import read_page
from tests.support.papers import EVENING, LINES, PLAN, QUIET, RACE, duty, form, paper, result_form, text, unit
from tests.support.plans import LIMIT, manifest_for
from verifier.election.manifest import MOST_OPTIONS
from verifier.errors import Rejected, Said
from verifier.paper import consistency
from verifier.paper.consistency import MOST_LINES, WITHHELD, check_plan, complaints
from verifier.paper.plan import CODEC, FormLine, Plan, PlanLevel, Reserve
from verifier.place import Place
from verifier.records import LIMIT as MOST_BYTES
from verifier.records import encode

if TYPE_CHECKING:
    from verifier.election.manifest import Manifest

WHERE = Place(file="plan")


def refused(plan: Plan, manifest: Manifest = MANIFEST) -> str:
    """What the plan is refused for."""
    with pytest.raises(Rejected) as caught:
        check_plan(plan, manifest, WHERE)
    assert (caught.value.id, caught.value.where) == ("PRT.1", WHERE)
    return caught.value.detail


@pytest.mark.parametrize("twin", BENT, ids=lambda twin: f"{twin.rule}: {twin.said}")
def test_a_plan_with_one_thing_bent_is_refused_for_that(twin: BentPlan) -> None:
    assert CODEC.decode(encode(twin.plan)) == twin.plan
    assert refused(twin.plan, twin.manifest) == twin.said


@pytest.mark.parametrize("twin", [twin for twin in BENT if twin.rule.startswith("8")], ids=lambda twin: twin.said)
def test_without_the_manifest_nothing_is_said_of_it(twin: BentPlan) -> None:
    assert list(complaints(twin.plan, None)) == []


def test_every_sentence_of_the_check_and_every_rule_of_the_page_has_a_twin() -> None:
    source = Path(consistency.__file__).read_text(encoding="utf-8")
    said = {next(complaints(twin.plan, twin.manifest)).text for twin in BENT}
    assert said == set(re.findall(r'yield .+, "([^"]*{}[^"]*)", ', source))
    page = read_page("plan").partition("## 2.")[2].partition("## 9.")[0]
    rules = [
        f"{chapter[:1]}.{number}"
        for chapter in f"2.{page}".split("## ")
        for number in re.findall(r"\n(\d)\. ", chapter)
    ]
    assert sorted({twin.rule for twin in BENT}) == rules


def test_the_plan_is_consistent() -> None:
    check_plan(PLAN, MANIFEST, WHERE)
    check_plan(PLAN, replace(MANIFEST, commissions=(*MANIFEST.commissions, ELECTRONIC)), WHERE)


@pytest.mark.parametrize(
    "plan",
    [
        part(PLAN, "units", "p-1", quorum=3, members=15, ahead=3_600),
        contest(seats=4, marks=4),
        reserved(Reserve(("anar",), 3, 10), Reserve(("bolot",), 1, 2), seats=4),
        part(PLAN, "forms", "meeting", least=3),
        minuted(*(f"k{n}" for n in range(MOST_LINES - len(QUIET)))),
        part(PLAN, "duties", "B5", until=EVENING + 1),
        part(PLAN, "duties", "B23", limit=LIMIT.id),
        more("duties", duty("X", "central", "stand", "what-hangs", after=("B27",), ideally=("B1",))),
        more("forms", form("act", "territorial", "listed")),
    ],
)
def test_a_plan_at_its_bounds_is_consistent(plan: Plan) -> None:
    check_plan(plan, manifest_for(plan), WHERE)


def test_an_electronic_unit_may_say_what_is_withheld() -> None:
    [old] = [each for each in PLAN.forms if each.id == "e-protocol"]
    lines = (*old.lines, FormLine(WITHHELD, 9, text("")))
    check_plan(part(PLAN, "forms", "e-protocol", lines=lines), replace(MANIFEST, minimum=2), WHERE)


def test_levels_may_be_a_tree_and_the_body_below_its_top() -> None:
    """5.6 and 3.4: what two levels under one state is added up; above the body nobody has the contest."""
    abroad = PlanLevel("abroad", text("abroad"), "territorial", rooted=False)
    consulate = result_form("consular", "abroad", *LINES, "invalid", "valid")
    plan = replace(
        PLAN,
        levels=(*PLAN.levels, abroad),
        units=(*PLAN.units, unit("moscow", "abroad", "tec-1")),
        forms=(*PLAN.forms, consulate),
    )
    assert refused(plan) == ADDING.format("protocol-tec")
    added = part(plan, "forms", "protocol-tec", adds={**TEC, "consular": {}})
    check_plan(added, MANIFEST, WHERE)
    village = part(contest(body="tec-2"), "units", "cec", contests=())
    assert refused(village) == f"tec-1 has the contest {RACE}, but what is above it has not"
    alone = replace(
        village, units=tuple(each for each in village.units if each.above != "tec-1" and each.id != "tec-1")
    )
    check_plan(alone, MANIFEST, WHERE)


def test_a_long_circle_is_named_by_its_beginning() -> None:
    chain = [duty(f"D{n}", "precinct", "stand", after=(f"D{(n + 1) % 5_000}",)) for n in range(5_000)]
    said = refused(replace(PLAN, duties=tuple(chain)))
    assert said.startswith("these duties wait for each other: D")
    assert said.count("D") == 8


def test_the_largest_figures_fit_a_record() -> None:
    """5.1: 64 lines with the longest keys, the votes for 255 options, each as great as can be."""
    most = 2**53 - 1
    keys = [f"{number:040}" for number in range(MOST_LINES)]
    empty, full = (
        paper("p-1", "protocol", {}),
        paper("p-1", "protocol", dict.fromkeys(keys, most), [most] * MOST_OPTIONS),
    )
    assert len(encode(full)) - len(encode(empty)) < 10_000 < MOST_BYTES


VALUES: dict[str, list[Any]] = {
    name: [getattr(PLAN, name), getattr(PLAN, name)[:-1], getattr(PLAN, name)[1:], ()]
    for name in ("levels", "units", "contests", "forms", "ratios", "matches", "duties", "participants")
}


@given(st.fixed_dictionaries({name: st.sampled_from(values) for name, values in VALUES.items()}))
def test_what_is_missing_is_told_and_nothing_falls_over(fields: dict[str, Any]) -> None:
    """No plan that has the form makes the check raise anything but a refusal."""
    plan = replace(PLAN, **fields)
    told = list(complaints(plan, MANIFEST))
    assert all(isinstance(said, Said) for said in told)
    assert told or plan.levels


WORDS = st.sampled_from(["", "cec", "tec-1", "p-1", "e-1", "central", "precinct", RACE, "protocol", "B9", "valid", "x"])
"""Words that may stand anywhere in a plan."""


def strings(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all strings in a plan that was read as plain JSON."""
    if isinstance(value, str):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in inner for found in strings(each, (*path, key))]


PLAIN = msgspec.json.encode(PLAN)
PATHS = [path for path in strings(msgspec.json.decode(PLAIN)) if "name" not in path and "words" not in path]


@given(st.dictionaries(st.sampled_from(PATHS), WORDS, min_size=1, max_size=3))
def test_words_in_wrong_places_never_make_the_check_fall_over(changes: dict[tuple[Any, ...], str]) -> None:
    held = msgspec.json.decode(PLAIN)
    for path, word in changes.items():
        inside = held
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = word
    try:
        plan = msgspec.convert(held, Plan)
    except msgspec.ValidationError:
        return
    assert all(isinstance(said, Said) for said in complaints(plan, MANIFEST))
