"""The table of rules: a kind of record is one row, and everything else follows from it."""

from __future__ import annotations

import pytest

from tests.support.elections import Election
from verifier import fold, rules
from verifier.commission.quorum import own
from verifier.errors import Rejected
from verifier.place import Place
from verifier.records import Blobs, Codec, Id, Record, encode
from verifier.rule import Effect, Rule, nobody
from verifier.state import State


class Greeting(Record, frozen=True, tag="greeting"):
    """A kind of record that nobody has thought of yet."""

    commission: Id
    words: str


def complete_greeting(state: State, record: Greeting, where: Place, _blobs: Blobs) -> Effect:
    return lambda: state.find("KEY.7", "information", where, record.words)


GREETING = Rule(Greeting, ("registration",), owner=own, complete=complete_greeting)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Election:
    monkeypatch.setattr(rules, "RULES", rules.RULES | {Greeting: GREETING})
    monkeypatch.setattr(fold, "CODEC", Codec(rules.KINDS | Greeting))
    return Election().set_up()


def test_a_kind_is_one_row_and_one_file(play: Election) -> None:
    """Its coding, its phases, who signs it and what it does: all of it from the row above."""
    early = encode(Greeting("central", "too early"))
    with pytest.raises(Rejected, match=r"CFG.6 .*no greeting is admitted in phase ceremony"):
        fold.prepare(play.state, len(play.records), early, play.blobs.get)
    play.hold_ceremony()
    play.enact(Greeting("central", "welcome"))
    assert [found.detail for found in play.state.findings] == ["welcome"]


def test_each_row_has_a_kind_of_its_own_and_whoever_owns_a_record_completes_it() -> None:
    assert len(rules.RULES) == len(rules.ROWS) == len({kind_of.__struct_config__.tag for kind_of in rules.RULES})
    assert [row.kind for row in rules.ROWS if row.owner is not nobody and row.complete is None] == []
