"""Addresses that serve whatever a test wants, over real HTTP: every header and byte is the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple


class Served(NamedTuple):
    """What a server answers."""

    status: int
    headers: dict[str, str]
    body: bytes


Answer = Callable[[str, dict[str, str]], Served]


@contextmanager
def addressed(answer: Answer) -> Iterator[str]:
    """A real HTTP server; what it gives for a path and the headers of the request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = answer(self.path, {name.lower(): said for name, said in self.headers.items()})
            self.send_response(given.status)
            for name, said in given.headers.items():
                self.send_header(name, said)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
