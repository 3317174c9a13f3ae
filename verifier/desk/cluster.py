"""A dask scheduler with one's own workers behind it, as `concurrent.futures.Executor` (specs/workers.md §3)."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple, Self

from distributed import Client
from distributed.security import Security

from verifier.desk import program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor
    from pathlib import Path

PORT = 8786
WAIT = 15  # seconds for the scheduler to answer, and for a first worker
HERE = ("localhost", "127.0.0.1", "[::1]")
FORM = re.compile(r"dask(\+plain)?://(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?/?")
FILES = ("ca.pem", "cert.pem", "key.pem")


class NoWorkers(Exception):
    """This cluster is not used; `key` and `values` say why, in the words of `workers.…`."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key, self.values = key, values


class Scheduler(NamedTuple):
    """Where the scheduler is; `plain`: without TLS."""

    host: str
    port: int
    plain: bool
    tls: Path | None

    @classmethod
    def of(cls, text: str, tls: Path | None) -> Self:
        """Read `dask://HOST[:PORT]`; to another machine only with the files of TLS, or as `dask+plain://`."""
        found = FORM.fullmatch(text)
        if found is None:
            raise NoWorkers("form", address=text)
        host, port = found[2], int(found[3] or PORT)
        if found[1] and tls is not None:
            raise NoWorkers("both", address=text)
        if tls is None and not found[1] and host not in HERE:
            raise NoWorkers("plain", host=host)
        missing = [name for name in FILES if tls is not None and not (tls / name).is_file()]
        if missing:
            raise NoWorkers("files", folder=str(tls), names=", ".join(missing))
        return cls(host, port, tls is None, tls)

    def __str__(self) -> str:
        return f"{'tcp' if self.plain else 'tls'}://{self.host}:{self.port}"

    def security(self) -> Security | None:
        """What both sides must show: a certificate of the cluster's own authority."""
        if self.tls is None:
            return None
        ca, cert, key = (str(self.tls / name) for name in FILES)
        return Security(tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True)


@contextmanager
def connected(address: Scheduler) -> Iterator[tuple[Executor, int]]:
    """An executor over the workers there, and how many; `NoWorkers` if none is, or one is another program."""
    try:
        client = Client(str(address), security=address.security(), timeout=WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoWorkers("absent", address=str(address), reason=str(error)) from error
    try:
        yield client.get_executor(pure=False), _compare(client, address)
    finally:
        client.close(timeout=WAIT)


def _compare(client: Client, address: Scheduler) -> int:
    """The number of workers, which all have this very verifier."""
    try:
        client.wait_for_workers(1, timeout=WAIT)
        theirs: dict[str, bytes] = client.run(program.digest)
    except Exception as error:
        raise NoWorkers("absent", address=str(address), reason=f"{type(error).__name__}: {error}") from error
    own = program.digest()
    others = [worker for worker, digest in theirs.items() if digest != own]
    if others:
        raise NoWorkers("differ", workers=", ".join(sorted(others)))
    return len(theirs)
