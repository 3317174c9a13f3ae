"""Changing single values of `election.toml`: all else in it stays as somebody wrote it (specs/desk.md §4)."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from datetime import date, datetime
from typing import Any

from bulletin.office.toml import find_lines

TomlPath = tuple[str, ...]  # a table of an array has its number, from 0, in the path
TomlValue = str | int | bool | date | datetime
SIMPLE = re.compile(r"""(\s*[\w."-]+\s*=\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s#"'\[{]+)(\s*(?:#.*)?)""")
NEW = {
    "contest": 'id = ""\ntitle.ky = ""\ntitle.ru = ""\ntitle.en = ""\nleast = 0\nmost = 1\n',
    "date": 'id = ""\nwhat = "close"\nby = 2027-01-01\nwords.ky = ""\nwords.ru = ""\nwords.en = ""\n',
}


class Uneditable(Exception):
    """A value stands in the file in a way that only a person can change."""


def change(text: str, changes: Mapping[TomlPath, TomlValue | None]) -> str:
    """The file with these values instead; None takes one out. `Uneditable` if anything else would change."""
    wanted = tomllib.loads(text)
    for path, value in changes.items():
        text = _put(text, path, value)
        _set(wanted, path, value)
    try:
        if tomllib.loads(text) != wanted:
            raise Uneditable
    except tomllib.TOMLDecodeError:
        raise Uneditable from None
    return text


def append(text: str, array: str) -> str:
    """The file with one more table of this array, to be filled in."""
    return f"{text.rstrip()}\n\n[[{array}]]\n{NEW[array]}"


def _put(text: str, path: TomlPath, value: TomlValue | None) -> str:
    lines, places = text.split("\n"), find_lines(text)
    if path in places:
        at = places[path] - 1
        if value is None:
            del lines[at]
            return "\n".join(lines)
        simple = SIMPLE.fullmatch(lines[at])
        if simple is None:
            raise Uneditable
        lines[at] = simple[1] + _write(value) + simple[3]
        return "\n".join(lines)
    if value is None:
        return text
    table = path[:2] if path[1].isdigit() else path[:1]
    if table not in places:
        lines += [f"[{table[0]}]"]
        places[table] = len(lines)
    lines.insert(places[table], f"{'.'.join(path[len(table) :])} = {_write(value)}")
    return "\n".join(lines)


def _write(value: TomlValue) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def _set(values: dict[str, Any], path: TomlPath, value: TomlValue | None) -> None:
    """The same change to the values themselves."""
    held: Any = values
    for part in path[:-1]:
        held = held[int(part)] if isinstance(held, list) else held.setdefault(part, {})
    if value is None:
        held.pop(path[-1], None)
    else:
        held[path[-1]] = deepcopy(value)
