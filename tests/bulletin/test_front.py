"""The front page as board and mirror give it: what the log shows, no more, in three languages."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any, get_args

import pytest
import requests
from msgspec.structs import replace

from bulletin.board.overview import COUNTED, Overview, survey
from bulletin.http import front
from bulletin.http.headers import PAGE
from bulletin.http.markup import LANGUAGES, TEMPLATES, read_words, tell_moment
from tests.support import browsing
from tests.support.browsing import Hall
from tests.support.serving import open_board, running, set_up
from verifier import fold
from verifier.audit.timeline import Milestone, Timeline
from verifier.desk.report.language import Language, words
from verifier.desk.report.timetable import spoken
from verifier.election.timetable import TimeLimit
from verifier.records import Text
from verifier.rule import Phase
from verifier.state import State

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
voting, frozen = browsing.voting, browsing.frozen
TEXT = (
    "".join((TEMPLATES / name).read_text() for name in ("front.html", "witness.html"))
    + Path(front.__file__).read_text()
)


def leaves(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, held in table.items():
        found |= leaves(held, f"{prefix}{key}.") if isinstance(held, dict) else {prefix + key: held}
    return found


def test_the_three_languages_say_the_same_things() -> None:
    ky, ru, en = (leaves(read_words("front", language)) for language in LANGUAGES)
    assert ky.keys() == ru.keys() == en.keys()
    for key in en:
        named = [sorted(name for _, name, _, _ in Formatter().parse(table[key]) if name) for table in (en, ky, ru)]
        assert named[0] == named[1] == named[2], key
        assert not re.search("[а-яё]", en[key]), key
    same = {key for key in en if not re.search("[А-Яа-яё]", ru[key]) or not re.search("[А-Яа-яёңөү]", ky[key])}
    assert same == {"lang"}


def test_every_word_is_used_and_none_is_missing() -> None:
    words = read_words("front", "en")
    used = set(re.findall(r"\bw\.(\w+)", TEXT)) | set(re.findall(r"[\"'](\w+)[\"']", TEXT))
    assert {key for key in words if key not in used} == {"lang"}
    assert set(words["phases"]) == set(get_args(Phase))
    assert set(words["counts"]) == {"credential", *COUNTED}
    assert set(words["steps"]) == set(get_args(Milestone))


def commands_of(page: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", line) for line in re.findall(r"<code>(.*)</code>", page)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_where_the_election_stands(voting: Hall, frozen: Hall, language: str) -> None:
    w = read_words("front", language)
    page = requests.get(f"{voting.url}/{language}", timeout=10).text
    size = voting.run.board.sequencer.log.size
    title = getattr(voting.election.manifest.title, language)
    for said in (f"<h1>{title}</h1>", w["word_board"], w["phases"]["voting"], w["state"].format(size=size)):
        assert said in page
    told = dict(re.findall(r"<li><b>(\d+)</b> (.*)</li>", page))
    assert list(map(int, re.findall(r"<li><b>(\d+)</b>", page))) == [8, 5, 1, 0, 0]
    assert told
    assert w["steps"]["first ballot"] in page
    assert w["steps"]["last ballot"] not in page  # more will come
    later = requests.get(f"{frozen.url}/{language}", timeout=10).text
    for step in ("manifest", "opening", "first ballot", "last ballot", "close", "freeze"):
        assert f"<dt>{w['steps'][step]}</dt>" in later
    assert len(re.findall(r"\d\d:\d\d:\d\d UTC", later)) >= 2 * 6 + 3
    assert later.count(w["current"].split("{")[0]) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_gives_the_timetable_in_both_ways(voting: Hall, language: Language) -> None:
    """And so does not before the manifest has one."""
    limit = TimeLimit("end", "close", "by", 1_805_911_200, inclusive=True, words=Text("law", "мыйзам", "закон"))
    dated = replace(voting.election.manifest, timetable=(limit,))
    sequencer = voting.run.board.sequencer
    at = SimpleNamespace(
        overview=sequencer.overview._replace(manifest=dated),
        sightings=SimpleNamespace(latest=lambda: (0, None), bounds=lambda _: (None, None), witnesses=list),
        pinned=SimpleNamespace(origin="board.example", address="", mirrors=(), app=""),
        mirroring=None,
    )
    body = front.show_front(at, None, language).body  # type: ignore[arg-type]
    assert isinstance(body, bytes)
    page = body.decode()
    w = read_words("front", language)
    assert f'<h2 id="timetable">{w["timetable"]}</h2>' in page
    assert f"<dd>{spoken(limit, words(language))}<br><q>{getattr(limit.words, language)}</q></dd>" in page
    assert w["timetable"] not in requests.get(f"{voting.url}/{language}", timeout=10).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_runs_nothing_and_keeps_nothing(voting: Hall, language: str) -> None:
    answer = requests.get(f"{voting.url}/{language}", timeout=10)
    assert answer.headers["Content-Security-Policy"] == PAGE["content-security-policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers
    assert not re.search(r"<script|<form|style=|\son\w+=", answer.text)
    assert f'<html lang="{language}">' in answer.text
    for link in re.findall(r"(?:href|src)=\"(?!data:)([^\"]*)\"", answer.text):
        assert requests.get(requests.compat.urljoin(answer.url, link), timeout=10).ok, link


@pytest.mark.parametrize(("said", "language"), [("ru-RU,en;q=0.5", "ru"), ("en", "en"), ("de", "ky"), ("", "ky")])
def test_the_readers_language_is_guessed(voting: Hall, said: str, language: str) -> None:
    answer = requests.get(f"{voting.url}/", headers={"Accept-Language": said}, timeout=10, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/{language}")
    assert answer.headers["Vary"] == "Accept-Language"


def test_before_the_manifest_it_says_so(tmp_path: Path) -> None:
    address: dict[str, Any] = {"address": "https://board.example", "mirrors": ("https://mirror.example",)}
    with running(tmp_path, **address) as run:
        for language in LANGUAGES:
            w = read_words("front", language)
            page = requests.get(f"{run.client.url}/{language}", timeout=10).text
            assert w["empty"] in page
            assert w["alone"] in page
            assert w["mine"] not in page
            sheet = f"--trust trust.txt --lang {language}"
            assert commands_of(page) == [
                f"aikyn-verify election https://board.example {sheet}",
                f"aikyn-verify election https://board.example {sheet} --keep archive",
                f"aikyn-verify diff https://board.example https://mirror.example {sheet}",
            ]


def test_the_commands_are_those_that_there_are(voting: Hall) -> None:
    from bulletin.operate.commands import main as operators
    from verifier.desk.commands.main import main

    page = requests.get(f"{voting.url}/en", timeout=10).text
    told = commands_of(page)
    assert told
    for line in told:
        program, name, *words = line.split()
        command = {"aikyn-verify": main, "aikyn-board": operators}[program].commands[name]
        known = {"--help", *(each for option in command.params for each in option.opts)}
        assert {word for word in words if word.startswith("--")} <= known


def test_what_a_replay_has_seen_a_board_that_starts_again_has_too(tmp_path: Path, frozen: Hall) -> None:
    """The overview is a function of the log alone: a restart, and a fold of one's own, come to the same."""
    state, timeline, over = State(), Timeline(), Overview()
    entries = frozen.entries()
    for judged in fold.replay(state, enumerate(entries), frozen.election.blobs.get):
        timeline.see(judged.number, judged.taken())
        over = survey(over, judged.number + 1, state, timeline)
    assert over == frozen.run.board.sequencer.overview
    assert survey(Overview(), len(entries), state, timeline) == frozen.run.board.sequencer.overview
    set_up(tmp_path)
    board = open_board(tmp_path)
    board.sequencer.start()
    board.sequencer.stop()
    assert (board.sequencer.overview.size, board.sequencer.overview.manifest) == (0, None)


def test_moments() -> None:
    assert [tell_moment(each) for each in (None, 0, 1 << 62)] == ["", "1970-01-01 00:00:00 UTC", str(1 << 62)]
