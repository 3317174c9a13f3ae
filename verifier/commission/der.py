"""Strict DER (X.690): each value that is read has one coding, and no other is taken (specs/certificates.md §2)."""

from __future__ import annotations

from typing import NamedTuple

from verifier.errors import Malformed, say

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OBJECT_IDENTIFIER = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
LONGEST_IDENTIFIER = 100  # bytes


class Element(NamedTuple):
    """One element: its tag, its contents, and all its bytes."""

    tag: int
    body: bytes
    raw: bytes


class Elements:
    """Reads elements in their order, from the first byte to the last; `end` refuses what is left."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def more(self) -> bool:
        """Whether something is left."""
        return bool(self._raw)

    def any(self) -> Element:
        """The next element."""
        raw = self._raw
        if len(raw) < 2 or raw[0] & 0x1F == 0x1F:
            raise Malformed("an element has a tag of one byte, and a length")
        start, length = 2, raw[1]
        if length >= 0x80:
            start += length - 0x80
            length = int.from_bytes(raw[2:start], "big")
            if length < 0x80 or raw[2] == 0:
                raise Malformed("a length is not definite and in the fewest bytes")
        if len(raw) < start + length:
            raise Malformed("an element ends behind what holds it")
        self._raw = raw[start + length :]
        return Element(raw[0], raw[start : start + length], raw[: start + length])

    def next(self, tag: int) -> Element:
        """The next element, which has this tag."""
        element = self.any()
        if element.tag != tag:
            raise Malformed(say("an element has the tag {}, not {}", f"{element.tag:02x}", f"{tag:02x}"))
        return element

    def inside(self, tag: int) -> Elements:
        """A reader of what the next element holds."""
        return Elements(self.next(tag).body)

    def flag(self) -> bool:
        """A BOOLEAN whose default is FALSE."""
        if self._raw[:1] != bytes([BOOLEAN]):
            return False
        if self.any().body != b"\xff":
            raise Malformed("TRUE is coded as FF, and FALSE is left out")
        return True

    def end(self) -> None:
        """Nothing is left."""
        if self._raw:
            raise Malformed(say("{} bytes are left over", len(self._raw)))

    def integer(self) -> int:
        """An INTEGER."""
        body = self.next(INTEGER).body
        if not body or (len(body) > 1 and body[0] in {0, 0xFF} and body[0] >> 7 == body[1] >> 7):
            raise Malformed("an integer is not in the fewest bytes")
        return int.from_bytes(body, "big", signed=True)

    def bits(self) -> bytes:
        """A BIT STRING of whole bytes."""
        body = self.next(BIT_STRING).body
        if body[:1] != b"\0":
            raise Malformed("a bit string has unused bits")
        return body[1:]

    def identifier(self) -> str:
        """An OBJECT IDENTIFIER, in dotted numbers."""
        body = self.next(OBJECT_IDENTIFIER).body
        if not 0 < len(body) <= LONGEST_IDENTIFIER or body[-1] & 0x80:
            raise Malformed("an object identifier is cut off, or longer than 100 bytes")
        numbers, fresh = [0], True
        for byte in body:
            if fresh and byte == 0x80:
                raise Malformed("a number of an object identifier is not in the fewest bytes")
            numbers[-1] = numbers[-1] << 7 | byte & 0x7F
            fresh = byte < 0x80
            numbers += [0] * fresh
        first = min(numbers[0] // 40, 2)
        return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:-1])))


def only(raw: bytes, tag: int) -> bytes:
    """The contents of the one element that `raw` is."""
    reader = Elements(raw)
    body = reader.next(tag).body
    reader.end()
    return body
