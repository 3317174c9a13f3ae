"""A trustee's part in the key ceremony (specs/ceremony.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from verifier.election.ceremony import absorb_contribution, committed, pad
from verifier.proof.group import SIZE, G, Points, Scalars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.proof.transcript import Context


class Dealer(NamedTuple):
    """The secrets of one attempt: the polynomial's t coefficients and the sealing key; E = eG and A = aG are public."""

    a: Secrets
    e: Secrets
    E: bytes
    A: bytes

    @classmethod
    def draw(cls, t: int) -> Dealer:
        """Fresh secrets for a threshold of t."""
        return cls.of(Secrets.draw(t), Secrets.draw())

    @classmethod
    def of(cls, a: Secrets, e: Secrets) -> Dealer:
        return cls(a, e, bytes((e * G).points()), bytes((a * G).points()))

    def prove(self, context: Context, attempt: int, trustee: int, n: int) -> bytes:
        """Knowledge of the constant term (specs/ceremony.md §2)."""
        y = Secrets.draw()
        w = Writer("ceremony", context, "", f"attempt {attempt} trustee {trustee}")
        absorb_contribution(w, len(self.a), n, self.E, self.A)
        w.write("T", y * G)
        z = w.challenge("z")
        w.write("s", y + z * self.a[0])
        return w.proof()

    def share(self, j: int) -> Secrets:
        """f(j)."""
        return self.a @ Scalars.of(j**k for k in range(len(self.a)))

    def deal(self, context: Context, attempt: int, i: int, sealing_keys: Mapping[int, bytes]) -> bytes:
        """The sealed shares for the participants, by their numbers (specs/ceremony.md §4)."""
        return b"".join(
            bytes((self.share(j) + self._pad(context, attempt, i, j, E)).reveal()) for j, E in sealing_keys.items()
        )

    def secret(self, E: bytes) -> bytes:
        """The Diffie–Hellman value with another trustee's sealing key."""
        return bytes((self.e * Points.packed(E)).points())

    def open(
        self,
        context: Context,
        attempt: int,
        j: int,
        sealing_keys: Mapping[int, bytes],
        dealings: Mapping[int, bytes],
        commitments: Mapping[int, Points],
    ) -> Secrets:
        """x_j, the sum of the shares dealt to trustee j; `Cheated` with the first dealer whose share does not hold.

        All mappings are by the participants' numbers, ascending.
        """
        x, start = Secrets.of(Scalars.of([0])), SIZE * list(sealing_keys).index(j)
        for i, E in sealing_keys.items():
            sealed = Scalars(dealings[i][start : start + SIZE])
            share = Secrets.of(sealed) - self._pad(context, attempt, i, j, E)
            if (share * G).points() != committed(commitments[i], j).point():
                raise Cheated(i)
            x = x + share
        return x

    def complain(self, context: Context, attempt: int, i: int, j: int, E_i: bytes) -> tuple[bytes, bytes]:
        """The secret shared with dealer i, and the proof that it is this secret (specs/ceremony.md §6)."""
        K = self.secret(E_i)
        y = Secrets.draw()
        w = Writer("complaint", context, "", f"attempt {attempt} from {i} to {j}")
        for label, point in (("Ei", E_i), ("Ej", self.E), ("K", K)):
            w.absorb(label, point)
        w.write("T1", y * G)
        w.write("T2", y * Points.packed(E_i))
        z = w.challenge("z")
        w.write("s", y + z * self.e)
        return K, w.proof()

    def _pad(self, context: Context, attempt: int, i: int, j: int, E: bytes) -> Secrets:
        return Secrets.of(pad(context, attempt, i, j, self.secret(E)))


class Cheated(Exception):
    """A dealer's share does not hold against its commitments."""

    def __init__(self, dealer: int) -> None:
        super().__init__(f"the share dealt by trustee {dealer} does not hold")
        self.dealer = dealer
