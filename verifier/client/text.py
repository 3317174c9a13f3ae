"""Text files as people's programs save them: a mark of the encoding in front, UTF-16, lines that end in CR LF."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, NamedTuple

from verifier.errors import Malformed, say

if TYPE_CHECKING:
    from pathlib import Path

# UTF-32's mark begins with UTF-16's, so it stands first.
MARKS = (
    (codecs.BOM_UTF8, "UTF-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16-be"),
)


class PlainText(NamedTuple):
    """A text in UTF-8 without a mark, lines ending in LF; `encoding` is the one that its mark names, if it has one."""

    data: bytes
    encoding: str = ""


def plain(raw: bytes) -> PlainText:
    """The text as it was meant, whatever program saved it; `Malformed` if it is not in the encoding that it names."""
    for mark, name, codec in MARKS:
        if raw.startswith(mark):
            try:
                data = raw.removeprefix(mark).decode(codec).encode()
            except UnicodeError as error:
                raise Malformed(say("this file begins as {} and is not: save it as UTF-8", name)) from error
            return PlainText(data.replace(b"\r\n", b"\n"), name)
    return PlainText(raw.replace(b"\r\n", b"\n"))


def read(path: Path) -> bytes:
    """The text in a file, plain; `OSError` or `Malformed` if it cannot be read."""
    return plain(path.read_bytes()).data
