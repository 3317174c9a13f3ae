"""What an auditor installs stands alone: the wheel with base dependencies, on libsodium, says what the kernel says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.corpus import boards, replay
from tests.support import copies
from tests.support.house import HOUSE
from tests.support.needs import lacking
from verifier.desk.report import report
from verifier.proof import backend

if TYPE_CHECKING:
    from tests.corpus.boards import Board

pytestmark = pytest.mark.process

FILE = replay.load()
SHARE = Random("backends").sample(FILE["rejected"], len(FILE["rejected"]) // 10) + FILE["accepted"][::8]
HERE = backend.NAME.startswith("kernel")
# What an auditor need not have: the board's, the makers', the tests'.
ABSENT = (
    "flask",
    "sqlalchemy",
    "werkzeug",
    "aikyn_kernel",
    "granian",
    "typst",
    "pytest",
    "hypothesis",
    "demo",
    "tests",
)
UNREACHABLE = re.compile(
    r"no matching distribution|could not find a version|connection|proxy|timed? ?out|temporary failure|resolution|"
    r"network is unreachable|ssl",
    re.IGNORECASE,
)


class Bare(NamedTuple):
    """An environment with nothing in it but the wheel and what the wheel asks for."""

    scripts: Path
    outside: Path

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one of its programs outside the project's directory."""
        known = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        line = [str(self.scripts / name), *arguments]
        return subprocess.run(line, cwd=self.outside, env=known, capture_output=True, timeout=120, check=False)


def install(python: Path, *what: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    options = ("--retries", "1", "--timeout", "10", "--only-binary", ":all:")
    return subprocess.run([*line, *options, *what], capture_output=True, text=True, timeout=300, check=False)


def has_libsodium() -> bool:
    """Whether libsodium is on this machine, or has to be installed as a package."""
    from ctypes.util import find_library

    return find_library("sodium") is not None


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with what the tests' environment pins."""
    out = tmp_path_factory.mktemp("wheel")
    line = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-deps"]
    built = subprocess.run(
        [*line, "--no-build-isolation", "--wheel-dir", str(out), str(HOUSE)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    [file] = out.glob("aikyn-*.whl")
    return file


@pytest.fixture(scope="module", params=["newest", "oldest"])
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Bare:
    """With the newest dependencies that `pyproject.toml` allows, and with the oldest."""
    place = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place / "venv")], timeout=120, check=True)
    scripts = Path(sysconfig.get_path("scripts", "venv", {"base": str(place / "venv")}))
    newest = "base.txt" if has_libsodium() else "libsodium.txt"
    pins = HOUSE / "requirements" / (newest if request.param == "newest" else "oldest.txt")
    done = install(scripts / "python", "--require-hashes", "-r", str(pins))
    if done.returncode and UNREACHABLE.search(done.stderr):
        lacking(f"the base dependencies cannot be fetched: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    done = install(scripts / "python", "--no-index", "--no-deps", str(wheel))
    assert done.returncode == 0, done.stderr
    (place / "outside").mkdir()
    return Bare(scripts, place / "outside")


def on_disk(board: Board, place: Path) -> tuple[str, str]:
    """Where a copy and its sheet are."""
    for name, data in board.files.items():
        file = place / "board" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    (place / "trust.txt").write_bytes(board.sheet)
    return str(place / "board"), str(place / "trust.txt")


def test_what_an_auditor_need_not_have_is_not_there(bare: Bare) -> None:
    script = f"from importlib.util import find_spec\nprint([name for name in {ABSENT!r} if find_spec(name)])"
    done = bare.run("python", "-c", script)
    assert (done.stdout.strip(), done.returncode) == (b"[]", 0), done.stderr
    script = "import verifier, mixnet; print(verifier.__file__, mixnet.__file__)"
    assert str(HOUSE).encode() not in bare.run("python", "-c", script).stdout


def test_certificates_and_signatures_are_judged_alike(bare: Bare) -> None:
    vectors = HOUSE / "specs/vectors"
    done = bare.run("python", str(HOUSE / "tests/support/certificates.py"), str(vectors))
    assert (done.stdout, done.returncode) == (done.stdout.splitlines(keepends=True)[0], 0), done.stderr


def test_the_wheel_alone_gives_the_same_report(bare: Bare, tmp_path: Path) -> None:
    board = boards.honest()
    copy, sheet = on_disk(board, tmp_path)
    done = bare.run("aikyn-verify", "election", copy, "--trust", sheet, "--json")
    assert done.returncode == 0, done.stderr
    told = report.decode(done.stdout)
    assert told.environment["backend"].startswith("libsodium")
    assert report.digest(told) == report.digest(copies.audit(board.files, board.sheet))
    assert report.encode(told) == done.stdout


def test_the_wheel_alone_refuses_and_explains(bare: Bare, tmp_path: Path) -> None:
    told = next(vector for vector in FILE["rejected"] if vector["expect"] == "MIX.8")
    made = replay.Replay(FILE, told)
    files = copies.publish(made.records, made.blobs)
    board = boards.Board(made.records, files, copies.sheet(made.records[0], made.roots))
    copy, sheet = on_disk(board, tmp_path)
    done = bare.run("aikyn-verify", "election", copy, "--trust", sheet, "--html", str(tmp_path / "report.html"))
    assert done.returncode == 1, done.stderr
    assert b"MIX.8" in done.stdout
    assert (tmp_path / "report.html").stat().st_size > 10_000
    for language in ("en", "ky", "ru"):
        said = bare.run("aikyn-verify", "explain", "MIX.8", "--lang", language)
        assert (said.returncode, said.stdout[:7]) == (0, b"MIX.8: "), said.stderr


@pytest.mark.skipif(not HERE, reason="compares the kernel with libsodium")
def test_the_corpus_has_the_same_reports_on_libsodium() -> None:
    line = [sys.executable, "-m", "tests.house.test_independence"]
    done = subprocess.run(line, cwd=HOUSE, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    name, told = json.loads(done.stdout)
    assert name.startswith("libsodium")
    assert told == digests(SHARE)
    assert len(told) == len(SHARE) > 20


def digests(vectors: list[dict[str, Any]]) -> dict[str, str]:
    """The digest of each election's report."""
    return {vector["name"]: report.digest(replay.Replay(FILE, vector).audit()).hex() for vector in vectors}


if __name__ == "__main__":
    backend.choose("libsodium")
    print(json.dumps([backend.NAME, digests(SHARE)]))
