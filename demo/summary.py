"""The dozen lines with which the demo ends."""

from __future__ import annotations

import os
from pathlib import Path

from bulletin.office.processes import COMMANDS
from demo import desk, figures
from demo.pilot import Exhibit
from verifier.desk.report.clauses import explain
from verifier.desk.report.folding import where
from verifier.desk.report.language import words


def summary(shown: Exhibit, out: Path) -> str:
    """What happened, what was accepted, what was refused, where it is."""
    voters, report = shown.electorate.numbers, shown.honest.report
    checks = sum(check.status == "PASS" for check in report.checks)
    audited, cores = report.figures, os.cpu_count()
    ballots = f"{voters['counted']:,} counted; e-list {voters['listed']:,}; {voters['re-votes']} re-votes"
    accepted = f"in {shown.honest.seconds:.1f} s: {audited['log entries']:,} records, {checks} clauses"
    backend = report.environment["backend"].split()[0]
    lines = [
        ("ballots", f"{ballots}, {voters['challenges']} challenges, {voters['overridden']} overridden on paper"),
        ("mixes", f"{audited['mix']}, by {figures.MIXERS} mix servers in turn"),
        ("trustees", f"{figures.THRESHOLD} of {figures.TRUSTEES}; {len(desk.PRESENT)} decrypted, one was absent"),
        ("witnesses", f"{figures.WITNESSES}, quorum {figures.QUORUM}; {audited['checkpoints']} cosigned checkpoints"),
        ("receipts", f"{shown.receipts:,}, each checked by the voter's client"),
        ("ACCEPTED", f"{accepted} ({backend}, {cores} cores)"),
    ]
    command = os.path.relpath(COMMANDS / "aikyn-verify")
    for number, outcome in enumerate(shown.trial.outcomes, 1):
        cause = outcome.witnessed.cause
        at = f"{cause.id} at {where(cause.places, words('en'))}"
        lines.append((f"lie {number}", f"{outcome.what}: REJECTED by {at}. {explain(cause.id).wrong}"))
    lines += [
        ("cosigned", "none of the lies: every witness refused them"),
        ("damage", f"one bit flipped: COULD NOT BE CHECKED, {shown.trial.damaged} is damaged"),
        ("look", f"{out}/archive, trust.txt, receipts/, lies/"),
        ("verify", f"{command} election {out}/archive --trust {out}/trust.txt"),
        ("read", f"{command} election {out}/lies/ballot-dropped --trust {out}/trust.txt --lang ky --pdf {out}/lie.pdf"),
        (
            "serve",
            "make demo ARGS=--serve: the board again, a page to look ballots up, and an election to vote in",
        ),
    ]
    return "\n".join(f"{name:10} {text}" for name, text in lines)
