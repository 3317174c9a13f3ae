"""Scenes written down as records, in their order: what a board is handed, and where each paper then stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.signing import countersign
from verifier.commission.roster import Signature
from verifier.log.tree import hash_leaf
from verifier.paper.papers import NONE, Decision, Of, Paper
from verifier.records import Blob, Record, encode

if TYPE_CHECKING:
    from bulletin.office.nation.people import Nation
    from bulletin.office.people import Person


class BoardRefusal(NamedTuple):
    """How a board must refuse a record."""

    status: int
    clause: str


class Posting(NamedTuple):
    """A record to be posted at a time; `lane` is the unit whose records keep their order, `blobs` are put before it.

    `refused` says how it must be answered if it is not to be admitted.
    """

    at: int
    rank: float
    lane: str
    raw: bytes
    blobs: tuple[bytes, ...] = ()
    refused: BoardRefusal | None = None


SceneMaker = Callable[["Chronicle"], Record]


class Cue(NamedTuple):
    """What is done, by which unit, in which contest or none; `turn` counts what is done again."""

    task: str
    unit: str
    contest: str = ""
    turn: int = 1


@dataclass
class Scene:
    """A record that a unit's members sign: all that are in `signers`, by their place on the roster of `by`.

    `people` sign instead of those, where somebody else does. A roster `seats` new people. `refused` says how the record
    must be answered if it is not to be admitted, `refused_signature` the same of the last signature.
    """

    cue: Cue
    at: int
    rank: float
    make: SceneMaker
    by: str = ""
    signers: tuple[int, ...] = ()
    people: tuple[Person, ...] = ()
    seats: tuple[Person, ...] = ()
    refused: BoardRefusal | None = None
    refused_signature: BoardRefusal | None = None


class WrittenScene(NamedTuple):
    """A scene's record with the leaf at which it took effect, NONE if it did not, and its version, if it is a paper."""

    leaf: bytes
    effect: bytes
    version: int
    record: Record


@dataclass
class Chronicle:
    """What stands so far, and what is to be posted; `filed` says of each unit which papers it has."""

    nation: Nation
    blobs: dict[bytes, bytes] = field(default_factory=dict)
    papers: dict[Of, list[WrittenScene]] = field(default_factory=dict)
    filed: dict[str, list[Of]] = field(default_factory=dict)
    written: dict[Cue, WrittenScene] = field(default_factory=dict)
    annulled: dict[tuple[str, str], bytes] = field(default_factory=dict)
    people: dict[str, tuple[Person, ...]] = field(default_factory=dict)
    postings: list[Posting] = field(default_factory=list)
    _fresh: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = {unit: sitting.people for unit, sitting in self.nation.sittings.items()}

    def put(self, data: bytes) -> Blob:
        """A blob, which goes to the board before the record that names it."""
        blob = Blob.of(data)
        if blob.sha256 not in self.blobs:
            self.blobs[blob.sha256] = data
            self._fresh.append(data)
        return blob

    def last(self, of: Of) -> WrittenScene | None:
        """The version in force."""
        return self.papers[of][-1] if of in self.papers else None

    def is_annulled(self, unit: str, contest: str) -> bool:
        """Whether a decision in force annuls what the unit counted in the contest."""
        return not self.annulled.keys().isdisjoint({(unit, contest), (unit, "")})

    def own(self, unit: str) -> tuple[bytes, ...]:
        """The leaves of the unit's papers in force."""
        return tuple(self.papers[of][-1].leaf for of in self.filed.get(unit, ()))

    def leaf(self, task: str, unit: str, contest: str = "", turn: int = 1) -> bytes:
        """The leaf of what was done, NONE if it was not."""
        return written.leaf if (written := self.written.get(Cue(task, unit, contest, turn))) else NONE

    def placed(self) -> list[bytes]:
        """The records that are to be on the log, in their order."""
        return [posting.raw for posting in self.postings if not posting.refused]

    def leaves(self) -> dict[bytes, int]:
        """Where each record is, if all are placed in their order, by leaf."""
        return {hash_leaf(raw): place for place, raw in enumerate(self.placed())}

    def write(self, scene: Scene) -> Iterator[Posting]:
        """The scene's record, and its signatures."""
        record = scene.make(self)
        raw, blobs = encode(record), tuple(self._fresh)
        self._fresh.clear()
        lane, leaf = scene.cue.unit or scene.by, hash_leaf(raw)
        yield Posting(scene.at, scene.rank, lane, raw, blobs, scene.refused)
        people = scene.people or self.people.get(scene.by, ())
        signed = [
            countersign(people[place].key, people[place].member.id, self.nation.digest, leaf) for place in scene.signers
        ]
        for place, signature in enumerate(signed, 1):
            refused = scene.refused_signature if place == len(signed) else None
            yield Posting(scene.at, scene.rank, lane, encode(signature), (), refused)
        if not scene.refused:
            self._note(scene, record, leaf, signed[:-1] if scene.refused_signature else signed)

    def _note(self, scene: Scene, record: Record, leaf: bytes, signed: list[Signature]) -> None:
        """What the record does once it has its signatures."""
        least = self._least(scene, record)
        counted = [one for one in signed if not isinstance(record, Paper) or one.member in record.present]
        effect = leaf if not least else hash_leaf(encode(counted[least - 1])) if len(counted) >= least else NONE
        if scene.seats:
            self.people[scene.cue.unit] = scene.seats
        version = 0
        if isinstance(record, Paper) and effect != NONE:
            of = Of(record.commission, record.contest, record.form)
            history = self.papers.setdefault(of, [])
            version = len(history) + 1
            if version == 1:
                self.filed.setdefault(of.unit, []).append(of)
            history.append(WrittenScene(leaf, effect, version, record))
        if isinstance(record, Decision) and record.what == "annul":
            self.annulled |= {(unit, record.contest): leaf for unit in record.units}
        if isinstance(record, Decision) and record.what == "restore":
            self.annulled = {one: by for one, by in self.annulled.items() if by != record.revokes}
        self.written[scene.cue] = WrittenScene(leaf, effect, version, record)

    def _least(self, scene: Scene, record: Record) -> int:
        """How many signatures it takes."""
        if not scene.by:
            return 0
        if isinstance(record, Paper):
            return next(form.least for form in self.nation.plan.forms if form.id == record.form)
        return (
            1
            if type(record).__name__ in {"Appeal", "Attestation"}
            else self.nation.sittings[scene.by].commission.quorum
        )


def play(nation: Nation, scenes: Iterable[Scene]) -> Chronicle:
    """Write all scenes down, in the order of their times."""
    chronicle = Chronicle(nation)
    for scene in sorted(scenes, key=lambda scene: (scene.at, scene.rank)):
        chronicle.postings += chronicle.write(scene)
    return chronicle
