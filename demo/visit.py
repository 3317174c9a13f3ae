"""A visit to the board of a run that has ended: its processes again, and what a voter would type on its page."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bulletin.http import assets
from bulletin.office.folder import Folder
from bulletin.office.play import Play
from bulletin.office.processes import Processes
from demo import desk
from mixnet.outbox import SUFFIX
from verifier.audit import trust
from verifier.audit.audit import replay
from verifier.client import tracking
from verifier.client.files import Directory

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
    key, tracker = next((key, tracker) for key, tracker in cast if key not in state.overridden)
    receipt = out / "receipts" / f"{tracker.hex()}{SUFFIX}"
    return Visit(state.credentials[key].code, tracking.encode(tracker), receipt)


def show_app(url: str, out: Path, processes: Processes) -> str:
    """Serve the voter's app for the board at `url` at an origin of its own; its address, "" if it is not built."""
    if not assets.BUILT.is_dir():
        return ""
    processes.start("app", "aikyn-board", "app", out / "app", "--trust", out / "trust.txt", "--board", url, "--port", 0)
    return processes.listen("app")


def invite(url: str, app: str, out: Path) -> str:
    """Where the page is, and what to try on it."""
    code, tracker, receipt = find_voter(out)
    spaced = " ".join(tracker[at : at + LETTERS] for at in range(0, len(tracker), LETTERS))
    lines = [
        ("page", f"{app or f'{url}/r'}/ in Kyrgyz, Russian and English, until Ctrl-C"),
        ("link", f"{app}/en/r.html#{code}.{tracker}" if app else f"{url}/r/en"),
        ("or type", f"credential code {code}, tracking code {spaced}"),
        ("or choose", f"{receipt}, the same voter's receipt"),
    ]
    if not app:
        lines.append(("no npm", "npm builds the pages that prove: the board gives its bare word"))
    return "\n".join(f"{name:10} {text}" for name, text in lines)
