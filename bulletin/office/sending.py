"""Who hands the docket in at the board: its operator, a member whose roster is on the log, or an observer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bulletin.board.keyring import OBSERVER, OPERATOR
from bulletin.office.keyfile import open_key
from bulletin.office.objection import Objection
from bulletin.office.request import digest
from bulletin.office.signing import sign
from bulletin.office.standing import Docket
from bulletin.settings import KEY_PREFIX, load_operator
from verifier.client.board import Sender
from verifier.commission.certificate import decode_member


def is_operators(file: Path) -> bool:
    """Whether the file is in the form of an operator's key."""
    with file.open("rb") as opened:
        return opened.read(len(KEY_PREFIX)) == KEY_PREFIX.encode()


def read_sender(docket: Docket, file: Path, ask: Callable[[], str]) -> Sender:
    """The sender whose key is in the file; `ask` gives the password of a member's or an observer's."""
    manifest = digest(docket.manifest)
    if is_operators(file):
        key, own = load_operator(file)
        if key.public != docket.manifest.operator:
            raise Objection("other-operator", file=file.name)
        return Sender(manifest, OPERATOR, own)
    opened = open_key(file, ask())
    rosters = docket.state.rosters.values() if docket.state else ()
    for roster in (seated[-1].roster for seated in rosters):
        for member in roster.members:
            if member.key == opened.spki:
                name = f"{roster.commission}/{member.id}"
                return Sender(manifest, name, lambda message: sign(opened.key, message))
    withdrawn = docket.state.withdrawn if docket.state else set()
    for id, observer in docket.state.observers.items() if docket.state else ():
        if decode_member(observer.certificate).spki == opened.spki and id not in withdrawn:
            return Sender(manifest, OBSERVER + id, lambda message: sign(opened.key, message))
    raise Objection("no-sender", file=file.name)
