"""The whole demo, small: processes, HTTP, archive, receipts, lies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from nacl.signing import SigningKey

from bulletin.board import anchors
from bulletin.http import assets
from bulletin.office.play import Play
from bulletin.office.processes import Failed, Processes
from bulletin.operate.inspection import inspect_rosters
from bulletin.settings import Settings
from demo import page
from demo.clock import Clock
from demo.pilot import Pilot
from tests.support import reader
from tests.support.needs import lacking
from tests.support.playing import VOTERS, play
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client.files import Directory
from verifier.client.tracking import LETTERS
from verifier.desk.commands.main import main as verify
from verifier.desk.report.report import compose
from verifier.log.note import ED25519, Key, encode_key

pytestmark = pytest.mark.process


def test_the_archive_is_accepted(demo: tuple[Path, str]) -> None:
    out, _ = demo
    report = compose(Audit(Directory(out / "archive"), trust.decode((out / "trust.txt").read_bytes())).run())
    assert (report.verdict, report.complete, report.phase) == ("accepted", True, "certified")
    assert {result.contest for result in report.results} == {"samarkandek", "ak-sai", "ak-tatyr"}
    assert sum(result.counted for result in report.results) == round(VOTERS * 694 / 841)
    assert report.figures["share"] == 12  # four trustees, three councils
    assert report.figures["mix"] == 9
    assert report.figures["overridden"] > 0
    assert report.figures["challenge"] > 0


def test_the_board_judges_members_by_the_sheets_roots(demo: tuple[Path, str]) -> None:
    """G10: what the auditors trust is what the board was given, and a board of the same roots finds nothing wrong."""
    out, _ = demo
    sheet, home = trust.decode((out / "trust.txt").read_bytes()), out / "private/board"
    assert anchors.read(out / "private/board/roots.pem") == sheet.roots != ()
    settings = Settings(roots=str(out / "private/board/roots.pem"))
    assert list(inspect_rosters(home, settings, [])) == []


def test_the_archive_is_public_files_only(demo: tuple[Path, str]) -> None:
    out, _ = demo
    assert {path.name for path in (out / "archive").iterdir()} == {"checkpoint", "checkpoints", "tile", "blobs"}


def test_every_receipt_verifies(demo: tuple[Path, str]) -> None:
    out, said = demo
    files = sorted((out / "receipts").iterdir())
    assert re.search(rf"^receipts +{len(files)},", said, re.MULTILINE)
    for file in files:
        done = CliRunner().invoke(verify, ["receipt", str(file), "--trust", str(out / "trust.txt")])
        assert (done.exit_code, file.name.removesuffix(".tlog-proof") in done.stdout) == (0, True), done.output


def test_some_vote_at_the_page(demo: tuple[Path, str]) -> None:
    """One voter of each council, if there is a Chromium; the page names its receipts by their codes."""
    if reader.CHROMIUM is None or not assets.BUILT.is_dir():
        lacking("there is no Chromium, or no page")
    out, said = demo
    assert re.search(
        r"^  voting at the page .* 3 key sheets typed, ballots marked and receipts saved", said, re.MULTILINE
    )
    assert sum(len(file.stem) < LETTERS for file in (out / "receipts").iterdir()) == 3


def test_without_a_browser_it_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page, "CHROMIUMS", ())
    with Processes(tmp_path / "journals") as processes:
        pilot = Pilot(tmp_path, VOTERS, 1, Clock(), processes)
        monkeypatch.setattr(Play, "await_published", lambda _: None)
        assert pilot.vote_at_the_page() == ()
    said = capsys.readouterr().out
    assert re.search("there is no Chromium on this machine|the page is not built", said)
    assert "3 vote by the command" in said


def test_the_lies_are_named_by_clause_and_place(demo: tuple[Path, str]) -> None:
    _, said = demo
    lies = re.findall(r"^lie \d +(.+): REJECTED by (\S+) at (record \d+)", said, re.MULTILINE)
    assert [(what, clause) for what, clause, _ in lies] == [
        ("a mixed ballot replaced", "MIX.8"),
        ("a ballot dropped", "SEL.2"),
        ("two tally lines swapped", "TAL.5"),
    ]
    assert re.search(r"^damage +one bit flipped: COULD NOT BE CHECKED, tile/entries/\S+ is damaged", said, re.MULTILINE)


@pytest.mark.parametrize("name", ["mixed-ballot-replaced", "ballot-dropped", "tally-lines-swapped", "bit-flipped"])
def test_the_false_copies_are_there_to_be_verified(demo: tuple[Path, str], name: str) -> None:
    out, _ = demo
    done = CliRunner().invoke(verify, ["election", str(out / "lies" / name), "--trust", str(out / "trust.txt")])
    assert done.exit_code == (2 if name == "bit-flipped" else 1)


def test_it_says_what_is_real_and_what_is_not(demo: tuple[Path, str]) -> None:
    _, said = demo
    kinds = re.findall(r"^  (published|inferred|assumed|synthetic) ", said, re.MULTILINE)
    assert set(kinds) == {"published", "inferred", "assumed", "synthetic"}


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_no_process_is_left(demo: tuple[Path, str]) -> None:
    out, _ = demo
    lines = [path / "cmdline" for path in Path("/proc").iterdir() if path.name.isdecimal()]
    assert [line for line in lines if str(out).encode() in _read(line)] == []


def test_a_directory_with_other_files_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = play(tmp_path)
    assert (done.returncode, "not the demo's" in done.stderr) == (2, True)
    assert (tmp_path / "thesis.txt").exists()


def test_a_process_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("trustee", "aikyn-mix", "trustee")
        with pytest.raises(Failed, match="Missing option"):
            processes.finish("trustee")


def test_servers_end_with_the_block_whatever_ends_it(tmp_path: Path) -> None:
    log = Key("board.example", ED25519, bytes(SigningKey.generate().verify_key))
    options = ("--name", "w", "--log", encode_key(log), "--port", 0)
    urls = []

    def watch() -> None:
        with Processes(tmp_path) as processes:
            processes.start("w", "aikyn-board", "witness", tmp_path / "w", *options)
            urls.append(processes.listen("w"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch()
    with pytest.raises(requests.ConnectionError):
        requests.get(urls[0], timeout=5)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
