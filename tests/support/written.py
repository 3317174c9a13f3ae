"""Logs written in tests: their keys, their numbered entries, and how they are published without witnesses."""

from __future__ import annotations

from nacl.signing import SigningKey

from bulletin.log.tilelog import TileLog
from verifier.log.note import ED25519, Key

SECRET = SigningKey(b"the key of a log in a test, 32 b")
KEY = Key("log.example", ED25519, bytes(SECRET.verify_key))
NEXT_SECRET = SigningKey(b"the next key of it, after a time")
NEXT = Key("log.example", ED25519, bytes(NEXT_SECRET.verify_key))
SIGNERS = {
    KEY: (KEY, lambda message: SECRET.sign(message).signature),
    NEXT: (NEXT, lambda message: NEXT_SECRET.sign(message).signature),
}


def publish(log: TileLog, entries: list[bytes]) -> None:
    log.append(entries)
    log.publish(log.integrate().raw)


def number(count: int, start: int = 0) -> list[bytes]:
    return [b"entry %d" % index for index in range(start, start + count)]
