"""A contest's course from cast ballots to decryption shares (specs/election.md §2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import Points


class Cast(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """A credential's latest cast ballot in a contest."""

    position: int
    tracker: bytes
    R: bytes
    P: bytes


class Given(NamedTuple):
    """A trustee's shares of a contest: one vector of points a column."""

    trustee: int
    shares: tuple[Points, ...]


@dataclass
class Course:
    """What is cast by each credential, counted, mixed by `mixers` (all digests, the last two lists), decrypted."""

    cast: dict[bytes, Cast] = field(default_factory=dict)
    counted: tuple[Cast, ...] = ()
    mixers: list[str] = field(default_factory=list)
    lists: list[Ciphertexts] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    shares: list[Given] = field(default_factory=list)
