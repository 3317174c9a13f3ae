"""Requests out of bytes: httptools says where their parts begin and end, and what may come is bounded (api.md §11)."""

from typing import Protocol

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser

from bulletin.board.admission import Refusal
from bulletin.http.exchange import HttpRequest
from bulletin.http.heads import read_target
from bulletin.http.incoming import SMALL

BUFFER = 1 << 16  # bytes that are read at once, and most of a head
NAMES = 100  # most headers of a request
RAW = 8 * SMALL  # most bytes in which a small body comes: a chunk of one byte has six


class Listener(Protocol):
    """Who is told of requests, in the order of their bytes."""

    def begin(self, asked: HttpRequest, *, keeps: bool) -> None:
        """A head is here; `keeps` says whether its sender wants to ask more."""

    def add(self, piece: bytes) -> None:
        """Some of a body."""

    def complete(self) -> None:
        """All of a request is here."""

    def close_with(self, refusal: Refusal) -> None:
        """What comes is no request, and nothing behind it is one."""


class RequestReader:
    """Tells a listener of the requests in what it is fed; whatever the listener raises is HttpParserCallbackError.

    `since` counts the bytes since a head or a body ended.
    """

    def __init__(self, listener: Listener) -> None:
        self.since = 0
        self.on_body = listener.add
        self._listener, self._in_body = listener, False
        self._target = b""
        self._headers: dict[str, str] = {}
        self._parser = HttpRequestParser(self)

    def feed(self, data: memoryview) -> None:
        """Read on."""
        self.since += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserCallbackError:
            raise
        except HttpParserUpgrade:
            self._listener.close_with(say_bad("ask without `Upgrade`: this server speaks HTTP/1.1 alone"))
        except HttpParserError:
            self._listener.close_with(say_bad("this is no HTTP/1.1 that can be read; send it again"))
        if not self._in_body and self.since > BUFFER:
            self._listener.close_with(say_bad(f"the head of a request has at most {BUFFER:,} bytes", 431))

    # What the parser says; of a body, the listener hears at once

    def on_message_begin(self) -> None:
        """A head begins."""
        self._target, self._headers = b"", {}

    def on_url(self, part: bytes) -> None:
        """Some of the target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of a head; those that follow a body in chunks say nothing."""
        if not self._in_body:
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")
            if len(self._headers) > NAMES:
                self._listener.close_with(say_bad(f"a request has at most {NAMES} headers", 431))

    def on_headers_complete(self) -> None:
        """A head is here."""
        self.since, self._in_body = 0, True
        asked = HttpRequest(self._parser.get_method().decode(), *read_target(self._target), self._headers)
        keeps = self._parser.get_http_version() == "1.1" and self._parser.should_keep_alive()
        self._listener.begin(asked, keeps=keeps)

    def on_message_complete(self) -> None:
        """All of a request is here."""
        self.since, self._in_body = 0, False
        self._listener.complete()


def say_bad(detail: str, status: int = 400) -> Refusal:
    """The refusal of what cannot be read."""
    return Refusal("malformed", detail, status=status)
