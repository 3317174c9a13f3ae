"""What is released stands alone: installed as the README says, it reports what is reported here."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import requests

from release import page
from release.wheels import APP
from tests.corpus import boards, replay
from tests.support import copies
from tests.support.house import HOUSE
from tests.support.needs import lacking
from verifier.desk import program
from verifier.desk.report import report
from verifier.proof import backend

if TYPE_CHECKING:
    from tests.corpus.boards import Board

pytestmark = pytest.mark.process

[COMPARE, INSTALL, PIPX] = re.findall(r"```console\n(.*?)```", (HOUSE / "README.md").read_text(), re.DOTALL)
FILE = replay.load()
SHARE = Random("backends").sample(FILE["rejected"], len(FILE["rejected"]) // 10) + FILE["accepted"][::8]
HERE = backend.NAME.startswith("kernel")
# What an auditor need not have: the board's, the makers', the tests'.
ABSENT = (
    *("flask", "sqlalchemy", "werkzeug", "httptools", "uvloop", "typst", "pytest", "hypothesis"),
    *("demo", "release", "tests"),
)
UNREACHABLE = re.compile(
    r"no matching distribution|could not find a version|connection|proxy|timed? ?out|temporary failure|resolution|"
    r"network is unreachable|ssl",
    re.IGNORECASE,
)
PATIENCE = {"PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "10", "PIP_ONLY_BINARY": ":all:", "PIP_QUIET": "1"}
KNOWN = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


class Bare(NamedTuple):
    """An environment with nothing in it but what was released and what that asks for."""

    scripts: Path
    outside: Path

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run one of its programs outside the project's directory."""
        line = [str(self.scripts / name), *arguments]
        return subprocess.run(line, cwd=self.outside, env=KNOWN, capture_output=True, timeout=120, check=False)


def follow(commands: str, place: Path, **more: str) -> str:
    """Run commands of the README where a release was downloaded to; what they print."""
    if not HERE:
        commands = re.sub(r" ?\S*aikyn_kernel\S*", "", re.sub(r"pipx inject .*\n", "", commands))
    tools = os.pathsep.join((str(place / "bin"), str(Path(sys.executable).parent), KNOWN["PATH"]))
    done = subprocess.run(
        ["bash", "-ec", commands],
        cwd=place,
        env=KNOWN | PATIENCE | more | {"PATH": tools},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    if done.returncode and UNREACHABLE.search(done.stderr):
        lacking(f"what the wheel asks for cannot be fetched: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def has_libsodium() -> bool:
    """Whether libsodium is on this machine, or has to be installed as a package."""
    from ctypes.util import find_library

    return find_library("sodium") is not None


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the files of a release, built here with what the tests' environment pins."""
    if not (HOUSE / APP).is_dir():
        lacking("run `make .venv/web` first: the voter's app is not built")
    place = tmp_path_factory.mktemp("released")
    builders = {HOUSE: ["hatchling", "build", "--target", "wheel", "--directory", str(place)]}
    if HERE:
        builders[HOUSE / "kernel"] = ["maturin", "build", "--release", "--locked", "--quiet", "--out", str(place)]
    (HOUSE / "kernel/target").mkdir(exist_ok=True)
    with (HOUSE / "kernel/target/turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # cargo builds in one place, and tests run side by side
        for folder, words in builders.items():
            line = [sys.executable, "-m", *words]
            built = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
            assert built.returncode == 0, built.stderr
    pins = "base.txt" if has_libsodium() else "libsodium.txt"
    shutil.copyfile(HOUSE / "requirements" / pins, place / "requirements.txt")
    (place / "SHA256SUMS").write_text(page.checksums(sorted(place.iterdir())))
    return place


@pytest.fixture(scope="module")
def wheel(released: Path) -> Path:
    [file] = released.glob("aikyn-*.whl")
    return file


@pytest.fixture(scope="module", params=["newest", "oldest"])
def bare(released: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Bare:
    """With the newest dependencies that `pyproject.toml` allows, and with the oldest."""
    place = Path(shutil.copytree(released, tmp_path_factory.mktemp("bare") / "downloads"))
    if request.param == "oldest":
        shutil.copyfile(HOUSE / "requirements/oldest.txt", place / "requirements.txt")
    follow(INSTALL, place)
    (place / "outside").mkdir()
    return Bare(place / "aikyn/bin", place / "outside")


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


def test_nothing_that_it_asks_for_brings_a_package_of_the_same_name(bare: Bare) -> None:
    script = "from importlib.metadata import packages_distributions as all; print([all()[n] for n in %r])"
    done = bare.run("python", "-c", script % (["verifier", "mixnet", "bulletin"],))
    assert done.stdout.decode().strip() == str([["aikyn"]] * 3)


def test_the_readme_compares_the_digest_before_and_after(released: Path, wheel: Path, bare: Bare) -> None:
    compared = follow(COMPARE, released).splitlines()
    assert compared[:-1] == [
        f"{file}: OK" for file in sorted(path.name for path in released.glob("*.*") if path.is_file())
    ]
    own = program.digest(zipfile.Path(wheel, "verifier/")).hex()
    assert compared[-1].split()[0] == own == program.digest().hex()
    line = ("--version", "--digest")
    assert bare.run("aikyn-verify", *line).stdout.decode().splitlines()[1] == f"verifier {own}"
    [typed] = bare.scripts.parent.glob("lib/python*/site-packages/verifier/py.typed")
    typed.write_bytes(b" ")
    assert own not in bare.run("aikyn-verify", *line).stdout.decode()
    typed.write_bytes(b"")


def test_pipx_installs_it_as_the_readme_says(released: Path, wheel: Path) -> None:
    homes = {f"PIPX_{name}": str(released / "pipx" / name) for name in ("HOME", "MAN_DIR", "COMPLETION_DIR")}
    said = follow(PIPX, released, PIPX_BIN_DIR=str(released / "bin"), PIPX_DEFAULT_PYTHON=sys.executable, **homes)
    assert said.splitlines()[-1] == f"verifier {program.digest(zipfile.Path(wheel, 'verifier/')).hex()}"
    assert {path.name for path in (released / "bin").iterdir()} == {"aikyn-verify", "aikyn-mix", "aikyn-board"}


@pytest.mark.parametrize("arithmetic", ["libsodium", *(["kernel"] if HERE else [])])
def test_the_release_alone_gives_the_same_report(arithmetic: str, bare: Bare, tmp_path: Path) -> None:
    board = boards.honest()
    copy, sheet = on_disk(board, tmp_path)
    done = bare.run("aikyn-verify", "election", copy, "--trust", sheet, "--json", "--backend", arithmetic)
    assert done.returncode == 0, done.stderr
    told = report.decode(done.stdout)
    assert told.environment["backend"].startswith(arithmetic)
    assert report.digest(told) == report.digest(copies.audit(board.files, board.sheet))
    assert report.encode(told) == done.stdout


def test_its_board_serves_the_voter_s_page(wheel: Path, tmp_path: Path) -> None:
    pins = HOUSE / "requirements/board.txt"
    follow(f"python3 -m venv board && board/bin/pip install --require-hashes -r '{pins}'", tmp_path)
    follow(f"board/bin/pip install --no-deps '{wheel}'\necho 'quorum none' >policy", tmp_path)
    follow("board/bin/aikyn-board init home --origin board.example/bare", tmp_path)
    line = [str(tmp_path / "board/bin/aikyn-board"), *["serve", "home", "--policy", "policy", "--port", "0"]]
    with subprocess.Popen(line, cwd=tmp_path, env=KNOWN, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = (process.stdout.readline() if process.stdout else "").split()[-1]
            answers = [requests.get(f"{url}/{path}", timeout=20) for path in ("r/ky", "page.css", "ky")]
        finally:
            process.send_signal(signal.SIGTERM)
    assert {answer.status_code for answer in answers} == {200}
    assert process.returncode == 0


def test_it_lays_out_the_voter_s_app(wheel: Path, tmp_path: Path) -> None:
    board = boards.honest()
    _, sheet = on_disk(board, tmp_path)
    (tmp_path / "manifest.json").write_bytes(board.records[0])
    pins = HOUSE / "requirements/board.txt"
    follow(f"python3 -m venv board && board/bin/pip install --require-hashes -r '{pins}'", tmp_path)
    follow(f"board/bin/pip install --no-deps '{wheel}'", tmp_path)
    named = f"--trust '{sheet}' --manifest manifest.json --board https://board.example"
    follow(f"board/bin/aikyn-board app pages {named}", tmp_path)
    with zipfile.ZipFile(wheel) as held:
        built = {
            name.removeprefix(f"{APP}/"): held.read(name) for name in held.namelist() if name.startswith(f"{APP}/")
        }
    assert {"index.html", "ky/r.html", "receipt.js"} <= built.keys()
    assert all((tmp_path / "pages" / name).read_bytes() == data for name, data in built.items())


def test_the_release_alone_refuses_and_explains(bare: Bare, tmp_path: Path) -> None:
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
