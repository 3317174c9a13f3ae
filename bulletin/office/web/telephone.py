"""The groups that key holders read by telephone, written into `holders.csv`; every other cell stays."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from bulletin.office.mistake import Mistakes
from bulletin.office.table import lay_out
from bulletin.office.templates import BOM


def write_groups(path: Path, heard: Mapping[str, str]) -> bytes | None:
    """The table with these groups by holder; None if its columns cannot be told."""
    laid = lay_out(path, "holders", Mistakes())
    if laid is None:
        return None
    heading, columns = list(laid.heading), list(laid.columns)
    if "groups" not in columns:
        heading, columns = [*heading, "groups"], [*columns, "groups"]
    id, groups = columns.index("id"), columns.index("groups")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=laid.delimiter)
    writer.writerow(heading)
    for _, row in laid.rows:
        cells = row + [""] * (len(columns) - len(row))
        cells[groups] = heard.get(cells[id].strip(), cells[groups])
        writer.writerow(cells)
    return (BOM + out.getvalue()).encode()
