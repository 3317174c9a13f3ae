"""A trustee: its part in the key ceremony, then one decryption a contest (specs/ceremony.md, decryption.md §7)."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Literal

from mixnet.ceremony import Cheated, Dealer
from mixnet.decryption import decrypt
from mixnet.holder import PHASES, Conflict, Deed, place
from mixnet.secrets import Secrets
from mixnet.vault import UnusableVault, election_key
from verifier.election import ceremony
from verifier.election.ceremony import Acknowledgement, Ceremony, Complaint, Contribution, Dealing, Pledge
from verifier.election.decryption import Share
from verifier.proof.group import SIZE, G

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mixnet.vault import Vault
    from verifier.election.manifest import Contest
    from verifier.records import Record
    from verifier.rule import Phase
    from verifier.state import State

UNSIGNED = bytes(64)
Duty = Literal["ceremony", "decryption"]
IDLE: dict[Duty | None, tuple[Phase, ...]] = {
    "ceremony": (),
    "decryption": PHASES[: PHASES.index("decrypting")],
    None: PHASES[PHASES.index("registration") : PHASES.index("decrypting")],
}


class Trustee:
    """The trustee whose key is in `vault`; `only` limits it to one part of its work.

    The secrets of an attempt (polynomial, sealing key, proof) are in the vault before the pledge is posted, and are
    wiped once they have served; what stays is x_j, the trustee's share of the election's secret.
    """

    def __init__(self, vault: Vault, only: Duty | None = None) -> None:
        self._vault, self._only = vault, only
        for name in vault.secrets():
            kind, _, attempt = name.partition("-")
            if kind == "attempt" and vault.recall(f"answer-{attempt}") is not None:
                vault.wipe(name)  # a crash came between the answer and the wiping

    @property
    def idle(self) -> tuple[Phase, ...]:
        """Nothing is due in these phases, once the vault knows the election key."""
        return IDLE[self._only] if election_key(self._vault.directory) else ()

    def lacks_key(self, state: State) -> bool:
        """Whether the log has an election key that this vault has not written down."""
        return state.key not in (b"", election_key(self._vault.directory))

    def id(self, state: State) -> str:
        return state.rules.trustees[self._number(state) - 1].id

    def finished(self, state: State) -> bool:
        """Whether nothing more can be due."""
        if self._only == "ceremony":
            return state.phase not in ("setup", "ceremony")
        if PHASES.index(state.phase) < PHASES.index("decrypting"):
            return False
        j = self._number(state)
        return all(_has_given(state, contest, j) for contest in state.mixable())

    def due(self, state: State) -> Sequence[Deed]:
        """What is due from this trustee in the log's state."""
        if state.phase == "ceremony" and self._only != "decryption":
            return self._ceremony(state, self._number(state))
        if state.phase in ("decrypting", "tallied") and self._only != "ceremony":
            j = self._number(state)
            return [self._share(state, contest, j) for contest in state.mixable() if not _has_given(state, contest, j)]
        return ()

    def _ceremony(self, state: State, j: int) -> list[Deed]:
        """The next message of the attempt, if this trustee takes part and all have sent the one before."""
        held = state.ceremony
        a, n = held.attempt, len(state.participants)
        rounds: tuple[tuple[str, dict[int, Record], partial[Record]], ...] = (
            ("pledge", {**held.pledges}, partial(self._pledge, state, a, j)),
            ("contribution", {**held.contributions}, partial(self._contribution, a, j)),
            ("dealing", {**held.dealings}, partial(self._dealing, state, held, j)),
            ("answer", {**held.acknowledgements}, partial(self._answer, state, held, j)),
        )
        for name, sent, make in rounds if j in state.participants else ():
            if j not in sent:
                return [Deed(f"{name}-{a}", make, then=partial(self._forget, name, a))]
            if len(sent) < n:
                break
        return []

    def _pledge(self, state: State, a: int, j: int) -> Record:
        name, t = f"attempt-{a}", state.rules.threshold
        if name not in self._vault.secrets():
            dealer = Dealer.draw(t)
            proof = dealer.prove(state.context, a, j, len(state.participants))
            coefficients, sealing = dealer.a.expose(), dealer.e.expose()
            self._vault.keep(name, (proof, sealing, coefficients))
            coefficients[:], sealing[:] = bytes(len(coefficients)), bytes(len(sealing))
        dealer, proof = self._dealer(a)
        return Pledge(a, j, dealer.E, hashlib.sha256(dealer.A + proof).digest(), UNSIGNED)

    def _contribution(self, a: int, j: int) -> Record:
        dealer, proof = self._dealer(a)
        return Contribution(a, j, dealer.A, proof, UNSIGNED)

    def _dealing(self, state: State, held: Ceremony, j: int) -> Record:
        dealer, _ = self._dealer(held.attempt)
        shares = dealer.deal(state.context, held.attempt, j, _sealing_keys(held))
        return Dealing(held.attempt, j, shares, UNSIGNED)

    def _answer(self, state: State, held: Ceremony, j: int) -> Record:
        """Acknowledge the shares dealt to this trustee, or complain about the first that does not hold."""
        a = held.attempt
        dealer, _ = self._dealer(a)
        sealing_keys, commitments = _sealing_keys(held), held.commitments()
        dealt = {i: dealing.shares for i, dealing in held.dealings.items()}
        try:
            x = dealer.open(state.context, a, j, sealing_keys, dealt, commitments)
        except Cheated as cheated:
            i = cheated.dealer
            secret, proof = dealer.complain(state.context, a, i, j, sealing_keys[i])
            return Complaint(a, j, i, secret, proof, UNSIGNED)
        kept = x.expose()
        self._vault.keep(f"share-{a}", [kept])
        kept[:] = bytes(len(kept))
        return Acknowledgement(a, j, bytes(ceremony.election_key(list(commitments.values()))), UNSIGNED)

    def _forget(self, sent: str, a: int) -> None:
        """Wipe what has served: a void attempt's secrets, and this one's once its shares are answered for."""
        void = (f"attempt-{a - 1}", f"share-{a - 1}") if sent == "pledge" else ()
        for name in (*void, *((f"attempt-{a}",) if sent == "answer" else ())):
            self._vault.wipe(name)

    def _share(self, state: State, contest: Contest, j: int) -> Deed:
        """Decrypt the contest's last mix, which is the only one this vault will ever decrypt."""
        course = state.courses[contest.id]
        mix, mixed = course.digests[-1], course.lists[-1]

        def make() -> Record:
            columns, proof = decrypt(state.context, contest.id, j, self._x(state, j), mix, mixed)
            shares = self._vault.store(b"".join(bytes(points) for points in columns))
            return Share(contest.id, j, mix, shares, proof, UNSIGNED)

        return Deed(f"share-{contest.id}", make, lambda record: isinstance(record, Share) and record.mix == mix)

    def _x(self, state: State, j: int) -> Secrets:
        """x_j, which must be the logarithm of the public share key on the log."""
        attempt = state.ceremony.attempt
        kept = self._vault.load(f"share-{attempt}")
        if kept is None:
            raise UnusableVault(
                f"this vault has no share of attempt {attempt}: use the vault that took part in the ceremony"
            )
        x = Secrets.take(kept)
        if (x * G).points() != state.share_keys[j]:
            raise Conflict("the share in this vault is not that of the log's ceremony: tell the central commission")
        return x

    def _dealer(self, a: int) -> tuple[Dealer, bytes]:
        """The secrets of an attempt, and the proof that was pledged with them."""
        kept = self._vault.load(f"attempt-{a}")
        if kept is None:
            raise UnusableVault(
                f"the secrets of attempt {a} are not in this vault: use the vault that made the pledge, or ask the "
                "central commission to restart the ceremony"
            )
        proof, e, coefficients = bytes(kept[: 2 * SIZE]), kept[2 * SIZE : 3 * SIZE], kept[3 * SIZE :]
        kept[:] = bytes(len(kept))
        return Dealer.of(Secrets.take(coefficients), Secrets.take(e)), proof

    def _number(self, state: State) -> int:
        return place(state.rules.trustees, self._vault.public, "trustee")


def _sealing_keys(held: Ceremony) -> dict[int, bytes]:
    return {i: held.pledges[i].sealing_key for i in sorted(held.pledges)}


def _has_given(state: State, contest: Contest, j: int) -> bool:
    """Whether nothing is due from trustee j in the contest; from one left out of the ceremony, nothing ever is."""
    course = state.courses[contest.id]
    given = any(given.trustee == j for given in course.shares)
    return given or not course.counted or j not in state.share_keys
