"""Runs of the demo, small: played to the end, or served."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.house import HOUSE

VOTERS = 30
LAST = "or choose"  # begins the last line before the board stays up


def play(out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "demo", "--voters", str(VOTERS), "--out", str(out), *options]
    return subprocess.run(line, cwd=HOUSE, capture_output=True, text=True, timeout=400, check=False)


@contextmanager
def served(out: Path, *options: str) -> Iterator[dict[str, str]]:
    """What `--serve` prints, while the board is up: the first word of each line, and the rest of it."""
    words = [sys.executable, "-m", "demo", "--serve", "--out", str(out), *options]
    with subprocess.Popen(words, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line)
                if line.startswith(LAST):
                    break
            assert process.poll() is None, lines
            yield {line[:10].rstrip(): line[11:].rstrip() for line in lines}
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)
        assert process.returncode == 0, process.stdout.read()
