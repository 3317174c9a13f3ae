"""`aikyn-verify plan`: what a plan for the commissions' papers demands, and what is wrong with it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from verifier.desk.commands.options import FILE, REJECTED, UNCHECKED, ending
from verifier.desk.commands.speech import LANG, spoken, stated, tell, warn
from verifier.desk.report.plan import explain_plan
from verifier.desk.report.section import Facts, Section
from verifier.desk.report.terminal import put_section
from verifier.election.manifest import Manifest
from verifier.paper.consistency import complaints
from verifier.paper.plan import CODEC
from verifier.place import NOWHERE
from verifier.records import Codec

if TYPE_CHECKING:
    from verifier.paper.plan import Plan

MANIFEST: Codec[Manifest] = Codec(Manifest)
UNASKED = "plan §8"  # the rules that need the manifest


@click.command("plan")
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--manifest", "record", type=FILE, help="The manifest record: also check that the plan fits it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the explanation.")
@LANG
def plan_(file: Path, record: Path | None, *, as_json: bool) -> None:
    """Explain a plan for the commissions' papers.

    Say which commissions sign which papers, what must hold of them, what is due by when, and what nobody has verified.
    Then say what is wrong with the plan (PRT.1).
    """
    with ending():
        raw = file.read_bytes()
        plan = CODEC.decode(raw, str(file))
        manifest = MANIFEST.decode(record.read_bytes(), str(record)) if record else None
    wrong = [stated("PRT.1", NOWHERE, said) for said in complaints(plan, manifest)]
    status = REJECTED if wrong else 0 if manifest else UNCHECKED
    if as_json:
        click.echo(_object(raw, plan, wrong, status, [] if manifest else [UNASKED]))
        sys.exit(status)
    _show(raw, plan, manifest)
    for said in wrong:
        warn("ended.rejected", said=said)
    if manifest is None:
        warn("ended.incomplete", said=spoken()["plan.unasked"])
    elif not wrong:
        tell("plan.right")
    sys.exit(status)


def _show(raw: bytes, plan: Plan, manifest: Manifest | None) -> None:
    w, console = spoken(), Console(soft_wrap=False)
    first = Facts(((w["plan.digest"], sha256(raw).hexdigest()), (w["plan.bytes"], w.number(len(raw)))))
    head, *others = explain_plan(plan, w, manifest.timetable if manifest else ())
    for section in (Section(head.id, head.title, head.lead, (first, *head.parts)), *others):
        put_section(section, console, w)
    click.echo()
    if plan.unverified:
        tell("plan.unverified", paths=", ".join(plan.unverified))
    else:
        tell("plan.verified")


def _object(raw: bytes, plan: Plan, wrong: list[str], status: int, unchecked: list[str]) -> str:
    """The plan in numbers, and what is wrong with it."""
    counted = ("levels", "units", "contests", "forms", "ratios", "matches", "duties")
    return json.dumps(
        {
            "sha256": sha256(raw).hexdigest(),
            "length": len(raw),
            "exit": status,
            "mistakes": wrong,
            "unchecked": unchecked,
            **{name: len(getattr(plan, name)) for name in counted},
            "units_by_level": Counter(unit.level for unit in plan.units),
            "unverified": plan.unverified,
        },
        ensure_ascii=False,
    )
