"""The fields of `election.toml` in a form: which there are, and what somebody typed into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any, NamedTuple, get_args

from bulletin.office.dates import ACTS
from bulletin.office.election import ARRAYS, SECTIONS, ShareSource
from bulletin.office.table import SPOKEN
from bulletin.office.web.editing import TomlPath, TomlValue
from verifier.desk.report.language import Words

BOUNDS = ("from", "by")
CHOICES: dict[str, tuple[tuple[str, ...], str]] = {"act": (ACTS, "acts"), "share": (get_args(ShareSource), "shares")}
Changes = dict[TomlPath, TomlValue | None]


class FormField(NamedTuple):
    """An input: its name in the form, what it is called, its type, its value, and among what one chooses."""

    name: str
    label: str
    type: str
    value: str
    choices: tuple[tuple[str, str], ...] = ()
    language: str = ""


class FieldSet(NamedTuple):
    """The inputs of a table of the file."""

    heading: str
    fields: tuple[FormField, ...]


def show_fields(values: Mapping[str, Any], w: Words) -> list[FieldSet]:
    """Everything in the file that has a simple input."""
    shown = [FieldSet(w[f"fields.{name}"], tuple(_section(w, (name,), values.get(name, {}), SECTIONS[name])))
             for name in SECTIONS]  # fmt: skip
    for array in ("contest", "date"):
        for number, held in enumerate(values.get(array, [])):
            path = (array, str(number))
            fields = [*_section(w, path, held, ARRAYS[array]), *(_dated(w, path, held) if array == "date" else [])]
            shown.append(FieldSet(w.say(f"fields.{array}", number=number + 1), tuple(fields)))
    return shown


def read_fields(values: Mapping[str, Any], typed: Mapping[str, str]) -> Changes:
    """What was changed; a number that is none is kept as typed, so that the step says so."""
    changes: Changes = {}
    tables: list[tuple[TomlPath, Any, Mapping[str, str]]] = []
    for name, section in SECTIONS.items():
        tables.append(((name,), values.get(name, {}), section))
    for array in ("contest", "date"):
        tables += [((array, str(n)), held, ARRAYS[array]) for n, held in enumerate(values.get(array, []))]
    for path, held, kinds in tables:
        changes |= _changed(path, held, kinds, typed)
        if path[0] == "date":
            changes |= _dates(path, held, typed)
    return changes


def _leaves(path: TomlPath, held: Any, kinds: Mapping[str, str]) -> Iterator[tuple[TomlPath, str, Any]]:  # noqa: ANN401  as TOML has it
    for name, kind in kinds.items():
        value = held.get(name, "") if isinstance(held, dict) else ""
        if kind == "text":
            texts = value if isinstance(value, dict) else {}
            yield from (((*path, name, language), "text", texts.get(language, "")) for language in SPOKEN)
        elif kind.rstrip("?") not in {"date", "flag", "ids"}:
            yield (*path, name), kind, value


def _section(w: Words, path: TomlPath, held: Any, kinds: Mapping[str, str]) -> Iterator[FormField]:  # noqa: ANN401
    for leaf, kind, value in _leaves(path, held, kinds):
        language = leaf[-1] if kind == "text" else ""
        name = leaf[-2] if kind == "text" else leaf[-1]
        label = w[f"fields.{name}"] + (f", {w[f'web.in_{language}']}" if language else "")
        among, section = CHOICES.get(kind.rstrip("?"), ((), ""))
        choices = tuple((each, w[f"{section}.{each}"]) for each in among)
        shape = "number" if kind == "number" and (value == "" or type(value) is int) else "text"
        yield FormField(".".join(leaf), label, "select" if choices else shape, str(value), choices, language)


def _dated(w: Words, path: TomlPath, held: Mapping[str, Any]) -> Iterator[FormField]:
    name, bound = ".".join(path), next((each for each in BOUNDS if each in held), "by")
    said = held.get(bound)
    moment = said.time() if isinstance(said, datetime) else None
    day = said.date() if isinstance(said, datetime) else said
    yield FormField(f"{name}.bound", w["fields.bound"], "select", bound, tuple((b, w[f"fields.{b}"]) for b in BOUNDS))
    yield FormField(f"{name}.day", w["fields.day"], "date", day.isoformat() if isinstance(day, date) else "")
    yield FormField(f"{name}.time", w["fields.time"], "time", f"{moment:%H:%M}" if moment else "")
    inclusive = held.get("inclusive", bound == "from") and moment is None
    yield FormField(f"{name}.inclusive", w["fields.inclusive"], "checkbox", "yes" if inclusive else "")


def _changed(path: TomlPath, held: Any, kinds: Mapping[str, str], typed: Mapping[str, str]) -> Changes:  # noqa: ANN401
    changes: Changes = {}
    for leaf, kind, value in _leaves(path, held, kinds):
        text = typed.get(".".join(leaf))
        if text is None or text == str(value):
            continue
        text = text.strip()
        number = kind == "number" and text.isdecimal() and text.isascii()
        changes[leaf] = None if kind.endswith("?") and not text else int(text) if number else text
    return changes


def _dates(path: TomlPath, held: Mapping[str, Any], typed: Mapping[str, str]) -> Changes:
    """The day as the law says it; one that was not typed whole leaves the former one."""
    name, bound = ".".join(path), typed.get(f"{'.'.join(path)}.bound")
    said: date | None = None
    with suppress(ValueError):
        said = date.fromisoformat(typed.get(f"{name}.day", ""))
    if said is None or bound not in BOUNDS:
        return {}
    with suppress(ValueError):
        said = datetime.combine(said, time.fromisoformat(typed.get(f"{name}.time", "")))
    changes: Changes = {(*path, each): None for each in BOUNDS if each in held and each != bound}
    if held.get(bound) != said or type(held.get(bound)) is not type(said):
        changes[(*path, bound)] = said
    inclusive = None if isinstance(said, datetime) else typed.get(f"{name}.inclusive") == "yes"
    if inclusive != held.get("inclusive"):
        changes[(*path, "inclusive")] = inclusive
    return changes
