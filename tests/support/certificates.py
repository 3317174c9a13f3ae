"""What the verifier says of the vectors of certificates and keys; `python certificates.py FOLDER` prints where it errs.

It needs the verifier and what that stands on, nothing of the tests', so that it runs in any environment.
"""

from __future__ import annotations

import hashlib
import json
import sys
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature

from verifier.commission import certificate
from verifier.commission.certificate import Certificate, Unfit
from verifier.errors import VerifierError, refuse
from verifier.log import checkpoint, note

Vector = dict[str, Any]


def raw(vector: Vector) -> bytes:
    return b64decode(vector["certificate"])


def says(found: Certificate) -> Vector:
    """What a vector tells of a certificate, but for the names, which are for people."""
    spki = hashlib.sha256(found.spki).hexdigest()
    return {"first": found.not_before, "last": found.not_after, "spki": spki}


def refusal(vector: Vector, anchors: list[Certificate]) -> str:
    """The reason with which a certificate is refused, or nothing."""
    try:
        if vector["role"] == "anchor":
            certificate.decode_anchor(raw(vector))
        else:
            certificate.check_issued(certificate.decode_member(raw(vector)), anchors)
    except Unfit as error:
        return error.reason
    return ""


def signature(vector: Vector, member: Certificate) -> str:
    signed, given = bytes.fromhex(vector["message"]), bytes.fromhex(vector["signature"])
    try:
        certificate.verify_member(member.key, given, signed)
    except InvalidSignature:
        return "rejected"
    return "accepted"


def judge(file: Vector) -> dict[str, bool]:
    """Whether the verifier agrees with each vector, by its name."""
    anchors = {v["name"]: certificate.decode_anchor(raw(v)) for v in file["anchors"]}
    members = {v["name"]: certificate.decode_member(raw(v)) for v in file["members"]}
    agrees = {}
    for v in (*file["anchors"], *file["members"]):
        agrees[v["name"]] = says({**anchors, **members}[v["name"]]).items() <= v["says"].items()
    for v in file["members"]:
        certificate.check_issued(members[v["name"]], [anchors[v["by"]]])
    for v in file["rejected"]:
        agrees[f"{v['of']}: {v['name']}"] = refusal(v, [*anchors.values()]) == v["reason"]
    for v in file["signatures"]:
        agrees[f"signature of {v['by']}: {v['name']}"] = signature(v, members[v["by"]]) == v["result"]
    return agrees


def judge_notes(file: Vector) -> dict[str, bool]:
    """The same of the keys and signatures of notes, as far as no ML-DSA-44 is needed."""
    agrees = {}
    for v in file["notes"]:
        agrees[f"note: {v['comment']}"] = noted(v.get("key", file["key"]), v["note"].encode()) == v["result"]
    for v in file["keys"]:
        agrees[f"key: {v['comment']}"] = outcome(note.decode_key, v["vkey"]) == v["result"]
    return agrees


def noted(vkey: str, raw: bytes) -> str:
    def check() -> None:
        key, opened = note.decode_key(vkey), note.decode(raw)
        lines = checkpoint.matching_lines(opened, [key])
        for _, line in lines or refuse("BRD.1", "note", "not signed"):
            note.check_signature("BRD.1", "note", key, opened.text, line.blob)

    return outcome(check)


def outcome(check: Callable[..., object], *given: str) -> str:
    try:
        check(*given)
    except VerifierError as error:
        return type(error).__name__.lower()
    return "accepted"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    agreed = judge(json.loads((folder / "certificates.json").read_text()))
    agreed |= judge_notes(json.loads((folder / "note.json").read_text()))
    wrong = [name for name, agrees in agreed.items() if not agrees]
    print(f"{len(agreed)} vectors, {len(wrong)} judged otherwise", *wrong, sep="\n")
    sys.exit(bool(wrong))
