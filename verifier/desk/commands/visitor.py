"""An auditor who visits a board once, or again and again, each time going on from what was checked before."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import sleep
from typing import TYPE_CHECKING

from verifier.audit.audit import Audit
from verifier.client import snapshot
from verifier.client.copy import opened
from verifier.client.evidence import gather
from verifier.client.files import Directory
from verifier.desk.commands.files import put
from verifier.desk.commands.options import REJECTED, Bars
from verifier.desk.commands.speech import ended, warn
from verifier.desk.report.report import compose
from verifier.errors import Incomplete, Malformed, Rejected
from verifier.log import checkpoint
from verifier.log.reading import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from verifier.audit.timeline import Snapshot
    from verifier.audit.trust import TrustSheet
    from verifier.desk.report.report import Report
    from verifier.log.evidence import Evidence
    from verifier.log.reading import Read


@dataclass
class Visitor:
    """Audits the copy at `board`; `resume` is the file of the visitor's own snapshot."""

    board: str
    trust: TrustSheet
    keep: Path | None = None
    only: frozenset[str] = frozenset()
    resume: Path | None = None
    quiet: bool = False
    evidence: list[Evidence] = field(default_factory=list)
    _known: bytes = b""

    def visits(self, every: int | None) -> Iterator[Report]:
        """A report; with `every` (seconds) one more whenever it says something new, until one rejects, or Ctrl-C."""
        self._known = self.resume.read_bytes() if self.resume and self.resume.exists() else b""
        goes_on = every is not None or self.resume is not None
        report = self._visit(goes_on=goes_on)
        yield report
        if every is not None and report.exit != REJECTED:
            warn("watch.every", seconds=every)
        while every is not None and report.exit != REJECTED:
            try:
                sleep(every)
                later = self._visit(goes_on=goes_on)
            except Incomplete as error:
                ended(error)
                warn("watch.again", seconds=every)
                continue
            except KeyboardInterrupt:
                return
            if _news(later) != _news(report):
                report = later
                yield report
            else:
                warn("watch.same", time=f"{datetime.now(UTC):%H:%M:%S}", records=_size(report))

    def _visit(self, *, goes_on: bool) -> Report:
        former = None if self.keep is None else Directory(self.keep)(LATEST)
        before = snapshot.decode(self._known) if self._known else None
        with Bars(quiet=self.quiet) as bars:
            with opened(self.board, self.trust, self.keep, bars) as copy:
                report = self._audit(copy, copy.kept, bars, before, goes_on=goes_on)
            if former is not None and self.keep is not None and _broken(report):
                # What a board serves that has forked does not fit to what was kept, and looks like damage of the copy.
                warn("watch.fresh", folder=self.keep)
                mine = Directory(self.keep)
                seen = [raw for raw in (former, *_kept(mine, mine.kept)) if self._is_signed(raw)]
                seen += [before.checkpoint] if before else []
                with opened(self.board, self.trust, None, bars) as copy:
                    report = self._audit(*_remembering(copy, copy.kept, seen), bars)
                    if not _broken(report):
                        report = self._audit(copy, copy.kept, bars, goes_on=goes_on)
        return report

    def _audit(
        self, read: Read, kept: Sequence[int], bars: Bars, before: Snapshot | None = None, *, goes_on: bool = False
    ) -> Report:
        """One audit and, if it is passed, the snapshot for a later one, made while the copy can still be read."""
        audit = Audit(read, self.trust, bars, before, self.only, kept)
        report = compose(audit.run(), read)
        self.evidence = list(gather(audit.notes.refused, read))
        if goes_on and not report.failures and not report.incomplete:
            self._known = snapshot.encode(audit.snapshot())
            if self.resume is not None:
                put(self.resume, lambda: self._known, "")
        return report

    def _is_signed(self, raw: bytes) -> bool:
        """What the log has not signed proves nothing against it."""
        try:
            checkpoint.check_log_signature("BRD.1", "", checkpoint.decode(raw), self.trust.origin, self.trust.log_keys)
        except (Malformed, Rejected):
            return False
        return True


def _news(report: Report) -> tuple[object, ...]:
    return _size(report), report.verdict, report.failures, report.incomplete


def _size(report: Report) -> int:
    return report.archive.size if report.archive else 0


def _broken(report: Report) -> bool:
    """Whether the copy does not hold together, whatever its records say."""
    return any(line.id.startswith("BRD") for line in (*report.failures, *report.incomplete))


def _kept(read: Read, numbers: Sequence[int]) -> list[bytes]:
    """The checkpoints that were ever published, as a copy has them."""
    found = []
    for number in numbers:
        with suppress(Incomplete):
            found.append(read(f"checkpoints/{number}") or b"")
    return found


def _remembering(read: Read, numbers: Sequence[int], seen: Iterable[bytes]) -> tuple[Read, Sequence[int]]:
    """A copy that has these checkpoints too, as if its board had not forgotten that it published them."""
    served = _kept(read, numbers)
    forgotten = (raw for raw in dict.fromkeys(seen) if raw not in served)
    more = dict(enumerate(forgotten, max(numbers, default=-1) + 1))
    named = {f"checkpoints/{number}": raw for number, raw in more.items()}
    return (lambda name: named.get(name) or read(name)), [*numbers, *more]
