"""How long until a voter can make the first mark on a poor line: `python -m tests.benchmarks.first_mark`.

A fresh Chromium opens the ballot page behind nginx of `deploy/`, by TLS, at 400 kbit/s with 400 ms to and fro and a
processor that is slowed 4 times; the board is behind nginx as well. Two spans are measured: until the form for the key
can be typed into, and from the typed key until the ballot can be marked. Between them lie the seconds in which a voter
types 42 digits, during which the page fetches what belongs to the code; also measured is a voter who scans them. The
browser delays each request, so what a handshake of TLS would add is not in it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import click
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from bulletin.http import assets, layout
from tests.support.browsing import write_sheet
from tests.support.elector import Device
from tests.support.fronts import NGINX, fronted, fronted_app
from tests.support.polls import Polls, opened
from tests.support.reader import CHROMIUM, FLAGS

VISITS = 3
TYPING = (20.0, 0.0)  # seconds: three lines are typed, or scanned
LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # ms, bytes/s
SLOWED = 4
LONGEST = 5.0  # seconds without those of typing


class Visit(NamedTuple):
    """Seconds until the form, and from the key to the ballot; requests and bytes of both."""

    form: float
    ballot: float
    requests: int
    received: int


@contextmanager
def served(place: Path, voters: int) -> Iterator[tuple[Polls, str]]:
    """The polls, and the address of the app."""
    with ExitStack() as stack:
        polls = stack.enter_context(opened(place / "board", voters=voters))
        board = stack.enter_context(fronted(place / "board-nginx", polls.url, polls.run.archive))
        sheet = write_sheet(polls.key, polls.trust, polls.election.digest)
        layout.lay_out(place / "app", sheet, polls.election.records[0], layout.write_addresses(board.tls))
        yield polls, stack.enter_context(fronted_app(place / "app-nginx", place / "app")).tls


def throttle(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", LINE)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    return session


def visit(browser: Browser, polls: Polls, app: str, typing: float, *, told: bool) -> Visit:
    """A fresh browser from the address to a ballot that can be marked."""
    context = browser.new_context(ignore_https_errors=True, viewport={"width": 360, "height": 640})
    page = context.new_page()
    names: dict[str, str] = {}
    sizes: dict[str, float] = {}
    begun = time.monotonic()
    session = throttle(page)
    session.on("Network.responseReceived", lambda said: names.update({said["requestId"]: said["response"]["url"]}))

    def finish(said: dict[str, Any]) -> None:
        sizes[said["requestId"]] = said["encodedDataLength"]
        if told:
            print(f"{time.monotonic() - begun:6.2f} s{sizes[said['requestId']]:>9,.0f}  {names.get(said['requestId'])}")

    session.on("Network.loadingFinished", finish)
    at = Device(page, app, polls.sheets[0], "ky")
    begun = time.monotonic()
    page.goto(at.address, wait_until="commit")
    page.wait_for_selector("#code")
    form = time.monotonic() - begun
    page.fill("#code", at.sheet.code)
    page.focus("#line-1")
    page.wait_for_timeout(1000 * typing)
    for number, line in enumerate(at.sheet.lines, start=1):
        page.fill(f"#line-{number}", line)
    begun_again = time.monotonic()
    at.go()
    page.wait_for_selector("#option-1", timeout=60_000)
    ballot = time.monotonic() - begun_again
    context.close()
    return Visit(form, ballot, len(sizes), int(sum(sizes.values())))


def show(visits: list[Visit], typing: float) -> float:
    """Print a line; the seconds that voters wait, without those of typing."""
    form, ballot = median(one.form for one in visits), median(one.ballot for one in visits)
    last = visits[-1]
    print(
        f"{typing:4.0f} s of typing: {form:.1f} s until the key can be typed, {ballot:.1f} s from the key to the "
        f"ballot, {form + ballot:.1f} s in all; {last.requests} requests, {last.received:,} bytes"
    )
    return form + ballot


@click.command()
@click.option("--voters", default=2_500, help="On the precinct's list.")
@click.option("--told", is_flag=True, help="Print each file as it comes.")
def main(voters: int, told: bool) -> None:  # noqa: FBT001  a flag of a command
    """Print medians and the limit; status 1 if it is passed where there is no other work."""
    if CHROMIUM is None or NGINX is None or not assets.BUILT.is_dir():
        sys.exit("the first mark is measured where Chromium, nginx and the built app are: make .venv/web")
    with (
        tempfile.TemporaryDirectory() as place,
        served(Path(place), voters) as (polls, app),
        sync_playwright() as playing,
    ):
        browser = playing.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        print(f"a list of {voters:,} voters, N = {VISITS}, Chromium {browser.version}")
        waited = []
        for typing in TYPING:
            visits = [visit(browser, polls, app, typing, told=told) for _ in range(VISITS)]
            waited.append(show(visits, typing))
        browser.close()
    load = os.getloadavg()[0]
    print(f"limit {LONGEST:.0f} s for who types; {os.cpu_count()} cores, load {load:.1f}")
    if waited[0] > LONGEST and load < (os.cpu_count() or 1):
        sys.exit("the limit is passed")


if __name__ == "__main__":
    main()
