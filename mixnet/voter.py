"""The voter's client: it seals, casts or challenges, and keeps the receipt (specs/ballot.md, specs/receipt.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixnet.outbox import Outbox
from verifier import fold
from verifier.audit import audit
from verifier.client.board import LONGEST_WAIT
from verifier.client.download import download
from verifier.client.files import Directory
from verifier.election.ballot import FIRST
from verifier.errors import Incomplete, refuse
from verifier.log.reading import Log, blob_path
from verifier.place import Place
from verifier.records import encode
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from mixnet.ballot import Credential, Prepared
    from verifier.audit.trust import TrustSheet
    from verifier.client.board import Board
    from verifier.election.manifest import Contest
    from verifier.log.reading import Read
    from verifier.rule import Claim


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
    for judged in fold.replay(state, log.hashed(), lambda digest: read(blob_path(digest))):
        claims += judged.taken().claims
        if state.digest != sheet.manifest:
            refuse("CFG.10", Place(record=0), "the manifest is not the one on the trust sheet: do not vote here")
        if state.phase == "voting":
            fold.settle(claims)
            return state
    raise Incomplete(
        "the voting has not been opened yet: come back when the commission has opened it", f"phase {state.phase}"
    )


def read_election(board: Board, sheet: TrustSheet, copy: Path) -> State:
    """The election as it stands: the whole log is fetched into `copy` and verified, as key holders do before they act.

    It shows more than `read_opening`: also the roots of the commissions, and the voter's own ballots so far.
    """
    download(board, copy, sheet)
    return audit.replay(Directory(copy), sheet)


def latest_of(state: State, key: bytes) -> dict[str, bytes]:
    """The tracker of the credential's latest cast ballot in each contest."""
    return {id: course.cast[key].tracker for id, course in state.courses.items() if key in course.cast}


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
        wait: float = LONGEST_WAIT,
    ) -> None:
        entry = opened.credentials.get(credential.key)
        if entry is None:
            refuse(
                "BAL.1",
                "register",
                "this credential is not on the register: ask the commission that took the application",
            )
        self._opened, self._credential = opened, credential
        self._outbox = Outbox(board, sheet, receipts, wait)
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
        file = self._outbox.send(encode(ballot), prepared.tracker)
        self._latest[contest] = prepared.tracker
        return file

    def challenge(self, prepared: Prepared) -> Path:
        """Open it, for all to check that it was sealed as chosen; it can never be cast. Gives the receipt's file."""
        latest = self._latest.get(prepared.sealed.contest, FIRST)
        record = self._credential.challenge(self._opened.context, prepared, latest)
        return self._outbox.send(encode(record), prepared.tracker)
