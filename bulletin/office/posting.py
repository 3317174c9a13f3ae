"""Sending the docket to the board: what is complete, in its order, as often as one likes (specs/desk.md §2)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from bulletin.office.docket import Filed
from bulletin.office.objection import Objection, Unable
from bulletin.office.standing import Docket, Stand
from verifier.client.board import Board, Refused, Sender
from verifier.election.manifest import Manifest
from verifier.errors import Incomplete
from verifier.records import encode


class Sending(NamedTuple):
    """What was done with a request: sent, left out because it was done before, or because members are missing."""

    stand: Stand
    done: Literal["sent", "before", "waiting"]


def post(docket: Docket, board: Board, sender: Sender) -> Iterator[Sending]:
    """Send every complete request: blobs, record, signatures.

    What the board has already it takes again without a change, so that a broken run is simply repeated. The signatures
    under a manifest wait for the roster that it fixes. `Objection` at the first thing that the board refuses, `Unable`
    where it cannot be reached.
    """
    late: list[Stand] = []
    for stand in docket.stands():
        if stand.where == "in-effect":
            yield Sending(stand, "before")
        elif stand.where != "complete":
            yield Sending(stand, "waiting")
        else:
            _send(stand.filed, board, sender, bare=isinstance(stand.filed.request.content, Manifest))
            if isinstance(stand.filed.request.content, Manifest):
                late.append(stand)
                continue
            _countersign(docket, stand, board)
            yield Sending(stand, "sent")
            if bytes.fromhex(stand.filed.request.leaf) == docket.manifest.roster:
                yield from _catch_up(docket, late, board)
    yield from _catch_up(docket, late, board)


def _catch_up(docket: Docket, late: list[Stand], board: Board) -> Iterator[Sending]:
    while late:
        stand = late.pop(0)
        _countersign(docket, stand, board)
        yield Sending(stand, "sent")


def _send(filed: Filed, board: Board, sender: Sender, *, bare: bool) -> None:
    """The record, its blobs first; a manifest is sent by nobody that the board could know."""
    for needed in filed.request.blobs:
        data = filed.blob(bytes.fromhex(needed.sha256))
        if data is None:
            raise Objection("missing-blob", file=f"blobs/{needed.sha256}")
        with _board(filed, board):
            board.put_blob(data, sender)
    with _board(filed, board):
        board.post(filed.request.raw, None if bare else sender)


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
