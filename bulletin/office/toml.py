"""A TOML file with the lines on which its values stand, so that a mistake can be found again."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from bulletin.office.mistake import Mistakes
from bulletin.office.objection import Objection
from bulletin.office.table import read_bytes
from verifier.client.text import plain
from verifier.errors import Malformed

HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\"-]+)\s*\]")
VALUE = re.compile(r"\s*([\w.\"-]+)\s*=")
REASONS = {  # how the library says what is wrong, and our sentence for it
    "Expected '='": "toml-equals",
    "Invalid value": "toml-value",
    "Unterminated string": "toml-quote",
    "Illegal character": "toml-quote",
    'Expected "': "toml-quote",
    "Unclosed": "toml-bracket",
    "Expected ']": "toml-bracket",
    "Cannot": "toml-twice",
    "Duplicate": "toml-twice",
    "Expected newline": "toml-rest",
    "Unescaped": "toml-backslash",
    "Invalid statement": "toml-name",
}
AT_LINE = re.compile(r"\(at line (\d+)")


class Toml(NamedTuple):
    """The values of a file, and the lines of their paths; a table of an array has its number, from 0, in the path."""

    file: str
    values: dict[str, Any]
    lines: dict[tuple[str, ...], int]

    def line(self, *path: str) -> int:
        """The line of a value, or of what holds it; 0 if not even that stands there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def read_toml(path: Path, found: Mistakes) -> Toml | None:
    """Read the file; None if it cannot be, which is said."""
    raw = read_bytes(path, found)
    if raw is None:
        return None
    text = ""
    try:
        text = plain(raw).data.decode()
        return Toml(path.name, tomllib.loads(text), find_lines(text))
    except tomllib.TOMLDecodeError as error:
        at, said = AT_LINE.search(str(error)), str(error).partition(" (at ")[0]
        kind = next((kind for begins, kind in REASONS.items() if said.startswith(begins)), "toml-other")
        found.note("toml", path.name, int(at[1]) if at else len(text.splitlines()), reason=Objection(kind, said=said))
    except Malformed as error:
        found.note("encoding", path.name, reason=error.said)
    except UnicodeDecodeError:
        found.note("not-utf-8", path.name)
    return None


def find_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of each path of a file, from 1."""
    lines: dict[tuple[str, ...], int] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    inside: tuple[str, ...] = ()
    for number, line in enumerate(text.split("\n"), 1):
        if header := HEADER.match(line):
            inside = _split(header[2])
            if header[1] == "[[":
                counts[inside] += 1
            inside = _numbered(inside, counts)
            lines.setdefault(inside, number)
        elif value := VALUE.match(line):
            path = (*inside, *_split(value[1]))
            for length in range(len(inside) + 1, len(path) + 1):
                lines.setdefault(path[:length], number)
    return lines


def _split(name: str) -> tuple[str, ...]:
    return tuple(part.strip(' "') for part in name.split("."))


def _numbered(path: tuple[str, ...], counts: Counter[tuple[str, ...]]) -> tuple[str, ...]:
    """The path of a table, with the number of the array's table that it is or stands in."""
    found: tuple[str, ...] = ()
    for length, name in enumerate(path, 1):
        found = (*found, name, *([str(counts[path[:length]] - 1)] if counts[path[:length]] else []))
    return found
