"""Printing: an account that a page gives of itself becomes a PDF/A, with QR codes and the files that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import NamedTuple

import msgspec

from bulletin.office.printed.wording import HERE, speak
from verifier.desk.page.typesetting import legible, typeset
from verifier.desk.report.language import Language

EPOCH = datetime.fromtimestamp(0, UTC)  # a page knows no clock
QUIET = 4  # modules of blank around a code


class Attachment(NamedTuple):
    """A file that goes with a PDF, byte for byte."""

    name: str
    data: bytes


def press(name: str, language: Language, account: Mapping[str, object], attached: Attachment | None = None) -> bytes:
    """The PDF of the page `name`; the same account, the same bytes. ImportError without typst or segno."""
    said = {"language": language, "page": speak(language)["page.number"], **account}
    inputs = {"account": msgspec.json.encode(legible(said)).decode()}
    if attached:
        inputs |= {"attached": attached.name, "attachment": msgspec.json.encode([*attached.data]).decode()}
    template = b"".join(HERE.joinpath(f"{file}.typ").read_bytes() for file in ("look", name))
    return typeset(template, inputs, EPOCH)


def draw_code(data: bytes) -> str:
    """A QR code of the data as SVG, level L: a sheet of paper is read whole. ImportError without segno."""
    import segno  # noqa: PLC0415  an extra that only print needs

    drawn = BytesIO()
    made = segno.make(data, error="l", boost_error=False, micro=False)
    made.save(drawn, kind="svg", border=QUIET, svgclass=None, lineclass=None, xmldecl=False, omitsize=True)
    return drawn.getvalue().decode().strip()
