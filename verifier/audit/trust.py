"""The trust sheet: what an auditor takes from outside the board, compared by telephone (specs/verification.md §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from verifier.commission.roster import load_certificate
from verifier.election.manifest import SPEC
from verifier.errors import Incomplete, Malformed
from verifier.log import policy
from verifier.log.note import decode_base64
from verifier.place import Place

if TYPE_CHECKING:
    from cryptography import x509

    from verifier.log.note import Key
    from verifier.log.policy import Policy

HEADER = f"{SPEC} trust"


class TrustSheet(NamedTuple):
    """Origin and keys of the log; where the sheet has them, witnesses, roots, the digests of manifest and verifier."""

    origin: str
    log_keys: tuple[Key, ...]
    witnesses: Policy | None
    roots: tuple[x509.Certificate, ...]
    manifest: bytes | None
    verifier: bytes | None


def decode(raw: bytes) -> TrustSheet:
    """Read a trust sheet; `Malformed` says which line and what is wrong."""
    lines = raw.decode("utf-8", "replace").splitlines()
    if not lines or lines[0].strip() != HEADER:
        if lines and lines[0].endswith(" trust"):
            raise Incomplete(f"this verifier knows {SPEC}, the sheet begins with {lines[0]!r}", "trust sheet")
        raise Malformed(f"a trust sheet begins with the line {HEADER!r}", "trust sheet")
    own: dict[str, list[bytes]] = {"root": [], "manifest": [], "verifier": []}
    rest: list[str] = [""]
    for number, line in enumerate(lines[1:], 2):
        word, _, value = line.strip().partition(" ")
        if word in own:
            own[word].append(_value(word, value.strip(), Place("trust sheet", line=number)))
            rest.append("")
        else:
            rest.append(line)
    if len(own["manifest"]) > 1 or len(own["verifier"]) > 1:
        raise Malformed("one manifest and one verifier at most", "trust sheet")
    witnessed = any(line.split()[:1] == ["quorum"] for line in rest)
    read = policy.decode("\n".join([*rest, *([] if witnessed else ["quorum none"])]).encode())
    origins = {party.key.name for party in read.logs}
    if len(origins) != 1:
        raise Malformed("a trust sheet has one log, by one or more keys of the same name", "trust sheet")
    origin = origins.pop()
    return TrustSheet(
        origin,
        read.log_keys(origin),
        read if read.quorum != policy.NONE else None,
        tuple(load_certificate(der) for der in own["root"]),
        *(own[word][0] if own[word] else None for word in ("manifest", "verifier")),
    )


def _value(word: str, value: str, where: Place) -> bytes:
    try:
        if word == "root":
            return decode_base64(value)
        digest = bytes.fromhex(value)
    except (ValueError, Malformed) as error:
        raise Malformed(
            f"{word} takes {'a DER certificate in base64' if word == 'root' else 'hexadecimal'}", where
        ) from error
    if len(digest) != 32:
        raise Malformed(f"{word} takes a SHA-256 of 64 hexadecimal digits", where)
    return digest
