"""Observers' copies, the copies register, what was handed in without a key (specs/copies.md §1 to §6)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.support.house import HOUSE
from tests.support.papers import PLAN, RACE, file, paper, register, state_of
from tests.support.rulings import VOTES, Found, counted, findings, honest, leaf_of, rewritten
from verifier.paper.copies import judge_copies
from verifier.paper.papers import NONE, Effective, EnteredPaper, Observation, Of, Typed
from verifier.paper.standing import Judgement, Papers
from verifier.place import Place

SEEN = 12  # the record of the first copy


def copy(votes: Sequence[int] = VOTES["p-1"], unit: str = "p-1", **fields: Any) -> Observation:
    """Kloop's stamped copy of the unit's protocol, with these votes."""
    plain = Observation(
        observer="kloop",
        unit=unit,
        contest=RACE,
        form="protocol",
        lines=counted(unit, VOTES[unit]).lines,
        votes=tuple(votes),
        of=NONE,
        copy=3,
        stamped=True,
        refused=False,
        held=0,
        photos=(),
        signature=b"",
    )
    return replace(plain, **fields)


def note(state: Papers, *observations: Observation) -> Papers:
    """The state with these observations, from record 12 on."""
    for observation in observations:
        position = SEEN + len(state.observed)
        state.observed.append(Effective(leaf_of((observation, position)), position, observation))
    return state


def refusal(observer: str = "kloop", unit: str = "p-1") -> Observation:
    return copy((), unit, observer=observer, lines={}, refused=True, stamped=False)


def judged(state: Papers) -> Found:
    return findings(state, judge_copies)


def sentences(state: Papers) -> list[str]:
    judgement = Judgement(state, PLAN)
    judge_copies(judgement)
    return [str(finding.detail) for finding in judgement.findings]


def here(id: str, severity: Any = "error", record: int = SEEN) -> Found:
    return {(id, severity, Place(unit="p-1", contest=RACE, form="protocol", record=record))}


SWAPPED = (20, 70, 6, 2)


# --- §3 ---


def test_nothing_is_found_of_right_copies() -> None:
    state = note(honest(), copy(), copy(observer="common-cause"), copy(observer="", stamped=False))
    note(state, copy(VOTES["p-2"], "p-2"), copy((), lines={"invalid": 2}), copy(VOTES["p-1"], lines={}))
    assert judged(state) == set()
    judgement = Judgement(state, PLAN)
    judge_copies(judgement)
    assert +judgement.counts == {"PRT.28": 6, "PRT.29": 6, "PRT.30": 2}


def test_swapped_candidates_are_found_where_an_observer_has_a_copy() -> None:
    """Fault 5."""
    assert judged(note(honest(votes=VOTES | {"p-1": SWAPPED}), copy())) == here("PRT.28")


def test_what_was_rewritten_after_the_copy_was_given_is_found() -> None:
    """Fault 10."""
    state = honest()
    [first] = state.versions[Of("p-1", RACE, "protocol")]
    rewritten(state, "p-1", (70, 19, 7, 2), 13, "typing")
    assert judged(note(state, copy())) == here("PRT.28")
    state.observed.clear()
    assert judged(note(state, copy(of=first.leaf))) == here("PRT.28")
    assert sentences(state) == [
        "kloop's copy / the version copied / the one in force: bolot 20 / 20 / 19, cholpon 6 / 6 / 7"
    ]


def test_each_line_is_compared_and_a_line_that_the_paper_lacks_is_told() -> None:
    state = note(honest(), copy((), lines={"invalid": 3, "valid": 98, "wasted": 1}))
    assert judged(state) == here("PRT.28")
    assert sentences(state) == [
        "kloop's copy / the version copied / the one in force: invalid 3 / 2 / 2, wasted 1 / – / –"
    ]


@pytest.mark.parametrize("fields", [{"observer": ""}, {"stamped": False}], ids=str)
def test_a_copy_that_nobody_answers_for_is_a_warning(fields: dict[str, Any]) -> None:
    assert judged(note(honest(), copy(SWAPPED, **fields))) == here("PRT.28", "warning")


def test_a_line_and_an_option_of_one_name_are_two_things() -> None:
    options = PLAN.contests[0].options
    race = replace(PLAN.contests[0], options=(replace(options[0], id="valid"), *options[1:]))
    state = honest(replace(PLAN, contests=(race,)))
    assert judged(note(state, copy())) == set()
    assert judged(note(state, copy(lines={"valid": 70}))) == here("PRT.28", record=SEEN + 1)


def test_rows_entered_from_above_stand_in_for_versions() -> None:
    state = honest(without="p-1")
    assert judged(note(state, copy(SWAPPED))) == set()
    rows = state.entered.setdefault(Of("p-1", RACE, "protocol"), [])
    lines = counted("p-1", VOTES["p-1"]).lines
    rows.append(EnteredPaper(14, "tec-1", Typed("p-1", RACE, lines, SWAPPED)))
    assert judged(state) == set()
    rows.append(EnteredPaper(15, "tec-1", Typed("p-1", RACE, lines, VOTES["p-1"])))
    assert judged(state) == here("PRT.28")
    file(state, counted("p-1", SWAPPED), 16)
    assert judged(state) == set()


def test_a_paper_without_a_contest_is_compared_too() -> None:
    state = honest()
    file(state, paper("p-1", "act-unused", {"unused": 47, "spoiled": 1}))
    seen = copy((), contest="", form="act-unused", lines={"unused": 46, "spoiled": 1})
    assert judged(note(state, seen)) == {
        ("PRT.28", "error", Place(unit="p-1", form="act-unused", record=SEEN)),
    }


def rows_of_the_page() -> list[tuple[str, ...]]:
    page = (HOUSE / "specs" / "copies.md").read_text()
    return re.findall(r"^\| ([c–][^|,]*), ([c–][^|]*) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)


@pytest.mark.parametrize(("first", "second", "one", "other", "found"), rows_of_the_page())
def test_the_page_says_what_is_found(first: str, second: str, one: str, other: str, found: str) -> None:
    def votes(said: str) -> tuple[int, ...]:
        return (70, 20, int(said.removeprefix("c ")), 2)

    state = state_of()
    leaves = {"none": NONE}
    for name, version in (("first", first), ("second", second)):
        if version != "–":
            leaves[name] = file(state, counted("p-1", votes(version)))
    for observer, seen in (("kloop", one), ("common-cause", other)):
        if seen != "–":
            number, _, of = seen.partition(", ")
            note(state, copy(votes(number), observer=observer, lines={}, of=leaves[of]))
    at = SEEN + ("other copy" in found)
    expected = {(id, "error" if id == "PRT.28" else "warning") for id in re.findall(r"PRT\.\d+", found)}
    assert judged(state) == set().union(*(here(id, severity, at) for id, severity in expected))


def test_the_page_has_its_rows() -> None:
    assert len(rows_of_the_page()) == 9


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=4), st.data())
def test_a_copy_is_right_if_its_version_and_the_last_one_say_the_same(
    history: list[tuple[int, ...]], data: st.DataObject
) -> None:
    state = state_of()
    leaves = [file(state, counted("p-1", votes, held=at)) for at, votes in enumerate(history)]
    at = data.draw(st.integers(0, len(history) - 1))
    votes = data.draw(st.sampled_from([*history, (0, 0, 0, 0)]))
    note(state, copy(votes, lines={}, of=leaves[at]))
    assert (judged(state) == set()) == (votes == history[at] == history[-1])


# --- §4 ---


def test_two_observers_who_disagree_are_found() -> None:
    """Fault 23."""
    state = note(honest(), copy(), copy(SWAPPED, observer="common-cause"))
    assert judged(state) == here("PRT.28", record=SEEN + 1) | here("PRT.29", "warning", SEEN + 1)
    assert sentences(state)[1] == "another copy / common-cause's copy: anar 70 / 20, bolot 20 / 70"


def test_one_observer_is_not_two() -> None:
    state = note(honest(), copy(), copy(SWAPPED))
    assert judged(state) == here("PRT.28", record=SEEN + 1)


def test_whoever_is_first_is_compared_with_the_first_of_the_others() -> None:
    first, second = copy(), copy(observer="common-cause")
    state = note(state_of(), first, second, copy(SWAPPED))
    assert judged(state) == here("PRT.29", "warning", SEEN + 2)


def test_copies_without_a_key_are_of_several_people() -> None:
    state = note(state_of(), copy(observer="", stamped=False), copy(SWAPPED, observer="", stamped=False))
    assert judged(state) == here("PRT.29", "warning", SEEN + 1)
    assert sentences(state) == ["another copy / somebody without a key's copy: anar 70 / 20, bolot 20 / 70"]


def test_copies_of_other_units_forms_or_versions_are_not_compared() -> None:
    state = state_of()
    note(state, copy(), copy(SWAPPED, "p-2", observer="b"), copy(SWAPPED, form="aeu", observer="c"))
    assert judged(state) == set()


# --- §5 ---


def registered(given: int, refused: int, *observations: Observation) -> Papers:
    state = honest()
    file(state, paper("p-1", "copies", register(given, refused)), 10)
    return note(state, *observations)


REGISTER = Place(unit="p-1", form="copies", record=10)


def test_a_refusal_that_the_register_has_not_is_found() -> None:
    """Fault 24."""
    assert judged(registered(5, 0, refusal())) == {("PRT.30", "warning", REGISTER)}
    assert judged(registered(5, 1, refusal())) == set()
    assert judged(registered(5, 1, refusal(), refusal())) == set()
    assert judged(registered(5, 1, refusal(), refusal("common-cause"))) == {("PRT.30", "warning", REGISTER)}
    assert sentences(registered(5, 1, refusal(), refusal("a"))) == [
        "the register has 1 refusals, and refused were a, kloop"
    ]


def test_a_refusal_is_found_without_a_register() -> None:
    assert judged(note(honest(), refusal())) == {("PRT.30", "warning", Place(unit="p-1", form="copies"))}
    electronic = Place(unit="e-1")
    assert judged(note(honest(), replace(refusal(), unit="e-1"))) == {("PRT.30", "warning", electronic)}
    assert judged(note(honest(), refusal(""))) == set()


def test_more_copies_than_the_register_has_are_found() -> None:
    """F13: the people who were present are no copies."""
    others = copy(observer="common-cause"), copy(observer="", stamped=False), copy(observer="ode", stamped=False)
    assert judged(registered(1, 0, copy(), copy(), *others)) == {("PRT.30", "warning", REGISTER)}
    assert judged(registered(2, 0, copy(), copy(), *others)) == set()
    assert judged(note(honest(), copy(), *others)) == set()
    assert sentences(registered(1, 0, copy(), *others)) == [
        "the register has 1 copies, and copies have common-cause, kloop"
    ]


# --- §6 ---


def taken(state: Papers, position: int, leaves: Sequence[bytes], *withheld: tuple[bytes, str]) -> None:
    state.unshown |= dict(withheld)
    for leaf in leaves:
        state.taken.setdefault(leaf, position)


def test_what_was_handed_in_is_shown_or_withheld() -> None:
    state = note(honest(), copy(observer=""))
    shown, hidden, lost = state.observed[0].leaf, b"h" * 32, b"l" * 32
    taken(state, 30, [shown])
    assert judged(state) == set()
    taken(state, 31, [hidden], (hidden, "a face is in the picture"))
    assert judged(state) == {("PRT.31", "information", Place(record=31))}
    taken(state, 32, [lost, hidden])
    warning = {("PRT.31", "warning", Place(record=32))}
    assert judged(state) == {("PRT.31", "information", Place(record=31))} | warning
    taken(state, 33, [], (lost, "  "))
    assert warning <= judged(state)
    taken(state, 34, [], (lost, "not a protocol"))
    assert judged(state) == {("PRT.31", "information", Place(record=at)) for at in (31, 32)}
