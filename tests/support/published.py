"""Editions of the small plan without a log, and larger ones: what the pages of results are made from."""

from __future__ import annotations

from collections.abc import Sequence
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from random import Random
from typing import Any

from msgspec.structs import replace

from bulletin.results.edition import Edition, Instant
from tests.support.copies import body, sign, tiled, witness_key
from tests.support.counts import post, sit
from tests.support.papers import EVENING, HAND, PLAN, RACE, paper, register, state_of, text, unit
from tests.support.returns import PaperElection, counted, made
from verifier.log.note import encode_key
from verifier.log.reading import blob_path
from verifier.paper.papers import NONE, Appeal, Decision, Paper, Reason
from verifier.paper.standing import Papers

WITNESSED = "\n".join(
    [
        *(f"witness w{number + 1} {encode_key(witness_key(number))}" for number in range(3)),
        "group all-witnesses 2 w1 w2 w3",
        "quorum all-witnesses",
        "",
    ]
)
FIRST = 100  # records under the first checkpoint


class Silent(SimpleHTTPRequestHandler):
    """Any web server, one that says nothing."""

    def log_message(self, *_: Any) -> None:
        pass


def edition_of(state: Papers, size: int = 100_000, title: str = "Synthetic election", **fields: Any) -> Edition:
    """The edition after so many records, each seen within ten seconds."""
    instants = (Instant(0, FIRST, bytes(32), EVENING), Instant(1, size, bytes([1]) * 32, EVENING + 7_200))
    plan = state.planned
    bounds = lambda record: (EVENING + 590.0 + record // 8, EVENING + 600.0 + record // 8)  # noqa: E731
    plain = Edition(state, plan, text(title), "board.example/tests", instants, bounds, (("w1", EVENING + 7_200),), 3)
    return plain._replace(**fields)


def lines_of(listed: int, votes: tuple[int, ...], invalid: int = 3, outside: int = 4) -> dict[str, int]:
    """A protocol's lines that agree with each other."""
    cast = sum(votes) + invalid
    spare = listed + 1 - cast - 2
    numbers = (listed, listed + 1, spare, 2, cast - outside, outside, outside, cast - outside, invalid, sum(votes))
    return dict(zip(HAND, numbers, strict=True))


def large(precincts: int = 2_375, territories: int = 54, seed: int = 1) -> Papers:
    """A national election on paper: each precinct has a scanner's report, three acts and a protocol."""
    draw = Random(seed)
    units = [unit("cec", "central", "", name=text("Central commission"))]
    units += [unit(f"t-{n}", "territorial", "cec", name=text(f"Territory {n}")) for n in range(1, territories + 1)]
    units += [
        unit(f"p-{n}", "precinct", f"t-{1 + n % territories}", name=text(f"Precinct {n}"))
        for n in range(1, precincts + 1)
    ]
    state = state_of(replace(PLAN, units=tuple(units)))
    sit(state)
    for number in range(1, precincts + 1):
        fill(state, f"p-{number}", draw)
    return state


def fill(state: Papers, id: str, draw: Random) -> None:
    """A precinct's papers."""
    votes = (draw.randint(100, 300), draw.randint(100, 290), draw.randint(10, 90), draw.randint(0, 20))
    lines = lines_of(1_200 + draw.randint(0, 300), votes)
    post(state, paper(id, "act-unused", {key: lines[key] for key in ("unused", "spoiled")}))
    took = sum(votes) + 3
    listed = {"listed": lines["listed"], "signatures": took, "identified": took, "e-on-paper": 0}
    post(state, paper(id, "list-totals", listed))
    scanned = {"scanned": sum(votes) + 3, "invalid": 3, "valid": sum(votes)}
    post(state, paper(id, "aeu", scanned, votes))
    post(state, paper(id, "protocol", lines, votes))
    post(state, paper(id, "copies", register(3)))


def evening(until: str = "result") -> tuple[PaperElection, list[tuple[int, int]]]:
    """An election on paper whose witnesses saw each precinct's papers come, with the sizes and times of that.

    One precinct corrects its protocol, an observer has a copy of the first version, and one of another precinct is
    refused; a third one's results are
    annulled after a complaint. It goes on to the `result`, or ends before it.
    """
    election = PaperElection()
    election.manifest = replace(election.manifest, title=text("Synthetic election <b>&"), policy=WITNESSED)
    election.set_up().accredit()
    stops = [(len(election.records), EVENING - 60)]
    for number in range(5):
        election.report(f"p-{number + 1}")
        stops.append((len(election.records), EVENING + 900 + 600 * number))
    copied = election.observe("p-1")
    election.post(copied)
    election.post(election.observe("p-2", lines={}, votes=(), of=NONE, copy=0, stamped=False, refused=True))
    election.file(correct(election, "p-1"))
    appeal = election.enact_by(complain(election, "p-3"), "tec-1")
    stops.append((len(election.records), EVENING + 5_000))
    annul = Decision("tec-1", "annul", ("p-3",), RACE, "", "", 0, (appeal,), NONE, "№ 12 <i>")
    election.enact_by(annul, "tec-1", 2)
    if until == "result":
        election.conclude()
    stops.append((len(election.records), EVENING + 9_000))
    return election, stops


def correct(election: PaperElection, unit: str) -> Paper:
    """The precinct's protocol again: two votes go from the second to the first."""
    lines, votes = counted(unit)
    moved = (votes[0] + 2, votes[1] - 2, *votes[2:])
    reason = Reason("recount", "counted again <script>")
    return made(unit, "protocol", lines, moved, supersedes=election.head(unit, "protocol"), reason=reason)


def complain(election: PaperElection, unit: str) -> Appeal:
    """A party complains of the precinct's protocol."""
    about = (election.head(unit, "protocol"),)
    return Appeal("tec-1", about, "party", bytes(32), "7/2017", EVENING + 4_000, "", b"")


def keep(election: PaperElection, stops: Sequence[tuple[int, int]], place: Path) -> Path:
    """The log as an archive that was published at these sizes and seen at these times; also what it grew from."""
    size = stops[-1][0]
    records = election.records[:size]
    signed = [sign(body(records[:at]), times=(time,) * 3) for at, time in stops]
    files = tiled(records) | {f"checkpoints/{number}": raw for number, raw in enumerate(signed)}
    files |= {blob_path(digest): data for digest, data in election.blobs.items()} | {"checkpoint": signed[-1]}
    for name, data in files.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def files_of(site: Path) -> dict[str, bytes]:
    """What a web server would show, by name."""
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
