"""A desk's folder copied for a rehearsal: the same election, with keys, addresses and dates of this machine alone."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bulletin.office.election import Draft
from bulletin.office.folder import Folder, write
from bulletin.office.mistake import Mistakes
from bulletin.office.play import MAKE_KEY, Casting
from bulletin.office.table import TABLES, TableRow, read
from bulletin.office.toml import HEADER

SUFFIX = "-rehearsal"  # of the log's name
HERE = "http://127.0.0.1"  # with a port that is free, once a witness listens
SOON = timedelta(days=2)
DATE = """
[[date]]
id = "rehearsal"
what = "tally"
by = {day}
words.ky = "машыгуу"
words.ru = "репетиция"
words.en = "rehearsal"
"""


def stage(folder: Folder, draft: Draft, staged: Folder) -> list[Casting]:
    """Copy the election that `draft` was read from; those whose keys are to be made.

    Candidates and commissions are the commission's own files. Members get test certificates. Witnesses listen on this
    machine, and there are no mirrors. The log has another name, so that nothing of it can be taken for the election's.
    The only date is two days ahead.
    """
    write(staged.election, _restage(folder.election.read_text(encoding="utf-8-sig"), draft).encode())
    for name in ("candidates", "commissions"):
        shutil.copyfile(folder.table(name), staged.table(name))
    members = [{**entry.cells, "certificate": "test"} for entry in read(folder.table("members"), "members", Mistakes())]
    write_table(staged, "members", members)
    holders = read(folder.table("holders"), "holders", Mistakes())
    write_table(staged, "holders", [_settle(entry) for entry in holders if entry["role"] in MAKE_KEY])
    for place in (staged.certificates, staged.roots, staged.card("").parent):
        place.mkdir(exist_ok=True)
    return [Casting(entry["role"], entry["id"]) for entry in holders if entry["role"] in MAKE_KEY]


def write_table(folder: Folder, name: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Write one of the desk's tables."""
    text = io.StringIO()
    table = csv.DictWriter(text, list(TABLES[name]), restval="", delimiter=";", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    write(folder.table(name), text.getvalue().encode())


def _restage(text: str, draft: Draft) -> str:
    """The election's file with another log and another date."""
    kept, dated = [], False
    origin = draft.toml.line("board", "origin")
    for number, line in enumerate(text.split("\n"), 1):
        if header := HEADER.match(line):
            dated = header[2].split(".")[0] == "date"
        if not dated:
            kept.append(f'origin = "{draft.origin}{SUFFIX}"' if number == origin else line)
    day = (datetime.now(UTC) + SOON).date()
    return "\n".join(kept) + DATE.format(day=day.isoformat())


def _settle(holder: TableRow) -> dict[str, str]:
    """The holder's row with an address on this machine, and without the groups of a key that has no part in this."""
    return {**holder.cells, "address": HERE if holder["role"] == "witness" else "", "groups": ""}
