"""The sequencer: what stands where, what is answered when, and what a failure leaves behind."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest

from bulletin.board.admission import Posted, Refusal, read_record
from bulletin.board.feeder import Asking, Feeder, NoQuorum
from bulletin.board.sequencer import Sequencer
from bulletin.http import server
from bulletin.log import disk
from bulletin.log.rollback import CannotContinue
from bulletin.log.tilelog import TileLog
from mixnet.secrets import Secrets
from tests.support.elections import Election
from tests.support.serving import ALONE, cast, elect, going, open_board, outcome, posted, seal, set_up, tile_log
from tests.support.stored import in_files
from verifier import fold
from verifier.election.counting import Close, Override
from verifier.log import receipt
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.reading import blob_path
from verifier.log.tree import hash_leaf
from verifier.proof.group import Scalars
from verifier.rules import CODEC

pytestmark = [pytest.mark.usefixtures("stores"), pytest.mark.filterwarnings("ignore::ResourceWarning")]
NEVER: dict[str, Any] = {"interval": 3600.0}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Election]:
    """A log on which voting has begun, to be copied."""
    place = tmp_path_factory.mktemp("made")
    election = elect(set_up(place))
    with in_files():
        log = tile_log(place)
    log.append(election.records)
    log.publish(log.integrate().raw)
    for digest, data in election.blobs.items():
        disk.write_once(place / server.ARCHIVE, {blob_path(digest): data})
    log.close()  # or the collector does so while it is copied
    return place, election


@pytest.fixture
def place(made: tuple[Path, Election], tmp_path: Path) -> Path:
    return copytree(made[0], tmp_path / "board")


@pytest.fixture
def election(made: tuple[Path, Election]) -> Election:
    return made[1]


class Witnesses(Feeder):
    """Witnesses who do as they are told."""

    def __init__(self) -> None:
        super().__init__(ALONE)
        self.problem: Exception | None = None
        self.asked = 0

    def feed(self, signed: SignedCheckpoint, prove: Any) -> bytes:
        prove(0, signed.body.size)
        self.asked += 1
        self.reports = (Asking("w1", str(self.problem or "")),)
        if self.problem:
            raise self.problem
        return signed.raw


@contextmanager
def sequencing(place: Path, witnesses: Feeder | None = None, **settings: Any) -> Iterator[Sequencer]:
    board = open_board(place, **settings)
    board.sequencer._feeder = witnesses or Witnesses()
    with going(board):
        yield board.sequencer


def until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def together(sequencer: Sequencer, *records: Posted) -> list[Posted]:
    """Submit them so that no round begins between the first and the last."""
    with sequencer._arrived:
        return [sequencer.submit(record) for record in records]


def leaves(log: TileLog, start: int) -> list[bytes]:
    return [hash_leaf(entry) for entry in log.entries(start, log.size)]


def test_ballots_of_a_round_stand_in_the_order_of_their_hashes(place: Path, election: Election) -> None:
    with sequencing(place, interval=0.5) as sequencer:
        sequencer.round.result(10)  # a whole interval is left
        start, kept = sequencer.log.size, len(list(sequencer.log.directory.glob("checkpoints/*")))
        ballots = together(sequencer, *(posted(cast(election, voter)) for voter in range(6)))
        indices = {ballot.leaf: outcome(ballot) for ballot in ballots}
        assert leaves(sequencer.log, start) == sorted(indices)
        assert [leaf for leaf, _ in sorted(indices.items(), key=lambda item: item[1])] == sorted(indices)
        until(lambda: sequencer.is_published(sequencer.log.size - 1))
        assert len(list(sequencer.log.directory.glob("checkpoints/*"))) == kept + 1


def test_a_credentials_second_ballot_waits_for_the_next_checkpoint(place: Path, election: Election) -> None:
    with sequencing(place, interval=0.3) as sequencer:
        first = seal(election, 0, [1])
        repeated, contrary = cast(election, 0, prev=first.tracker), cast(election, 0)
        sent = [posted(ballot) for ballot in (cast(election, 0, first), repeated, contrary, cast(election, 1))]
        one, two, rival, other = together(sequencer, *sent)
        ballots = {"one": one, "two": two, "other": other}
        index = {name: outcome(each) for name, each in ballots.items()}
        assert outcome(rival) == "rejected BAL.8"
        until(lambda: sequencer.is_published(index["two"]))
        sizes = [int(path.read_text().split("\n")[1]) for path in sequencer.log.directory.glob("checkpoints/*")]
        assert [size for size in sizes if max(index["one"], index["other"]) < size <= index["two"]]


def test_other_records_do_not_wait_for_the_tick_and_ballots_do(place: Path, election: Election) -> None:
    with sequencing(place, **NEVER) as sequencer:
        sequencer._tick = time.monotonic() + 3600
        ballot = sequencer.submit(posted(cast(election, 0)))
        override = override_of(election, 1)
        assert outcome(sequencer.submit(override)) == len(election.records)
        assert not ballot.settled
    assert ballot.index == len(election.records) + 1, "placed when the board stops"


def override_of(election: Election, voter: int) -> Any:
    return posted(Override("precinct", (election.voters[voter].key,)))


def test_ballots_that_were_there_before_close_come_before_it(place: Path, election: Election) -> None:
    with sequencing(place, interval=0.3) as sequencer:
        closing = posted(election.operator.sign(Close(bytes(64)), election.digest))
        close, ballot = together(sequencer, closing, posted(cast(election, 0)))
        assert outcome(ballot) + 1 == outcome(close)
        assert outcome(sequencer.submit(posted(cast(election, 1)))) == "wrong-phase CFG.6"
        assert sequencer.state.phase == "closed"


def test_the_same_bytes_wait_once_and_a_full_queue_is_said(place: Path, election: Election) -> None:
    with sequencing(place, queue=2, **NEVER) as sequencer:
        sequencer._tick = time.monotonic() + 3600
        ballots = [posted(cast(election, voter)) for voter in range(3)]
        one = sequencer.submit(ballots[0])
        assert sequencer.submit(ballots[0]) is one
        sequencer.submit(ballots[1])
        with pytest.raises(Refusal) as caught:
            sequencer.submit(ballots[2])
        assert (caught.value.status, caught.value.code, caught.value.retry) == (503, "busy", 1)


def test_a_record_that_came_onto_the_log_meanwhile_is_answered_with_its_place(place: Path, election: Election) -> None:
    with sequencing(place) as sequencer:
        again = posted(CODEC.decode(election.records[5]))
        assert outcome(sequencer.submit(again)) == 5
        assert sequencer.log.size == len(election.records)


def test_a_first_component_that_occurs_twice_in_a_round_is_placed_once(
    place: Path, election: Election, monkeypatch: pytest.MonkeyPatch
) -> None:
    sevens = lambda count=1: Secrets.of(Scalars.of([7] * count))  # noqa: E731  clients whose randomness is broken alike
    monkeypatch.setattr(Secrets, "draw", sevens)
    with sequencing(place, interval=0.3) as sequencer:
        answers = together(sequencer, *(posted(cast(election, voter)) for voter in (0, 1)))
        assert sorted(str(outcome(answer)) for answer in answers) == [str(len(election.records)), "rejected BAL.3"]
        assert sequencer.log.size == len(election.records) + 1


def test_after_a_refusal_nothing_is_stored(place: Path, election: Election) -> None:
    with sequencing(place) as sequencer:
        ballot = cast(election, 0)
        false = msgspec.structs.replace(ballot, signature=ballot.signature[:32] + bytes(32))
        assert outcome(sequencer.submit(posted(false))) == "not-signed BAL.7"
        assert sequencer.log.size == len(election.records)
        assert posted(false).leaf not in sequencer.state.leaves
        assert outcome(sequencer.submit(posted(false))) == "not-signed BAL.7", "and asked again, the same"
        assert outcome(sequencer.submit(posted(ballot))) == len(election.records)


def test_a_restarted_board_goes_on(place: Path, election: Election) -> None:
    first = seal(election, 0, [1])
    ballot = posted(cast(election, 0, first))
    with sequencing(place) as sequencer:
        index = outcome(sequencer.submit(ballot))
    with sequencing(place) as sequencer:
        assert sequencer.state.phase == "voting"
        assert sequencer.log.find(ballot.leaf) == index
        assert outcome(sequencer.submit(posted(cast(election, 0, prev=first.tracker)))) == index + 1
        assert outcome(sequencer.submit(posted(cast(election, 0)))) == "rejected BAL.8"


def test_what_was_committed_and_not_signed_is_published_at_the_next_start(place: Path, election: Election) -> None:
    log = tile_log(place)
    log.append([posted(cast(election, 0)).raw])
    with sequencing(place) as sequencer:
        until(lambda: sequencer.is_published(len(election.records)))


def test_without_a_quorum_records_are_committed_and_wait_for_their_receipts(place: Path, election: Election) -> None:
    witnesses = Witnesses()
    witnesses.problem = NoQuorum("nobody is there")
    with sequencing(place, witnesses) as sequencer:
        index = outcome(sequencer.submit(posted(cast(election, 0))))
        until(lambda: not sequencer.healthy)
        assert not sequencer.is_published(index)
        assert sequencer.report() | {"size": 0} == {
            "size": 0,
            "published": len(election.records),
            "phase": "voting",
            "witnesses": [{"name": "w1", "seen": None}],
            "quorum": False,
        }
        witnesses.problem = ZeroDivisionError("a witness that breaks the feeder")
        asked = witnesses.asked
        until(lambda: witnesses.asked > asked)
        assert not sequencer.stopped.is_set()
        witnesses.problem = None
        until(lambda: sequencer.is_published(index))
        until(lambda: sequencer.healthy)
        receipt.decode(sequencer.log.receipt(index))


def test_an_idle_log_shows_the_witnesses_its_checkpoint_again(place: Path) -> None:
    witnesses = Witnesses()
    with sequencing(place, witnesses, republish=0.1):
        until(lambda: witnesses.asked >= 3)


@pytest.mark.parametrize("step", ["append", "integrate"])
def test_a_log_that_cannot_be_written_stops_the_board(
    place: Path, election: Election, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sequencing(place) as sequencer:
        until(lambda: sequencer.healthy)
        signed, works = sequencer.log.signed, getattr(sequencer.log, step)

        def fail(*given: object) -> object:
            if given == ([],):
                return works([])  # a round in which nothing was handed in
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(sequencer.log, step, fail)
        ballot = sequencer.submit(posted(cast(election, 0)))
        expected = "busy" if step == "append" else len(election.records)
        assert outcome(ballot) == expected
        assert sequencer.stopped.wait(10)
        assert isinstance(sequencer.fault, OSError)
        assert not sequencer.healthy
        assert sequencer.log.signed == signed, "nothing was signed after the failure"
        with pytest.raises(Refusal, match="stopping"):
            sequencer.submit(posted(cast(election, 1)))
    with sequencing(place) as again:
        assert again.log.find(ballot.leaf) == (None if step == "append" else expected)
        assert outcome(again.submit(read_record(ballot.raw))) == len(election.records)


def test_a_fault_in_one_record_is_answered_and_the_board_lives_on(
    place: Path, election: Election, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prepare, odd, even = fold.prepare_read, posted(cast(election, 1)), posted(cast(election, 0))

    def fail(state: Any, where: Any, record: Any, leaf: bytes, blobs: Any) -> Any:
        if leaf == odd.leaf:
            raise ZeroDivisionError("a fault of the program")
        return prepare(state, where, record, leaf, blobs)

    monkeypatch.setattr(fold, "prepare_read", fail)
    with sequencing(place, interval=0.3) as sequencer, caplog.at_level(logging.ERROR, "aikyn.board"):
        answers = together(sequencer, odd, even)
        assert [outcome(answer) for answer in answers] == ["fault", len(election.records)]
    assert "fault" in caplog.text
    assert odd.leaf.hex() not in caplog.text


def test_a_log_with_another_history_than_the_rules_allow_is_not_started(place: Path) -> None:
    log = tile_log(place)
    log.append([b'{"signature":"' + b"A" * 86 + b'==","type":"close"}'])
    with pytest.raises(CannotContinue, match="CRT"), sequencing(place):
        pass
