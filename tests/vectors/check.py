"""Our verifier on the vectors of specs/vectors; `python -m tests.vectors.check libsodium` runs them on that backend."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from nacl.signing import SigningKey

from mixnet.ballot import Credential
from mixnet.secrets import Secrets
from tests.support.house import read_vectors
from tests.support.randomness import given
from verifier.election import ballot, ceremony, choice, decryption, shuffle, tally
from verifier.election.course import CastBallots, Course, Given
from verifier.election.register import Row
from verifier.errors import Malformed, Rejected
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, Points, Scalars
from verifier.proof.transcript import Context, Transcript
from verifier.records import Blob, encode, signed_bytes
from verifier.rule import Step
from verifier.state import State

HERE = Place("vector")
NAMES = ("transcript", "choice", "ballot", "sealing", "ceremony", "shuffle", "decryption", "tally")
DECODES = {"BAL.4", "KEY.4", "MIX.4", "DEC.3", "TAL.3"}
HOLDER, NOBODY = SigningKey(bytes(32)), CastBallots.of(1)
Vector = dict[str, Any]


def change(vector: Vector, changes: dict[str, Any]) -> Vector:
    """A twin of an accepted vector: fields replaced, or bytes of them from an offset on."""
    twin = copy.deepcopy(vector)
    for name, value in changes.items():
        if isinstance(value, dict):
            start, new = 2 * value["at"], value["hex"]
            twin[name] = twin[name][:start] + new + twin[name][start + len(new) :]
        else:
            twin[name] = value
    return twin


def every(name: str) -> Iterator[tuple[str, Vector, list[str]]]:
    """Name, vector and expected failures of all vectors of a file."""
    file = read_vectors(name)
    accepted = {vector["name"]: vector for vector in file["accepted"]}
    for title, vector in accepted.items():
        yield title, vector, []
    for twin in file["rejected"]:
        yield f"{twin['of']}: {twin['name']}", change(accepted[twin["of"]], twin["change"]), twin["expect"]


def failures(v: Vector) -> list[str]:
    """The clauses that fail, ascending; where a point does not decode, only that clause."""
    batch = Batch()
    try:
        extra = CHECKS[v["kind"]](v, batch)
        batch.settle()
    except Malformed:
        return ["invalid" if v["kind"] == "choice" else "malformed"]
    except Rejected as refusal:
        failed = {refusal.id, *(other.id for other in refusal.also)}
        return sorted(failed & DECODES or failed)
    return extra


def unhex(v: Vector, *names: str) -> list[bytes]:
    return [bytes.fromhex(v[name]) for name in names]


def stateful(v: Vector, **rules: object) -> Any:
    """A state that knows no more than a vector says."""
    contests = {v["contest"]: contest_of(v)} if "contest" in v else {}
    manifest: Any = SimpleNamespace(election=v["election"], contests=[*contests.values()], **rules)
    return State(manifest=manifest, digest=bytes.fromhex(v["manifest"]), contests=contests)


def contest_of(v: Vector) -> Any:
    options = tuple(SimpleNamespace(id=str(number)) for number in range(1, v.get("options", 1) + 1))
    bounds = {name: v.get(name, 1) for name in ("least", "most")}
    return SimpleNamespace(id=v["contest"], options=options, width=v.get("w", v.get("width")), **bounds)


def sign(state: Any, record: Any) -> Any:
    return type(record)(**{**fields(record), "signature": HOLDER.sign(signed_bytes(state.digest, record)).signature})


def fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__struct_fields__}


def put(step: Step, batch: Batch) -> None:
    for claim in step.claims:
        type(claim).put([claim], batch)


def check_transcript(v: Vector, _: Batch) -> list[str]:
    t = Transcript(v["proof"], Context(v["election"], bytes.fromhex(v["manifest"])), v["contest"], v["place"])
    for label, data in v["messages"]:
        t.absorb(label, bytes.fromhex(data))
    z, u = bytes(t.challenge("z")), bytes(t.challenges("u", v["count"]))
    short = b"".join(u[start : start + 20] for start in range(0, len(u), SIZE))
    return [] if (z.hex(), short.hex()) == (v["z"], v["u"]) else ["differs"]


def check_choice(v: Vector, _: Batch) -> list[str]:
    points = bytes.fromhex(v["points"])
    decoded = choice.decode_points(contest_of(v), points)
    same = decoded == tuple(v["choice"]) and choice.encode_points(contest_of(v), decoded) == points
    return [] if same else ["differs"]


def check_ballot(v: Vector, batch: Batch) -> list[str]:
    credential, nonce, R, P, proof, prev, signature = unhex(
        v, "credential", "nonce", "R", "P", "proof", "prev", "signature"
    )
    state = stateful(v)
    state.styles = {v["style"]: SimpleNamespace(id=v["style"], contests=[v["contest"]])}
    state.key = bytes.fromhex(v["key"])
    state.credentials.enter([Row("", credential, v["style"])], "", 0)
    state.courses = {v["contest"]: Course(CastBallots.of(1))}
    if prev != ballot.FIRST:
        state.courses[v["contest"]].cast.put(credential, 0, prev, bytes(2 * SIZE))
    sealed = ballot.Sealed(v["contest"], v["style"], credential, nonce, R, P, proof)
    if v["act"] == "cast":
        put(ballot.prepare_ballot(state, ballot.Ballot(sealed, prev, signature), HERE, lambda _: None), batch)
    else:
        opened = ballot.Challenge(sealed, prev, signature, tuple(v["choice"]), bytes.fromhex(v["r"]))
        put(ballot.prepare_challenge(state, opened, HERE, lambda _: None), batch)
    return []


def check_sealing(v: Vector, _: Batch) -> list[str]:
    key, prev, random = unhex(v, "key", "prev", "random")
    context = Context(v["election"], bytes.fromhex(v["manifest"]))
    voter = Credential(Secrets.of(Scalars.decode(bytes.fromhex(v["k"]))))
    with given(random):
        prepared = voter.seal(context, key, contest_of(v), v["style"], v["choice"])
        record = {"cast": voter.cast, "challenge": voter.challenge}[v["act"]](context, prepared, prev)
    made = {"sealed": encode(prepared.sealed).decode(), "tracker": prepared.tracker.hex()}
    made["record"] = encode(record).decode()
    return [] if all(v[name] == each for name, each in made.items()) else ["differs"]


def check_contribution(v: Vector, batch: Batch) -> list[str]:
    E, A, proof = unhex(v, "E", "A", "proof")
    n, i = v["n"], v["trustee"]
    state = stateful(v, threshold=v["t"], trustees=range(n))
    contribution = ceremony.Contribution(v["attempt"], i, A, proof, bytes(64))
    pledge = ceremony.Pledge(v["attempt"], i, E, contribution.digest(), bytes(64))
    attempt = ceremony.Ceremony(v["attempt"])
    ceremony._pledge(state, attempt, pledge, HERE).apply()
    attempt.pledges = dict.fromkeys(range(1, n + 1), pledge)
    put(ceremony._contribution(state, attempt, contribution, HERE), batch)
    return []


def check_complaint(v: Vector, batch: Batch) -> list[str]:
    Ei, Ej, K, proof, A, sealed = unhex(v, "Ei", "Ej", "K", "proof", "A", "sealed")
    i, j, a = v["dealer"], v["trustee"], v["attempt"]
    state = stateful(v, trustees=range(max(i, j)))
    attempt = ceremony.Ceremony(a)
    attempt.pledges = {
        i: ceremony.Pledge(a, i, Ei, bytes(32), bytes(64)),
        j: ceremony.Pledge(a, j, Ej, bytes(32), bytes(64)),
    }
    contributed = ceremony.Contribution(a, i, A, bytes(64), bytes(64))
    attempt.contributions = dict.fromkeys(range(1, max(i, j) + 1), contributed)
    attempt.dealings = {i: ceremony.Dealing(a, i, bytes(SIZE * (j - 1)) + sealed, bytes(64))}
    step = ceremony._complaint(state, attempt, ceremony.Complaint(a, j, i, K, proof, bytes(64)), HERE)
    put(step, batch)
    step.apply()
    return [] if str(state.findings[0].detail).startswith(f"trustee {v['liar']} ") else ["KEY.7"]


def check_key(v: Vector, _: Batch) -> list[str]:
    commitments = [Points.packed(bytes.fromhex(A)) for A in v["A"]]
    shares = b"".join(bytes(ceremony.share_key(commitments, j)) for j in v["participants"])
    same = (bytes(ceremony.election_key(commitments)).hex(), shares.hex()) == (v["key"], v["X"])
    return [] if same else ["KEY.8"]


def check_shuffle(v: Vector, batch: Batch) -> list[str]:
    before, after, proof = unhex(v, "before", "after", "proof")
    place = v["place"]
    mixers = [SimpleNamespace(id=f"mixer-{number}", key=bytes(HOLDER.verify_key)) for number in range(1, place + 1)]
    state = stateful(v, mixers=mixers, minimum=0)
    state.key = bytes.fromhex(v["key"])
    inputs = listed(before, v["N"], v["w"])
    done = [mixer.id for mixer in mixers[:-1]]
    state.courses = {v["contest"]: Course(NOBODY, lists=[inputs], digests=[inputs.digest()] * place, mixers=done)}
    record = shuffle.Mix(v["contest"], place, mixers[-1].id, inputs.digest(), Blob.of(after), Blob.of(proof), bytes(64))
    blobs = {Blob.of(data).sha256: data for data in (after, proof)}
    put(shuffle.prepare_mix(state, sign(state, record), HERE, blobs.get), batch)
    return []


def listed(coded: bytes, N: int, w: int) -> Ciphertexts:
    assert len(coded) == 2 * SIZE * N * w
    return Ciphertexts.decode(coded, w)


def check_shares(v: Vector, batch: Batch) -> list[str]:
    X, mix, mixed, shares, proof = unhex(v, "X", "mix", "mixed", "shares", "proof")
    j, N = v["trustee"], v["N"]
    if len(proof) != 3 * SIZE:
        raise Malformed("a share's proof is 96 bytes by its schema")
    state = stateful(v, trustees=[SimpleNamespace(key=bytes(HOLDER.verify_key))] * j, minimum=0)
    state.share_keys = {j: Points.packed(X)}
    course = Course(NOBODY, N, lists=[listed(mixed, N, v["w"])], digests=[mix])
    state.courses = {v["contest"]: course}
    record = decryption.Share(v["contest"], j, mix, Blob.of(shares), proof, bytes(64))
    put(decryption.prepare_share(state, sign(state, record), HERE, lambda _: shares), batch)
    return []


def check_tally(v: Vector, batch: Batch) -> list[str]:
    mixed, plaintexts = unhex(v, "mixed", "plaintexts")
    N, w = v["N"], v["width"]
    contest = contest_of(v)
    state = stateful(v, threshold=v["threshold"], minimum=0)
    given = [Given(j, split(D, N)) for j, D in v["given"]]
    course = Course(NOBODY, N, lists=[listed(mixed, N, w)], shares=given)
    state.courses = {v["contest"]: course}
    votes = tuple(tally.Votes(option.id, count) for option, count in zip(contest.options, v["votes"], strict=True))
    count = tally.Count(v["contest"], N, v["valid"], v["invalid"], votes, Blob.of(plaintexts))
    put(tally.prepare_tally(state, tally.Tally((count,), ()), HERE, lambda _: plaintexts), batch)
    return []


def split(shares: str, N: int) -> tuple[Points, ...]:
    data = bytes.fromhex(shares)
    return tuple(Points.packed(data[start : start + SIZE * N]) for start in range(0, len(data), SIZE * N))


CHECKS: dict[str, Callable[[Vector, Batch], list[str]]] = {
    "transcript": check_transcript,
    "choice": check_choice,
    "ballot": check_ballot,
    "sealing": check_sealing,
    "contribution": check_contribution,
    "complaint": check_complaint,
    "key": check_key,
    "shuffle": check_shuffle,
    "decryption": check_shares,
    "tally": check_tally,
}


def disagreements(name: str) -> list[str]:
    """One line for each vector of a file whose failures are not the expected ones."""
    return [
        f"{name}, {title}: expected {expected}, found {found}"
        for title, vector, expected in every(name)
        if (found := failures(vector)) != expected
    ]


if __name__ == "__main__":
    backend.choose(sys.argv[1])  # type: ignore[arg-type]
    assert backend.NAME.startswith(sys.argv[1])
    sys.exit("\n".join(line for name in NAMES for line in disagreements(name)) or 0)
