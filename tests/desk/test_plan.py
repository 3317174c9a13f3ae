"""`aikyn-verify plan`: a plan said to people in three languages, and its mistakes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bulletin.office.plans import READY
from bulletin.office.plans.ready import ready_plan
from tests.corpus.plans import BENT, BentPlan, part
from tests.support.papers import PLAN, duty, text
from tests.support.plans import LIMIT, manifest_for
from verifier.desk.commands.main import main
from verifier.desk.report.language import LANGUAGES, Quote, words
from verifier.desk.report.plan import SIGN, doubted, explain_plan
from verifier.paper.consistency import complaints
from verifier.paper.plan import Plan, Reserve
from verifier.records import encode

if TYPE_CHECKING:
    from pathlib import Path

    from bulletin.office.plans import Ready
    from verifier.desk.report.language import Language
    from verifier.election.manifest import Manifest


def ask(place: Path, plan: Plan | bytes, *line: str, manifest: Manifest | None = None) -> Result:
    """What the command answers about the plan."""
    (place / "plan.json").write_bytes(plan if isinstance(plan, bytes) else encode(plan))
    if manifest:
        (place / "manifest").write_bytes(encode(manifest))
        line = (*line, "--manifest", str(place / "manifest"))
    return CliRunner().invoke(main, ["plan", str(place / "plan.json"), *line], env={"COLUMNS": "1500"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", READY)
def test_a_ready_plan_is_explained(tmp_path: Path, name: Ready, language: Language) -> None:
    plan = ready_plan(name)
    done = ask(tmp_path, plan, "--lang", language, manifest=manifest_for(plan))
    w = words(language)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == w["plan.right"]
    squeezed = " ".join(done.stdout.split())
    parts: list[Any] = [*plan.forms, *plan.contests, *plan.levels, *plan.ratios, *plan.duties, *plan.matches]
    assert [each.id for each in parts if each.id not in squeezed] == []
    for form in plan.forms:
        assert w.text(form.name) in squeezed
        assert all(w.text(line.name) in squeezed for line in form.lines)
    assert all(w.text(duty.words) in squeezed for duty in plan.duties)
    assert all(path in squeezed for path in plan.unverified)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_line_that_nothing_else_states_is_marked(tmp_path: Path, language: Language) -> None:
    """specs/figures.md §18.3: those of the meeting without its ratio; without any, what is in no match or sum."""
    without = replace(PLAN, ratios=tuple(one for one in PLAN.ratios if one.id != "R1"))
    said = words(language)["plan.alone"]
    for plan, times in ((PLAN, 0), (without, 4), (replace(PLAN, ratios=()), 15)):
        assert ask(tmp_path, plan, "--lang", language, manifest=manifest_for(plan)).stdout.count(said) == times


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The plan of 2023 in English."""
    plan = ready_plan("village-2023")
    return ask(tmp_path_factory.mktemp("said"), plan, manifest=manifest_for(plan)).stdout


def row(said: str, id: str) -> str:
    """The row of a table that begins with this id."""
    [found] = [line for line in said.splitlines() if re.match(rf"{id}(\s|$)", line)]
    return " ".join(found.split())


def test_ratios_are_written_out_in_the_order_of_the_form(said: str) -> None:
    assert row(said, "C1").startswith(
        "C1 ⚠ protocol received = unused + spoiled + issued-inside + issued-outside error every ballot"
    )
    assert "1,000 × received ≤ 1,001 × listed warning law 68" in row(said, "C3")
    total = "in-portable + in-stationary + electronic = e-withheld + invalid + valid"
    assert f"C6-tec ⚠ protocol-tec {total} error" in row(said, "C6-tec")


def test_dates_are_said_in_both_ways(said: str) -> None:
    assert "not earlier than 9 April 2023, 20:00, that is from this second on (Bishkek) ⚠" in row(said, "B1")
    assert "before 9 April 2023, 21:00, that is at the latest on 9 April 2023, 20:59:59 (Bishkek) ⚠" in row(said, "B5")
    inclusive = "not later than 29 April 2023 inclusive, that is before 30 April 2023, 00:00 (Bishkek) ⚠; after B15 ⚠"
    assert inclusive in row(said, "B26")
    limit = (
        "the manifest's time limit list-closed: not later than 25 March 2023 inclusive, that is before 26 March 2023"
    )
    assert limit in row(said, "A3")
    assert "⚠; at once; after B9 ⚠ a paper: handover" in row(said, "B13")


def test_contests_and_sums_are_explained(said: str) -> None:
    contest = row(said, "samarkandek")
    assert "against all: Against all; at least 3 of 7 for Candidate 2 (synthetic), Candidate 5" in contest
    assert contest.endswith("electronic voting: samarkandek")
    assert "adds up e-protocol (e-counted → electronic), protocol" in said
    assert row(said, "precinct").startswith("precinct precinct election commission 7 ⚠ 1")
    assert "amend a date" in said


def test_without_the_manifest_it_says_what_is_left_open(tmp_path: Path) -> None:
    done = ask(tmp_path, PLAN)
    assert done.exit_code == 2
    assert "COULD NOT BE CHECKED: without --manifest (specs/plan.md §8)" in done.stderr
    assert words("en")["plan.right"] not in done.stdout


def test_every_mistake_is_named(tmp_path: Path) -> None:
    plan = replace(part(PLAN, "units", "p-1", quorum=4), participants=("scanned",))
    for manifest in (None, manifest_for(PLAN)):
        done = ask(tmp_path, plan, manifest=manifest)
        assert done.exit_code == 1
        assert "REJECTED: PRT.1: the quorum of p-1 is 4 of 3 members, 15 at most\n" in done.stderr
        naming = "participants names scanned, which is not among the lines that it can name"
        assert f"REJECTED: PRT.1: {naming}\n" in done.stderr
        assert "Control ratios" in done.stdout


def test_what_is_no_plan_is_not_well_formed(tmp_path: Path) -> None:
    for raw in (b"", b"{}", encode(PLAN) + b"\n", encode(manifest_for(PLAN))):
        done = ask(tmp_path, raw)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("NOT WELL FORMED: ")
    (tmp_path / "manifest").write_bytes(encode(PLAN))
    done = ask(tmp_path, PLAN, "--manifest", str(tmp_path / "manifest"))
    assert (done.exit_code, done.stderr.startswith("NOT WELL FORMED: ")) == (2, True)


def test_the_answer_as_json(tmp_path: Path) -> None:
    wrong = part(PLAN, "units", "p-1", quorum=4)
    for plan, manifest, status in ((PLAN, manifest_for(PLAN), 0), (wrong, manifest_for(PLAN), 1), (PLAN, None, 2)):
        done = ask(tmp_path, plan, "--json", manifest=manifest)
        assert (done.exit_code, done.stderr) == (status, "")
        told = json.loads(done.stdout)
        assert told["exit"] == status
        assert told["mistakes"] == (["PRT.1: the quorum of p-1 is 4 of 3 members, 15 at most"] if status == 1 else [])
        assert told["unchecked"] == ([] if manifest else ["plan §8"])
        assert told["units_by_level"] == {"central": 1, "territorial": 2, "precinct": 6}
        assert told["unverified"] == ["forms.*.lines"]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("twin", BENT, ids=lambda twin: f"{twin.rule}: {twin.said}")
def test_each_mistake_is_told_in_the_language(twin: BentPlan, language: Language) -> None:
    """Whatever is wrong with a plan is told in the reader's language, down to the kind of what is named."""
    w = words(language)
    for complaint in complaints(twin.plan, twin.manifest):
        told = w.detail(complaint)
        assert not isinstance(told, Quote)
        assert re.search("[а-яөүң]{3}", told)
        assert not re.search(r"\b(levels|units|contests|options|forms|lines|duties|records|matches|ratios)$", told)


def test_what_others_wrote_cannot_paint_the_terminal(tmp_path: Path) -> None:
    painted = text("\x1b[31mred")
    plan = part(part(PLAN, "forms", "protocol", name=painted), "duties", "B9", words=painted)
    done = ask(tmp_path, part(plan, "levels", "central", name=painted))
    assert "\x1b" not in done.output
    assert "\\u{1b}[31mred" in done.output


@pytest.mark.parametrize(
    ("path", "asked", "covered"),
    [
        ("forms", ("forms",), True),
        ("forms", ("forms", "protocol", "least"), True),
        ("forms.*.least", ("forms", "protocol", "least"), True),
        ("forms.*.least", ("forms", "protocol"), False),
        ("forms.protocol", ("forms", "protocol-tec"), False),
        ("forms.protocol", ("forms", "protocol", "lines"), True),
        ("*", ("may", "annul"), True),
    ],
)
def test_what_a_path_covers(path: str, asked: tuple[str, ...], *, covered: bool) -> None:
    assert doubted(replace(PLAN, unverified=(path,)), *asked) is covered


def test_a_part_is_marked_once() -> None:
    """§9.2: what is below something marked is not marked again; what is not covered never is."""
    marked = explain_plan(replace(PLAN, unverified=("forms", "duties.B5.until")), words("en"))
    titles = {section.id: section.title for section in marked}
    assert [id for id, title in titles.items() if title.endswith(SIGN)] == ["forms"]
    assert msgspec.json.encode(marked).decode().count(SIGN) == 2
    assert SIGN not in msgspec.json.encode(explain_plan(replace(PLAN, unverified=()), words("en"))).decode()


def test_an_election_of_every_kind_of_part_is_explained() -> None:
    contest = {"reserves": (Reserve(("anar",), 1, 2),), "seats": 2, "rule": "plurality"}
    plan = part(PLAN, "contests", "president", **contest)
    plan = replace(
        plan, duties=(*plan.duties, duty("X", "central", "stand", limit=LIMIT.id, soon=True)), participants=()
    )
    for language in LANGUAGES:
        assert explain_plan(plan, words(language)) != explain_plan(plan, words(language), (LIMIT,))


IDS = st.sampled_from(["", "cec", "central", "president", "protocol", "votes", "B9", "valid", "x"])


def strings(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all strings in plain JSON."""
    if isinstance(value, str):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in inner for found in strings(each, (*path, key))]


PLAIN = msgspec.json.encode(PLAN)


@given(st.dictionaries(st.sampled_from(strings(msgspec.json.decode(PLAIN))), IDS, min_size=1, max_size=3))
def test_a_plan_with_mistakes_is_explained_all_the_same(changes: dict[tuple[Any, ...], str]) -> None:
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
    assert len(explain_plan(plan, words("ky"))) == 8
