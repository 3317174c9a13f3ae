"""What a forge reads: workflows, issue forms and hooks are well formed, and call the project's own commands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.house import HOUSE
from tests.support.needs import lacking

pytestmark = pytest.mark.process

FORGE = HOUSE / ".github"
WORKFLOWS = sorted(FORGE.glob("workflows/*.yml"))
FORMS = sorted(path for path in FORGE.glob("ISSUE_TEMPLATE/*.yml") if path.name != "config.yml")
TARGETS = set(re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text(), re.MULTILINE))
# What a step may run besides the project's commands: it prepares or looks at the machine.
PREPARING = re.compile(r"(sudo )?apt-get|git config|grep --count avx512ifma|\$PORTABLE \.venv/bin/python -m pytest")


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def validate(schema: str, *files: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.process
def test_workflows_and_forms_have_the_forge_s_form() -> None:
    validate("vendor.github-workflows", *WORKFLOWS)
    validate("vendor.github-issue-forms", *FORMS)
    validate("vendor.github-issue-config", FORGE / "ISSUE_TEMPLATE/config.yml")


@pytest.mark.process
def test_actionlint_has_nothing_to_say(tmp_path: Path) -> None:
    if shutil.which("go") is None:
        lacking("Go is not installed")
    offline = {**os.environ, "GOFLAGS": "-mod=readonly", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    build = ["go", "build", "-o", str(tmp_path / "actionlint"), "github.com/rhysd/actionlint/cmd/actionlint"]
    built = subprocess.run(build, cwd=HOUSE / "tests/house", env=offline, capture_output=True, text=True, check=False)
    if "GOPROXY=off" in built.stderr:
        lacking("run `go mod download` in tests/house first")
    assert built.returncode == 0, built.stderr
    command = [str(tmp_path / "actionlint"), "-shellcheck=", "-pyflakes=", *map(str, WORKFLOWS)]
    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_call_the_project_s_commands(path: Path) -> None:
    called = [step["run"] for step in steps(path) if "run" in step and not PREPARING.match(step["run"])]
    assert called
    for line in called:
        words = line.split()
        assert words == [".ci/run"] or (words[0] == "make" and words[1] in TARGETS), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_pin_what_they_use_and_may_only_read(path: Path) -> None:
    assert read(path)["permissions"] == {"contents": "read"}
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    assert [line for line in used if not re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_every_promised_system_and_python_is_tried() -> None:
    [matrix] = [
        job["strategy"]["matrix"] for job in read(FORGE / "workflows/check.yml")["jobs"].values() if "strategy" in job
    ]
    pairs = {(runner, python) for runner in matrix["runner"] for python in matrix["python"]}
    pairs |= {(pair["runner"], pair["python"]) for pair in matrix["include"]}
    assert {python for _, python in pairs} == {"3.11", "3.12", "3.13", "3.14"}
    assert {re.sub(r"-[\d.]+", "", runner) for runner, _ in pairs} == {"ubuntu", "ubuntu-arm", "macos"}


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_speak_three_languages(path: Path) -> None:
    form = read(path)
    fields = [each["attributes"] for each in form["body"] if each["type"] != "markdown"]
    labels = [each["label"] for each in fields if each["label"] != "aikyn-verify --version --digest"]
    said = [
        form["name"],
        form["description"],
        *labels,
        *(each["description"] for each in fields if "description" in each),
    ]
    assert [text for text in said if len(text.split(" · ")) != 3] == []


def test_hooks_are_the_project_s_own() -> None:
    [repository] = read(HOUSE / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].split()[0] == "make"
        assert hook["entry"].split()[1] in TARGETS
