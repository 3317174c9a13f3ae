"""Whatever becomes of the output, the verdict fixes the status: closed pipes, full disks, poor terminals."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from bulletin.office.processes import COMMANDS
from tests.corpus.twin import Liar, honest, phases
from tests.support.desk import SHEET, Desk, branch, files
from verifier.desk.commands import output
from verifier.desk.commands.main import main
from verifier.desk.report.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.desk.report.language import Language

pytestmark = pytest.mark.process

VERIFY = str(COMMANDS / "aikyn-verify")
FULL = Path("/dev/full")
ROOM = 64 << 10  # bytes of the small disk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", **more}


@cache
def forked() -> dict[str, bytes]:
    """A copy with two histories: rejected, and there is evidence to write."""
    return files(honest()) | {"checkpoints/2": files(branch())["checkpoint"]}


def election(desk: Desk, *, true: bool = True) -> list[str]:
    board = desk.copy(files(honest()) if true else forked(), "true" if true else "false")
    return [VERIFY, "election", board, "--trust", str(desk.place / "trust.txt")]


def unread(line: list[str], **more: str) -> tuple[int, str]:
    """Status and standard error of a command whose reader goes before it says anything."""
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**more)) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        said = run.stderr.read().decode()
    return run.returncode, said


# F1: pipes.


@pytest.mark.parametrize("true", [True, False])
def test_a_closed_pipe_keeps_the_status(desk: Desk, true: bool) -> None:  # noqa: FBT001
    """F1: a closed pipe keeps the status."""
    page = desk.place / "report.html"
    status, said = unread([*election(desk, true=true), "--html", str(page), "--full"])
    assert (status, "Traceback" in said, "NOT WRITTEN" in said) == (0 if true else 1, False, False), said
    assert page.read_bytes().endswith(b"</html>\n")


def test_a_closed_pipe_ends_no_command_with_a_trace(desk: Desk) -> None:
    """F1: a closed pipe ends no command with a trace."""
    for line in (["checks", "--lang", "ky"], ["explain", "MIX.8"], ["--help"]):
        status, said = unread([VERIFY, *line])
        assert (status, said) == (0, ""), line
    status, said = unread([*election(desk), "--json"])
    assert (status, said) == (0, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_from_the_start_keep_the_status(desk: Desk, closed: str) -> None:
    """F1: streams that are closed from the start keep the status."""
    page = desk.place / "report.html"
    line = [*election(desk, true=False), "--html", str(page)]
    run = subprocess.run(["bash", "-c", f'"$@" {closed}', "-", *line], capture_output=True, check=False)
    assert run.returncode == 1
    assert b"Traceback" not in run.stderr
    assert page.read_bytes().endswith(b"</html>\n")  # nothing else went into what was opened in the place of a stream


def test_output_on_a_full_disk_is_said_and_keeps_the_status(desk: Desk) -> None:
    """F1: output on a full disk is said and keeps the status."""
    if not FULL.exists():
        pytest.skip("there is no device that is always full")
    with FULL.open("wb") as full:
        run = subprocess.run(
            [*election(desk, true=False), "--json", "--lang", "ru"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
        )
    assert run.returncode == 1
    assert "НЕ ЗАПИСАНО до конца: стандартный вывод: No space left on device" in run.stderr.decode()


# F2: disks.


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own, full to the last byte; where none can be mounted, the device that is always full."""
    with ExitStack() as stack:
        place = tmp_path / "disk"
        place.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "aikyn-test", str(place)], capture_output=True, check=False
        )
        if mounted.returncode:
            (place / "report.html").symlink_to(FULL)
            (place / "report.pdf").symlink_to(FULL)
            (place / "proofs").mkdir(mode=0o500)
        else:
            stack.callback(subprocess.run, ["umount", str(place)], check=True)
        yield place


def fill(disk: Path) -> None:
    if disk.is_mount():
        with suppress(OSError), (disk / "other").open("wb", buffering=0) as other:
            while True:
                other.write(bytes(1 << 10))


def test_a_full_disk_keeps_the_status_and_what_was_there(desk: Desk, disk: Path) -> None:
    """F2: a full disk keeps the status and what was there."""
    former = b"an earlier report"
    if disk.is_mount():
        (disk / "report.html").write_bytes(former)
    fill(disk)
    places = [disk / "report.html", disk / "report.pdf", disk / "proofs"]
    wanted = ["--html", str(places[0]), "--pdf", str(places[1]), "--evidence", str(places[2])]
    run = subprocess.run([*election(desk, true=False), *wanted], capture_output=True, env=environment(), check=False)
    said = run.stderr.decode()
    assert run.returncode == 1
    assert run.stdout.decode().startswith("REJECTED")
    assert said.count("NOT WRITTEN: ") == 3
    assert said.count("No space left on device") == (3 if disk.is_mount() else 2)
    assert said.index("proofs") < said.index("report.html")  # what proves it comes first
    if disk.is_mount():
        assert places[0].read_bytes() == former
        assert {path.name for path in disk.rglob("*")} <= {"other", "report.html", "proofs"}  # nothing cut stays


@pytest.mark.parametrize("true", [True, False])
def test_an_absent_folder_keeps_the_status_and_is_said_before(desk: Desk, true: bool) -> None:  # noqa: FBT001
    """F2: an absent folder keeps the status and is said before."""
    wanted = str(desk.place / "unplugged" / "report.html")
    done = CliRunner().invoke(main, [*election(desk, true=true)[1:], "--html", wanted, "--lang", "ky"])
    assert done.exit_code == (0 if true else 1)
    assert done.stderr.startswith(f"{desk.place / 'unplugged'} папкасы жок: ")
    assert f"ЖАЗЫЛГАН ЖОК: {wanted}: No such file or directory" in done.stderr


def test_a_report_that_cannot_be_set_keeps_the_status(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F2: a report that cannot be set keeps the status."""

    def fail(*_: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(output, "page", fail)
    done = CliRunner().invoke(main, [*election(desk, true=False)[1:], "--html", str(desk.place / "report.html")])
    assert (done.exit_code, done.stdout.startswith("REJECTED")) == (1, True)
    assert "NOT WRITTEN" in done.stderr
    assert list(desk.place.glob("*report*")) == []


def test_evidence_is_written_before_anything_else_can_fail(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """F2: evidence is written before anything else can fail."""

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(output, "show", fail)
    done = CliRunner().invoke(main, [*election(desk, true=False)[1:], "--evidence", str(desk.place / "proofs")])
    assert done.exit_code == 1
    [place] = (desk.place / "proofs").iterdir()
    assert {"first", "second", "README"} <= {path.name for path in place.iterdir()}


def test_a_snapshot_that_cannot_be_kept_keeps_the_status(desk: Desk) -> None:
    """F2: a snapshot that cannot be kept keeps the status."""
    line = [*election(desk)[1:], "--resume", str(desk.place / "absent" / "mine")]
    done = CliRunner().invoke(main, line)
    assert (done.exit_code, "NOT WRITTEN" in done.stderr) == (0, True)


def test_a_report_may_go_to_a_pipe_or_a_device(desk: Desk) -> None:
    """F2: a report may go to a pipe or a device."""
    run = subprocess.run(
        [*election(desk), "--html", "/dev/stdout"], capture_output=True, env=environment(), check=False
    )
    assert (run.returncode, run.stdout.count(b"</html>")) == (0, 1)
    assert Path("/dev/null").is_char_device()
    done = CliRunner().invoke(main, [*election(desk)[1:], "--html", "/dev/null"])
    assert (done.exit_code, Path("/dev/null").is_char_device()) == (0, True)


# F6: terminals.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("encoding", ["cp1251", "ascii", "latin-1", "koi8-r", "cp866", "utf-16"])
def test_a_terminal_without_the_letters_gets_the_verdict(desk: Desk, encoding: str, language: Language) -> None:
    """F6: a terminal without the letters gets the verdict."""
    line = [*election(desk, true=False), "--lang", language, "--full"]
    run = subprocess.run(line, capture_output=True, env=environment(PYTHONIOENCODING=encoding), check=False)
    assert (run.returncode, b"Traceback" in run.stderr) == (1, False), run.stderr.decode(errors="replace")
    said = run.stdout.decode(encoding)
    assert "BRD.3" in said
    if encoding in ("cp1251", "koi8-r", "cp866"):
        word = {"en": "REJECTED", "ky": "ЧЕТКЕ КАГЫЛДЫ", "ru": "ОТВЕРГНУТО"}[language]
        assert word in said


def test_what_is_put_in_the_place_of_a_letter_is_near_to_it() -> None:
    """F6: what is put in the place of a letter is near to it."""
    line = [VERIFY, "explain", "BRD.4", "--lang", "ky"]
    shown, plain = (
        subprocess.run(line, capture_output=True, env=environment(PYTHONIOENCODING=name), check=True).stdout.decode(
            name
        )
        for name in ("utf-8", "cp1251")
    )
    near = str.maketrans("үөңҮӨҢ", "уонУОН")
    assert plain == shown.translate(near)
    assert "?" not in plain


def test_a_fault_of_this_program_is_none_of_the_election(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = Liar(honest(), phases()["voting"])
    monkeypatch.setattr(output, "show", lambda *_, **__: 1 / 0)
    done = CliRunner().invoke(
        main, ["election", desk.copy(files(liar)), "--trust", str(desk.place / "trust.txt"), "--lang", "ru"]
    )
    assert (desk.place / "trust.txt").read_bytes() == SHEET
    assert (done.exit_code, "ошибка в самой программе" in done.stderr) == (0, True)
