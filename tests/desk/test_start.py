"""The programs on a machine that lacks something: one sentence and status 2, no trace."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

# Hides modules, and every library that ctypes would load, before a program starts.
HIDING = """
import ctypes, sys
from importlib.metadata import entry_points

def refuse(name, *_):
    raise OSError(name)

program, hidden = sys.argv[1], sys.argv[2].split(",")
ctypes.CDLL = refuse
for name in hidden:
    sys.modules[name] = None
sys.argv = [program, *sys.argv[3:]]
[script] = entry_points(group="console_scripts", name=program)
script.load()()
"""
ARITHMETIC = "aikyn_kernel,rbcl"


def lack(hidden: str, program: str, *words: str) -> tuple[int, str]:
    """The exit status and what is said."""
    command = [sys.executable, "-c", HIDING, program, hidden, *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("aikyn-verify", ("election", "board", "--trust", "trust.txt")),
        ("aikyn-mix", ("trustee", "--board", "http://127.0.0.1", "--trust", __file__, "--vault", "vault")),
        ("aikyn-board", ("serve", "board")),
    ],
)
def test_without_arithmetic_a_sentence_says_what_to_install(program: str, words: tuple[str, ...]) -> None:
    status, said = lack(ARITHMETIC, program, *words)
    assert status == 2
    assert said.count("\n") == 1
    for what in ("aikyn_kernel", "libsodium 1.0.18", "pip install rbcl"):
        assert what in said


@pytest.mark.parametrize(
    ("hidden", "program", "words", "remedy"),
    [
        ("sqlalchemy", "aikyn-board", ("serve", "board"), "pip install 'aikyn[board]'"),
        ("msgspec", "aikyn-verify", ("checks",), "pip install 'aikyn'"),
    ],
)
def test_a_missing_library_is_named_with_its_remedy(
    hidden: str, program: str, words: tuple[str, ...], remedy: str
) -> None:
    assert lack(hidden, program, *words) == (2, f"Error: {hidden} is not installed: {remedy}\n")


def test_with_everything_there_a_program_goes_on() -> None:
    status, said = lack("rbcl", "aikyn-verify", "explain", "MAN.8")
    assert (status, said[:7]) == (0, "MAN.8: ")


def test_a_copy_on_this_machine_is_checked_without_what_speaks_http(tmp_path: Path) -> None:
    vectors = Path(__file__).parents[2] / "specs" / "vectors"
    (tmp_path / "trust.txt").write_text(json.loads((vectors / "archives.json").read_text())["sheets"]["sheet 1"])
    copy = vectors / "archives" / "a-whole-election-by-a-sheet-that-has-everything.zip"
    status, said = lack(
        "requests,urllib3", "aikyn-verify", "election", str(copy), "--trust", str(tmp_path / "trust.txt")
    )
    assert (status, said[:8]) == (0, "ACCEPTED"), said
