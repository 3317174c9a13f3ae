"""A map of keys of one size to values of one size, which the kernel keeps packed, in plain Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

V = TypeVar("V")
WIDEST = 1 << 20  # bytes of a row


class Packed(ABC):  # noqa: B024  others are registered, and need nothing of it
    """A map from `key` bytes to `value` bytes, a set where these are none, in the order in which its keys came.

    A row is a key and its value. Other widths are a ValueError. The kernel's own class is registered as one of these.
    """

    def __init__(self, key: int, value: int = 0) -> None:
        if not 0 < key <= key + value <= WIDEST:
            raise ValueError(f"there is no map of {key} bytes to {value} bytes")
        self._key, self._value = key, value
        self._rows: dict[bytes, bytes] = {}

    @staticmethod
    def decode(coded: bytes) -> Packed:
        """What `bytes` gave; ValueError if it is none, or a key occurs twice."""
        if len(coded) < 8:
            raise ValueError(f"{len(coded)} bytes do not say how wide rows are")
        packed = Packed(*(int.from_bytes(coded[at : at + 4], "big") for at in (0, 4)))
        packed.extend(coded[8:])
        if len(packed) * (packed._key + packed._value) != len(coded) - 8:
            raise ValueError(f"a key occurs twice: there are {len(packed)}")
        return packed

    def __bytes__(self) -> bytes:
        """The widths of keys and values, four bytes each, and the rows."""
        widths = self._key.to_bytes(4, "big") + self._value.to_bytes(4, "big")
        return widths + b"".join([part for row in self._rows.items() for part in row])

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: bytes) -> bool:
        return self._fit(key) in self._rows

    def __eq__(self, other: object) -> bool:
        """Whether it has the same rows in the same order."""
        return bytes(self) == bytes(other) if isinstance(other, Packed) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._rows)

    def get(self, key: bytes) -> bytes | None:
        """The key's value, if it is there."""
        return self._rows.get(self._fit(key))

    def put(self, key: bytes, value: bytes = b"") -> None:
        """Give the key this value; a key that is there keeps its place."""
        if len(value) != self._value:
            raise ValueError(f"{len(value)} bytes are not items of {self._value} bytes")
        self._rows[self._fit(key)] = value

    def extend(self, rows: bytes) -> None:
        """Put rows that are joined."""
        for row in _cut(rows, self._key + self._value):
            self.put(row[: self._key], row[self._key :])

    def lacks(self, keys: bytes) -> bool:
        """Whether none of these joined keys is there, nor twice among them."""
        several = _cut(keys, self._key)
        return len(set(several)) == len(several) and self._rows.keys().isdisjoint(several)

    def take(self, order: Sequence[int], start: int, end: int) -> bytes:
        """Bytes `start` to `end` of the rows of these numbers, joined."""
        rows = list(self._rows.items())
        if not 0 <= start <= end <= self._key + self._value or any(not 0 <= number < len(rows) for number in order):
            raise ValueError("an index is out of range")
        return b"".join([b"".join(rows[number])[start:end] for number in order])

    def _fit(self, key: bytes) -> bytes:
        if len(key) != self._key:
            raise ValueError(f"{len(key)} bytes are not items of {self._key} bytes")
        return key


@dataclass(eq=False)
class Keyed(Mapping[bytes, V]):
    """A packed map whose values mean something."""

    rows: Packed

    @abstractmethod
    def read(self, value: bytes) -> V:
        """What a value means."""

    def __getitem__(self, key: bytes) -> V:
        value = self.rows.get(key)
        if value is None:
            raise KeyError(key)
        return self.read(value)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, key: bytes, default: V | None = None) -> V | None:  # type: ignore[override]  # as quick as can be
        value = self.rows.get(key)
        return default if value is None else self.read(value)


def _cut(packed: bytes, width: int) -> list[bytes]:
    if len(packed) % width:
        raise ValueError(f"{len(packed)} bytes are not items of {width} bytes")
    return [packed[at : at + width] for at in range(0, len(packed), width)]
