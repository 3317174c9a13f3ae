"""A board that is killed while it takes a ballot, and what voters do meanwhile: none is lost, none is doubled."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, Request, expect

from tests.support import elector, reader
from tests.support.elector import Elector, Place
from tests.support.polls import Polls, opened
from verifier.client import tracking
from verifier.election.ballot import Ballot, Challenge
from verifier.log.note import encode_key
from verifier.records import encode

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args, place = reader.browser_type_launch_args, elector.place
COMMITTED = "entries are committed, not answered"
OTHERS = {  # at which time: a board also publishes when it starts
    "entries are not committed": 1,
    "one of a round is answered": 1,
    "tiles are there, nothing is signed": 1,
    "the row is committed, no witness has seen it": 2,
    "witnesses have cosigned, nothing is published": 2,
    "the checkpoint is kept, not served": 2,
}


@contextmanager
def doomed(polls: Polls, fault: str = COMMITTED, number: int = 1) -> Iterator[None]:
    """In the place of the board there is one that is killed when it comes to this step; in the end it is dead."""
    polls.stop()
    policy, trust = polls.place / "policy", polls.trust
    lines = [f"witness {name} {encode_key(own.key)} {own.url}" for name, own in trust.witnesses.items()]
    lines += [f"group {name} {group.threshold} {' '.join(group.members)}" for name, group in trust.groups.items()]
    policy.write_text("\n".join([*lines, f"quorum {trust.quorum}", ""]))
    words = ("serve", polls.place, "--policy", policy, "--port", polls.port, "--interval", 0.05)
    command = [sys.executable, "-m", "tests.crash.faults", fault, str(number), *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith(b"listening on ")
            yield
            assert process.wait(30) == -signal.SIGKILL
        finally:
            process.kill()


@pytest.fixture
def posted(page: Page) -> list[str]:
    """What the browser posts, in its order."""
    found: list[str] = []

    def hear(request: Request) -> None:
        if request.method == "POST":
            found.append(request.post_data or "")

    page.context.on("request", hear)
    return found


BEND = """async () => {  // another signature than the one that was kept
  const open = indexedDB.open('aikyn-vote');
  const db = await new Promise((done) => { open.onsuccess = () => done(open.result); });
  const store = db.transaction('pending', 'readwrite').objectStore('pending');
  const all = (what) => new Promise((done) => { what.onsuccess = () => done(what.result); });
  const [[key], [kept]] = [await all(store.getAllKeys()), await all(store.getAll())];
  const record = JSON.parse(new TextDecoder().decode(kept.raw));
  record.signature = `${record.signature.slice(0, 44)}AAAA${record.signature.slice(48)}`;
  kept.raw = new TextEncoder().encode(JSON.stringify(record));
  await all(store.put(kept, key));
  db.close();
}"""


def see_one(at: Elector, posted: list[str]) -> None:
    """The ballot is on the log, once, and nothing else was sent."""
    at.see("receipt", "receipt")
    assert at.kinds == [Ballot]
    assert set(posted) == {encode(at.polls.acts(at.voter)[0]).decode()}
    assert at.faults == []


def wait(at: Elector) -> None:
    """Nothing else happens."""


def reload(at: Elector) -> None:
    at.page.reload()


def go_away_and_back(at: Elector) -> None:
    at.page.goto("about:blank")
    at.page.go_back()


def kill_the_tab(at: Elector) -> None:
    """The system takes the memory of the tab, and the voter opens the page anew."""
    context = at.page.context
    with suppress(Error):
        at.page.goto("chrome://crash", timeout=2000)
    at.page.close()
    at.page = context.new_page()
    at.open()


def open_another_tab(at: Elector) -> None:
    other = at.page.context.new_page()
    other.goto(at.address)
    other.wait_for_selector("[data-reason=locked]")
    other.close()


def press_keys(at: Elector) -> None:
    """Whatever a voter presses who waits."""
    for key in ("Enter", "Escape", "Tab", "Enter", "Space"):
        at.page.keyboard.press(key)


def lose_the_network(at: Elector) -> None:
    at.page.context.set_offline(True)
    at.page.wait_for_timeout(2500)  # so that an attempt fails for another reason


def change_the_language(at: Elector) -> None:
    at.page.click("nav a[lang=ky]")
    at.language = "ky"


MEANWHILE: tuple[Callable[[Elector], None], ...] = (
    wait,
    reload,
    go_away_and_back,
    kill_the_tab,
    open_another_tab,
    press_keys,
    lose_the_network,
    change_the_language,
)


@pytest.mark.parametrize("happens", MEANWHILE, ids=lambda each: each.__name__)
def test_killed_between_commit_and_answer(
    page: Page, place: Place, posted: list[str], happens: Callable[[Elector], None]
) -> None:
    at = place.elector(page)
    at.ready(1)
    with doomed(place.polls):
        at.cast()
        at.see("sending", "sending_silent")
    happens(at)
    at.see("sending")
    place.polls.start()
    at.page.context.set_offline(False)
    see_one(at, posted)
    assert len(posted) > 1


@pytest.mark.parametrize("fault", OTHERS)
def test_killed_before_and_after(page: Page, place: Place, posted: list[str], fault: str) -> None:
    """Whether the voter has been answered or not, and whatever of the next checkpoint is on the disk."""
    at = place.elector(page)
    at.ready(1)
    with doomed(place.polls, fault, OTHERS[fault]):
        at.cast()
        at.page.wait_for_selector("#silence:not(:empty)")
    place.polls.start()
    see_one(at, posted)


def test_killed_while_a_test_is_taken(page: Page, place: Place) -> None:
    at = place.elector(page)
    tested = at.ready(2)
    with doomed(place.polls):
        at.test()
        at.see("sending", "sending_silent")
    place.polls.start()
    at.see("opened", "opened")
    assert (at.kinds, at.tracker) == ([Challenge], tested)


def test_another_ballot_follows_before_the_answer(page: Page, place: Place) -> None:
    """The first one was taken: it has its receipt, and is told of the second."""
    at = place.elector(page)
    first = at.ready(1)
    with doomed(place.polls):
        at.cast()
        at.see("sending", "sending_silent")
    page.context.set_offline(True)
    place.polls.start()
    later = tracking.encode(at.vote_elsewhere())
    page.context.set_offline(False)
    at.see("receipt", "receipt")
    assert at.tracker == first
    page.click("button:has-text('Vote again')")
    at.see("marking")
    assert page.get_attribute("[data-standing]", "data-standing") == later
    assert at.kinds == [Ballot, Ballot]


def test_a_no_about_the_very_bytes(page: Page, place: Place) -> None:
    """What was kept has come to harm on the device: the board signs that it does not take it."""
    at = place.elector(page)
    at.ready(1)
    with doomed(place.polls, "entries are not committed"):
        at.cast()
        at.see("sending", "sending_silent")
    page.evaluate(BEND)
    place.polls.start()
    page.reload()
    at.see("turned", "turned")
    expect(page.locator("#stage details")).to_contain_text("BAL.7")


def test_the_voting_ends_before_the_answer(page: Page, tmp_path: Path) -> None:
    """What was taken in time is promised, although the board takes nothing any more."""
    with opened(tmp_path / "board") as polls:
        at = Elector(page, polls, polls.show(tmp_path / "app"))
        at.ready(1)
        with doomed(polls):
            at.cast()
            at.see("sending", "sending_silent")
        page.context.set_offline(True)
        polls.start()
        polls.close()
        page.context.set_offline(False)
        at.see("receipt", "receipt")
        assert at.kinds == [Ballot]
