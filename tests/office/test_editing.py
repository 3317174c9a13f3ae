"""One value of `election.toml` is changed, and all else in the file stays as somebody wrote it."""

from __future__ import annotations

import tomllib
from datetime import date, datetime

import pytest

from bulletin.office.web.editing import TomlPath, TomlValue, Uneditable, append, change
from bulletin.office.web.fields import read_fields
from bulletin.office.wording import speak
from tests.support.village import ELECTION
from verifier.desk.report.language import LANGUAGES, Language


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("election", "id"), "x", 'id = "x"'),
        (("election", "title", "en"), 'A "B" \\ # C', 'title.en = "A \\"B\\" \\\\ # C"'),
        (("numbers", "threshold"), 5, "threshold = 5"),
        (("date", "0", "by"), date(2027, 3, 25), "by = 2027-03-25"),
        (("date", "1", "from"), datetime(2027, 4, 9, 9, 0), "from = 2027-04-09T09:00:00"),  # noqa: DTZ001  as the law says it
        (("date", "0", "inclusive"), False, "inclusive = false"),
        (("board", "verifier"), "00", 'verifier = "00"'),
    ],
)
def test_one_line_changes(path: TomlPath, value: TomlValue, line: str) -> None:
    changed = change(ELECTION, {path: value})
    new = [each for each in changed.split("\n") if each not in ELECTION.split("\n")]
    assert new == [line]


def test_comments_and_what_nobody_knows_stay() -> None:
    text = '# first\n[election]\nid = "a" # of the election\nodd = [\n 1,\n]\n'
    assert change(text, {("election", "id"): "b"}) == text.replace('"a"', '"b"')


def test_a_value_is_taken_out_and_a_section_put_in() -> None:
    assert change("[a]\nb = 1\nc = 2\n", {("a", "b"): None}) == "[a]\nc = 2\n"
    assert tomllib.loads(change("", {("a", "b"): "c"})) == {"a": {"b": "c"}}


@pytest.mark.parametrize(
    "text", ['[a]\nb = """x\ny"""\n', "[a]\nb = [1]\n", "[a]\nb = {c = 1}\n", "a = {b = 1}\n", 'a.b = """x"""\n']
)
def test_what_is_not_simple_is_left_to_a_person(text: str) -> None:
    with pytest.raises(Uneditable):
        change(text, {("a", "b"): "new"})


def test_a_bare_inline_table_is_left_to_a_person() -> None:
    with pytest.raises(Uneditable):
        change('[a]\ntitle = {ky = "x"}\n', {("a", "title", "ky"): "y"})


@pytest.mark.parametrize("array", ["contest", "date"])
def test_one_more_of_an_array(array: str) -> None:
    before, after = tomllib.loads(ELECTION), tomllib.loads(append(ELECTION, array))
    assert len(after[array]) == len(before[array]) + 1


def test_a_day_with_an_hour_has_no_flag() -> None:
    values = tomllib.loads(ELECTION)
    typed = {"date.0.bound": "from", "date.0.day": "2027-03-24", "date.0.time": "08:00"}
    changed = tomllib.loads(change(ELECTION, read_fields(values, typed)))
    assert changed["date"][0]["from"] == datetime(2027, 3, 24, 8, 0)  # noqa: DTZ001  as the law says it
    assert {"by", "inclusive"}.isdisjoint(changed["date"][0])


def test_what_was_not_typed_stays() -> None:
    values = tomllib.loads(ELECTION)
    assert read_fields(values, {}) == {}
    assert read_fields(values, {"numbers.mixes": "two", "date.0.day": "24 March"}) == {("numbers", "mixes"): "two"}


@pytest.mark.parametrize("section", ["web", "fields"])
def test_every_page_speaks_three_languages(section: str) -> None:
    words: dict[Language, dict[str, str]] = {language: speak(language).names(section) for language in LANGUAGES}
    assert words["ky"].keys() == words["ru"].keys() == words["en"].keys()
    assert all(said.strip() for each in words.values() for said in each.values())
