"""Acts of which there may be many, and what each costs however many there are: `python -m tests.benchmarks.linear`.

Processor time of a whole audit, without that of the same log before these acts; making them is not counted.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bulletin.office.people import Person, Sitting
from tests.benchmarks.scale import Crowd
from tests.support import copies
from tests.support.elections import AUTHORITY, Election, contest
from verifier.commission.roster import Member
from verifier.election.counting import Override
from verifier.election.register import Credentials, Opening, Register, Row
from verifier.log.tree import hash_leaf
from verifier.proof import backend
from verifier.proof.group import SIZE
from verifier.records import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.records import Record

FEW, MANY, ROUNDS = 10**3, 10**5, 5
LIMIT = 1.3  # of what one costs among many, to what it costs among few


class Play(NamedTuple):
    """An election with its register, at the beginning of the voting."""

    election: Election
    crowd: Crowd


def begin(size: int) -> Play:
    """So many voters, registered by a commission of one member, who signs with Ed25519."""
    play, crowd, key = Election([contest("mayor")]), Crowd(size), Ed25519PrivateKey.generate()
    clerk = Person(Member("clerk", "chair", AUTHORITY.certify("clerk", key)), key)
    play.suburb = Sitting(play.suburb.commission, (clerk,))
    play.set_up().hold_ceremony().seat_others()
    rows = Credentials(tuple(Row(f"C{number:07d}", key, "mayor") for number, key in enumerate(crowd.keys)))
    play.enact(Register("suburb", size, play.put(encode(rows))), play.suburb)
    play.enact(Opening(play.state.key, size))
    return Play(play, crowd)


def challenges(play: Play) -> list[Record]:
    return [*play.crowd.challenge(play.election)]


def false_acts(play: Play) -> list[Record]:
    """Ballots that were signed as challenges, and cast: each is to be named."""
    return [*play.crowd.cast(play.election, "challenge")]


def overrides(play: Play) -> list[Record]:
    """One of each voter, with its signature."""
    made: list[Record] = []
    for key in play.crowd.keys:
        made.append(Override("suburb", (key,)))
        made += play.election.suburb.sign(play.election.digest, hash_leaf(encode(made[-1])))
    return made


ACTS: dict[str, Callable[[Play], list[Record]]] = {
    "challenges": challenges,
    "false acts, each named": false_acts,
    "overrides, each signed": overrides,
}


def audit(play: Play, records: list[bytes], false: int) -> float:
    """Seconds of an audit of the log with these records at its end."""
    log = [*play.election.records, *records]
    files = copies.publish(log, play.election.blobs)
    sheet = copies.sheet(log[0], [AUTHORITY.der])
    start = time.process_time()
    report = copies.audit(files, sheet)
    took = time.process_time() - start
    if len(report.failures) != false or report.incomplete:
        raise SystemExit(f"{report.verdict}: {report.failures[:3]} {report.incomplete[:3]}")
    return took


def of_acts(name: str, size: int) -> float:
    """Seconds that one act costs among so many."""
    play, rounds = begin(size), ROUNDS if size == FEW else 1
    records = [encode(record) for record in ACTS[name](play)]
    false = size if ACTS[name] is false_acts else 0
    with_them = min(audit(play, records, false) for _ in range(rounds))
    without = min(audit(play, [], 0) for _ in range(rounds))
    return (with_them - without) / size


def of_columns(size: int) -> float:
    """Seconds that a column of one point costs in a product of so many, each with an outer factor of its own."""
    scalars = backend.scalars_reduce(os.urandom(2 * SIZE * size))
    points = bytes(backend.rows([(backend.BASE, scalars)], size))
    cut = [slice(at, at + SIZE) for at in range(0, SIZE * size, SIZE)]
    operands = [(points[one], bytes(scalars[one]), bytes(scalars[one])) for one in cut]
    took = []
    for _ in range(ROUNDS):
        start = time.process_time()
        backend.msm(operands)
        took.append(time.process_time() - start)
    return min(took) / size


def main() -> None:
    print(f"µs of processor time apiece among many and few; {backend.NAME}")
    print(f"{'':30}{FEW:>10,}{MANY:>10,}{'ratio':>8}{'limit':>8}")
    worst = 0.0
    for name in [*ACTS, "single columns of a product"]:
        few, many = (of_acts(name, size) if name in ACTS else of_columns(size) for size in (FEW, MANY))
        worst = max(worst, many / few)
        print(f"{name:30}{few * 1e6:10.1f}{many * 1e6:10.1f}{many / few:8.2f}{LIMIT:8.2f}", flush=True)
    sys.exit(1 if worst > LIMIT else 0)


if __name__ == "__main__":
    main()
