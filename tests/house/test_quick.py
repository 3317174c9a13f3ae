"""What `make quick` runs starts no process and listens to nobody: a test that does must be marked `process`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.house import HOUSE

pytestmark = pytest.mark.process

WAYS = {
    "process": "subprocess.run([sys.executable, '-c', ''])",
    "fork": "os.fork() or os._exit(0)",
    "server": "with socket.socket() as one: one.bind(('127.0.0.1', 0))",
    "client": "with socket.socket() as one: one.connect(('127.0.0.1', 9))",
    "computing": "sum(range(9))",
}
HEAD = "import contextlib, os, pytest, socket, subprocess, sys\n"


def outcomes(place: Path, mark: str) -> set[str]:
    """The ways that a test of this mark may not go."""
    tests = [
        f"{mark}\ndef test_{name}():\n    with contextlib.suppress(OSError):\n        {way}\n"
        for name, way in WAYS.items()
    ]
    (place / "test_ways.py").write_text("\n".join([HEAD, *tests]))
    line = [sys.executable, "-m", "pytest", "-q", "-rf", "--tb=no", "-p", "tests.conftest", "-c", "pyproject.toml"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run([*line, place], cwd=HOUSE, env=environment, capture_output=True, text=True, check=False)
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert done.returncode == bool(failed), done.stdout + done.stderr
    return {name for name in WAYS if any(f"test_{name} " in f"{line} " for line in failed)}


def test_a_test_without_the_mark_starts_nothing(tmp_path: Path) -> None:
    assert outcomes(tmp_path, "") == WAYS.keys() - {"computing"}


def test_a_test_with_the_mark_may(tmp_path: Path) -> None:
    assert outcomes(tmp_path, "@pytest.mark.process") == set()


def test_quick_leaves_out_what_is_marked() -> None:
    [quick] = [line for line in (HOUSE / "Makefile").read_text().splitlines() if "not process" in line]
    assert '-m "not process and not slow"' in quick
