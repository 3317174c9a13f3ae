"""What a PDF holds, read without a library: its streams, its pages, the letters that can be copied out of it."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def streams(pdf: bytes) -> Iterator[bytes]:
    """The contents of the PDF's streams, inflated where they are deflated; the last byte of a checksum may be a CR."""
    for found in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            yield zlib.decompressobj().decompress(found[1])
        except zlib.error:
            yield found[1]


def everything(pdf: bytes) -> bytes:
    """The PDF with its streams laid open."""
    return pdf + b"".join(streams(pdf))


def pages(pdf: bytes) -> int:
    """How many there are."""
    return len(re.findall(rb"/Type ?/Page\b", everything(pdf)))


def letters(pdf: bytes) -> set[str]:
    """What the fonts' maps give back when the text is copied or read aloud."""
    maps = b"".join(stream for stream in streams(pdf) if b"begincmap" in stream)
    codes = re.findall(rb"<[0-9A-Fa-f]+> ?<([0-9A-Fa-f]+)>", maps)
    return {letter for code in codes for letter in bytes.fromhex(code.decode()).decode("utf-16-be", "replace")}
