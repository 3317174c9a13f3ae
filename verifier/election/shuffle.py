"""The shuffle: one mix server's proof, checked (specs/shuffle.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.commission.quorum import central
from verifier.election.counting import CountState
from verifier.election.manifest import Contest, KeyHolder
from verifier.errors import refuse, say
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, G, Points, generators
from verifier.proof.transcript import Context, Reader, Transcript
from verifier.records import Blob, Blobs, Bytes32, Bytes64, Id, Ordinal, Record, check_key_holder, fetch
from verifier.rule import Claim, Effect, Rule, Step


class Mix(Record, frozen=True, tag="mix"):
    """A mix server's output and proof for a contest."""

    contest: Id
    place: Ordinal
    mixer: Id
    input: Bytes32
    output: Blob
    proof: Blob
    signature: Bytes64


class Skip(Record, frozen=True, tag="skip"):
    """The central commission goes on without a mix server, wherever it has not mixed yet."""

    mixer: Id


@dataclass
class MixState(CountState):
    """Part of the election's state: the mix servers that the central commission goes on without."""

    skipped: list[str] = field(default_factory=list)

    def waiting(self, contest: str) -> list[KeyHolder]:
        """The mix servers that have yet to mix the contest, in their order (specs/election.md §12)."""
        gone = {*self.skipped, *self.courses[contest].mixers}
        return [mixer for mixer in self.rules.mixers if mixer.id not in gone]

    def mixed(self) -> bool:
        """Whether no contest waits for a mix server."""
        return not any(self.waiting(contest.id) for contest in self.mixable())


class Shuffled(Claim, frozen=True):
    """Claim: the output is a shuffle of the input."""

    context: Context
    contest: str
    place: int
    key: bytes
    before: Ciphertexts
    after: Ciphertexts
    proof: bytes

    def check(self, batch: Batch) -> None:
        check_shuffle(self, batch)


def absorb_statement(t: Transcript, key: bytes, before: Ciphertexts, after: Ciphertexts) -> None:
    """Key, size and both lists, before the first challenge (specs/shuffle.md §2)."""
    t.absorb("PK", key)
    t.absorb("N", len(before).to_bytes(8, "big"))
    t.absorb("w", before.width.to_bytes(8, "big"))
    for ciphertexts, prime in ((before, ""), (after, "'")):
        for R, P in zip(ciphertexts.R, ciphertexts.P, strict=True):
            t.absorb("R" + prime, bytes(R))
            t.absorb("P" + prime, bytes(P))


def check_shuffle(claim: Shuffled, batch: Batch) -> None:
    """Require of `batch` that `after` is a shuffle of `before`, whose points are read already (specs/shuffle.md §6)."""
    before, after, where = claim.before, claim.after, claim.where
    N, w, PK = len(before), before.width, Points.packed(claim.key)
    for points in (*after.R, *after.P):
        batch.read("MIX.4", points, lambda i: where.within(part="output row", row=i + 1))
    if N == 0:
        return
    t = Reader("shuffle", claim.context, claim.contest, f"mix {claim.place}", claim.proof, batch, "MIX.4", where)
    absorb_statement(t, claim.key, before, after)
    c = t.points("c", N)
    u = t.challenges("u", N)
    C = t.points("C", N)
    T1, T2, T3 = t.point("T1"), t.point("T2"), t.point("T3")
    TR, TP = t.points("TR", w), t.points("TP", w)
    TC = t.points("TC", N)
    z = t.challenge("z")
    s1, s2, s3 = t.scalar("s1"), t.scalar("s2"), t.scalar("s3")
    s4 = t.scalars("s4", w)
    s = t.scalars("s", N)
    sC = t.scalars("sC", N)
    t.end()

    h = generators("shuffle", N + 1)
    h0, h = h[0], h[1:]

    batch.require("MIX.5", s1 * G, T1 + z * (c.sum() - h.sum()), where)
    batch.require("MIX.6", s2 * G, T2 + z * (C[-1] - u.product() * h0), where)
    batch.require("MIX.7", s3 * G + s @ h, T3 + z * (u @ c), where)
    for k, (R, P, R_, P_) in enumerate(zip(before.R, before.P, after.R, after.P, strict=True)):
        batch.require("MIX.8", s @ R_ - s4[k] * G, TR[k] + z * (u @ R), where.within(column=k + 1))
        batch.require("MIX.8", s @ P_ - s4[k] * PK, TP[k] + z * (u @ P), where.within(column=k + 1))
    batch.require("MIX.9", sC[0] * G + s[0] * h0, TC[0] + z * C[0], where.within(row=1))
    batch.require("MIX.9", sC[1:] * G + s[1:] * C[:-1], TC[1:] + z * C[1:], lambda i: where.within(row=i + 2))


def proof_length(N: int, w: int) -> int:
    """Bytes of a proof over N rows of w columns (specs/shuffle.md §4)."""
    return SIZE * (5 * N + 6 + 3 * w) if N else 0


def prepare_mix(state: MixState, record: Mix, where: Place, blobs: Blobs) -> Step:
    """The next mix of a contest, by the server whose turn it is (MIX.1, MIX.2, MIX.3)."""
    contest = state.contest(record.contest, "MIX.1", where)
    course = state.courses[contest.id]
    _check_turn(state, contest, record, where)
    if record.input != course.digests[-1]:
        refuse("MIX.2", where, "the input is not the previous list's digest")
    before = course.lists[-1]
    N, w = len(before), contest.width
    if (record.output.length, record.proof.length) != (2 * SIZE * N * w, proof_length(N, w)):
        refuse("MIX.3", where, say("the output takes {} bytes, the proof {}", 2 * SIZE * N * w, proof_length(N, w)))
    after = Ciphertexts.decode(fetch(blobs, record.output, where), w)
    proof = fetch(blobs, record.proof, where)

    def apply() -> None:
        course.mixers.append(record.mixer)
        course.lists = [before, after]
        course.digests.append(record.output.sha256)
        state.phase = "decrypting" if state.mixed() else "mixing"

    of = state.context, contest.id, record.place, state.key
    return Step(record, (Shuffled(*of, before, after, proof, where=where),), apply)


def complete_skip(state: MixState, record: Skip, where: Place, _blobs: Blobs) -> Effect:
    """The central commission's quorum has signed: nobody waits for this server any more (MIX.10)."""
    if record.mixer not in {mixer.id for mixer in state.rules.mixers}:
        refuse("MIX.10", where, say("there is no mix server {}", record.mixer))
    for contest in state.mixable():
        others = [mixer for mixer in state.waiting(contest.id) if mixer.id != record.mixer]
        if len(state.courses[contest.id].mixers) + len(others) < state.rules.mixes:
            refuse("MIX.10", where, say("{} would have fewer mixes than {}", contest.id, state.rules.mixes))

    def apply() -> None:
        state.skipped.append(record.mixer)
        state.phase = "decrypting" if state.mixed() else state.phase
        state.find("MIX.10", "information", where, say("{} is skipped", record.mixer))

    return apply


def _check_turn(state: MixState, contest: Contest, record: Mix, where: Place) -> None:
    if state.withheld(contest.id):
        refuse("MIX.1", where, say("{} is below the minimum size and is not mixed", contest.id))
    place = len(state.courses[contest.id].digests)
    mixer = next(iter(state.waiting(contest.id)), None)
    if mixer is None or (record.place, record.mixer) != (place, mixer.id):
        turn = say("{} is to mix {} at place {}", mixer.id, contest.id, place) if mixer else ""
        refuse("MIX.1", where, turn or say("no server has yet to mix {}", contest.id))
    check_key_holder(mixer.key, state.digest, record, where)


MIX = Rule(Mix, ("frozen", "mixing"), prepare_mix)
SKIP = Rule(Skip, ("frozen", "mixing"), owner=central, complete=complete_skip)
