"""The same log gives the same bytes to anybody, only what changed is made, and a changed digit is found."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from bulletin.mirror.mirror import Mirror
from bulletin.operate.commands import main
from bulletin.results.comparison import compare, differ
from bulletin.results.publisher import Publisher
from bulletin.results.reading import PublishedLog, find_archive
from bulletin.results.site import Site
from tests.support import copies
from tests.support.commands import PROGRAM
from tests.support.elections import AUTHORITY
from tests.support.papers import EVENING
from tests.support.published import Silent, evening, files_of, keep
from tests.support.returns import PaperElection
from verifier.audit import trust
from verifier.audit.trust import TrustSheet
from verifier.client.board import Board
from verifier.errors import Incomplete, Rejected
from verifier.log.note import ED25519, Key, encode_key
from verifier.log.reading import blob_path
from verifier.records import encode

Stops = list[tuple[int, int]]


@pytest.fixture(scope="module")
def night() -> tuple[PaperElection, Stops]:
    return evening()


@pytest.fixture(scope="module")
def archive(night: tuple[PaperElection, Stops], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return keep(*night, tmp_path_factory.mktemp("archive"))


@pytest.fixture(scope="module")
def sheet(night: tuple[PaperElection, Stops]) -> TrustSheet:
    return trust.decode(copies.sheet(encode(night[0].manifest), [AUTHORITY.der]))


@pytest.fixture(scope="module")
def site(archive: Path, sheet: TrustSheet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(archive, sheet, tmp_path_factory.mktemp("site"))


def publish(archive: Path, sheet: TrustSheet, place: Path) -> Path:
    publisher = Publisher(lambda: None, PublishedLog(archive, sheet), Site(place))
    publisher.visit()
    return place / "current"


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves directories until the test ends."""
    running = []

    def begin(place: Path) -> str:
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(place)))
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def test_two_runs_give_the_same_bytes(archive: Path, sheet: TrustSheet, site: Path, tmp_path: Path) -> None:
    again = publish(archive, sheet, tmp_path)
    assert files_of(again) == files_of(site)


def test_whoever_followed_all_evening_has_the_same_bytes(
    night: tuple[PaperElection, Stops], sheet: TrustSheet, site: Path, tmp_path: Path
) -> None:
    election, stops = night
    archive, place = tmp_path / "archive", tmp_path / "site"
    publisher = None
    for last in range(1, len(stops) + 1):
        keep(election, stops[:last], archive)
        publisher = publisher or Publisher(lambda: None, PublishedLog(archive, sheet), Site(place))
        publisher.visit()
    assert files_of(place / "current") == files_of(site)


@pytest.mark.process
def test_a_mirror_gives_the_same_bytes(
    archive: Path, sheet: TrustSheet, site: Path, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    mirror = Mirror(Board(serve(archive)), tmp_path / "mirror", sheet)
    publisher = Publisher(mirror.visit, PublishedLog(mirror.archive, sheet), Site(tmp_path / "site"))
    publisher.visit()
    assert files_of(tmp_path / "site" / "current") == files_of(site)


def test_only_what_changed_is_made(night: tuple[PaperElection, Stops], sheet: TrustSheet, tmp_path: Path) -> None:
    election, stops = night
    archive, place = tmp_path / "archive", tmp_path / "site"
    keep(election, stops[:5], archive)
    publisher = Publisher(lambda: None, PublishedLog(archive, sheet), Site(place))
    publisher.visit()
    before = {path: (place / "current" / path).stat().st_ino for path in files_of(place / "current")}
    keep(election, stops[:6], archive)
    publisher.visit()
    after = {path: (place / "current" / path).stat().st_ino for path in files_of(place / "current")}
    linked = {path for path in after if before.get(path) == after[path]}
    assert {"ky/p/p-1.html", "ru/print/p-2.html", "en/units.html", "data/plan.json", "results.css"} <= linked
    assert linked.isdisjoint({"ky/index.html", "ky/p/p-5.html", "ru/t/tec-2.html", "head.json", "data/all.csv"})
    assert len(list((place / "publications").iterdir())) == 4, "what is shown, what was shown last, and what from"


def test_a_new_process_goes_on_where_the_last_one_was(archive: Path, sheet: TrustSheet, tmp_path: Path) -> None:
    publish(archive, sheet, tmp_path)
    fresh, files = Site(tmp_path).publish(PublishedLog(archive, sheet).advance())
    assert (fresh, files > 150) == (0, True)


def test_a_site_whose_files_are_gone_is_made_anew(archive: Path, sheet: TrustSheet, site: Path, tmp_path: Path) -> None:
    publish(archive, sheet, tmp_path)
    shutil.rmtree((tmp_path / "current").resolve())
    assert files_of(publish(archive, sheet, tmp_path)) == files_of(site)


def test_the_state_is_kept_for_the_next_start(
    archive: Path, sheet: TrustSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bulletin.results.reading.EVERY", 100)
    memory = tmp_path / "ledger"
    first = PublishedLog(archive, sheet, memory).advance()
    assert memory.stat().st_size > 1_000
    second = PublishedLog(archive, sheet, memory).advance()
    assert second.state == first.state
    memory.write_bytes(b"damaged")
    assert PublishedLog(archive, sheet, memory).advance().state == first.state


def test_an_earlier_checkpoint_can_be_asked_for(archive: Path, sheet: TrustSheet) -> None:
    ledger = PublishedLog(archive, sheet)
    assert ledger.advance().now.number == 7
    early = ledger.advance(2)
    assert (early.now.number, len(early.state.results)) == (2, 0)
    with pytest.raises(Incomplete, match="checkpoint"):
        ledger.advance(8)


def test_a_blob_that_a_paper_needs_is_waited_for(
    night: tuple[PaperElection, Stops], sheet: TrustSheet, tmp_path: Path
) -> None:
    election, stops = night
    archive = keep(election, stops, tmp_path)
    table = next(
        version.paper.table for (unit, _, _), (version, *_) in election.state.versions.items() if unit == "cec"
    )
    assert table
    missing = archive / blob_path(table.sha256)
    data = missing.read_bytes()
    missing.unlink()
    ledger = PublishedLog(archive, sheet)
    with pytest.raises(Incomplete, match="missing"):
        ledger.advance()
    missing.write_bytes(data)
    assert len(ledger.advance().state.results) == 1


def test_a_log_that_another_key_signed_is_not_read(archive: Path, night: tuple[PaperElection, Stops]) -> None:
    other = Key("other.example", ED25519, bytes(copies.NEXT_LOG.verify_key))
    sheet = trust.decode(copies.sheet(encode(night[0].manifest), [AUTHORITY.der], log=[encode_key(other)]))
    with pytest.raises((Incomplete, Rejected)):
        PublishedLog(archive, sheet).advance()


def test_the_witnesses_are_those_of_the_sheet(tmp_path: Path) -> None:
    """A manifest without a policy: the sheet dates what comes; without one on either nothing is dated."""
    bare = PaperElection()
    assert not bare.manifest.policy
    bare.set_up().report("p-1")
    archive, raw = keep(bare, [(len(bare.records), EVENING)], tmp_path / "archive"), encode(bare.manifest)
    dated = PublishedLog(archive, trust.decode(copies.sheet(raw, [AUTHORITY.der]))).advance()
    assert (dated.now.time, dated.watching, [name for name, _ in dated.seen]) == (EVENING, 3, ["w1", "w2"])
    assert dated.span(len(bare.records) - 1).before == EVENING
    alone = copies.sheet(raw, [AUTHORITY.der], witness=[], group=[], quorum=[])
    undated = PublishedLog(archive, trust.decode(alone)).advance()
    assert (undated.now.time, undated.watching, undated.span(3).before) == (None, 0, None)


def test_sheet_and_manifest_ask_for_the_same_quorum(archive: Path, night: tuple[PaperElection, Stops]) -> None:
    """CFG.12 and CFG.10 hold of pages as of an audit; a sheet without witnesses leaves it to the manifest."""
    raw = encode(night[0].manifest)
    other = trust.decode(copies.sheet(raw, [AUTHORITY.der], group=["all-witnesses 3 w1 w2 w3"]))
    with pytest.raises(Rejected, match="another quorum"):
        PublishedLog(archive, other).advance()
    with pytest.raises(Rejected, match="SHA-256"):
        PublishedLog(archive, trust.decode(copies.sheet(raw + b" ", [AUTHORITY.der]))).advance()
    alone = trust.decode(copies.sheet(raw, [AUTHORITY.der], witness=[], group=[], quorum=[]))
    assert PublishedLog(archive, alone).advance().watching == 3


def test_there_are_no_pages_without_a_log(tmp_path: Path) -> None:
    with pytest.raises(Incomplete, match="no copy of a log"):
        find_archive(tmp_path)


@pytest.mark.process
def test_a_digit_that_was_changed_is_found(
    archive: Path, sheet: TrustSheet, site: Path, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """A results page that is served with one digit changed is named, with the line and what the log gives."""
    shutil.copytree(site, tmp_path / "copy")
    url = serve(tmp_path / "copy")
    assert compare(PublishedLog(archive, sheet), url)[1] == []
    page = tmp_path / "copy" / "ru" / "p" / "p-4.html"
    text = page.read_text()
    assert ">328</td>" in text
    page.write_text(text.replace(">328</td>", ">329</td>"))
    (found,) = compare(PublishedLog(archive, sheet), url)[1]
    assert found.file == f"{url}/ru/p/p-4.html"
    assert (found.shown, found.due) == ("329", "328")
    assert ">329</td>" in page.read_text().split("\n")[found.line - 1]


@pytest.mark.process
def test_a_page_that_is_not_there_is_found(
    archive: Path, sheet: TrustSheet, site: Path, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    shutil.copytree(site, tmp_path / "copy")
    (tmp_path / "copy" / "ky" / "whatif.html").unlink()
    url = serve(tmp_path / "copy")
    assert [str(one) for one in compare(PublishedLog(archive, sheet), url)[1]] == [
        f"{url}/ky/whatif.html: is not there"
    ]


@pytest.mark.process
def test_a_site_of_another_log_is_refused(
    archive: Path, sheet: TrustSheet, site: Path, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    shutil.copytree(site, tmp_path / "copy")
    head = json.loads((tmp_path / "copy" / "head.json").read_text())
    (tmp_path / "copy" / "head.json").write_text(json.dumps(head | {"root": "00" * 32}))
    url = serve(tmp_path / "copy")
    with pytest.raises(Incomplete, match="another root"):
        compare(PublishedLog(archive, sheet), url)
    (tmp_path / "copy" / "head.json").write_text("{}")
    with pytest.raises(Incomplete, match="no site of results"):
        compare(PublishedLog(archive, sheet), url)


def test_the_first_word_that_differs_is_named() -> None:
    found = differ("a", b"<p>one\n<td>12</td><td>13</td>", b"<p>one\n<td>12</td><td>18</td>")
    assert str(found) == "a, line 2: shown “13”, by the log “18”"


@pytest.mark.process
def test_the_command_writes_and_compares(
    archive: Path, night: tuple[PaperElection, Stops], site: Path, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    paper = tmp_path / "trust.txt"
    paper.write_bytes(copies.sheet(encode(night[0].manifest), [AUTHORITY.der]))
    place, told = tmp_path / "pages", CliRunner()
    given = ["results", str(archive), str(place), "--trust", str(paper)]
    done = told.invoke(main, [*given, "--once"])
    assert done.exit_code == 0, done.output
    assert files_of(place / "current") == files_of(site)
    url = serve(place / "current")
    same = told.invoke(main, [*given, "--compare", url])
    assert (same.exit_code, "shows what the log gives" in same.output) == (0, True)
    (place / "current" / "head.json").chmod(0o644)
    page = place / "current" / "ky" / "index.html"
    page.write_text(page.read_text().replace("Synthetic", "Other", 1))
    bad = told.invoke(main, [*given, "--compare", url])
    assert bad.exit_code == 1
    assert "ky/index.html, line" in bad.output


@pytest.mark.process
def test_the_process_follows_until_it_is_told_to_end(
    archive: Path, night: tuple[PaperElection, Stops], site: Path, tmp_path: Path
) -> None:
    paper = tmp_path / "trust.txt"
    paper.write_bytes(copies.sheet(encode(night[0].manifest), [AUTHORITY.der]))
    words = [sys.executable, "-c", PROGRAM, "results", str(archive), str(tmp_path / "pages"), "--trust", str(paper)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert json.loads(process.stderr.readline())["event"] == "published"
        assert files_of(tmp_path / "pages" / "current") == files_of(site)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
