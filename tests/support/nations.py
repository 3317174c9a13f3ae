"""A small nation on paper alone: the small plan without its electronic unit, its people, and what they do."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bulletin.office.nation.chronicle import Chronicle, play
from bulletin.office.nation.people import Host, Nation, settle
from bulletin.office.nation.script import Script
from tests.support.elections import ORIGIN, holder
from tests.support.papers import EVENING, PLAN
from verifier import fold
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Callable

PAPERS = replace(
    PLAN,
    units=tuple(unit for unit in PLAN.units if not unit.electronic),
    contests=tuple(replace(race, electronic="") for race in PLAN.contests),
    participants=("issued-inside", "issued-outside"),
)


@cache
def nation() -> Nation:
    """Its people keep their keys from one test to the next."""
    return settle(PAPERS, Host(ORIGIN, bytes(holder("log").key.verify_key)), EVENING)


def act(seed: int = 0, bend: Callable[[Script], None] = lambda _: None) -> Chronicle:
    """The honest script of this seed, bent and written down."""
    script = Script(nation(), seed).compose()
    bend(script)
    return play(nation(), script.scenes.values())


def fold_all(chronicle: Chronicle) -> State:
    """The state after all postings, of which none may be refused but those that are to be."""
    state = State()
    for judged in fold.replay(state, enumerate(chronicle.placed()), chronicle.blobs.get):
        judged.taken()
    return state
