"""What a report says of the commissions' papers: the weight of their errors, and where in a paper something stands."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.console import Console

from tests.support import copies
from tests.support.papers import RACE
from tests.support.reports import accepted
from tests.support.returns import MAYOR, ON_PAPER, PRECINCTS, PaperElection, counted, honest_returns, made
from verifier.audit.verdict import Line
from verifier.desk.page.html import page
from verifier.desk.report import report as reports
from verifier.desk.report.folding import where
from verifier.desk.report.gravity import standing
from verifier.desk.report.language import LANGUAGES, words
from verifier.desk.report.section import Paragraph
from verifier.desk.report.telling import tell, tell_briefly, tell_by_hand
from verifier.desk.report.terminal import show
from verifier.desk.report.weights import Weighed
from verifier.paper.papers import Reason
from verifier.place import Place

if TYPE_CHECKING:
    from verifier.desk.report.language import Language
    from verifier.desk.report.report import Report


def audited(election: PaperElection) -> Report:
    return copies.published(election.records, election.blobs)


@cache
def honest() -> Report:
    return audited(honest_returns())


@cache
def wrong() -> Report:
    """The first precinct signs another version in the end: it received more ballots than it accounts for."""
    election = honest_returns()
    lines, votes = counted("p-1")
    lines |= {"received": lines["received"] + 3}
    leaf = election.head("p-1", "protocol")
    election.file(made("p-1", "protocol", lines, votes, supersedes=leaf, reason=Reason("typing", "a slip")))
    return audited(election)


def screen(report: Report, language: Language) -> str:
    shown = StringIO()
    show(report, Console(file=shown, width=400), language)
    return shown.getvalue()


LINES: dict[Language, str] = {
    "en": "President: protocols: {errors} errors in 1 of 5 precincts, touching {votes} votes; margin 205.",
    "ky": (
        "President: протоколдордо каталар: {errors}; 5 участканын ичинен 1 участкада, алардын добуштары {votes}; "
        "натыйжаны өзгөртө ала турган эң аз добуш 205."
    ),
    "ru": (
        "President: протоколы: ошибок {errors}, участков с ними 1 из 5, затронуто голосов: {votes}; "
        "для иного результата довольно голосов: 205."
    ),
}


def test_each_contest_has_its_weight() -> None:
    """What is found at a precinct touches its votes, and the margin is that of the returns."""
    title = ON_PAPER.contests[0].title
    assert honest().papers == (
        Weighed(RACE, title, 0, 0, 5, 0, 205, determined=True),
        Weighed(MAYOR, title, 0, 0, 1, 0, 244),
    )
    found = [line for line in wrong().findings if line.severity == "error" and line.id.startswith("PRT.")]
    own = [line for line in found if line.where.contest in {"", RACE}]
    assert {line.id for line in own} >= {"PRT.10", "PRT.13"}
    first = wrong().papers[0]
    assert (first.errors, first.touched, first.votes) == (len(own), 1, sum(counted("p-1")[1]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_accepted_so_far_until_every_contest_has_a_result(language: Language) -> None:
    """On paper alone: the President's result is in effect, the mayor's is still to come, then nothing is."""
    election, w = honest_returns(), words(language)
    mayor = election.result(election.head("p-5", "protocol", MAYOR), commission="p-5", contest=MAYOR, shares=(0, 0))
    election.enact_by(mayor, "p-5", 3)
    over = audited(election)
    assert [one.determined for one in over.papers] == [True, True]
    for report, end in ((honest(), "open"), (over, "word"), (replace(over, papers=()), "open")):
        word = w[f"verdict.{report.verdict}.{end}"]
        assert screen(report, language).startswith(f"{word} · {w['phases.papers']}\n")
        assert {told(report, language).word for told in (tell, tell_briefly, tell_by_hand)} == {word}


@pytest.mark.parametrize("language", LANGUAGES)
def test_terminal_page_and_sheet_have_the_line(language: Language) -> None:
    """The line of specs/figures.md §17 stands in each, in the reader's language."""
    first = wrong().papers[0]
    line = LINES[language].format(errors=first.errors, votes=first.votes)
    assert line in screen(wrong(), language).splitlines()
    assert escape(line, quote=False) in page(wrong(), language).decode()
    for account in (tell(wrong(), language), tell_briefly(wrong(), language), tell_by_hand(wrong(), language)):
        [section] = [section for section in account.sections if section.id == "papers"]
        assert Paragraph(line) in section.parts


def test_json_has_the_figures() -> None:
    """The report in JSON has them by name, and gives them back."""
    kept = reports.encode(wrong())
    assert json.loads(kept)["papers"][0]["margin"] == 205
    assert reports.decode(kept).papers == wrong().papers


def test_without_a_next_option_no_margin_is_told() -> None:
    """A contest in which nobody is next in line has no margin."""
    alone = replace(honest(), papers=(replace(honest().papers[0], margin=None),))
    for language in LANGUAGES:
        assert words(language)["papers.alone"] in screen(alone, language)


def test_an_election_without_papers_has_no_such_section() -> None:
    """Nothing is said of papers where the manifest names no plan."""
    assert accepted().papers == ()
    assert "papers" not in {section.id for section in tell(accepted(), "en").sections}


def test_no_tally_is_missed_in_an_election_on_paper() -> None:
    """There is none, and whether a declared result stands is not judged by it."""
    w = words("en")
    assert w["announced.none"] not in screen(honest(), "en")
    void = replace(honest(), verdict="rejected", failures=(Line("PRT.4", Place(record=9), "no"),), void=1, stands=False)
    assert standing(void, w) == w["standing.open"]


# Where in a paper.


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "p-1, president, protocol, version 2, C1, record 90, row 3"),
        ("ky", "p-1, president, protocol, 2-версия, C1, 90-жазуу, 3-сап"),
        ("ru", "p-1, president, protocol, версия 2, C1, запись 90, строка 3"),
    ],
)
def test_a_place_in_a_paper_is_told_in_the_language(language: Language, told: str) -> None:
    """Unit, contest, form, version and key are told before the record."""
    place = Place(unit="p-1", contest="president", form="protocol", version=2, key="C1", record=90, row=3)
    assert where([place], words(language)) == told
    assert language != "en" or str(place) == told


def test_places_of_one_paper_are_told_together() -> None:
    """Keys and versions of one form of a unit are one part of the line, those of another form another."""
    w = words("en")
    protocol = Place(unit="p-1", contest="president", form="protocol", version=1, key="C1")
    two = [protocol, protocol.within(key="C3", version=2)]
    assert where(two, w) == "p-1, president, protocol, versions 1–2, C1, C3 (2 places)"
    assert where([protocol, protocol.within(form="aeu")], w) == (
        "p-1, president, aeu, version 1, C1; p-1, president, protocol, version 1, C1 (2 places)"
    )


@given(st.lists(st.builds(Place, unit=st.sampled_from(PRECINCTS), key=st.text("abc", max_size=4)), min_size=1))
def test_many_keys_stay_one_line(found: list[Place]) -> None:
    """However many lines of a paper differ, the line says how many."""
    told = where(found, words("ru"))
    assert len(told) < 400
    assert len(set(found)) == 1 or words("ru").say("place.count", count=len(set(found))) in told
