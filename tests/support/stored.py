"""Where the logs of boards are kept: a test module that asks for `stores` runs once with files, once with servers.

Every helper of `serving.py` asks `current` where a board's log is. A board that was laid out in files is moved to the
servers when it is first opened there, as an operator moves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bulletin.http import server
from bulletin.log.archive import Files
from bulletin.log.bucket import Bucket
from bulletin.log.database import open_log
from bulletin.log.postgres import Shared
from bulletin.log.tilelog import TileLog
from bulletin.operate import migration
from bulletin.settings import Settings
from tests.support.servers import PostgreSQL, postgresql
from tests.support.stores import Store, store

__all__ = ["postgresql", "store"]

LEASE = 2.0  # seconds: a board that a test forgets holds up no other

# What opens boards and is not tried on servers, by test or module, and why. All else is tried on both.
FILES_ONLY = {
    "test_a_board_that_lost_what_it_signed_stays_closed": "it breaks files; test_postgres and test_bucket do servers",
    "test_a_board_that_was_turned_back_as_a_whole_hears_it_from_a_witness": "a copied directory is no copy of servers",
    "test_app_of_log": "files are handed out from the disk, whatever the log is",
    "test_backpressure": "what comes before a record is read",
    "test_backup": "a backup is of SQLite's file",
    "test_front": "a page of what the board knows",
    "test_headers": "of answers, whatever they say",
    "test_journal": "what is written about answers, whatever they say",
    "test_metrics": "numbers of the process",
    "test_migration": "it moves a board from the ones to the others",
    "test_mirror": "a mirror reads over HTTP",
    "test_sharing": "its boards have servers of their own",
    "test_slow_clients": "what comes before a record is read",
}


class Stores:
    """Each log in its board's directory."""

    def settings(self, place: Path) -> dict[str, Any]:  # noqa: ARG002  all are alike
        """What the settings of the board in `place` say of its stores."""
        return {}

    def open_log(self, place: Path) -> TileLog:
        """The log of a board that does not run."""
        signers = server.load_signers(place)
        return TileLog(Files(place / server.ARCHIVE), open_log(place / server.DATABASE), signers[0][0].name, signers)


class Servers(Stores):
    """Each log in a database and a bucket of its own, with a copy of the files in its board's directory."""

    def __init__(self, postgresql: PostgreSQL, store: Store) -> None:
        self._postgresql, self._store = postgresql, store
        self._given: dict[Path, dict[str, Any]] = {}
        self._open: dict[Path, Shared] = {}

    def settings(self, place: Path) -> dict[str, Any]:
        self._let_go(place)
        if place not in self._given:
            given: dict[str, Any] = {"database": self._postgresql.make(), "archive": self._store.make(), "lease": LEASE}
            if (place / server.DATABASE).exists():
                migration.migrate(place, Settings(**given), server.load_signers(place))
            self._given[place] = given
        return self._given[place]

    def open_log(self, place: Path) -> TileLog:
        given, signers = self.settings(place), server.load_signers(place)
        shared = self._open[place] = Shared(given["database"], given["lease"])
        assert shared.lead(lambda: None)
        return TileLog(Bucket(given["archive"], place / server.ARCHIVE), shared, signers[0][0].name, signers)

    def close(self) -> None:
        """Let go of every log that a test has opened."""
        for place in list(self._open):
            self._let_go(place)
        for given in self._given.values():
            self._postgresql.take_back(given["database"])

    def _let_go(self, place: Path) -> None:
        if place in self._open:
            self._open.pop(place).dispose()


current = Stores()


@contextmanager
def in_files() -> Iterator[None]:
    """Boards that are opened meanwhile keep their logs in files: they can be copied, and moved."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.support.stored.current", Stores())
        yield


@pytest.fixture(scope="module", params=["files", pytest.param("servers", marks=pytest.mark.process)])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Where boards keep their logs meanwhile; whoever opens one that outlives a test asks for this first."""
    if request.param == "files":
        yield current
        return
    made = Servers(*(request.getfixturevalue(name) for name in ("postgresql", "store")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.support.stored.current", made)
        yield made
    made.close()
