"""Encodings and scalars at the bounds of limbs, words and orders."""

from tests.reference.group import ORDER, Fails, decode, p


def around(*middles: int) -> list[int]:
    """Integers of 32 bytes around these; they wrap around at 2²⁵⁶."""
    return [(middle + step) % 2**256 for middle in middles for step in range(-25, 26)]


# Limbs have 51 bits here, 51 or 26 and 25 elsewhere; words have 64.
POWERS = [2**bit for bit in (26, 51, 52, 64, 102, 103, 128, 153, 154, 192, 204, 205, 254, 255)]
ELEMENTS = [number.to_bytes(32, "little") for number in around(0, p, 2 * p, *POWERS)]
SCALARS = around(0, ORDER // 2, ORDER, 2 * ORDER, 2**252, 2**253, *POWERS)
CANONICAL = [number for number in SCALARS if number < ORDER]


def is_point(encoding: bytes) -> bool:
    try:
        decode(encoding, "")
    except Fails:
        return False
    return True


POINTS = [encoding for encoding in ELEMENTS if is_point(encoding)]


def pack(numbers: list[int]) -> bytes:
    return b"".join((number % ORDER).to_bytes(32, "little") for number in numbers)
