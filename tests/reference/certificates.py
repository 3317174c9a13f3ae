"""A second reader of certificates, written from specs/certificates.md alone, in plain integers.

It parses, writes again and compares: what differs was not in its one coding. `Fails` carries a word of §9.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from tests.reference.group import Fails
from tests.reference.signatures import P256, P384, is_of_prime_order, verifies

Part = tuple[int, bytes]  # tag and contents


def need(word: str, holds: object) -> None:
    if not holds:
        raise Fails(word)


# --- §2: coding ---


def write(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    coded = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(coded)]) + coded + body


def split(data: bytes) -> list[Part]:
    """The elements that follow each other in `data`, to its last byte."""
    parts = []
    while data:
        tag, first = data[0], data[1] if len(data) > 1 else 0
        more = first - 128 if first > 128 else 0
        size = int.from_bytes(data[2 : 2 + more], "big") if more else first
        body = data[2 + more : 2 + more + size]
        coded = write(tag, body)
        need("encoding", tag % 32 != 31 and data.startswith(coded) and len(body) == size)
        parts.append((tag, body))
        data = data[len(coded) :]
    return parts


def take(parts: list[Part], *tags: int) -> list[bytes]:
    """The contents of exactly these elements."""
    need("encoding", [tag for tag, _ in parts] == list(tags))
    return [body for _, body in parts]


def number(body: bytes) -> int:
    value = int.from_bytes(body, "big", signed=True)
    least = (value + (value < 0)).bit_length() // 8 + 1
    need("encoding", body == value.to_bytes(least, "big", signed=True))
    return value


def truth(body: bytes) -> bool:
    need("encoding", body == b"\xff")
    return True


def whole(body: bytes) -> bytes:
    """A BIT STRING without unused bits."""
    need("encoding", body[:1] == b"\0")
    return body[1:]


def identifier(body: bytes) -> tuple[int, ...]:
    need("encoding", 0 < len(body) <= 100 and re.fullmatch(rb"(?:(?!\x80)[\x80-\xff]*[\0-\x7f])+", body, re.DOTALL))
    numbers = [
        sum((byte & 127) << 7 * place for place, byte in enumerate(reversed(coded)))
        for coded in re.findall(rb"[\x80-\xff]*[\0-\x7f]", body, re.DOTALL)
    ]
    root = min(2, numbers[0] // 40)
    return (root, numbers[0] - 40 * root, *numbers[1:])


def dotted(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


# --- §3 and §4: fields and extensions ---


class Read(NamedTuple):
    signed: bytes
    algorithm: bytes
    signature: bytes
    issuer: list[tuple[str, str]]
    subject: list[tuple[str, str]]
    first: int
    last: int
    key: bytes  # SubjectPublicKeyInfo
    kind: Any  # (n, e), (curve, x, y), or 32 bytes
    authority: bool
    usage: int  # of nine bits, the first is the highest


def read(raw: bytes) -> Read:
    need("size", len(raw) <= 8192)
    [certificate] = take(split(raw), 0x30)
    signed, outer, string = take(split(certificate), 0x30, 0x30, 0x03)
    signature = whole(string)
    version, *fields = split(signed)
    need("version", version == (0xA0, b"\2\1\2"))
    last = fields.pop()[1] if len(fields) == 7 and fields[-1][0] == 0xA3 else None
    serial, inner, issuer, validity, subject, key = take(fields, 0x02, *[0x30] * 5)
    need("serial", number(serial) > 0 and len(serial) <= 20)
    need("mismatch", inner == outer)
    algorithm(outer)
    names = [read_name(name) for name in (issuer, subject)]
    times = [read_time(*time) for time in split(validity)]
    need("encoding", len(times) == 2)
    need("validity", times[0] <= times[1])
    authority, usage = read_extensions(last)
    kind = read_key(key)
    wrapped = (write(0x30, part) for part in (signed, outer, key))
    signed, outer, key = wrapped
    return Read(signed, outer, signature, names[0], names[1], times[0], times[1], key, kind, authority, usage)


def algorithm(body: bytes) -> tuple[int, ...]:
    (tag, kind), *parameters = split(body) or [(0, b"")]
    need("encoding", tag == 0x06 and len(parameters) <= 1)
    return identifier(kind)


STRINGS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1"}
STRINGS |= {0x16: "ascii", 0x1A: "ascii", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}


def read_name(body: bytes) -> list[tuple[str, str]]:
    found = []
    sets = split(body)
    need("name", sets)
    for attributes in take(sets, *[0x31] * len(sets)):
        parts = split(attributes)
        need("name", parts)
        coded = [write(0x30, pair) for pair in take(parts, *[0x30] * len(parts))]
        need("encoding", coded == sorted(set(coded)))
        for _, pair in parts:
            elements = split(pair)
            need("encoding", len(elements) == 2 and elements[0][0] == 0x06)
            need("name", elements[1][0] in STRINGS)
            kind = ".".join(map(str, identifier(elements[0][1])))
            found.append((kind, elements[1][1].decode(STRINGS[elements[1][0]], "replace")))
    return found


def read_time(tag: int, body: bytes) -> int:
    text = body.decode("latin-1")
    form = {0x17: "[0-9]{12}Z", 0x18: "(?!0|1|20[0-4])[0-9]{14}Z"}.get(tag)
    need("time", form and re.fullmatch(form, text))
    if tag == 0x17:
        text = ("19" if text[0] >= "5" else "20") + text
    year, *rest = (int(text[at : at + 2]) for at in range(2, 14, 2))
    try:
        moment = datetime(100 * int(text[:2]) + year, *rest, tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        raise Fails("time") from None
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


BASIC, USAGE = dotted("2.5.29.19"), dotted("2.5.29.15")


def read_extensions(field: bytes | None) -> tuple[bool, int]:
    found: dict[tuple[int, ...], bytes] = {}
    if field is not None:
        listed = split(take(split(field), 0x30)[0])
        need("encoding", listed)
        for extension in take(listed, *[0x30] * len(listed)):
            parts = split(extension)
            critical = len(parts) == 3 and parts[1][0] == 0x01 and truth(parts.pop(1)[1])
            kind, value = take(parts, 0x06, 0x04)
            need("duplicate", identifier(kind) not in found)
            need("critical", not critical or identifier(kind) in {BASIC, USAGE})
            found[identifier(kind)] = value
    return BASIC in found and read_basic(found[BASIC]), read_usage(found[USAGE]) if USAGE in found else 0x1FF


def read_basic(value: bytes) -> bool:
    parts = split(take(split(value), 0x30)[0])
    authority = bool(parts) and parts[0][0] == 0x01 and truth(parts.pop(0)[1])
    if authority and parts:
        need("encoding", parts[0][0] == 0x02 and number(parts.pop(0)[1]) >= 0)
    need("encoding", not parts)
    return authority


def read_usage(value: bytes) -> int:
    [string] = take(split(value), 0x03)
    need("encoding", len(string) > 1 and string[0] < 8)
    size = 8 * (len(string) - 1) - string[0]
    written = f"{int.from_bytes(string[1:], 'big'):0{8 * (len(string) - 1)}b}"
    need("encoding", 1 <= size <= 9 and written[size - 1] == "1" and "1" not in written[size:])
    return int(written[:size].ljust(9, "0"), 2)


# --- §5: keys ---


KEYS: dict[str, Any] = {
    "300d06092a864886f70d0101010500": "RSA",
    "301306072a8648ce3d020106082a8648ce3d030107": P256,
    "301006072a8648ce3d020106052b81040022": P384,
    "300506032b6570": "Ed25519",
}
GOST = [dotted(text) for text in ("1.2.643", "1.2.398.3.10.1.1", "1.3.6.1.4.1.6801.1.2", "1.3.6.1.4.1.6801.1.5")]


def strange(coded: bytes, table: Iterable[str], word: str) -> Fails:
    kind = algorithm(take(split(coded), 0x30)[0])
    if any(kind[: len(below)] == below and len(kind) > len(below) for below in GOST):
        return Fails("gost")
    if word == "key" and kind == dotted("1.2.840.10045.2.1"):
        return Fails("curve")
    known = {algorithm(take(split(bytes.fromhex(listed)), 0x30)[0]) for listed in table}
    return Fails("parameters" if kind in known else word)


def read_key(body: bytes) -> Any:
    kind, string = take(split(body), 0x30, 0x03)
    coded, data = write(0x30, kind), whole(string)
    found = KEYS.get(coded.hex())
    if found is None:
        raise strange(coded, KEYS, "key")
    if found == "RSA":
        n, e = map(number, take(split(take(split(data), 0x30)[0]), 0x02, 0x02))
        need("modulus", n > 0 and n % 2 and 2048 <= n.bit_length() <= 8192)
        need("exponent", e % 2 and 65_537 <= e <= 2**31 - 1)
        return n, e
    if found == "Ed25519":
        need("point", len(data) == 32 and is_of_prime_order(data))
        return data
    size = found.p.bit_length() // 8
    x, y = int.from_bytes(data[1 : 1 + size], "big"), int.from_bytes(data[1 + size :], "big")
    on = (y * y - x**3 + 3 * x - found.b) % found.p == 0
    need("point", data[:1] == b"\4" and len(data) == 1 + 2 * size and x < found.p and y < found.p and on)
    return found, x, y


# --- §6: members and anchors ---

PSS = "304106092a864886f70d01010a3034a00f300d060960864801650304020{0}0500a11c301a06092a864886f70d010108"
PSS += "300d060960864801650304020{0}0500a2030201{1}"
ALGORITHMS = {
    "300d06092a864886f70d01010b0500": ("PKCS1", "sha256"),
    "300d06092a864886f70d01010c0500": ("PKCS1", "sha384"),
    "300d06092a864886f70d01010d0500": ("PKCS1", "sha512"),
    PSS.format(1, "20"): ("PSS", "sha256"),
    PSS.format(2, "30"): ("PSS", "sha384"),
    PSS.format(3, "40"): ("PSS", "sha512"),
    "300a06082a8648ce3d040302": ("ECDSA", "sha256"),
    "300a06082a8648ce3d040303": ("ECDSA", "sha384"),
    "300a06082a8648ce3d040304": ("ECDSA", "sha512"),
    "300506032b6570": ("Ed25519", ""),
}


def read_member(raw: bytes) -> Read:
    found = read(raw)
    need("authority", not found.authority)
    need("usage", found.usage & 0b110000000)
    if found.algorithm.hex() not in ALGORITHMS:
        raise strange(found.algorithm, ALGORITHMS, "algorithm")
    return found


def read_anchor(raw: bytes) -> Read:
    found = read(raw)
    need("authority", found.authority)
    need("usage", found.usage & 0b000001000)
    return found


def issued(raw: bytes, anchors: Sequence[bytes]) -> bool:
    member = read_member(raw)
    way = ALGORITHMS[member.algorithm.hex()]
    return any(verifies(read_anchor(anchor).kind, *way, member.signed, member.signature) for anchor in anchors)


def signed(raw: bytes, message: bytes, signature: bytes) -> bool:
    """Whether it is the signature of this certificate's member: §7."""
    kind = read_member(raw).kind
    way = "Ed25519" if isinstance(kind, bytes) else "PSS" if len(kind) == 2 else "ECDSA"
    return verifies(kind, way, "sha256", message, signature)


# --- The vectors ---


def unbase64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def says(found: Read) -> dict[str, Any]:
    names = {P256: "P-256", P384: "P-384"}
    kind = found.kind
    shown = (
        "Ed25519" if isinstance(kind, bytes) else f"RSA {kind[0].bit_length()}" if len(kind) == 2 else names[kind[0]]
    )
    key = hashlib.sha256(found.key).hexdigest()
    return {"subject": found.subject, "first": found.first, "last": found.last, "key": shown, "spki": key}


def refusal(raw: bytes, role: str, anchors: Sequence[bytes]) -> str:
    """The word with which a certificate is refused, or nothing."""
    try:
        (read_anchor if role == "anchor" else read_member)(raw)
        need("issuer", role == "anchor" or issued(raw, anchors))
    except Fails as fails:
        return str(fails)
    return ""


def judge_certificates(file: dict[str, Any]) -> dict[str, bool]:
    """Whether this reader agrees with each vector, by its name."""
    raw = {v["name"]: unbase64(v["certificate"]) for v in (*file["anchors"], *file["members"])}
    anchors = [raw[v["name"]] for v in file["anchors"]]
    agrees = {v["name"]: says(read_anchor(raw[v["name"]])) == listed(v["says"]) for v in file["anchors"]}
    for v in file["members"]:
        member = raw[v["name"]]
        agrees[v["name"]] = says(read_member(member)) == listed(v["says"]) and issued(member, [raw[v["by"]]])
    for v in file["rejected"]:
        agrees[f"{v['of']}: {v['name']}"] = refusal(unbase64(v["certificate"]), v["role"], anchors) == v["reason"]
    for v in file["signatures"]:
        found = signed(raw[v["by"]], bytes.fromhex(v["message"]), bytes.fromhex(v["signature"]))
        agrees[f"signature of {v['by']}: {v['name']}"] = found == (v["result"] == "accepted")
    return agrees


def listed(said: dict[str, Any]) -> dict[str, Any]:
    return said | {"subject": [tuple(pair) for pair in said["subject"]]}
