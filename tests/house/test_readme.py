"""The README's first screen works: its commands run, and what it shows is what they print."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.support.house import HOUSE

README = (HOUSE / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
SHOWN = next(text for language, text in BLOCKS if language == "")
FORMULAS = next(text for language, text in BLOCKS if language == "python")
VOTERS = 60


@pytest.mark.process
def test_the_commands_run_and_print_what_is_shown() -> None:
    environment = {**os.environ, "ARGS": f"--voters {VOTERS}"}
    for variable in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # of the make that runs this test
        environment.pop(variable, None)
    printed = {}
    for command in COMMANDS:
        run = subprocess.run(
            ["bash", "-c", command],
            cwd=HOUSE,
            env=environment,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert run.returncode == 0, f"{command}\n{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
        printed[command] = run.stdout
    summary = printed["make demo"].strip().splitlines()[-len(SHOWN.splitlines()) :]
    assert [shape(line) for line in SHOWN.splitlines()] == [shape(line) for line in summary]


def test_the_shuffle_check_is_the_code() -> None:
    assert FORMULAS in (HOUSE / "verifier/election/shuffle.py").read_text()


def shape(line: str) -> str:
    """A line without its figures, spaces, the number of a tile, and whose arithmetic it was."""
    line = re.sub(r"tile/[\w/.]+", "tile", line).replace("(libsodium,", "(kernel,")
    without_figures = re.sub(r"[\d,.]+", "0", line)
    return re.sub(r"\s+", " ", without_figures).strip()
