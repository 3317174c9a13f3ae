"""`python -m tests.vectors.keysheets` makes the vectors of key sheets (specs/vectors/keysheet.json)."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256, shake_256
from typing import Any

from mixnet import keysheet, practice
from mixnet.ballot import Credential
from mixnet.secrets import Secrets
from mixnet.share import HEADER as SHARE
from tests.reference.keysheet import judge_keysheets
from tests.support.house import VECTORS
from tests.support.randomness import given
from tests.vectors.file import BAD_POINTS
from verifier.client.application import VoterApplication
from verifier.proof.group import IDENTITY, ORDER, G, Points, Scalars
from verifier.proof.transcript import Transcript

Vector = dict[str, Any]
ELECTION, OTHER = "village-2027", "village-2028"
MANIFEST, SECOND = (sha256(word).digest() for word in (b"a manifest", b"another manifest"))
SEEDS = {
    "a seed": bytes(range(16)),
    "zeros": bytes(16),
    "ones": b"\xff" * 16,
    "one": (1).to_bytes(16, "big"),
    "a drawn seed": sha256(b"seed").digest()[:16],
}
FIRST, DRAWN = SEEDS["a seed"], SEEDS["a drawn seed"]


def random(label: str) -> bytes:
    return shake_256(label.encode()).digest(64)


def scalar(label: str) -> Scalars:
    return Scalars.reduce(random(label))


def secret(label: str) -> Secrets:
    return Secrets.of(scalar(label))


def lines_of(seed: bytes) -> list[str]:
    whole = keysheet.encode(bytearray(seed)).decode()
    return [whole[:14], whole[14:28], whole[28:]]


def own(seed: bytes, election: str = ELECTION) -> Credential:
    return Credential(keysheet.derive(election, bytearray(seed)))


def sheets() -> list[Vector]:
    made = []
    for name, seed, election in (
        *((name, seed, ELECTION) for name, seed in SEEDS.items()),
        ("the same seed in another election", FIRST, OTHER),
        ("an election with a long id", FIRST, "a" * 40),
    ):
        k1, lines = keysheet.derive(election, bytearray(seed)), lines_of(seed)
        vector = {"name": name, "seed": seed.hex(), "election": election, "lines": lines}
        vector |= {"digits": "".join(line[:13] for line in lines), "qr": "AIKYN1:" + "".join(lines)}
        made.append(vector | {"k1": k1.expose().hex(), "K1": Credential(k1).key.hex()})
    return made


def typed() -> list[Vector]:
    one, two, three = lines_of(DRAWN)
    ways = {
        "three lines": f"{one}\n{two}\n{three}\n",
        "as a QR code": f"AIKYN1:{one}{two}{three}",
        "lines that end in CR LF, with blank ones": f"\r\n{one}\r\n\r\n{two}\r\n{three}\r\n",
        "in groups with blanks": "\n".join(f"{line[:5]} {line[5:10]}  {line[10:]}" for line in (one, two, three)),
        "with hyphens and dashes": f"{one[:7]}-{one[7:]}\u2013{two[:7]}\u2011{two[7:]}\u2212{three}",
        "with dots, commas and underscores": f"{one[:3]}.{one[3:]},{two}_{three}",
        "with other spaces": f"\ufeff{one}\u00a0{two[:4]}\u2009{two[4:]}\u202f{three}\u3000",
        "two lines in one": f"{one} {two}\n{three}",
        "cut at other places": f"{one[:10]}\n{one[10:]}{two[:6]}\n{two[6:]}{three[:2]}\n{three[2:]}",
    }
    return [{"name": name, "typed": text, "seed": DRAWN.hex()} for name, text in ways.items()]


def mistyped() -> list[Vector]:
    one, two, three = lines_of(DRAWN)
    large = f"{2**128:039}"
    nines = "9" * 39
    ways: dict[str, tuple[str, list[list[Any]]]] = {}
    for number, line in enumerate((one, two, three)):
        for at in (0, 6, 12, 13):
            bent = line[:at] + str((int(line[at]) + 1) % 10) + line[at + 1 :]
            ways[f"line {number + 1}: digit {at + 1} changed"] = _with(number, bent), [[number + 1, "check"]]
        at = next(at for at in range(13) if line[at] != line[at + 1])
        bent = line[:at] + line[at + 1] + line[at] + line[at + 2 :]
        ways[f"line {number + 1}: neighbours exchanged"] = _with(number, bent), [[number + 1, "check"]]
        ways[f"line {number + 1}: a digit too few"] = _with(number, line[:-1]), [[number + 1, "count"]]
        ways[f"line {number + 1}: a digit too many"] = _with(number, line + "0"), [[number + 1, "count"]]
        ways[f"line {number + 1}: a letter"] = _with(number, "O" + line[1:]), [[number + 1, "sign"]]
    ways |= {
        "line 1 changed, all in one": (_with(0, _bend(one)).replace("\n", ""), [[1, "check"]]),
        "two lines changed": (f"{_bend(one)}\n{two}\n{_bend(three)}", [[1, "check"], [3, "check"]]),
        "one line changed and one short": (f"{_bend(one)}\n{two}\n{three[1:]}", [[1, "check"], [3, "count"]]),
        "lines exchanged": (f"{two}\n{one}\n{three}", [[1, "check"], [2, "check"]]),
        "a line twice": (f"{one}\n{two}\n{two}", [[3, "check"]]),
        "a line missing": (f"{one}\n{two}", [[0, "count"]]),
        "nothing": ("", [[0, "count"]]),
        "the prefix alone": ("AIKYN1:", [[0, "count"]]),
        "another prefix": (f"AIKYN2:{one}{two}{three}", [[0, "sign"]]),
        "the prefix in small letters": (f"aikyn1:{one}{two}{three}", [[0, "sign"]]),
        "digits of another script": (_with(0, "".join(chr(0x660 + int(digit)) for digit in one)), [[1, "sign"]]),
        "2^128": ("\n".join(_checked(large)), [[0, "large"]]),
        "thirty-nine nines": ("".join(_checked(nines)), [[0, "large"]]),
    }
    return [{"name": name, "typed": text, "slips": slips} for name, (text, slips) in ways.items()]


def _with(number: int, line: str) -> str:
    lines = lines_of(DRAWN)
    lines[number] = line
    return "\n".join(lines)


def _bend(line: str) -> str:
    return line[:-1] + str((int(line[-1]) + 5) % 10)


def _checked(digits: str) -> list[str]:
    parts = [digits[at : at + 13] for at in (0, 13, 26)]
    return [part + str(keysheet.check_digit(n, map(int, part))) for n, part in enumerate(parts, 1)]


FULL = VoterApplication(ELECTION, MANIFEST, "precinct-1", "all", "Асан Үсөнов, 1990")
ASKED = {
    "in full": FULL,
    "nothing but the election": VoterApplication(ELECTION),
    "in another election": VoterApplication(OTHER),
}


def applied(name: str) -> VoterApplication:
    asked = ASKED[name]
    with given(random(f"nonce {name}")):
        return own(DRAWN, asked.election).apply(asked)


def applications() -> list[Vector]:
    made = []
    for name, asked in ASKED.items():
        made_of = random(f"nonce {name}")
        handed = applied(name)
        vector = {"name": name, "seed": DRAWN.hex(), "random": made_of.hex()}
        vector |= {"election": asked.election, "manifest": asked.manifest.hex(), "commission": asked.commission}
        vector |= {"style": asked.style, "words": asked.words, "digest": handed.digest.hex()}
        made.append(
            vector | {"K1": handed.credential.hex(), "proof": handed.proof.hex(), "file": handed.encode().decode()}
        )
    return made


def saved() -> list[Vector]:
    whole = applied("in full").encode().decode()
    ways = {
        "saved with CR LF": whole.replace("\n", "\r\n"),
        "saved with a mark of UTF-8": "\ufeff" + whole,
        "saved with blanks around, and blank lines": "".join(f" {line}\t\n" for line in whole.splitlines()) + "\n\n",
        "saved with more blanks between": whole.replace("election ", "election   "),
        "saved without a line feed": whole[:-1],
    }
    return [{"name": name, "file": text} for name, text in ways.items()]


def rejected() -> list[Vector]:
    honest = applied("in full")
    with given(random("other nonce")):
        other = own(FIRST).apply(FULL)
    T, s = honest.proof[:32], honest.proof[32:]
    above = (int.from_bytes(s, "little") + ORDER).to_bytes(32, "little")
    false = {
        "the proof of other words": honest._replace(words="Асан Усенов, 1990"),
        "the proof of another commission": honest._replace(commission="precinct-2"),
        "the proof of another style": honest._replace(style="other"),
        "the proof of another election": honest._replace(election=OTHER),
        "the proof of another manifest": honest._replace(manifest=SECOND),
        "the proof of no manifest": honest._replace(manifest=b""),
        "the proof of another key": honest._replace(proof=other.proof),
        "another key with this proof": honest._replace(credential=other.credential),
        "the key less another one": honest._replace(credential=bytes((-(+Points.packed(other.credential))).point())),
        "the response increased": honest._replace(proof=T + bytes(Scalars(s) + Scalars.of([1]))),
        "the response not canonical": honest._replace(proof=T + above),
        "the identity as the key": identity_key(),
        "the identity as the commitment": identity_commitment(),
        "a signature of a ballot for a proof": signed_as("signature", "cast"),
        "a proof of another place": signed_as("application", "1"),
        **{
            f"a key that does not decode: {n}": honest._replace(credential=bytes.fromhex(p))
            for n, p in BAD_POINTS.items()
        },
        **{
            f"a commitment that does not decode: {n}": honest._replace(proof=bytes.fromhex(p) + s)
            for n, p in BAD_POINTS.items()
        },
    }
    made = [{"name": name, "file": bent.encode().decode(), "expect": "unproved"} for name, bent in false.items()]
    return made + [{"name": name, "file": text, "expect": f"malformed {line}"} for name, line, text in malformed()]


def identity_key() -> VoterApplication:
    """Whoever claims the identity knows its key, 0."""
    asked = FULL._replace(credential=IDENTITY)
    return asked._replace(proof=_prove(asked, scalar("i"), Scalars.of([0])))


def identity_commitment() -> VoterApplication:
    asked = applied("in full")
    k1 = Scalars(bytes(keysheet.derive(ELECTION, bytearray(DRAWN)).expose()))
    return asked._replace(proof=_prove(asked, Scalars.of([0]), k1))


def signed_as(name: str, place: str) -> VoterApplication:
    asked = applied("in full")
    k1 = Scalars(bytes(keysheet.derive(ELECTION, bytearray(DRAWN)).expose()))
    return asked._replace(proof=_prove(asked, scalar("s"), k1, name, place))


def _prove(asked: VoterApplication, y: Scalars, k1: Scalars, name: str = "application", place: str = "") -> bytes:
    t = Transcript(name, asked.context, "", place)
    T = bytes((y * G).point())
    t.absorb("credential", asked.credential)
    t.absorb("text", asked.digest)
    t.absorb("T", T)
    z = t.challenge("z")
    return T + bytes(Scalars.of([int(y) + int(z) * int(k1)]))


def malformed() -> list[tuple[str, int, str]]:
    """Twins that are no applications, each with the line that is wrong."""
    lines = applied("in full").encode().decode().splitlines()

    def bent(number: int, line: str | None) -> str:
        return "".join(
            f"{each}\n" for each in [*lines[: number - 1], *([line] if line is not None else []), *lines[number:]]
        )

    key, proof = lines[6].split()[1], lines[7].split()[1]
    return [
        ("empty", 1, ""),
        ("another version", 1, bent(1, "aikyn/2 application")),
        ("a key card", 1, bent(1, "aikyn/1 card")),
        ("too long", 1, "".join(f"{line}\n" for line in lines) + " " * (1 << 14)),
        ("no election", 2, bent(2, "election")),
        ("an election in capitals", 2, bent(2, "election Village")),
        ("no line of the manifest", 3, bent(3, None)),
        ("a manifest in capitals", 3, bent(3, lines[2].upper().replace("MANIFEST", "manifest"))),
        ("a manifest of 31 bytes", 3, bent(3, lines[2][:-2])),
        ("names exchanged", 4, bent(4, lines[4])),
        ("a commission with a blank", 4, bent(4, "commission precinct 1")),
        ("a style with a dot", 5, bent(5, "style a.b")),
        ("words with a tab", 6, bent(6, "words Асан\tҮсөнов")),
        ("words that are too long", 6, bent(6, "words " + "ү" * 501)),
        ("a key of 31 bytes", 7, bent(7, "credential " + b64encode(bytes(31)).decode())),
        ("a key in another spelling", 7, bent(7, f"credential {key[:-2]}{chr(ord(key[-2]) + 1)}=")),
        ("no key", 7, bent(7, "credential")),
        ("the proof missing", 8, bent(8, None)),
        ("the proof empty", 8, bent(8, "proof")),
        ("a proof of 63 bytes", 8, bent(8, "proof " + b64encode(bytes(63)).decode())),
        ("a proof of 65 bytes", 8, bent(8, "proof " + b64encode(bytes(65)).decode())),
        ("a line too many", 9, bent(8, f"{lines[7]}\nproof {proof}")),
    ]


def shares() -> list[Vector]:
    k2, first = scalar("k2"), own(DRAWN)
    key, other = first.joined(secret("k2")).key, own(FIRST).key
    header = SHARE.decode()

    def file(election: str, first: bytes, key: bytes, k2: str) -> str:
        return f"{header}{election}\n{b64encode(first).decode()}\n{b64encode(key).decode()}\n{k2}\n"

    hex = bytes(k2).hex()
    bent = f"{hex[:5]}{(int(hex[5], 16) + 1) % 16:x}{hex[6:]}"
    ways = {
        "a share": (file(ELECTION, first.key, key, hex), True),
        "a share with a digit changed": (file(ELECTION, first.key, key, bent), False),
        "a share of another first share": (file(ELECTION, other, key, hex), False),
        "a share of another joint key": (file(ELECTION, first.key, other, hex), False),
        "a share in capitals": (file(ELECTION, first.key, key, hex.upper()), False),
        "a share that is not canonical": (file(ELECTION, first.key, key, "f" * 64), False),
        "a share that is cut": (file(ELECTION, first.key, key, hex)[:-20], False),
        "a credential for a share": ("aikyn/1 credential\n" + file(ELECTION, first.key, key, hex), False),
    }
    return [{"name": name, "file": text, "holds": holds} for name, (text, holds) in ways.items()]


def practice_keys() -> list[Vector]:
    made = []
    for election, number in (("practice-tales", 1), ("practice-tales", 42), ("practice-", practice.MOST)):
        seed = bytes(practice.seed_of(election, number))
        vector = {"name": f"{election} {number}", "election": election, "number": number}
        vector |= {"code": practice.code_of(number), "seed": seed.hex(), "lines": lines_of(seed)}
        made.append(vector | {"K1": own(seed, election).key.hex()})
    return made


def make() -> Vector:
    """All vectors; the reference must agree."""
    file = {
        "spec": "keysheet.md",
        "sheets": sheets(),
        "typed": typed(),
        "mistyped": mistyped(),
        "applications": applications(),
        "saved": saved(),
        "rejected": rejected(),
        "shares": shares(),
        "practice": practice_keys(),
    }
    assert [name for name, agreed in judge_keysheets(file).items() if not agreed] == []
    return file


if __name__ == "__main__":
    (VECTORS / "keysheet.json").write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
