"""The evening of a national election on a real board: `python -m tests.benchmarks.evening` (specs/measurements.md).

The papers are those of the President's election of 2017 as a rehearsal plays it, honest ones. Three witnesses, the
board, whoever posts, the pages and their readers are processes on this machine, over HTTP.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

import click
from msgspec.structs import replace

from bulletin.http.markup import LANGUAGES
from bulletin.log import disk
from bulletin.office.nation.chronicle import Chronicle, Posting, play
from bulletin.office.nation.country import narrow
from bulletin.office.nation.people import Nation, settle
from bulletin.office.nation.schedule import dawn
from bulletin.office.nation.script import Script
from bulletin.office.nation.stage import RehearsalStage
from bulletin.office.plans.ready import ready_plan
from bulletin.office.processes import Processes
from bulletin.results.reading import PublishedLog
from bulletin.results.site import Site
from tests.benchmarks import readers
from tests.benchmarks.load import Lane, Sent
from tests.support.ready import take_paper
from tests.support.serving import tile_log
from verifier.audit import trust
from verifier.client.board import Board, Sender, posted_bytes
from verifier.commission.roster import Signature
from verifier.log.reading import blob_path
from verifier.log.tree import hash_leaf
from verifier.paper.papers import Of, Paper
from verifier.proof import backend
from verifier.rules import CODEC

PRECINCTS = 2_375
HOUR = 3_600
ANEW, SEEN, RECEIPT = (
    10.0,
    15.0,
    5.0,
)  # seconds: a language anew, until a precinct is seen, a receipt at the hour's rate
TIMES = 3  # precincts that correct their protocol
PATIENCE = 1_800.0
SITE = "pages"


class Evening(NamedTuple):
    """What is to be posted: what stands when the polls close, the precincts' own records, and what comes of them."""

    script: Script
    chronicle: Chronicle
    morning: list[Posting]
    lanes: list[list[Posting]]
    rest: list[Posting]


def write(nation: Nation) -> Evening:
    """The honest scenes, in the order of their times; the precincts' after the rosters, then all others."""
    script = Script(nation, 1).compose()
    chronicle = play(nation, script.scenes.values())
    begun = next(at for at, one in enumerate(chronicle.postings) if isinstance(CODEC.decode(one.raw), Paper))
    morning, evening = chronicle.postings[:begun], chronicle.postings[begun:]
    lanes: dict[str, list[Posting]] = {unit: [] for unit in script.precincts}
    rest: list[Posting] = []
    for one in evening:
        lanes.get(one.lane, rest).append(one)
    return Evening(script, chronicle, morning, list(lanes.values()), rest)


@contextmanager
def ticking(stage: RehearsalStage, since: int) -> Iterator[None]:
    """The witnesses' clock goes as ours does, from this second of theirs."""
    ending, begun = Event(), time.monotonic()

    def tick() -> None:
        while not ending.wait(1.0):
            stage.set_clock(since + int(time.monotonic() - begun))

    thread = Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def offer(
    place: Path, url: str, lanes: Sequence[Lane], rate: float, held: int, what: str = "receipts"
) -> dict[str, Any]:
    """Post these lanes by a process of its own; what `tests.benchmarks.load` prints."""
    (place / "lanes").write_bytes(pickle.dumps(lanes))
    command = [sys.executable, "-m", "tests.benchmarks.load", url, str(place / "lanes"), str(rate), str(held), what]
    told: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return told


def tell(what: str, records: int, told: dict[str, Any]) -> float:
    """Print how long receipts took; the 99th percentile."""
    took = told["took"]
    middle, late = (took[int(len(took) * part)] for part in (0.5, 0.99))
    print(
        f"{what}: {records:,} records, {records / told['seconds']:,.0f}/s; from post to receipt p50 {middle:.2f} s, "
        f"p99 {late:.2f} s; {told['busy']} told to come again, no error",
        flush=True,
    )
    return float(late)


def post_evening(place: Path, stage: RehearsalStage, evening: Evening, seconds: float, held: int) -> bool:
    """At the rate at which all precincts' records come within an hour, then as fast as it goes."""
    sender = operator(evening)

    def sent(one: Posting) -> Sent:
        return Sent(one.raw, sender.authorize(posted_bytes(sender.manifest, hash_leaf(one.raw))))

    lanes = [[sent(one) for one in lane] for lane in evening.lanes]
    records = sum(map(len, lanes))
    rate, first = records / HOUR, 0
    while first < len(lanes) and sum(map(len, lanes[:first])) < rate * seconds:
        first += 1
    slow = offer(place, stage.url, lanes[:first], rate, held)
    late = tell(f"{first} precincts at the rate of {len(lanes):,} in an hour", sum(map(len, lanes[:first])), slow)
    if lanes[first:]:
        fast = offer(place, stage.url, lanes[first:], 0, held)
        tell(f"{len(lanes) - first:,} precincts as fast as it goes", records - sum(map(len, lanes[:first])), fast)
    rest = [[sent(one) for one in evening.rest]]
    told = offer(place, stage.url, rest, 0, 1, "posts")
    print(f"what others make of them: {len(evening.rest):,} records in {told['seconds']:.0f} s", flush=True)
    return late <= RECEIPT


def make_anew(place: Path, stage: RehearsalStage, sheet: Path) -> bool:
    """All pages from a copy of the log, by one process with nothing kept."""
    begun = time.process_time()
    edition = PublishedLog(stage.home / "archive", trust.decode(sheet.read_bytes())).advance()
    read, begun = time.process_time() - begun, time.process_time()
    _, files = Site(place / "anew").publish(edition)
    anew = (time.process_time() - begun) / len(LANGUAGES)
    size = sum(path.stat().st_size for path in (place / "anew/current/ky").rglob("*.html"))
    print(
        f"{edition.now.size:,} records read in {read:.1f} s; {files:,} files, {size / 1e6:.0f} MB of pages a language, "
        f"{anew:.1f} s of processor a language",
        flush=True,
    )
    return anew <= ANEW


def correct(evening: Evening, unit: str) -> list[Posting]:
    """A second version of the precinct's return, with its signatures."""
    script = evening.script
    form = script.returns(unit)
    of = next(of for of in evening.chronicle.papers if (of.unit, of.form) == (unit, form.id))
    scene = script.file(form, Of(*of), evening.chronicle.postings[-1].at, 0, turn=2)
    made = scene.make

    def altered(chronicle: Chronicle) -> Any:
        paper = made(chronicle)
        assert isinstance(paper, Paper)
        return replace(paper, votes=(paper.votes[0] + 1, *paper.votes[1:]))

    scene.make = altered
    return list(evening.chronicle.write(scene))


def await_text(page: Path, text: str, since: float) -> float:
    """Seconds from `since` until the page is there and has this text."""
    while not page.is_file() or text not in page.read_text():
        if time.monotonic() - since > PATIENCE:
            raise SystemExit(f"{page} stays as it was")
        time.sleep(0.02)
    return time.monotonic() - since


def see(place: Path, stage: RehearsalStage, evening: Evening, sheet: Path) -> bool:
    """From the post of the last signature of a new version to the page that names its signer."""
    site, board = place / SITE, Board(stage.url)
    stage.processes.start("results", "aikyn-board", "results", stage.url, site, "--trust", sheet)
    took = await_text(site / "current/ky/index.html", "", time.monotonic())
    print(f"a new copy has its first pages after {took:.0f} s", flush=True)
    seen = []
    for unit in evening.script.precincts[1 : 1 + TIMES]:
        paper, *signatures = correct(evening, unit)
        for one in (paper, *signatures):
            since = time.monotonic()
            board.post(one.raw, operator(evening))
        record, last = CODEC.decode(paper.raw), CODEC.decode(signatures[-1].raw)
        assert isinstance(record, Paper)
        assert isinstance(last, Signature)
        page = site / f"current/ky/v/{unit}.{record.form}.{record.contest}.2.html"
        seen.append(await_text(page, f"<li>{last.member}, ", since))
    print(
        f"a changed precinct is seen {', '.join(f'{one:.1f}' for one in seen)} s after its last signature", flush=True
    )
    return max(seen) <= SEEN


def operator(evening: Evening) -> Sender:
    """The operator hands in what commissions have yet to sign."""
    nation = evening.script.nation
    return Sender(nation.digest, "operator", lambda message: nation.operator.key.sign(message).signature)


def prepare(stage: RehearsalStage, evening: Evening) -> None:
    """The log as it is when the polls close, and the photographs and tables, which are not what is measured."""
    log = tile_log(stage.home)
    blobs = evening.script.nation.blobs | evening.chronicle.blobs
    disk.write_once(log.directory, {blob_path(digest): data for digest, data in blobs.items()})
    log.append([one.raw for one in evening.morning])
    log.publish(log.integrate().raw)
    log.close()


@click.command()
@click.option("--precincts", default=PRECINCTS, help="How many precincts post.")
@click.option("--seconds", default=60.0, help="How long at the rate of an hour.")
@click.option("--held", default=256, help="Precincts that post at the same time.")
@click.option("--visitors", default=readers.A_MINUTE, help="Readers in a minute.")
def main(precincts: int, seconds: float, held: int, visitors: int) -> None:
    """Measure an evening on this machine; status 1 if a limit is not kept."""
    print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {backend.NAME}", flush=True)
    with tempfile.TemporaryDirectory() as folder, Processes(Path(folder) / "journals") as processes:
        place, plan = Path(folder), narrow(take_paper(ready_plan("president-2017")), precincts)
        stage = RehearsalStage(place / "stage", processes)
        evening = write(settle(plan, stage.host, dawn(plan)))
        prepare(stage, evening)
        stage.write_sheet(evening.script.nation)
        now = evening.chronicle.postings[-1].at
        stage.open(evening.script.nation, now)
        with ticking(stage, now):
            kept = [post_evening(place, stage, evening, seconds, held)]
            kept.append(see(place, stage, evening, stage.sheet))
        processes.stop("results")
        kept.append(make_anew(place, stage, stage.sheet))
        kept.append(readers.visit(place, place / SITE, visitors))
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
