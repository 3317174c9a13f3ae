"""The key sheet: a seed as three lines of digits, each with a check digit, and the key of it (specs/keysheet.md §1–3).

Digits stand in buffers of their full length, which leave no copy behind and can be wiped; numbers that would hold the
whole seed are never made. What people type is text, which nobody can wipe.
"""

from __future__ import annotations

import hashlib
import re
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple

from mixnet.keeping import wipe
from mixnet.secrets import RANDOMNESS, Secrets
from verifier.proof import backend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SEED, PLACES, LINES = 16, 39, 3  # bytes; digits of 2^128 − 1; lines of the sheet
PART = PLACES // LINES
LINE = PART + 1
ASCII = ord("0")
PREFIX, LABEL = "AIKYN1:", b"aikyn/1 credential"
# The quasigroup of H. M. Damm's dissertation (Marburg 2004): row, then column.
DAMM = (
    *("0317598642", "7092154863", "4206871359", "1750983426", "6123045978"),
    *("3674209581", "5869720134", "8945362017", "9438617205", "2581436790"),
)
SPACING = re.compile(r"[\t\v\f \xa0\u1680\u2000-\u200d\u2010-\u2015\u202f\u205f\u2060\u2212\u3000\ufeff.,_-]")
BREAKS = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")

Kind = Literal["sign", "count", "check", "large"]


class Slip(NamedTuple):
    """What is wrong in which line of a sheet; line 0 is the sheet as a whole."""

    line: int
    kind: Kind


class Mistyped(Exception):
    """What was typed is no key sheet; `slips` says where."""

    def __init__(self, slips: Sequence[Slip]) -> None:
        super().__init__(", ".join(f"line {slip.line}: {slip.kind}" for slip in slips))
        self.slips = tuple(slips)


def draw() -> bytearray:
    """A seed from the system's randomness; the caller wipes it."""
    seed = bytearray(SEED)
    with RANDOMNESS.open("rb", buffering=0) as source:
        if source.readinto(seed) != SEED:
            raise OSError(f"{RANDOMNESS} gave fewer bytes than were asked for")
    return seed


def derive(election: str, seed: bytearray) -> Secrets:
    """k1, the voter's share of a credential of this election (specs/keysheet.md §1)."""
    id = election.encode()
    hash = hashlib.sha512(LABEL + bytes([len(id)]) + id)
    hash.update(seed)
    digest = hash.digest()
    packed = backend.scalars_reduce(digest)
    del digest
    bytes(hash.digest_size)  # takes the place in memory that the digest has left, and fills it with zeros
    return Secrets(packed)


def check_digit(number: int, digits: Iterable[int]) -> int:
    """Damm's check digit of a line: of its number, and then its digits."""
    interim = 0
    for digit in chain((number,), digits):
        interim = int(DAMM[interim][digit])
    return interim


def encode(seed: bytearray) -> bytearray:
    """The sheet's three lines as ASCII digits, 14 each, joined; the caller wipes them."""
    rest, digits = bytearray(seed), bytearray(PLACES)
    for place in reversed(range(PLACES)):
        carry = 0
        for at in range(SEED):
            rest[at], carry = divmod(256 * carry + rest[at], 10)
        digits[place] = carry
    sheet = bytearray(LINES * LINE)
    for number in range(LINES):
        places = range(PART * number, PART * (number + 1))
        for at, place in enumerate(places):
            sheet[LINE * number + at] = ASCII + digits[place]
        sheet[LINE * number + PART] = ASCII + check_digit(number + 1, (digits[place] for place in places))
    wipe(rest, digits)
    return sheet


def cut(sheet: bytearray) -> list[bytearray]:
    """The lines of a sheet, as they are written and typed; the caller wipes them."""
    return [sheet[LINE * number : LINE * (number + 1)] for number in range(LINES)]


def decode(sheet: bytearray) -> bytearray:
    """The seed of three lines of ASCII digits, joined; the caller wipes it. `Mistyped` if a line is, or all are."""
    slips, seed = [], bytearray(SEED)
    for number in range(LINES):
        places = range(LINE * number, LINE * (number + 1))
        if check_digit(number + 1, (sheet[place] - ASCII for place in places)):
            slips.append(Slip(number + 1, "check"))
        for place in places[:PART]:
            carry = sheet[place] - ASCII
            for at in reversed(range(SEED)):
                carry, seed[at] = divmod(10 * seed[at] + carry, 256)
            if carry and not slips:
                slips.append(Slip(0, "large"))
    if slips:
        wipe(seed)
        raise Mistyped([slip for slip in slips if slip.kind == "check"] or slips)
    return seed


def read(typed: str) -> bytearray:
    """The seed of a sheet as somebody typed or scanned it; `Mistyped` says in which lines it is wrong."""
    text = SPACING.sub("", typed)
    lines = [line for line in BREAKS.split(text.removeprefix(PREFIX)) if line]
    numbered = len(lines) == LINES
    if not numbered:
        lines = ["".join(lines)]
    slips = []
    for number, line in enumerate(lines, 1):
        if not re.fullmatch(r"[0-9]*", line):
            slips.append(Slip(number if numbered else 0, "sign"))
        elif len(line) != (LINE if numbered else LINE * LINES):
            slips.append(Slip(number if numbered else 0, "count"))
    sheet = "".join(lines)
    if numbered and slips:
        slips += [Slip(n, "check") for n, line in enumerate(lines, 1) if _is_whole(line) and not _agrees(n, line)]
    if slips:
        raise Mistyped(sorted(slips))
    return decode(bytearray(sheet, "ascii"))


def read_line(number: int, typed: str) -> str:
    """One line as somebody typed it, 14 digits; `Mistyped` if it is not that line."""
    line = SPACING.sub("", typed).strip()
    if not re.fullmatch(r"[0-9]*", line):
        raise Mistyped([Slip(number, "sign")])
    if len(line) != LINE:
        raise Mistyped([Slip(number, "count")])
    if not _agrees(number, line):
        raise Mistyped([Slip(number, "check")])
    return line


def _is_whole(line: str) -> bool:
    return re.fullmatch(rf"[0-9]{{{LINE}}}", line) is not None


def _agrees(number: int, line: str) -> bool:
    return not check_digit(number, map(int, line))
