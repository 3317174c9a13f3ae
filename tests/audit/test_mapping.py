"""The mapping answers every check of the three other systems: by clauses of ours, or by why it has no meaning here."""

from __future__ import annotations

import re

import pytest

from tests.support.house import read_page
from verifier.audit.clauses import CLAUSES
from verifier.desk.report.catalogue import MANUAL, SERVED

PAGE = read_page("mapping")
CHAPTERS = dict(re.findall(r"^## \d\. ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
ROW = re.compile(r"^\| (\S+) \| ([^|]*?) \| ([^|]*?) \|$", re.MULTILINE)
KNOWN = {*CLAUSES, *(item.id for item in (*SERVED, *MANUAL))}


def letters(step: int, last: str) -> list[str]:
    return [f"{step}.{chr(letter)}" for letter in range(ord("A"), ord(last) + 1)]


def numbers(block: int, last: int) -> list[str]:
    return [f"{block}.{number:02}" for number in range(1, last + 1)]


# How many checks each block of theirs has, from their documents.
SWISS_POST = {1: 1, 2: 5, 3: 14, 4: 1, 5: 4, 6: 1, 7: 5, 8: 11, 9: 1, 10: 2}
ELECTION_GUARD = "FCBABDDGBCDCBFAHAAD"
BELENIOS = 22
THEIRS = {
    "Swiss Post": ["0.01", *(id for block, last in SWISS_POST.items() for id in numbers(block, last))],
    "ElectionGuard": [id for step, last in enumerate(ELECTION_GUARD, 1) for id in letters(step, last)],
    "Belenios": [f"B.{number}" for number in range(1, BELENIOS + 1)],
}


def rows(system: str) -> list[tuple[str, str, str]]:
    return [row for row in ROW.findall(CHAPTERS[system]) if row[0] not in {"check", "---"}]


def ours(text: str) -> set[str]:
    """The clauses that a text names; "`MIX.5` to `MIX.9`" names five."""
    named = set(re.findall(r"`([A-Z]{3}\.\d+)`", text))
    for block, first, last in re.findall(r"`([A-Z]{3})\.(\d+)` to `\1\.(\d+)`", text):
        named |= {f"{block}.{number}" for number in range(int(first), int(last) + 1)}
    return named


def test_their_lists_have_the_known_lengths() -> None:
    """43 automatic checks, two of integrity, the manual one; 19 verifications of 64 items."""
    assert {system: len(ids) for system, ids in THEIRS.items()} == {
        "Swiss Post": 43 + 2 + 1,
        "ElectionGuard": 64,
        "Belenios": BELENIOS,
    }


@pytest.mark.parametrize("system", THEIRS)
def test_every_check_of_theirs_has_its_row(system: str) -> None:
    assert [id for id, _, _ in rows(system)] == THEIRS[system]


@pytest.mark.parametrize("system", THEIRS)
def test_no_row_is_empty(system: str) -> None:
    """A row names clauses, or says in words why there is none; "as" another row, whose reason it repeats."""
    answers = {id: here for id, _, here in rows(system)}
    for id, name, here in rows(system):
        assert len(name) > 5, id
        if not ours(here):
            assert re.match(r"No meaning: |another version ", here), id
        for other in re.findall(r"\bas (\d+\.\w+)", here):
            assert other in answers, id
            assert "as " + other not in answers[other], id


@pytest.mark.parametrize("system", THEIRS)
def test_every_clause_that_is_named_exists(system: str) -> None:
    assert ours(CHAPTERS[system]) - KNOWN == set()


def test_what_none_of_them_asks_is_named() -> None:
    answered = set().union(*(ours(here) for system in THEIRS for _, _, here in rows(system)))
    (rest,) = (text for title, text in CHAPTERS.items() if title not in THEIRS)
    assert CLAUSES.keys() - answered == ours(rest) & CLAUSES.keys()
