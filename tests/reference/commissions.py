"""The first third of a second fold over an election's records: the manifest, who sits where, what takes effect.

Written from specs/election.md and the pages it names. `Commissions.replay` keeps every clause that fails, with its
record's number.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from tests.reference.coding import Record, code
from tests.reference.group import Fails
from tests.reference.log import leaf_hash, read_policy, unbase64
from tests.reference.proofs import refuse_unless
from tests.reference.records import (
    LEVELS,
    certificate,
    hexed,
    in_page_order,
    is_held,
    is_rooted,
    is_signed_by_member,
    read_record,
    spki,
)
from tests.reference.shapes import PAPER_KINDS

COMMISSIONED = {
    *("manifest", "roster", "restart", "register", "opening", "override", "freeze", "skip", "tally", "log-key"),
    "assets",
    *("paper", "batch", "decision", "accreditation", "result"),
}
SAID = {"appeal", "attestation"}  # a member's or an observer's
ALWAYS = {"signature", "log-key", "roster", *PAPER_KINDS}
PHASES = {
    "setup": {"manifest", "roster", "signature"},
    "ceremony": {"pledge", "contribution", "dealing", "acknowledgement", "complaint", "restart", "assets"} | ALWAYS,
    "registration": {"register", "opening", "assets"} | ALWAYS,
    "voting": {"ballot", "challenge", "override", "close", "assets"} | ALWAYS,
    "closed": {"override", "freeze"} | ALWAYS,
    "frozen": {"mix", "skip"} | ALWAYS,
    "mixing": {"mix", "skip"} | ALWAYS,
    "decrypting": {"share", "tally"} | ALWAYS,
    "tallied": {"share", "tally"} | ALWAYS,
    "certified": {"share"} | ALWAYS,
    "papers": ALWAYS,
}


# --- election.md §5: the manifest ---


def distinct(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) == len(listed)


def ids(items: Iterable[Record]) -> list[str]:
    return [item["id"] for item in items]


def is_on_paper(m: Record) -> bool:
    """Whether the election is on paper alone."""
    return "paper" in m and not (m["contests"] or m["trustees"] or m["mixers"])


def check_manifest(m: Record) -> None:
    least = 0 if is_on_paper(m) else 1
    lists = [m["contests"], m["styles"], m["commissions"], m["trustees"] + m["mixers"], m["timetable"]]
    ranks = {c["id"]: LEVELS.index(c["level"]) for c in m["commissions"]}
    keys = [holder["key"] for holder in m["trustees"] + m["mixers"]] + [m["operator"], m["log_key"]]
    conditions = (
        all(distinct(ids(items)) for items in lists + [c["options"] for c in m["contests"]]),
        distinct(keys),
        least <= m["threshold"] <= m["least_trustees"] <= len(m["trustees"]) <= 32,
        least <= m["mixes"] <= len(m["mixers"]),
        all(1 <= c["quorum"] <= c["members"] <= 15 for c in m["commissions"]),
        sum(4 + len(c["options"]) for c in m["contests"]) <= 800,
        ranks.get(m["central"]) == 0,
        all(
            c["above"] == "" if c["id"] == m["central"] else ranks.get(c["above"], len(LEVELS)) < ranks[c["id"]]
            for c in m["commissions"]
        ),
        all(
            1 <= len(c["options"]) <= 255
            and c["least"] <= c["most"] <= len(c["options"])
            and 1 + c["most"] <= 30 * c["width"]
            and c["width"] <= 8
            for c in m["contests"]
        ),
        all(s["contests"] and distinct(s["contests"]) for s in m["styles"]),
        {name for s in m["styles"] for name in s["contests"]} == set(ids(m["contests"])),
        is_consistent(m["timetable"]),
    )
    refuse_unless("CFG.2", all(conditions))
    if m["policy"]:
        check_policy(m)


def is_consistent(timetable: list[Record]) -> bool:
    """timetable.md §2."""
    bounds = {
        (what, bound): [t["instant"] for t in timetable if (t["what"], t["bound"]) == (what, bound)]
        for what in {t["what"] for t in timetable}
        for bound in ("from", "by")
    }
    return (
        len(timetable) <= 32
        and not any(t["inclusive"] for t in timetable if t["bound"] == "from")
        and all(
            max(bounds[what, "from"], default=-1) < min(bounds[what, "by"], default=2**53)
            for what in {t["what"] for t in timetable}
        )
    )


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


# --- records.md §3.7 ---

Bounds = tuple[float, float]  # the latest time at which a record was not there, the earliest at which it was


def in_time(coded: str, low: float, up: float) -> str:
    member = certificate(coded)
    if low > member.last or up < member.first:
        return "void"
    return "open" if up > member.last else "shown"


# --- timetable.md §3 ---


def judge_limit(limit: Record, low: float, up: float) -> list[tuple[str, str]]:
    """The finding that a record is which took effect between `low` and `up`, if it is one: clause and severity."""
    end: int = limit["instant"]
    if limit["bound"] == "from":
        if end <= low:
            return []
        return [("DUT.4", "error" if up <= end - 1 else "warning")]
    if up <= end - 1:
        return [("DUT.9", "information")] if limit["inclusive"] and up > end - 86_401 else []
    return [("DUT.3", "error" if low > end - 1 else "warning")]


# --- The fold ---


class Signed(NamedTuple):
    """A signature under a commission's record."""

    place: int
    certificate: str
    member: str


class Commissions:
    """The state of an election, and what its commissions sign; each kind's rules are in the classes below."""

    def __init__(self, blobs: dict[str, str], roots: list[str]) -> None:
        self.blobs, self.roots = blobs, roots
        self.phase = "setup"
        self.failures: list[tuple[str, int]] = []
        self.findings: list[tuple[str, int | str]] = []
        self.leaves: set[bytes] = set()
        self.manifest: Record = {}
        self.seats: dict[str, Record] = {}  # the commissions, by id
        self.unrooted: set[str] = set()  # those of whose members no certificates are asked
        self.common: dict[str, Any] = {}
        self.pending: dict[bytes, Record] = {}  # a commission's records by leaf hash
        self.places: dict[bytes, int] = {}  # of these records on the log
        self.signatures: dict[bytes, list[Signed]] = {}  # under each
        self.effective: set[bytes] = set()
        self.effects: list[tuple[str, int]] = []  # the kind of what took effect, and where
        self.rosters: dict[str, list[tuple[int, list[Record]]]] = {}  # from which place on who sits in a commission
        self.log_keys: list[str] = []
        self.unjudged: int | None = None  # the record from which on nothing can be judged
        self.unproved = False  # whether a claim is false

    def replay(self, log: Iterable[bytes], without: Collection[int] = ()) -> None:
        for index, coded in enumerate(log):
            if index in without:
                continue
            try:
                failed = self.admit(index, coded)
                self.unproved |= failed != []
            except Fails as refusal:
                if str(refusal) == "incomplete":
                    self.unjudged = index
                    break
                failed = ["CFG.4" if str(refusal) == "malformed" else str(refusal)]
            self.failures += [(clause, index) for clause in failed]
        void = {index for _, index in self.failures}
        self.findings = [finding for finding in self.findings if finding[1] not in void]

    def admit(self, index: int, coded: bytes) -> list[str]:
        record, leaf = read_record(coded), leaf_hash(coded)
        kind = record["type"]
        refuse_unless("CFG.5", leaf not in self.leaves)
        refuse_unless("CFG.1", (kind == "manifest") == (index == 0) and (index == 0 or self.manifest != {}))
        refuse_unless("CFG.6", kind in PHASES[self.phase])
        if kind == "manifest":
            refuse_unless("incomplete", record["spec"] == "aikyn/1")
            check_manifest(record)
            seats = self.read_plan(record)
            self.manifest, self.log_keys = record, [record["log_key"]]
            self.seats = {commission["id"]: commission for commission in record["commissions"]}
            self.unrooted = {unit["id"] for unit in seats if not unit["rooted"]} - self.seats.keys()
            self.seats = {unit["id"]: unit for unit in seats} | self.seats
            self.common = {"election": record["election"], "manifest": hashlib.sha256(coded).hexdigest()}
        if self.is_aside(record):
            self.leaves.add(leaf)
            return []
        rule: Callable[[Record, int], list[str]] | None = getattr(self, f"admit_{kind}", None)
        failed = rule(record, index) if rule else []
        self.leaves.add(leaf)
        if kind == "roster" and self.owner(record) == "":
            self.effect_roster(record, index)
        elif kind in COMMISSIONED or self.waits(record):
            self.pending[leaf], self.places[leaf], self.signatures[leaf] = record, index, []
        return failed

    def waits(self, record: Record) -> bool:
        """Whether somebody's signature is to come, who could have signed the record itself."""
        if record["type"] == "close":
            return bool(record["signature"] == "")
        return record["type"] in SAID and not record["observer"]

    def read_plan(self, _manifest: Record) -> list[Record]:
        """The units of the plan, if the manifest names one, and if it is there."""
        return []

    def is_aside(self, _record: Record) -> bool:
        """Whether the record is not judged for want of a paper's blob."""
        return False

    @property
    def digest(self) -> bytes:
        return bytes.fromhex(self.common["manifest"])

    def commission(self, name: str, clause: str) -> Record:
        refuse_unless(clause, name in self.seats)
        return self.seats[name]

    def blob(self, named: Record) -> bytes:
        coded = self.blobs.get(hexed(named["sha256"]))
        refuse_unless("incomplete", coded is not None)
        data = unbase64(coded or "")
        right = (len(data), hashlib.sha256(data).digest()) == (named["length"], unbase64(named["sha256"]))
        refuse_unless("incomplete", right)
        return data

    # --- setup; records.md §3 ---

    def effect_manifest(self, _record: Record, _index: int) -> None:
        """What it says holds from the first record on; the ceremony waits for its effect."""
        self.phase = "papers" if is_on_paper(self.manifest) else "ceremony"

    def owner(self, record: Record) -> str:
        """The commission whose quorum a record needs, or ""."""
        if record["type"] != "roster":
            return str(record.get("commission") or self.manifest["central"])
        above: str = self.commission(record["commission"], "CRT.2")["above"]
        fixed = leaf_hash(code(record)) == unbase64(self.manifest["roster"])
        return above or ("" if fixed else self.manifest["central"])

    def sitting(self, commission: str, index: int) -> dict[str, str]:
        """Who sits in it when the record at this place comes: certificates by id."""
        in_force: list[Record] = []
        for since, listed in self.rosters.get(commission, []):
            in_force = listed if since < index else in_force
        return {member["id"]: member["certificate"] for member in in_force}

    def admit_roster(self, record: Record, index: int) -> list[str]:
        commission, listed = self.commission(record["commission"], "CRT.2"), record["members"]
        keys = [spki(member["certificate"]) for member in listed]
        refuse_unless("CFG.3", commission["members"] == len(listed))
        refuse_unless("CFG.3", distinct(ids(listed)) and distinct(keys))
        for other in self.rosters.keys() - {commission["id"]}:
            taken = {spki(coded) for coded in self.sitting(other, index).values()}
            refuse_unless("CFG.3", taken.isdisjoint(keys))
        return []

    def effect_roster(self, record: Record, index: int) -> None:
        self.admit_roster(record, index)
        self.rosters.setdefault(record["commission"], []).append((index, record["members"]))

    def is_quorum(self, record: Record, signatures: list[Signed]) -> bool:
        """Whether those who sit in the commission at the last of these signatures are enough."""
        owner = self.owner(record)
        seated = {spki(coded) for coded in self.sitting(owner, signatures[-1].place).values()}
        return len(seated & {spki(one.certificate) for one in signatures}) >= self.least(record)

    def least(self, record: Record) -> int:
        """How many have to sign."""
        quorum: int = self.commission(self.owner(record), "CRT.2")["quorum"]
        return quorum

    def admit_signature(self, record: Record, index: int) -> list[str]:
        leaf = unbase64(record["record"])
        refuse_unless("CRT.2", leaf in self.pending)
        target, signatures = self.pending[leaf], self.signatures[leaf]
        owner = self.owner(target)
        certificates = self.sitting(owner, index)
        refuse_unless("CRT.2", record["member"] in certificates)
        coded = certificates[record["member"]]
        refuse_unless("CRT.2", spki(coded) not in {spki(other.certificate) for other in signatures})
        signature = unbase64(record["signature"])
        refuse_unless("CRT.1", is_signed_by_member(coded, self.digest, leaf, signature))
        signed = Signed(index, coded, record["member"])
        if leaf not in self.effective and self.is_quorum(target, [*signatures, signed]):
            refuse_unless("CFG.6", target["type"] in PHASES[self.phase])
            effect: Callable[[Record, int], None] = getattr(self, f"effect_{target['type'].replace('-', '_')}")
            effect(target, index)
            self.effective.add(leaf)
            self.effects.append((target["type"], index))
        signatures.append(signed)
        return []

    def judge_signatures(self, bounds: Callable[[int], Bounds] | None = None) -> None:
        """records.md §3.6 and §3.7, as far as roots are known, and the bounds of a record's time."""
        for commission, history in self.rosters.items():
            listed = {member["certificate"] for _, members in history for member in members}
            strangers = [coded for coded in listed if commission not in self.unrooted and not self.is_rooted(coded)]
            self.findings += [("CRT.4", f"roster of {commission}") for _ in strangers]
        for leaf in self.effective:
            void: dict[int, str] = {}
            target = self.pending[leaf]
            asked = self.owner(target) not in self.unrooted
            for index, coded, _ in self.signatures[leaf]:
                if asked and not self.is_rooted(coded):
                    void[index] = "CRT.4"
                elif bounds is not None:
                    said = in_time(coded, *bounds(index))
                    void |= {index: "CRT.5"} if said == "void" else {}
                    self.findings += [("CRT.5", index)] if said == "open" else []
            good = [one for one in self.signatures[leaf] if one.place not in void]
            stands = any(self.is_quorum(target, good[:count]) for count in range(1, len(good) + 1))
            told = [(clause, index) for index, clause in void.items()]
            if stands:
                self.findings += told
            else:
                self.failures += told
        self.failures.sort(key=lambda failure: (failure[1], in_page_order(failure[0])))

    def judge_duties(self, bounds: Callable[[int], Bounds]) -> list[tuple[str, int, str]]:
        """Each finding's clause, record and severity."""
        return [
            (clause, index, severity)
            for limit in self.manifest["timetable"]
            for kind, index in self.effects
            if kind == limit["what"]
            for clause, severity in judge_limit(limit, *bounds(index))
        ]

    def is_rooted(self, coded: str) -> bool:
        """Whether a root of the sheet, if it has any, issued the certificate."""
        return not self.roots or is_rooted(coded, self.roots)

    def id_of(self, key: str) -> bytes:
        """A key of the log by log.md §3.2."""
        return hashlib.sha256(self.manifest["origin"].encode() + b"\n\x01" + unbase64(key)).digest()[:4]

    def effect_log_key(self, record: Record, _index: int) -> None:
        refuse_unless("CRT.3", record["signature"] == "" or is_held(record, self.digest, self.log_keys[-1]))
        refuse_unless("CFG.13", self.id_of(record["key"]) not in map(self.id_of, self.log_keys))
        self.log_keys.append(record["key"])
