"""Step 7: the election rehearsed on this machine, with keys and voters that nobody stands behind (specs/desk.md §3)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from typing import Protocol

from bulletin.office.crowd import Crowd
from bulletin.office.docket import read_docket
from bulletin.office.election import Draft
from bulletin.office.folder import Folder, write
from bulletin.office.play import Play
from bulletin.office.processes import Failed, Processes
from bulletin.office.rehearsed import REHEARSED, fingerprint
from bulletin.office.staging import SUFFIX, stage
from verifier.election.tally import Tally

VOTERS = 20
Announce = Callable[[str], None]


def rehearse(folder: Folder, draft: Draft, tell: Announce, voters: int = VOTERS, seed: int = 0) -> None:
    """Play the whole election in `rehearsal/`, which is emptied first, to its audit; `Failed` says what went wrong.

    `tell` is called with the name of each scene before it begins.
    """
    place, rehearsed = folder.path / "rehearsal", folder.made(REHEARSED)
    shutil.rmtree(place, ignore_errors=True)
    rehearsed.unlink(missing_ok=True)
    digest, staged = fingerprint(folder), Folder(place / "desk")
    parties = stage(folder, draft, staged)
    with Processes(place / "journals") as processes:
        play = Play(staged, place / "private", processes, parties)
        tell("keys")
        play.hand_in_keys(draft.origin + SUFFIX)
        play.prepare()
        crowd = Crowd(play, voters, random.Random(seed))  # noqa: S311  made-up votes
        begin(play, crowd, tell)
        tell("voting")
        crowd.vote()
        count(play, crowd, tell)
        compare(play, crowd)
        tell("audit")
        play.await_published()
        play.do("aikyn-verify", "election", play.url, "--trust", play.sheet)
    write(rehearsed, f"accepted {digest}\n".encode())


class Enrolled(Protocol):
    """Voters who have keys of their own making, and the commissions that list them."""

    commissions: tuple[str, ...]

    def enrol(self) -> None:
        """Fill in the table `register`."""


def begin(play: Play, voters: Enrolled, tell: Announce) -> None:
    """From the first signatures to the opening."""
    tell("board")
    play.open_board()
    play.sign_and_post()
    tell("ceremony")
    play.employ("trustee", play.named("trustee"), "--only", "ceremony")
    tell("opening")
    voters.enrol()
    for commission in voters.commissions:
        play.act("register", commission)
    play.sign_and_post()
    play.act("opening")
    play.sign_and_post()


def count(play: Play, crowd: Crowd, tell: Announce) -> None:
    """From the voter who comes to the commission to the signed tally."""
    tell("closing")
    came, codes = crowd.on_paper, play.private / "on-paper.txt"
    codes.write_text(f"{came.code}\n")
    play.act("override", came.commission, "--codes", codes)
    play.act("close")
    play.sign_and_post()
    play.act("freeze")
    play.sign_and_post()
    tell("mixing")
    play.employ("mixer", play.named("mixer"))
    tell("decryption")
    play.employ("trustee", play.named("trustee"), "--only", "decryption")
    play.act("tally")
    play.sign_and_post()


def compare(play: Play, crowd: Crowd) -> None:
    """The tally is what the voters chose, which only they know."""
    tally = read_docket(play.folder)[-1].request.content
    assert isinstance(tally, Tally)  # noqa: S101  asked for last
    for count in tally.contests:
        contest = next(each for each in play.manifest.contests if each.id == count.contest)
        if [votes.count for votes in count.votes] != crowd.expected(contest):
            raise Failed(f"the tally of {contest.id} is not what the voters of the rehearsal chose")
