"""The last third of a second fold over an election's records: ballots, overrides, mixes, shares, tally."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.reference.ceremony import Preparation
from tests.reference.coding import Record
from tests.reference.commissions import distinct, ids
from tests.reference.group import cut
from tests.reference.log import unbase64
from tests.reference.proofs import refuse_unless, tracker
from tests.reference.records import hexed, in_page_order, is_held, judge, share_key


class Cast(NamedTuple):
    place: int  # on the log
    tracker: bytes
    sealed: Record


@dataclass
class Poll:
    """A contest and what the log says of it."""

    rules: Record
    latest: dict[str, Cast] = field(default_factory=dict)  # by credential
    counted: list[Cast] = field(default_factory=list)
    lists: list[bytes] = field(default_factory=list)  # what is mixed first, then every output
    mixers: list[str] = field(default_factory=list)  # who has mixed it
    shares: dict[int, str] = field(default_factory=dict)  # by trustee, in the log's order

    @property
    def size(self) -> int:
        return len(self.counted)

    def freeze(self, overridden: set[str]) -> None:
        kept = [cast for credential, cast in self.latest.items() if credential not in overridden]
        self.counted = sorted(kept, key=lambda cast: cast.place)
        cells = range(self.rules["width"])
        coded = [
            b"".join(cut(unbase64(cast.sealed[letter]))[k] for cast in self.counted) for k in cells for letter in "RP"
        ]
        self.lists = [b"".join(coded)]


def rules_of(poll: Poll) -> dict[str, Any]:
    rules = poll.rules
    return {
        "contest": rules["id"],
        "least": rules["least"],
        "most": rules["most"],
        "options": len(rules["options"]),
        "width": rules["width"],
    }


class Election(Preparation):
    """The state of an election; of each contest from the opening on."""

    def __init__(self, blobs: dict[str, str], roots: list[str]) -> None:
        super().__init__(blobs, roots)
        self.polls: dict[str, Poll] = {}
        self.components: set[bytes] = set()
        self.overridden: set[str] = set()
        self.skipped: list[str] = []
        self.tally: Record = {}

    def effect_opening(self, record: Record, index: int) -> None:
        super().effect_opening(record, index)
        self.polls = {rules["id"]: Poll(rules) for rules in self.manifest["contests"]}

    # --- ballot.md; election.md §9–11 ---

    def admit_ballot(self, record: Record, index: int) -> list[str]:
        sealed = record["sealed"]
        contest, style, credential = sealed["contest"], sealed["style"], sealed["credential"]
        named = [contest in s["contests"] for s in self.manifest["styles"] if s["id"] == style]
        refuse_unless("BAL.1", credential in self.credentials and self.credentials[credential].style == style)
        refuse_unless("BAL.1", named == [True])
        poll, opened = (
            self.polls[contest],
            {"choice": record["choice"], "r": hexed(record["r"])} if "r" in record else {},
        )
        statement = {
            **self.common,
            **opened,
            **{name: hexed(sealed[name]) for name in ("credential", "nonce", "R", "P", "proof")},
            **rules_of(poll),
            "style": style,
            "act": "challenge" if opened else "cast",
            "key": hexed(self.key),
            "prev": hexed(record["prev"]),
            "signature": hexed(record["signature"]),
        }
        failed = judge("ballot", **statement)
        R = cut(unbase64(sealed["R"]))
        refuse_unless("BAL.3", distinct(R) and self.components.isdisjoint(R))
        latest = poll.latest.get(credential)
        refuse_unless("BAL.8", unbase64(record["prev"]) == (latest.tracker if latest else bytes(32)))
        self.components.update(R)
        if not opened:
            poll.latest[credential] = Cast(index, tracker(statement), sealed)
        return failed

    admit_challenge = admit_ballot

    def admit_override(self, record: Record, _index: int) -> list[str]:
        self.commission(record["commission"], "CRT.2")
        return []

    def effect_override(self, record: Record, _index: int) -> None:
        named = record["credentials"]
        refuse_unless("SEL.1", distinct(named) and self.overridden.isdisjoint(named))
        own = {key for key, listed in self.credentials.items() if listed.commission == record["commission"]}
        refuse_unless("SEL.1", set(named) <= own)
        self.overridden.update(named)

    def admit_close(self, record: Record, index: int) -> list[str]:
        if record["signature"] != "":
            refuse_unless("CRT.3", is_held(record, self.digest, self.manifest["operator"]))
            self.phase = "closed"
            self.effects.append(("close", index))
        return []

    def effect_close(self, _record: Record, _index: int) -> None:
        self.phase = "closed"

    def effect_freeze(self, record: Record, _index: int) -> None:
        expected: list[Record] = []
        for name, poll in self.polls.items():
            poll.freeze(self.overridden)
            trackers = b"".join(cast.tracker for cast in poll.counted)
            digest = b64encode(hashlib.sha256(trackers).digest()).decode()
            expected.append({"contest": name, "count": poll.size, "blob": {"length": len(trackers), "sha256": digest}})
        refuse_unless("SEL.2", record["contests"] == expected)
        for frozen in expected:
            self.blob(frozen["blob"])
        self.phase = "frozen" if self.mixed else "decrypting"

    # --- shuffle.md, decryption.md, tally.md ---

    @property
    def mixed(self) -> list[Poll]:
        return [poll for poll in self.polls.values() if poll.size >= self.manifest["minimum"]]

    def admit_mix(self, record: Record, _index: int) -> list[str]:
        mixers, poll = self.manifest["mixers"], self.polls.get(record["contest"])
        refuse_unless("MIX.1", poll is not None and poll in self.mixed)
        assert poll is not None
        place, waiting = len(poll.lists), self.waiting(poll)
        refuse_unless("MIX.1", record["place"] == place and waiting[:1] == [record["mixer"]])
        self.held(record, mixers, ids(mixers).index(record["mixer"]) + 1)
        refuse_unless("MIX.2", unbase64(record["input"]) == hashlib.sha256(poll.lists[-1]).digest())
        N, w = poll.size, poll.rules["width"]
        named = record["output"]["length"], record["proof"]["length"]
        refuse_unless("MIX.3", named == (64 * w * N, 32 * (5 * N + 6 + 3 * w) if N else 0))
        output = self.blob(record["output"])
        failed = judge(
            "shuffle",
            **self.common,
            contest=record["contest"],
            place=place,
            N=N,
            w=w,
            key=hexed(self.key),
            before=poll.lists[-1].hex(),
            after=output.hex(),
            proof=self.blob(record["proof"]).hex(),
        )
        poll.lists.append(output)
        poll.mixers.append(record["mixer"])
        self.phase = "mixing" if any(map(self.waiting, self.mixed)) else "decrypting"
        return failed

    def waiting(self, poll: Poll) -> list[str]:
        """The servers that have yet to mix a contest, in the manifest's order."""
        return [id for id in ids(self.manifest["mixers"]) if id not in self.skipped + poll.mixers]

    def effect_skip(self, record: Record, index: int) -> None:
        mixer = record["mixer"]
        refuse_unless("MIX.10", mixer in ids(self.manifest["mixers"]) and mixer not in self.skipped)
        for poll in self.mixed:
            left = [id for id in self.waiting(poll) if id != mixer]
            refuse_unless("MIX.10", len(poll.mixers) + len(left) >= self.manifest["mixes"])
        self.skipped.append(mixer)
        self.findings.append(("MIX.10", index))
        if not any(map(self.waiting, self.mixed)):
            self.phase = "decrypting"

    def admit_share(self, record: Record, _index: int) -> list[str]:
        trustees, trustee, poll = self.manifest["trustees"], record["trustee"], self.polls.get(record["contest"])
        refuse_unless("DEC.1", poll is not None and trustee in self.participants)
        assert poll is not None
        self.held(record, trustees, trustee)
        refuse_unless("DEC.6", poll in self.mixed)
        last = hashlib.sha256(poll.lists[-1])
        refuse_unless("DEC.1", trustee not in poll.shares and poll.size > 0)
        refuse_unless("DEC.1", unbase64(record["mix"]) == last.digest())
        refuse_unless("DEC.2", record["shares"]["length"] == 32 * poll.rules["width"] * poll.size)
        shares = self.blob(record["shares"]).hex()
        failed = judge(
            "decryption",
            **self.common,
            contest=record["contest"],
            trustee=trustee,
            N=poll.size,
            w=poll.rules["width"],
            X=share_key(self.contributions, trustee),
            mix=last.hexdigest(),
            mixed=poll.lists[-1].hex(),
            shares=shares,
            proof=hexed(record["proof"]),
        )
        poll.shares[trustee] = shares
        return failed

    def admit_tally(self, record: Record, _index: int) -> list[str]:
        threshold, mixed = self.manifest["threshold"], self.mixed
        refuse_unless("TAL.1", all(len(poll.shares) >= threshold for poll in mixed if poll.size))
        named = [(result["contest"], [vote["option"] for vote in result["votes"]]) for result in record["contests"]]
        refuse_unless("TAL.2", named == [(poll.rules["id"], ids(poll.rules["options"])) for poll in mixed])
        withheld = [name for name, poll in self.polls.items() if poll not in mixed]
        failed: set[str] = set()
        for poll, result in zip(mixed, record["contests"], strict=True):
            refuse_unless("TAL.3", result["plaintexts"]["length"] == 32 * poll.rules["width"] * poll.size)
            statement = {
                "N": poll.size,
                "threshold": threshold,
                "mixed": poll.lists[-1].hex(),
                "given": list(poll.shares.items()),
                "plaintexts": self.blob(result["plaintexts"]).hex(),
                "valid": result["valid"],
                "invalid": result["invalid"],
                "votes": [vote["count"] for vote in result["votes"]],
            }
            failed |= set(judge("tally", **rules_of(poll), **statement))
            refuse_unless("TAL.5", result["counted"] == poll.size)
        refuse_unless("TAL.6", record["withheld"] == withheld)
        self.phase = "tallied"
        return sorted(failed, key=in_page_order)

    def effect_tally(self, record: Record, _index: int) -> None:
        self.tally, self.phase = record, "certified"

    @property
    def counts(self) -> dict[str, list[int]]:
        return {
            result["contest"]: [result["counted"], result["invalid"], *(vote["count"] for vote in result["votes"])]
            for result in self.tally.get("contests", [])
        }
