"""Step 7: the election rehearsed on this machine, with keys and voters that nobody stands behind (specs/desk.md §3)."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable

from bulletin.office import composing
from bulletin.office.election import Draft
from bulletin.office.electorate import Electorate
from bulletin.office.folder import Folder
from bulletin.office.play import Play
from bulletin.office.processes import Processes
from bulletin.office.staging import SUFFIX, stage

VOTERS = 20
REPORT = "rehearsal.txt"
Tell = Callable[[str], None]


def rehearse(folder: Folder, draft: Draft, tell: Tell, voters: int = VOTERS, seed: int = 0) -> None:
    """Play the whole election in `rehearsal/`, which is emptied first; `Failed` says what did not go as it must.

    `tell` is called with the name of each scene before it begins.
    """
    place = folder.path / "rehearsal"
    shutil.rmtree(place, ignore_errors=True)
    staged = Folder(place / "desk")
    parties = stage(folder, draft, staged)
    with Processes(place / "journals") as processes:
        play = Play(staged, place / "private", processes, parties)
        tell("keys")
        play.hand_in_keys(draft.origin + SUFFIX)
        play.prepare()
        manifest = composing.CODEC.decode(staged.made(composing.MANIFEST).read_bytes())
        electorate = Electorate(play, manifest, voters, random.Random(seed))  # noqa: S311  made-up votes
        _play(play, electorate, tell)
        tell("verify")
        play.do("aikyn-verify", "election", play.url, "--trust", play.sheet)


def _play(play: Play, electorate: Electorate, tell: Tell) -> None:
    """From the manifest to the tally."""
    tell("board")
    play.open_board()
    play.sign_and_post()
    tell("ceremony")
    play.employ("trustee", play.named("trustee"), "--only", "ceremony")
    tell("opening")
    electorate.enrol()
    for commission in electorate.commissions:
        play.act("register", commission)
    play.sign_and_post()
    play.act("opening")
    play.sign_and_post()
    tell("voting")
    electorate.vote()
    tell("closing")
    came = electorate.on_paper
    codes = play.private / "on-paper.txt"
    codes.write_text(came.code + "\n")
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
