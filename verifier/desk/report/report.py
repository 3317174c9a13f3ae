"""The report of an audit: its verdict, each clause's outcome, what the log established (specs/verification.md §3)."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

import msgspec

from verifier import records
from verifier.audit.verdict import Line, Status, Verdict, Vouched
from verifier.desk.report.catalogue import SENTENCES
from verifier.desk.report.events import Dated, events
from verifier.desk.report.names import Namesakes, namesakes
from verifier.desk.report.results import Announced, Result, Withheld, compare
from verifier.desk.report.rosters import Seats, seats
from verifier.desk.report.weights import Weighed, weigh_contests
from verifier.election.manifest import SPEC
from verifier.election.register import Register
from verifier.election.timetable import TimeLimit
from verifier.errors import Detail, Malformed, say
from verifier.log.reading import LATEST
from verifier.records import Text
from verifier.rule import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.trust import TrustSheet
    from verifier.audit.verdict import Asked, Notes, Outcome
    from verifier.log.reading import Read
    from verifier.state import State

EXIT: dict[Verdict, int] = {"accepted": 0, "accepted with findings": 0, "rejected": 1, "could not be checked": 2}


class Check(msgspec.Struct, frozen=True):
    """A clause, in its words, and its outcome over `count` items."""

    id: str
    category: str
    status: Status
    count: int
    text: str
    detail: Detail = ""


class Archive(msgspec.Struct, frozen=True):
    """The copy that was audited, by the checkpoint it ends with; `checkpoint` is the SHA-256 of that file."""

    origin: str
    size: int
    root: str
    checkpoint: str
    vouched: Vouched


class Report(msgspec.Struct, frozen=True):
    """The report; everything but `environment` is a function of archive and options."""

    verdict: Verdict
    complete: bool
    spec: str
    election: str
    title: Text | None
    phase: str
    checks: tuple[Check, ...]
    failures: tuple[Line, ...]
    incomplete: tuple[Line, ...]
    findings: tuple[Finding, ...]
    void: int
    stands: bool | None
    announced: Announced
    results: tuple[Result, ...]
    withheld: tuple[Withheld, ...]
    namesakes: tuple[Namesakes, ...]
    rosters: tuple[Seats, ...]
    figures: dict[str, int]
    archive: Archive | None
    fingerprints: dict[str, str]
    timetable: tuple[TimeLimit, ...]
    timeline: tuple[Dated, ...]
    papers: tuple[Weighed, ...] = ()
    environment: Annotated[dict[str, str], "of this run"] = {}

    @property
    def exit(self) -> int:
        return EXIT[self.verdict]

    @property
    def over(self) -> bool:
        """Whether nothing more is to come: the tally is certified or, on paper alone, every contest has a result."""
        determined = self.phase == "papers" and bool(self.papers) and all(one.determined for one in self.papers)
        return self.phase == "certified" or determined

    @property
    def skipped(self) -> tuple[Check, ...]:
        """Clauses that were not judged, except those for which `incomplete` says why."""
        told = {line.id for line in self.incomplete}
        return tuple(check for check in self.checks if check.status == "SKIPPED" and check.id not in told)


def encode(report: Report) -> bytes:
    """The report as JSON, in the one way it is written."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def digest(report: Report) -> bytes:
    """SHA-256 of the report without its environment, equal for all who audit one archive with one sheet."""
    return sha256(encode(msgspec.structs.replace(report, environment={}))).digest()


def decode(raw: bytes) -> Report:
    """Read a report that was kept; `Malformed` if it is not one. Nothing is checked again: trust who kept it."""
    try:
        return msgspec.json.decode(raw, type=Report)
    except (ValueError, RecursionError) as error:
        raise Malformed(say("this is not the report of an audit: {}", str(error))) from error


def compose(outcome: Outcome, read: Read | None = None) -> Report:
    """The report of an audit; a void tally is recounted from the copy that `read` reads."""
    state, notes = outcome.state, outcome.notes
    announced, results, withheld = compare(outcome, read)
    manifest, kinds = state.manifest, notes.timeline.kinds
    return Report(
        verdict=outcome.verdict,
        complete=outcome.complete,
        spec=SPEC,
        election=manifest.election if manifest else "",
        title=manifest.title if manifest else None,
        phase=state.phase,
        checks=tuple(_worded(check) for check in outcome.checks),
        failures=outcome.failures,
        incomplete=tuple(notes.missing),
        findings=outcome.findings,
        void=len(notes.void),
        stands=notes.stands,
        announced=announced,
        results=results,
        withheld=withheld,
        namesakes=tuple(namesakes(manifest)) if manifest else (),
        rosters=tuple(seats(state)),
        figures=_seen(outcome) | dict(sorted(kinds.items())) | _figures(state),
        archive=_archive(notes),
        fingerprints=dict(_fingerprints(state, outcome.trust)),
        timetable=manifest.timetable if manifest else (),
        timeline=events(notes.timeline, outcome.trust.witnesses, notes.witnessed),
        papers=tuple(weigh_contests(notes.papers)),
    )


def _worded(check: Asked) -> Check:
    said = SENTENCES[check.id]
    return Check(check.id, said.category, check.status, check.items, said.text, check.detail)


def _archive(notes: Notes) -> Archive | None:
    signed = notes.latest
    if signed is None:
        return None
    (origin, size, root), digest = signed.body, sha256(signed.raw).hexdigest()
    return Archive(origin, size, root.hex(), digest, notes.vouched)


def _seen(outcome: Outcome) -> dict[str, int]:
    """How long the log is, how often it was published, and before how many witnesses."""
    notes, witnesses = outcome.notes, outcome.trust.witnesses
    if notes.latest is None:
        return {}
    published = sum(one.where != LATEST for one in notes.witnessed)
    asked = {"witnesses": len(witnesses.witnesses)} if witnesses and notes.vouched != "nobody" else {}
    return {"log entries": notes.latest.body.size, "checkpoints": published} | asked


def _figures(state: State) -> dict[str, int]:
    manifest = state.manifest
    return {
        "contests": len(manifest.contests) if manifest else 0,
        "options": sum(len(contest.options) for contest in manifest.contests) if manifest else 0,
        "commissions": len(manifest.commissions) if manifest else 0,
        "credentials": len(state.credentials),
        "overridden": len(state.overridden),
        "counted": sum(course.counted for course in state.courses.values()),
        "smallest mixed group": min((c.counted for c in state.courses.values() if len(c.lists) > 1), default=0),
    }


def _fingerprints(state: State, trust: TrustSheet) -> Iterator[tuple[str, str]]:
    """What people compare by telephone, in hexadecimal: keys as they are, the SHA-256 of anything longer."""
    for number, key in enumerate(trust.log_keys, 1):
        yield _numbered("log key", number), key.fingerprint.hex()
    for number, root in enumerate(trust.roots, 1):
        yield _numbered("root", number), sha256(root.der).hexdigest()
    for name, party in trust.witnesses.witnesses.items() if trust.witnesses else ():
        yield f"witness {name}", party.key.fingerprint.hex()
    if trust.verifier is not None:
        yield "verifier", trust.verifier.hex()
    if state.manifest is not None:
        yield "manifest", state.digest.hex()
    registers = Counter[str]()
    for pending in state.pending.values():
        if pending.effective and isinstance(pending.record, Register):
            commission = pending.record.commission
            registers[commission] += 1
            yield _numbered(f"register {commission}", registers[commission]), pending.record.blob.sha256.hex()
    if state.key:
        yield "election key", state.key.hex()
    if state.result is not None:
        yield "tally", sha256(records.encode(state.result)).hexdigest()


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} {number}"
