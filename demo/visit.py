"""A visit to the board of a run that has ended: its processes again, and what a voter would type on its page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bulletin.http import assets
from bulletin.office import tales
from bulletin.office.crew import LONG
from bulletin.office.folder import Folder
from bulletin.office.play import Play
from bulletin.office.processes import Processes
from demo import desk
from mixnet import keysheet, practice
from mixnet.outbox import SUFFIX
from verifier.audit import trust
from verifier.audit.audit import replay
from verifier.client import tracking
from verifier.client.files import Directory

FREE = 7  # a voter's number in the practice election; whoever types it may still vote
LETTERS = 4  # of a tracking code, between two blanks, as on the page


class Visit(NamedTuple):
    """A voter with a counted ballot: credential code, tracking code, and the receipt's file."""

    code: str
    tracker: str
    receipt: Path


def reopen(out: Path, processes: Processes) -> str:
    """Start the board and the witnesses that an earlier run left in `out`; the board's URL."""
    stage = Play(Folder(out / "desk"), out / "private", processes, desk.parties())
    stage.open_board()
    return stage.url


def find_voter(out: Path) -> Visit:
    """The first voter of the first council whose ballot was counted."""
    state = replay(Directory(out / "archive"), trust.decode((out / "trust.txt").read_bytes()))
    courses = state.courses.values()
    cast = ((key, ballot.tracker) for course in courses for key, ballot in course.cast.items())
    visits = (
        Visit(state.credentials.code(key), tracking.encode(tracker), out / "receipts" / f"{tracker.hex()}{SUFFIX}")
        for key, tracker in cast
        if key not in state.overridden
    )
    return next(visit for visit in visits if visit.receipt.exists())  # the page names its receipts by their codes


def show_practice(out: Path, processes: Processes) -> str:
    """Make or start a practice election that stays open; its app's address, "" if the app is not built."""
    if not assets.BUILT.is_dir():
        return ""
    print(f"{'practice':10} an election to vote in begins, which takes some seconds", flush=True)
    processes.start("practice", "aikyn-board", "practice", out / "practice", "--port", 0, "--app-port", 0)
    return processes.listen("practice", LONG)


def show_app(url: str, out: Path, processes: Processes, practised: str = "") -> str:
    """Serve the voter's app for the board at `url` at an origin of its own; its address, "" if it is not built."""
    if not assets.BUILT.is_dir():
        return ""
    own = (out / "app", "--trust", out / "trust.txt", "--board", url, "--practice", practised, "--port", 0)
    processes.start("app", "aikyn-board", "app", *own)
    return processes.listen("app")


def hand_out_sheet() -> str:
    """The code and the key sheet of a voter in the practice election."""
    lines = [line.decode() for line in keysheet.cut(keysheet.encode(practice.seed_of(tales.ELECTION, FREE)))]
    return f"voter code {practice.code_of(FREE)}, lines {' · '.join(lines)}"


def invite(url: str, app: str, practised: str, out: Path) -> str:
    """Where the pages are, and what to try on them."""
    code, tracker, receipt = find_voter(out)
    spaced = " ".join(tracker[at : at + LETTERS] for at in range(0, len(tracker), LETTERS))
    lines = [
        ("vote", f"{practised}/en/vote.html: press “Take a practice key”; /ky/ and /ru/ are there too"),
        ("key sheet", f"or type {hand_out_sheet()}"),
        ("page", f"{app or f'{url}/r'}/ in Kyrgyz, Russian and English, until Ctrl-C"),
        ("link", f"{app}/en/r.html#{code}.{tracker}" if app else f"{url}/r/en"),
        ("or type", f"credential code {code}, tracking code {spaced}"),
        ("or choose", f"{receipt}, the same voter's receipt"),
    ]
    if not app:
        lines = lines[2:]
        lines.append(("no npm", "npm builds the pages that prove: the board gives its bare word"))
    return "\n".join(f"{name:10} {text}" for name, text in lines)
