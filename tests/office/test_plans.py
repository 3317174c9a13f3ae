"""The ready plans: consistent, in three languages, each figure with a second source, and the dates of the notices."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from bulletin.office.plans import READY
from bulletin.office.plans.ready import ready_plan
from bulletin.office.plans.structure import table
from bulletin.operate.commands import main
from tests.support.plans import LIMIT, manifest_for
from verifier.desk.report.letters import is_blank
from verifier.desk.report.plan import sourced
from verifier.paper.consistency import WITHHELD, check_plan
from verifier.paper.plan import CODEC, VOTES
from verifier.place import Place
from verifier.records import Text, encode

if TYPE_CHECKING:
    from pathlib import Path

    from bulletin.office.plans import Ready
    from verifier.paper.plan import Plan

BISHKEK = timezone(timedelta(hours=6))


@cache
def plan(name: Ready) -> Plan:
    return ready_plan(name)


def moment(seconds: int) -> str:
    """In Bishkek; "" where there is no date."""
    return f"{datetime.fromtimestamp(seconds, BISHKEK):%Y-%m-%d %H:%M}" if seconds else ""


def texts(value: Any) -> list[Text]:
    """All texts in a value."""
    if isinstance(value, Text):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [found for name in value.__struct_fields__ for found in texts(getattr(value, name))]
    return [found for each in value for found in texts(each)] if isinstance(value, tuple) else []


@pytest.mark.parametrize("name", READY)
def test_a_ready_plan_is_consistent(name: Ready) -> None:
    check_plan(plan(name), manifest_for(plan(name), minimum=5), Place())
    assert CODEC.decode(encode(plan(name))) == plan(name)


@pytest.mark.parametrize("name", READY)
def test_every_text_is_there_in_three_languages(name: Ready) -> None:
    found = texts(plan(name))
    assert len(found) > 100
    for text in found:
        assert not any(is_blank(said) for said in (text.en, text.ky, text.ru)), text
        assert not re.search("[а-яёңөү]", text.en.lower()), text
        for said in (text.ky, text.ru):
            assert re.search("[а-яёңөү]", said.lower()), text
            assert not re.search("[a-z\u0370-\u03ff\u0472\u0473\u04b0\u04b1{}]", said.lower()), text


@pytest.mark.parametrize("name", READY)
def test_every_figure_has_a_second_source(name: Ready) -> None:
    """specs/plan.md §10.2."""
    for form in plan(name).forms:
        assert form.keys | ({VOTES} if form.votes else set()) <= sourced(plan(name), form), form.id


@pytest.mark.parametrize("name", READY)
def test_every_line_of_a_sum_comes_from_beneath(name: Ready) -> None:
    made = plan(name)
    forms = {form.id: form for form in made.forms}
    for form in made.forms:
        given = {renamed.get(line.key, line.key) for below, renamed in form.adds.items() for line in forms[below].lines}
        if form.adds:
            assert {line.key for line in form.lines} == given | {"units", "annulled"}


@pytest.mark.parametrize("name", READY)
def test_every_equation_of_a_protocol_holds_of_its_sums(name: Ready) -> None:
    made = plan(name)
    for form in made.forms:
        if form.states_results:
            ids = {each.id.partition("-")[0] for each in made.ratios if each.form == form.id}
            assert ids == {"E1", "E2", "E3"} if form.electronic else ids >= {"C1", "C2", "C4", "C5", "C6", "C7"}


@pytest.mark.parametrize("name", READY)
def test_what_is_unverified_is_there(name: Ready) -> None:
    """specs/plan.md §9: every path leads to a part of the plan."""
    made = msgspec.to_builtins(plan(name))
    for path in made["unverified"]:
        found = [made]
        for word in path.split("."):
            found = [inner for each in found for inner in inside(each, word)]
        assert found, path


def inside(value: Any, word: str) -> list[Any]:
    """What a word of a path leads to."""
    if isinstance(value, dict):
        return list(value.values()) if word == "*" else [value[word]] if word in value else []
    listed = value if isinstance(value, list | tuple) else ()
    return [
        each for each in listed if word == "*" or (isinstance(each, dict) and word in {each.get("id"), each.get("key")})
    ]


def test_the_notice_of_2017_has_27_duties() -> None:
    """B1 to B27 in the law's order, each with what shows it, and the dates."""
    made = plan("president-2017")
    duties = {duty.id: duty for duty in made.duties}
    assert list(duties) == [f"B{number}" for number in range(1, 28)]
    assert {id: moment(duty.until) for id, duty in duties.items() if duty.until} == {
        "B5": "2017-10-15 21:00",
        "B11": "2017-10-19 00:00",
        "B12": "2017-10-19 00:00",
        "B13": "2017-10-16 06:00",
        "B21": "2017-11-03 00:00",
        "B22": "2017-10-21 00:00",
        "B23": "2017-11-04 00:00",
        "B26": "2017-11-05 00:00",
    }
    assert {moment(duty.since) for duty in made.duties} == {"", "2017-10-15 20:00"}
    assert {id: (duty.past, duty.within) for id, duty in duties.items() if duty.past} == {
        "B24": ("B26", 86_400),
        "B27": ("B26", 14 * 86_400),
    }
    assert {id for id, duty in duties.items() if duty.inclusive} == {"B11", "B12", "B21", "B22", "B23", "B26"}
    shown = Counter(duty.evidence.kind for duty in made.duties)
    assert shown == {"paper": 18, "publication": 5, "stand": 3, "record": 1}
    assert duties["B26"].ideally == ("B21", "B23")


def test_a_duty_comes_after_the_papers_that_its_own_paper_needs() -> None:
    """The meeting stands before the protocol of its commission, and the acts before it."""
    made = plan("president-2017")
    after = {duty.id: duty.after for duty in made.duties}
    papers = {duty.id: duty.evidence.of for duty in made.duties}
    for above, below in (("B9", "B8"), ("B15", "B25"), ("B20", "B19"), ("B25", "B13"), ("B19", "B16")):
        assert below in after[above]
        assert papers[above] != papers[below]


def test_the_units_of_2017() -> None:
    made = plan("president-2017")
    assert Counter(unit.level for unit in made.units) == {"central": 1, "territorial": 54, "precinct": 2_375}
    below = Counter(unit.above for unit in made.units if unit.level == "precinct")
    assert below["tec-abroad-1"] == 37
    regions = {region["id"]: region for region in table()["regions"]}
    shares = Counter[str]()
    for territory, count in below.items():
        shares[territory.removeprefix("tec-").rpartition("-")[0]] += count
    for id, region in regions.items():
        assert id == "abroad" or abs(shares[id] - region["precincts"] * 2_338 / 2_289) < 1
    numbers = [unit.id for unit in made.units if unit.level == "precinct"]
    assert all(re.fullmatch(r"p-[1-9]\d{3}", number) for number in numbers)
    assert {number[2] for number in numbers} == set("123456789")


def test_the_village_council_of_2023() -> None:
    made = plan("village-2023")
    [contest] = made.contests
    assert (contest.seats, contest.electronic) == (7, "samarkandek")
    [kept] = contest.reserves
    assert (kept.part, kept.whole) == (3, 10)
    assert [unit.id for unit in made.units if unit.electronic] == ["p-8199"]
    [electronic] = [form for form in made.forms if form.electronic]
    assert WITHHELD in {line.key for line in electronic.lines}
    duties = {duty.id: duty for duty in made.duties}
    assert {"A1", "A2", "A3", "A5", "A8"} < duties.keys()
    assert (duties["A3"].limit, moment(LIMIT.instant)) == ("list-closed", "2023-03-26 00:00")
    assert (moment(duties["B5"].since), moment(duties["B26"].until)) == ("2023-04-09 20:00", "2023-04-30 00:00")


def test_the_sketch_of_2025() -> None:
    made = plan("parliament-2025")
    assert len(made.contests) == 30
    assert {(each.seats, each.marks, len(each.reserves)) for each in made.contests} == {(3, 1, 2)}
    assert [level.id for level in made.levels] == ["central", "district", "precinct"]
    assert Counter(unit.level for unit in made.units) == {"central": 1, "district": 30, "precinct": 2_492}
    assert "forms" in made.unverified
    assert not [each.id for each in made.ratios if each.id.startswith("C3")]


def test_a_ready_plan_takes_the_units_that_it_is_given() -> None:
    kept = [unit for unit in plan("village-2023").units if unit.id != "p-8101"]
    assert ready_plan("village-2023", kept) == replace(plan("village-2023"), units=tuple(kept))


def test_a_ready_plan_is_written_once(tmp_path: Path) -> None:
    """The same bytes may be written again, and nothing else is overwritten."""
    place = tmp_path / "plan.json"
    for name, status in (("village-2023", 0), ("village-2023", 0), ("parliament-2025", 1)):
        done = CliRunner().invoke(main, ["plan", name, "--out", str(place), "--lang", "en"])
        assert (done.exit_code, str(place) in done.stderr) == (status, status == 1)
    assert place.read_bytes() == encode(plan("village-2023"))


def test_a_term_is_left_out_only_where_the_form_lacks_its_line() -> None:
    """Every term of a ratio is a line of one of the forms at least for which it stands."""
    from bulletin.office.plans.ready import _table

    lines = _table("forms")["lines"].keys() | {VOTES}
    used = {
        term.rpartition(" ")[2]
        for each in _table("forms")["ratios"]
        for side in re.split(" <?= ", each["rule"])
        for term in side.split(" + ")
    }
    assert used <= lines
    made = {key for name in READY for each in plan(name).ratios for key in (*each.left, *each.right)}
    assert used == made
