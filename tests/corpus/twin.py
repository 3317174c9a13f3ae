"""The honest twin of every rejected election, the liar who goes on from any point of it, and the list of lies."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bulletin.office.signing import countersign
from mixnet.ballot import Prepared
from tests.support.elections import Election, contest
from tests.support.folding import admit
from verifier import fold
from verifier.election.ballot import FIRST
from verifier.errors import Rejected
from verifier.log.tree import hash_leaf
from verifier.proof.group import ORDER, SIZE
from verifier.records import encode
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulletin.office.people import Person
    from verifier.commission.roster import Signature
    from verifier.election.ballot import Ballot, Challenge
    from verifier.records import Record

UNDECODABLE = b"\xff" * SIZE
IDENTITY = bytes(SIZE)
NORTH, SOUTH, HAMLET = (0, 1, 2), (3, 4, 5), (6, 7, 8)  # voters by contest
bent = msgspec.structs.replace


class Liar(Election):
    """Somebody with every key, going on from `count` records of an election; what is refused stays on the log."""

    def __init__(self, twin: Election, count: int) -> None:
        self.__dict__.update(twin.__dict__)
        self.records, self.blobs, self.x = [], dict(twin.blobs), dict(twin.x)
        self.state = State()
        self.at = -1
        for raw in twin.records[:count]:
            self.write(raw)

    def write(self, raw: bytes) -> bytes:
        """Put bytes on the log, as an operator can who admits nothing and settles nothing; the leaf hash."""
        try:
            step = fold.prepare(self.state, len(self.records), raw, self.blobs.get)
        except Rejected:
            pass
        else:
            fold.apply(self.state, step)
        self.records.append(raw)
        return hash_leaf(raw)

    def post(self, record: Record) -> bytes:
        return self.write(encode(record))

    def lie(self, record: Record | bytes) -> bytes:
        """Put on the log what must be refused."""
        self.at = len(self.records)
        return self.write(record if isinstance(record, bytes) else encode(record))

    def enact_lie(self, record: Record, signed_by: str = "central") -> None:
        """A commission's record that must be refused at the signature that completes it."""
        leaf = self.post(record)
        *before, last = self.sitting(signed_by).sign(self.digest, leaf)
        for signature in before:
            self.post(signature)
        self.lie(last)

    def countersign(self, person: Person, leaf: bytes) -> Signature:
        """One member's signature."""
        return countersign(person.key, person.member.id, self.digest, leaf)

    def sealed(self, voter: int, choice: Sequence[int] = (1,), **changes: object) -> Prepared:
        """A sealed ballot, bent after its proof was made."""
        credential = self.voters[voter]
        chosen = self.contests[voter // len(NORTH)]
        prepared = credential.seal(self.state.context, self.state.key, chosen, chosen.id, choice)
        sealed = bent(prepared.sealed, **changes)
        return prepared._replace(sealed=sealed, tracker=sealed.tracker(self.digest))

    def cast(self, voter: int, choice: Sequence[int] = (1,), **changes: object) -> Ballot:
        """A bent ballot, signed by its credential."""
        return self.voters[voter].cast(self.state.context, self.sealed(voter, choice, **changes), self.latest(voter))

    def challenge(self, voter: int, choice: Sequence[int] = (1,), /, **changes: object) -> Challenge:
        """A challenge, bent after it was signed."""
        made = self.voters[voter].challenge(self.state.context, self.sealed(voter, choice), self.latest(voter))
        return bent(made, **changes)

    def latest(self, voter: int) -> bytes:
        cast = self.state.courses[self.contests[voter // len(NORTH)].id].cast.get(self.voters[voter].key)
        return cast.tracker if cast else FIRST


class Fault(NamedTuple):
    """A way to break the honest twin: the clause that must fail, from which phase the liar goes on, and how."""

    name: str
    expect: str
    after: str
    plus: int
    tell: Callable[[Liar], object]
    told_here: bool = False  # too long for the file of vectors


Lie = Callable[[Liar], "Record | bytes"]
FAULTS: list[Fault] = []


def fault(
    expect: str, after: str, plus: int = 0, *, told_here: bool = False
) -> Callable[[Callable[[Liar], object]], Callable[[Liar], object]]:
    """Enter a lie: it begins `plus` records after the phase `after` has begun."""

    def enter(tell: Callable[[Liar], object]) -> Callable[[Liar], object]:
        FAULTS.append(Fault(tell.__name__.replace("_", " "), expect, after, plus, tell, told_here))
        return tell

    return enter


def lies(expect: str, after: str, plus: int = 0, /, **told: Lie) -> None:
    """Enter several lies of one record each."""
    for name, make in told.items():
        FAULTS.append(Fault(name.replace("_", " "), expect, after, plus, _telling(make)))


def _telling(make: Lie) -> Callable[[Liar], object]:
    return lambda liar: liar.lie(make(liar))


@cache
def honest() -> Election:
    """Two of three trustees, two mix servers; contests of one and two columns, and one that stays below the minimum.

    The suburb registers the hamlet's voters, with the same codes that the precinct gives to its own.
    """
    contests = (contest("north"), contest("south", 4, 1, 2, 2), contest("hamlet"))
    made = Election(contests, minimum=2).set_up().hold_ceremony().seat_others()
    made.registrars["hamlet"] = made.suburb
    made.register(3)
    for voter, choice in ((0, [1]), (1, [2]), (2, [3]), (3, [1, 4]), (4, [1]), (5, [3]), (6, [1])):
        made.vote(voter, choice)
    made.vote(0, [2])
    made.vote(7, [3], challenge=True)
    return made.override([2]).close().mix().decrypt().tally()


@cache
def phases() -> dict[str, int]:
    """How many records the honest log has when each phase begins."""
    twin, state = honest(), State()
    begun = {state.phase: 0}
    for index, raw in enumerate(twin.records):
        admit(state, index, raw, twin.blobs.get)
        begun.setdefault(state.phase, index + 1)
    return {str(phase): count for phase, count in begun.items()}


def tell(entered: Fault) -> Liar:
    """The fault's broken election."""
    liar = Liar(honest(), phases()[entered.after] + entered.plus)
    entered.tell(liar)
    return liar


def plus_one(scalar: bytes) -> bytes:
    """The next scalar: canonical, and another one."""
    return ((int.from_bytes(scalar, "little") + 1) % ORDER).to_bytes(SIZE, "little")


def with_scalar(proof: bytes, index: int) -> bytes:
    """The proof with 32 bytes of it, counted from the end if negative, turned into the next scalar."""
    start = index * SIZE % len(proof)
    return proof[:start] + plus_one(proof[start : start + SIZE]) + proof[start + SIZE :]


def with_point(packed: bytes, index: int, point: bytes = UNDECODABLE) -> bytes:
    """The packed points with another one at `index`."""
    start = index * SIZE % len(packed)
    return packed[:start] + point + packed[start + SIZE :]
