"""Heads: where a request leads, and what is said above the body of an answer."""

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from time import time
from urllib.parse import unquote

from httptools import HttpParserInvalidURLError, parse_url

from bulletin.http.exchange import Framed

FIRST_LINES = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
KEPT = 256  # targets that were read
BODILESS = frozenset({204, 304})


def write_head(reply: Framed, length: int, *, keeps: bool) -> bytes:
    """The head of an answer with so many bytes; it says so if the connection does not outlive it."""
    size = b"" if reply.status in BODILESS else b"content-length: %d\r\n" % length
    end = b"" if keeps else b"connection: close\r\n"
    return b"".join((FIRST_LINES[reply.status], reply.headers.lines, size, end, _say_date(int(time()))))


@lru_cache(1)
def _say_date(now: int) -> bytes:
    """The line that ends a head."""
    return f"date: {formatdate(now, usegmt=True)}\r\n\r\n".encode()


@lru_cache(KEPT)
def read_target(target: bytes) -> tuple[str, str]:
    """Path and query of what is asked for, which may be a whole URL."""
    if not target.startswith(b"/"):
        try:
            parsed = parse_url(target)
        except HttpParserInvalidURLError:
            return target.decode("latin-1"), ""
        path, query = parsed.path or b"", parsed.query or b""
    else:
        path, _, query = target.partition(b"?")
    return unquote(path.decode("utf-8", "replace")), query.decode("latin-1")
