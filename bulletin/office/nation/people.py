"""Who sits in a plan's units, with keys and test certificates, and the manifest (specs/rehearsal.md §3)."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from bulletin.office.nation.country import bottom
from bulletin.office.nation.evoters import contests, styles
from bulletin.office.people import Authority, HolderKey, Person, Sitting
from verifier.commission.roster import Commission, Level, Member
from verifier.election.manifest import SPEC, KeyHolder, Manifest
from verifier.log.tree import hash_leaf
from verifier.paper.papers import Observer
from verifier.paper.plan import Plan, Unit
from verifier.records import Blob, Text, encode

ORGANISATIONS = ("Synthetic observers of the first kind", "Synthetic observers of the second kind")
LOCAL = "Synthetic observers of one precinct"
TITLE = Text(
    en="Rehearsal with synthetic figures",
    ky="Ойдон чыгарылган сандар менен машыгуу",
    ru="Репетиция: числа вымышлены",
)
ELECTION = "rehearsal"
YEAR = timedelta(days=365)


class Host(NamedTuple):
    """The log on which papers are posted: its name, its key, the witnesses' policy or ""."""

    origin: str
    log_key: bytes
    policy: str = ""


class KeyKeepers(NamedTuple):
    """Who keeps the keys of an electronic vote, as the manifest names them."""

    trustees: tuple[KeyHolder, ...] = ()
    mixers: tuple[KeyHolder, ...] = ()

    @property
    def threshold(self) -> int:
        """As many trustees as must take part: more than half of them."""
        return len(self.trustees) // 2 + 1 if self.trustees else 0


NOBODY = KeyKeepers()


class Witnessing(NamedTuple):
    """An observer with the key, as the accreditation names it."""

    observer: Observer
    key: ec.EllipticCurvePrivateKey


class Nation(NamedTuple):
    """A plan, everybody in it, and the manifest; `blobs` has the plan's bytes by SHA-256.

    The last of the observers is accredited for the first precinct alone, the others for all units.
    """

    plan: Plan
    manifest: Manifest
    authority: Authority
    operator: HolderKey
    sittings: dict[str, Sitting]
    observers: tuple[Witnessing, ...]
    blobs: dict[bytes, bytes]

    @property
    def digest(self) -> bytes:
        """What every signature is bound to."""
        return hashlib.sha256(encode(self.manifest)).digest()

    @property
    def top(self) -> Unit:
        """The unit above all others."""
        return next(unit for unit in self.plan.units if not unit.above)


def settle(plan: Plan, host: Host, now: int, keepers: KeyKeepers = NOBODY) -> Nation:
    """Seat all units with fresh P-256 keys; certificates are valid from a year before `now`, in POSIX seconds."""
    authority = Authority("Synthetic root of a rehearsal", datetime.fromtimestamp(now, UTC) - YEAR)
    ranks = {level.id: place for place, level in enumerate(plan.levels)}
    sittings = {unit.id: seat(unit, ranks[unit.level], authority) for unit in plan.units}
    places: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in ORGANISATIONS]
    places.append((LOCAL, (bottom(plan)[0].id,)))
    observers = tuple(_accredit(number, name, units, authority) for number, (name, units) in enumerate(places, 1))
    central, operator, blob = next(iter(sittings.values())), HolderKey.draw("operator"), encode(plan)
    manifest = Manifest(
        spec=SPEC,
        election=ELECTION,
        title=TITLE,
        nonce=bytes(32),
        origin=host.origin,
        log_key=host.log_key,
        operator=operator.public.key,
        policy=host.policy,
        contests=contests(plan),
        styles=styles(plan),
        commissions=(central.commission,),
        central=central.commission.id,
        roster=hash_leaf(encode(central.roster)),
        trustees=keepers.trustees,
        threshold=keepers.threshold,
        least_trustees=keepers.threshold,
        mixers=keepers.mixers,
        mixes=len(keepers.mixers),
        minimum=0,
        telephone="",
        timetable=(),
        paper=Blob.of(blob),
    )
    return Nation(plan, manifest, authority, operator, sittings, observers, {manifest.paper.sha256: blob})  # type: ignore[union-attr]


def seat(unit: Unit, rank: int, authority: Authority) -> Sitting:
    """A chair, a secretary and others; their ids are the unit's with a number, and stand on their certificates."""
    levels: tuple[Level, ...] = ("central", "territorial", "precinct")
    level = levels[min(rank, 2)]
    people = tuple(appoint(unit.id, number, authority) for number in range(1, unit.members + 1))
    return Sitting(Commission(unit.id, unit.name, level, unit.above, unit.quorum, unit.members), people)


def appoint(unit: str, number: int, authority: Authority) -> Person:
    """A member with a fresh key; the first one is the chair, the second the secretary."""
    role: Literal["chair", "secretary", "member"] = ("chair", "secretary")[number - 1] if number < 3 else "member"
    key, id = ec.generate_private_key(ec.SECP256R1()), f"{unit}-{number}"
    return Person(Member(id, role, authority.certify(id, key)), key)


def _accredit(number: int, organisation: str, units: tuple[str, ...], authority: Authority) -> Witnessing:
    key, id = ec.generate_private_key(ec.SECP256R1()), f"observer-{number}"
    return Witnessing(Observer(id, organisation, authority.certify(id, key), units), key)
