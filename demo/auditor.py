"""An auditor: runs `aikyn-verify` on a copy of the board and reads its report."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from demo.processes import COMMANDS
from verifier.place import Place


class Verdict(NamedTuple):
    """What `aikyn-verify election` said: exit status, report, seconds."""

    exit: int
    report: dict[str, Any]
    seconds: float

    @property
    def failed(self) -> list[str]:
        """The clauses that failed."""
        return [check["id"] for check in self.report["checks"] if check["status"] == "FAIL"]

    @property
    def open(self) -> list[str]:
        """The clauses that this copy leaves open."""
        return [line["id"] for line in self.report["incomplete"]]

    @property
    def cause(self) -> tuple[str, str]:
        """Clause and place of the first failing record of the log; what fails after it may be its consequence."""
        places = [(msgspec.convert(line["where"], Place), line["id"]) for line in self.report["failures"]]
        where, id = min(places, key=lambda found: (found[0].record is None, found[0].order))
        return id, str(where)


def audit(archive: Path, sheet: Path) -> Verdict:
    """Verify an archive against a trust sheet."""
    begun = time.monotonic()
    line = [str(COMMANDS / "aikyn-verify"), "election", str(archive), "--trust", str(sheet), "--json"]
    done = subprocess.run(line, capture_output=True, check=False)
    if not done.stdout:
        raise RuntimeError(f"aikyn-verify failed: {done.stderr.decode()[-500:]}")
    return Verdict(done.returncode, json.loads(done.stdout), time.monotonic() - begun)
