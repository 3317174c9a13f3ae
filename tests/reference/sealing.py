"""The second verifier's own sealing, from specs/ballot.md alone and in plain integers: all randomness is given."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.reference.group import ORDER, Fails, G, Point, Transcript, cut, decode, decode_points, decode_scalars
from tests.reference.proofs import IDENTITY, Vector, encode_choice, points_of, refuse_unless, tracker, unhex


class Source:
    """The given bytes, taken in their order (§14)."""

    def __init__(self, given: bytes) -> None:
        self.rest = given

    def take(self, count: int) -> bytes:
        assert len(self.rest) >= count
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def scalars(self, count: int) -> list[int]:
        return [int.from_bytes(self.take(64), "little") % ORDER for _ in range(count)]


def packed(scalars: list[int]) -> bytes:
    return b"".join(s.to_bytes(32, "little") for s in scalars)


def encoded(points: list[Point]) -> bytes:
    """Points that may be handed out."""
    coded = b"".join(map(bytes, points))
    refuse_unless("BAL.5", IDENTITY not in cut(coded))
    return coded


def canonical(value: Any) -> str:
    """records.md §1."""
    coded = {name: base64.b64encode(each).decode() if isinstance(each, bytes) else each for name, each in value.items()}
    return json.dumps(coded, sort_keys=True, separators=(",", ":"))


def seal(v: Vector, credential: bytes, source: Source) -> tuple[dict[str, Any], bytes]:
    """§4, §5; the sealed part and r."""
    w, key = v["width"], bytes.fromhex(v["key"])
    try:
        encode_choice(v, v["choice"])
    except Fails as error:
        raise Fails("malformed") from error
    refuse_unless("KEY.4", key != IDENTITY)
    PK, M = decode(key, "KEY.4"), decode_points(points_of(v, v["choice"]), "M")
    r, nonces, nonce = source.scalars(w), source.scalars(w), source.take(16)
    R, P = encoded([s * G for s in r]), encoded([M[k] + r[k] * PK for k in range(w)])
    T = encoded([s * G for s in nonces])
    t = Transcript(v, "ballot", v["contest"], "")
    for label, data in (
        ("PK", key),
        ("style", v["style"].encode()),
        ("credential", credential),
        ("nonce", nonce),
        ("R", R),
        ("P", P),
        ("T", T),
    ):
        t.absorb(label, data)
    z = t.challenge("z")
    proof = T + packed([(nonces[k] + z * r[k]) % ORDER for k in range(w)])
    sealed = {"contest": v["contest"], "style": v["style"], "credential": credential, "nonce": nonce}
    return {**sealed, "R": R, "P": P, "proof": proof}, packed(r)


def sign(v: Vector, credential: bytes, k: int, tracked: bytes, source: Source) -> bytes:
    """§8."""
    (nonce,) = source.scalars(1)
    T = encoded([nonce * G])
    t = Transcript(v, "signature", v["contest"], v["act"])
    for label, data in (("credential", credential), ("tracker", tracked), ("prev", bytes.fromhex(v["prev"])), ("T", T)):
        t.absorb(label, data)
    return T + packed([(nonce + t.challenge("z") * k) % ORDER])


def record_of(v: Vector) -> dict[str, str]:
    """What the client makes of a vector's inputs: sealed part, tracker, and the record to be posted."""
    random, coded = unhex(v, "random", "k")
    (k,) = decode_scalars(coded)
    refuse_unless("malformed", k != 0)
    source, credential = Source(random), bytes(k * G)
    sealed, r = seal(v, credential, source)
    shown = canonical(sealed)
    tracked = tracker({**v, **{name: each.hex() for name, each in sealed.items() if isinstance(each, bytes)}})
    signed = {"prev": bytes.fromhex(v["prev"]), "signature": sign(v, credential, k, tracked, source)}
    opened = {"choice": v["choice"], "r": r} if v["act"] == "challenge" else {}
    kind = {"cast": "ballot", "challenge": "challenge"}[v["act"]]
    assert not source.rest
    record = json.loads(canonical({**signed, **opened, "type": kind}))
    return {"sealed": shown, "tracker": tracked.hex(), "record": canonical({**record, "sealed": json.loads(shown)})}


def failures(v: Vector) -> list[str]:
    """Whether the client refuses, or makes something other than the vector says."""
    try:
        made = record_of(v)
    except Fails as refusal:
        return [str(refusal)]
    return [] if all(v[name] == each for name, each in made.items()) else ["differs"]
