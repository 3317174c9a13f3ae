"""ARCHITECTURE.md speaks of what is there: each file and function that it names exists, and no floor is missing."""

from __future__ import annotations

import re

from tests.support.house import HOUSE

PAGE = (HOUSE / "ARCHITECTURE.md").read_text()
WHERE = PAGE.split("## Where is")[1].split("\n## ")[0]


def test_every_path_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:verifier|mixnet|bulletin|specs|tests|web|demo|deploy)/[\w./-]*)`", PAGE))
    assert len(named) > 20
    assert {name for name in named if not (HOUSE / name).exists()} == set()


def test_every_function_that_is_named_stands_in_its_file() -> None:
    rows = [line for line in WHERE.splitlines() if line.startswith("| ") and "`" in line]
    asked = 0
    for row in rows:
        for names, file in re.findall(r"((?:`[\w.]+`(?:, | and )?)+) in `([\w/]+\.py)`", row):
            source = (HOUSE / file).read_text()
            for name in re.findall(r"`([\w.]+)`", names):
                for part in name.split("."):
                    assert re.search(rf"^ *(?:(?:async )?def|class) {part}\b", source, re.MULTILINE), (name, file)
                asked += 1
    assert asked >= 16


def test_every_floor_is_on_the_page() -> None:
    drawing = PAGE.split("```")[1]
    floors = {
        path.name
        for room in ("verifier", "bulletin")
        for path in (HOUSE / room).iterdir()
        if (path / "__init__.py").exists()
    }
    assert {floor for floor in floors if f"{floor}/" not in drawing} == set()
