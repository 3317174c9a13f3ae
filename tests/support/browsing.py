"""A board with witnesses and an election on it, for tests that look at the voter's page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import copytree
from time import time
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from nacl.signing import SigningKey

from bulletin.board.lookup import Index
from bulletin.http import assets, files, layout, pages
from bulletin.http.app import Application
from bulletin.http.headers import SHARED, public
from bulletin.log import database, disk
from bulletin.log.archive import Files
from bulletin.log.tilelog import TileLog
from bulletin.settings import Sign
from bulletin.witness.app import create_app
from bulletin.witness.witness import Witness
from tests.support.elections import Election
from tests.support.serving import ALONE, Running, elect, hand_in, running, serving, set_up
from verifier.client import tracking
from verifier.commission.roster import Signature
from verifier.election.ballot import Ballot, Challenge
from verifier.election.counting import Freeze, Frozen, counted_set
from verifier.log import checkpoint, note, policy
from verifier.log.note import COSIGNATURE, ML_DSA_44, Key, encode_key
from verifier.log.tree import hash_leaf
from verifier.records import Blob, encode
from verifier.rules import CODEC

SECRETS = [SigningKey(bytes([40 + number]) * 32) for number in range(2)]
QUANTUM = MLDSA44PrivateKey.from_seed_bytes(bytes([42]) * 32)
SIGNERS: list[tuple[Key, Sign]] = [
    (Key("witness1.example", COSIGNATURE, bytes(SECRETS[0].verify_key)), lambda m: SECRETS[0].sign(m).signature),
    (Key("witness2.example", ML_DSA_44, QUANTUM.public_key().public_bytes_raw()), QUANTUM.sign),
    (Key("witness3.example", COSIGNATURE, bytes(SECRETS[1].verify_key)), lambda m: SECRETS[1].sign(m).signature),
]


class Hall(NamedTuple):
    """A running board, the election on it, and the address of the voter's app."""

    run: Running
    election: Election
    app: str

    @property
    def url(self) -> str:
        return self.run.client.url

    def code(self, voter: int) -> str:
        """The voter's credential code."""
        return self.election.state.credentials.code(self.election.voters[voter].key)

    def records(self, voter: int) -> list[tuple[int, Ballot | Challenge]]:
        """The voter's ballots and challenges, with their places on the log."""
        log = [(index, CODEC.decode(raw)) for index, raw in enumerate(self.entries())]
        key = self.election.voters[voter].key
        return [(i, r) for i, r in log if isinstance(r, Ballot | Challenge) and r.sealed.credential == key]

    def trackers(self, voter: int) -> list[str]:
        """Their tracking codes."""
        return [tracking.encode(record.sealed.tracker(self.election.digest)) for _, record in self.records(voter)]

    def entries(self) -> list[bytes]:
        log = self.run.board.sequencer.log
        return list(log.entries(0, log.size))


def watch(place: Path, key: Key, stack: ExitStack) -> policy.Policy:
    """Three witnesses of this log, two of whom are the quorum."""
    lines = []
    for number, (own, sign) in enumerate(SIGNERS):
        memory = database.open_witness(place / f"witness{number}.db")
        witness = Witness(own, sign, {key.name: [key]}, memory, place / f"evidence{number}", lambda: int(time()))
        lines.append(f"witness w{number} {encode_key(own)} {stack.enter_context(serving(create_app(witness)))}")
    return policy.decode("\n".join([*lines, "group g 2 w0 w1 w2", "quorum g", ""]).encode())


def vote(key: Key) -> Election:
    """Voter 0 cast once; 1 twice; 2 voted on paper after all; 3 opened one ballot and cast another."""
    election = elect(key)
    for voter in (0, 1, 2):
        election.vote(voter, [1])
    election.vote(1, [2])
    election.vote(3, [3], challenge=True)
    election.vote(3, [2])
    return election.override([2])


@contextmanager
def hall(place: Path, *, closed: bool, mirrors: tuple[str, ...] = ()) -> Iterator[Hall]:
    """The board, with the voting under way or the counted set frozen."""
    key = set_up(place)
    with ExitStack() as stack:
        trust = watch(place, key, stack)
        election = vote(key)
        if closed:
            election.close()
        run = stack.enter_context(running(place, trust, mirrors=mirrors))
        hand_in(run.client, election)
        run.client.receipt(hash_leaf(election.records[-1]))
        sheet = write_sheet(key, trust, election.digest)
        shown = stack.enter_context(showing(place / "app", sheet, election.records[0], run.client.url, mirrors))
        yield Hall(run, election, shown)


def write_sheet(key: Key, trust: policy.Policy, manifest: bytes) -> bytes:
    """A trust sheet with witnesses and manifest, but without roots."""
    lines = ["aikyn/1 trust", f"log {encode_key(key)}", f"manifest {manifest.hex()}"]
    lines += [f"witness {name} {encode_key(witness.key)}" for name, witness in trust.witnesses.items()]
    lines += [f"group {name} {group.threshold} {' '.join(group.members)}" for name, group in trust.groups.items()]
    return "\n".join([*lines, f"quorum {trust.quorum}", ""]).encode()


@contextmanager
def showing(
    place: Path, sheet: bytes, manifest: bytes, board: str, mirrors: tuple[str, ...] = (), practice: str = ""
) -> Iterator[str]:
    """The address of the voter's app of an election, at an origin of its own; "" where no app is built."""
    if not assets.BUILT.is_dir():
        yield ""
        return
    layout.lay_out(place, sheet, manifest, layout.write_addresses(board, mirrors, practice=practice))
    with serving(assets.create_app(place)) as url:
        yield url


@contextmanager
def mirroring(place: Path) -> Iterator[tuple[Hall, Path]]:
    """A board and a mirror of it: a plain copy of its files without an index, which any web server can serve."""
    copy = place / "copy"
    with serving(archived(copy)) as mirror, hall(place / "board", closed=False, mirrors=(mirror,)) as made:
        copytree(made.run.archive, copy)
        yield made, copy


def forked(at: Hall, place: Path) -> bytes:
    """A receipt of another history that the board and two witnesses signed."""
    log = at.run.board.sequencer.log
    entries = at.entries()
    entries[-1] = b"another ending"
    fork = TileLog(Files(place / "fork"), database.open_log(place / "fork.db"), log.origin, log._signers)
    fork.append(entries)
    signed = fork.integrate()
    lines = []
    for own, sign in SIGNERS[:2]:
        now = int(time())
        message = checkpoint.cosigned_message(own, signed.note.text, now)
        lines.append(checkpoint.encode_cosignature(own, now, sign(message)))
    fork.publish(signed.raw + note.encode_lines(lines))
    return fork.receipt(at.records(0)[0][0])


class Liar(NamedTuple):
    """A served board that lies, its log, and the app that asks it."""

    url: str
    log: TileLog
    app: str


@contextmanager
def omitting(at: Hall, place: Path, left_out: bytes) -> Iterator[Liar]:
    """A board without witnesses whose frozen set lacks this tracker, and whose admission was asleep."""
    log, archive = at.run.board.sequencer.log, place / "archive"
    entries = at.entries()
    where = next(i for i, raw in enumerate(entries) if isinstance(CODEC.decode(raw), Freeze))
    copytree(at.run.archive / "blobs", archive / "blobs")
    blobs = {contest.id: counted_set(at.election.state, contest.id).trackers for contest in at.election.contests}
    kept = {id: b"".join(set(batched(blob)) - {left_out}) for id, blob in blobs.items()}
    for blob in kept.values():
        disk.store_blob(archive, blob)
    freeze = encode(Freeze(tuple(Frozen(id, len(blob) // 32, Blob.of(blob)) for id, blob in kept.items())))
    signed = [encode(Signature(hash_leaf(freeze), f"central-{n}", bytes(64))) for n in range(2)]
    liar = TileLog(Files(archive), database.open_log(place / "log.db"), log.origin, log._signers)
    liar.append([*entries[:where], freeze, *signed])
    liar.publish(liar.integrate().raw)
    keys = tuple(key for key, _ in log._signers)
    index, pinned = Index(archive, place / "lookup.db"), pages.Pinned(log.origin, keys, ALONE)
    sheet = write_sheet(keys[0], ALONE, at.election.digest)
    with serving(archived(archive, index, pinned)) as url, showing(place / "app", sheet, entries[0], url) as shown:
        yield Liar(url, liar, shown)


class Bare(NamedTuple):
    """The files of an archive, and what is looked up in it."""

    archive: Path
    index: Any
    pinned: Any

    def bring(self, name: str) -> None:
        pass


def archived(archive: Path, index: Index | None = None, pinned: pages.Pinned | None = None) -> Application:
    """Whoever serves an archive, with pages and index if they are given."""
    routes = files.ROUTES + (pages.ROUTES if index else ())
    return Application(routes, Bare(archive, index, pinned), (*public(), *SHARED))


def batched(blob: bytes) -> list[bytes]:
    return [blob[start : start + 32] for start in range(0, len(blob), 32)]


@pytest.fixture(scope="module")
def voting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("voting"), closed=False) as made:
        yield made


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with hall(tmp_path_factory.mktemp("frozen"), closed=True) as made:
        yield made
