"""A draft that a person filled in, a small TOML file: each value as it is meant, each mistake with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

from bulletin.office.certificates import read_member
from bulletin.office.mistake import Mistakes
from bulletin.office.table import ID
from bulletin.office.toml import Toml
from verifier.desk.report.letters import visible
from verifier.paper.papers import NONE
from verifier.records import Blob

LEAF = re.compile(r"[0-9a-f]{64}")
SENTENCE = 500  # characters of a sentence in a record
MOST = 2**53 - 1  # the greatest figure of a record
C = TypeVar("C", bound=str)


class Filled:
    """The values of one table of a draft; `at` is its path in the file. What is wrong goes into `found`.

    `place` is where the files stand that the draft names, `offset` the minutes by which its clock is east of UTC.
    """

    def __init__(self, toml: Toml, found: Mistakes, place: Path, offset: int, *at: str) -> None:
        self._toml, self._found, self._place, self._offset, self._at = toml, found, place, offset, at
        held: Any = toml.values
        for name in at:
            held = held[int(name)] if isinstance(held, list) else held.get(name, {})
            held = held if isinstance(held, dict | list) else {}
        self._values: dict[str, Any] = held if isinstance(held, dict) else {}
        self.blobs: list[bytes] = []

    def check_names(self, known: Collection[str]) -> None:
        """Note each name that the draft must not have."""
        for name in self._values:
            if name not in known:
                self._note("unknown-field", name, known=", ".join(known))

    def table(self, name: str) -> Filled:
        """A table of the draft, empty if it is not there."""
        return Filled(self._toml, self._found, self._place, self._offset, *self._at, name)

    def tables(self, name: str) -> Iterator[Filled]:
        """The tables of an array."""
        held = self._values.get(name, [])
        for number in range(len(held) if isinstance(held, list) else 0):
            yield Filled(self._toml, self._found, self._place, self._offset, *self._at, name, str(number))

    def figures(self, keys: Collection[str]) -> dict[str, int]:
        """A figure for each key."""
        self.check_names(keys)
        return {key: self.number(key) for key in keys}

    def number(self, name: str) -> int:
        """A whole number from 0 on."""
        value = self._get(name)
        if value is not None and (type(value) is not int or not 0 <= value <= MOST):
            self._note("no-number", name, cell=visible(str(value))[:60])
            return 0
        return value or 0

    def id(self, name: str, otherwise: str | None = None) -> str:
        """An id; None for `otherwise` demands one."""
        value = self._get(name, otherwise)
        if value == otherwise or value is None:
            return otherwise or ""
        if not isinstance(value, str) or not ID.fullmatch(value):
            self._note("no-id", name, cell=visible(str(value))[:60])
            return ""
        return value

    def word(self, name: str, known: Collection[C], otherwise: C | None = None) -> C:
        """One of these words."""
        value = self._get(name, otherwise)
        found = next((word for word in known if word == value), None)
        if found is None and value is not None:
            self._note("unknown-word", name, cell=visible(str(value))[:60], known=", ".join(known))
        return found if found is not None else next(iter(known))

    def flag(self, name: str, *, otherwise: bool) -> bool:
        """True or false."""
        value = self._get(name, otherwise)
        if not isinstance(value, bool):
            self._note("no-flag", name, cell=visible(str(value))[:60])
        return value is True

    def lacks(self, name: str) -> bool:
        """Whether a value is not there, or blank as in a template."""
        return bool(self._values.get(name, "") == "")

    def ids(self, name: str) -> tuple[str, ...]:
        """A list of ids."""
        value = self._get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and ID.fullmatch(one) for one in value):
            self._note("no-ids", name, cell=visible(str(value))[:60])
            return ()
        return tuple(value)

    def text(self, name: str, otherwise: str | None = None) -> str:
        """A sentence."""
        value: object = self._get(name, otherwise)
        if not isinstance(value, str):
            if value is not None:
                self._note("no-line", name, cell=visible(str(value))[:60])
            return ""
        if len(value) > SENTENCE:
            self._note("long-cell", name, most=SENTENCE)
        elif visible(value) != value:
            self._note("invisible", name, cell=visible(value))
        elif not value and otherwise is None:
            self._note("empty-field", name)
        return value

    def texts(self) -> dict[str, str]:
        """All names of this table, each with a sentence."""
        return {name: self.text(name) for name in self._values}

    def moment(self, name: str, otherwise: int | None = None) -> int:
        """A moment in POSIX seconds, by the draft's clock unless it names another."""
        value = self._get(name, otherwise)
        if value is None or value == otherwise:
            return otherwise or 0
        if not isinstance(value, date):
            self._note("no-date", name, cell=visible(str(value))[:60])
            return 0
        whole = value if isinstance(value, datetime) else datetime.combine(value, time())
        zone = timezone(timedelta(minutes=self._offset))
        return max(0, int((whole if whole.tzinfo else whole.replace(tzinfo=zone)).timestamp()))

    def leaves(self, name: str) -> tuple[bytes, ...]:
        """A list of leaves in hexadecimal."""
        value = self._get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and LEAF.fullmatch(one) for one in value):
            self._note("no-leaves", name, cell=visible(str(value))[:60])
            return ()
        return tuple(map(bytes.fromhex, value))

    def leaf(self, name: str) -> bytes:
        """A leaf in hexadecimal; 32 zero bytes where nothing stands."""
        value = self._get(name, "")
        if value and not (isinstance(value, str) and LEAF.fullmatch(value)):
            self._note("no-leaves", name, cell=visible(str(value))[:60])
            return NONE
        return bytes.fromhex(value) or NONE

    def files(self, name: str) -> tuple[Blob, ...]:
        """The files of these names, which become blobs."""
        value = self._get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._note("no-files", name, cell=visible(str(value))[:60])
            return ()
        return tuple(Blob.of(data) for one in value if (data := self._read(name, one, keep=True)) is not None)

    def file(self, name: str) -> bytes | None:
        """The bytes of the file of this name, which become no blob; None where none is named."""
        value = self._get(name, "")
        if not isinstance(value, str):
            self._note("no-files", name, cell=visible(str(value))[:60])
            return None
        return self._read(name, value, keep=False) if value else None

    def digest(self, name: str) -> bytes:
        """The SHA-256 of the file of this name; nothing where none is named."""
        data = self.file(name)
        return b"" if data is None else hashlib.sha256(data).digest()

    def certificate(self, name: str) -> bytes:
        """A person's certificate in the file of this name, in DER."""
        file = self.text(name)
        held = read_member(self._place / file, self._toml.file, self._toml.line(*self._at, name), self._found)
        return held.der if file and held else b""

    def note(self, kind: str, name: str, **values: str | int) -> None:
        """What is wrong with a value."""
        self._note(kind, name, **values)

    def _read(self, name: str, file: str, *, keep: bool) -> bytes | None:
        try:
            data = (self._place / file).read_bytes()
        except OSError as error:
            self._note("unread", name, cell=visible(file)[:60], reason=error.strerror or "")
            return None
        if keep:
            self.blobs.append(data)
        return data

    def _get(self, name: str, otherwise: Any = None) -> Any:  # noqa: ANN401  whatever TOML has
        if name not in self._values:
            if otherwise is None:
                self._note("missing-field", name)
            return otherwise
        return self._values[name]

    def _note(self, kind: str, name: str, **values: str | int) -> None:
        column = ".".join([*(part for part in self._at if not part.isdigit()), name])
        self._found.note(kind, self._toml.file, self._toml.line(*self._at, name), **({"column": column} | values))
