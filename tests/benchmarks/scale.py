"""Elections of many ballots, and what it takes to verify them whole: `python -m tests.benchmarks.scale`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mixnet.secrets import Secrets
from tests.support import archives
from tests.support.elections import Election, contest
from tests.support.folding import admit
from verifier import fold
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client.files import Directory
from verifier.desk.report.report import compose
from verifier.election.ballot import FIRST, Ballot, Challenge, Sealed
from verifier.election.choice import encode_points
from verifier.election.register import Credentials, Opening, Register, Row
from verifier.log.reading import Log, blob_path
from verifier.place import NOWHERE
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.group import SIZE, G, Points
from verifier.proof.transcript import Readers
from verifier.records import encode
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verifier.rule import Claim

LIMIT, MEMORY = 1.5, 3_000_000_000
PARTS = ("read", "fold", "ballots", "mixes", "shares and tally")
CHOICES: tuple[tuple[int, ...], ...] = ((1,), (2,), (3,), ())


class Crowd:
    """Voters of one contest who all vote at once: vectors in place of their single clients."""

    def __init__(self, size: int) -> None:
        self._enter(Secrets.draw(size))

    @classmethod
    def of(cls, k: Secrets) -> Crowd:
        """The voters who have these keys."""
        crowd = cls.__new__(cls)
        crowd._enter(k)
        return crowd

    def _enter(self, k: Secrets) -> None:
        self.size, self._k = len(k), k
        self.keys = _cut((k * G).points())
        self.choices = [CHOICES[number % len(CHOICES)] for number in range(self.size)]

    def cast(self, play: Election, act: str = "cast") -> list[Ballot]:
        """A ballot of each voter; with another `act` than was signed they are all false."""
        sealed, _ = self.seal(play)
        signatures = self._sign(play, sealed, act)
        return [Ballot(one, FIRST, signature) for one, signature in zip(sealed, signatures, strict=True)]

    def challenge(self, play: Election) -> list[Challenge]:
        """A ballot of each voter, opened."""
        sealed, opened = self.seal(play)
        signatures = self._sign(play, sealed, "challenge")
        parts = zip(sealed, signatures, self.choices, opened, strict=True)
        return [Challenge(one, FIRST, signature, choice, r) for one, signature, choice, r in parts]

    def seal(self, play: Election) -> tuple[list[Sealed], list[bytes]]:
        """A sealed ballot of each voter, and its randomness; specs/ballot.md §4–7, column by column."""
        contest, context, N = play.contests[0], play.state.context, self.size
        marks = {choice: encode_points(contest, choice) for choice in CHOICES}
        M = Points.packed(b"".join([marks[choice] for choice in self.choices]))
        r, y = Secrets.draw(N), Secrets.draw(N)
        R, P, T = (r * G).points(), (r * Points.packed(play.state.key) + M).points(), (y * G).points()
        style = contest.id.encode()
        begun = [
            b"".join((style, *parts)) for parts in zip(self.keys, [bytes(16)] * N, *map(_cut, (R, P, T)), strict=True)
        ]
        t = Readers("ballot", context, contest.id, "", begun, (len(style), SIZE, 16, *[SIZE] * 3), *_NOBODY)
        t.absorb("PK", play.state.key)
        for label in ("style", "credential", "nonce", "R", "P", "T"):
            t.column(label)
        s = _cut((y + t.challenge("z") * r).reveal())
        sealed = [
            Sealed(contest.id, contest.id, K, bytes(16), R, P, T + s)
            for K, R, P, T, s in zip(self.keys, *map(_cut, (R, P, T)), s, strict=True)
        ]
        return sealed, _cut(r.reveal())

    def _sign(self, play: Election, sealed: list[Sealed], act: str) -> Iterator[bytes]:
        trackers, y = [one.tracker(play.digest) for one in sealed], Secrets.draw(self.size)
        T = _cut((y * G).points())
        begun = [b"".join(parts) for parts in zip(self.keys, trackers, [FIRST] * self.size, T, strict=True)]
        t = Readers("signature", play.state.context, play.contests[0].id, act, begun, [SIZE] * 4, *_NOBODY)
        for label in ("credential", "tracker", "prev", "T"):
            t.column(label)
        return map(bytes.__add__, T, _cut((y + t.challenge("z") * self._k).reveal()))


_NOBODY = (Batch(), "", lambda _: NOWHERE)


def _cut(vector: Any) -> list[bytes]:
    packed = bytes(vector)
    return [packed[at : at + SIZE] for at in range(0, len(packed), SIZE)]


def hold(size: int, directory: Path) -> bytes:
    """Play an election of so many ballots, write its archive; the trust sheet."""
    play = Election([contest("mayor")], trustees=5, threshold=3, mixers=3).set_up().hold_ceremony()
    crowd = Crowd(size)
    rows = Credentials(tuple(Row(f"C{number:07d}", key, "mayor") for number, key in enumerate(crowd.keys)))
    play.enact(Register("precinct", size, play.put(encode(rows))), play.precinct)
    play.enact(Opening(play.state.key, size))
    for ballot in crowd.cast(play):
        raw = encode(ballot)
        admit(play.state, len(play.records), raw, play.blobs.get)
        play.records.append(raw)
    play.close().mix().decrypt().tally()
    archives.write(play, directory)
    return archives.sheet(play)


class Times(NamedTuple):
    """Seconds of the whole and of each part alone, and the whole's peak memory in bytes."""

    whole: float
    parts: dict[str, float]
    memory: int


def verify(directory: Path) -> float:
    """Seconds of the whole verification, in this process."""
    start = time.perf_counter()
    report = compose(Audit(Directory(directory), trust.decode((directory / "trust").read_bytes())).run())
    took = time.perf_counter() - start
    if report.exit:
        raise SystemExit(f"this election should be accepted: {report.verdict} {report.failures} {report.incomplete}")
    return took


def split(directory: Path) -> dict[str, float]:
    """Seconds of each part alone: reading and hashing the log, the fold, and the proofs by what they prove."""
    read, sheet = Directory(directory), trust.decode((directory / "trust").read_bytes())
    took = dict.fromkeys(PARTS, 0.0)

    def timed(part: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        took[part] += time.perf_counter() - start
        return result

    records = timed("read", lambda: list(Log(read, sheet.origin, sheet.log_keys).entries()))
    state = State()
    owed: dict[str, list[Claim]] = {part: [] for part in PARTS}

    def replay() -> None:
        for index, raw in records:
            for claim in admit(state, index, raw, lambda digest: read(blob_path(digest))):
                owed[_PART.get(type(claim).__name__, "ballots")].append(claim)

    timed("fold", replay)
    for part, claims in owed.items():
        for start in range(0, len(claims), 1 if part == "mixes" else 1 << 17):
            end = start + 1 if part == "mixes" else start + (1 << 17)
            timed(part, lambda chosen=claims[start:end]: fold.settle(chosen))  # type: ignore[misc]
    return took


_PART = {"Shuffled": "mixes", "Decrypted": "shares and tally", "Plain": "shares and tally"}


def measure(size: int) -> Times:
    """Hold an election of this size, and verify it in processes of their own."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "tests.benchmarks.scale", "--in", scratch]
        subprocess.run([*command, "--hold", str(size)], check=True)
        whole = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        parts = json.loads(subprocess.run([*command, "--split"], check=True, capture_output=True).stdout)
    return Times(whole["seconds"], parts, whole["memory"])


def peak() -> int:
    """Bytes at the peak of this process."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def show(sizes: dict[int, Times]) -> None:
    print(f"verifying whole elections, 3 mixes, 3 of 5 trustees; {backend.NAME}, {backend.threads()} threads")
    print(
        f"{'ballots':>10}{'whole, s':>10}{'µs a ballot':>13}{'peak, GB':>10}{'parts, s':>10}{'ratio':>7}  "
        + ", ".join(PARTS)
    )
    for size, (whole, parts, memory) in sizes.items():
        total = sum(parts.values())
        alone = ", ".join(f"{parts[part]:.2f}" for part in PARTS)
        cost = whole / size * 1e6
        print(f"{size:10,}{whole:10.2f}{cost:13.1f}{memory / 1e9:10.2f}{total:10.2f}{whole / total:7.2f}  {alone}")
        print(f"{'':10}{'█' * round(cost / 4)}")


@click.command()
@click.option("--most", default=1_000_000, help="The largest election, in ballots; smaller ones by tens from 10,000.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/scale.json"))
@click.option("--in", "directory", type=click.Path(path_type=Path), hidden=True)
@click.option("--hold", "held", type=int, hidden=True)
@click.option("--split", "alone", is_flag=True, hidden=True)
def main(most: int, out: Path, directory: Path | None, held: int | None, *, alone: bool) -> None:
    """Verify elections of 10,000 ballots and more, and compare the whole with the sum of its parts."""
    if directory and held:
        (directory / "trust").write_bytes(hold(held, directory))
    elif directory:
        print(json.dumps(split(directory) if alone else {"seconds": verify(directory), "memory": peak()}))
    else:
        sizes = {size: measure(size) for size in (10**4, 10**5, 10**6) if size <= most}
        show(sizes)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps({str(size): times._asdict() for size, times in sizes.items()}, indent=1))
        slow = [t for t in sizes.values() if t.whole > LIMIT * sum(t.parts.values()) or t.memory > MEMORY]
        sys.exit(1 if slow else 0)


if __name__ == "__main__":
    main()
