"""Tracking codes: how a voter reads, types and compares a ballot's tracker (specs/ballot.md §7, lookup.md §6)."""

from __future__ import annotations

import re
from base64 import b32encode
from typing import NamedTuple

from verifier.errors import Malformed

LETTERS = 26  # 128 bits in base32
ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
LONGEST = 64  # hexadecimal digits of a whole tracker
APART = re.compile(r"[\s.:_·•‐-―-]")  # noqa: RUF001  what people put between groups of letters
ALIKE = str.maketrans("АВЕКМНОРСТУХІЈЅ", "ABEKMHOPCTYXIJS")  # noqa: RUF001  a Cyrillic keyboard's that look like these
MISREAD = str.maketrans("0189", "OIBP")  # what base32 lacks is what people misread


def encode(tracker: bytes) -> str:
    """The code of a tracker."""
    return b32encode(tracker[:16]).decode()[:LETTERS]


def tidy(typed: str) -> str:
    """The text in capitals without separators; letters that no code has stay, so that the reader can be told."""
    return APART.sub("", typed).upper().translate(ALIKE)


class Beginning(NamedTuple):
    """What was typed, as the first letters of a code or the first digits of a tracker; "" where it cannot be these."""

    letters: str
    digits: str

    def fits(self, tracker: bytes) -> bool:
        """Whether the tracker, or its code, begins so."""
        return bool(
            (self.letters and encode(tracker).startswith(self.letters))
            or (self.digits and tracker.hex().startswith(self.digits))
        )


def read(typed: str) -> Beginning:
    """A code or tracker however it was grouped, whole or its beginning; `Malformed` if it can be neither."""
    code = tidy(typed)
    letters, digits = code.translate(MISREAD), code.lower()
    found = Beginning(
        letters if re.fullmatch(f"[A-Z2-7]{{1,{LETTERS}}}", letters) else "",
        digits if re.fullmatch(f"[0-9a-f]{{1,{LONGEST}}}", digits) else "",
    )
    if found == ("", ""):
        raise Malformed(
            "a tracking code has 26 letters and digits, a tracker 64 hexadecimal digits; the first are enough"
        )
    return found
