"""What a mirror reads from its own copy for its page: the board's own overview, in pieces, without any proof."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copytree

import pytest
import requests

from bulletin.http.markup import LANGUAGES, read_words
from bulletin.log import disk
from bulletin.log.sightings import LOOK_BACK
from bulletin.mirror import surveyor
from bulletin.mirror.follower import Follower, create_app
from bulletin.mirror.mirror import Mirror
from bulletin.mirror.surveyor import Surveyor
from tests.support import browsing
from tests.support.browsing import Hall
from tests.support.copies import publish
from tests.support.house import read_page
from tests.support.serving import serving
from verifier import fold
from verifier.audit.trust import TrustSheet
from verifier.client.board import Board
from verifier.errors import Incomplete
from verifier.log.reading import blob_path
from verifier.log.tiles import WIDTH

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
frozen = browsing.frozen
BROWSER = {"Accept": "text/html"}


def mirror_of(at: Hall, place: Path) -> Mirror:
    pinned = at.run.board.app._context.pinned  # type: ignore[attr-defined]
    return Mirror(
        Board(at.url, timeout=5), place, TrustSheet(pinned.origin, pinned.keys, pinned.policy, (), None, None)
    )


def test_the_copy_says_what_the_board_says_and_no_proof_is_settled(
    frozen: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fold, "settle", lambda *_: pytest.fail("a proof is settled"))
    reading = Surveyor(frozen.run.archive)
    reading.advance(len(frozen.entries()))
    assert reading.overview == frozen.run.board.sequencer.overview


def test_it_reads_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surveyor, "AT_ONCE", WIDTH)
    for name, data in publish([b"entry %d" % index for index in range(600)], {}).items():
        disk.write(tmp_path / name, data)
    reading = Surveyor(tmp_path)
    sizes = []
    for size in (10, 600, 600, 600, 600):
        reading.advance(size)
        sizes.append(reading.overview.size)
    assert sizes == [10, 256, 512, 600, 600]
    assert (reading.overview.manifest, reading.overview.phase) == (None, "setup")  # what is no record is void


def test_a_record_waits_for_its_blob(frozen: Hall, tmp_path: Path) -> None:
    copytree(frozen.run.archive, tmp_path / "copy")
    size, lacking = len(frozen.entries()), blob_path(next(iter(frozen.election.blobs)))
    (tmp_path / "copy" / lacking).unlink()
    reading = Surveyor(tmp_path / "copy")
    reading.advance(size)
    waiting = reading.overview.size
    assert 0 < waiting < size
    reading.advance(size)
    assert reading.overview.size == waiting
    disk.write(tmp_path / "copy" / lacking, (frozen.run.archive / lacking).read_bytes())
    reading.advance(size)
    assert reading.overview == frozen.run.board.sequencer.overview


def test_a_damaged_copy_is_not_read_on(frozen: Hall, tmp_path: Path) -> None:
    copytree(frozen.run.archive, tmp_path / "copy")
    for path in (tmp_path / "copy/tile/entries").rglob("*"):
        if path.is_file():
            path.write_bytes(b"?")
    reading = Surveyor(tmp_path / "copy")
    with pytest.raises(Incomplete):
        reading.advance(len(frozen.entries()))
    assert reading.overview.size == 0


def test_what_cannot_be_read_keeps_nobody_from_following(
    frozen: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a secret")

    monkeypatch.setattr(Surveyor, "advance", fail)
    follower = Follower(mirror_of(frozen, tmp_path), 60)
    with caplog.at_level("INFO", "aikyn.mirror"):
        follower.visit()
        follower.visit()
    assert (follower.healthy, follower.size) == (True, len(frozen.entries()))
    assert [line.getMessage() for line in caplog.records] == ["followed", "not read"]


def test_the_pages_give_the_numbers_of_the_code() -> None:
    assert f"{surveyor.AT_ONCE:,} at a visit" in read_page("mirror")
    assert f"the newest {LOOK_BACK} kept checkpoints" in read_page("api")


def test_the_mirrors_page(frozen: Hall, tmp_path: Path) -> None:
    """The board's page, with what the mirror has checked, and the ways to the board and to a comparison."""
    follower = Follower(mirror_of(frozen, tmp_path), 60)
    app = create_app(follower, tmp_path / "archive", "https://mirror.example")
    with serving(app) as url:
        for language in LANGUAGES:
            w = read_words("front", language)
            before = requests.get(f"{url}/{language}", timeout=10).text
            assert w["empty"] in before
            assert w["unfollowed"] in before
        follower.visit()
        for language in LANGUAGES:
            w = read_words("front", language)
            page = requests.get(f"{url}/{language}", timeout=10).text
            for said in (w["copied"], w["word_mirror"], w["phases"]["frozen"], w["steps"]["freeze"]):
                assert said in page
            for not_said in (w["word_board"], w["unfollowed"], w["forked"]):
                assert not_said not in page
            assert f'href="{frozen.url}/{language}"' in page
            assert f'href="{frozen.url}/r/{language}"' in page
            text, sheet = re.sub(r"<[^>]*>", "", page), f"--trust trust.txt --lang {language}"
            assert f"aikyn-verify election {frozen.url} {sheet}\n" in text
            assert f"aikyn-verify diff {frozen.url} https://mirror.example {sheet}\n" in text
            assert page.count(w["current"].partition("{")[0]) >= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_is_refused_with_a_page(frozen: Hall, tmp_path: Path, language: str) -> None:
    app = create_app(Follower(mirror_of(frozen, tmp_path), 60), tmp_path / "archive")
    with serving(app) as url:
        page = requests.get(f"{url}/tile/0/999", headers={**BROWSER, "Accept-Language": language}, timeout=10)
        assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert f'href="/{language}"' in page.text
        assert requests.get(f"{url}/tile/0/999", timeout=10).json()["code"] == "unknown"


def test_a_mirror_of_two_histories_says_so(tmp_path: Path) -> None:
    from tests.support.mirrors import LONG, open_mirror, served, staged

    with staged() as stage:
        stage.files = served(300)
        follower = Follower(open_mirror(stage, tmp_path), 60)
        follower.visit()
        stage.files = served(LONG, branch=1)
        follower.visit()
        with serving(create_app(follower, tmp_path / "archive")) as url:
            page = requests.get(f"{url}/en", timeout=10).text
        assert read_words("front", "en")["forked"] in page
        assert str(tmp_path) not in page
