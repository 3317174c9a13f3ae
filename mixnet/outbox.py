"""What a voter sends: written down before it is posted, and posted again as it stands after a crash."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mixnet.lookup import read_own
from mixnet.speech import Trouble, said
from mixnet.vault import write
from verifier.client import tracking
from verifier.client.board import LONGEST_WAIT, Refused
from verifier.client.refusal import compare
from verifier.errors import VerifierError
from verifier.log import receipt, refusal
from verifier.log.tree import hash_leaf

if TYPE_CHECKING:
    from pathlib import Path

    from verifier.audit.trust import TrustSheet
    from verifier.client.board import Board
    from verifier.log.refusal import SignedRefusal

SUFFIX = ".tlog-proof"
WAITING = ".waiting"


class TurnedAway(Exception):
    """The board refused a record and signed that it did; `file` keeps its word, which anybody can check."""

    def __init__(self, word: SignedRefusal, file: Path) -> None:
        super().__init__(word, file)
        self._word, self._file = word, file

    @property
    def told(self) -> str:
        """What the voter is told: what happened, where the board's word is, and what to do."""
        key = {"CFG.6": "late", "BAL.8": "overtaken"}.get(self._word.clause, "refused")
        clause = self._word.clause or self._word.code
        return said(f"trouble.{key}", clause=clause, detail=self._word.detail, file=self._file)


class Outbox:
    """Records on their way to one board; receipts are kept in `receipts`, signed refusals in `refusals` beside it.

    A record waits in `receipts` under a hidden name, until its receipt or the board's refusal takes its place.
    """

    def __init__(self, board: Board, sheet: TrustSheet, receipts: Path, wait: float = LONGEST_WAIT) -> None:
        self._board, self._sheet, self._receipts, self._wait = board, sheet, receipts, wait

    def send(self, raw: bytes, tracker: bytes) -> Path:
        """Post a record that is signed; gives its receipt's file."""
        waiting = self._receipts / f".{tracker.hex()}{WAITING}"
        write(waiting, [raw])
        return self.deliver(waiting)

    def waiting(self, key: bytes) -> list[Path]:
        """Records of this credential that have neither receipt nor refusal yet, oldest first."""
        files = sorted(self._receipts.glob(f".*{WAITING}"), key=lambda file: file.stat().st_mtime_ns)
        return [file for file in files if read_own(file.read_bytes(), key)]

    def deliver(self, waiting: Path) -> Path:
        """Post a record, for the first time or again, and keep its receipt.

        `TurnedAway` with the board's signed word; `Trouble` if the record is taken in and not promised yet.
        """
        raw, tracker = waiting.read_bytes(), waiting.name.removeprefix(".").removesuffix(WAITING)
        try:
            answer = self._board.hand_in(raw, self._wait)
        except Refused as error:
            self._keep_refusal(error, raw, waiting, tracker)
            raise
        if answer is None:
            raise Trouble("trouble.unpromised", code=tracking.encode(bytes.fromhex(tracker)))
        fetched = receipt.decode(answer)
        receipt.check(fetched, hash_leaf(raw), self._sheet.origin, self._sheet.log_keys, self._sheet.witnesses)
        path = self._receipts / f"{tracker}{SUFFIX}"
        write(path, [receipt.encode(replace(fetched, extra=raw))])
        waiting.unlink()
        return path

    def _keep_refusal(self, error: Refused, raw: bytes, waiting: Path, tracker: str) -> None:
        """Keep a refusal that the log signed; what nobody signed, or the board may mend, settles nothing."""
        with suppress(VerifierError):
            word = refusal.decode(error.raw)
            refusal.check(word, self._sheet.origin, self._sheet.log_keys)
            compare(word, raw)
            if word.status < 500:
                file = self._receipts.with_name("refusals") / f"{tracker}.json"
                write(file, [error.raw])
                waiting.unlink()
                raise TurnedAway(word, file) from error
