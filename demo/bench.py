"""`make bench`: what the arithmetic costs, as ratios to primitives timed in the same run (specs/measurements.md)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mixnet.ballot import Credential
from mixnet.secrets import Secrets
from mixnet.shuffle import Pad, draw_permutation, prove, reencrypt
from verifier.election.ballot import Voted
from verifier.election.manifest import Contest, Option
from verifier.election.shuffle import Shuffled
from verifier.place import Place
from verifier.proof import backend
from verifier.proof.batch import Batch
from verifier.proof.ciphertext import Ciphertexts
from verifier.proof.group import G, generators
from verifier.proof.transcript import Context
from verifier.records import Text

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 3
CONTEXT = Context("bench", bytes(32))
MEMORY_LIMIT = 0.65e9


class Ratio(NamedTuple):
    """What a job took a piece, in microseconds, against the primitives it is made of."""

    job: str
    threads: int
    took: float
    made_of: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.took / self.made_of


class Sizes(NamedTuple):
    """Where the jobs come from: one list of ciphertexts, its shuffle, and ballots."""

    N: int
    key: bytes
    before: Ciphertexts
    voted: list[Voted]


def best(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of the fastest of a few rounds."""
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)


def primitives(N: int) -> dict[str, float]:
    """Microseconds of one of each."""
    scalars = backend.scalars_reduce(os.urandom(64 * N))
    short = b"".join(bytes(scalars[i : i + 16]) + bytes(16) for i in range(0, 32 * N, 32))
    packed = backend.rows([(backend.BASE, scalars)], N)
    points, doubled = backend.decode(packed), backend.derive(os.urandom(64 * N))
    backend.rows([(points, None), (doubled, None)], N)  # from here on both are held in every form
    seconds = {
        "term": best(lambda: backend.msm([(points, scalars, None)])),
        "term, 128 bits": best(lambda: backend.msm([(points, short, None)])),
        "decode": best(lambda: backend.decode(packed)),
        "encode": best(lambda: backend.rows([(points, None)], N)),
        "batch encode": best(lambda: backend.rows([(doubled, None)], N)),
        "fixed base": best(lambda: backend.rows([(backend.BASE, scalars)], N)),
        "constant-time term": best(lambda: backend.msm_secret(points, scalars)),
    }
    if backend.NAME.startswith("kernel"):
        from aikyn_kernel import dalek_msm

        seconds["term, dalek's own (1 thread)"] = best(lambda: dalek_msm(points, scalars))  # type: ignore[arg-type]
    seconds["fixed base"] -= seconds["batch encode"]
    return {name: second / N * 1e6 for name, second in seconds.items()}


def prepare(N: int) -> Sizes:
    """An election key, N ciphertexts and N ballots."""
    secret = Secrets.draw()
    PK = (secret * G).points()
    r = Secrets.draw(N)
    before = Ciphertexts(((r * G).points(),), ((r * PK).points(),))
    text = Text("", "", "")
    contest = Contest("bench", text, (Option("yes", text),), 0, 1, 1)
    voted = []
    for number in range(N):
        voter = Credential()
        prepared = voter.seal(CONTEXT, bytes(PK), contest, "style", (1,))
        ballot = voter.cast(CONTEXT, prepared)
        voted.append(Voted.of(CONTEXT, bytes(PK), 1, ballot, prepared.tracker, Place(record=number)))
    return Sizes(N, bytes(PK), before, voted)


def claimed(key: bytes, before: Ciphertexts, after: Ciphertexts, proof: bytes) -> Shuffled:
    """That this is a shuffle."""
    of: dict[str, Any] = {"context": CONTEXT, "contest": "bench", "place": 1, "where": Place("bench")}
    return Shuffled(key=key, before=before, after=after, proof=proof, **of)


def shuffled(sizes: Sizes) -> tuple[Shuffled, float]:
    """A shuffle, and the seconds that it took with its proof."""
    N, key, before = sizes.N, sizes.key, sizes.before
    start = time.perf_counter()
    pad, pi = Pad.draw(N, 1), draw_permutation(N)
    after = reencrypt(key, before, pad, pi)
    proof = prove(CONTEXT, "bench", 1, key, before, after, pad, pi)
    took = time.perf_counter() - start
    return claimed(key, before, after, proof), took


def settle(claims: list[Any]) -> None:
    """Put the claims to one batch and settle it."""
    batch = Batch()
    type(claims[0]).put(claims, batch)
    batch.settle()


def measure(sizes: Sizes, threads: int, unit: dict[str, float]) -> list[Ratio]:
    """The three jobs against their primitives, on so many threads."""
    N = sizes.N
    claim, proved = shuffled(sizes)
    verify = best(lambda: settle([claim])) / N * 1e6
    ballots = best(lambda: settle(sizes.voted)) / N * 1e6
    proving = 7 * unit["fixed base"] + 3 * unit["constant-time term"]
    proving += 6 * unit["decode"] + 5 * unit["encode"]
    casting = 2 * unit["term"] + 2 * unit["term, 128 bits"] + 5 * unit["decode"]
    # What is hashed and gathered, and is none of the primitives, stays with one thread.
    shuffle_limit, ballot_limit = (1.6, 1.8) if threads > 1 else (1.35, 1.5)
    return [
        Ratio("verify a shuffle", threads, verify, 5.8 * unit["term"] + 8 * unit["decode"], shuffle_limit),
        Ratio("shuffle and prove", threads, proved / N * 1e6, proving, 1.8),
        Ratio("verify ballots", threads, ballots, casting, ballot_limit),
    ]


def peak_memory(N: int) -> int:
    """Bytes at the peak of a process that verifies a shuffle of N rows from files."""
    secret = Secrets.draw()
    PK = (secret * G).points()
    r = Secrets.draw(N)
    before = Ciphertexts(((r * G).points(),), ((r * PK).points(),))
    claim, _ = shuffled(Sizes(N, bytes(PK), before, []))
    with tempfile.TemporaryDirectory() as folder:
        parts = {"key": claim.key, "before": before.encode(), "after": claim.after.encode(), "proof": claim.proof}
        for name, data in parts.items():
            (Path(folder) / name).write_bytes(data)
        command = [sys.executable, "-m", "demo.bench", "--memory-of", folder]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def verify_files(folder: Path) -> int:
    """Verify the shuffle in this folder, and give the peak of this process's memory in bytes."""
    before, after = (Ciphertexts.decode((folder / name).read_bytes(), 1) for name in ("before", "after"))
    key, proof = (folder / "key").read_bytes(), (folder / "proof").read_bytes()
    settle([claimed(key, before, after, proof)])
    # Not ru_maxrss: a process that was started by a large one begins with that one's peak.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def show(report: dict[str, object], units: dict[int, dict[str, float]], ratios: list[Ratio]) -> None:
    """Tables for people."""
    print(f"N = {report['N']:,}, {report['cores']} cores, {report['backend']}")
    print(f"\n{'µs of one':32}" + "".join(f"{threads:>4} threads" for threads in units))
    for name in next(iter(units.values())):
        print(f"{name:32}" + "".join(f"{unit[name]:12.3f}" for unit in units.values()))
    print(f"\n{'job':24}{'threads':>8}{'µs a piece':>12}{'primitives':>12}{'ratio':>8}{'limit':>8}")
    for one in ratios:
        fails = "  TOO SLOW" if one.ratio > one.limit else ""
        print(f"{one.job:24}{one.threads:8}{one.took:12.2f}{one.made_of:12.2f}{one.ratio:8.2f}{one.limit:8.2f}{fails}")
    for job, gain in report["speed-up"].items():  # type: ignore[attr-defined]
        print(f"{job}: {gain:.2f} times as fast on all threads as on one")
    if report["memory"]:
        peak, limit = report["memory"] / 1e9, MEMORY_LIMIT / 1e9  # type: ignore[operator]
        print(f"peak memory of verifying {10**6:,} rows: {peak:.2f} GB (limit {limit:.2f})")


@click.command()
@click.option("--n", "N", default=100_000, help="Ciphertexts and ballots.")
@click.option("--memory/--no-memory", default=True, help="Also measure the memory of verifying a million rows.")
@click.option("--backend", "name", type=click.Choice(["kernel", "libsodium"]), help="Whose arithmetic.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("build/bench.json"))
@click.option("--memory-of", type=click.Path(exists=True, path_type=Path), hidden=True)
def main(N: int, memory: bool, name: str | None, out: Path, memory_of: Path | None) -> None:  # noqa: FBT001  an option of the command
    """Time the primitives and, in the same run, the jobs that are made of them."""
    if memory_of:
        print(verify_files(memory_of))
        return
    if name:
        backend.choose(name)  # type: ignore[arg-type]
    generators("shuffle", N + 1)
    sizes, everything = prepare(N), backend.threads()
    units, ratios = {}, []
    for threads in dict.fromkeys((1, everything)):
        backend.set_threads(threads)
        units[threads] = primitives(N)
        ratios += measure(sizes, threads, units[threads])
    dalek = units[1].get("term, dalek's own (1 thread)")
    if dalek:
        limit = 0.55 if "avx512ifma" in backend.NAME else 1.15
        ratios.insert(0, Ratio("a term, against dalek's", 1, units[1]["term"], dalek, limit))
    times = {(one.job.strip(), one.threads): one.took for one in ratios}
    report: dict[str, object] = {
        "N": N,
        "cores": os.cpu_count(),
        "backend": backend.NAME,
        "primitives": units,
        "ratios": [one._asdict() | {"ratio": one.ratio} for one in ratios],
        "speed-up": {
            job: took / times[job, everything]
            for (job, threads), took in times.items()
            if threads == 1 and (job, everything) in times and everything > 1
        },
        "memory": peak_memory(10**6) if memory else None,
    }
    show(report, units, ratios)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(report, indent=1, sort_keys=True))
    late = [one.job for one in ratios if one.ratio > one.limit]
    heavy = memory and report["memory"] > MEMORY_LIMIT  # type: ignore[operator]
    sys.exit(1 if late or heavy else 0)


if __name__ == "__main__":
    main()
