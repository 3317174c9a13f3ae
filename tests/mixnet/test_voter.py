"""The voter's client: it checks the opening, casts or challenges, and keeps receipts that speak for themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixnet.ballot import Credential
from mixnet.voter import Voter, read_opening
from tests.support import archives
from tests.support.boards import MemoryBoard
from tests.support.elections import Election
from verifier.audit import trust
from verifier.audit.trust import TrustSheet
from verifier.client.board import Refused
from verifier.election.ballot import Ballot, Challenge
from verifier.errors import Incomplete, Rejected
from verifier.log import receipt
from verifier.log.tree import hash_leaf
from verifier.rules import CODEC


def opened(tmp_path: Path) -> tuple[MemoryBoard, TrustSheet]:
    election = Election().set_up().hold_ceremony().register()
    return MemoryBoard(election, tmp_path), trust.decode(archives.sheet(election))


def client(board: MemoryBoard, sheet: TrustSheet, root: Path, latest: dict[str, bytes] | None = None) -> Voter:
    directory = root / "receipts"
    directory.mkdir(exist_ok=True)
    credential = board.election.voters[0]
    return Voter(board, sheet, read_opening(board.read, sheet), credential, directory, latest)


def test_the_last_ballot_cast_counts_and_each_has_its_receipt(tmp_path: Path) -> None:
    board, sheet = opened(tmp_path)
    voter = client(board, sheet, tmp_path)
    [contest] = voter.contests
    files = [voter.cast(voter.seal(contest, [1])), voter.cast(voter.seal(contest, [2]))]
    kept = [receipt.decode(file.read_bytes()) for file in files]
    for file, each in zip(files, kept, strict=True):
        ballot = CODEC.decode(each.extra)
        assert isinstance(ballot, Ballot)
        assert file.name == f"{ballot.sealed.tracker(board.election.digest).hex()}.tlog-proof"
        receipt.check(each, hash_leaf(each.extra), sheet.origin, sheet.log_keys, sheet.witnesses)
    credential = board.election.voters[0].key
    assert board.election.state.courses[contest.id].cast[credential].position == kept[1].index


def test_a_challenge_is_opened_and_does_not_count(tmp_path: Path) -> None:
    board, sheet = opened(tmp_path)
    voter = client(board, sheet, tmp_path)
    [contest] = voter.contests
    record = CODEC.decode(receipt.decode(voter.challenge(voter.seal(contest, [3])).read_bytes()).extra)
    assert isinstance(record, Challenge)
    assert record.choice == (3,)
    assert board.election.state.courses[contest.id].cast == {}
    voter.cast(voter.seal(contest, [3]))
    assert len(board.election.state.courses[contest.id].cast) == 1


def test_a_new_client_goes_on_from_the_latest_tracker(tmp_path: Path) -> None:
    board, sheet = opened(tmp_path)
    voter = client(board, sheet, tmp_path)
    [contest] = voter.contests
    prepared = voter.seal(contest, [1])
    voter.cast(prepared)
    forgetful = client(board, sheet, tmp_path)
    with pytest.raises(Refused, match=r"BAL\.8"):
        forgetful.cast(forgetful.seal(contest, [2]))
    told = client(board, sheet, tmp_path, {contest.id: prepared.tracker})
    told.cast(told.seal(contest, [2]))


def test_a_false_receipt_is_refused_and_not_kept(tmp_path: Path) -> None:
    board, sheet = opened(tmp_path)
    voter = client(board, sheet, tmp_path)
    board.witnesses = (0,)
    with pytest.raises(Rejected, match=r"RCP\.3"):
        voter.cast(voter.seal(voter.contests[0], [1]))
    [waiting] = (tmp_path / "receipts").iterdir()
    assert waiting.name.endswith(".waiting")


def test_a_receipt_for_another_record_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board, sheet = opened(tmp_path)
    voter = client(board, sheet, tmp_path)
    other = MemoryBoard.receipt(board, hash_leaf(board.election.records[3]))
    monkeypatch.setattr(board, "receipt", lambda _leaf, _wait: other)
    with pytest.raises(Rejected, match=r"RCP\.2"):
        voter.cast(voter.seal(voter.contests[0], [1]))


def test_nobody_votes_under_another_manifest_or_without_the_quorum(tmp_path: Path) -> None:
    board, sheet = opened(tmp_path)
    with pytest.raises(Rejected, match=r"CFG\.10"):
        read_opening(board.read, sheet._replace(manifest=bytes(32)))
    with pytest.raises(Incomplete, match="quorum of witnesses"):
        read_opening(board.read, sheet._replace(witnesses=None))
    alone = MemoryBoard(board.election, tmp_path, witnesses=(1,))
    with pytest.raises(Incomplete, match="are not the quorum"):
        read_opening(alone.read, sheet)


def test_nobody_votes_before_the_opening(tmp_path: Path) -> None:
    election = Election().set_up().hold_ceremony()
    with pytest.raises(Incomplete, match="not been opened"):
        read_opening(MemoryBoard(election, tmp_path).read, trust.decode(archives.sheet(election)))


def test_a_register_that_is_missing_is_named(tmp_path: Path) -> None:
    board, sheet = opened(tmp_path)
    [digest] = [digest for digest, data in board.election.blobs.items() if b"credentials" in data]
    whole = board.election.blobs.pop(digest)
    with pytest.raises(Incomplete, match=digest.hex()):
        read_opening(board.read, sheet)
    board.election.blobs[digest] = whole


def test_a_stranger_is_told_to_ask_the_commission(tmp_path: Path) -> None:
    board, sheet = opened(tmp_path)
    with pytest.raises(Rejected, match="ask the commission"):
        Voter(board, sheet, read_opening(board.read, sheet), Credential(), tmp_path)
