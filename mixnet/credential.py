"""A credential's file: the voter's secret key, as a text that only its owner can read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mixnet.ballot import Credential
from mixnet.secrets import Secrets
from mixnet.speech import Trouble
from verifier.errors import Malformed

if TYPE_CHECKING:
    from pathlib import Path

HEADER = b"aikyn/1 credential: keep this file secret, whoever has it votes in your place\n"
OTHERS = 0o077
DIGITS = b"0123456789abcdef"
SIZE = 32


def make(file: Path) -> None:
    """Draw a credential and keep it, readable by its owner alone; FileExistsError rather than overwrite."""
    secret = Secrets.draw().expose()
    digits = bytearray(DIGITS[half] for byte in secret for half in divmod(byte, 16))
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as kept:
            kept.write(HEADER)
            kept.write(digits)
            kept.write(b"\n")
            os.fsync(kept.fileno())
    finally:
        _wipe(secret, digits)


def load(file: Path) -> Credential:
    """The credential in a file; `Trouble` if there is none, or others may read it."""
    if not file.is_file():
        raise Trouble("trouble.absent", file=file)
    if file.stat().st_mode & OTHERS:
        raise Trouble("trouble.open", file=file)
    text, secret = bytearray(file.stat().st_size), bytearray(SIZE)
    with file.open("rb", buffering=0) as kept:
        kept.readinto(text)
    try:
        _read(text, secret)
        return Credential(Secrets.take(secret[:]))
    except (ValueError, IndexError, Malformed) as error:
        raise Trouble("trouble.none", file=file) from error
    finally:
        _wipe(text, secret)


def _read(text: bytearray, secret: bytearray) -> None:
    """Digits behind the header into `secret`, without a copy that nobody can wipe; ValueError if they are not that."""
    start, end = len(HEADER), len(HEADER) + 2 * SIZE
    if not text.startswith(HEADER) or text[end:].strip():
        raise ValueError("no credential")
    for at in range(SIZE):
        high, low = (DIGITS.index(text[start + 2 * at + half]) for half in (0, 1))
        secret[at] = 16 * high + low


def _wipe(*buffers: bytearray) -> None:
    for buffer in buffers:
        buffer[:] = bytes(len(buffer))
