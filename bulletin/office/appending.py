"""Rows that the desk adds to a table, which stays as the commission wrote it but for its encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from bulletin.office.folder import Folder, write
from bulletin.office.mistake import Mistakes
from bulletin.office.table import TABLES, decode, lay_out
from bulletin.office.tables import Mistaken
from bulletin.office.templates import BOM
from verifier.client.text import plain


def append(folder: Folder, name: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Add rows to the end of a table, in the order of its columns; one that is not there begins with its heading."""
    path = folder.table(name)
    if not path.exists():
        write(path, (BOM + ";".join(TABLES[name]) + "\r\n").encode())
    found = Mistakes()
    laid = lay_out(path, name, found)
    if laid is None:
        raise Mistaken(found)
    text = decode(path.name, plain(path.read_bytes()).data, found) or ""
    added = io.StringIO()
    table = csv.writer(added, delimiter=laid.delimiter, lineterminator="\n")
    table.writerows([row.get(column, "") for column in laid.columns] for row in rows)
    whole = text + ("" if text.endswith("\n") else "\n") + added.getvalue()
    write(path, (BOM + whole.replace("\n", "\r\n")).encode())
