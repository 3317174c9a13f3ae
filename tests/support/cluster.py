"""A dask scheduler and its workers on this machine, as processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import psutil

from tests.support.house import HOUSE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PATIENCE = 60.0


class Cluster(NamedTuple):
    """Where the scheduler is, and the processes of it and of its workers."""

    port: int
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]

    def spent(self) -> tuple[float, float]:
        """Seconds of processor time that the scheduler and all workers together have taken so far."""
        taken = [psutil.Process(process.pid).cpu_times() for process in (self.scheduler, *self.workers)]
        scheduler, *workers = (times.user + times.system for times in taken)
        return scheduler, sum(workers)

    def kill(self, number: int) -> None:
        """Without a farewell, as a machine that loses its power."""
        self.workers[number].send_signal(signal.SIGKILL)
        self.workers[number].wait()


@contextmanager
def cluster(workers: int, *files: str, threads: int = 1, code: Path = HOUSE) -> Iterator[Cluster]:
    """So many workers, running; `files` are options of TLS, `code` is where their verifier is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    kind = "tls" if files else "tcp"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port), "--protocol", kind]
    worker = ["worker", f"{kind}://127.0.0.1:{port}", "--nthreads", "1", "--no-nanny", "--memory-limit", "0"]
    environment = os.environ | {"PYTHONPATH": str(code), "RAYON_NUM_THREADS": str(threads)}

    def start(line: Sequence[str]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *line, "--no-dashboard", *files]
        return subprocess.Popen(command, env=environment, cwd=code, stderr=subprocess.DEVNULL)

    running = [start(scheduler)]
    try:
        _await(port)
        running += [start(worker) for _ in range(workers)]
        yield Cluster(port, running[0], running[1:])
    finally:
        for process in running:
            process.kill()
            process.wait()


def _await(port: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the scheduler does not start")
