"""A rejection begins with one sentence, the gravest cause first; what is equal is told once; a screen shows it."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.corpus import boards, mixes
from tests.corpus.twin import FAULTS, Liar, honest, phases, tell
from tests.support import copies
from tests.support.desk import SHEET, files
from verifier.audit.clauses import BLOCKS, CLAUSES
from verifier.audit.verdict import Line
from verifier.desk.page.html import page
from verifier.desk.report import report as reports
from verifier.desk.report.clauses import explain
from verifier.desk.report.folding import fold, where
from verifier.desk.report.gravity import GRAVITY, by_gravity, degree, headline
from verifier.desk.report.language import LANGUAGES, Quote, words
from verifier.desk.report.telling import tell as tell_whole
from verifier.desk.report.telling import tell_briefly, tell_by_hand
from verifier.desk.report.terminal import show
from verifier.errors import Said, say
from verifier.place import Place
from verifier.rule import Phase

if TYPE_CHECKING:
    from verifier.desk.report.language import Language
    from verifier.desk.report.report import Report


@cache
def accepted() -> Report:
    board = boards.honest()
    return copies.audit(board.files, board.sheet)


def rejected(*lines: Line, **others: Any) -> Report:
    """The honest election's report as it would be with these failures."""
    whole = {"verdict": "rejected", "failures": lines, "void": len(lines), "stands": False} | others
    return msgspec.structs.replace(accepted(), **whole)


def screen(report: Report, language: Language, width: int = 100) -> list[str]:
    shown = StringIO()
    show(report, Console(file=shown, width=width), language)
    return shown.getvalue().splitlines()


# Which failure is the gravest.

# What is asked of the papers when they are admitted; the rest of PRT and DUT is found, and never fails.
REFUSED = {*(f"PRT.{number}" for number in range(1, 10)), "DUT.1"}


def test_every_clause_that_can_fail_has_a_degree() -> None:
    """F7: every clause that can fail has a degree; what a copy can change cannot."""
    named = [id for ids in GRAVITY.values() for id in ids]
    assert len(named) == len(set(named))
    assert {id for id in named if "." in id} <= set(CLAUSES)
    assert {id for id in named if "." not in id} == {*BLOCKS} - {"BRD", "RCP", "PRT", "DUT"}
    assert {degree(id) for id in CLAUSES} == set(GRAVITY)
    ranked = {id for id in CLAUSES if {id, id.partition(".")[0]} & {*named}}
    assert {*CLAUSES} - ranked == {"BRD.1", "BRD.2", "BRD.4", "BRD.5", "RCP.1", "RCP.2", "RCP.3", "RCP.4"} | {
        *(id for id in CLAUSES if id[:3] in {"PRT", "DUT"} and id not in REFUSED)
    }
    assert degree("NEW.1") == list(GRAVITY)[-1]


def test_a_false_count_is_graver_than_another_quorum_of_witnesses() -> None:
    """F7: a false count is graver than another quorum of witnesses."""
    lone = Line("CFG.12", Place(record=0), "the manifest asks for another quorum of witnesses than the trust sheet")
    for id in ("TAL.5", "TAL.4", "DEC.5", "MIX.8", "SEL.2", "BAL.6", "CRT.1", "CFG.6", "KEY.5"):
        report = rejected(lone, Line(id, Place(record=9), "no"))
        assert [one.id for one in by_gravity(report)] == [id, "CFG.12"]
        assert report.failures[0] is lone  # the log's order stays in the report
        assert reports.decode(reports.encode(report)).failures == report.failures


def test_another_election_and_a_second_history_are_graver_than_all() -> None:
    """F7: another election and a second history are graver than all."""
    ids = ["CFG.12", "TAL.5", "BRD.3", "CFG.10"]
    report = rejected(*(Line(id, Place(record=number), "no") for number, id in enumerate(ids)))
    assert [one.id for one in by_gravity(report)] == ids[::-1]


def test_of_one_degree_the_first_on_the_log_is_named() -> None:
    """F7: of one degree the first on the log is named."""
    ids = ["SEL.2", "MIX.2", "TAL.1", "MIX.8"]
    report = rejected(*(Line(id, Place(record=number), "no") for number, id in enumerate(ids)))
    assert [one.id for one in by_gravity(report)] == ids


# The sentence.


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("id", sorted(CLAUSES))
def test_a_rejection_begins_with_one_sentence(id: str, language: Language) -> None:
    """F7: a rejection begins with one sentence."""
    w = words(language)
    for stands in (True, False, None):
        for announced in (accepted().results, ()):
            told = rejected(Line(id, Place(record=9), "no"), stands=stands, results=announced, withheld=())
            said = headline(told, w)
            assert said.startswith(explain(id, language).wrong)
            assert said.endswith(f"{w[f'gravity.{degree(id)}.now']}.")
            assert len(re.findall(r"[.!?](?= |$)", said)) == 1
            assert f"({id}, {where([Place(record=9)], w)})" in said
            assert screen(told, language, 400)[1] == said
            assert f'<p class="sentence">{escape(said, quote=False)}</p>' in page(told, language).decode()


def test_it_says_whether_the_announced_result_stands() -> None:
    """F7: it says whether the announced result stands."""
    w = words("en")
    line = Line("BAL.6", Place(record=9), "no")
    cases: dict[str, dict[str, Any]] = {
        "falls": {},
        "stands": {"stands": True},
        "none": {"results": (), "withheld": ()},
        "open": {"stands": None},
    }
    for key, case in cases.items():
        assert f"; {w[f'standing.{key}']}: " in headline(rejected(line, **case), w)
    lone = headline(rejected(Line("CFG.12", Place(record=0), "no"), stands=None, void=0), w)
    assert w["standing.witnesses"] in lone
    forked = headline(rejected(Line("BRD.3", Place("checkpoint"), "no")), w)
    assert w["gravity.history.standing"] in forked


# Folding.


places = st.lists(
    st.builds(
        Place,
        file=st.sampled_from(["", "checkpoint", "checkpoints/3"]),
        record=st.none() | st.integers(0, 30),
        column=st.none() | st.integers(1, 4),
        row=st.none() | st.integers(1, 9),
        part=st.sampled_from(["", "output row", "T1", "credential"]),
    ),
    min_size=1,
    max_size=40,
)


@given(places, st.sampled_from(LANGUAGES))
def test_places_are_folded_into_a_line(found: list[Place], language: Language) -> None:
    """F7: places are folded into a line."""
    told = where(found, words(language))
    assert len(told) < 400
    assert told == where(list(dict.fromkeys(found)), words(language))
    if len(set(found)) > 1:
        assert words(language).say("place.count", count=len(set(found))) in told


def test_runs_of_numbers_are_told_by_their_ends() -> None:
    """F7: runs of numbers are told by their ends."""
    w = words("en")
    mixed = [Place(record=record, column=column) for record in range(876, 881) for column in (1, 2, 3)][:-1]
    assert where(mixed, w) == "records 876–880, columns 1–3 (14 places)"
    assert where([Place(record=3), Place(record=5), Place(record=4), Place(record=9)], w) == "records 3–5, 9 (4 places)"
    assert where([Place(record=7, part="output row", row=2)], w) == "record 7, row 2"
    scattered = [Place(record=2 * number) for number in range(50)]
    assert where(scattered, w) == "records 0, 2, 4, 6, 8, 10 … (50 places)"


def test_what_is_said_of_other_values_is_counted() -> None:
    """F7: what is said of other values is counted."""
    lines = [
        Line("CFG.6", Place(record=number), say("no {} is admitted in phase {}", "mix", "closed")) for number in (1, 2)
    ]
    lines.append(Line("CFG.6", Place(record=3), say("no {} is admitted in phase {}", "share", "closed")))
    [told] = fold(lines)
    assert (told.id, len(told.places), told.others, str(told.detail)) == (
        "CFG.6",
        3,
        1,
        "no mix is admitted in phase closed",
    )


def test_a_million_lines_are_a_line() -> None:
    """F7: a million lines are a line."""
    lines = [Line("BAL.6", Place(record=number), "the equation does not hold") for number in range(100_000)]
    [told] = by_gravity(rejected(*lines))
    assert where(told.places, words("ru")) == "записи 0–99999 (мест: 100\u00a0000)"


# In the reader's language.


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_details_are_told_in_the_language(language: Language) -> None:
    """F7: details are told in the language."""
    w = words(language)
    told = w.detail(say("no {} is admitted in phase {}", "mix", "closed"))
    assert isinstance(told, str)
    assert w["kinds.mix"] in told
    assert w["phases.closed"] in told
    nested = w.detail(say("this copy of the file is damaged: {}", say("a note has at most {} bytes", 7)))
    assert isinstance(nested, str)
    assert not re.search("[a-z]", nested)
    assert w.detail("unheard of") == Quote("unheard of")
    assert w.detail(say("this copy of the file is damaged: {}", say("unheard of {}", 1))) == Quote(
        "this copy of the file is damaged: unheard of 1"
    )
    assert words("en").detail(say("unheard of {}", 1)) == "unheard of 1"


@pytest.mark.parametrize("language", ["ky", "ru"])
def test_every_translation_takes_the_values_of_its_sentence(language: Language) -> None:
    """F7: every translation takes the values of its sentence."""
    w = words(language)
    for text, form in w._details.items():
        values = tuple(f"value{number}" for number in range(text.count("{}")))
        told = w.detail(Said(text, values) if values else text)
        assert isinstance(told, str), text
        assert all(value in told for value in values) or text.startswith("to act on a log"), (text, form)
        assert re.search("[а-яөүң]", told) or len(text.strip("{}: ")) < 2, text
        assert "{" not in told, text


# The phase, always.


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", reports.EXIT)
@pytest.mark.parametrize("phase", get_args(Phase))
def test_the_phase_stands_in_every_verdict(phase: str, verdict: Any, language: Language) -> None:
    """F7: the phase stands in every verdict."""
    failures = (Line("TAL.5", Place(record=9), "no"),) if verdict == "rejected" else ()
    report = msgspec.structs.replace(accepted(), phase=phase, verdict=verdict, failures=failures)
    w = words(language)
    word = w[f"verdict.{verdict}.{'word' if phase == 'certified' else 'open'}"]
    assert screen(report, language)[0] == f"{word} · {w[f'phases.{phase}']}"
    assert f"{word}<span> · {w[f'phases.{phase}']}</span>" in page(report, language).decode()
    for account in (tell_whole(report, language), tell_briefly(report, language), tell_by_hand(report, language)):
        assert (account.word, account.phase) == (word, w[f"phases.{phase}"])
    if verdict.startswith("accepted") and phase != "certified":
        assert word != w[f"verdict.{verdict}.word"]


def test_an_open_election_is_accepted_so_far() -> None:
    """F7: an open election is accepted so far."""
    voting = Liar(honest(), phases()["voting"])
    voting.vote(0, [1])
    report = copies.audit(files(voting), SHEET)
    assert screen(report, "en")[0] == "ACCEPTED SO FAR · voting is open"
    assert screen(report, "ky")[0] == "АЗЫРЫНЧА КАБЫЛ АЛЫНДЫ · добуш берүү ачык"
    assert screen(copies.audit({}, SHEET), "en")[0] == "COULD NOT BE CHECKED"


# A screen.


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_false_mix_fits_on_a_screen(language: Language) -> None:
    """F7: a false mix fits on a screen."""
    name = mixes.a_ballot_replaced_and_counted_to_the_end.__name__.replace("_", " ")
    liar = tell(next(fault for fault in FAULTS if fault.name == name))
    report = copies.audit(files(liar), SHEET)
    shown = screen(report, language)
    assert 10 <= len(shown) <= 40
    assert max(map(len, shown)) <= 100
    assert "MIX.8" in shown[1]
