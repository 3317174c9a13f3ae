"""`python -m tests.vectors.cosignature` makes the vectors of ML-DSA-44 cosignatures afresh, after the others.

They stand in the files of notes, checkpoints, policies and receipts (specs/vectors): the log's lines are
taken from the Ed25519 ones. ML-DSA-44 draws randomness, so each run gives other signatures.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from nacl.signing import SigningKey

from tests.support.house import VECTORS, read_vectors
from verifier.log import note
from verifier.log.checkpoint import Checkpoint, cosigned_message, decode_body, encode_body, encode_cosignature
from verifier.log.note import COSIGNATURE, ML_DSA_44, Key, encode_key, encode_lines

File = dict[str, Any]
SECRET, OTHER = (MLDSA44PrivateKey.from_seed_bytes(bytes([number]) * 32) for number in (51, 52))
PLAIN = SigningKey(bytes([53]) * 32)
KEY = Key("witness5.example", ML_DSA_44, SECRET.public_key().public_bytes_raw())
TWIN = Key("witness5.example", COSIGNATURE, bytes(PLAIN.verify_key))
NOW = 1_790_000_000
KEY_BYTES = len(KEY.public)
MADE = "ML-DSA-44"  # in the comment of each vector that is made here


def line(signature: bytes, time: int = NOW, key: Key = KEY) -> str:
    return encode_lines([encode_cosignature(key, time, signature)]).decode()


def cosign(body: Checkpoint, time: int = NOW, key: Key = KEY, secret: MLDSA44PrivateKey = SECRET) -> bytes:
    return secret.sign(cosigned_message(key, encode_body(body), time))


def plain(body: Checkpoint, time: int = NOW) -> str:
    return line(PLAIN.sign(cosigned_message(TWIN, encode_body(body), time)).signature, time, TWIN)


def make_keys() -> list[tuple[str, str, str]]:
    def named(name: str, kind: int = ML_DSA_44, public: bytes = KEY.public) -> str:
        return encode_key(Key(name, kind, public))

    known, id_ = encode_key(KEY), TWIN._replace(public=KEY.public).id.hex()
    return [
        ("a witness's key of ML-DSA-44", known, "accepted"),
        ("any 1,312 bytes are a key of ML-DSA-44", named("w.example", public=b"\xff" * 1312), "accepted"),
        ("a key of ML-DSA-44 of 1,311 bytes", named("w.example", public=KEY.public[:-1]), "malformed"),
        ("a key of ML-DSA-44 of 1,313 bytes", named("w.example", public=KEY.public + b"\0"), "malformed"),
        ("32 bytes as a key of ML-DSA-44", named("w.example", public=TWIN.public), "malformed"),
        ("a key of ML-DSA-44 under type 04", named("w.example", COSIGNATURE), "malformed"),
        ("a key of ML-DSA-44 with the id that it had under type 04", known.replace(KEY.id.hex(), id_), "malformed"),
        ("a key of ML-DSA-44 whose name has 255 bytes", named("é" * 127 + "e"), "accepted"),
        ("a key of ML-DSA-44 whose name has 256 bytes", named("é" * 128), "malformed"),
    ]


def make_checkpoints(text: str, log_line: str, ed25519: str) -> list[File]:
    body, head = decode_body(text.encode()), f"{text}\n{log_line}"
    seen, message = NOW.to_bytes(8, "big"), cosigned_message(KEY, text.encode(), NOW)
    good, at = cosign(body), len(message) - 48  # where the subtree's start stands
    bent = message[:at] + (1).to_bytes(8, "big") + message[at + 8 :]
    shorter = message.replace(bytes([len(body.origin)]) + body.origin.encode(), bytes([5]) + body.origin[:5].encode())
    accepted = [
        (f"cosigned with {MADE}", line(good), [NOW]),
        (f"one with {MADE}, one with Ed25519", ed25519 + line(good), [NOW, NOW]),
        (f"a name with a key of Ed25519 and one of {MADE}", line(good) + plain(body, NOW + 1), [NOW, NOW + 1]),
        (f"the last second, with {MADE}", line(cosign(body, 2**63 - 1), 2**63 - 1), [2**63 - 1]),
    ]
    rejected = [
        ("the shown time is not the signed one", line(good, NOW + 1)),
        ("time zero", line(cosign(body, 0), 0)),
        ("a second too late", line(cosign(body, 2**63), 2**63)),
        ("over another origin", line(cosign(body._replace(origin="board.example/2028")))),
        ("over the beginning of the origin", line(SECRET.sign(shorter))),
        ("over another size", line(cosign(body._replace(size=body.size + 1)))),
        ("over another root", line(cosign(body._replace(root=bytes(32))))),
        ("under another name", line(cosign(body, key=KEY._replace(name="witness6.example")))),
        ("over the subtree from entry 1", line(SECRET.sign(bent))),
        ("by another key", line(cosign(body, secret=OTHER))),
        ("with a context", line(SECRET.sign(message, b"subtree/v1"))),
        ("over the message of type 04", line(SECRET.sign(cosigned_message(TWIN, text.encode(), NOW)))),
        ("the last byte cut off", line(good[:-1])),
        ("a byte left over", line(good + b"\0")),
        ("one bit changed", line(bytes([good[0] ^ 1]) + good[1:])),
        ("an Ed25519 cosignature under its key", line(PLAIN.sign(message).signature)),
        ("a signature of it under an Ed25519 key", line(good, NOW, TWIN)),
        ("an Ed25519 signature over its message", line(PLAIN.sign(message).signature, NOW, TWIN)),
        ("the time alone", f"— {KEY.name} {note.encode_base64(KEY.id + seen)}\n"),
        ("a good line and a false one", line(good) + line(good, NOW + 1)),
    ]
    made: list[File] = [
        {"comment": c, "note": head + shown, "result": "accepted", "times": t} for c, shown, t in accepted
    ]
    return made + [
        {"comment": f"{MADE}: {c}", "note": head + shown, "result": "witness rejected"} for c, shown in rejected
    ]


def twins() -> tuple[Key, Key]:
    """Two keys of one name and id: any 1,312 bytes are a key, and some 2^16 of them are tried."""
    seen: dict[bytes, Key] = {}
    for number in count():
        key = KEY._replace(name="w", public=number.to_bytes(KEY_BYTES, "big"))
        if (twin := seen.setdefault(key.id, key)) != key:
            break
    return twin, key


def make_policies(first: str) -> list[File]:
    lines = [f"witness w1 {first}", f"witness w5 {encode_key(KEY)}", f"witness w6 {encode_key(TWIN)}"]
    told: list[tuple[str, list[str], File]] = [
        ("alone", ["quorum w5"], {"quorums": [[5], [1, 5]], "not_quorums": [[], [1, 6]], "overlap": 1}),
        (
            "and Ed25519, both of one operator needed",
            ["group both all w5 w6", "group g all w1 both", "quorum g"],
            {"quorums": [[1, 5, 6]], "not_quorums": [[1, 5], [1, 6], [5, 6]], "overlap": 3},
        ),
        (
            "or Ed25519, either of one operator's",
            ["group either any w5 w6", "quorum either"],
            {"quorums": [[5], [6], [5, 6]], "not_quorums": [[], [1]], "overlap": 0},
        ),
    ]
    made: list[File] = [
        {"comment": f"{MADE} {c}", "policy": "\n".join([*lines, *rest, ""]), "result": "accepted", **says}
        for c, rest, says in told
    ]
    refused = [
        ("one key under two names", [*lines, f"witness w7 {encode_key(KEY)}"]),
        (
            "two keys of one name and id",
            [*lines, *(f"witness t{n} {encode_key(key)}" for n, key in enumerate(twins()))],
        ),
        ("a log's key", [*lines, f"log {encode_key(KEY)}"]),
        ("a key of type 06 with 32 bytes", [f"witness w5 {encode_key(KEY._replace(public=TWIN.public))}"]),
    ]
    return made + [
        {"comment": f"{MADE}: {c}", "policy": "\n".join([*some, "quorum none", ""]), "result": "malformed"}
        for c, some in refused
    ]


def make_receipts(file: File) -> list[File]:
    good = file["receipts"][0]
    top, _, signatures = good["receipt"].rpartition("\n\n")
    body = decode_body(top.partition("\n\n")[2].encode() + b"\n")
    log_line, ed25519 = signatures.splitlines(keepends=True)[:2]
    words = [words for words in file["policy"].splitlines() if words.startswith(("log ", "witness w1 "))]
    policy = "\n".join([*words, f"witness w5 {encode_key(KEY)}", "group g all w1 w5", "quorum g", ""])
    told = [
        (f"cosigned with {MADE} and Ed25519", [ed25519, line(cosign(body))], "accepted"),
        (f"the line of {MADE} is missing", [ed25519], "RCP.3"),
        (f"{MADE} of another tree", [ed25519, line(cosign(body._replace(root=bytes(32))))], "RCP.4"),
        (f"{MADE} of another time", [ed25519, line(cosign(body), NOW + 1)], "RCP.4"),
    ]
    head = f"{top}\n\n{log_line}"
    return [
        {"comment": c, "receipt": head + "".join(lines), "entry": good["entry"], "policy": policy, "result": result}
        for c, lines, result in told
    ]


def put(file: File, name: str, made: list[File]) -> None:
    """The new vectors in place of those that were made here before."""
    file[name] = [vector for vector in file[name] if MADE not in vector["comment"]] + made


def main() -> None:
    notes, checkpoints, policies, receipts = (
        read_vectors(name) for name in ("note", "checkpoint", "policy", "receipt")
    )
    put(notes, "keys", [dict(zip(("comment", "vkey", "result"), told, strict=True)) for told in make_keys()])
    text, _, lines = checkpoints["checkpoints"][0]["note"].rpartition("\n\n")
    put(checkpoints, "checkpoints", make_checkpoints(text + "\n", *lines.splitlines(keepends=True)[:2]))
    put(policies, "policies", make_policies(policies["witnesses"][0]))
    put(receipts, "receipts", make_receipts(receipts))
    for file in (checkpoints, policies):
        file["witnesses"] = [*file["witnesses"][:4], encode_key(KEY), encode_key(TWIN)]
    future = next(vector for vector in notes["keys"] if vector["comment"] == "a type of the future")
    future["vkey"] = encode_key(Key("board.example/2027", 0x07, note.decode_key(notes["key"]).public))
    policies["comment"] = (
        "Policies over witnesses 1 to 6, of whom 5 has ML-DSA-44; quorums and non-quorums by their numbers."
    )
    checkpoints["comment"] = (
        "Checkpoints judged with one log key and six witnesses' keys, of which the fifth is of ML-DSA-44; times of the"
        " cosignatures that count."
    )
    receipts["comment"] = "Receipts judged with this policy, or their own, and their entry (hex)."
    for name, file in (("note", notes), ("checkpoint", checkpoints), ("policy", policies), ("receipt", receipts)):
        (VECTORS / f"{name}.json").write_text(json.dumps(file, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
