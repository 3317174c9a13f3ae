"""Logs and trust sheets that whole archives are made of: elections of vectors/election.json, and what they become."""

from __future__ import annotations

from base64 import b64decode, b64encode
from functools import cache
from typing import Any, NamedTuple

from tests.corpus import replay
from tests.support import copies
from tests.support.copies import KEY, Files
from tests.support.house import read_vectors
from tests.vectors.copies import STRANGER
from verifier.log.note import encode_key
from verifier.log.reading import blob_path

FILE: dict[str, Any] = replay.load()
ROOTS = [b64decode(root) for root in FILE["roots"]]
HONEST = [record.encode() for record in FILE["honest"]["records"]]
HELD = {vector["name"]: vector for vector in (*FILE["accepted"], *FILE["rejected"])}


class Log(NamedTuple):
    """Records, and the blobs that they name."""

    records: list[bytes]
    blobs: dict[bytes, bytes]

    @classmethod
    def of(cls, records: list[bytes], blobs: dict[bytes, bytes]) -> Log:
        named = {digest: data for digest, data in blobs.items() if any(b64encode(digest) in one for one in records)}
        return cls(records, named)

    @property
    def files(self) -> Files:
        return copies.publish(*self)

    def blob(self, kind: str) -> str:
        """The path of the last blob that a record of this kind names."""
        record = next(one for one in reversed(self.records) if b'"type":"%s"' % kind.encode() in one)
        return next(blob_path(digest) for digest in reversed(self.blobs) if b64encode(digest) in record)


@cache
def held(name: str) -> Log:
    """An election of vectors/election.json."""
    whole = replay.Replay(FILE, HELD[name])
    return Log.of(whole.records, whole.blobs)


def until(phase: str) -> Log:
    return held(f"the honest election so far: {phase}")


def void(*names: str) -> Log:
    """The honest election, with records of broken ones among its own: they are void, and nothing hangs on them."""
    records, blobs = list(HONEST), dict(until("certified").blobs)
    vectors = sorted((HELD[name] for name in names), key=lambda vector: vector["log"][0][1], reverse=True)
    for vector in vectors:
        (_, place), *own = vector["log"]
        records[place:place] = [record.encode() for record in own]
        blobs |= held(vector["name"]).blobs
    return Log.of(records, blobs)


def long(restarts: int, then: list[bytes]) -> Log:
    """More than a tile of entries: anybody may post restarts that nobody signs."""
    asked = [b'{"attempt":%d,"type":"restart","without":[]}' % attempt for attempt in range(2, restarts + 2)]
    return Log.of([*HONEST[:7], *asked, *then], until("certified").blobs)


# Sheets, by what is peculiar to them.


def sheet(record: bytes = HONEST[0], /, **lines_: list[str]) -> str:
    return copies.sheet(record, ROOTS, **lines_).decode()


def anchor(name: str) -> list[str]:
    return [one["certificate"] for one in read_vectors("certificates")["anchors"] if one["name"] == name]


WHOLE = "that has everything"
DIGEST = next(line.split()[1] for line in sheet().splitlines() if line.startswith("manifest"))
ANOTHER = encode_key(KEY._replace(public=bytes(STRANGER.verify_key)))
SHEETS = {
    WHOLE: sheet(),
    "typed by hand": sheet(manifest=[" ".join(DIGEST[at : at + 8].upper() for at in range(0, 64, 8))]).replace(
        "\n", " \r\n"
    ),
    "without witnesses": sheet(witness=[], group=[], quorum=[]),
    "without roots": sheet(root=[]),
    "without a manifest": sheet(manifest=[]),
    "of another manifest": sheet(manifest=["00" * 32]),
    "of another log key": sheet(log=[ANOTHER]),
    "of another root": sheet(root=anchor("a root on P-256")),
    "of another version": sheet().replace("aikyn/1", "aikyn/9", 1),
}


# Elections of vectors/election.json, by name.

SO_FAR = tuple(
    f"the honest election so far: {phase}"
    for phase in ("ceremony", "registration", "voting", "closed", "frozen", "mixing", "decrypting", "tallied")
)
GOING_ON = (
    "witnesses in another order by other names",
    "two groups below the minimum size",
    "everybody overridden",
    "an election that keeps its timetable",
    "challenges only",
    "rosters of strangers that nobody signs",
    "rosters replaced while the voting goes on",
    "a member who leaves while a record waits",
    "a close by the commission",
    "a dealer who cheats and another attempt",
    "a trustee who is left out",
    "a trustee who was left out and is back",
    "a mix server that is skipped",
    "a last mix server that is skipped",
    "a member whom no root certifies signs first",
    "keys listed twice in one register and in two",
)
BROKEN = (
    "a quorum above the members",
    "a safe group beside an unsafe one",
    "a ballot under a key that does not decode",
    "two registers with one code completed together",
    "a log key with a former keys id",
    "one key signs under two names",
    "a quorum with somebody whom no root certifies",
    "a trustee left out of the attempt that a complaint begins",
    "a contribution proved for another election",
    "a complaint about what does not decode",
    "an acknowledgement of what does not decode",
    "a coefficient too few",
    "an opening that counts one more",
    "an opening with another key",
    "a seal whose challenge forgets the election",
    "another choice than was sealed in two columns",
    "a leaf twice",
    "a restart without too many trustees",
    "an output that does not decode",
    "a mix over trapdoor generators",
    "two ballots changed that keep their product",
    "a skip below the least number in one contest",
    "a share that does not decode",
    "a share of other ciphertexts",
    "a tally before the last share",
    "another vote in two columns",
    "two candidates swapped and certified",
)
REFUSED = (
    *("a second manifest", "one ecdsa key under two certificates", "a roster that its own members sign"),
    *("a pledge signed by another trustee", "a second pledge", "another contribution", "a code twice"),
    *("a sealing key that is the identity", "a pledge after the ceremony", "a key that is the identity"),
    *("an rsa signature with another salt", "a record with white space", "bytes that are no record"),
    *("a ballot of another style", "a ballot without a proof"),
    *("anothers first component", "a second component that is the identity", "a re vote that does not follow"),
    *("an opened option that there is not", "an override of another precincts voter", "a challenged ballot is cast"),
    *("a ballot after the close", "a mix of no contest", "a mix of the raw ballots", "no proof", "a second share"),
    *("a share of the first mix", "shares with a row less", "a share of a withheld contest", "an option left out"),
    *("no plaintexts", "a withheld contest not named", "a share signed by another trustee"),
)
