"""Vectors of ristretto255 points and scalars, packed: bytes in, bytes out.

Points are canonical 32-byte encodings (RFC 9496), scalars canonical 32-byte little-endian integers below the order.
Lengths that do not fit, encodings and scalars that are not canonical raise ValueError. The lock is released meanwhile.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias, final

Octets: TypeAlias = bytes | bytearray | memoryview
Points: TypeAlias = Octets | Decoded

NAME: Final[str]
LANES: Final[tuple[str, ...]]
BASE: Final[bytes]

@final
class Decoded:
    """An immutable vector of decoded points."""

    def __len__(self) -> int: ...
    def encode(self) -> bytes:
        """The canonical encodings."""

@final
class Packed:
    """A map from `key` bytes to `value` bytes, a set where these are none, in the order in which its keys came.

    It holds the interpreter's lock. A row is a key and its value; other widths are a ValueError.
    """

    def __init__(self, key: int, value: int = 0) -> None: ...
    @staticmethod
    def decode(coded: bytes) -> Packed:
        """What `bytes` gave; ValueError if it is none, or a key occurs twice."""
    def __bytes__(self) -> bytes:
        """The widths of keys and values, four bytes each, and the rows."""
    def __len__(self) -> int: ...
    def __contains__(self, key: bytes) -> bool: ...
    def __iter__(self) -> Iterator[bytes]:
        """The keys."""
    def get(self, key: bytes) -> bytes | None:
        """The key's value, if it is there."""
    def put(self, key: bytes, value: bytes = b"") -> None:
        """Give the key this value; a key that is there keeps its place."""
    def extend(self, rows: bytes) -> None:
        """Put rows that are joined."""
    def lacks(self, keys: bytes) -> bool:
        """Whether none of these joined keys is there, nor twice among them."""
    def take(self, order: Sequence[int], start: int, end: int) -> bytes:
        """Bytes `start` to `end` of the rows of these numbers, joined."""

def set_threads(n: int) -> None:
    """Share the work among n threads from now on; 0 means one for each processor."""

def threads() -> int:
    """How many threads share the work."""

def set_lanes(name: str) -> None:
    """Compute over these of LANES from now on, to compare them; ValueError if it is none of LANES."""

def decode(points: Octets) -> Decoded:
    """Read canonical encodings, each once."""

def derive(uniform: Octets) -> Decoded:
    """Twice the RFC 9496 §4.3.4 map of each 64 bytes."""

def hash_to_group(uniform: Octets) -> bytes:
    """The RFC 9496 §4.3.4 map of each 64 bytes, encoded."""

def first_undecodable(points: Octets) -> int | None:
    """The index of the first encoding that is not canonical; the identity is canonical."""

def msm(terms: Iterable[tuple[Points, Octets, Octets | None]]) -> bytes:
    """Sum of outer · Σ scalars[i]·points[i], in variable time; without scalars only decoded, no outer means 1.

    Terms are asked for when those before are added, some 65,536 points at a time; no more of them is kept.
    """

def msm_secret(points: Points, scalars: Octets) -> bytes:
    """Σ scalars[i]·points[i] in constant time."""

def dalek_msm(points: Decoded, scalars: Octets) -> bytes:
    """curve25519-dalek's own variable-time product on one thread, to measure against."""

def rows(terms: Sequence[tuple[Points, Octets | None]], n: int) -> bytes:
    """Row i is the sum over the terms of points[i]·scalars[i], in constant time; one point or scalar serves all."""

def scalars_first_noncanonical(a: Octets) -> int | None:
    """The index of the first scalar that is not below the group order."""

def scalars_reduce(wide: Octets) -> bytearray:
    """64-byte little-endian integers modulo the group order."""

def scalars_add(a: Octets, b: Octets) -> bytearray:
    """Element by element; a vector of one element serves every element of the other."""

def scalars_sub(a: Octets, b: Octets) -> bytearray:
    """Element by element; a vector of one element serves every element of the other."""

def scalars_mul(a: Octets, b: Octets) -> bytearray:
    """Element by element; a vector of one element serves every element of the other."""

def scalars_sum(a: Octets) -> bytearray:
    """The sum."""

def scalars_dot(a: Octets, b: Octets) -> bytearray:
    """The sum of the products."""

def scalars_products(a: Octets) -> bytearray:
    """The running products a₀, a₀a₁ and so on."""

def scalars_invert(a: Octets) -> bytearray:
    """The inverses; ValueError on zero."""

def take(items: Octets, order: Sequence[int]) -> bytearray:
    """The points or scalars at these indices, in this order; ValueError if an index is out of range."""

def sha512_rows(segments: Sequence[tuple[Octets, int]], n: int) -> bytes:
    """Digests of 64 bytes: row i hashes each (data, 0) whole and each (data, width) from i·width to (i+1)·width."""

def columns(rows: Sequence[bytes], widths: Sequence[int]) -> list[bytes]:
    """For each width its column: the rows are parts of these widths joined; ValueError names the first that is not."""
