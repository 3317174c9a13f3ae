"""What is sent: whose signatures count, broken connections, and what the desk does with a log that it cannot trust."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bulletin.office import acts, copy, posting, signatory
from bulletin.office.asking import ask
from bulletin.office.commissions import Commissions
from bulletin.office.docket import Filed, read_docket
from bulletin.office.folder import Folder
from bulletin.office.keyfile import OpenedKey
from bulletin.office.objection import Objection, Unable
from bulletin.office.people import Sitting
from bulletin.office.requesting import request_first
from bulletin.office.signatory import OpenRequest
from bulletin.office.standing import Docket
from tests.corpus.twin import honest
from tests.support.boards import MemoryBoard
from tests.support.copies import publish, store
from tests.support.desk import SHEET
from tests.support.elections import AUTHORITY, Election
from verifier.client.board import Board, Sender
from verifier.commission.roster import Roster, Signature
from verifier.desk.report.language import LANGUAGES
from verifier.election.register import Credentials, Register
from verifier.errors import Incomplete
from verifier.records import Blob, encode


class Torn(MemoryBoard):
    """A board whose connection is lost after some posts, before or after it took the last one."""

    left = 10**9
    late = False

    def post(self, raw: bytes, sender: Sender | None = None) -> bytes:
        if self.left == 0 and not self.late:
            raise Incomplete("the connection is lost", self.url)
        leaf = super().post(raw, sender)
        if self.left == 0:
            raise Incomplete("the connection is lost", self.url)
        self.left -= 1
        return leaf


def begun(place: Path) -> tuple[Election, Folder]:
    """The first requests of an election, signed by all."""
    election, folder = Election(), Folder(place / "desk")
    rosters = (election.central, election.precinct, election.district, election.suburb)
    seated = tuple(sitting.roster for sitting in rosters)
    list(request_first(folder, election.manifest, Commissions(election.manifest.commissions, seated, (), trial=False)))
    for filed in read_docket(folder):
        sign(filed, {sitting.commission.id: sitting for sitting in rosters}.get(filed.request.commission))
    return election, folder


def sign(filed: Filed, sitting: Sitting | None) -> None:
    for person in sitting.people if sitting else ():
        signatory.sign(OpenRequest.read(filed.path), OpenedKey(person.key, (person.member.certificate,)))


def sender(election: Election) -> Sender:
    return Sender(election.digest, "operator", lambda message: election.operator.key.sign(message).signature)


def send(election: Election, folder: Folder, board: Board) -> list[str]:
    docket = Docket.read(folder, election.state if election.state.manifest else None)
    return [sending.done for sending in posting.post(docket, board, sender(election))]


class TestSending:
    def test_in_the_order_of_levels(self, tmp_path: Path) -> None:
        _, folder = begun(tmp_path)
        asked = [(each.number, each.request.kind, each.request.commission) for each in read_docket(folder)]
        central = [(1, "manifest", "central"), (2, "roster", ""), (3, "roster", "central")]
        assert asked == [*central, (4, "roster", "central"), (5, "roster", "district")][: len(asked)]

    @pytest.mark.parametrize("late", [False, True])
    def test_a_lost_connection(self, tmp_path: Path, *, late: bool) -> None:
        for left in range(16):
            place = tmp_path / f"{left}"
            election, folder = begun(place)
            board = Torn(election, place)
            board.left, board.late = left, late
            try:
                send(election, folder, board)
            except Unable:
                board.left = 10**9
                send(election, folder, board)
            assert election.state.phase == "ceremony"
            assert {"central", "precinct", "district", "suburb"} <= set(election.state.rosters)
            whole = len(election.records)
            assert set(send(election, folder, board)) == {"before"}
            assert len(election.records) == whole

    def test_what_the_board_refuses(self, tmp_path: Path) -> None:
        election, folder = begun(tmp_path)
        send(election, folder, MemoryBoard(election, tmp_path))
        central = ask(folder, acts.close(election.state).record, election.manifest, election.central.roster)
        sign(central, election.central)
        seated = ask(folder, election.suburb.roster, election.manifest, election.central.roster)
        sign(seated, election.central)
        docket = Docket.read(folder, election.state)
        *_, close, roster = posting.post(docket, MemoryBoard(election, tmp_path), sender(election))
        assert close.why is not None
        assert (close.done, close.why.kind, close.why.values["clause"]) == ("refused", "board-refuses", "CFG.6")
        assert roster.done in {"sent", "before"}  # what comes after is not held up

    def test_a_blob_that_was_left_behind(self, tmp_path: Path) -> None:
        election, folder = begun(tmp_path)
        send(election, folder, MemoryBoard(election, tmp_path))
        election.hold_ceremony()
        filed = registered(election, folder)
        shutil.rmtree(folder.docket / "blobs")
        docket = Docket.read(folder, election.state)
        *_, sending = posting.post(docket, MemoryBoard(election, tmp_path), sender(election))
        assert sending.why is not None
        assert (sending.done, sending.why.kind) == ("refused", "missing-blob")
        assert filed.request.blobs[0].sha256 in str(sending.why)


def registered(election: Election, folder: Folder) -> Filed:
    """An empty register, signed by the precinct."""
    data = encode(Credentials(()))
    record = Register("precinct", 0, Blob.of(data))
    filed = ask(folder, record, election.manifest, election.precinct.roster, [data])
    sign(filed, election.precinct)
    return filed


class TestSignatures:
    def test_of_somebody_who_has_left(self, tmp_path: Path) -> None:
        election, folder = begun(tmp_path)
        send(election, folder, MemoryBoard(election, tmp_path))
        election.hold_ceremony()
        registered(election, folder)
        seated = Sitting.seat(election.precinct.commission, AUTHORITY)
        members = (election.precinct.people[0].member, seated.people[1].member)
        election.enact(Roster("precinct", members))
        stand = Docket.read(folder, election.state).stands()[-1]
        assert (stand.where, sorted(stand.signatures), stand.missing) == ("waiting", ["precinct-1"], ("precinct-2",))
        assert [(fault.kind, fault.member) for fault in stand.faults] == [("left", "precinct-2")]

    def test_that_are_none(self, tmp_path: Path) -> None:
        election, folder = begun(tmp_path)
        filed = read_docket(folder)[0]
        good = filed.signed("central-1").read_bytes()
        filed.signed("central-2").write_bytes(b"torn")
        filed.signed("central-3").write_bytes(
            encode(Signature(bytes.fromhex(filed.request.leaf), "central-3", b"\1" * 64))
        )
        shutil.copy(read_docket(folder)[2].signed("central-1"), filed.signed("central-1"))
        stand = Docket.read(folder, None).stands()[0]
        kinds = {fault.member: fault.kind for fault in stand.faults}
        assert kinds == {"central-1": "other", "central-2": "other", "central-3": "false"}
        assert (stand.where, stand.quorum) == ("waiting", 2)
        filed.signed("central-1").write_bytes(good)
        assert list(Docket.read(folder, None).stands()[0].signatures) == ["central-1"]
        assert election.state.manifest is None


def test_across_an_air_gap(tmp_path: Path) -> None:
    """The docket goes to two members' machines on sticks; one stick is lost on its way back, and written again."""
    election, folder = begun(tmp_path)
    for path in folder.docket.glob("*.signed"):
        path.unlink()
    sticks = []
    for person in election.central.people[:2]:
        machine = tmp_path / person.member.id
        shutil.copytree(folder.docket, machine)
        stick = tmp_path / f"stick of {person.member.id}"
        for path in sorted(machine.glob("*.request")):
            paper = OpenRequest.read(path)
            if paper.request.commission == "central":
                signatory.sign(paper, OpenedKey(person.key, (person.member.certificate,)), stick)
        sticks.append(stick)
    shutil.rmtree(sticks[1])
    shutil.copytree(sticks[0], folder.docket, dirs_exist_ok=True)
    assert {stand.where for stand in Docket.read(folder, None).stands() if stand.quorum} == {"waiting"}
    person = election.central.people[1]
    for path in sorted((tmp_path / person.member.id).glob("0[134]-*.request")):
        signatory.sign(OpenRequest.read(path), OpenedKey(person.key, (person.member.certificate,)), sticks[1])
    shutil.copytree(sticks[1], folder.docket, dirs_exist_ok=True)
    assert "later" not in send(election, folder, MemoryBoard(election, tmp_path))[:4]
    assert election.state.phase == "ceremony"


class TestALog:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Folder:
        """A desk with its trust sheet, and no copy yet."""
        folder = Folder(tmp_path / "desk")
        folder.made("").mkdir(parents=True)
        folder.made("trust.txt").write_bytes(SHEET)
        return folder

    def carry(self, stick: Path, size: int | None = None, changes: dict[str, bytes] | None = None) -> str:
        """A copy of the honest log, or of its beginning, on a stick."""
        election = honest()
        return str(store(stick, publish(election.records[:size], election.blobs) | (changes or {})))

    def refused(self, folder: Folder, place: str | None = None) -> tuple[type[Objection], str]:
        with pytest.raises(Objection) as raised:
            copy.look(folder, place)
        assert all(raised.value.tell(language) for language in LANGUAGES)
        return type(raised.value), raised.value.kind

    def test_carried_on_a_stick_that_is_lost(self, folder: Folder, tmp_path: Path) -> None:
        state = copy.look(folder, self.carry(tmp_path / "stick"))
        shutil.rmtree(tmp_path / "stick")
        assert copy.look(folder).leaves == state.leaves
        assert copy.published(folder) == len(state.leaves)

    def test_in_a_zip_file(self, folder: Folder, tmp_path: Path) -> None:
        packed = shutil.make_archive(str(tmp_path / "copy"), "zip", self.carry(tmp_path / "stick"))
        assert copy.look(folder, packed).phase == "certified"

    def test_that_is_not_there(self, folder: Folder, tmp_path: Path) -> None:
        assert copy.published(folder) == 0
        assert self.refused(folder) == (Unable, "unreadable-log")
        assert self.refused(folder, str(tmp_path / "nowhere")) == (Unable, "unreadable-log")

    def test_damaged(self, folder: Folder, tmp_path: Path) -> None:
        name = next(name for name in publish(honest().records, honest().blobs) if name.startswith("tile/entries"))
        assert self.refused(folder, self.carry(tmp_path / "torn", None, {name: b"torn"})) == (Unable, "unreadable-log")

    def test_with_a_record_that_is_void(self, folder: Folder, tmp_path: Path) -> None:
        stick, election = tmp_path / "false", honest()
        store(stick, publish([*election.records, b"{}"], election.blobs))
        assert self.refused(folder, str(stick)) == (Objection, "false-log")

    def test_older_than_what_is_here(self, folder: Folder, tmp_path: Path) -> None:
        size = len(copy.look(folder, self.carry(tmp_path / "stick")).leaves)
        assert self.refused(folder, self.carry(tmp_path / "older", size - 1)) == (Objection, "older-copy")
        assert len(copy.look(folder).leaves) == size

    def test_without_a_sheet(self, folder: Folder) -> None:
        folder.made("trust.txt").write_bytes(b"hello")
        assert self.refused(folder) == (Objection, "bad-trust")
        folder.made("trust.txt").unlink()
        assert self.refused(folder) == (Objection, "no-trust")
