"""`/lookup/opening`: the key and its acknowledgements, as a board and a mirror give them, and who believes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from bulletin.board.overview import Overview, survey
from bulletin.http.opening import OpeningAnswer
from bulletin.mirror import follower
from bulletin.mirror.follower import Follower
from bulletin.mirror.mirror import Mirror
from tests.support.elections import Election
from tests.support.house import VECTORS
from tests.support.serving import elect, hand_in, running, serving, set_up, sheet_of
from verifier.audit.timeline import Timeline
from verifier.client.board import Board
from verifier.election.register import Opening
from verifier.errors import Malformed, Rejected, refuse
from verifier.log.note import decode_base64
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.records import Codec, check_key_holder
from verifier.rules import CODEC

ANSWERS = json.loads((VECTORS / "opening.json").read_text())["answers"]
ANSWER = Codec[OpeningAnswer](OpeningAnswer)


def check(vector: dict[str, Any]) -> list[str]:
    """Specs/lookup.md §7.2 with the records and signatures of the audit; who is left out."""
    told, where = ANSWER.decode(vector["answer"].encode()), Place("opening")
    if set(json.loads(vector["answer"])) != set(OpeningAnswer.__struct_fields__) or (told.opening or 1) < 1:
        raise Malformed("not an answer")
    numbers = [record.trustee for record in told.acknowledgements]
    if numbers != sorted(set(numbers)) or not set(numbers) <= set(range(1, len(vector["trustees"]) + 1)):
        raise Malformed("not the trustees in their order")
    for record in told.acknowledgements:
        if (record.key, record.attempt) != (told.key, told.attempt):
            refuse("KEY.9", where, "another key or attempt")
        holder = vector["trustees"][record.trustee - 1]
        check_key_holder(decode_base64(holder["key"]), bytes.fromhex(vector["digest"]), record, where)
    if len(numbers) < vector["least"]:
        refuse("KEY.10", where, "too few")
    return [holder["id"] for number, holder in enumerate(vector["trustees"], 1) if number not in numbers]


@pytest.mark.parametrize("vector", ANSWERS, ids=lambda vector: str(vector["comment"]))
def test_vectors(vector: dict[str, Any]) -> None:
    match vector["result"]:
        case "accepted":
            assert check(vector) == vector["left"]
        case "malformed":
            with pytest.raises(Malformed):
                check(vector)
        case clause:
            with pytest.raises(Rejected) as caught:
                check(vector)
            assert caught.value.id == clause


def test_there_is_a_key_when_the_last_trustee_has_acknowledged_it() -> None:
    election = Election().set_up().pledge().contribute().deal()
    assert survey(Overview(), 0, election.state, Timeline()).joint is None
    election.acknowledge()
    early = survey(Overview(), 0, election.state, Timeline())
    assert early.joint is not None
    assert (early.joint.key, early.joint.opening) == (election.state.key, None)
    election.register(1)
    later = survey(early, 0, election.state, Timeline()).joint
    assert later is not None
    assert later.opening is not None
    assert isinstance(CODEC.decode(election.records[later.opening]), Opening)
    assert later[:3] == early.joint[:3]


@pytest.mark.process
@pytest.mark.usefixtures("stores")
def test_a_board_and_a_mirror_give_the_same(tmp_path: Path) -> None:
    election = elect(key := set_up(tmp_path / "board"))
    with running(tmp_path / "board") as run:
        assert requests.get(f"{run.client.url}/lookup/opening", timeout=10).status_code == 404
        hand_in(run.client, election)
        run.client.receipt(hash_leaf(election.records[-1]))
        following = Follower(Mirror(Board(run.client.url), tmp_path / "mirror", sheet_of(key)), 1.0)
        following.visit()
        with serving(follower.create_app(following, tmp_path / "mirror/archive")) as mirror:
            told = [requests.get(f"{url}/lookup/opening", timeout=10).content for url in (run.client.url, mirror)]
    assert told[0] == told[1]
    holders = [msgspec.to_builtins(each) for each in election.manifest.trustees]
    common = {"trustees": holders, "least": 3, "digest": election.digest.hex()}
    assert check({"answer": told[0].decode(), **common}) == []
    assert ANSWER.decode(told[0]).key == election.state.key
