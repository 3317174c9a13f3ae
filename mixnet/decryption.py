"""A trustee's decryption shares and their proof (specs/decryption.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixnet.secrets import Secrets
from mixnet.transcript import Writer
from verifier.election.decryption import Decrypted, absorb_statement, check_shares, weighted
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import G, Points

if TYPE_CHECKING:
    from verifier.proof.ciphertext import Ciphertexts
    from verifier.proof.transcript import Context


def decrypt(
    context: Context, contest: str, trustee: int, x: Secrets, mix: bytes, mixed: Ciphertexts
) -> tuple[tuple[Points, ...], bytes]:
    """The shares D = xR, one vector a column, and the proof; checked as everyone will check them."""
    X = (x * G).points()
    D = tuple((x * R).points() for R in mixed.R)
    y = Secrets.draw()

    t = Writer("decryption", context, contest, f"trustee {trustee}")
    absorb_statement(t, X, mix, mixed, D)
    e = t.challenges("e", mixed.width * len(mixed))
    t.write("T1", y * G)
    t.write("T2", y * weighted(e, mixed.R).point())
    z = t.challenge("z")
    t.write("s", y + z * x)

    batch = Batch()
    check_shares(
        Decrypted(
            context=context,
            contest=contest,
            trustee=trustee,
            X=X,
            mix=mix,
            mixed=mixed,
            D=D,
            proof=t.proof(),
            where=Place("our own shares"),
        ),
        batch,
    )
    batch.settle()
    return D, t.proof()
