"""Names that people cannot tell apart are named with their ids, and letters that nobody sees are written out (F10)."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import copies
from tests.support.copies import sheet
from tests.support.desk import Desk, files
from tests.support.elections import AUTHORITY, LOG, Election, contest
from verifier.desk.page.html import page
from verifier.desk.report.language import LANGUAGES, words
from verifier.desk.report.letters import LOOKALIKES, is_blank, skeleton, visible
from verifier.desk.report.names import ambiguous, namesakes
from verifier.desk.report.telling import tell, tell_briefly, tell_by_hand
from verifier.election.manifest import Contest, Option
from verifier.records import Text

if TYPE_CHECKING:
    from pathlib import Path

    from verifier.desk.report.report import Report

ALIKE = [
    ("Asanov", "Asanov"),
    ("Сөөронбаев", unicodedata.normalize("NFD", "Сөөронбаев")),
    ("Йорис Ёлкин", unicodedata.normalize("NFD", "Йорис Ёлкин")),
    ("Asan Usenov", "Asan  Usenov"),
    ("Asan Usenov", " Asan\u00a0Usenov\t"),
    ("Asan Usenov", "Asan\u2003Usenov"),
    ("Асан", "Acaн"),  # Latin A, c and a
    ("АСАН", "Асан"),
    ("ОСМОН", "OCMOH"),  # all Latin
    ("Турар", "Тyрар"),  # Latin y
    ("ΑΣΑΝ", "AΣAN"),  # Greek and Latin
    ("Asan", "Asan\u3164"),
    ("Asan", "\u2800Asan"),
    ("Asan", "As\u200ban"),
    ("Asan", "\u202dAsan"),
    ("Asan", "As\u00adan"),
    ("Asan", "As\ufe0fan"),
    ("Zarya 1", "Zarya l"),
    ("", "\u3164"),
]
APART = [("Asan", "Usen"), ("Асан", "Усен"), ("Көк", "Кок"), ("Ак-Сай", "Ак-Сай 2"), ("Келечек", "Келечег"), ("ң", "н")]


def elected(*names: str) -> Report:
    """The report of an election just set up, with these names of options."""
    options = tuple(Option(f"option-{number}", Text(name, name, name)) for number, name in enumerate(names, 1))
    made = Election([Contest("council", Text("C", "К", "К"), options, 0, 1, 1)], log_key=bytes(LOG.key.verify_key))
    made.set_up()
    return copies.audit(files(made), sheet(made.records[0], [AUTHORITY.der]))


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_names_that_look_alike_have_one_skeleton(one: str, other: str) -> None:
    """F10: names that look alike have one skeleton."""
    assert skeleton(one) == skeleton(other)
    assert skeleton(skeleton(one)) == skeleton(one)


@pytest.mark.parametrize(("one", "other"), APART)
def test_names_that_differ_have_two(one: str, other: str) -> None:
    """F10: names that differ have two."""
    assert skeleton(one) != skeleton(other)


@given(st.text(max_size=20), st.sampled_from(["\u3164", "\u200b", "\u2800", "\u00ad", "\u034f", "\ufeff"]))
def test_what_nobody_sees_changes_nothing_and_is_written_out(name: str, inkless: str) -> None:
    """F10: what nobody sees changes nothing and is written out."""
    assert skeleton(name + inkless) == skeleton(name)
    assert is_blank(inkless)
    assert visible(f"a{inkless}b") == f"a\\u{{{ord(inkless):x}}}b"


def test_no_letter_stands_for_two() -> None:
    assert set(map(chr, LOOKALIKES)).isdisjoint(LOOKALIKES.values())


@pytest.mark.parametrize(("one", "other"), [pair for pair in ALIKE if pair[0]])
def test_options_that_look_alike_are_in_the_report(one: str, other: str) -> None:
    """F10: options that look alike are in the report."""
    report = elected(one, "Someone else", other)
    assert report.verdict == "accepted"
    [found] = report.namesakes
    assert (found.contest, list(found.names)) == ("council", ["option-1", "option-3"])
    assert ambiguous(report.namesakes, "council") == {"option-1", "option-3"}
    for language in LANGUAGES:
        for account in (tell(report, language), tell_briefly(report, language), tell_by_hand(report, language)):
            section = next(section for section in account.sections if section.id == "namesakes")
            assert section.lead == words(language)["leads.namesakes"]
        shown = page(report, language).decode()
        assert all(f"[option-{number}]" in shown for number in (1, 3))
        assert "[option-2]" not in shown


def test_names_that_differ_are_no_word_worth() -> None:
    """F10: names that differ are no word worth."""
    report = elected("Asan", "Usen", "Көк", "Кок")
    assert report.namesakes == ()
    assert "namesakes" not in {section.id for section in tell(report, "en").sections}


def test_contests_that_look_alike_are_named_too() -> None:
    """F10: contests that look alike are named too."""
    one, other = contest("north"), contest("south")
    same = msgspec.structs.replace(other, title=Text("NORTH", "north", "norтh"))
    [found] = namesakes(Election([one, same]).manifest)
    assert (found.contest, list(found.names)) == ("", ["north", "south"])


def test_a_name_without_ink_is_not_shown_as_nothing() -> None:
    """F10: a name without ink is not shown as nothing."""
    report = elected("\u3164", "Asan")
    assert words("en").text(Text("\u3164", "\u2800", " ")) == "–"
    assert words("en").text(Text("\u3164", "", "Асан")) == "Асан"
    assert report.namesakes == ()


def test_an_opened_ballot_shows_the_number_of_each_mark(tmp_path: Path) -> None:
    """F10: an opened ballot shows the number of each mark."""
    option = Option("twin", Text("Option 3", "Option 3", "Option 3"))
    painted = contest("north")
    made = Election(
        [Contest("north", painted.title, (*painted.options, option), 0, 1, 1)], log_key=bytes(LOG.key.verify_key)
    )
    made.set_up().hold_ceremony().register(1).vote(0, [4], challenge=True)
    desk = Desk(tmp_path)
    desk.trust(sheet(made.records[0], [AUTHORITY.der]))
    from tests.support.receipts import voted
    from verifier.client import tracking

    [(_, record)] = voted(made)
    code = tracking.encode(record.sealed.tracker(made.digest))
    done = desk.ask("challenge", desk.copy(files(made)), "--tracker", code, "--lang", "ky")
    assert (done.exit_code, "\n  4. Option 3\n" in done.stdout) == (0, True), done.output
