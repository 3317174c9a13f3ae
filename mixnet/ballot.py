"""Sealing a ballot, and casting or challenging it: the voter's client (specs/ballot.md)."""

from __future__ import annotations

import secrets as system
from typing import TYPE_CHECKING, NamedTuple

from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from verifier.client.application import NAME
from verifier.election.ballot import FIRST, Ballot, Challenge, Sealed
from verifier.election.choice import encode_points
from verifier.errors import Malformed, refuse
from verifier.proof import backend
from verifier.proof.group import IDENTITY, SIZE, G, Points, has_identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.client.application import VoterApplication
    from verifier.election.manifest import Contest
    from verifier.proof.transcript import Context


class Prepared(NamedTuple):
    """A sealed ballot before the voter has chosen what becomes of it; r stays with the client."""

    sealed: Sealed
    choice: tuple[int, ...]
    r: Secrets
    tracker: bytes


class Credential:
    """A voter's credential: the secret key k, or a share of it. The voter's own client makes k, or k1."""

    def __init__(self, k: Secrets | None = None) -> None:
        self._k = Secrets.draw() if k is None else k
        self.key = bytes((self._k * G).points())
        if len(self._k) != 1 or self.key == IDENTITY:
            raise Malformed("a credential is one scalar, and not zero")

    def seal(self, context: Context, key: bytes, contest: Contest, style: str, choice: Sequence[int]) -> Prepared:
        """Seal a choice afresh (specs/ballot.md §4–7, §13–14)."""
        w, PK = contest.width, _election_key(key)
        r, y = Secrets.draw(w), Secrets.draw(w)
        R = (r * G).points()
        P = (r * PK + Points.packed(encode_points(contest, choice))).points()
        nonce = system.token_bytes(16)

        t = Writer("ballot", context, contest.id, "")
        t.absorb("PK", key)
        t.absorb("style", style.encode())
        t.absorb("credential", self.key)
        t.absorb("nonce", nonce)
        t.absorb("R", bytes(R))
        t.absorb("P", bytes(P))
        t.write("T", y * G)
        z = t.challenge("z")
        t.write("s", y + z * r)

        proof = t.proof()
        _check_no_identity(bytes(R) + bytes(P) + proof[: len(R) * SIZE])
        sealed = Sealed(contest.id, style, self.key, nonce, bytes(R), bytes(P), proof)
        return Prepared(sealed, tuple(choice), r, sealed.tracker(context.manifest))

    def cast(self, context: Context, prepared: Prepared, prev: bytes = FIRST) -> Ballot:
        """Cast it; `prev` is the tracker of this credential's latest cast ballot in the contest."""
        return Ballot(prepared.sealed, prev, self._sign(context, "cast", prepared, prev))

    def challenge(self, context: Context, prepared: Prepared, prev: bytes = FIRST) -> Challenge:
        """Open it instead, to check that it was sealed as chosen; it can never be cast."""
        signature = self._sign(context, "challenge", prepared, prev)
        return Challenge(prepared.sealed, prev, signature, prepared.choice, bytes(prepared.r.reveal()))

    def apply(self, asked: VoterApplication) -> VoterApplication:
        """The application with this key, and the proof that it is one's own (specs/keysheet.md §6)."""
        asked = asked._replace(credential=self.key)
        t = Writer(NAME, asked.context, "", "")
        t.absorb("credential", self.key)
        t.absorb("text", asked.digest)
        return asked._replace(proof=self._prove(t))

    def joined(self, k2: Secrets) -> Credential:
        """The credential of two shares, this one and k2."""
        return Credential(self._k + k2)

    def _sign(self, context: Context, act: str, prepared: Prepared, prev: bytes) -> bytes:
        t = Writer("signature", context, prepared.sealed.contest, act)
        t.absorb("credential", self.key)
        t.absorb("tracker", prepared.tracker)
        t.absorb("prev", prev)
        signature = self._prove(t)
        _check_no_identity(signature[:SIZE])
        return signature

    def _prove(self, t: Writer) -> bytes:
        """Schnorr's proof of k, under the statement that the transcript has (specs/ballot.md §8)."""
        y = Secrets.draw()
        t.write("T", y * G)
        z = t.challenge("z")
        t.write("s", y + z * self._k)
        return t.proof()


def _election_key(key: bytes) -> Points:
    """PK; under the identity, P would be the choice itself."""
    if len(key) != SIZE or key == IDENTITY or backend.first_undecodable(key) is not None:
        refuse("KEY.4", "election key", "this is no election key")
    return Points.packed(key)


def _check_no_identity(packed: bytes) -> None:
    """Nothing is handed out that no board takes (specs/ballot.md §6, §8)."""
    if has_identity(packed):
        refuse("BAL.5", "sealing", "a point is the identity: seal afresh")
