"""Records that a board refuses: what they are, with which status and code, by which clause."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from tests.support.elections import Election
from tests.support.serving import cast
from verifier.commission.roster import Signature
from verifier.election.ceremony import Pledge
from verifier.election.counting import Close, Override
from verifier.records import encode


def wrong_signature(election: Election) -> bytes:
    ballot = cast(election, 1)
    return encode(msgspec.structs.replace(ballot, signature=ballot.signature[:32] + bytes(32)))


def second_manifest(election: Election) -> bytes:
    return election.records[0].replace(b'"test-election"', b'"other-election"')


def stranger(election: Election) -> Any:
    ballot = cast(election, 1)
    return msgspec.structs.replace(ballot, sealed=msgspec.structs.replace(ballot.sealed, credential=bytes(32)))


LATE = Pledge(1, 1, bytes(32), bytes(32), bytes(64))
REFUSED: list[tuple[str, Callable[[Election], bytes], int, str, str]] = [
    ("no record", lambda _: b"{}", 400, "malformed", "CFG.4"),
    ("no JSON", lambda _: b"ballot", 400, "malformed", "CFG.4"),
    ("spaces", lambda e: e.records[0].replace(b",", b", ", 1), 400, "malformed", "CFG.4"),
    ("unknown member", lambda e: b'{"a":1,' + encode(cast(e, 1))[1:], 400, "malformed", "CFG.4"),
    ("unsigned", lambda _: encode(Close(bytes(64))), 403, "not-signed", "CRT.3"),
    (
        "not by the operator",
        lambda e: encode(e.trustees[0].sign(Close(bytes(64)), e.digest)),
        403,
        "not-signed",
        "CRT.3",
    ),
    ("wrongly signed", wrong_signature, 403, "not-signed", "BAL.7"),
    ("not on a roster", lambda _: encode(Signature(bytes(32), "nobody", b"")), 403, "not-signed", "CRT.2"),
    ("wrong phase", lambda e: encode(e.trustees[0].sign(LATE, e.digest)), 409, "wrong-phase", "CFG.6"),
    ("second manifest", second_manifest, 422, "rejected", "CFG.1"),
    ("of no credential", lambda e: encode(stranger(e)), 422, "rejected", "BAL.1"),
    ("of no commission", lambda _: encode(Override("nowhere", ())), 403, "not-signed", "CRT.2"),
]
