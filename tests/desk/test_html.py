"""The HTML page: safe whatever the log says, the same bytes for the same report, and complete in three languages."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.reports import REPORTS, accepted, rejected, unchecked
from verifier.audit.verdict import Line
from verifier.desk.page.html import page
from verifier.desk.report.catalogue import MANUAL
from verifier.desk.report.chart import draw
from verifier.desk.report.events import Dated
from verifier.desk.report.language import LANGUAGES, Language, words
from verifier.desk.report.letters import visible
from verifier.desk.report.markup import element
from verifier.desk.report.names import Namesakes
from verifier.desk.report.report import EXIT, Report
from verifier.desk.report.rosters import Seat, Seats
from verifier.desk.report.section import Bar, Chart, Paragraph, Table
from verifier.desk.report.telling import tell, tell_briefly, tell_by_hand
from verifier.desk.report.terminal import FULL, show
from verifier.place import Place
from verifier.records import Text

HOSTILE = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</style><img src=x onerror=alert(1)>",
        '" onload="alert(1)',
        "]]><!--",
        "&lt;b&gt;",
        "\u202egpj.exe",
        "a\x00b",
        "{0} {name}",
        "\\1",
    ]
)


class Reader(HTMLParser):
    """The elements, their attributes, the text and what is wrong with their nesting."""

    VOID = ("meta", "br")

    def __init__(self, raw: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said: dict[str, list[str]] = {}
        self.astray: list[str] = []
        self.feed(raw.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.astray.append(tag)

    def handle_data(self, data: str) -> None:
        self.said.setdefault(self.open[-1] if self.open else "", []).append(data)

    @property
    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]

    @property
    def text(self) -> str:
        return "".join(text for tag, texts in self.said.items() if tag != "style" for text in texts)


def told(text: str) -> Report:
    """A report in which the log says `text` wherever it may say something."""
    report = accepted()
    texts = Text(text, text, text)
    line = Line("MIX.8", Place(f"file {text}"), text)
    return msgspec.structs.replace(
        report,
        election=text,
        title=texts,
        phase=text,
        failures=(line, line),
        incomplete=(line,),
        findings=(line,),
        checks=tuple(msgspec.structs.replace(check, detail=text) for check in report.checks),
        results=tuple(
            msgspec.structs.replace(result, title=texts, options=dict.fromkeys(result.options, texts))
            for result in report.results
        ),
        namesakes=(Namesakes(text, {text: texts, "other": texts}),),
        rosters=(Seats(text, texts, 1, (Seat(text, text, text, text),)),),
        fingerprints=report.fingerprints | {f"register {text}": text},
        environment={"version": text},
        timeline=(*report.timeline, Dated("mix", 1, text, 1, 2**60, 1)),
        verdict="rejected",
    )


# Nothing that the log says becomes markup.


@pytest.mark.slow
@given(HOSTILE, st.sampled_from(LANGUAGES))
def test_whatever_the_log_says_stays_text(text: str, language: Language) -> None:
    benign, hostile = (Reader(page(told(said), language)) for said in ("harmless", text))
    made, expected = (  # digits stand in groups of four, and only what has words is marked as English
        [(tag, sorted(named.keys() - {"lang"})) for tag, named in read.elements if tag != "span"]
        for read in (hostile, benign)
    )
    assert made == expected
    assert (hostile.astray, hostile.open) == ([], [])
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", hostile.text)
    assert visible(text) in hostile.text
    assert text.strip() or "–" in hostile.text


@given(HOSTILE)
def test_text_and_attributes_are_written_so_that_they_read_back(text: str) -> None:
    from xml.etree.ElementTree import tostring

    made = element("p", text, element("b", text), text, title=text)
    read = Reader(tostring(made, encoding="unicode", method="html").encode())
    assert read.elements == [("p", {"title": visible(text)}), ("b", {})]
    assert ("".join(read.said.get("p", [])), "".join(read.said.get("b", []))) == (visible(text) * 2, visible(text))


@given(st.text(alphabet=st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"])))
def test_nothing_invisible_stays_invisible(text: str) -> None:
    assert visible(f"a{text}b").isprintable()


@pytest.mark.parametrize("made", REPORTS)
def test_the_page_runs_nothing_and_fetches_nothing(made: Any) -> None:
    raw = page(made(), "en")
    read = Reader(raw)
    assert not {"script", "link", "iframe", "img", "object", "form", "base", "a", "use", "image"} & set(read.tags)
    attributes = {name for _, named in read.elements for name in named}
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"style", "src", "href"}
    assert not re.search(rb"https?:|url\(|@import|javascript:", raw)
    policy = next(named["content"] for _, named in read.elements if named.get("http-equiv"))
    digest = b64encode(sha256("".join(read.said["style"]).encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


# What it is made of.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", REPORTS)
def test_the_page_says_its_structure(made: Any, language: Language) -> None:
    read = Reader(page(made(), language))
    assert read.elements[0] == ("html", {"lang": language})
    assert (read.astray, read.open) == ([], [])
    ids = [named["id"] for _, named in read.elements if "id" in named]
    assert len(set(ids)) == len(ids)
    pointed = {
        id for _, named in read.elements for key, id in named.items() if key.startswith("aria-") and key[-1] == "y"
    }
    assert pointed <= set(ids)
    assert read.tags.count("h1") == read.tags.count("main") == 1
    levels = [int(tag[1]) for tag in read.tags if re.fullmatch(r"h\d", tag)]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    assert read.tags.count("caption") == read.tags.count("table") > 0
    assert all(named.get("scope") in ("row", "col", "rowgroup") for tag, named in read.elements if tag == "th")
    charts = [named for tag, named in read.elements if tag == "svg"]
    assert all(chart["role"] == "img" and chart["aria-labelledby"] for chart in charts)
    assert read.tags.count("desc") == len(charts)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", REPORTS)
def test_the_verdict_stands_first_in_one_sentence(made: Any, language: Language) -> None:
    report = made()
    account, w = tell(report, language), words(language)
    text = Reader(page(report, language)).text
    assert account.word == w[f"verdict.{report.verdict}.{'word' if report.phase == 'certified' else 'open'}"]
    assert account.phase == (w[f"phases.{report.phase}"] if report.title else "")
    assert text.index(account.sentence) < text.index(account.sections[0].title, text.index(account.sentence))
    assert not re.search(r"[{}]", account.sentence)
    others = [w[f"verdict.{other}.word"] for other in EXIT if other != report.verdict]
    assert not [other for other in others if f">{other}<" in page(report, language).decode()]


def test_the_same_report_gives_the_same_bytes() -> None:
    for made in REPORTS:
        assert page(made(), "ky") == page(msgspec.json.decode(msgspec.json.encode(made()), type=Report), "ky")


def test_contests_speak_the_language_of_the_page() -> None:
    result = accepted().results[0]
    for language in LANGUAGES:
        title = Text(en="In English", ky="Кыргызча", ru="По-русски")
        report = msgspec.structs.replace(accepted(), results=(msgspec.structs.replace(result, title=title),))
        read = Reader(page(report, language))
        assert getattr(title, language) in read.text
        assert not [other for other in LANGUAGES if other != language and getattr(title, other) in read.text]


def test_a_rejected_page_says_what_fails_and_what_to_do() -> None:
    section = next(section for section in tell(rejected(), "ru").sections if section.id == "failures")
    case: Any = section.parts[0]
    assert (case.id, case.mark.status) == ("BRD.3", "FAIL")
    assert case.means
    assert case.do
    assert (case.said if isinstance(case.said, str) else case.said.quoted) in Reader(page(rejected(), "ru")).text


def test_what_fails_many_times_running_is_one_row() -> None:
    lines = (
        Line("SEL.2", Place(record=5), "no"),
        *(Line("CFG.6", Place(record=n), "none") for n in range(6, 9000)),
    )
    report = msgspec.structs.replace(accepted(), failures=lines, verdict="rejected")
    section: Any = next(section for section in tell(report, "en").sections if section.id == "failures")
    assert [row for _, rows in section.parts[1].groups for row in rows] == [
        ("CFG.6", "records 6–8999 (8,994 places)", "none"),
    ]
    apart = tuple(Line("CFG.6", Place(record=n), str(n)) for n in range(9000))
    report = msgspec.structs.replace(report, failures=apart)
    assert len(page(report, "en")) < 200_000


def test_what_was_not_checked_is_said() -> None:
    sections = {section.id: section for section in tell(unchecked(), "en").sections}
    missing: Any = sections["missing"].parts
    rows = [row for part in missing if isinstance(part, Table) for _, rows in part.groups for row in rows]
    assert [part.text for part in missing if isinstance(part, Paragraph)] == [words("en")["leads.fetch"]]
    skipped = {check.id for check in unchecked().checks if check.status == "SKIPPED"}
    assert {"BRD.4", "BRD.5", "CRT.4"} <= skipped
    assert skipped <= {row[0] for row in rows}
    assert len(rows) == len(skipped) + len(unchecked().incomplete)
    table: Any = sections["unchecked"].parts[0]
    named = [row[0] for _, rows in table.groups for row in rows]
    assert {"RCP", "PRT.10", "ART.1", "MAN"} <= set(named)


def test_a_block_that_was_not_asked_for_is_named() -> None:
    only = tuple(check for check in accepted().checks if check.id.startswith("MIX."))
    sections = {
        section.id: section for section in tell(msgspec.structs.replace(accepted(), checks=only), "en").sections
    }
    table: Any = sections["unchecked"].parts[0]
    why = {row[0]: row[2] for _, rows in table.groups for row in rows}
    assert "MIX" not in why
    assert {why[block] for block in ("BRD", "TAL", "SPL")} == {words("en")["reasons.unasked"]}
    assert why["RCP"] == words("en")["reasons.receipts"]


def test_a_report_of_another_version_is_shown_with_its_unknown_clauses() -> None:
    report = msgspec.structs.replace(
        accepted(), failures=(Line("NEW.1", Place(record=1), "unheard of"),), verdict="rejected"
    )
    strange = msgspec.structs.replace(report.checks[0], id="NEW.1", text="A later clause.")
    report = msgspec.structs.replace(report, checks=(*report.checks, strange), figures={"unknown": 1})
    for language in LANGUAGES:
        text = Reader(page(report, language)).text
        assert "A later clause." in text
        assert "unknown" in text


# Charts.


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_bars_stay_in_the_picture(one: float, other: float, dated: bool) -> None:  # noqa: FBT001
    bar = Bar("label", "1", min(one, other), max(one, other))
    drawn = draw(Chart("t", "d", (bar,), ("a", "b") if dated else ()), "id")
    rects = [rect for rect in drawn.iter("rect") if rect.get("class") == "bar"]
    left, width = (float(rects[0].get(name, "").removesuffix("%")) for name in ("x", "width"))
    assert left >= 0
    assert left + width <= 100.02
    assert abs(width - 100 * (bar.end - bar.start)) <= (0.41 if dated else 0.01)


def test_the_chart_shows_what_the_table_says() -> None:
    contest: Any = next(s for s in tell(accepted(), "en").sections if s.id == "results").parts[0]
    result = accepted().results[0]
    assert [round(bar.end * result.valid) for bar in contest.chart.bars] == list(result.votes.values())
    assert all(f"{row[0]}: {row[1]} votes" in contest.chart.description for row in contest.table.groups[0][1])


# The terminal and the sheet tell the same account.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", REPORTS)
def test_the_terminal_begins_with_the_verdict(made: Any, language: Language) -> None:
    account = tell_briefly(made(), language)
    head = " · ".join(filter(None, (account.word, account.phase)))
    assert printed(made(), language).splitlines()[:2] == [head, account.sentence]
    shown = printed(made(), language, full=True)
    assert f"\n{head}\n{account.sentence}\n" in shown
    titles = [section.title for section in tell(made(), language).sections]
    assert all(f"\n{title}" in shown for title in titles)
    assert {"checks", "council", "results"} <= set(FULL)


def printed(report: Report, language: Language, *, width: int = 400, full: bool = False) -> str:
    from io import StringIO

    from rich.console import Console

    shown = StringIO()
    show(report, Console(file=shown, width=width), language, full=full)
    return shown.getvalue()


def test_the_manual_sheet_has_every_item_and_every_fingerprint() -> None:
    manual = next(section for section in tell_by_hand(accepted(), "ky").sections if section.id == "manual")
    ticks: list[Any] = list(manual.parts)
    assert [tick.id for tick in ticks] == [item.id for item in MANUAL]
    assert all(tick.text for tick in ticks)
    printed = {"".join(one.groups) for tick in ticks for one in tick.prints}
    assert set(accepted().fingerprints.values()) <= printed
    archive = accepted().archive
    assert archive is not None
    assert archive.root in printed
