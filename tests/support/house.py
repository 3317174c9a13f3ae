"""Where things stand in the house: its root, the specs and their vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).parents[2]
SPECS = HOUSE / "specs"
VECTORS = SPECS / "vectors"


def read_page(name: str) -> str:
    """A page of the specs, by its name without `.md`."""
    return (SPECS / f"{name}.md").read_text(encoding="utf-8")


def read_vectors(name: str) -> dict[str, Any]:
    """A file of vectors, by its name without `.json`."""
    file: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return file
