"""A key holder at work: it believes nobody, does what is due, writes it down before it does it, and does it once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol, get_args

from mixnet.speech import said_key
from mixnet.vault import UnusableVault
from verifier import fold, rules
from verifier.audit import audit
from verifier.client.board import Refused, Sender
from verifier.client.download import download
from verifier.client.files import Directory
from verifier.client.sign import with_signature
from verifier.errors import Incomplete, refuse
from verifier.log.reading import LATEST, Log, blob_path
from verifier.place import Place
from verifier.records import Blob, Record, encode
from verifier.rule import Phase
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mixnet.vault import Vault
    from verifier.audit.trust import TrustSheet
    from verifier.client.board import Board
    from verifier.election.manifest import KeyHolder
    from verifier.log.reading import Read

PHASES: tuple[Phase, ...] = get_args(Phase)
PATIENCE = 600.0  # seconds for which a board that cannot be read is asked again
Say = Callable[[str], None]


class Conflict(Exception):
    """What is asked contradicts what this vault has done: somebody shows this key holder another log than before."""


class Deed(NamedTuple):
    """Something that is due, by its name in the vault.

    `make` gives its record, yet unsigned; `about` says whether an earlier record of that name was about the same data;
    `then` is done once it is posted.
    """

    name: str
    make: Callable[[], Record]
    about: Callable[[Record], bool] = lambda _: True
    then: Callable[[], None] = lambda: None


class Role(Protocol):
    """What a trustee or mix server makes of the election's state.

    In the phases `idle` nothing can be due from it. It `lacks_key` if it is yet to be told of the election key there.
    """

    @property
    def idle(self) -> tuple[Phase, ...]: ...

    def lacks_key(self, state: State) -> bool: ...

    def due(self, state: State) -> Sequence[Deed]: ...

    def finished(self, state: State) -> bool: ...

    def id(self, state: State) -> str: ...


class Holder:
    """A role served at one board, under one trust sheet, out of one vault."""

    def __init__(self, board: Board, sheet: TrustSheet, vault: Vault, role: Role, tell: Say = lambda _: None) -> None:
        if sheet.manifest is None or sheet.witnesses is None:
            raise Incomplete(
                "a key holder's trust sheet needs the manifest's digest and a quorum of witnesses", "trust sheet"
            )
        vault.bind(sheet.manifest)
        self._board, self._sheet, self._vault, self._role, self._tell = board, sheet, vault, role, tell
        self._copy = vault.directory / "board"
        self._seen: bytes | None = None
        self._done: set[str] = set()
        self._refused: set[str] = set()

    def serve(self, until: Phase = "certified", pause: float = 1.0) -> None:
        """Do all that becomes due, until `until` is reached or nothing more can be; looks every `pause` seconds."""
        lost: float | None = None
        while True:
            try:
                if self.look(until):
                    return
                lost = None
            except Incomplete as error:
                if lost is None:
                    self._tell(f"cannot read the board, and goes on trying: {error}")
                    lost = time.monotonic()
                if time.monotonic() - lost > PATIENCE:
                    raise
            time.sleep(pause)

    def look(self, until: Phase = "certified") -> bool:
        """Look once, and do what is due; True if nothing more can be.

        What the board says about its phase only saves work: nothing is done without a replay of the whole log.
        """
        said = self._board.health().get("phase")
        if said in self._role.idle and PHASES.index(said) < PHASES.index(until):
            return False
        latest = self._board.read(LATEST)
        if latest is None or latest == self._seen:
            return False
        download(self._board, self._copy, self._sheet)
        read = Directory(self._copy)
        state = self._fold(read)
        if self._is_over(state, until) or self._role.due(state) or self._role.lacks_key(state):
            del state  # before there is another one
            state = audit.replay(read, self._sheet)
        if self._role.lacks_key(state):
            self._vault.note_election_key(state.key)
            self._tell(said_key(state.key))
        for act in self._role.due(state):
            self._perform(state, act)
        self._seen = latest
        return self._is_over(state, until)

    def _fold(self, read: Read) -> State:
        """A first look without proofs, to see whether the whole replay is worth its while."""
        state = State()
        log = Log(read, self._sheet.origin, self._sheet.log_keys)
        for judged in fold.replay(state, log.hashed(), lambda digest: read(blob_path(digest))):
            judged.taken()
        if state.manifest is not None and state.digest != self._sheet.manifest:
            refuse("CFG.10", Place(record=0), "the manifest is not the one on the trust sheet: nothing is done for it")
        return state

    def _is_over(self, state: State, until: Phase) -> bool:
        return PHASES.index(state.phase) >= PHASES.index(until) or self._role.finished(state)

    def _perform(self, state: State, act: Deed) -> None:
        """Make the record, or take the one that was made before; write it down; put its blobs; post it."""
        raw = self._vault.recall(act.name)
        if raw is None:
            raw = encode(with_signature(act.make(), state.digest, self._vault.sign))
            self._vault.remember(act.name, raw)
        record = rules.CODEC.decode(raw, act.name)
        if not act.about(record):
            raise Conflict(
                f"{act.name} was done once, about other data, and is not done again: keep the vault and the copy in "
                f"{self._copy} as they are and tell the central commission"
            )
        if act.name in self._done:
            return
        sender = Sender(state.digest, self._role.id(state), self._vault.sign)
        for blob in _blobs(record):
            self._board.put_blob(self._vault.fetch(blob), sender)
        try:
            self._board.post(raw)
        except Refused:
            if act.name in self._refused:
                raise
            self._refused.add(act.name)  # the log has gone on meanwhile; if it is still due then, that is an error
            return
        act.then()
        self._done.add(act.name)
        self._tell(f"posted {act.name}")


def place(holders: Sequence[KeyHolder], key: bytes, what: str) -> int:
    """The number from 1 that the manifest gives to this key; a key that it does not name has no part in this."""
    for number, holder in enumerate(holders, 1):
        if holder.key == key:
            return number
    raise UnusableVault(
        f"the manifest has no {what} with this vault's public key {key.hex()}: use the vault whose key was handed in"
    )


def _blobs(record: Record) -> list[Blob]:
    values = (getattr(record, name) for name in record.__struct_fields__)
    return [value for value in values if isinstance(value, Blob)]
