"""A log that shows two histories, with its real key: whoever looks twice catches it and keeps what proves it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Response, request
from nacl.signing import SigningKey

from bulletin.board.feeder import Feeder, NoQuorum
from bulletin.log import database
from bulletin.log.archive import Files
from bulletin.log.tilelog import TileLog
from bulletin.mirror.mirror import Mirror
from bulletin.witness.app import create_app
from bulletin.witness.witness import Witness
from tests.corpus import boards
from tests.support.elections import LOG, ORIGIN
from tests.support.serving import answering, serving
from verifier.audit import trust
from verifier.client.board import Board
from verifier.client.files import Directory
from verifier.desk.commands.main import main
from verifier.errors import Rejected
from verifier.log import evidence, note, policy
from verifier.log.note import COSIGNATURE, ED25519, Key

KEY = Key(ORIGIN, ED25519, bytes(LOG.key.verify_key))
SECRET = SigningKey(b"a witness that looks twice at it")
WITNESS = Key("w.example", COSIGNATURE, bytes(SECRET.verify_key))
SHEET = f"aikyn/1 trust\nlog {note.encode_key(KEY)}\n"  # of somebody who trusts the log alone
pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


class Double:
    """A log with two faces over HTTP; both grow, publish, and are signed with the log's own key."""

    def __init__(self, place: Path) -> None:
        place.mkdir()
        signer = (KEY, lambda message: LOG.key.sign(message).signature)
        self.faces = [
            TileLog(Files(place / str(face)), database.open_log(place / f"{face}.db"), ORIGIN, [signer])
            for face in (0, 1)
        ]
        self.shown = 0
        records = boards.honest().records
        self.grow(records[:30], records[:30])

    def grow(self, first: list[bytes], second: list[bytes]) -> None:
        for log, records in zip(self.faces, (first, second), strict=True):
            log.append(records)
            log.publish(log.integrate().raw)

    def part(self) -> None:
        """From here on the two differ."""
        one, other = boards.honest().records[30:32]
        self.grow([one], [other, one])

    def answer(self) -> Response:
        file = self.faces[self.shown].directory / request.path.removeprefix("/")
        blob = boards.honest().files.get(request.path.removeprefix("/"))
        raw = file.read_bytes() if file.is_file() else blob if request.path.startswith("/blobs/") else None
        return Response(status=404) if raw is None else Response(raw)


@pytest.fixture
def double(tmp_path: Path) -> Double:
    return Double(tmp_path / "double")


@pytest.fixture
def url(double: Double) -> Iterator[str]:
    with answering(double.answer) as board:
        yield board.url


def proof(folder: Path) -> evidence.Evidence:
    """The one piece of evidence in a folder, which proves two histories to whoever has it and the log's key."""
    [place] = folder.iterdir()
    found = evidence.decode(Directory(place))
    with pytest.raises(Rejected) as caught:
        evidence.check(found, ORIGIN, [KEY])
    assert caught.value.id == "BRD.3"
    return found


def test_by_a_witness(double: Double, tmp_path: Path) -> None:
    memory = database.open_witness(tmp_path / "witness.db")
    sign = SECRET.sign
    logs, kept = {ORIGIN: [KEY]}, tmp_path / "evidence"
    app = create_app(Witness(WITNESS, lambda m: sign(m).signature, logs, memory, kept, lambda: 1))
    with serving(app) as url:
        trusted = policy.decode(f"witness w {note.encode_key(WITNESS)} {url}\nquorum w\n".encode())
        one, other = double.faces
        for face in (one, other):  # still one history
            Feeder(trusted).feed(face.integrate(), face.consistency)
        double.part()
        Feeder(trusted).feed(one.integrate(), one.consistency)
        with pytest.raises(NoQuorum, match="422"):
            Feeder(trusted).feed(other.integrate(), other.consistency)
    found = proof(kept)
    assert (found.first.body.size, found.second.body.size) == (31, 32)


def test_by_a_mirror(double: Double, url: str, tmp_path: Path) -> None:
    mirror = Mirror(Board(url), tmp_path, trust.decode(SHEET.encode()))
    mirror.visit()
    double.part()
    mirror.visit()
    double.shown = 1
    with pytest.raises(Rejected, match="two histories"):
        mirror.visit()
    found = proof(mirror.evidence)
    assert (found.first.body.size, found.second.body.size) == (31, 32)


def test_by_an_auditor(double: Double, url: str, tmp_path: Path) -> None:
    (tmp_path / "sheet").write_text(SHEET)
    words = ["election", url, "--trust", str(tmp_path / "sheet"), "--keep", str(tmp_path / "copy")]
    double.part()
    assert CliRunner().invoke(main, words).exit_code == 2  # the sheet has no witnesses
    double.shown = 1
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, "BRD.3" in result.output) == (1, True)
    found = [proof(tmp_path / "copy/evidence")]
    assert {one.second.raw for one in found} <= {face.published.raw for face in double.faces if face.published}


def test_by_two_who_compare(double: Double, tmp_path: Path) -> None:
    (tmp_path / "sheet").write_text(SHEET)
    double.part()
    copies = [str(face.directory) for face in double.faces]
    words = ["diff", *copies, "--trust", str(tmp_path / "sheet"), "--evidence", str(tmp_path / "kept")]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, "BRD.3" in result.output) == (1, True)
    found = proof(tmp_path / "kept")
    assert {found.first.raw, found.second.raw} == {face.published.raw for face in double.faces if face.published}
