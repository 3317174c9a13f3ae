"""A credential's file: the voter's key sheet as a text that only its owner can read (specs/keysheet.md §4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from mixnet import keysheet, share
from mixnet.ballot import Credential
from mixnet.keeping import reading, wipe, write
from mixnet.keysheet import LINE, LINES
from mixnet.speech import Trouble
from verifier.errors import Malformed

if TYPE_CHECKING:
    from pathlib import Path

HEADER = b"aikyn/1 credential: keep this file secret, whoever has it votes in your place\n"
ID = re.compile(rb"[a-z0-9-]{1,40}")


class Own(NamedTuple):
    """The voter's share, k1, of a credential of this election."""

    election: str
    credential: Credential


def make(file: Path, election: str, seed: bytearray | None = None) -> None:
    """Keep a sheet, a new one unless a seed is given; FileExistsError rather than overwrite. The seed is wiped."""
    drawn = seed or keysheet.draw()
    sheet = keysheet.encode(drawn)
    lines = keysheet.cut(sheet)
    try:
        write(file, HEADER, f"{election}\n".encode(), *(part for line in lines for part in (line, b"\n")))
    finally:
        wipe(drawn, sheet, *lines)


def load(file: Path, second: Path | None = None) -> Credential:
    """The credential in a file, joined with the share in a second one; `Trouble` if it cannot be had of them."""
    own = load_own(file)
    if second is None:
        return own.credential
    given = share.load(second)
    if (given.election, given.first) != (own.election, own.credential.key):
        raise Trouble("share.other", file=second, credential=file)
    return own.credential.joined(given.k2)


def load_own(file: Path) -> Own:
    """The voter's own share; `Trouble` if there is none in the file, or others may read it."""
    with reading(file, "trouble.absent") as text:
        sheet = bytearray()
        try:
            election, sheet = _read(text)
            seed = keysheet.decode(sheet)
            own = Own(election, Credential(keysheet.derive(election, seed)))
            wipe(seed)
        except (ValueError, Malformed, keysheet.Mistyped) as error:
            raise Trouble("trouble.none", file=file) from error
        finally:
            wipe(sheet)
    return own


def spell(file: Path) -> list[str]:
    """The sheet's lines, to be written down; `Trouble` as for `load_own`."""
    load_own(file)
    with reading(file, "trouble.absent") as text:
        _, sheet = _read(text)
    lines = keysheet.cut(sheet)
    spelt = [line.decode() for line in lines]
    wipe(sheet, *lines)
    return spelt


def _read(text: bytearray) -> tuple[str, bytearray]:
    """The election and the sheet's digits, in a buffer of their own; ValueError if they are not that."""
    start = len(HEADER)
    end = text.find(b"\n", start)
    election = bytes(text[start : max(start, end)])
    places = [end + 1 + (LINE + 1) * number for number in range(LINES)]
    rest = places[-1] + LINE
    if not text.startswith(HEADER) or not ID.fullmatch(election) or len(text) < rest or text[rest:].strip():
        raise ValueError("no credential")
    sheet = bytearray(LINES * LINE)
    for number, place in enumerate(places):
        for at in range(LINE):
            sheet[LINE * number + at] = text[place + at]
    if not sheet.isdigit() or any(text[place - 1] != ord("\n") for place in places):
        wipe(sheet)
        raise ValueError("no credential")
    return election.decode(), sheet
