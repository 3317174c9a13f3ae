"""Charts as inline SVG: places in hundredths of the width, type in its own size, so that a telephone can show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.desk.report.markup import element

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from verifier.desk.report.section import Bar, Chart

ROW, BASE, TOP, THICK = 44, 16, 25, 9  # heights in pixels: of a row, to its text, to its bar, of the bar
LEAST = 0.4  # hundredths of the width that a bar has at least, so that a moment can be seen
LONGEST = 40  # signs of a label


def draw(chart: Chart, id: str) -> Element:
    """The chart; `id` is unique in the page."""
    height = ROW * len(chart.bars) + (ROW // 2 if chart.axis else 0)
    rows = [_row(bar, ROW * number, dated=bool(chart.axis)) for number, bar in enumerate(chart.bars)]
    ends = [
        element("text", text, x=place, y=str(height - 2), text_anchor=anchor, class_="axis")
        for text, place, anchor in zip(chart.axis, ("0", "100%"), ("start", "end"), strict=False)
    ]
    return element(
        "svg",
        element("title", chart.title, id=f"{id}-title"),
        element("desc", chart.description, id=f"{id}-desc"),
        *(piece for row in rows for piece in row),
        *ends,
        role="img",
        aria_labelledby=f"{id}-title",
        aria_describedby=f"{id}-desc",
        width="100%",
        height=str(height),
        class_="chart",
    )


def _row(bar: Bar, y: int, *, dated: bool) -> tuple[Element, ...]:
    width = 100 * (bar.end - bar.start)
    if dated:  # a moment can be seen, no votes cannot
        width = max(LEAST, width)
    left = min(100 * bar.start, 100 - width)
    rail = {"y": str(y + TOP), "height": str(THICK), "rx": "2"}
    return (
        element("text", _short(bar.label), x="0", y=str(y + BASE)),
        element("text", bar.value, x="100%", y=str(y + BASE), text_anchor="end", class_="value"),
        element("rect", **rail, width="100%", class_="rail"),
        element("rect", **rail, x=f"{left:.2f}%", width=f"{width:.2f}%", class_="bar"),
    )


def _short(label: str) -> str:
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"
