"""Making a large election stage by stage, each in a process of its own; what one leaves for the next lies in a folder.

The proofs are those of `mixnet/`. Ballots are sealed and signed side by side, as one client does it for itself.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from nacl.signing import SigningKey

from bulletin.office.people import HolderKey
from bulletin.office.signing import countersign
from mixnet.decryption import decrypt
from mixnet.secrets import Secrets
from mixnet.shuffle import shuffle
from tests.benchmarks.scale import CHOICES, Crowd
from tests.support import copies
from tests.support.elections import AUTHORITY, ORIGIN, Election, contest
from verifier.client.plaintexts import recombine
from verifier.election.counting import Close, Freeze, Frozen
from verifier.election.course import Given
from verifier.election.decryption import Share
from verifier.election.manifest import Contest
from verifier.election.register import Credentials, Opening, Register, Row
from verifier.election.shuffle import Mix
from verifier.election.tally import Tally, recount
from verifier.log import tiles
from verifier.log.checkpoint import Checkpoint
from verifier.log.reading import LATEST, blob_path
from verifier.log.tiles import ENTRIES, WIDTH
from verifier.log.tree import compute_root, hash_leaf
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, Points
from verifier.proof.transcript import Context
from verifier.records import Blob, Record, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulletin.office.people import Sitting

TRUSTEES, THRESHOLD, MIXES = 5, 3, 4
LISTED = 2_000  # voters on a register, as a precinct has
CHUNK = 100_000  # ballots sealed side by side


class People(msgspec.Struct):
    """The made-up keys of this election, which every stage needs, and what the ceremony gave."""

    context: Context
    contest: Contest
    key: bytes
    shares: dict[int, bytes]
    holders: dict[str, bytes]
    members: dict[str, bytes]  # PEM, of the central commission's quorum


class Blobs(dict[bytes, bytes]):
    """Blobs that lie in the archive and not in memory."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __setitem__(self, digest: bytes, data: bytes) -> None:
        path = self.place / blob_path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def get(self, digest: bytes, _default: Any = None) -> bytes:
        return (self.place / blob_path(digest)).read_bytes()


class Making:
    """The election in this folder, between two stages; `work/` is what an archive does not have."""

    def __init__(self, place: Path) -> None:
        self.place, self.work = place, place / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        self.blobs = Blobs(place)

    @property
    def people(self) -> People:
        return msgspec.json.decode((self.work / "people").read_bytes(), type=People)

    def write(self, stage: str, records: Iterator[bytes] | list[bytes]) -> None:
        """The records of a stage, each after its length."""
        with (self.work / f"{stage}.records").open("wb") as file:
            for raw in records:
                file.write(tiles.encode_bundle([raw]))

    def sign(self, people: People, holder: str, record: Record) -> bytes:
        """A key holder's record."""
        key = HolderKey(holder, SigningKey(people.holders[holder]))
        return encode(key.sign(record, people.context.manifest))

    def enact(self, people: People, record: Record) -> list[bytes]:
        """A record of the central commission with its quorum's signatures."""
        raw, made = encode(record), people.context.manifest
        keys = {member: load_pem_private_key(pem, None) for member, pem in people.members.items()}
        signed = [countersign(key, member, made, hash_leaf(raw)) for member, key in keys.items()]  # type: ignore[arg-type]
        return [raw, *map(encode, signed)]

    def put(self, data: bytes) -> Blob:
        blob = Blob.of(data)
        self.blobs[blob.sha256] = data
        return blob

    def keep_list(self, place: int, digest: bytes) -> None:
        (self.work / f"list-{place}").write_text(digest.hex())

    def listed(self, place: int) -> tuple[bytes, Ciphertexts]:
        """The digest of list `place`, and the list; 0 is the one of the ballots."""
        digest = bytes.fromhex((self.work / f"list-{place}").read_text())
        coded = self.work / "list"
        return digest, Ciphertexts.decode(coded.read_bytes() if place == 0 else self.blobs.get(digest), 1)


def register(at: Making, size: int) -> None:
    """Manifest, ceremony, registers and opening, each record judged as a board would."""
    play = Election([contest("president", 4)], trustees=TRUSTEES, threshold=THRESHOLD, mixers=MIXES)
    play.blobs = at.blobs
    play.set_up().hold_ceremony()
    with (at.work / "voters").open("wb") as kept:
        for first in range(0, size, LISTED):
            k = Secrets.draw(min(LISTED, size - first))
            keys = Crowd.of(k).keys
            rows = tuple(Row(f"C{first + i:07d}", key, "president") for i, key in enumerate(keys))
            play.enact(Register("precinct", len(rows), play.put(encode(Credentials(rows)))), play.precinct)
            kept.write(k.expose())
    play.enact(Opening(play.state.key, size))
    at.write("register", play.records)
    (at.place / "trust").write_bytes(copies.sheet(play.records[0], [AUTHORITY.der]))
    holders = (play.operator, *play.trustees, *play.mixers)
    people = People(
        play.state.context,
        play.contests[0],
        play.state.key,
        {j: bytes(x.expose()) for j, x in play.x.items()},
        {holder.id: bytes(holder.key) for holder in holders},
        _pems(play.central),
    )
    (at.work / "people").write_bytes(msgspec.json.encode(people))


def _pems(sitting: Sitting) -> dict[str, bytes]:
    quorum = sitting.people[: sitting.commission.quorum]
    form = Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    return {person.member.id: person.key.private_bytes(*form) for person in quorum}


def ballots(at: Making, size: int, seed: int) -> None:
    """A ballot of each voter, who chooses as the seed says."""
    people, drawn = at.people, random.Random(seed)
    polls: Any = SimpleNamespace(
        contests=(people.contest,),
        state=SimpleNamespace(context=people.context, key=people.key),
        digest=people.context.manifest,
    )
    chosen = dict.fromkeys(CHOICES, 0)

    def cast() -> Iterator[bytes]:
        with (
            (at.work / "voters").open("rb") as voters,
            (at.work / "R").open("wb") as R,
            (at.work / "P").open("wb") as P,
            (at.work / "trackers").open("wb") as trackers,
        ):
            for first in range(0, size, CHUNK):
                crowd = Crowd.of(Secrets.take(bytearray(voters.read(SIZE * min(CHUNK, size - first)))))
                crowd.choices = drawn.choices(CHOICES, weights=(5, 3, 2, 1), k=crowd.size)
                for choice in crowd.choices:
                    chosen[choice] += 1
                made = crowd.cast(polls)
                R.write(b"".join([one.sealed.R for one in made]))
                P.write(b"".join([one.sealed.P for one in made]))
                trackers.write(b"".join([one.sealed.tracker(polls.digest) for one in made]))
                yield from map(encode, made)

    at.write("ballots", cast())
    marks = [chosen[number,] for number in (1, 2, 3)] + [0]
    (at.work / "chosen").write_text(json.dumps(marks))


def freeze(at: Making, size: int) -> None:
    """The end of the voting, and what is counted: every ballot, since each is of another voter."""
    people, coded = at.people, at.work / "list"
    coded.write_bytes((at.work / "R").read_bytes() + (at.work / "P").read_bytes())
    at.keep_list(0, Blob.of(coded.read_bytes()).sha256)
    counted = Frozen(people.contest.id, size, at.put((at.work / "trackers").read_bytes()))
    at.write("freeze", [at.sign(people, "operator", Close(b"")), *at.enact(people, Freeze((counted,)))])


def mix(at: Making, place: int) -> None:
    """One shuffle with its proof, which is checked before it is handed out."""
    people, (digest, before) = at.people, at.listed(place - 1)
    id = f"mixer-{place}"
    after, proof = shuffle(people.context, people.contest.id, place, people.key, before)
    output, kept = at.put(after.encode()), at.put(proof)
    at.keep_list(place, output.sha256)
    mixed = Mix(people.contest.id, place, id, digest, output, kept, bytes(64))
    at.write(f"mix-{place}", [at.sign(people, id, mixed)])


def share(at: Making, j: int) -> None:
    """A trustee's decryption of the last mix."""
    people, (digest, mixed) = at.people, at.listed(MIXES)
    x = Secrets.take(bytearray(people.shares[j]))
    D, proof = decrypt(people.context, people.contest.id, j, x, digest, mixed)
    given = at.put(bytes(D[0]))
    (at.work / f"share-{j}").write_text(given.sha256.hex())
    record = Share(people.contest.id, j, digest, given, proof, bytes(64))
    at.write(f"share-{j}", [at.sign(people, f"trustee-{j}", record)])


def tally(at: Making) -> None:
    """The counts, which must be the choices that were sealed."""
    people, (_, mixed) = at.people, at.listed(MIXES)
    digests = {j: bytes.fromhex((at.work / f"share-{j}").read_text()) for j in range(1, THRESHOLD + 1)}
    given = [Given(j, (Points.packed(at.blobs.get(digest)),)) for j, digest in digests.items()]
    M = recombine(mixed, given)
    count = recount(people.contest, M, at.put(bytes(M[0])))
    if [votes.count for votes in count.votes] != json.loads((at.work / "chosen").read_text()):
        raise SystemExit(f"the tally is not what was sealed: {count.votes}")
    at.write("tally", at.enact(people, Tally((count,), ())))


def publish(at: Making, stages: list[str]) -> None:
    """Entry bundles, hash tiles and the signed checkpoint."""
    size = sum(1 for _ in _records(at, stages))
    hashes, bundle = [], list[bytes]()
    for index, raw in enumerate(_records(at, stages)):
        hashes.append(hash_leaf(raw))
        bundle.append(raw)
        if len(bundle) == WIDTH or index == size - 1:
            _store(at.place / tiles.at(ENTRIES, index, size).path, tiles.encode_bundle(bundle))
            bundle = []
    signed = copies.sign(Checkpoint(ORIGIN, size, compute_root(hashes)), (0, 1, 2))
    level = 0
    while hashes:
        parts = [hashes[first : first + WIDTH] for first in range(0, len(hashes), WIDTH)]
        for number, part in enumerate(parts):
            _store(at.place / tiles.at(level, number * WIDTH, size).path, b"".join(part))
        level, hashes = level + 1, [compute_root(part) for part in parts if len(part) == WIDTH]
    for name in ("checkpoints/0", LATEST):
        _store(at.place / name, signed)


def _records(at: Making, stages: list[str]) -> Iterator[bytes]:
    for stage in stages:
        with (at.work / f"{stage}.records").open("rb") as file:
            while length := file.read(2):
                yield file.read(int.from_bytes(length, "big"))


def _store(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
