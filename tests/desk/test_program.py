"""The digest of the verifier's files is what an auditor computes with sha256sum, wherever they are."""

import re
import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.corpus.twin import honest
from tests.support.desk import Desk, files
from tests.support.house import HOUSE, read_page
from verifier.desk import program
from verifier.desk.commands.main import main
from verifier.desk.report import report

pytestmark = pytest.mark.process

[SHELL] = re.findall(r"find verifier .*", read_page("verification"))
SMALL = {"a.py": b"1", "a/b.py": b"2", "a/words/x.toml": b"", "a-b.py": b"3"}


def lay(place: Path, held: dict[str, bytes]) -> Path:
    folder = place / "verifier"
    for name, data in held.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def by_shell(place: Path) -> str:
    """What the command of the specification prints."""
    done = subprocess.run(["bash", "-c", SHELL], cwd=place, capture_output=True, text=True, check=True)
    return done.stdout.split()[0]


@pytest.mark.process
def test_the_shell_agrees(tmp_path: Path) -> None:
    assert program.digest(lay(tmp_path, SMALL)).hex() == by_shell(tmp_path)
    assert program.digest().hex() == by_shell(HOUSE)


def test_a_zip_file_agrees(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        for name, data in reversed(SMALL.items()):
            wheel.writestr(f"verifier/{name}", data)
        wheel.writestr("bulletin/a.py", b"")
    assert program.digest(zipfile.Path(tmp_path / "a.whl", "verifier/")) == program.digest(lay(tmp_path, SMALL))


@pytest.mark.parametrize(
    "other",
    [
        SMALL | {"a.py": b"0"},
        SMALL | {"c.py": b""},
        {name: data for name, data in SMALL.items() if name != "a-b.py"},
        {name.replace("x.", "y."): data for name, data in SMALL.items()},
    ],
    ids=["byte", "added", "missing", "renamed"],
)
def test_every_change_changes_it(other: dict[str, bytes], tmp_path: Path) -> None:
    assert program.digest(lay(tmp_path / "one", SMALL)) != program.digest(lay(tmp_path / "two", other))


@pytest.mark.process
def test_what_python_compiled_is_left_out(tmp_path: Path) -> None:
    compiled = SMALL | {"__pycache__/a.pyc": b"0", "a/__pycache__/b.pyc": b"1"}
    assert program.digest(lay(tmp_path / "one", SMALL)) == program.digest(lay(tmp_path / "two", compiled))
    assert by_shell(tmp_path / "one") == by_shell(tmp_path / "two")


def test_the_program_prints_the_line_of_the_trust_sheet() -> None:
    told = f"aikyn-verify, version {version('aikyn')}\n"
    sheet = f"verifier {program.digest().hex()}\n"
    for words, said in ((["--version"], told), (["--version", "--digest"], told + sheet)):
        done = CliRunner().invoke(main, words)
        assert (done.exit_code, done.output) == (0, said)
    assert CliRunner().invoke(main, ["--digest", "--version"]).output == told + sheet
    alone = CliRunner().invoke(main, ["--digest", "checks"])
    assert (alone.exit_code, "--digest goes with --version" in alone.output) == (2, True)


def test_a_report_says_which_verifier_made_it_and_where_to_compare_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    copy, kept = desk.copy(files(honest())), tmp_path / "report.html"
    done = desk.ask("election", copy, "--json", "--html", str(kept))
    own = report.decode(done.stdout_bytes).environment["verifier"]
    assert own == program.digest().hex()
    shown = re.sub(r"</span>\s*<span>", " ", kept.read_text())
    assert (
        shown.count(" ".join(own[i : i + 4] for i in range(0, 64, 4))) == 2
    )  # beside MAN.8, and in the section of this run
