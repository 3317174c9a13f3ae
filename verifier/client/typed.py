"""Codes as people type them, on whatever keyboard (specs/lookup.md §6)."""

import re

APART = re.compile(r"[\s.:_·•‐-―-]")  # noqa: RUF001  what people put between groups of letters
ALIKE = str.maketrans("АВЕКМНОРСТУХІЈЅ", "ABEKMHOPCTYXIJS")  # noqa: RUF001  a Cyrillic keyboard's that look like these


def tidy(typed: str) -> str:
    """Capitals without what stands between them; letters that are not understood stay, for the reader to be told of."""
    return APART.sub("", typed).upper().translate(ALIKE)
