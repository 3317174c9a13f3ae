"""The key sheet, applications and second shares of the second verifier, in plain integers (keysheet.md)."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from typing import Any

from tests.reference.group import ORDER, ZERO, Fails, G, Transcript, decode, decode_scalars

File = dict[str, Any]
SPACES = {*range(0x2000, 0x200E), *range(0x2010, 0x2016), *b"\t\x0b\x0c .,_-"}
SPACES |= {0xA0, 0x1680, 0x202F, 0x205F, 0x2060, 0x2212, 0x3000, 0xFEFF}
STEPS = [
    *("0317598642", "7092154863", "4206871359", "1750983426", "6123045978"),
    *("3674209581", "5869720134", "8945362017", "9438617205", "2581436790"),
]
NAMES = ["election", "manifest", "commission", "style", "words", "credential", "proof"]


def check_digit(digits: str) -> str:
    interim = "0"
    for digit in digits:
        interim = STEPS[int(interim)][int(digit)]
    return interim


def lines_of(seed: bytes) -> list[str]:
    digits = str(int.from_bytes(seed, "big")).rjust(39, "0")
    parts = [digits[:13], digits[13:26], digits[26:]]
    return [part + check_digit(f"{number}{part}") for number, part in enumerate(parts, 1)]


def read(typed: str) -> tuple[bytes, list[list[Any]]]:
    """The seed, or what is wrong with it: lines and words."""
    text = "".join(sign for sign in typed if ord(sign) not in SPACES)
    text = text.removeprefix("AIKYN1:")
    lines = [line for line in re.split("\r\n|\n|\r|\x85|\u2028|\u2029", text) if line]
    if len(lines) != 3:
        whole = "".join(lines)
        if not set(whole) <= set("0123456789"):
            return b"", [[0, "sign"]]
        if len(whole) != 42:
            return b"", [[0, "count"]]
        lines = [whole[:14], whole[14:28], whole[28:]]
    slips: list[list[Any]] = []
    for number, line in enumerate(lines, 1):
        if not set(line) <= set("0123456789"):
            slips.append([number, "sign"])
        elif len(line) != 14:
            slips.append([number, "count"])
        elif check_digit(f"{number}{line}") != "0":
            slips.append([number, "check"])
    value = 0 if slips else int("".join(line[:13] for line in lines))
    if value >= 2**128:
        slips = [[0, "large"]]
    return (b"", slips) if slips else (value.to_bytes(16, "big"), [])


def key_of(election: str, seed: bytes) -> int:
    id = election.encode()
    digest = hashlib.sha512(b"aikyn/1 credential" + bytes([len(id)]) + id + seed).digest()
    return int.from_bytes(digest, "little") % ORDER


def practice_of(election: str, number: int) -> tuple[str, bytes]:
    """Code and seed of a practice key."""
    hashed = b"aikyn/1 practice" + len(election).to_bytes(1, "big") + election.encode() + number.to_bytes(8, "big")
    return "TALE" + str(number).rjust(5, "0"), hashlib.sha256(hashed).digest()[:16]


def text_of(fields: File) -> bytes:
    """The lines of an application before its proof."""
    lines = ["aikyn/1 application", *(f"{name} {fields[name]}" if fields[name] else name for name in NAMES[:-1])]
    return "".join(f"{line}\n" for line in lines).encode()


def transcript_of(fields: File, proof: bytes) -> Transcript:
    t = Transcript(fields, "application", "", "", proof, "unproved")
    t.absorb("credential", b64decode(fields["credential"]))
    t.absorb("text", hashlib.sha256(text_of(fields)).digest())
    return t


def apply(fields: File, k1: int, y: int) -> bytes:
    """The application of whoever knows k1, with the nonce y."""
    fields = {**fields, "credential": b64encode(bytes(k1 * G)).decode()}
    T = bytes(y * G)
    t = transcript_of(fields, T)
    t.read("T", 1)
    s = (y + t.challenge("z") * k1) % ORDER
    return text_of(fields) + b"proof " + b64encode(T + s.to_bytes(32, "little")) + b"\n"


def read_application(raw: bytes) -> File:
    """The application's values, in text; `malformed <line>` if a line is wrong."""
    if len(raw) > 1 << 14:
        raise Fails("malformed 1")
    try:
        shown = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").decode()
    except UnicodeDecodeError as error:
        raise Fails("malformed 1") from error
    lines = [line.strip(" \t") for line in shown.rstrip(" \t\n").split("\n")]
    if lines[0] != "aikyn/1 application":
        raise Fails("malformed 1")
    fields = {}
    for at, name in enumerate(NAMES, 1):
        label, _, value = (lines[at] if at < len(lines) else "").partition(" ")
        fields[name] = value.strip(" \t")
        if label != name or not is_value(name, fields[name]):
            raise Fails(f"malformed {at + 1}")
    if len(lines) > 8:
        raise Fails("malformed 9")
    return fields


def is_value(name: str, value: str) -> bool:
    if name in ("credential", "proof"):
        coded = re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value) is not None and len(value) % 4 == 0
        size = 32 if name == "credential" else 64
        return coded and len(b64decode(value)) == size and b64encode(b64decode(value)).decode() == value
    if name == "manifest":
        return re.fullmatch("[0-9a-f]{64}|", value) is not None
    if name == "words":
        return len(value.encode()) <= 1000 and not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in value)
    return re.fullmatch("[a-z0-9-]{1,40}" + ("" if name == "election" else "|"), value) is not None


def check(fields: File) -> None:
    """keysheet.md §6."""
    proof = b64decode(fields["proof"])
    K1 = decode(b64decode(fields["credential"]), "unproved")
    t = transcript_of(fields, proof)
    T = t.point("T")
    z = t.challenge("z")
    try:
        [s] = decode_scalars(proof[32:])
    except Fails as error:
        raise Fails("unproved") from error
    if ZERO in (K1, T) or s * G != T + z * K1:
        raise Fails("unproved")


def judge_application(raw: bytes) -> str:
    try:
        check(read_application(raw))
    except Fails as fails:
        return str(fails)
    return ""


def read_share(raw: bytes) -> tuple[str, bytes, bytes, int]:
    """Election, K1, K and k2; fails unless they belong together."""
    header, election, first, key, k2 = raw.decode().rstrip().split("\n")
    start = "aikyn/1 share: keep this file secret, whoever has it and the key sheet votes in your place"
    [secret] = decode_scalars(bytes.fromhex(k2))
    K1, K = b64decode(first), b64decode(key)
    if header != start or k2 != k2.lower() or bytes(decode(K1, "share") + secret * G) != K:
        raise Fails("share")
    return election, K1, K, secret


def judge_share(raw: bytes) -> bool:
    try:
        read_share(raw)
    except (Fails, ValueError):
        return False
    return True


def judge_keysheets(file: File) -> dict[str, bool]:
    """Which vectors it judges as the file says."""
    agrees = {}
    for v in file["sheets"]:
        seed, k1 = bytes.fromhex(v["seed"]), key_of(v["election"], bytes.fromhex(v["seed"]))
        lines = lines_of(seed)
        made = ["".join(line[:13] for line in lines), lines, "AIKYN1:" + "".join(lines), bytes(k1 * G).hex()]
        agrees[v["name"]] = made == [v["digits"], v["lines"], v["qr"], v["K1"]]
        agrees[v["name"]] &= k1.to_bytes(32, "little").hex() == v["k1"] and read(v["qr"]) == (seed, [])
    agrees |= {v["name"]: read(v["typed"]) == (bytes.fromhex(v["seed"]), []) for v in file["typed"]}
    agrees |= {v["name"]: read(v["typed"]) == (b"", v["slips"]) for v in file["mistyped"]}
    for v in file["applications"]:
        y = int.from_bytes(bytes.fromhex(v["random"]), "little") % ORDER
        raw = apply(v, key_of(v["election"], bytes.fromhex(v["seed"])), y)
        agrees[v["name"]] = raw.decode() == v["file"] and judge_application(raw) == ""
    agrees |= {v["name"]: judge_application(v["file"].encode()) == "" for v in file["saved"]}
    agrees |= {v["name"]: judge_application(v["file"].encode()) == v["expect"] for v in file["rejected"]}
    agrees |= {v["name"]: judge_share(v["file"].encode()) is v["holds"] for v in file["shares"]}
    for v in file["practice"]:
        code, seed = practice_of(v["election"], v["number"])
        key = bytes(key_of(v["election"], seed) * G).hex()
        agrees[v["name"]] = [code, seed.hex(), lines_of(seed), key] == [v["code"], v["seed"], v["lines"], v["K1"]]
    return agrees
