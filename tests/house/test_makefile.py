"""The Makefile tells a newcomer what there is, and what it installs."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.support.house import HOUSE

pytestmark = pytest.mark.process

TARGETS = re.findall(r"^\.PHONY: (.+)$", (HOUSE / "Makefile").read_text(), re.MULTILINE)[0].split()
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}


def make(*words: str) -> str:
    done = subprocess.run(["make", *words], cwd=HOUSE, env=ENVIRONMENT, capture_output=True, text=True, check=True)
    return done.stdout


def test_help_has_a_sentence_for_each_target() -> None:
    told = dict(re.findall(r"^make (\w+) +(\w.{15,})$", make("help"), re.MULTILINE))
    assert sorted(told) == sorted(TARGETS)
    assert make() == make("help")


def test_the_demo_tells_what_it_installs_and_builds_the_app() -> None:
    would = make("--dry-run", "--always-make", "demo")
    told = re.findall(r'^\s*echo "installing  .*(packages|kernel|libsodium|app)\b', would, re.MULTILINE)
    assert (told[0], told[-1], len(told)) == ("packages", "app", 3)
    done = [would.index(step) for step in ("-r requirements/dev.txt", "node build.js", "python -m demo")]
    assert done == sorted(done)
