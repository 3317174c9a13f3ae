"""The second third: ceremony and registers. What a record claims is judged by the equations of proofs.py."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import NamedTuple

from tests.reference.assets import Served
from tests.reference.coding import Record, code, decode_json
from tests.reference.commissions import ids
from tests.reference.group import cut, decode_scalars
from tests.reference.log import leaf_hash, unbase64
from tests.reference.proofs import IDENTITY, refuse_unless
from tests.reference.records import (
    REGISTER,
    decodes,
    hexed,
    is_held,
    judge,
    sum_of_first,
)


class BallotEntries(NamedTuple):
    """To whom a key belongs: the register that lists it first."""

    register: int
    commission: str
    style: str


class Preparation(Served):
    """What changes an election's state up to the opening."""

    def __init__(self, blobs: dict[str, str], roots: list[str]) -> None:
        super().__init__(blobs, roots)
        self.attempt = 1
        self.without: list[int] = []
        self.ceremony: dict[str, dict[int, Record]] = {}  # records of the attempt by kind and trustee
        self.credentials: dict[str, BallotEntries] = {}  # by key
        self.codes: set[tuple[str, str]] = set()
        self.key = ""

    # --- ceremony.md ---

    def acts(self, kind: str) -> dict[int, Record]:
        return self.ceremony.setdefault(kind, {})

    def held(self, record: Record, holders: list[Record], number: int) -> None:
        refuse_unless("CRT.3", is_held(record, self.digest, holders[number - 1]["key"]))

    @property
    def participants(self) -> list[int]:
        return [j for j in range(1, len(self.manifest["trustees"]) + 1) if j not in self.without]

    def act(self, record: Record, *, after: str = "") -> None:
        """A participant's record of this attempt, its first of the kind, when all have made the one before."""
        refuse_unless("KEY.1", record["attempt"] == self.attempt and record["trustee"] in self.participants)
        self.held(record, self.manifest["trustees"], record["trustee"])
        refuse_unless("KEY.1", record["trustee"] not in self.acts(record["type"]))
        refuse_unless("KEY.1", after == "" or len(self.acts(after)) == len(self.participants))

    def admit_pledge(self, record: Record, _index: int) -> list[str]:
        self.act(record)
        refuse_unless("KEY.4", unbase64(record["sealing_key"]) != IDENTITY)
        self.acts("pledge")[record["trustee"]] = record
        return []

    def admit_contribution(self, record: Record, _index: int) -> list[str]:
        self.act(record, after="pledge")
        pledge = self.acts("pledge")[record["trustee"]]
        points, proof = unbase64(record["points"]), unbase64(record["proof"])
        refuse_unless("KEY.2", hashlib.sha256(points + proof).digest() == unbase64(pledge["digest"]))
        failed = judge(
            "contribution",
            **self.common,
            attempt=self.attempt,
            trustee=record["trustee"],
            t=self.manifest["threshold"],
            n=len(self.participants),
            E=hexed(pledge["sealing_key"]),
            A=points.hex(),
            proof=proof.hex(),
        )
        self.acts("contribution")[record["trustee"]] = record
        return failed

    def admit_dealing(self, record: Record, _index: int) -> list[str]:
        self.act(record, after="contribution")
        shares = unbase64(record["shares"])
        refuse_unless("KEY.1", len(shares) == 32 * len(self.participants))
        decode_scalars(shares)
        self.acts("dealing")[record["trustee"]] = record
        return []

    def admit_acknowledgement(self, record: Record, _index: int) -> list[str]:
        self.act(record, after="dealing")
        whole = all(decodes(unbase64(points)) for points in self.contributions)
        refuse_unless("KEY.8", whole and sum_of_first(self.contributions) == record["key"])
        self.acts("acknowledgement")[record["trustee"]] = record
        if len(self.acts("acknowledgement")) == len(self.participants):
            self.phase = "registration"
        return []

    @property
    def contributions(self) -> tuple[str, ...]:
        made = self.acts("contribution")
        return tuple(made[trustee]["points"] for trustee in sorted(made))

    def admit_complaint(self, record: Record, index: int) -> list[str]:
        self.act(record)
        dealer, trustee = record["against"], record["trustee"]
        refuse_unless("KEY.1", dealer in self.acts("dealing"))
        points = unbase64(self.acts("contribution")[dealer]["points"])
        refuse_unless("KEY.6", decodes(points))
        shares = unbase64(self.acts("dealing")[dealer]["shares"])
        statement = {
            **self.common,
            "attempt": self.attempt,
            "dealer": dealer,
            "trustee": trustee,
            "Ei": hexed(self.acts("pledge")[dealer]["sealing_key"]),
            "Ej": hexed(self.acts("pledge")[trustee]["sealing_key"]),
            "K": hexed(record["secret"]),
            "proof": hexed(record["proof"]),
            "sealed": cut(shares)[self.participants.index(trustee)].hex(),
            "A": points.hex(),
        }
        failed = [clause for clause in judge("complaint", **statement, liar=dealer) if clause != "KEY.7"]
        if not failed:
            self.findings.append(("KEY.7", index))
        self.begin_next()
        return failed

    def begin_next(self) -> None:
        self.attempt += 1
        self.ceremony = {}

    def effect_restart(self, record: Record, index: int) -> None:
        everyone, without = range(1, len(self.manifest["trustees"]) + 1), record["without"]
        refuse_unless("KEY.10", record["attempt"] == self.attempt + 1)
        refuse_unless("KEY.10", without == sorted(set(without)) and set(without) <= set(everyone))
        refuse_unless("KEY.10", len(everyone) - len(without) >= self.manifest["least_trustees"])
        self.without = without
        self.begin_next()
        self.findings += [("KEY.10", index)] * len(without)

    # --- registration ---

    def register(self, record: Record) -> list[Record]:
        refuse_unless("CFG.7", len(self.credentials) + record["count"] <= 2**23)
        listed: list[Record] = decode_json(self.blob(record["blob"]), REGISTER)["credentials"]
        codes = [entry["code"] for entry in listed]
        refuse_unless("CFG.7", codes == sorted(set(codes)) and len(listed) == record["count"])
        refuse_unless("CFG.7", {entry["style"] for entry in listed} <= set(ids(self.manifest["styles"])))
        refuse_unless("CFG.7", b64encode(IDENTITY).decode() not in {entry["key"] for entry in listed})
        refuse_unless("CFG.7", self.codes.isdisjoint((record["commission"], code) for code in codes))
        return listed

    def admit_register(self, record: Record, _index: int) -> list[str]:
        self.commission(record["commission"], "CRT.2")
        return [] if all(decodes(unbase64(entry["key"])) for entry in self.register(record)) else ["CFG.8"]

    def effect_register(self, record: Record, _index: int) -> None:
        posted = self.places[leaf_hash(code(record))]
        again = set()
        for entry in self.register(record):
            self.codes.add((record["commission"], entry["code"]))
            listed = BallotEntries(posted, record["commission"], entry["style"])
            other = self.credentials.setdefault(entry["key"], listed)
            if other is not listed:
                self.credentials[entry["key"]] = min(other, listed, key=lambda one: one.register)
                again.add(max(other.register, posted))
        self.findings += [("CFG.7", register) for register in sorted(again)]

    def effect_opening(self, record: Record, _index: int) -> None:
        refuse_unless("KEY.9", {act["key"] for act in self.acts("acknowledgement").values()} == {record["key"]})
        refuse_unless("CFG.9", record["count"] == len(self.credentials))
        self.key, self.phase = record["key"], "voting"
