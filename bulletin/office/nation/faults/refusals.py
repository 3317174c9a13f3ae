"""Faults that no board takes: each is posted, and must be refused (37 to 44)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulletin.office.nation import drafts
from bulletin.office.nation.chronicle import BoardRefusal, Cue, Scene
from bulletin.office.nation.faults.fault import AFTER, Bending, alter, mistype, return_of
from bulletin.office.nation.people import appoint
from bulletin.office.nation.schedule import STEP
from bulletin.office.signing import countersign
from verifier.commission.roster import Roster
from verifier.paper.papers import NONE, Paper, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulletin.office.nation.chronicle import Chronicle
    from bulletin.office.nation.faults.ledger import Expected
    from bulletin.office.nation.script import Script
    from bulletin.office.people import Person
    from verifier.records import Record

STRANGER, FORGED = BoardRefusal(403, "CRT.2"), BoardRefusal(403, "CRT.1")


def _sign_return(script: Script, unit: str, member: str, by: Person, refused: BoardRefusal, turn: int) -> Scene:
    """A signature under the unit's return in the name of a member, by a person's key."""
    *_, cue = return_of(script, unit)
    first, digest = script.scenes[cue], script.nation.digest

    def make(chronicle: Chronicle) -> Record:
        return countersign(by.key, member, digest, chronicle.written[cue].leaf)

    return script.add(Scene(Cue("signature", unit, turn=turn), first.at, first.rank + AFTER, make, refused=refused))


def _another(script: Script, unit: str) -> str:
    """A unit of the same level."""
    level = script.units[unit].level
    return next(each.id for each in script.plan.units if each.level == level and each.id != unit)


def sign_for_others(script: Script, unit: str) -> Bending:
    """A member of another commission signs the protocol."""
    yield
    person = script.nation.sittings[_another(script, unit)].people[0]
    _sign_return(script, unit, person.member.id, person, STRANGER, 37)
    yield
    return set()


def forge(script: Script, unit: str) -> Bending:
    """A signature in the name of the chair is by another key."""
    yield
    chair, other = (script.nation.sittings[each].people[0] for each in (unit, _another(script, unit)))
    _sign_return(script, unit, chair.member.id, other, FORGED, 43)
    yield
    return set()


def _reseat(script: Script, unit: str, people: tuple[Person, ...], turn: int = 2) -> Scene:
    """Another roster of the unit, soon after the first."""
    first = script.scenes[Cue("roster", unit)]
    roster = Roster(unit, tuple(person.member for person in people))
    above = script.units[unit].above
    scene = Scene(Cue("roster", unit, turn=turn), first.at + STEP, 1, drafts.always(roster), above)
    return script.add(scene)


def sign_removed(script: Script, unit: str) -> Bending:
    """A member whose place another one has taken signs the protocol."""
    yield
    *staying, removed = script.nation.sittings[unit].people
    people = (*staying, appoint(unit, len(staying) + 2, script.nation.authority))
    scene = _reseat(script, unit, people)
    scene.seats, scene.signers = people, script.quorum(scene.by)
    _sign_return(script, unit, removed.member.id, removed, STRANGER, 38)
    yield
    return set()


def share_key(script: Script, unit: str) -> Bending:
    """A roster has the key of somebody who sits elsewhere."""
    yield
    *staying, last = script.nation.sittings[unit].people
    other = script.nation.sittings[_another(script, unit)].people[0]
    shared = last._replace(member=replace(last.member, certificate=other.member.certificate))
    scene = _reseat(script, unit, (*staying, shared), turn=3)
    scene.by, scene.refused = "", BoardRefusal(422, "CFG.3")
    yield
    return set()


def seat_themselves(script: Script, unit: str) -> Bending:
    """A roster is signed by a member of the unit itself, and not by the unit above."""
    yield
    own = script.nation.sittings[unit].people
    newcomer = appoint(unit, len(own) + 3, script.nation.authority)
    scene = _reseat(script, unit, (*own[:-1], newcomer), turn=4)
    scene.people, scene.signers, scene.refused_signature = own, (0,), STRANGER
    yield
    return set()


def _misfile(change: Callable[[Paper], Paper], clause: str, turn: int) -> Callable[[Script, str], Bending]:
    """Another version of the return that does not fit."""

    def bend(script: Script, unit: str) -> Bending:
        form, of, cue = return_of(script, unit)
        yield
        first = script.scenes[cue]
        scene = script.add(script.file(form, of, first.at, first.rank + AFTER, turn))
        alter(scene, change)
        scene.by, scene.signers, scene.refused = "", (), BoardRefusal(422, clause)
        yield
        found: set[Expected] = set()
        return found

    return bend


def _add_line(paper: Paper) -> Paper:
    return replace(paper, lines=paper.lines | {"x-line": 1})


def _begin_again(paper: Paper) -> Paper:
    again = replace(paper, supersedes=NONE, reason=Reason("first", ""))
    return mistype(next(iter(paper.lines)), 1)(again)


def observe_elsewhere(script: Script, unit: str) -> Bending:
    """An observer posts a copy of a unit for which the key is not accredited."""
    _, of, cue = return_of(script, unit)
    yield
    first, place = script.scenes[cue], len(script.nation.observers) - 1
    make = drafts.observe(script.nation, place, of, first.at)
    script.add(Scene(Cue("elsewhere", unit), first.at, first.rank + AFTER, make, refused=BoardRefusal(422, "PRT.8")))
    yield
    return set()


add_line, begin_again = _misfile(_add_line, "PRT.4", 41), _misfile(_begin_again, "PRT.5", 42)
