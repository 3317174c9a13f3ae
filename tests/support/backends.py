"""Judging by an arithmetic of choice, in a process of its own: which one it is, is settled at the start."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

from tests.support.house import HOUSE
from tests.support.needs import lacking

BACKENDS = ("kernel", "libsodium")


def judge_on(backend: str, module: str) -> None:
    """A module that judges vectors by this backend finds nothing."""
    if backend == "kernel" and find_spec("aikyn_kernel") is None:
        lacking("the kernel is not installed")
    run = subprocess.run(
        [sys.executable, "-m", module, backend], cwd=HOUSE, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
