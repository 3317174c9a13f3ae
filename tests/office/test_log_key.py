"""The log's next key: asked for, signed, sent; the operator puts it in place, and the old trust sheet holds."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from bulletin.office.processes import PATIENCE
from tests.support.dockets import CENTRAL, ORIGIN, PRECINCT, TRUSTEES, WITNESS, Office, opened, run, told
from verifier.client.board import Board
from verifier.log import checkpoint, note
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.note import Key
from verifier.log.reading import LATEST

pytestmark = [pytest.mark.process, pytest.mark.slow]


def shown(office: Office) -> SignedCheckpoint:
    raw = Board(office.url).read(LATEST)
    assert raw is not None
    return checkpoint.decode(raw)


def signers(signed: SignedCheckpoint, *keys: Key) -> list[Key]:
    """Which of these keys signed it."""
    return [key for key, _ in checkpoint.matching_lines(signed.note, keys)]


def begin(office: Office) -> None:
    office.sign("manifest", *CENTRAL.people[:2])
    office.sign("roster", *CENTRAL.people[:2])
    assert "Everything is sent" in office.post()


def serve(office: Office) -> Office:
    """Start the board again, under another address."""
    private = office.private
    trusted = ("--policy", private / "policy.txt", "--roots", private / "roots.pem", "--manifest", office.digest)
    line = ("serve", private / "board", *trusted, "--port", 0, "--interval", 0.05)
    office.processes.start("board", "aikyn-board", *line)
    return office._replace(url=office.processes.listen("board"))


def switch(office: Office, old: str, new: str) -> Office:
    """What the witness and the operator do (specs/operation.md §9)."""
    private, processes = office.private, office.processes
    for name in ("board", "witness"):
        processes.stop(name)
    line = ("witness", private / "witness", "--name", WITNESS, "--log", old, "--log", new, "--port", 0)
    processes.start("witness", "aikyn-board", *line)
    asked = private / "policy.txt"
    _, witness, quorum = asked.read_text().splitlines()
    moved = f"{witness.rpartition(' ')[0]} {processes.listen('witness')}"
    asked.write_text("\n".join([f"log {old}", f"log {new}", moved, quorum, ""]))
    (private / "board" / "log.key").rename(private / "board" / "log.former.key")
    shutil.copy(private / "next" / "log.key", private / "board" / "log.key")
    return serve(office)


def drop(office: Office) -> Office:
    """The former key signs no longer."""
    office.processes.stop("board")
    (office.private / "board" / "log.former.key").unlink()
    return serve(office)


def grown(office: Office, before: SignedCheckpoint) -> SignedCheckpoint:
    """The checkpoint of the board once it covers more than that one."""
    deadline = time.monotonic() + PATIENCE
    while (after := shown(office)).body.size <= before.body.size and time.monotonic() < deadline:
        time.sleep(0.1)
    return after


def verify(office: Office, trust: Path) -> None:
    """The auditor accepts what the board shows, or a copy of it, by this sheet."""
    office.processes.start("verify", "aikyn-verify", "election", office.url, "--trust", trust, "--lang", "en")
    office.processes.finish("verify")


def test_the_board_goes_on_with_the_next_key(tmp_path: Path) -> None:
    with opened(tmp_path) as begun:
        office = begun
        begin(office)
        sheet, card, next_ = office.folder.made("trust.txt"), office.private / "log.card", office.private / "next"
        old = office.manifest.policy.split()[1]
        new = told(run("init", next_, "--origin", ORIGIN, "--card", card)).strip().splitlines()[0]
        present, following = note.decode_key(old), note.decode_key(new)
        said = office.enact("log-key", CENTRAL, card, "--old-key", office.private / "board" / "log.key")
        assert "The present key signed this too" in said
        assert "04-log-key.request: in effect" in office.act("status")
        before = shown(office)
        assert signers(before, present, following) == [present]

        office = switch(office, old, new)
        office.employ("trustee", TRUSTEES, "--only", "ceremony")
        during = grown(office, before)
        assert signers(during, present, following) == [following, present]
        office.act("register")
        office.sign("register", *PRECINCT.people)
        verify(office, sheet)

        office = drop(office)
        office.post()
        after = grown(office, during)
        assert signers(after, present, following) == [following]
        assert "key of the log" in office.act("status", code=2)
        first = tmp_path / "first.txt"
        shutil.copyfile(sheet, first)
        sheet.write_text(f"{sheet.read_text()}log {new}\n")
        assert "05-register.request: in effect" in office.act("status")
        verify(office, sheet)
        verify(office._replace(url=str(office.private / "board" / "archive")), first)
