"""The paper flow rehearsed on this machine: posted to a real board, audited, compared (specs/rehearsal.md §6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bulletin.office.mistake import Unreadable
from bulletin.office.nation.bending import bend, spent
from bulletin.office.nation.country import narrow
from bulletin.office.nation.faults.table import FAULTS, NAMED
from bulletin.office.nation.people import settle
from bulletin.office.nation.posting import Poster
from bulletin.office.nation.script import Script
from bulletin.office.nation.stage import Stage
from bulletin.office.nation.trial import differ, read, say
from bulletin.office.nation.watch import look
from bulletin.office.plans.ready import READY, ready_plan
from bulletin.office.processes import Processes
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.log.reading import Log
from verifier.log.tree import hash_leaf
from verifier.paper.plan import CODEC

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulletin.office.nation.bending import Bent
    from bulletin.office.nation.faults.fault import Fault
    from bulletin.office.nation.faults.ledger import Expected
    from verifier.audit.verdict import Outcome
    from verifier.paper.plan import Plan
