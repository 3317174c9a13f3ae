"""A report as one HTML file: no script, nothing fetched, and a policy that lets a browser do neither."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib import resources
from typing import TYPE_CHECKING

from verifier.desk.report.chart import draw
from verifier.desk.report.language import Quote, words
from verifier.desk.report.markup import document, element, spaced, style
from verifier.desk.report.section import Case, Chart, ContestResult, Facts, Mark, Paragraph, Table, Tick
from verifier.desk.report.telling import tell

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from verifier.desk.report.language import Language, Words
    from verifier.desk.report.report import Report
    from verifier.desk.report.section import Account, Cell, Piece, Print, Section


def page(report: Report, language: Language) -> bytes:
    """The report in this language; the same report, the same bytes."""
    account, w = tell(report, language), words(language)
    sheet = resources.files("verifier.desk.page").joinpath("page.css").read_text(encoding="utf-8")
    root = element(
        "html",
        _head(f"{account.word} · {account.election}", sheet),
        element(
            "body",
            _header(account, w),
            element("main", *(_section(section, w) for section in account.sections)),
            element("footer", element("dl", _fingerprint(account.digest))),
        ),
        lang=language,
    )
    return document(root)


def _head(title: str, sheet: str) -> Element:
    digest = b64encode(sha256(sheet.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", title),
        style(sheet),
    )


def _header(account: Account, w: Words) -> Element:
    kind = account.verdict.replace(" ", "-")
    return element(
        "header",
        element("p", f"{w['head.product']} · {w['head.what']}", class_="what"),
        element("h1", element("bdi", account.election)),
        element(
            "div",
            element(
                "p", account.word, element("span", f" · {account.phase}") if account.phase else None, class_="word"
            ),
            element("p", account.sentence, class_="sentence"),
            *(element("p", note) for note in account.notes if note),
            class_=f"verdict {kind}",
        ),
        _pairs(account.facts, "figures"),
    )


def _section(section: Section, w: Words) -> Element:
    return element(
        "section",
        element("h2", section.title, id=section.id),
        element("p", section.lead, class_="lead") if section.lead else None,
        *(_show(part, w, f"{section.id}-{number}", section.title) for number, part in enumerate(section.parts, 1)),
        aria_labelledby=section.id,
    )


def _show(part: Piece, w: Words, id: str, title: str) -> Element:
    """A part of a section as an element; `id` is unique in the page."""
    match part:
        case Paragraph():
            shown = element("p", part.text, class_="note")
        case Facts():
            shown = _pairs(part.pairs, "facts")
        case Case():
            shown = _case(part, w, id)
        case Tick():
            shown = _tick(part, id)
        case ContestResult():
            shown = _contest(part, id)
        case Chart():
            shown = element("figure", draw(part, id))
        case Table():
            shown = _table(part, id, title)
        case _:
            raise NotImplementedError(type(part).__name__)
    return shown


def _case(part: Case, w: Words, id: str) -> Element:
    return element(
        "article",
        element("h3", *spaced([_mark(part.mark), element("code", part.id), element("bdi", part.where)]), id=id),
        element("p", part.text, class_="holds"),
        element(
            "p", *([w["head.foreign"], ": "] if isinstance(part.said, Quote) else []), _said(part.said), class_="said"
        ),
        element("h4", w["labels.means"]),
        element("p", part.means),
        element("h4", w["labels.do"]),
        element("p", part.do),
        class_=f"case {part.mark.status}",
    )


def _said(said: str | Quote) -> Element:
    """What the verifier said; if the language has no words for it, in English and marked so."""
    return element("bdi", said.quoted, lang="en") if isinstance(said, Quote) else element("bdi", said)


def _contest(part: ContestResult, id: str) -> Element:
    return element(
        "article",
        element("h3", element("bdi", part.title), id=id),
        _pairs(part.facts.pairs, "facts"),
        element("div", draw(part.chart, f"{id}-chart"), _table(part.table, f"{id}-table"), class_="beside"),
        element("p", part.note, class_="lead"),
        class_="contest",
    )


def _tick(part: Tick, id: str) -> Element:
    """What to compare by telephone."""
    head = element("h3", element("code", part.id), " ", part.text, id=id)
    return element(
        "article",
        head,
        _pairs(part.pairs, "facts"),
        element("dl", *map(_fingerprint, part.prints), class_="prints"),
        class_="tick",
    )


def _table(part: Table, id: str, title: str = "") -> Element:
    """A table; a caption that repeats the section's `title` is for screen readers only.

    On a narrow screen the cells of a table that stacks stand under each other.
    """
    heads = [element("th", head, scope="col", class_=look) for head, look in zip(part.heads, part.looks, strict=True)]
    bodies = []
    for group, rows in part.groups:
        label = element("tr", element("th", group, scope="rowgroup", colspan=str(len(heads))), class_="group")
        bodies.append(element("tbody", label if group else None, *(_row(row, part) for row in rows)))
    caption = element("caption", part.caption, **({"class_": "heard"} if part.caption == title else {}))
    table = element("table", caption, element("thead", element("tr", *heads)), *bodies, class_="stack")
    return element("div", table, id=id, class_="scroll", tabindex="0", role="region", aria_label=part.caption)


def _row(row: tuple[Cell, ...], part: Table) -> Element:
    """A row; its first cell is its head."""
    cells = []
    for number, (cell, look, head) in enumerate(zip(row, part.looks, part.heads, strict=True)):
        shown = _mark(cell) if isinstance(cell, Mark) else _said(cell)
        tag, scope = ("td", None) if number else ("th", "row")
        cells.append(element(tag, shown, scope=scope, class_=look, data_head=head))
    return element("tr", *cells)


def _mark(mark: Mark) -> Element:
    return element("span", mark.word, class_=f"mark {mark.status}")


def _pairs(pairs: tuple[tuple[str, str], ...], kind: str) -> Element:
    named = (element("div", element("dt", name), element("dd", element("bdi", value))) for name, value in pairs)
    return element("dl", *named, class_=kind)


def _fingerprint(print_: Print) -> Element:
    digits = spaced([element("span", group) for group in print_.groups])
    return element("div", element("dt", element("bdi", print_.name)), element("dd", *digits, class_="groups"))
