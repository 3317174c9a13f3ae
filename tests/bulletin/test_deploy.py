"""What deploy/ says can be done: commands and options exist, units are well formed and shut their processes in."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from bulletin.operate.commands import main
from tests.support.fronts import DEPLOY
from tests.support.needs import lacking

UNITS = sorted(DEPLOY.glob("*.service"))
PROGRAM = "/opt/aikyn/.venv/bin/aikyn-board"


def check_words(words: list[str]) -> None:
    """This is a command of ours with options that it has; values may be variables."""
    command = main.commands[words[0]]
    known = {name for each in command.params if isinstance(each, click.Option) for name in each.opts}
    assert {word for word in words if word.startswith("--")} <= known
    required = {each.opts[0] for each in command.params if isinstance(each, click.Option) and each.required}
    assert required <= set(words)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_what_there_is(unit: Path) -> None:
    (started,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.MULTILINE)
    program, *words = started.split()
    assert program == PROGRAM
    check_words(words)
    directory = next(word for word in words if word.startswith("/var/lib/"))
    assert f"StateDirectory={directory.removeprefix('/var/lib/')}\n" in unit.read_text()
    assert f"`{unit.name}`" in (DEPLOY / "README.md").read_text()


def test_the_page_gives_commands_that_there_are() -> None:
    text = "".join((DEPLOY / page).read_text() for page in ("README.md", "three-machines.md"))
    told = re.findall(rf"{PROGRAM} (.*)$", text, re.MULTILINE)
    assert len(told) == 8
    for line in told:
        check_words(line.split())
    for name in re.findall(r"/opt/aikyn/deploy/([\w.-]+)", text):
        assert (DEPLOY / name).is_file()


@pytest.mark.process
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_process_is_shut_in(unit: Path, tmp_path: Path) -> None:
    """systemd's own judgement, from 0 (shut in) to 10; what remains is the network and a user that is not drawn."""
    judge = shutil.which("systemd-analyze")
    if judge is None:
        lacking("systemd-analyze is not installed")
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace(PROGRAM, shutil.which("true") or "/bin/true"))
    well = subprocess.run([judge, "verify", str(copy)], capture_output=True, text=True, check=True, timeout=60)
    assert unit.name not in well.stderr, well.stderr
    words = [judge, "security", "--offline=true", "--threshold=20", str(copy)]
    judged = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert judged.returncode == 0, judged.stdout[-500:]
