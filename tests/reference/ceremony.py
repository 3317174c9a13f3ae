"""The first half of a second fold over an election's records: phases, commissions, ceremony, register.

Written from specs/election.md and the pages it names. `Preparation.replay` keeps every clause that fails, with its
record's number. What a record claims is judged by the equations of reference.py.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable
from typing import Any

from tests.reference.group import Fails, cut, decode_scalars
from tests.reference.log import leaf_hash, read_policy, unbase64
from tests.reference.proofs import IDENTITY, refuse_unless
from tests.reference.records import (
    REGISTER,
    Record,
    certificate,
    decode_json,
    decodes,
    hexed,
    is_held,
    is_rooted,
    is_signed_by_member,
    judge,
    read_record,
    sum_of_first,
)

COMMISSIONED = {"manifest", "roster", "restart", "register", "opening", "override", "freeze", "tally", "log-key"}
ALWAYS = {"signature", "log-key"}
PHASES = {
    "setup": {"manifest", "roster", "signature"},
    "ceremony": {"pledge", "contribution", "dealing", "acknowledgement", "complaint", "restart"} | ALWAYS,
    "registration": {"register", "opening"} | ALWAYS,
    "voting": {"ballot", "challenge", "override", "close"} | ALWAYS,
    "closed": {"override", "freeze"} | ALWAYS,
    "frozen": {"mix"} | ALWAYS,
    "mixing": {"mix"} | ALWAYS,
    "decrypting": {"share", "tally"} | ALWAYS,
    "tallied": {"share", "tally"} | ALWAYS,
    "certified": {"share"} | ALWAYS,
}


# --- election.md §5: the manifest ---


def distinct(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) == len(listed)


def ids(items: Iterable[Record]) -> list[str]:
    return [item["id"] for item in items]


def check_manifest(m: Record) -> None:
    lists = [m["contests"], m["styles"], m["commissions"], m["trustees"] + m["mixers"]]
    keys = [holder["key"] for holder in m["trustees"] + m["mixers"]] + [m["operator"], m["log_key"]]
    conditions = (
        all(distinct(ids(items)) for items in lists + [c["options"] for c in m["contests"]]),
        distinct(keys),
        1 <= m["threshold"] <= len(m["trustees"]) <= 32,
        m["mixers"],
        all(1 <= c["quorum"] <= c["members"] for c in m["commissions"]),
        [c["level"] for c in m["commissions"] if c["id"] == m["central"]] == ["central"],
        all(
            1 <= len(c["options"]) <= 255
            and c["least"] <= c["most"] <= len(c["options"])
            and 1 + c["most"] <= 30 * c["width"]
            and c["width"] <= 8
            for c in m["contests"]
        ),
        all(s["contests"] and distinct(s["contests"]) for s in m["styles"]),
        {name for s in m["styles"] for name in s["contests"]} == set(ids(m["contests"])),
    )
    refuse_unless("CFG.2", all(conditions))
    if m["policy"]:
        check_policy(m)


def check_policy(m: Record) -> None:
    try:
        policy = read_policy(m["policy"])
    except Fails as refusal:
        raise Fails("CFG.12" if str(refusal) == "malformed" else str(refusal)) from None
    refuse_unless("CFG.12", policy.quorum.overlap >= 1)
    refuse_unless(
        "CFG.12",
        not policy.logs
        or any(b64encode(log.data).decode() == m["log_key"] and log.name == m["origin"] for log in policy.logs),
    )
    taken = {m["log_key"], m["operator"], *(holder["key"] for holder in m["trustees"] + m["mixers"])}
    refuse_unless("CFG.12", taken.isdisjoint(b64encode(witness.data).decode() for witness in policy.witnesses))


# --- The fold ---


class Preparation:
    """The state of an election, and what changes it up to the opening."""

    def __init__(self, blobs: dict[str, str], roots: list[str]) -> None:
        self.blobs, self.roots = blobs, roots
        self.phase = "setup"
        self.failures: list[tuple[str, int]] = []
        self.findings: list[tuple[str, int]] = []
        self.leaves: set[bytes] = set()
        self.manifest: Record = {}
        self.common: dict[str, Any] = {}
        self.pending: dict[bytes, Record] = {}  # a commission's records by leaf hash
        self.signers: dict[bytes, set[str]] = {}
        self.effective: set[bytes] = set()
        self.rosters: dict[str, Record] = {}
        self.attempt = 1
        self.ceremony: dict[str, dict[int, Record]] = {}  # records of the attempt by kind and trustee
        self.credentials: dict[str, str] = {}  # style by key
        self.codes: set[str] = set()
        self.key = self.log_key = ""

    def replay(self, log: Iterable[bytes]) -> None:
        for index, coded in enumerate(log):
            try:
                failed = self.admit(index, coded)
            except Fails as refusal:
                if str(refusal) == "incomplete":  # nothing that comes after it can be judged
                    return
                failed = ["CFG.4" if str(refusal) == "malformed" else str(refusal)]
            self.failures += [(clause, index) for clause in failed]

    def admit(self, index: int, coded: bytes) -> list[str]:
        record, leaf = read_record(coded), leaf_hash(coded)
        kind = record["type"]
        refuse_unless("CFG.5", leaf not in self.leaves)
        refuse_unless("CFG.1", (kind == "manifest") == (index == 0) and (index == 0 or self.manifest != {}))
        refuse_unless("CFG.6", kind in PHASES[self.phase])
        if kind == "manifest":
            refuse_unless("incomplete", record["spec"] == "aikyn/1")
            check_manifest(record)
            self.manifest, self.log_key = record, record["log_key"]
            self.common = {"election": record["election"], "manifest": hashlib.sha256(coded).hexdigest()}
        rule: Callable[[Record, int], list[str]] | None = getattr(self, f"admit_{kind}", None)
        failed = rule(record, index) if rule else []
        self.leaves.add(leaf)
        if kind in COMMISSIONED:
            self.pending[leaf] = record
            self.signers[leaf] = set()
        return failed

    @property
    def digest(self) -> bytes:
        return bytes.fromhex(self.common["manifest"])

    def commission(self, name: str, clause: str) -> Record:
        found: list[Record] = [c for c in self.manifest["commissions"] if c["id"] == name]
        refuse_unless(clause, bool(found))
        return found[0]

    def blob(self, named: Record) -> bytes:
        data = unbase64(self.blobs.get(hexed(named["sha256"]), ""))
        right = (len(data), hashlib.sha256(data).digest()) == (named["length"], unbase64(named["sha256"]))
        refuse_unless("incomplete", right)
        return data

    # --- setup; records.md §3 ---

    def effect_manifest(self, record: Record) -> None:
        """What it says holds from the first record on; phases wait for its effect."""

    def admit_roster(self, record: Record, _index: int) -> list[str]:
        listed = record["members"]
        refuse_unless("CFG.3", self.commission(record["commission"], "CFG.3")["members"] == len(listed))
        refuse_unless("CFG.3", record["commission"] not in self.rosters)
        refuse_unless("CFG.3", distinct(ids(listed)))
        refuse_unless("CFG.3", distinct(certificate(member["certificate"]).key for member in listed))
        return [] if all(is_rooted(member["certificate"], self.roots) for member in listed) else ["CRT.4"]

    def effect_roster(self, record: Record) -> None:
        refuse_unless("CFG.3", record["commission"] not in self.rosters)
        self.rosters[record["commission"]] = record

    def admit_signature(self, record: Record, _index: int) -> list[str]:
        leaf, member = unbase64(record["record"]), record["member"]
        refuse_unless("CRT.2", leaf in self.pending)
        target = self.pending[leaf]
        owner: str = target.get("commission") or self.manifest["central"]
        roster = target if target["type"] == "roster" else self.rosters.get(owner, {"members": []})
        certificates = {listed["id"]: listed["certificate"] for listed in roster["members"]}
        refuse_unless("CRT.2", member in certificates and member not in self.signers[leaf])
        signature = unbase64(record["signature"])
        refuse_unless("CRT.1", is_signed_by_member(certificates[member], self.digest, leaf, signature))
        quorum = self.commission(owner, "CRT.2")["quorum"]
        if leaf not in self.effective and len(self.signers[leaf]) + 1 == quorum:
            refuse_unless("CFG.6", target["type"] in PHASES[self.phase])
            effect: Callable[[Record], None] = getattr(self, f"effect_{target['type'].replace('-', '_')}")
            effect(target)
            self.effective.add(leaf)
        self.signers[leaf].add(member)
        kinds = {self.pending[effective]["type"] for effective in self.effective}
        if self.phase == "setup" and "manifest" in kinds and len(self.rosters) == len(self.manifest["commissions"]):
            self.phase = "ceremony"
        return []

    # --- ceremony.md ---

    def acts(self, kind: str) -> dict[int, Record]:
        return self.ceremony.setdefault(kind, {})

    def held(self, record: Record, holders: list[Record], number: int) -> None:
        refuse_unless("CRT.3", is_held(record, self.digest, holders[number - 1]["key"]))

    def act(self, record: Record, *, after: str = "") -> None:
        """A trustee's record of this attempt, its first of the kind, when all have made the one before."""
        trustees = self.manifest["trustees"]
        refuse_unless("KEY.1", record["attempt"] == self.attempt and record["trustee"] <= len(trustees))
        self.held(record, trustees, record["trustee"])
        refuse_unless("KEY.1", record["trustee"] not in self.acts(record["type"]))
        refuse_unless("KEY.1", after == "" or len(self.acts(after)) == len(trustees))

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
            n=len(self.manifest["trustees"]),
            E=hexed(pledge["sealing_key"]),
            A=points.hex(),
            proof=proof.hex(),
        )
        self.acts("contribution")[record["trustee"]] = record
        return failed

    def admit_dealing(self, record: Record, _index: int) -> list[str]:
        self.act(record, after="contribution")
        shares = unbase64(record["shares"])
        refuse_unless("KEY.1", len(shares) == 32 * len(self.manifest["trustees"]))
        decode_scalars(shares)
        self.acts("dealing")[record["trustee"]] = record
        return []

    def admit_acknowledgement(self, record: Record, _index: int) -> list[str]:
        self.act(record, after="dealing")
        whole = all(decodes(unbase64(points)) for points in self.contributions)
        refuse_unless("KEY.8", whole and sum_of_first(self.contributions) == record["key"])
        self.acts("acknowledgement")[record["trustee"]] = record
        if len(self.acts("acknowledgement")) == len(self.manifest["trustees"]):
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
            "sealed": cut(shares)[trustee - 1].hex(),
            "A": points.hex(),
        }
        failed = [clause for clause in judge("complaint", **statement, liar=dealer) if clause != "KEY.7"]
        if not failed:
            self.findings.append(("KEY.7", index))
        self.restart()
        return failed

    def restart(self) -> None:
        self.attempt += 1
        self.ceremony = {}

    def effect_restart(self, record: Record) -> None:
        refuse_unless("KEY.1", record["attempt"] == self.attempt + 1)
        self.restart()

    def effect_log_key(self, record: Record) -> None:
        old = self.log_key
        refuse_unless("CRT.3", record["signature"] == "" or is_held(record, self.digest, old))
        self.log_key = record["key"]

    # --- registration ---

    def register(self, record: Record) -> list[Record]:
        listed: list[Record] = decode_json(self.blob(record["blob"]), REGISTER)["credentials"]
        codes, keys = [entry["code"] for entry in listed], [entry["key"] for entry in listed]
        refuse_unless("CFG.7", codes == sorted(set(codes)) and distinct(keys) and len(listed) == record["count"])
        refuse_unless("CFG.7", {entry["style"] for entry in listed} <= set(ids(self.manifest["styles"])))
        refuse_unless("CFG.7", b64encode(IDENTITY).decode() not in keys)
        refuse_unless("CFG.7", self.codes.isdisjoint(codes) and self.credentials.keys().isdisjoint(keys))
        return listed

    def admit_register(self, record: Record, _index: int) -> list[str]:
        self.commission(record["commission"], "CRT.2")
        return [] if all(decodes(unbase64(entry["key"])) for entry in self.register(record)) else ["CFG.8"]

    def effect_register(self, record: Record) -> None:
        for entry in self.register(record):
            self.codes.add(entry["code"])
            self.credentials[entry["key"]] = entry["style"]

    def effect_opening(self, record: Record) -> None:
        refuse_unless("KEY.9", {act["key"] for act in self.acts("acknowledgement").values()} == {record["key"]})
        refuse_unless("CFG.9", record["count"] == len(self.credentials))
        self.key, self.phase = record["key"], "voting"
