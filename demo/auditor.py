"""An auditor: runs `aikyn-verify` on a copy of the board and reads its report."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from bulletin.office.processes import COMMANDS
from verifier.desk.report import report as reports
from verifier.desk.report.folding import Fold
from verifier.desk.report.gravity import by_gravity
from verifier.desk.report.report import Report


class Audited(NamedTuple):
    """What `aikyn-verify election` said: exit status, report, seconds."""

    exit: int
    report: Report
    seconds: float

    @property
    def failed(self) -> list[str]:
        """The clauses that failed."""
        return [check.id for check in self.report.checks if check.status == "FAIL"]

    @property
    def cause(self) -> Fold:
        """The gravest failure, which the report names first."""
        return by_gravity(self.report)[0]

    @property
    def open(self) -> list[str]:
        """The clauses that this copy leaves open."""
        return [line.id for line in self.report.incomplete]


def audit(archive: Path, sheet: Path) -> Audited:
    """Verify an archive against a trust sheet."""
    begun = time.monotonic()
    line = [str(COMMANDS / "aikyn-verify"), "election", str(archive), "--trust", str(sheet), "--json"]
    done = subprocess.run(line, capture_output=True, check=False)
    if not done.stdout:
        raise RuntimeError(f"aikyn-verify failed: {done.stderr.decode()[-500:]}")
    return Audited(done.returncode, reports.decode(done.stdout), time.monotonic() - begun)
