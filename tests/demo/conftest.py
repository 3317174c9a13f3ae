"""One run of the demo for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.playing import play


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Its directory and what it printed."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = play(out)
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done.stdout
