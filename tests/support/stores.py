"""Stores in processes of their own: an S3 server that can be made slow or broken, and an archive in a bucket of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from bulletin.log.bucket import Bucket

SERVER = """
import logging, sys, time
from pathlib import Path
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

logging.getLogger("werkzeug").setLevel(logging.ERROR)
answer, fault = DomainDispatcherApplication(create_backend_app), Path(sys.argv[1])

def bend(environ, start_response):
    said = fault.read_text() if fault.exists() else ""
    if said.startswith("slow"):
        time.sleep(float(said.split()[1]))
    if said == "broken":
        start_response("503 Service Unavailable", [("Content-Length", "0")])
        return []
    return answer(environ, start_response)

server = make_server("127.0.0.1", 0, bend, threaded=True)
print(server.port, flush=True)
server.serve_forever()
"""
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "not a secret"}
numbers = count(1)


class Store(NamedTuple):
    """An S3 server; each archive has a bucket of its own."""

    url: str
    fault: Path

    def make(self) -> str:
        """The address of a new, empty archive."""
        bucket = f"{self.url}/log-{next(numbers)}"
        requests.put(bucket, timeout=10).raise_for_status()
        return f"{bucket}/archive"

    @contextmanager
    def bent(self, fault: str) -> Iterator[None]:
        """Meanwhile the store is `broken`, or `slow SECONDS`."""
        self.fault.write_text(fault)
        try:
            yield
        finally:
            self.fault.unlink()


@contextmanager
def storing(place: Path) -> Iterator[Store]:
    """An S3 server that lives meanwhile."""
    fault = place / "fault"
    command = [sys.executable, "-c", SERVER, str(fault)]
    quiet = subprocess.DEVNULL  # moto tells at length of a reader whose file was replaced meanwhile
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True) as process:
        assert process.stdout is not None
        try:
            yield Store(f"http://127.0.0.1:{int(process.stdout.readline())}", fault)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch, storing(tmp_path_factory.mktemp("store")) as store:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        yield store


@pytest.fixture
def bucket(store: Store, tmp_path: Path) -> Bucket:
    return Bucket(store.make(), tmp_path / "copy")
