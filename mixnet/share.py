"""The second share of a credential: drawn for an application, kept in a file for its voter (specs/keysheet.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mixnet.keeping import read_digits, reading, spell, wipe, write
from mixnet.secrets import Secrets
from mixnet.speech import Trouble
from verifier.errors import Malformed
from verifier.log.note import decode_base64, encode_base64
from verifier.proof.group import IDENTITY, SIZE, G, Points

if TYPE_CHECKING:
    from pathlib import Path

    from verifier.client.application import VoterApplication

HEADER = b"aikyn/1 share: keep this file secret, whoever has it and the key sheet votes in your place\n"
PUBLIC = 3  # lines after the header: the election, K1, K


class SecondShare(NamedTuple):
    """A credential's second share; `first` is K1 and `key` K, the joint key."""

    election: str
    first: bytes
    key: bytes
    k2: Secrets


def give(file: Path, asked: VoterApplication) -> bytes:
    """Draw k2 for an application that stands, keep it, and return K; from a file that is there already, the same K.

    `Unproved` if its maker has not shown that K1 is theirs; `Trouble` if the file holds the share of another one.
    """
    asked.check()
    if file.exists():
        given = load(file)
        if (given.election, given.first) != (asked.election, asked.credential):
            raise Trouble("share.taken", file=file)
        return given.key
    k2 = Secrets.draw()
    key = _join(asked.credential, k2)
    if key == IDENTITY:  # once in 2^252 draws
        return give(file, asked)
    secret = k2.expose()
    digits = spell(secret)
    public = f"{asked.election}\n{encode_base64(asked.credential)}\n{encode_base64(key)}\n"
    try:
        write(file, HEADER, public.encode(), digits, b"\n")
    finally:
        wipe(secret, digits)
    return key


def load(file: Path) -> SecondShare:
    """The share in a file; `Trouble` if there is none, others may read it, or K is not K1 + k2·G, or the identity."""
    with reading(file, "share.absent") as text:
        try:
            given = _read(text)
            whole = _join(given.first, given.k2) == given.key
        except (ValueError, Malformed) as error:
            raise Trouble("share.none", file=file) from error
    if not whole or given.key == IDENTITY:
        raise Trouble("share.none", file=file)
    return given


def _join(first: bytes, k2: Secrets) -> bytes:
    """K = K1 + k2·G."""
    return bytes((k2 * G + Points.packed(first)).points())


def _read(text: bytearray) -> SecondShare:
    """ValueError or `Malformed` if it is no share."""
    if not text.startswith(HEADER):
        raise ValueError("no share")
    start, public = len(HEADER), []
    for _ in range(PUBLIC):
        end = text.index(b"\n", start)
        public.append(bytes(text[start:end]).decode())
        start = end + 1
    election, first, key = public
    if text[start + 2 * SIZE :].strip():
        raise ValueError("no share")
    k2 = Secrets.take(read_digits(text, start, SIZE))
    return SecondShare(election, decode_base64(first), decode_base64(key), k2)
