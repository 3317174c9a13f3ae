"""Keys of a practice election, which everybody can work out: nobody keeps them (specs/keysheet.md §9)."""

from __future__ import annotations

from hashlib import sha256

from mixnet.keysheet import SEED

PREFIX, LABEL = "practice-", b"aikyn/1 practice"
CODE, PLACES = "TALE", 5
MOST = 10**PLACES - 1


def seed_of(election: str, number: int) -> bytearray:
    """The seed of this number's key sheet; ValueError if the election is no practice, or has no such number."""
    _check(number)
    if not election.startswith(PREFIX):
        raise ValueError(f"{election} is no practice election: its id does not begin with {PREFIX}")
    id = election.encode()
    return bytearray(sha256(LABEL + bytes([len(id)]) + id + number.to_bytes(8, "big")).digest()[:SEED])


def code_of(number: int) -> str:
    """The voter code of this number; ValueError if it is none."""
    _check(number)
    return f"{CODE}{number:0{PLACES}}"


def _check(number: int) -> None:
    if not 1 <= number <= MOST:
        raise ValueError(f"numbers of practice keys are 1 to {MOST}: {number}")
