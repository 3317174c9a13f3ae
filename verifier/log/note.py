"""Signed notes and their keys, c2sp.org/signed-note (specs/log.md §3)."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from verifier import ed25519
from verifier.errors import Incomplete, Malformed, refuse, say

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey
except ImportError:  # `cryptography` before 47; 47 has it and raises UnsupportedAlgorithm
    MLDSA44PublicKey = None  # type: ignore[assignment, misc]

ED25519 = 0x01
COSIGNATURE = 0x04
ML_DSA_44 = 0x06
SIZES = {ED25519: (32, 64), COSIGNATURE: (32, 64), ML_DSA_44: (1312, 2420)}  # bytes of a public key, of a signature
MAX_NAME = 255
MAX_NOTE = 1 << 16
_DASH = b"\xe2\x80\x94 "


class Key(NamedTuple):
    """A verifier key: who signs (`name`), how (`type` 01, 04 or 06) and the public key, of Ed25519 or ML-DSA-44."""

    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        """First four bytes of SHA-256(name ‖ 0A ‖ type ‖ public key)."""
        return sha256(self.name.encode() + b"\n" + bytes([self.type]) + self.public).digest()[:4]

    @property
    def fingerprint(self) -> bytes:
        """What people compare by telephone: an Ed25519 key itself, the SHA-256 of a longer key."""
        return self.public if len(self.public) == 32 else sha256(self.public).digest()


class SignatureLine(NamedTuple):
    """One signature line: — name base64(key id ‖ blob)."""

    name: str
    key_id: bytes
    blob: bytes


class Note(NamedTuple):
    """A text that ends in a line feed, and the signature lines below it, in order."""

    text: bytes
    signatures: tuple[SignatureLine, ...]


def decode_key(vkey: str) -> Key:
    """Read a key's text form `name+hex8(key id)+base64(type ‖ public key)`."""
    name, _, rest = vkey.partition("+")
    shown_id, _, encoded = rest.partition("+")
    blob = decode_base64(encoded)
    if not blob or not _is_name(name) or len(name.encode()) > MAX_NAME:
        raise Malformed("a verifier key is name+id+base64 without spaces", vkey)
    if blob[0] not in SIZES:
        raise Incomplete(say("keys of type {} are not known to this version", f"{blob[0]:02x}"), vkey)
    key = Key(name, blob[0], blob[1:])
    if len(key.public) != SIZES[key.type][0]:
        raise Malformed(say("a public key of type {} has {} bytes", f"{key.type:02x}", SIZES[key.type][0]), vkey)
    if key.type != ML_DSA_44 and not ed25519.is_key(key.public):
        raise Malformed("this is not an Ed25519 public key of prime order", vkey)
    if shown_id != key.id.hex():
        raise Malformed(say("the key id should be {}", key.id.hex()), vkey)
    return key


def encode_key(key: Key) -> str:
    """The key's text form, as `decode_key` reads it."""
    return f"{key.name}+{key.id.hex()}+{encode_base64(bytes([key.type]) + key.public)}"


def decode(raw: bytes) -> Note:
    """Read a signed note; only the one spelling that `encode` writes is accepted."""
    if len(raw) > MAX_NOTE:
        raise Malformed(say("a note has at most {} bytes", MAX_NOTE))
    if any(byte < 0x20 and byte != 0x0A for byte in raw):
        raise Malformed("a note has no control characters")
    text, blank, lines = raw.rpartition(b"\n\n")
    if not blank:
        raise Malformed("a note has an empty line before its signatures")
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a note is UTF-8 text") from error
    note = Note(text + b"\n", decode_lines(lines))
    if not note.signatures:
        raise Malformed("a note has at least one signature line")
    return note


def encode(note: Note) -> bytes:
    """The note's bytes."""
    return note.text + b"\n" + encode_lines(note.signatures)


def decode_lines(raw: bytes) -> tuple[SignatureLine, ...]:
    """Read signature lines, each ended by a line feed."""
    lines = raw.split(b"\n")
    if lines.pop():
        raise Malformed("the last signature line is not ended")
    return tuple(_decode_line(line) for line in lines)


def encode_lines(signatures: Iterable[SignatureLine]) -> bytes:
    """Signature lines as bytes."""
    return b"".join(
        _DASH + name.encode() + b" " + b64encode(key_id + blob) + b"\n" for name, key_id, blob in signatures
    )


def check_signature(clause: str, where: str, key: Key, message: bytes, signature: bytes) -> None:
    """Refuse `clause` unless the key made `signature` over `message`; `Incomplete` if no library can tell."""
    try:
        _verify(key, message, signature)
    except InvalidSignature:
        refuse(clause, where, say("the signature of {} is false", key.name))
    except UnsupportedAlgorithm as error:
        raise Incomplete(
            say(
                "to check the ML-DSA-44 signature of {}, install `cryptography` 48 or newer, with OpenSSL 3.5 or newer",
                key.name,
            ),
            where,
            clause,
        ) from error


def decode_base64(text: str | bytes) -> bytes:
    """Standard padded base64, in its one spelling."""
    raw = text.encode(errors="replace") if isinstance(text, str) else text
    try:
        blob = b64decode(raw, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("this is not base64", raw[:80].decode(errors="replace")) from error
    if b64encode(blob) != raw:
        raise Malformed("this base64 has a second spelling", raw[:80].decode(errors="replace"))
    return blob


def encode_base64(blob: bytes) -> str:
    """Standard padded base64."""
    return b64encode(blob).decode()


def _verify(key: Key, message: bytes, signature: bytes) -> None:
    if key.type != ML_DSA_44:
        ed25519.verify(key.public, message, signature)
    elif MLDSA44PublicKey is None:
        raise UnsupportedAlgorithm("there is no ML-DSA-44")
    else:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)


def _decode_line(line: bytes) -> SignatureLine:
    name, _, encoded = line.removeprefix(_DASH).partition(b" ")
    if not line.startswith(_DASH):
        raise Malformed("a signature line is: — name base64", line[:80].decode(errors="replace"))
    try:
        shown = name.decode()
    except UnicodeDecodeError as error:
        raise Malformed("a note is UTF-8 text") from error
    blob = decode_base64(encoded)
    if not _is_name(shown) or len(blob) < 5:
        raise Malformed("a signature line has a name, a key id and a signature", shown)
    return SignatureLine(shown, blob[:4], blob[4:])


def _is_name(name: str) -> bool:
    """Whether a key may be called so; a space, "+", control character or lone surrogate would be read two ways."""
    return bool(name) and not any(
        letter == "+" or letter < " " or letter.isspace() or "\ud800" <= letter <= "\udfff" for letter in name
    )
