"""What the browser's modules seal with fresh randomness is taken, counted, and says what was marked."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from typing import Any

import pytest

from tests.support.elections import Election, contest
from tests.support.house import HOUSE
from tests.support.needs import lacking
from verifier.election.ballot import FIRST, Ballot, Challenge
from verifier.records import encode
from verifier.rules import CODEC

pytestmark = pytest.mark.process

WEB = HOUSE / "web"
CONTESTS = (contest("one", 5, 0, 1, 1), contest("two", 60, 0, 59, 2), contest("eight", 255, 0, 239, 8))
CHOICES = {"one": [[3], []], "two": [[], list(range(1, 60))], "eight": [[255], list(range(2, 241))]}
OTHER = {"one": [5], "two": [7, 60], "eight": [1, 128, 255]}


def seal(tasks: list[dict[str, Any]]) -> list[bytes]:
    """The records that a client in JavaScript makes of these tasks."""
    node = shutil.which("node")
    if node is None:
        lacking("there is no node")
    if not (WEB / "node_modules").is_dir():
        lacking("run `make .venv/web` first: what the page's modules import is not installed")
    done = subprocess.run(
        [node, "test/voter.js"],
        cwd=WEB,
        input=json.dumps(tasks),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.encode() for line in done.stdout.splitlines()]


def task(election: Election, voter: int, act: str, choice: list[int]) -> dict[str, Any]:
    """What the client is told: the election, the voter's own key, the marks, and what becomes of them."""
    credential = election.voters[voter]
    style = election.state.credentials[credential.key].style
    latest = election.state.courses[style].cast.get(credential.key)
    return {
        "election": election.manifest.election,
        "manifest": election.digest.hex(),
        "key": election.state.key.hex(),
        "contest": json.loads(encode(next(one for one in election.contests if one.id == style))),
        "style": style,
        "k": credential._k.expose().hex(),
        "choice": choice,
        "act": act,
        "prev": (latest.tracker if latest else FIRST).hex(),
    }


def post(election: Election, records: list[bytes]) -> list[Ballot | Challenge]:
    """Each is admitted and settled as a board does it."""
    read = [CODEC.decode(raw) for raw in records]
    posted = [record for record in read if isinstance(record, Ballot | Challenge)]
    assert len(posted) == len(records)
    for record in posted:
        election.post(record)
    return posted


def test_ballots_of_the_browser_are_taken_and_counted() -> None:
    election = Election(CONTESTS).set_up().hold_ceremony().register(2)
    wanted = {2 * number + voter: CHOICES[one.id][voter] for number, one in enumerate(CONTESTS) for voter in (0, 1)}
    first = [(voter, act) for act in ("challenge", "cast") for voter in wanted]
    posted = post(election, seal([task(election, voter, act, wanted[voter]) for voter, act in first]))
    assert [type(record) for record in posted] == [Challenge if act == "challenge" else Ballot for _, act in first]
    shown = [list(record.choice) for record in posted if isinstance(record, Challenge)]
    assert shown == [wanted[voter] for voter in wanted]

    again = {2 * number: OTHER[one.id] for number, one in enumerate(CONTESTS)}
    tasks = [task(election, voter, "challenge", wanted[voter]) for voter in wanted]
    tasks += [task(election, voter, "cast", choice) for voter, choice in again.items()]
    assert len({each["prev"] for each in tasks}) == len(wanted)
    post(election, seal(tasks))

    election.close().mix().decrypt()
    for count, one in zip(election.count().contests, CONTESTS, strict=True):
        marks = Counter(
            mark
            for voter, choice in {**wanted, **again}.items()
            if voter // 2 == CONTESTS.index(one)
            for mark in choice
        )
        assert (count.valid, count.invalid) == (2, 0)
        assert [votes.count for votes in count.votes] == [marks[number] for number in range(1, len(one.options) + 1)]
