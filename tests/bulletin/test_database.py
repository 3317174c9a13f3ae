"""A database that cannot be used is told in SQLite's words and in what to do; paths are paths."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from bulletin.http import server
from bulletin.journal import summary
from bulletin.log import database
from bulletin.log.database import ENTRIES, DatabaseFailed, open_log
from tests.support.commands import ORIGIN, fail, run, started
from verifier.client.board import Board

ROW = {"index": 0, "leaf_hash": b"hash", "entry": b"a record of somebody"}


@pytest.mark.process
@pytest.mark.parametrize("name", ["what?is=this", "50%20off", "a#b", "mode=memory&x"])
def test_a_board_lives_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    """G2: the database stands where the folder is."""
    home = tmp_path / name
    run("init", str(home), "--origin", ORIGIN)
    (home / "policy").write_text("quorum none\n")
    with started("serve", str(home)) as (_, url):
        assert Board(url).health()["size"] == 0
    assert (home / server.DATABASE).is_file()
    assert (home / server.INDEX).is_file()
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_a_locked_database_is_said_to_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G3: and that another program must end."""
    monkeypatch.setattr(database, "WAITING", 0.01)
    log = open_log(tmp_path / "log.db")
    with closing(sqlite3.connect(tmp_path / "log.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseFailed, match=r"log\.db cannot be used \(database is locked\): end the program"):
            write(tmp_path / "log.db")
    log.dispose()


def write(file: Path) -> None:
    log = open_log(file)
    try:
        with log.begin() as connection:
            connection.execute(insert(ENTRIES), ROW)
    finally:
        log.dispose()


@pytest.mark.process
def test_a_full_disk_is_said_to_be_full_and_no_record_is_quoted(tmp_path: Path) -> None:
    """G3: on a file system of two mebibytes; the journal has the same words."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", disk], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        with pytest.raises(DatabaseFailed, match=r"disk is full.*make room") as full:
            fill(disk / "log.db", 99)
        assert "somebody" not in summary(full.value)
        assert "make room" in summary(full.value)
    finally:
        subprocess.run(["umount", disk], check=True)


def fill(file: Path, times: int) -> None:
    log = open_log(file)
    try:
        for number in range(times):
            with log.begin() as connection:
                connection.execute(insert(ENTRIES), {**ROW, "index": number, "entry": b"a record of somebody" * 9999})
    finally:
        log.dispose()


@pytest.mark.process
def test_a_damaged_database_is_to_be_restored(tmp_path: Path) -> None:
    """G3: also when `serve` and `backup` meet it."""
    home = tmp_path / "board"
    run("init", str(home), "--origin", ORIGIN)
    (home / "policy").write_text("quorum none\n")
    (home / server.DATABASE).write_bytes(b"no database at all" * 999)
    for words in (("serve", str(home), "--port", "0"), ("backup", str(home), str(tmp_path / "saved"))):
        said = fail(*words)
        assert "file is not a database" in said
        assert "restore the newest backup" in said


def test_what_is_wrong_with_a_row_is_for_the_caller(tmp_path: Path) -> None:
    from sqlalchemy.exc import IntegrityError

    write(tmp_path / "log.db")
    with pytest.raises(IntegrityError):
        write(tmp_path / "log.db")


def test_a_statement_that_fails_otherwise_is_told_too(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log.db")
    with log.begin() as connection, pytest.raises(DatabaseFailed, match="no such table"):
        connection.execute(text("SELECT * FROM gone"))
    log.dispose()
