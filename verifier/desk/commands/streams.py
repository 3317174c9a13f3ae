"""Standard output and error that never fail: the reader may go, the disk may fill, the terminal may lack letters.

The verdict fixes the exit status, whatever becomes of the output.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What a terminal that cannot show a sign is given instead.
NEAREST = {
    **dict(zip("үөңҮӨҢ", "уонУОН", strict=True)),
    **dict(zip("–—−·“”«»\u2018\u2019\u00a0", '---*""""\'\' ', strict=True)),
    "…": "...",
    "≠": "/=",
    "№": "No",
}


class Steady(io.RawIOBase):
    """A file descriptor to write to; after the first failure, which is `lost`, what is written is dropped."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.lost: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any, /) -> int:  # noqa: ANN401  any buffer, as os.write takes it
        if self.lost is None:
            try:
                return os.write(self._descriptor, data)
            except OSError as error:
                self.lost = error
        return len(data)


@contextmanager
def steady(lost: Callable[[str], None]) -> Iterator[None]:
    """Standard output and error are steady inside; `lost` gets the reason if awaited output was not written.

    Where a test or another program has put its own streams in their place, nothing is changed.
    """
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        yield
        return
    out, err = Steady(_descriptor(sys.stdout, 1)), Steady(_descriptor(sys.stderr, 2))
    sys.stdout, sys.stderr = _text(out, sys.stdout), _text(err, sys.stderr)
    try:
        yield
    finally:
        sys.stdout.flush()
        if out.lost is not None and out.lost.errno != errno.EPIPE:
            lost(out.lost.strerror or str(out.lost))
        sys.stderr.flush()


def _descriptor(stream: TextIO | None, usual: int) -> int:
    """The stream's descriptor; if it was closed before this program began, that of a file that is never seen."""
    with suppress(OSError, AttributeError, ValueError):
        os.fstat(usual)
        return stream.fileno() if stream else usual
    return os.open(os.devnull, os.O_WRONLY)


def _text(raw: Steady, former: TextIO | None) -> io.TextIOWrapper:
    encoding = former.encoding if former else "utf-8"
    errors = f"aikyn.{encoding}"
    codecs.register_error(errors, partial(_nearest, encoding))
    # In lines, so that what two streams of one terminal say stands in the order in which it was said.
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors, line_buffering=True)


def _nearest(encoding: str, error: UnicodeError) -> tuple[str, int]:
    """What is written in place of a sign that an encoding lacks: the nearest sign, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(_shown(NEAREST.get(sign, "?"), encoding) for sign in signs), error.end


def _shown(sign: str, encoding: str) -> str:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return "?"
    return sign
