"""Hostile neighbours of honest bytes: what a mutation keeps decides how deep a decoder reads before it refuses."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from verifier.proof.group import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

MOST = 1 << 17  # bytes of what is fed to a decoder
ALPHABET = re.compile(rb"[A-Za-z0-9+/]{20,}={0,2}")
DIGITS = re.compile(rb"\d+")
NUMBERS = (-1, 0, 1, 2, 255, 256, 2**31 - 1, 2**31, 2**53 - 1, 2**53, 2**63, 2**64, 10**40, 1.5, 1e300)
SPELLED = (
    *(b"-0", b"00", b"01", b"+1", b"1.0", b"1e0", b"1e999", b"NaN", b"Infinity", b"0x10", b"true", b"null"),
    *("٣".encode(), "²".encode(), b"9" * 19, b"9" * 20, b"9" * 5_000),
)
ODDITIES = (
    *(b"\0", b"\r\n", b"\n", b"\n\n", b" ", b"\t", b"\x7f", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"),
    *(b"\xef\xbb\xbf", "\u2028".encode(), "\u0085".encode(), "\u00a0".encode(), "\U0001f600".encode(), "— ".encode()),
    *(b'"', b"\\", b"\\ud800", b"\\u0000", b"\\uD83D\\uDE00", b"{}", b"[]", b",", b":", b"+", b"/", b"=", b"=="),
    *(b"[" * 9_000, b'{"a":' * 9_000, b"A" * 70_000, b"group g any w\n" * 300, b"index ", b"extra ", b".p/", b"x000/"),
)
BOMBS = (  # small to send, dear to a reader that trusts them
    *(b"[" * 100_000, b'{"a":' * 20_000, b"9" * 100_000, b'{"count":' + b"9" * 5_000 + b"}", b"1e" + b"9" * 5_000),
    *(b"\n" * MOST, b"\n\n" * 50_000, b"A" * MOST, bytes(MOST), b"\xff" * MOST, b"\xed\xa0\x80" * 1_000, b'"\\ud800"'),
    *("— a A\n".encode() * 10_000, b"group g any " + b"w " * 50_000 + b"\n", b"log a+b+c\n" * 10_000, b"\0\0" * 60_000),
    (2**63 - 1).to_bytes(8, "big") + bytes(MOST - 8),
)
POINTS = (bytes(32), b"\xff" * 32, b"\1" + bytes(31), ORDER.to_bytes(32, "little"), (ORDER - 1).to_bytes(32, "little"))


def mutate(random: Random, raw: bytes) -> bytes:
    """Other bytes, by one to four mutations one after the other; the same if none of those drawn fits."""
    mutant = raw
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        for _ in range(5):
            before, mutant = mutant, random.choice(MUTATIONS)(random, mutant)[:MOST]
            if mutant != before:
                break
    return mutant


def flip(raw: bytes, bit: int) -> bytes:
    """The bytes with one bit turned, counted from the lowest of the first byte."""
    at = bit // 8
    return raw[:at] + bytes([raw[at] ^ 1 << bit % 8]) + raw[at + 1 :]


def flip_bit(random: Random, raw: bytes) -> bytes:
    return flip(raw, random.randrange(8 * len(raw))) if raw else raw


def set_byte(random: Random, raw: bytes) -> bytes:
    at = random.randrange(len(raw) + 1)
    return raw[:at] + bytes([random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))]) + raw[at + 1 :]


def truncate(random: Random, raw: bytes) -> bytes:
    return raw[: random.randrange(len(raw) + 1)]


def extend(random: Random, raw: bytes) -> bytes:
    return raw + random.choice((bytes([random.randrange(256)]), bytes(32), b"\n", raw, raw[-32:]))


def remove_span(random: Random, raw: bytes) -> bytes:
    first, last = _span(random, raw)
    return raw[:first] + raw[last:]


def repeat_span(random: Random, raw: bytes) -> bytes:
    first, last = _span(random, raw)
    return raw[:last] + raw[first:last] * random.choice((1, 1, 2, 300)) + raw[last:]


def swap_spans(random: Random, raw: bytes) -> bytes:
    first, second, third, fourth = sorted(random.randrange(len(raw) + 1) for _ in range(4))
    return raw[:first] + raw[third:fourth] + raw[second:third] + raw[first:second] + raw[fourth:]


def swap_lines(random: Random, raw: bytes) -> bytes:
    """Lines are what notes, policies and receipts are made of."""
    lines = raw.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def insert_oddity(random: Random, raw: bytes) -> bytes:
    at = random.randrange(len(raw) + 1)
    return raw[:at] + random.choice(ODDITIES) + raw[at:]


def respell_number(random: Random, raw: bytes) -> bytes:
    return _replace_one(random, DIGITS, raw, lambda _: random.choice(SPELLED))


def edit_base64(random: Random, raw: bytes) -> bytes:
    """Other bytes, well coded; now and then a second spelling of the same."""

    def edit(found: bytes) -> bytes:
        if random.randrange(8) == 0:
            return random.choice((found.rstrip(b"="), found + b"=", found[:40] + b"\n" + found[40:], found[:-1] + b"B"))
        try:
            return b64encode(_edit_bytes(random, b64decode(found)))
        except ValueError:
            return found

    return _replace_one(random, ALPHABET, raw, edit)


def put_point(random: Random, raw: bytes) -> bytes:
    """The identity, what does not decode, or a scalar at the edge of the order, in a place of 32 bytes."""
    at = 32 * random.randrange(len(raw) // 32 + 1)
    return raw[:at] + random.choice(POINTS) + raw[at + 32 :]


def edit_json(random: Random, raw: bytes) -> bytes:
    """One value or member changed, and all coded canonically again, as far as it can be."""
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    _edit_somewhere(random, tree)
    coded = json.dumps(tree, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return coded.encode(errors="surrogatepass")


def edit_der(random: Random, raw: bytes) -> bytes:
    """One element of DER changed, and the lengths around it put right."""
    try:
        tree = _der(raw)
    except (IndexError, RecursionError):
        return raw
    nodes = [(tree, place) for place in range(len(tree))]
    for within, place in nodes:
        if isinstance(body := within[place][1], list):
            nodes += [(body, inner) for inner in range(len(body))]
    if not nodes:
        return raw
    within, place = random.choice(nodes)
    tag, body = within[place]
    match random.randrange(6):
        case 0:
            within[place : place + 1] = random.choice(([], [(tag, body)] * 2))
        case 1:
            holder, at = random.choice(nodes)
            within[place] = random.choice(((holder[at][0], body), (tag, _coded(holder[at][1]))))
        case 2:
            within[place] = (random.choice((1, 2, 3, 4, 5, 6, 12, 23, 24, 48, 49, 160, 163)), body)
        case _:
            within[place] = (tag, _edit_bytes(random, _coded(body)) if random.randrange(4) else random.randbytes(3))
    return _coded(tree)


def repeat_member(random: Random, raw: bytes) -> bytes:
    """A member of a JSON object twice."""
    return _replace_one(random, re.compile(rb'"\w+":(?:"[^"]*"|\d+)'), raw, lambda found: found + b"," + found)


MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (
    *(flip_bit, set_byte, truncate, extend, remove_span, repeat_span, swap_spans, swap_lines, insert_oddity),
    *(respell_number, edit_base64, put_point, edit_der, edit_der, repeat_member, edit_json, edit_json, edit_json),
)


def _span(random: Random, raw: bytes) -> tuple[int, int]:
    first = random.randrange(len(raw) + 1)
    return first, min(len(raw), first + random.choice((1, 2, 4, 32, 64, 1_000)))


def _replace_one(random: Random, pattern: re.Pattern[bytes], raw: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    found = list(pattern.finditer(raw))
    if not found:
        return raw
    chosen = random.choice(found)
    return raw[: chosen.start()] + edit(chosen[0]) + raw[chosen.end() :]


def _der(raw: bytes) -> list[Any]:
    """Elements as (tag, contents), with a list for what is constructed; IndexError where it is no DER."""
    found: list[Any] = []
    while raw:
        start, length = 2, raw[1]
        if length > 0x80:
            start, length = length - 0x7E, int.from_bytes(raw[2 : length - 0x7E], "big")
        if start + length > len(raw):
            raise IndexError
        body = raw[start : start + length]
        found.append((raw[0], _der(body) if raw[0] & 0x20 else body))
        raw = raw[start + length :]
    return found


def _coded(tree: bytes | list[Any]) -> bytes:
    if isinstance(tree, bytes):
        return tree
    coded = b""
    for tag, inner in tree:
        body = _coded(inner)
        size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
        coded += bytes([tag]) + (bytes([len(body)]) if len(body) < 128 else bytes([128 + len(size)]) + size) + body
    return coded


def _edit_bytes(random: Random, data: bytes) -> bytes:
    return random.choice((flip_bit, flip_bit, put_point, truncate, extend, swap_spans))(random, data)


def _edit_somewhere(random: Random, tree: Any) -> None:
    """Descend by chance, and change what is there."""
    node = tree
    while isinstance(node, dict | list) and node:
        key = random.choice(list(node) if isinstance(node, dict) else range(len(node)))
        if isinstance(node[key], dict | list) and node[key] and random.randrange(6):
            node = node[key]
            continue
        match random.randrange(6):
            case 0:
                del node[key]
            case 1 if isinstance(node, list):
                node.insert(random.randrange(len(node) + 1), node[key])
            case 2 if isinstance(node, dict):
                node[random.choice(["type", "id", f"{key}_"])] = node[key]
            case _:
                node[key] = _other_value(random, node[key])
        return


def _other_value(random: Random, value: Any) -> Any:
    if isinstance(value, int) and random.randrange(6):
        return random.choice((value + 1, max(0, value - 1), random.choice(NUMBERS)))
    if isinstance(value, str) and random.randrange(8):
        if ALPHABET.fullmatch(value.encode(errors="replace")):
            return edit_base64(random, value.encode()).decode()
        return random.choice((value + "1", value[:-1], value.upper(), "", "a" * 41, "\ud800", "\0", value * 300))
    if isinstance(value, list):
        return random.choice((value * 2, value[::-1], [], [value], value[:1] * 300))
    return random.choice((None, True, [], {}, "", 0, "\ufeff", *NUMBERS))
