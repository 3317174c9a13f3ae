"""Equal lines told once, with their count and their places folded: "records 876–880, columns 1–3 (14 places)"."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from verifier.errors import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from verifier.audit.verdict import Line
    from verifier.desk.report.language import Words
    from verifier.errors import Detail
    from verifier.place import Place
    from verifier.rule import Finding

FILES = 3  # files or lists that are named in one line
RANGES = 6  # numbers or runs of numbers that are named in one line


class Fold(NamedTuple):
    """Lines that are told once; `others` of them say something other than `detail`, or say it of other values."""

    id: str
    detail: Detail
    places: tuple[Place, ...]
    others: int


def fold(lines: Iterable[Line | Finding]) -> list[Fold]:
    """The lines by clause and sentence, in the order in which each is first said."""
    return _folded(lines, lambda line: line.detail.text if isinstance(line.detail, Said) else line.detail)


def fold_clauses(lines: Iterable[Line | Finding]) -> list[Fold]:
    """The lines by clause, whatever they say."""
    return _folded(lines, lambda line: line.id)


def _folded(lines: Iterable[Line | Finding], alike: Callable[[Line | Finding], str]) -> list[Fold]:
    found: dict[tuple[str, str], list[Line | Finding]] = {}
    for line in lines:
        found.setdefault((line.id, alike(line)), []).append(line)
    return [
        Fold(id, same[0].detail, tuple(one.where for one in same), sum(one.detail != same[0].detail for one in same))
        for (id, _), same in found.items()
    ]


def where(places: Sequence[Place], w: Words) -> str:
    """The places in one line, each once."""
    distinct = list(dict.fromkeys(places))
    parts = list(_parts(distinct, w))
    named = "; ".join(parts[:FILES]) + (" …" if len(parts) > FILES else "")
    return f"{named} ({w.say('place.count', count=len(distinct))})" if len(distinct) > 1 else named


def _parts(places: list[Place], w: Words) -> Iterator[str]:
    """What is in one file, in one form's papers of a unit, and in one list of a record is told together."""

    def frame(place: Place) -> tuple[str, ...]:
        return place.copy, place.file, place.unit, place.contest, place.form, place.part

    for (copy, file, unit, contest, form, part), held in groupby(sorted(places, key=frame), frame):
        inside = list(held)
        item = {"": "row", "output row": "row", "plaintext row": "row", "credential": "credential"}.get(part, "")
        rows = _numbers((place.row for place in inside), item or "item", w)
        said = (
            w.name("copies", copy),
            _file(file, unit, w),
            *(contest, form),
            _numbers((place.version for place in inside), "version", w),
            _keys(place.key for place in inside),
            _numbers((place.record for place in inside), "record", w),
            _numbers((place.line for place in inside), "line", w),
            _numbers((place.column for place in inside), "column", w),
            rows if item else " ".join(filter(None, (w.name("parts", part), rows))),
        )
        yield ", ".join(filter(None, said))


def _file(file: str, unit: str, w: Words) -> str:
    folder, _, number = file.partition("/")
    if folder == "checkpoints":
        return w.say("place.kept", number=number)
    return " ".join(filter(None, (w.name("files", file), unit)))


def _keys(found: Iterable[str]) -> str:
    """The keys by name, each once."""
    keys = list(dict.fromkeys(filter(None, found)))
    return ", ".join(keys[:RANGES]) + (" …" if len(keys) > RANGES else "")


def _numbers(found: Iterable[int | None], item: str, w: Words) -> str:
    numbers = sorted({number for number in found if number is not None})
    if not numbers:
        return ""
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])]
    shown = ", ".join(f"{run[0]}" if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs[:RANGES])
    more = " …" if len(runs) > RANGES else ""
    return w.say(f"place.{item}" if len(numbers) == 1 else f"place.{item}s", number=shown + more)
