"""What people read keeps to the width of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.sources import TEXTS

WIDTH = 100
WHOLE = re.compile(r"\s*(\||\[[^\]]+\]:|`[^`]*`$)")  # a table's row, a link's target, a line of code: these cannot wrap


def prose(page: str) -> Iterator[tuple[int, str]]:
    """The lines outside of examples, numbered from 1."""
    fenced = False
    for number, line in enumerate(TEXTS[page].splitlines(), 1):
        fence = line.lstrip().startswith("```")
        fenced ^= fence
        if not fenced and not fence and not WHOLE.match(line):
            yield number, line


@pytest.mark.parametrize("page", sorted(name for name in TEXTS if name.endswith(".md")))
def test_a_page_is_a_hundred_columns_wide(page: str) -> None:
    assert [number for number, line in prose(page) if len(line) > WIDTH] == []
