"""HTML from a tree of elements: nothing that is put into it can become markup, and nothing invisible stays so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, tostring

from verifier.desk.report.letters import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

Content = str | Element
BLOCKS = {"head", "meta", "title", "style", "body", "header", "main", "footer", "section", "article", "div", "svg"}
LINES = {"h1", "h2", "h3", "p", "table", "caption", "thead", "tbody", "tr", "dl", "ul", "li", "figure", "g"}


def element(tag: str, *content: Content | None, **attributes: str | None) -> Element:
    """An element; `class_` and `aria_label` are written class and aria-label, None leaves something away."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: visible(value) for name, value in named.items() if value is not None})
    for piece in content:
        if isinstance(piece, Element):
            made.append(piece)
        elif piece is not None:
            _append(made, visible(piece))
    made.tail = "\n" if tag in BLOCKS | LINES else None
    return made


def style(sheet: str) -> Element:
    """A style sheet of our own, as it is."""
    made = Element("style")
    made.text = sheet
    made.tail = "\n"
    return made


def document(root: Element) -> bytes:
    """The document's bytes."""
    return f"<!doctype html>\n{tostring(root, encoding='unicode', method='html')}\n".encode()


def spaced(pieces: Iterable[Element]) -> list[Content]:
    """Elements with a space between them, so that a copy of the text keeps them apart."""
    return [content for piece in pieces for content in (piece, " ")][:-1]


def _append(parent: Element, text: str) -> None:
    """Text after the last child, or as the parent's first."""
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "").rstrip("\n") + text
    else:
        parent.text = (parent.text or "") + text
