"""What a board's rows answer from, and how they find what a path names."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from bulletin.board.admission import Admission, Refusal, say_busy
from bulletin.board.lookup import Index
from bulletin.board.overview import Overview
from bulletin.board.sequencer import Sequencer
from bulletin.http.pages import Pinned
from bulletin.http.uploads import Uploads
from bulletin.http.waiting import Bell
from bulletin.log.archive import ArchiveStore, StoreFailed
from bulletin.log.sightings import Sightings
from bulletin.settings import Settings
from verifier.election.assets import Assets

DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(slots=True)
class Service:
    """What the board's rows answer from; at its bells wait those who have no answer yet."""

    sequencer: Sequencer
    admission: Admission
    settings: Settings
    store: ArchiveStore
    uploads: Uploads
    index: Index
    pinned: Pinned
    sightings: Sightings
    rounds: Bell = field(init=False)
    publications: Bell = field(init=False)
    mirroring: None = None
    app: None = None

    def __post_init__(self) -> None:
        self.rounds = Bell(lambda: self.sequencer.round)
        self.publications = Bell(lambda: self.sequencer.publication)

    @property
    def archive(self) -> Path:
        """The directory in which the archive's files are read."""
        return self.store.copy

    def bring(self, name: str) -> None:
        """Have a file that never changes in the directory, if there is one."""
        self.has(name)

    def has(self, name: str) -> bool:
        """Whether the archive has a file that never changes; it is in the directory from now on."""
        try:
            return self.store.bring(name)
        except StoreFailed as error:
            raise say_busy("the archive's store does not answer; ask again", 5) from error

    def find(self, leaf: str) -> int:
        """The index of the record whose leaf hash is shown so; a refusal if the board does not have it."""
        index = self.sequencer.find(read_digest(leaf))
        if index is None:
            raise Refusal("unknown", "the board does not have this record")
        return index

    @property
    def overview(self) -> Overview:
        """The election at a glance."""
        return self.sequencer.overview

    @property
    def listed(self) -> Assets | None:
        """The app in effect, if the board is to serve it."""
        return self.overview.assets if self.settings.app_of_log else None


def read_digest(shown: str) -> bytes:
    """The 32 bytes of a hash in a path; a refusal of any other spelling."""
    if not DIGEST.fullmatch(shown):
        raise Refusal("unknown", "a hash is written as 64 digits in lower-case hexadecimal")
    return bytes.fromhex(shown)
