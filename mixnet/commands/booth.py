"""What a voter's commands do: enter with a verified log, seal, send, tell; and look up what stands on the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from mixnet import credential
from mixnet.lookup import find
from mixnet.outbox import Outbox, TurnedAway
from mixnet.speech import Trouble, said, tell
from mixnet.voter import Voter, latest_of, read_election
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client import text, tracking
from verifier.client.board import Board
from verifier.client.download import download
from verifier.client.files import Directory
from verifier.desk.commands.speech import spoken, told
from verifier.desk.report.report import EXIT
from verifier.election.ballot import Challenge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mixnet.ballot import Credential, Prepared
    from verifier.audit.trust import TrustSheet
    from verifier.election.manifest import Contest

EARLY = ("setup", "ceremony", "registration")


class Polling(NamedTuple):
    """Whose credential, which board, under which sheet, and where things are kept."""

    file: Path
    share: Path | None
    url: str
    sheet: Path
    receipts: Path | None
    wait: float

    @property
    def credential(self) -> Credential:
        """The key that votes: the file's own, or joined with the second share."""
        return credential.load(self.file, self.share)

    @property
    def trust(self) -> TrustSheet:
        return trust.decode(text.read(self.sheet))

    @property
    def copy(self) -> Path:
        """The copy of the board."""
        return self._kept / "board"

    @property
    def kept_receipts(self) -> Path:
        """Where receipts go; the directory is made."""
        place = self.receipts or self._kept / "receipts"
        place.mkdir(parents=True, exist_ok=True)
        return place

    @property
    def _kept(self) -> Path:
        return self.file.with_name(f"{self.file.name}.kept")


class Booth:
    """A voter at a board whose log was verified; what was signed and not delivered is delivered first."""

    def __init__(self, place: Polling) -> None:
        self._place, self._credential = place, place.credential
        board, sheet = Board(place.url), place.trust
        self._state = read_election(board, sheet, place.copy)
        if self._credential.key not in self._state.credentials:
            raise Trouble("trouble.early" if self._state.phase in EARLY else "trouble.stranger")
        receipts = place.kept_receipts
        outbox = Outbox(board, sheet, receipts, place.wait)
        self.resumed = [_resume(outbox, file) for file in outbox.waiting(self._credential.key)]
        if self.resumed:
            self._state = read_election(board, sheet, place.copy)
        self._latest = latest_of(self._state, self._credential.key)
        self._voter = Voter(board, sheet, self._state, self._credential, receipts, self._latest, place.wait)

    def show(self) -> None:
        """The contests with numbered options."""
        w = spoken()
        for contest in self._voter.contests:
            exact = contest.least == contest.most
            marks = said(f"show.{'exact' if exact else 'marks'}", least=contest.least, most=contest.most)
            tell("show.contest", title=w.text(contest.title), id=contest.id, marks=marks)
            for number, option in enumerate(contest.options, 1):
                tell("show.option", number=number, name=w.text(option.name))
            if not contest.least:
                tell("show.empty")

    def seal(self, contest: str | None, choose: str | None, *, blank: bool) -> Prepared:
        """Seal a choice, and show its tracking code before anything is sent."""
        if self._state.phase in EARLY:
            raise Trouble("trouble.early")
        chosen = self._choose_contest(contest)
        prepared = self._voter.seal(chosen, _read_choice(choose, blank=blank))
        tell("vote.choice", marks=self._name(prepared))
        tell("vote.sealed", code=_code(prepared.tracker))
        return prepared

    def cast(self, prepared: Prepared) -> None:
        """Cast it; the last one counts."""
        before = self._latest.get(prepared.sealed.contest)
        file = self._voter.cast(prepared)
        tell("vote.cast")
        if before is not None:
            tell("vote.again", code=_code(before))
        self._close(file)

    def challenge(self, prepared: Prepared) -> None:
        """Open it for all to see."""
        file = self._voter.challenge(prepared)
        names, code = self._name(prepared), tracking.encode(prepared.tracker)
        tell("vote.challenged", marks=names, code=code, url=self._place.url, sheet=self._place.sheet)
        self._close(file)

    def _close(self, file: Path) -> None:
        tell("vote.receipt", file=file)
        tell("vote.checked", size=len(self._state.leaves))
        tell("vote.unchecked")

    def _choose_contest(self, id: str | None) -> Contest:
        contests = {contest.id: contest for contest in self._voter.contests}
        if id is None and len(contests) == 1:
            [id] = contests
        if id not in contests:
            raise Trouble("trouble.contest", ids=", ".join(contests))
        return contests[id]

    def _name(self, prepared: Prepared) -> str:
        """The options that were marked."""
        contest = next(one for one in self._voter.contests if one.id == prepared.sealed.contest)
        names = [spoken().text(contest.options[number - 1].name) for number in prepared.choice]
        return ", ".join(names) or said("vote.blank")


def look_up(place: Polling) -> int:
    """Audit the whole log and tell what stands there for the credential; the audit's exit status."""
    key, sheet, w = place.credential.key, place.trust, spoken()
    download(Board(place.url), place.copy, sheet)
    copy = Directory(place.copy)
    audit = Audit(copy, sheet, kept=copy.kept)
    outcome = audit.run()
    found = list(find(audit, audit.log, key)) if audit.log is not None else []
    for index, record, standing, detail in found:
        tell(
            "lookup.line",
            index=index,
            act=said(f"lookup.{'challenge' if isinstance(record, Challenge) else 'cast'}"),
            contest=record.sealed.contest,
            code=_code(record.sealed.tracker(audit.state.digest)),
            standing=w.name("standings", standing),
            detail=told(detail),
        )
    if not found:
        tell("lookup.none")
    if key in audit.sound.overridden:
        tell("lookup.paper")
    size = audit.log.size if audit.log is not None else 0
    word = "word" if audit.state.phase == "certified" else "open"
    tell("lookup.checked", size=size, verdict=w[f"verdict.{outcome.verdict}.{word}"])
    tell("lookup.unchecked", last=size - 1)
    return EXIT[outcome.verdict]


def _resume(outbox: Outbox, waiting: Path) -> str:
    """Deliver what was signed before; a refusal settles it too."""
    code = _code(bytes.fromhex(waiting.name.split(".")[1]))
    try:
        file = outbox.deliver(waiting)
    except TurnedAway as refused:
        click.echo(refused.told, err=True)
    else:
        tell("vote.resumed", code=code)
        tell("vote.receipt", file=file)
    return code


def _read_choice(choose: str | None, *, blank: bool) -> Sequence[int]:
    """Numbers of options, ascending; none only if the ballot is to be blank."""
    if blank and choose:
        raise Trouble("trouble.both")
    if not blank and not (choose or "").strip():
        raise Trouble("trouble.blank")
    words = (choose or "").replace(",", " ").split()
    if not all(word.isascii() and word.isdecimal() and len(word) < 5 for word in words):
        raise Trouble("trouble.marks", given=choose)
    return sorted(int(word) for word in words)


def _code(tracker: bytes) -> str:
    """The tracking code in groups of four, as people compare it."""
    code = tracking.encode(tracker)
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
