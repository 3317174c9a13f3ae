"""Where a thing stands: which record or file, and where in it. Reports and languages read the fields."""

from __future__ import annotations

from typing import Any

import msgspec


class Place(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A place in a file or a record; what is not said is empty.

    `file` is a path in the archive, an address, or what a person holds (`trust sheet`, `receipt`); `copy` says of
    which of two copies. `record` is a leaf's number on the log. In it, `part` is a message of a proof or a list, and
    `row` its item, columns and rows counted from 1. `unit` is a commission; `line` a line of a text. `form` is that of
    a unit's paper, `version` counts from 1, `key` names its line, option, control ratio or match, or a duty.
    """

    file: str = ""
    record: int | None = None
    column: int | None = None
    part: str = ""
    row: int | None = None
    unit: str = ""
    line: int | None = None
    copy: str = ""
    contest: str = ""
    form: str = ""
    version: int | None = None
    key: str = ""

    def within(self, **fields: Any) -> Place:  # noqa: ANN401  the fields above
        """The same place, more exactly."""
        return msgspec.structs.replace(self, **fields)

    @property
    def order(self) -> int:
        """The record's number; -1 for the log, a sheet or a file as a whole, which come before all records."""
        return -1 if self.record is None else self.record

    def __str__(self) -> str:
        spoken = (
            self.copy,
            f"{self.file} of {self.unit}" if self.file and self.unit else self.file or self.unit,
            *(self.contest, self.form, "" if self.version is None else f"version {self.version}", self.key),
            "" if self.record is None else f"record {self.record}",
            "" if self.line is None else f"line {self.line}",
            "" if self.column is None else f"column {self.column}",
            self.part if self.row is None else f"{self.part or 'row'} {self.row}",
        )
        return ", ".join(part for part in spoken if part)

    def __bool__(self) -> bool:
        return self != NOWHERE


NOWHERE = Place()
