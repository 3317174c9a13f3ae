"""Records: their coding, the values they share, and how key holders sign them (specs/records.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature

from verifier import ed25519
from verifier.errors import Incomplete, Malformed, refuse, say
from verifier.place import NOWHERE, Place

LIMIT = 65_535  # bytes of a record: what an entry of a tile's bundle can hold
_BYTES16 = msgspec.Meta(min_length=16, max_length=16, extra_json_schema={"pattern": "^[A-Za-z0-9+/]{22}==$"})
_BYTES32 = msgspec.Meta(min_length=32, max_length=32, extra_json_schema={"pattern": "^[A-Za-z0-9+/]{43}=$"})
_BYTES64 = msgspec.Meta(min_length=64, max_length=64, extra_json_schema={"pattern": "^[A-Za-z0-9+/]{86}==$"})

Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]  # $ would let a line feed follow
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Bytes16 = Annotated[bytes, _BYTES16]
Bytes32 = Annotated[bytes, _BYTES32]
Bytes64 = Annotated[bytes, _BYTES64]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A value inside a record. What is read from bytes holds no circle: there is nothing to be collected."""


class Text(Part, frozen=True):
    """A text in the three languages."""

    en: str
    ky: str
    ru: str


class Blob(Part, frozen=True):
    """A file beside the log, by length in bytes and SHA-256."""

    length: Number
    sha256: Bytes32

    @classmethod
    def of(cls, data: bytes) -> Blob:
        return cls(len(data), hashlib.sha256(data).digest())


Blobs = Callable[[bytes], bytes | None]  # by SHA-256, None where there is none


def fetch(blobs: Blobs, blob: Blob, where: Place, id: str = "") -> bytes:
    """A blob's bytes; `Incomplete`, of clause `id`, if this copy lacks it or holds another (specs/records.md §2)."""
    data = blobs(blob.sha256)
    if data is None:
        raise Incomplete(say("blob {} is missing", blob.sha256.hex()), where, id)
    if Blob.of(data) != blob:
        raise Incomplete(say("blob {} is damaged in this copy", blob.sha256.hex()), where, id)
    return data


class Record(Part, frozen=True, tag_field="type"):
    """A leaf of the log; its kinds are declared beside the ideas they belong to."""


class Countersigned(Record, frozen=True):
    """A record that a commission can sign without the key holder: its signature has 64 bytes, or none."""

    signature: Annotated[bytes, msgspec.Meta(extra_json_schema={"pattern": "^([A-Za-z0-9+/]{86}==)?$"})]

    def __post_init__(self) -> None:
        if len(self.signature) not in {0, 64}:
            raise ValueError("a signature has 64 bytes, or none")


def kind(record: Record) -> str:
    """The record's type, as it is coded."""
    return str(record.__struct_config__.tag)


R = TypeVar("R")
encode: Callable[[Any], bytes] = msgspec.json.Encoder(order="sorted").encode  # canonically (specs/records.md §1)


class Codec(Generic[R]):
    """Reads the canonical coding of one type, and nothing else."""

    def __init__(self, kind: type[R] | Any) -> None:  # noqa: ANN401  a union of structs is not a type
        self._decode: Callable[[bytes], R] = msgspec.json.Decoder(kind).decode

    def decode(self, raw: bytes, where: Place | str = NOWHERE) -> R:
        """`Malformed` unless `raw` is exactly the coding of the value that it reads as."""
        try:
            value = self._decode(raw)
        except (ValueError, RecursionError) as error:
            raise Malformed(say("not a known form: {}", str(error)), where) from error
        if encode(value) != raw:
            raise Malformed("not in canonical form: sorted keys, no white space, one spelling of each value", where)
        return value


def signed_bytes(manifest: bytes, record: Record) -> bytes:
    """What a key holder signs: the record with an empty signature, and the manifest's digest (specs/records.md §4)."""
    return b"aikyn/1 record\n" + manifest + encode(msgspec.structs.replace(record, signature=bytes(64)))


def check_key_holder(key: bytes, manifest: bytes, record: Any, where: Place) -> None:  # noqa: ANN401  has a signature
    """The record is signed by its holder's Ed25519 key (CRT.3)."""
    try:
        ed25519.verify(key, signed_bytes(manifest, record), record.signature)
    except InvalidSignature:
        refuse("CRT.3", where, "the signature is not by the key of its holder")
