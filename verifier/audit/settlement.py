"""Claims are settled in blocks, one block at a time, on a separate thread while the log is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from verifier import fold
from verifier.errors import Rejected, VerifierError
from verifier.fold import Judged, Numbered
from verifier.records import Blobs
from verifier.rule import Claim, Step
from verifier.state import State

Progress = Callable[[str, int, int], None]
BLOCK = 1 << 25  # bytes of records and blobs whose claims are settled together: it bounds the memory, not the verdict
LARGE = 4 * BLOCK  # a record of so many bytes, such as a large mix, is settled before the next one is read


def silent(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


class Settlement:
    """`refused` is called with each claim that is false, in the caller's thread.

    Leaving the `with` settles what is left, even if the log was not read to its end: a missing file must not hide what
    was read and is false.
    """

    def __init__(
        self, refused: Callable[[Rejected], None], only: frozenset[str] = frozenset(), progress: Progress = silent
    ) -> None:
        self._refused = refused
        self._only = only
        self._progress = progress
        self._thread = ThreadPoolExecutor(1, "settlement")
        self._running: Future[None] | None = None
        self._claims: list[Claim] = []
        self._size = self._begun = self._settled = self._owed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None or issubclass(kind, VerifierError):
                self._finish()
        finally:
            self._thread.shutdown(wait=False)

    def follow(self, state: State, entries: Iterable[Numbered], blobs: Blobs) -> Iterator[Judged]:
        """Fold the entries into the state and take over what they claim: then nothing else keeps a claim's bytes."""
        fetched: list[int] = []

        def fetch(digest: bytes) -> bytes | None:
            data = blobs(digest)
            fetched.append(len(data or b""))
            return data

        for judged in fold.replay(state, entries, fetch):
            if isinstance(judged.step, Step):
                self.owe(judged.step.claims, len(judged.raw) + sum(fetched))
                judged.step.claims = ()
            fetched.clear()
            yield judged

    def owe(self, claims: Sequence[Claim], size: int) -> None:
        """Take over the claims of a record, which has `size` bytes with its blobs."""
        self._claims += claims
        self._size += size
        self._owed += size
        if self._size >= BLOCK:
            self._begin()
        if size >= LARGE:
            self._end()

    def _finish(self) -> None:
        self._tell()
        self._begin()
        self._tell()
        self._end()
        self._tell()

    def _begin(self) -> None:
        self._end()
        self._running = self._thread.submit(fold.settle, self._claims, self._only)
        self._claims, self._begun, self._size = [], self._size, 0

    def _end(self) -> None:
        running, self._running = self._running, None
        try:
            if running is not None:
                running.result()
        except Rejected as error:
            for each in (error, *error.also):
                self._refused(each)
        self._settled, self._begun = self._settled + self._begun, 0

    def _tell(self) -> None:
        self._progress("proofs", self._settled, self._owed)
