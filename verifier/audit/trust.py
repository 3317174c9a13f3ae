"""The trust sheet: what an auditor takes from outside the board, compared by telephone (specs/verification.md §2)."""

from __future__ import annotations

from typing import NamedTuple

from verifier.commission.certificate import Certificate, Unfit, decode_anchor
from verifier.election.manifest import SPEC
from verifier.errors import Incomplete, Malformed, say
from verifier.log import policy
from verifier.log.note import Key, decode_base64
from verifier.log.policy import Policy
from verifier.place import Place

HEADER = f"{SPEC} trust"


class TrustSheet(NamedTuple):
    """Origin and keys of the log; where the sheet has them, witnesses, roots, digests of manifest, verifier and app."""

    origin: str
    log_keys: tuple[Key, ...]
    witnesses: Policy | None
    roots: tuple[Certificate, ...]
    manifest: bytes | None
    verifier: bytes | None
    app: bytes | None = None


def decode(raw: bytes) -> TrustSheet:
    """Read a trust sheet; `Malformed` says which line and what is wrong."""
    first, *lines = raw.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    if first.strip(" \t") != HEADER:
        if first.endswith(" trust"):
            raise Incomplete(say("this verifier knows {}, the sheet begins with “{}”", SPEC, first), "trust sheet")
        raise Malformed(say("a trust sheet begins with the line “{}”", HEADER), "trust sheet")
    own: dict[str, list[bytes]] = {"manifest": [], "verifier": [], "app": []}
    roots: list[Certificate] = []
    rest: list[str] = [""]
    for number, line in enumerate(lines, 2):
        word, _, value = line.replace("\t", " ").strip(" ").partition(" ")
        where = Place("trust sheet", line=number)
        if word == "root":
            roots.append(_anchor(value.strip(" "), where))
        elif word in own:
            own[word].append(_digest(word, value, where))
        rest.append(f"#{line}" if word in {"root", *own} else line)
    if any(len(given) > 1 for given in own.values()):
        raise Malformed("one manifest, one verifier and one app at most", "trust sheet")
    witnessed = any(line.split()[:1] == ["quorum"] for line in rest)
    read = policy.decode("\n".join([*rest, *([] if witnessed else ["quorum none"])]).encode())
    origins = {party.key.name for party in read.logs}
    if len(origins) != 1:
        raise Malformed("a trust sheet has one log, by one or more keys of the same name", "trust sheet")
    origin = origins.pop()
    witnesses = read if read.quorum != policy.NONE else None
    digests = (given[0] if given else None for given in own.values())
    return TrustSheet(origin, read.log_keys(origin), witnesses, tuple(roots), *digests)


def _anchor(value: str, where: Place) -> Certificate:
    try:
        return decode_anchor(decode_base64(value))
    except Unfit as error:
        raise Unfit(error.reason, error.said, where) from error
    except Malformed as error:
        raise Malformed("root takes a DER certificate in base64", where) from error


def _digest(word: str, value: str, where: Place) -> bytes:
    try:
        digest = bytes.fromhex(value)
    except ValueError as error:
        raise Malformed(say("{} takes hexadecimal", word), where) from error
    if len(digest) != 32:
        raise Malformed(say("{} takes a SHA-256 of 64 hexadecimal digits", word), where)
    return digest
