"""What an empty folder is filled with: an `election.toml` to fill in, and the tables with their headings."""

from __future__ import annotations

from pathlib import Path

from bulletin.office.folder import TABLES, Folder, write
from bulletin.office.table import REMARK
from bulletin.office.table import TABLES as COLUMNS
from bulletin.office.wording import speak
from verifier.desk.report.language import Language

BOM = "\ufeff"  # by which spreadsheets know UTF-8


def is_empty(folder: Folder) -> bool:
    """Whether nobody has begun yet."""
    return not folder.election.exists() and not any(folder.table(name).exists() for name in TABLES)


def begin(folder: Folder, language: Language) -> list[Path]:
    """Write the templates and the folders into which others' files come; the files that were written."""
    write(folder.election, speak(language)["template.election"].encode())
    written = [folder.election]
    for name in TABLES:
        write(folder.table(name), (heading(name, language) + _remarks(name, language)).encode())
        written.append(folder.table(name))
    for place in (folder.certificates, folder.roots, folder.card("").parent, folder.applications):
        place.mkdir(exist_ok=True)
    return written


def _remarks(name: str, language: Language) -> str:
    """Lines for people below the heading: what the columns take, and an example, which is no data."""
    lines = speak(language)[f"template.{name}"].strip().splitlines()
    return "".join(f"{REMARK} {line}\r\n" for line in lines)


def heading(name: str, language: Language) -> str:
    """A table's first line in this language, as spreadsheets of our country read it."""
    names = speak(language).names("columns")
    return BOM + ";".join(names[column].split("|")[0] for column in COLUMNS[name]) + "\r\n"
