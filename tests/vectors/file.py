"""A vector file in the making: accepted vectors, and named mutations of them that must be refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

from mixnet.secrets import Secrets
from tests.reference import proofs as reference
from tests.reference.group import ORDER
from tests.support.house import VECTORS
from tests.vectors.check import change
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import G, Points
from verifier.proof.transcript import Context

CONTEXT = Context("example-2027", sha256(b"a manifest").digest())
OTHER = Context("example-2028", sha256(b"another manifest").digest())
KEY = Secrets.draw()
PK = bytes((KEY * G).points())
COMMON: dict[str, Any] = {"election": CONTEXT.election, "manifest": CONTEXT.manifest.hex(), "contest": "council"}
UNDECODABLE = "01" + 31 * "00"  # a negative integer (RFC 9496, A.2)
TOO_LARGE = (2**255 - 19 + 4).to_bytes(32, "little").hex()  # 4 again, not below the prime
HIGH_BIT = (bytes(31) + b"\x80").hex()  # the identity, with the highest bit set
NO_POINT = "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"
BAD_POINTS = {"negative": UNDECODABLE, "above p": TOO_LARGE, "highest bit": HIGH_BIT, "no point": NO_POINT}
Vector = dict[str, Any]


class File:
    """The vectors of one spec; each is judged by the second verifier as it is added."""

    def __init__(self, name: str, page: str = "", judge: Callable[[Vector], list[str]] = reference.failures) -> None:
        self.name, self.page, self.judge = name, page or name, judge
        self.accepted: dict[str, Vector] = {}
        self.rejected: list[Vector] = []

    def accept(self, name: str, kind: str, **fields: Any) -> Vector:
        vector = {**COMMON, "name": name, "kind": kind} | {
            k: v.hex() if isinstance(v, bytes) else v for k, v in fields.items()
        }
        assert (found := self.judge(vector)) == [], (name, found)
        self.accepted[name] = vector
        return vector

    def reject(self, of: Vector, name: str, expect: str | list[str], **changes: Any) -> None:
        plain = {k: v.hex() if isinstance(v, bytes) else v for k, v in changes.items()}
        expected = expect.split() if isinstance(expect, str) else expect
        twin = change(of, plain)
        assert twin != of, name
        assert (found := self.judge(twin)) == expected, (of["name"], name, found, expected)
        self.rejected.append({"of": of["name"], "name": name, "change": plain, "expect": expected})

    def reject_points(self, of: Vector, field: str, at: int, clause: str) -> None:
        for what, encoding in BAD_POINTS.items():
            self.reject(of, f"{field}: encoding refused, {what}", clause, **{field: {"at": at, "hex": encoding}})

    def reject_scalars(
        self, of: Vector, field: str, places: dict[str, int], expect: dict[str, str | list[str]]
    ) -> None:
        """A response increased by one breaks its equations; one increased by the group's order is not canonical."""
        for label, at in places.items():
            scalar = int.from_bytes(bytes.fromhex(of[field])[at : at + 32], "little")
            one_more = ((scalar + 1) % ORDER).to_bytes(32, "little").hex()
            above = (scalar + ORDER).to_bytes(32, "little").hex()
            self.reject(of, f"{field}: {label} + 1", expect[label], **{field: {"at": at, "hex": one_more}})
            self.reject(of, f"{field}: {label} + l", "malformed", **{field: {"at": at, "hex": above}})

    def write(self) -> None:
        file = {"spec": f"{self.page}.md", "accepted": list(self.accepted.values()), "rejected": self.rejected}
        text = json.dumps(file, indent=1, sort_keys=True)
        (VECTORS / f"{self.name}.json").write_text(text + "\n")
        print(f"{self.name}: {len(self.accepted)} accepted, {len(self.rejected)} rejected, {len(text)} bytes")


def draw_points(n: int) -> Points:
    return (Secrets.draw(n) * G).points()


def contest(width: int, options: int = 5, least: int = 1, most: int = 2) -> Any:
    names = tuple(SimpleNamespace(id=str(number)) for number in range(1, options + 1))
    return SimpleNamespace(id=COMMON["contest"], options=names, least=least, most=most, width=width)


def draw_ballots(N: int, w: int) -> Ciphertexts:
    R, P = [], []
    for _ in range(w):
        r = Secrets.draw(N)
        R.append((r * G).points())
        P.append((r * Points.packed(PK) + draw_points(N)).points() if N else Points.packed(b""))
    return Ciphertexts(tuple(R), tuple(P))
