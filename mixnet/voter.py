"""The voter's client: it seals, casts or challenges, and keeps the receipt (specs/ballot.md, specs/receipt.md)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mixnet.ballot import Credential, Prepared
from verifier import fold
from verifier.election.ballot import FIRST
from verifier.errors import Incomplete, refuse
from verifier.log import receipt
from verifier.log.reading import Log, blob_path
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.records import encode
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from verifier.audit.trust import TrustSheet
    from verifier.client.board import Board
    from verifier.election.manifest import Contest
    from verifier.log.reading import Read
    from verifier.rule import Claim

SUFFIX = ".tlog-proof"


def read_opening(read: Read, sheet: TrustSheet) -> State:
    """The election as it was opened: what a client checks, without the ballots of others, before it seals to a key.

    It replays the log's beginning, up to the opening, under a checkpoint with the witnesses' quorum: the manifest is
    the one on the sheet, its trustees all acknowledged the key, its commissions signed register and opening with the
    certificates that are on the log. The client does not see what comes after. A receipt shows that a ballot is on the
    log; only an audit of the whole log shows that it is counted. The audit also checks whether the certificates chain
    to the sheet's roots.
    """
    if sheet.manifest is None or sheet.witnesses is None:
        raise Incomplete(
            "to vote one needs the manifest's digest and a quorum of witnesses on the trust sheet", "trust sheet"
        )
    log = Log(read, sheet.origin, sheet.log_keys)
    log.check_latest(sheet.log_keys, sheet.witnesses)
    state = State()
    claims: list[Claim] = []
    for judged in fold.replay(state, log.entries(), lambda digest: read(blob_path(digest))):
        claims += judged.taken().claims
        if state.digest != sheet.manifest:
            refuse("CFG.10", Place(record=0), "the manifest is not the one on the trust sheet: do not vote here")
        if state.phase == "voting":
            fold.settle(claims)
            return state
    raise Incomplete(
        "the voting has not been opened yet: come back when the commission has opened it", f"phase {state.phase}"
    )


class Voter:
    """One voter's client at one board; receipts are kept in the directory `receipts`.

    It remembers the tracker of its latest cast ballot in each contest. A new client of somebody who has voted before
    gets these trackers as `latest`.
    """

    def __init__(
        self,
        board: Board,
        sheet: TrustSheet,
        opened: State,
        credential: Credential,
        receipts: Path,
        latest: Mapping[str, bytes] | None = None,
    ) -> None:
        entry = opened.credentials.get(credential.key)
        if entry is None:
            refuse(
                "BAL.1",
                "register",
                "this credential is not on the register: ask the commission that took the application",
            )
        self._board, self._sheet, self._opened = board, sheet, opened
        self._credential, self._receipts = credential, receipts
        self.style = entry.style
        self._latest = dict(latest or {})

    @property
    def contests(self) -> list[Contest]:
        """What this voter may vote in."""
        rules = self._opened.rules
        ids = next(style.contests for style in rules.styles if style.id == self.style)
        return [contest for contest in rules.contests if contest.id in ids]

    def seal(self, contest: Contest, choice: Sequence[int]) -> Prepared:
        """Seal a choice. The voter sees the tracker, and only then says what becomes of it."""
        return self._credential.seal(self._opened.context, self._opened.key, contest, self.style, choice)

    def cast(self, prepared: Prepared) -> Path:
        """Cast it; the last ballot that is cast counts. Gives the receipt's file."""
        contest = prepared.sealed.contest
        ballot = self._credential.cast(self._opened.context, prepared, self._latest.get(contest, FIRST))
        raw = encode(ballot)
        leaf = self._board.post(raw)
        self._latest[contest] = prepared.tracker
        return self._keep_receipt(raw, leaf, prepared.tracker)

    def challenge(self, prepared: Prepared) -> Path:
        """Open it, for all to check that it was sealed as chosen; it can never be cast. Gives the receipt's file."""
        latest = self._latest.get(prepared.sealed.contest, FIRST)
        raw = encode(self._credential.challenge(self._opened.context, prepared, latest))
        return self._keep_receipt(raw, self._board.post(raw), prepared.tracker)

    def _keep_receipt(self, raw: bytes, leaf: bytes, tracker: bytes) -> Path:
        """Fetch the receipt, check it, and keep it with its record so that the file speaks for itself."""
        fetched = receipt.decode(self._board.receipt(leaf))
        receipt.check(fetched, hash_leaf(raw), self._sheet.origin, self._sheet.log_keys, self._sheet.witnesses)
        path = self._receipts / f"{tracker.hex()}{SUFFIX}"
        path.write_bytes(receipt.encode(replace(fetched, extra=raw)))
        return path
