"""A choice as bytes, and bytes as points (specs/ballot.md §1–3)."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.election.manifest import COLUMN, Contest
from verifier.errors import Malformed, say
from verifier.proof import backend
from verifier.proof.group import IDENTITY, SIZE, cut

COUNTERS = 2**14


def check_choice(contest: Contest, choice: Sequence[int]) -> None:
    """`Malformed` unless the option numbers ascend and the contest allows them."""
    if list(choice) != sorted(set(choice)):
        raise Malformed("the option numbers of a choice must ascend")
    if not contest.least <= len(choice) <= contest.most:
        raise Malformed(say("{} takes {} to {} marks, not {}", contest.id, contest.least, contest.most, len(choice)))
    if choice and not 1 <= choice[0] <= choice[-1] <= len(contest.options):
        raise Malformed(say("{} has the options 1 to {}", contest.id, len(contest.options)))


def encode_choice(contest: Contest, choice: Sequence[int]) -> bytes:
    """The one coding of an allowed choice, 30 bytes a column."""
    check_choice(contest, choice)
    return bytes([len(choice), *choice]).ljust(COLUMN * contest.width, b"\0")


def decode_choice(contest: Contest, coded: bytes) -> tuple[int, ...]:
    """`Malformed` if the bytes are not the coding of a choice that the contest allows."""
    if not coded:
        raise Malformed("a choice begins with the number of its marks")
    choice = tuple(coded[1 : 1 + coded[0]])
    if encode_choice(contest, choice) != coded:
        raise Malformed("not the one coding of a choice")
    return choice


def embed(column: bytes) -> bytes:
    """The encoding of the point that carries 30 bytes with the smallest counter."""
    for counter in range(COUNTERS):
        encoding = bytes([counter % 128 * 2]) + column + bytes([counter // 128])
        if encoding != IDENTITY and backend.first_undecodable(encoding) is None:
            return encoding
    raise Malformed("no point carries these bytes")


def extract(encoding: bytes) -> bytes:
    """The 30 bytes a point carries; `Malformed` if its counter is not the smallest."""
    if len(encoding) != SIZE:
        raise Malformed("a point takes 32 bytes")
    column = encoding[1:31]
    if embed(column) != encoding:
        raise Malformed("not the one point that carries these bytes")
    return column


def encode_points(contest: Contest, choice: Sequence[int]) -> bytes:
    """The choice's points, packed."""
    coded = encode_choice(contest, choice)
    return b"".join(embed(coded[start : start + COLUMN]) for start in range(0, len(coded), COLUMN))


def decode_points(contest: Contest, points: bytes) -> tuple[int, ...]:
    """The choice in a decrypted row's points, packed; `Malformed` if the ballot is invalid."""
    return decode_choice(contest, b"".join(map(extract, cut(points))))
