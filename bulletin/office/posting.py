"""Sending the docket to the board: what is complete, in its order, as often as one likes (specs/desk.md §2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from bulletin.office.docket import Filed
from bulletin.office.objection import Objection, Unable
from bulletin.office.standing import Docket, Stand
from verifier.client.board import Board, Refused, Sender
from verifier.commission.roster import Roster
from verifier.election.manifest import Manifest
from verifier.errors import Incomplete
from verifier.records import encode


class Sending(NamedTuple):
    """What was done with a request: sent, or left out: done before, members are missing, it stands on what is.

    `why` is what the board says against one that it refuses.
    """

    stand: Stand
    done: Literal["sent", "before", "waiting", "later", "refused"]
    why: Objection | None = None


def post(docket: Docket, board: Board, sender: Sender) -> Iterator[Sending]:
    """Send every complete request: blobs, record, signatures.

    What the board has already it takes again without a change, so that a broken run is simply repeated. The roster that
    the manifest fixes goes before the manifest's signatures. What the board refuses does not hold up what follows.
    `Unable` where it cannot be reached.
    """
    stands, seated = docket.stands(), set(docket.state.rosters if docket.state else ())
    begun, fixed = docket.state is not None or _begin(stands, board), docket.manifest.roster.hex()
    for stand in sorted(stands, key=lambda each: each.filed.request.leaf != fixed):
        request = stand.filed.request
        if stand.where == "in-effect":
            yield Sending(stand, "before")
        elif stand.where != "complete":
            yield Sending(stand, "waiting")
        elif not begun or (stand.quorum and not request.observer and request.commission not in seated):
            yield Sending(stand, "later")
        else:
            sending = _try(docket, stand, board, sender)
            if sending.done == "sent" and isinstance(request.content, Roster):
                seated.add(request.content.commission)
            yield sending


def _try(docket: Docket, stand: Stand, board: Board, sender: Sender) -> Sending:
    """Send a complete request with its signatures."""
    try:
        _send(stand, board, sender)
        if not stand.filed.request.observer:
            _countersign(docket, stand, board)
    except Unable:
        raise
    except Objection as objection:
        return Sending(stand, "refused", objection)
    return Sending(stand, "sent")


def _begin(stands: list[Stand], board: Board) -> bool:
    """Send the manifest, which needs no sender: nobody is known before it. Whether its quorum lets it go."""
    for stand in stands:
        if isinstance(stand.filed.request.content, Manifest) and stand.where == "complete":
            with _board(stand.filed, board):
                board.post(stand.filed.request.raw)
            return True
    return False


def _send(stand: Stand, board: Board, sender: Sender) -> None:
    """The record, its blobs first."""
    filed = stand.filed
    for needed in filed.request.blobs:
        data = filed.blob(bytes.fromhex(needed.sha256))
        if data is None:
            raise Objection("missing-blob", file=f"blobs/{needed.sha256}")
        with _board(filed, board):
            board.put_blob(data, sender)
    with _board(filed, board):
        board.post(stand.raw, sender)


def _countersign(docket: Docket, stand: Stand, board: Board) -> None:
    leaf = bytes.fromhex(stand.filed.request.leaf)
    pending = docket.state.pending.get(leaf) if docket.state else None
    signed = {signing.member for signing in pending.signers} if pending else set()
    for member, signature in sorted(stand.signatures.items()):
        if member not in signed:
            with _board(stand.filed, board):
                board.post(encode(signature))


@contextmanager
def _board(filed: Filed, board: Board) -> Iterator[None]:
    """What the board answers, in our words."""
    try:
        yield
    except Refused as error:
        raise Objection("board-refuses", file=filed.path.name, clause=error.clause, reason=error.detail) from error
    except Incomplete as error:
        raise Unable("no-board", place=board.url, reason=error.said) from error
