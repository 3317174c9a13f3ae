"""What a report is made of once it is told in a language; page and sheet each set these parts in their own type."""

from __future__ import annotations

from typing import Literal

import msgspec

from verifier.audit.verdict import Status, Verdict
from verifier.desk.report.language import Language, Quote

Look = Literal["text", "number", "code"]
Pairs = tuple[tuple[str, str], ...]


class Piece(msgspec.Struct, frozen=True, tag=True):
    """A piece of a section."""


class Mark(msgspec.Struct, frozen=True):
    """A clause's outcome: its word, and the status that gives it its colour."""

    word: str
    status: Status


Cell = str | Mark | Quote


class Table(Piece, frozen=True):
    """Rows under heads; `looks` says how each column is set."""

    caption: str
    heads: tuple[str, ...]
    looks: tuple[Look, ...]
    groups: tuple[tuple[str, tuple[tuple[Cell, ...], ...]], ...]


class Bar(msgspec.Struct, frozen=True):
    """A bar from `start` to `end`, both between 0 and 1; `value` stands at its label's other end."""

    label: str
    value: str
    start: float
    end: float


class Chart(Piece, frozen=True):
    """Bars under each other, and a sentence that says the same for screen readers; `axis` names both ends."""

    title: str
    description: str
    bars: tuple[Bar, ...]
    axis: tuple[str, ...] = ()


class Case(Piece, frozen=True):
    """A failure or finding: the clause's own sentence, what was found there, what it means and what to do."""

    id: str
    mark: Mark
    where: str
    said: str | Quote
    text: str
    means: str
    do: str


class Facts(Piece, frozen=True):
    """Names and values."""

    pairs: Pairs


class Print(Piece, frozen=True):
    """A fingerprint in groups of four digits; `item` is the line of the manual sheet that compares it."""

    name: str
    item: str
    groups: tuple[str, ...]


class ContestResult(Piece, frozen=True):
    """A contest's result; `note` says where the recounted figures come from."""

    title: str
    note: str
    facts: Facts
    chart: Chart
    table: Table


class Paragraph(Piece, frozen=True):
    """A paragraph."""

    text: str


class Tick(Piece, frozen=True):
    """A line of the manual sheet: a box, what to compare, and the values of this report."""

    id: str
    text: str
    pairs: Pairs
    prints: tuple[Print, ...]


class Section(msgspec.Struct, frozen=True):
    """A titled section; `id` is its name in every language."""

    id: str
    title: str
    lead: str
    parts: tuple[Piece, ...]


class Account(msgspec.Struct, frozen=True):
    """A report in one language, from the verdict down; `phase` is how far the election has come."""

    language: Language
    election: str
    verdict: Verdict
    word: str
    phase: str
    sentence: str
    notes: tuple[str, ...]
    facts: Pairs
    sections: tuple[Section, ...]
    digest: Print
