"""A board that lies, competently: everyone who could help it does, and all that can be recomputed is.

A lie begins with the honest log. What it changes, its owner signs again: the mix server its mix, the trustees their
shares, the commission freeze and tally. Then digests, tree and the log's signature are made anew, by the log's own
writer and key.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from bulletin.board.feeder import Asking, Feeder, NoQuorum
from bulletin.log import disk
from bulletin.log.archive import Files
from bulletin.log.database import open_log
from bulletin.log.tilelog import Signer, TileLog
from bulletin.office.people import Sitting
from bulletin.office.signing import countersign
from mixnet import shuffle as prover
from mixnet.ballot import Credential
from mixnet.decryption import decrypt
from mixnet.secrets import Secrets
from mixnet.vault import Vault
from verifier.client.plaintexts import recombine
from verifier.client.sign import with_signature
from verifier.commission.roster import Signature
from verifier.election.counting import Freeze, counted_set, frozen
from verifier.election.course import Given
from verifier.election.decryption import Share
from verifier.election.manifest import Contest
from verifier.election.shuffle import Mix
from verifier.election.tally import Count, Tally, recount
from verifier.log.policy import Policy
from verifier.log.reading import blob_path
from verifier.log.tree import hash_leaf
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import SIZE, Points, cut
from verifier.records import Blob, Record, encode
from verifier.rules import CODEC
from verifier.state import State

R = TypeVar("R", bound=Record)
ROW = 0  # the ballot that is wronged


class Colluders(NamedTuple):
    """Everybody with a key: mix servers by id, trustees by number, the commission, the log."""

    mixers: Mapping[str, Vault]
    trustees: Mapping[int, Vault]
    central: Sitting
    log: Signer


class Lie:
    """A copy of the honest log, changed record by record."""

    def __init__(self, records: Sequence[bytes], state: State, all_of_them: Colluders) -> None:
        self._records = list(records)
        self._state, self._keys = state, all_of_them
        self._blobs: list[bytes] = []

    def replace_mixed_ballot(self, contest: str) -> None:
        """The last mix server puts a ballot of its own in the place of one it mixed, and proves as well as it can."""
        course, place = self._state.courses[contest], len(self._state.rules.mixers)
        before = course.lists[-2]
        pad = prover.Pad.draw(len(before), before.width)
        pi = prover.draw_permutation(len(before))
        context, key = self._state.context, self._state.key
        after = self._with_own_row(contest, prover.reencrypt(key, before, pad, pi))
        proof = prover.prove(context, contest, place, key, before, after, pad, pi)
        self._mix(contest, place, course.digests[-2], after, proof)
        self._count(contest, after)

    def drop_ballot(self, contest: str) -> None:
        """The commission freezes all ballots but one; mix servers and trustees go on from there."""
        counted = counted_set(self._state, contest)
        kept = _without(counted.trackers)
        self._put(kept)

        def refreeze(freeze: Freeze) -> Freeze:
            return Freeze(tuple(frozen(contest, kept) if one.contest == contest else one for one in freeze.contests))

        self._resign(Freeze, refreeze)
        columns = (counted.sealed.R, counted.sealed.P)
        rows = Ciphertexts(*(tuple(Points.packed(_without(bytes(points))) for points in each) for each in columns))
        for place in range(1, len(self._state.rules.mixers) + 1):
            after, proof = prover.shuffle(self._state.context, contest, place, self._state.key, rows)
            self._mix(contest, place, rows.digest(), after, proof)
            rows = after
        self._count(contest, rows)

    def swap_tally_lines(self, contest: str) -> None:
        """The commission signs a tally in which two candidates have each other's votes."""

        def swap(count: Count) -> Count:
            ranked = sorted(count.votes, key=lambda votes: votes.count)
            first, last = ranked[0], ranked[-1]
            given = {first.option: last.count, last.option: first.count}
            votes = tuple(msgspec.structs.replace(v, count=given.get(v.option, v.count)) for v in count.votes)
            return msgspec.structs.replace(count, votes=votes)

        self._retally(contest, swap)

    def publish(self, honest: Path, directory: Path, witnesses: Policy) -> tuple[Asking, ...]:
        """Write the false archive, ask the witnesses to cosign it, and publish it without them; what they answered."""
        shutil.copytree(honest / "blobs", directory / "blobs")
        disk.write_once(directory, {blob_path(Blob.of(data).sha256): data for data in self._blobs})
        with tempfile.TemporaryDirectory() as scratch:
            database = open_log(Path(scratch) / "log.db")
            log = TileLog(Files(directory), database, self._keys.log[0].name, [self._keys.log])
            log.append(self._records)
            signed = log.integrate()
            log.publish(signed.raw)
            feeder = Feeder(witnesses)
            try:
                feeder.feed(signed, log.consistency)
            except NoQuorum:
                return feeder.reports
            finally:
                database.dispose()
        raise AssertionError("the witnesses cosigned a second history")

    def _with_own_row(self, contest: str, after: Ciphertexts) -> Ciphertexts:
        """The list with a fresh ballot for option 1 in row ROW."""
        own = Credential().seal(self._state.context, self._state.key, self._rules(contest), contest, (1,)).sealed
        R, P = (
            tuple(Points.packed(_without(bytes(points), one)) for points, one in zip(old, cut(new), strict=True))
            for old, new in ((after.R, own.R), (after.P, own.P))
        )
        return Ciphertexts(R, P)

    def _mix(self, contest: str, place: int, digest: bytes, after: Ciphertexts, proof: bytes) -> None:
        """The mix server's record about another list."""
        server = self._state.rules.mixers[place - 1].id
        mix = Mix(contest, place, server, digest, self._put(after.encode()), self._put(proof), bytes(64))
        self._swap(Mix, (contest, place), mix, self._keys.mixers[server])

    def _count(self, contest: str, mixed: Ciphertexts) -> None:
        """Shares of another list by those who gave shares, and the tally that they make."""
        given = []
        for j in [each.trustee for each in self._state.courses[contest].shares]:
            vault = self._keys.trustees[j]
            D, proof = decrypt(self._state.context, contest, j, _secret(vault), mixed.digest(), mixed)
            share = Share(contest, j, mixed.digest(), self._put(_joined(D)), proof, bytes(64))
            self._swap(Share, (contest, j), share, vault)
            given.append(Given(j, D))
        M = recombine(mixed, given[: self._state.rules.threshold])
        self._retally(contest, lambda _: recount(self._rules(contest), M, self._put(_joined(M))))

    def _retally(self, contest: str, change: Callable[[Count], Count]) -> None:
        def recertify(tally: Tally) -> Tally:
            counts = tuple(change(count) if count.contest == contest else count for count in tally.contests)
            return Tally(counts, tally.withheld)

        self._resign(Tally, recertify)

    def _resign(self, kind: type[R], change: Callable[[R], R]) -> None:
        """Change a record of the central commission; its members sign it again."""
        [(index, old)] = self._find(kind)
        leaf = hash_leaf(self._records[index])
        self._records[index] = encode(change(old))
        people = {person.member.id: person for person in self._keys.central.people}
        for place, signature in self._find(Signature):
            if signature.record == leaf:
                key = people[signature.member].key
                again = countersign(key, signature.member, self._state.digest, hash_leaf(self._records[index]))
                self._records[place] = encode(again)

    def _swap(self, kind: type[Mix | Share], place: tuple[str, int], record: Mix | Share, vault: Vault) -> None:
        """Put a key holder's record in the place of the one of the same contest and mix server or trustee."""
        [index] = [index for index, old in self._find(kind) if _place(old) == place]
        self._records[index] = encode(with_signature(record, self._state.digest, vault.sign))

    def _find(self, kind: type[R]) -> list[tuple[int, R]]:
        decoded = ((index, CODEC.decode(raw)) for index, raw in enumerate(self._records))
        return [(index, record) for index, record in decoded if isinstance(record, kind)]

    def _rules(self, contest: str) -> Contest:
        return next(each for each in self._state.rules.contests if each.id == contest)

    def _put(self, data: bytes) -> Blob:
        self._blobs.append(data)
        return Blob.of(data)


def flip_bit(honest: Path, directory: Path) -> str:
    """Copy an archive and flip one bit in its first bundle of entries; the file's name in the archive."""
    shutil.copytree(honest, directory)
    path = min((directory / "tile" / "entries").rglob("*"), key=lambda path: (path.is_dir(), str(path)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return str(path.relative_to(directory))


def _place(record: Mix | Share) -> tuple[str, int]:
    return record.contest, record.place if isinstance(record, Mix) else record.trustee


def _secret(vault: Vault) -> Secrets:
    kept = vault.load("share-1")
    assert kept is not None
    return Secrets.take(kept)


def _joined(columns: Sequence[Points]) -> bytes:
    return b"".join(bytes(points) for points in columns)


def _without(packed: bytes, instead: bytes = b"") -> bytes:
    """A column of all ballots but the one that is wronged, with something else in its place."""
    return packed[: SIZE * ROW] + instead + packed[SIZE * (ROW + 1) :]
