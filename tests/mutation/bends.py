"""Mutants by hand: each entry of bends.txt bends one thing of verifier/ that no deletion would show."""

from __future__ import annotations

import re
from pathlib import Path

from tests.mutation.deletions import Mutant

ENTRY = re.compile(r"^= ([\w/]+\.py): (.+)\n((?:-.*\n)+)((?:\+.*\n)*)", re.MULTILINE)
TEXT = Path(__file__).with_name("bends.txt")


def bends(root: Path) -> list[Mutant]:
    """All of them; a bend whose old text is not found once says so."""
    written = TEXT.read_text()
    entries = ENTRY.findall(written)
    assert len(entries) == written.count("\n= "), "an entry of bends.txt is not well formed"
    made = []
    for file, name, minus, plus in entries:
        source = (root / "verifier" / file).read_text()
        old, new = _joined(minus), _joined(plus)
        if not plus:
            old = f"{old}\n"
        if source.count(old) != 1:
            raise LookupError(f"{file}: {name!r}: the old text occurs {source.count(old)} times")
        made.append(Mutant(f"{file} {name}", file, source.replace(old, new), ""))
    return made


def _joined(lines: str) -> str:
    return "\n".join(line[1:] for line in lines.splitlines())
