"""Typesetting: data and a template become a PDF that lasts and can be read aloud; the same data, the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from verifier.desk.report.letters import visible

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TYPE = (("\u0020", "\u024f"), ("\u0400", "\u04ff"), ("\u2010", "\u2040"), ("\u20ac", "\u20ac"), ("\u2116", "\u2116"))


def typeset(template: bytes, inputs: Mapping[str, str], made: datetime) -> bytes:
    """The PDF that the template makes of the inputs, dated `made`. ImportError without typst."""
    import typst  # noqa: PLC0415  an extra that only this needs

    compiled = typst.Compiler(template, ignore_system_fonts=True, sys_inputs=dict(inputs)).compile(
        format="pdf",
        pdf_standards=["a-3a", "ua-1"],  # to be kept for decades, and to be read aloud
        timestamp=made,
    )
    return cast("bytes", compiled)


def legible(value: object) -> object:
    """The data with only those signs that the fonts have and a reader sees; other signs are written out."""
    match value:
        case str():
            return "".join(sign if _has_type(sign) else f"\\u{{{ord(sign):x}}}" for sign in visible(value))
        case dict():
            return {key: legible(held) for key, held in value.items()}
        case list() | tuple():
            return [legible(held) for held in value]
    return value


def _has_type(sign: str) -> bool:
    """Whether typst's own fonts, Libertinus Serif and DejaVu Sans Mono, both have the sign."""
    return any(first <= sign <= last for first, last in TYPE)
