"""Files of secrets that only their owner can read: written whole, never over another, wiped from memory."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mixnet.speech import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHERS = 0o077
DIGITS = b"0123456789abcdef"


def write(file: Path, *parts: bytes | bytearray) -> None:
    """Write a file of mode 0600, beside its place and then in it; FileExistsError rather than overwrite."""
    if file.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(file))
    beside = file.with_name(f".{file.name}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as kept:
        for part in parts:
            kept.write(part)
        os.fsync(kept.fileno())
    beside.rename(file)


@contextmanager
def reading(file: Path, absent: str) -> Iterator[bytearray]:
    """A file's bytes, wiped afterwards; `Trouble` if there is none (the sentence `absent`) or others may read it."""
    if not file.is_file():
        raise Trouble(absent, file=file)
    if file.stat().st_mode & OTHERS:
        raise Trouble("trouble.open", file=file)
    text = bytearray(file.stat().st_size)
    with file.open("rb", buffering=0) as kept:
        kept.readinto(text)
    try:
        yield text
    finally:
        wipe(text)


def spell(secret: bytearray) -> bytearray:
    """The bytes in hexadecimal."""
    return bytearray(DIGITS[half] for byte in secret for half in divmod(byte, 16))


def read_digits(text: bytearray, start: int, size: int) -> bytearray:
    """`size` bytes in hexadecimal at `start`, without a copy that nobody can wipe; ValueError if they are not that."""
    secret = bytearray(size)
    if len(text) < start + 2 * size:
        raise ValueError("too short")
    for at in range(size):
        high, low = (DIGITS.index(text[start + 2 * at + half]) for half in (0, 1))
        secret[at] = 16 * high + low
    return secret


def wipe(*buffers: bytearray) -> None:
    """Overwrite with zeros."""
    for buffer in buffers:
        buffer[:] = bytes(len(buffer))
