"""What a mirror's own copy says of the election, for the page that it shows (specs/mirror.md §4.3).

The records are folded as they come, and none of their proofs is settled: that is the audit's work.
"""

from pathlib import Path

from bulletin.board.overview import Overview, survey
from bulletin.log import disk
from bulletin.log.bundles import read_entries
from verifier import fold
from verifier.audit.timeline import Timeline
from verifier.errors import Incomplete
from verifier.log.reading import blob_path
from verifier.log.tiles import WIDTH
from verifier.rule import Step
from verifier.state import State

AT_ONCE = 32 * WIDTH  # entries that one visit takes in, about a second


class Surveyor:
    """Follows the copy in `archive`, from its first entry on, in one thread; any thread may read `overview`."""

    def __init__(self, archive: Path) -> None:
        self._archive, self._state, self._timeline, self._place = archive, State(), Timeline(), 0
        self.overview = Overview()

    def advance(self, size: int) -> None:
        """Take in some more of the copy's `size` entries; a record whose blob is lacking waits for it.

        `Incomplete` if a file of the copy is missing or damaged.
        """
        stop = min(size, self._place - self._place % WIDTH + AT_ONCE)  # whole bundles, or to the end
        if self._place >= stop:
            return
        entries = read_entries(self._archive, self._place, stop)
        try:
            for judged in fold.replay(self._state, entries, self._read_blob):
                match judged.step:
                    case Incomplete():
                        break
                    case Step() as step:
                        self._timeline.see(judged.number, step)
                self._place = judged.number + 1
        finally:
            self.overview = survey(self.overview, self._place, self._state, self._timeline)

    def _read_blob(self, digest: bytes) -> bytes | None:
        return disk.read(self._archive, blob_path(digest))
