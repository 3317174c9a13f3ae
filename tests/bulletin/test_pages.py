"""The voter's page as the board serves it, and the index behind it."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import nullcontext
from pathlib import Path
from string import Formatter
from typing import Any

import msgspec
import pytest
import requests
from sqlalchemy import insert

from bulletin.board import lookup as indexes
from bulletin.board.admission import Refusal
from bulletin.board.lookup import BallotEntries, Index
from bulletin.http.apology import apologize
from bulletin.http.exchange import HttpRequest
from bulletin.http.markup import LANGUAGES
from bulletin.http.pages import words
from tests.support import browsing
from tests.support.browsing import Hall
from tests.support.house import HOUSE
from verifier.client import tracking
from verifier.election.ballot import Ballot
from verifier.election.counting import Override
from verifier.rules import CODEC

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
VECTORS = json.loads((HOUSE / "specs/vectors/lookup.json").read_text())
SOURCES = [
    HOUSE / "bulletin/http/templates/receipt.html",
    HOUSE / "web/app/r.html",
    HOUSE / "web/app/frame.html",
    *(HOUSE / "web/src").glob("*.js"),
    *(HOUSE / "web/src/parts").glob("*.js"),
]

voting, frozen = browsing.voting, browsing.frozen


def get(at: Hall, path: str) -> Any:
    answer = requests.get(f"{at.url}/lookup/{path}", timeout=10)
    return answer.json() if answer.ok else answer.status_code


def leaves(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, held in table.items():
        found |= leaves(held, f"{prefix}{key}.") if isinstance(held, dict) else {prefix + key: held}
    return found


def test_the_three_languages_say_the_same_things() -> None:
    ky, ru, en = (leaves(words(language)) for language in LANGUAGES)
    assert ky.keys() == ru.keys() == en.keys()
    for key in en:
        named = [sorted(name for _, name, _, _ in Formatter().parse(table[key]) if name) for table in (en, ky, ru)]
        assert named[0] == named[1] == named[2], key
        assert en[key].strip(), key
        assert not re.search("[а-яё]", en[key]), key
    same = {key for key in en if not re.search("[а-яё]", ru[key]) or not re.search("[а-яёңөү]", ky[key])}
    assert same == {"lang"}


def test_every_word_is_used_and_none_is_missing() -> None:
    said = {key for key in words("en") if not isinstance(words("en")[key], dict)}
    text = "".join(source.read_text(encoding="utf-8") for source in SOURCES)
    used = set(re.findall(r"\bw\.(\w+)", text))
    tables = {key for key in words("en") if key not in said}
    assert used - tables - {"form", "months"} == said - {"name"}  # which is how a language is called on the other pages
    assert set(re.findall(r"\.step\('(\w+)'", text)) == set(words("en")["steps"])
    standings = set(re.findall(r"'([A-Z]+)'", re.search(r"@typedef {('PRESENT'.*)} Standing", text)[1]))  # type: ignore[index]
    assert standings == set(words("en")["answers"])


@pytest.mark.process
def test_the_index_gives_places(voting: Hall) -> None:
    size = voting.run.board.sequencer.log.size
    assert get(voting, "head") == {"ballots": 0, "credentials": 0, "freeze": None, "size": size}
    listed = get(voting, "ballots/-")
    assert [row[:2] for row in listed] == sorted(
        [tracking.encode(record.sealed.tracker(voting.election.digest)), index]
        for voter in range(4)
        for index, record in voting.records(voter)
    )
    rows = {row["code"]: row for row in get(voting, "credentials/-")}
    assert len(rows) == len(voting.election.voters)
    assert [rows[voting.code(voter)]["ballots"] for voter in range(4)] == [
        [index for index, _ in voting.records(voter)] for voter in range(4)
    ]
    overridden = [code for code, row in rows.items() if row["override"] is not None]
    assert overridden == [voting.code(2)]


@pytest.mark.process
def test_a_row_says_what_took_the_ballots_place(voting: Hall) -> None:
    """G6: the last later ballot of the same credential and contest, and the override, each by its entry."""
    places = {index: (later, override) for _, index, later, override in get(voting, "ballots/-")}
    (once, _), ((former, _), (latter, _)) = voting.records(0)[0], voting.records(1)
    (ended, _), ((opened, _), (cast, _)) = voting.records(2)[0], voting.records(3)
    paper = next(i for i, raw in enumerate(voting.entries()) if isinstance(CODEC.decode(raw), Override))
    assert places == {
        once: (None, None),
        former: (latter, None),
        latter: (None, None),
        ended: (None, paper),
        opened: (cast, None),
        cast: (None, None),
    }


def test_a_test_ballot_or_one_of_another_contest_takes_no_place(tmp_path: Path) -> None:
    """G6: of several later ballots the last one is named, and what is opened is never counted."""
    index = Index(tmp_path / "archive", tmp_path / "lookup.db")
    acts = [("a", "north", 0), ("a", "north", 0), ("a", "south", 0), ("b", "north", 0), ("a", "north", 0)]
    acts += [("a", "north", 1), ("b", "north", 1), ("b", "north", 1)]
    rows = [
        {"position": 5 + at, "tracker": f"T{at}", "key": key.encode(), "contest": contest, "challenged": bool(opened)}
        for at, (key, contest, opened) in enumerate(acts)
    ]
    with index._engine.begin() as connection:
        connection.execute(insert(indexes.BALLOTS), rows)
    later = [9, 9, None, None, None, None, None, None]
    assert index.ballots("") == [(f"T{at}", 5 + at, place, None) for at, place in enumerate(later)]


@pytest.mark.process
def test_the_freeze_is_named_once_it_is_signed(frozen: Hall) -> None:
    freeze = get(frozen, "head")["freeze"]
    assert type(CODEC.decode(frozen.entries()[freeze])).__name__ == "Freeze"


@pytest.mark.process
@pytest.mark.parametrize("path", ["ballots/7", "credentials/c", "ballots/é", "ballots/", "credentials/--", "tail"])
def test_longer_prefixes_and_strange_ones_are_refused(voting: Hall, path: str) -> None:
    assert get(voting, path) == 404


@pytest.mark.process
def test_groups_get_finer_as_the_log_grows(voting: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexes, "FEWEST", 1)
    monkeypatch.setattr(indexes, "BASE32", 4)
    monkeypatch.setattr(indexes, "HEX", 2)
    head = get(voting, "head")
    assert (head["ballots"], head["credentials"]) == (1, 3)
    tracker = voting.trackers(0)[0]
    group = get(voting, f"ballots/{tracker[0]}")
    assert tracker in [code for code, *_ in group]
    assert {code[0] for code, *_ in group} == {tracker[0]}
    prefix = hashlib.sha256(voting.code(0).encode()).hexdigest()[:3]
    assert voting.code(0) in [row["code"] for row in get(voting, f"credentials/{prefix}")]
    assert get(voting, f"ballots/{tracker[:2]}") == 404


@pytest.mark.parametrize(("count", "base", "letters"), [tuple(row) for row in VECTORS["lengths"]])
def test_lengths_of_prefixes(count: int, base: int, letters: int) -> None:
    assert indexes._letters(count, base) == letters


def test_vectors() -> None:
    for v in VECTORS["trackers"]:
        assert tracking.encode(bytes.fromhex(v["tracker"])) == v["code"]
    for v in VECTORS["credentials"]:
        assert indexes._bucket(v["code"]).startswith(v["prefix"])
    for v in VECTORS["rows"]:
        with nullcontext() if v["taken"] else pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(v["row"], type=BallotEntries)
    for v in VECTORS["records"]:
        ballot = CODEC.decode(v["record"].encode())
        assert isinstance(ballot, Ballot)
        assert ballot.sealed.tracker(bytes.fromhex(v["manifest"])).hex() == v["tracker"]


@pytest.mark.process
def test_the_index_is_made_anew_from_the_files(voting: Hall, tmp_path: Path) -> None:
    anew, again = Index(voting.run.archive, tmp_path / "lookup.db"), Index(voting.run.archive, tmp_path / "lookup.db")
    for index in (anew, again):  # the second one goes on from the first one's file
        assert msgspec.to_builtins(index.head()) == get(voting, "head")
        assert [list(row) for row in index.ballots("")] == get(voting, "ballots/-")
        assert json.loads(msgspec.json.encode(index.credentials(""))) == get(voting, "credentials/-")


WORDS = [("present", 0, 0), ("superseded", 1, 0), ("overridden", 2, 0), ("challenged", 3, 0), ("present", 3, 1)]


@pytest.mark.process
@pytest.mark.parametrize(("word", "voter", "which"), WORDS)
def test_the_boards_bare_word(voting: Hall, word: str, voter: int, which: int) -> None:
    """G7: also for codes that were typed on a Cyrillic keyboard."""
    code = voting.code(voter).lower().replace("c", "с")  # the second is Cyrillic
    form = {"code": code, "tracker": voting.trackers(voter)[which][:6]}
    page = requests.post(f"{voting.url}/r/en", data=form, timeout=10).text
    assert words("en")["words"][word] in page
    assert words("en")["word"] in page


@pytest.mark.process
def test_the_bare_word_for_codes_that_lead_nowhere(voting: Hall, frozen: Hall) -> None:
    index = Index(voting.run.archive, voting.run.archive.parent / "lookup.db")
    own = voting.trackers(0)[0]
    other = ("A" if own[0] != "A" else "B") * 26
    assert [index.say(*pair) for pair in ((voting.code(1), own), (voting.code(0), other), ("C99", own))] == [
        "foreign",
        "absent",
        "unknown",
    ]
    assert index.say(voting.code(0), own[:5]) == "unknown"
    assert (
        Index(frozen.run.archive, frozen.run.archive.parent / "lookup.db").say(frozen.code(0), frozen.trackers(0)[0])
        == "counted"
    )


@pytest.mark.process
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_boards_page_runs_nothing(voting: Hall, language: str) -> None:
    answer = requests.get(f"{voting.url}/r/{language}", timeout=10)
    rules = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "<script" not in answer.text
    assert re.findall(r"(?:href|src|action)=\"(?!(?:ky|ru|en|/page\.css|data:,)\")", answer.text) == []
    assert f'<html lang="{language}">' in answer.text


@pytest.mark.process
@pytest.mark.parametrize(("said", "language"), [("ru-RU,en;q=0.5", "ru"), ("en", "en"), ("de", "ky"), ("", "ky")])
def test_the_readers_language_is_guessed(voting: Hall, said: str, language: str) -> None:
    answer = requests.get(f"{voting.url}/r/", headers={"Accept-Language": said}, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/r/{language}")


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.process
def test_the_address_alone_leads_to_the_front_page(voting: Hall) -> None:
    """G8: who types the board's name comes to a page, and from there to the voter's."""
    page = requests.get(voting.url, headers={"Accept-Language": "en-GB", "Accept": BROWSER}, timeout=10)
    assert (page.status_code, page.url, 'href="/r/en"' in page.text) == (200, f"{voting.url}/en", True)


@pytest.mark.process
@pytest.mark.parametrize(
    ("language", "said"), [("ky-KG", "Мындай барак жок"), ("ru", "Такой страницы нет"), ("en", "There is no such page")]
)
@pytest.mark.parametrize("path", ["/nothing", "/tile/0/999", "/r/de", "/checkpoints/999"])
def test_a_browser_is_refused_with_a_page(voting: Hall, path: str, language: str, said: str) -> None:
    """G8: a person reads a sentence and finds the way on; a program gets what it always gets."""
    page = requests.get(voting.url + path, headers={"Accept-Language": language, "Accept": BROWSER}, timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    assert (page.status_code, said in page.text, f'href="/{language[:2]}"' in page.text) == (404, True, True)
    for accepted in ("*/*", "application/json", "application/json, text/html;q=0.5"):
        plain = requests.get(voting.url + path, headers={"Accept": accepted}, timeout=10)
        assert (plain.status_code, plain.json()["code"]) == (404, "unknown")


@pytest.mark.process
def test_a_refused_browser_is_told_what_a_program_is_told(voting: Hall) -> None:
    """G8: which methods there are, and when to come again, stand in the headers of a page too."""
    page, plain = (
        requests.get(f"{voting.url}/records", headers={"Accept": accepted}, timeout=10) for accepted in (BROWSER, "*/*")
    )
    assert page.headers["Content-Type"].startswith("text/html")
    assert (page.status_code, page.headers["Allow"]) == (plain.status_code, plain.headers["Allow"])


@pytest.mark.process
def test_what_is_signed_stays_signed_for_a_browser_too(voting: Hall) -> None:
    asked: dict[str, Any] = {"headers": {"Accept": BROWSER}, "timeout": 10}
    for answer in (
        requests.post(f"{voting.url}/records", data=b"{}", **asked),
        requests.get(f"{voting.url}/receipts/{'0' * 64}", **asked),
    ):
        assert answer.json()["signature"]


def test_what_a_refusal_quotes_stays_text() -> None:
    asked = HttpRequest("GET", "/", "", {"accept": BROWSER, "accept-language": "xx"})
    page = apologize(asked, Refusal("busy", "<script>x</script>", status=503))
    assert b"<script>" not in page.body
    assert b'lang="ky"' in page.body
