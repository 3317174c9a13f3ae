"""Codes as people type them: the vectors that the voter's page reads too."""

from __future__ import annotations

import json

import pytest

from tests.support.house import HOUSE
from verifier.client.tracking import tidy

TYPED = json.loads((HOUSE / "specs/vectors/lookup.json").read_text())["typed"]


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row["typed"])
def test_codes_are_read_on_any_keyboard_and_no_letter_is_lost(row: dict[str, str]) -> None:
    """G7: a letter that looks like a Latin one is taken for it, others stay."""
    assert tidy(row["typed"]) == row["tidy"]
