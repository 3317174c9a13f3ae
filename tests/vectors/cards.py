"""`python -m tests.vectors.cards` makes the vectors of key cards (specs/vectors/card.json)."""

from __future__ import annotations

import json

from tests.support.house import VECTORS
from tests.vectors.files import LOG, QUANTUM, WITNESS, File
from verifier.client.card import Card
from verifier.log import note
from verifier.proof.group import G

KEY = bytes(G)
TRUSTEE, VOTER = Card.of("trustee", KEY), Card.of("voter", KEY)
LINES = TRUSTEE.encode().decode().splitlines()
HEADER, ROLE, PUBLIC, GROUPS = LINES
OTHERS = (
    *(Card.of(role, KEY) for role in ("mixer", "operator", "voter")),
    Card("witness", note.encode_key(WITNESS)),
    Card("witness", note.encode_key(QUANTUM)),
    Card("log", note.encode_key(LOG)),
)


def accepted() -> list[tuple[str, Card, str]]:
    """What is read, however a program or a person saved it."""
    whole = "\n".join(LINES) + "\n"
    names = ("a mix server", "an operator", "a voter", "a witness", "a witness with a key of ML-DSA-44", "a log")
    return [
        ("a trustee", TRUSTEE, whole),
        *((name, card, card.encode().decode()) for name, card in zip(names, OTHERS, strict=True)),
        ("lines that end in CR LF", TRUSTEE, whole.replace("\n", "\r\n")),
        ("no line feed at the end", TRUSTEE, whole[:-1]),
        ("blank lines at the end", TRUSTEE, whole + "\n \n"),
        ("blanks around", TRUSTEE, "\n".join(f" {line} \t" for line in LINES)),
        ("groups in small letters", TRUSTEE, whole.replace(GROUPS, GROUPS.lower())),
        ("groups with spaces between", TRUSTEE, whole.replace(GROUPS, GROUPS.replace("-", " "))),
        ("groups without anything between", TRUSTEE, whole.replace(GROUPS, GROUPS.replace("-", ""))),
    ]


def rejected() -> list[tuple[str, int, list[str]]]:
    """Twins of the trustee's card, each with the line that is wrong."""
    other = "B" if GROUPS[0] == "A" else "A"
    turned = GROUPS[5:9] + GROUPS[4] + GROUPS[:4] + GROUPS[9:]
    short = note.encode_base64(KEY[:31])
    return [
        ("empty", 1, []),
        ("another version", 1, ["aikyn/2 card", *LINES[1:]]),
        ("no first line", 1, LINES[1:]),
        ("a trust sheet", 1, ["aikyn/1 trust", *LINES[1:]]),
        ("a role that nobody has", 2, [HEADER, "auditor", PUBLIC, GROUPS]),
        ("a role in capitals", 2, [HEADER, "Trustee", PUBLIC, GROUPS]),
        ("no role", 2, [HEADER, PUBLIC, GROUPS]),
        ("a key of 31 bytes", 3, [HEADER, ROLE, short, Card(ROLE, short).groups]),
        ("a key in hexadecimal", 3, [HEADER, ROLE, KEY.hex(), Card(ROLE, KEY.hex()).groups]),
        ("a key without its last sign", 3, [HEADER, ROLE, PUBLIC[:-1], GROUPS]),
        ("a witness's key without a name", 3, [HEADER, "witness", PUBLIC, Card("witness", PUBLIC).groups]),
        ("a log's key as a witness's", 3, [HEADER, "witness", OTHERS[5].key, Card("witness", OTHERS[5].key).groups]),
        ("a witness's key as a log's", 3, [HEADER, "log", OTHERS[3].key, Card("log", OTHERS[3].key).groups]),
        ("a name as a trustee's key", 3, [HEADER, ROLE, OTHERS[3].key, Card(ROLE, OTHERS[3].key).groups]),
        ("one letter of the groups changed", 4, [*LINES[:3], other + GROUPS[1:]]),
        ("two groups exchanged", 4, [*LINES[:3], turned]),
        ("five groups", 4, [*LINES[:3], GROUPS[:-5]]),
        ("seven groups", 4, [*LINES[:3], f"{GROUPS}-{GROUPS[:4]}"]),
        ("no groups", 4, LINES[:3]),
        ("the groups of another role", 4, [*LINES[:3], VOTER.groups]),
        ("another role, with the groups of this", 4, [HEADER, "mixer", PUBLIC, GROUPS]),
        ("a line too many", 5, [*LINES, PUBLIC]),
    ]


def make() -> File:
    """Cards that are read, and twins of the first with one change each."""
    good = [
        {"name": name, "card": raw, "role": card.role, "key": card.key, "groups": card.groups}
        for name, card, raw in accepted()
    ]
    bad = [
        {"name": name, "of": "a trustee", "line": line, "card": "".join(f"{each}\n" for each in lines)}
        for name, line, lines in rejected()
    ]
    return {"comment": "Key cards; `line` is the one that is wrong.", "accepted": good, "rejected": bad}


if __name__ == "__main__":
    (VECTORS / "card.json").write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
