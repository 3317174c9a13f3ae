"""One request and its answer, as plain values: no server and no framework is in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from bulletin.board.admission import Refusal
from verifier.records import encode

JSON, BYTES = "application/json", "application/octet-stream"
PLAIN, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
WRITES = frozenset({"POST", "PUT"})
PIECE = 1 << 16  # bytes of a file that are read at once


@dataclass(slots=True)
class HttpRequest:
    """One request, read as far as its route wants it.

    Names of headers are in lower case. `body` is whole, or as much of it as shows that it is too long; a route that
    streams gets `read` instead, which gives at most so many bytes, and none at the end. `about` is what a refusal says
    was refused, as `record <leaf>`.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""
    read: Callable[[int], bytes] = lambda _: b""
    about: str = ""

    @property
    def media(self) -> str:
        """The body's media type, in lower case and without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def length(self) -> int | None:
        """The body's length in bytes, if the sender said it."""
        said = self.headers.get("content-length", "")
        return int(said) if said.isdecimal() and "transfer-encoding" not in self.headers else None

    def check_media(self, media: str) -> None:
        """Refuse a body of another type."""
        if self.media != media:
            raise Refusal("media-type", f"send this as {media}")


class Piecewise(NamedTuple):
    """So many bytes of an open file, from where it stands: for answers that are too great to be held whole."""

    file: BinaryIO
    length: int


class Reply(NamedTuple):
    """One answer; names of headers are in lower case, and the frame's are added where it does not say otherwise."""

    status: int
    headers: Mapping[str, str]
    body: bytes | Piecewise = b""


class Headers(dict[str, str]):
    """Headers as they are written, for answers that differ in their bodies alone; ValueError if one has a line feed."""

    __slots__ = ("lines",)

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__(given)
        self.lines = "".join(f"{name}: {value}\r\n" for name, value in given.items()).encode("latin-1")
        if self.lines.count(b"\n") != len(self):
            raise ValueError("a header is one line")


class Framed(NamedTuple):
    """An answer with all that it says of itself, but for its length and the date."""

    status: int
    headers: Headers
    body: bytes | Piecewise


def say(value: object, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(status, {"content-type": JSON}, encode(value) + b"\n")
