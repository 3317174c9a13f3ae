"""The pages: whole in three languages, well formed, escaped, and every link leads somewhere."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from bulletin.http.markup import LANGUAGES
from bulletin.office.plans.ready import ready_plan
from bulletin.results.edition import Span
from bulletin.results.reading import PublishedLog
from bulletin.results.site import Site
from bulletin.results.tongue import HERE, Tongue
from tests.support import copies
from tests.support.counts import morning
from tests.support.elections import AUTHORITY
from tests.support.papers import EVENING, PLAN, RACE, state_of
from tests.support.published import edition_of, evening, files_of, keep
from verifier.audit import trust
from verifier.errors import say
from verifier.paper.papers import Of
from verifier.paper.plan import Plan
from verifier.place import Place
from verifier.records import Text, encode

VOID = {"meta", "link", "br", "input"}
HOSTILE = "<script>alert(1)</script>\"'&{{ w.skip }}\u202e"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that pages can show: two contests, versions, copies, decisions, a complaint, a result."""
    place = tmp_path_factory.mktemp("site")
    election, stops = evening()
    sheet = trust.decode(copies.sheet(encode(election.manifest), [AUTHORITY.der]))
    Site(place).publish(PublishedLog(keep(election, stops, place / "archive"), sheet).advance())
    return files_of(place / "current")


@pytest.fixture(scope="module")
def pages(site: dict[str, bytes]) -> dict[str, str]:
    return {name: raw.decode() for name, raw in site.items() if name.endswith(".html")}


class Outline(HTMLParser):
    """Open elements, links, ids, text; complains of what is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.names: set[str] = set()
        self.wrong: list[str] = []
        self.says: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.names |= {tag, *given}
        self.links += [value for name, value in attrs if name in {"href", "src"} and value]
        self.ids += [given["id"]] if given.get("id") else []  # type: ignore[list-item]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names |= {tag, *dict(attrs)}

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.says.append(data)


def outlined(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    return found


def flat(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def test_the_languages_say_the_same_things_with_the_same_values() -> None:
    tables = {
        language: dict(flat(tomllib.loads((HERE / "words" / f"results.{language}.toml").read_text())))
        for language in LANGUAGES
    }
    fields = {
        language: {key: set(re.findall(r"{(\w+)}", text)) for key, text in table.items()}
        for language, table in tables.items()
    }
    assert fields["ky"] == fields["ru"] == fields["en"]
    assert [list(table) for table in tables.values()] == [list(tables["en"])] * 3
    same = {key for key in tables["en"] if tables["en"][key] in {tables["ky"][key], tables["ru"][key]}}
    assert same == set()


def test_every_word_is_used_and_every_word_used_is_there() -> None:
    text = "".join(file.read_text() for file in (HERE / "templates").iterdir())
    text += "w.record w.version.nth w.papers.signed w.terms.sum"  # said by Tongue
    keys = dict(flat(tomllib.loads((HERE / "words" / "results.en.toml").read_text())))
    asked = set(re.findall(r"\bw\.([\w.]+)", text))
    sections = {key.rpartition(".")[0] for key in keys} - {""}
    known = {*keys, *sections, "nav.items", "severity.get"}
    assert asked - known == set()
    looked_up = {"nav", "time"}  # by their section
    unused = {key for key in keys if not {key, section_of(key)} & asked and section_of(key) not in looked_up}
    assert unused == {"lang", "name"}


def section_of(key: str) -> str:
    return key.rpartition(".")[0]


def test_pages_are_well_formed_and_say_their_language(pages: dict[str, str]) -> None:
    assert len(pages) > 100
    for name, page in pages.items():
        found = outlined(page)
        assert (found.open, found.wrong) == ([], []), name
        assert len(set(found.ids)) == len(found.ids), name
        language = name.split("/")[0] if "/" in name else "ky"
        assert f'<html lang="{language}">' in page, name


def test_no_page_runs_or_fetches_anything(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        found = outlined(page)
        assert found.names.isdisjoint({"script", "style", "iframe", "img", "form", "onclick", "onload"}), name
        assert all(not re.match(r"(?!data:,)[a-z]+:|//", link) for link in found.links), name
        assert "default-src 'none'; style-src 'self'" in page


def test_every_link_leads_to_a_file(site: dict[str, bytes], pages: dict[str, str]) -> None:
    lost = set()
    for name, page in pages.items():
        for link in outlined(page).links:
            path, _, part = link.partition("#")
            if link.startswith("data:"):
                continue
            target = resolve(name, path) if path else name
            if target not in site or (part and f'id="{part}"' not in site[target].decode()):
                lost.add((name, link))
    assert lost == set()


def resolve(name: str, link: str) -> str:
    parts: list[str] = []
    for part in (*PurePosixPath(name).parent.parts, *PurePosixPath(link).parts):
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def test_the_three_languages_have_the_same_pages_and_figures(pages: dict[str, str]) -> None:
    by_language = {language: {name[3:] for name in pages if name.startswith(f"{language}/")} for language in LANGUAGES}
    assert by_language["ky"] == by_language["ru"] == by_language["en"]
    for name in by_language["en"]:
        columns = [cells(pages[f"{language}/{name}"]) for language in LANGUAGES]
        assert columns[0] == columns[1] == columns[2], name


def cells(page: str) -> list[str]:
    """The numbers of the tables, without the signs between thousands, and without words."""
    found = re.findall(r'<td class="number">([^<]*)</td>', page)
    return [re.sub(r"[\s,\u00a0\u202f]", "", one) for one in found if re.fullmatch(r"[\d\s,\u00a0\u202f]+", one)]


def test_words_of_the_law_are_not_mixed(pages: dict[str, str]) -> None:
    words = {"preliminary": "алдын ала жыйынтыктары", "voting": "берүүнүн жыйынтыктары", "result": "натыйжалары"}
    for page, word in words.items():
        (title,) = re.findall(r"<title>(.*) · Synth", pages[f"ky/{page}.html"])
        assert word in title
        assert [other for other in words.values() if other in title] == [word]
    election = re.compile("натыйжалары")
    assert not election.search(main(pages["ky/preliminary.html"]))


def main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_a_share_stands_beside_its_fraction(pages: dict[str, str]) -> None:
    page = pages["en/voting.html"]
    assert page.count("%</td>") == page.count('<span class="fraction">') > 0
    assert "Protocols: 4 of 5 precincts. Annulled by decision and not added: 1." in main(page)


def test_the_three_columns_and_what_differs(pages: dict[str, str]) -> None:
    rows = re.findall(
        r"<tr(?: class=\"(\w+)\")?><th scope=\"row\">(\w+)</th>\n(.*)\n(.*)\n(.*)\n(.*)</tr>", pages["en/p/p-1.html"]
    )
    assert {(one, key): [re.sub("<.*?>", "", cell) for cell in rest] for one, key, *rest in rows if one} == {
        ("unlike", "anar"): ["307", "309", "307", "≠ differs"],
        ("unlike", "bolot"): ["153", "151", "153", "≠ differs"],
    }
    assert "Kloop (kloop): copy no. 1, version 1, with a stamp" in main(pages["en/p/p-1.html"])
    assert "no copy was given" in main(pages["en/p/p-2.html"])


def test_a_version_says_what_it_changed_and_who_signed(pages: dict[str, str]) -> None:
    page = main(pages["en/v/p-1.protocol.president.2.html"])
    assert ">≠ +2</td>" in page
    assert ">≠ −2</td>" in page
    assert "recount: <q>counted again &lt;script&gt;</q>" in page
    assert "p-1-1, chair: record 159, seen by witnesses after 15 October 2017" in page
    assert "superseded" in main(pages["en/v/p-1.protocol.president.1.html"])


def test_what_disagrees_is_grouped_and_linked(site: dict[str, bytes], pages: dict[str, str]) -> None:
    page = main(pages["en/disagree.html"])
    rows = len(re.findall(r'<td><span class="severity', page))
    listed = site["data/findings.csv"].decode().count("\r\n") - 1
    assert rows == listed > 0
    parts = [
        len(re.findall(r'<td><span class="severity', pages[f"en/disagree/{s}.html"]))
        for s in ("error", "warning", "information")
    ]
    assert sum(parts) == rows
    assert ">PRT.28</a>" in main(pages["en/p/p-1.html"])
    assert re.search(r"PRT\.12: \d", page)


def test_a_decision_and_a_complaint_are_shown_with_their_times(pages: dict[str, str]) -> None:
    page = main(pages["ru/decisions.html"])
    assert "итоги аннулированы · tec-1" in page
    assert "№ 12 &lt;i&gt;" in page
    assert "решена: итоги аннулированы" in page
    assert "аннулировано решением" in main(pages["ru/p/p-3.html"])


def test_the_result_spells_out_its_denominator(pages: dict[str, str]) -> None:
    page = main(pages["en/result.html"])
    assert "issued-inside 2,148 + issued-outside 92 = 2,240" in page
    assert "57.39" in page
    assert "The result of this election has not been determined." in page, "of the other contest"


def test_a_declared_share_that_is_none_is_marked_where_it_stands(tmp_path: Path) -> None:
    election, stops = evening("returns")
    for unit in ("tec-1", "tec-2"):
        election.file(election.sum_up(unit, "protocol-tec"))
    shares = election.result().shares
    wrong = (shares[1], shares[0], *shares[2:])
    on = election.file(election.sum_up("cec", "protocol-cec"))
    election.enact_by(election.result(on, shares=wrong), "cec", 2)
    archive = keep(election, [(len(election.records), stops[-1][1])], tmp_path / "archive")
    sheet = trust.decode(copies.sheet(encode(election.manifest), [AUTHORITY.der]))
    Site(tmp_path).publish(PublishedLog(archive, sheet).advance())
    page = (tmp_path / "current/en/result.html").read_text()
    row = r'<tr(?: class="unlike")?><th scope="row">(\w+)</th>.*/2,240</td><td class="number">(≠ differs )?'
    marked = [("anar", "≠ differs "), ("bolot", "≠ differs "), ("cholpon", ""), ("against", "")]
    assert re.findall(row, page) == marked
    assert ">PRT.26</a>" in page


def test_sentences_have_the_plan_s_names() -> None:
    """What judges write with ids is read with names; a figure is no id, and a unit's id in the middle is left."""
    said = say("{}: {} is not {}, slack {}", "C1", "received 906", "unused 4 + 2 × spoiled 3 = 10", 896)
    plan = ready_plan("president-2017")
    russian = Tongue("ru", edition_of(state_of(plan)))
    unused = "неиспользованные бюллетени 4 + 2 × испорченные бюллетени 3 = 10"
    told, quoted = russian.detail(said, Place(form="protocol"))
    assert (told, quoted) == (f"C1: полученные бюллетени 906 не равно {unused}, разность 896", False)
    assert russian.detail(say("{} of {} came after this", "B8", plan.units[-1].id), Place())[0] == (
        f"B8 комиссии {plan.units[-1].name.ru} появилось позже этого"
    )


def test_one_minute_is_said_once() -> None:
    english = Tongue("en", edition_of(state_of()))
    assert english.span(Span(EVENING, EVENING)) == f"seen by witnesses at {english.moment(EVENING)}"
    assert english.span(Span(EVENING, EVENING + 60)).startswith("seen by witnesses after ")
    assert english.span(Span(None, None)) == "witnesses show no time"


def test_the_data_say_what_the_pages_say(site: dict[str, bytes]) -> None:
    head = json.loads(site["head.json"])
    assert (head["number"], head["size"]) == (7, 186)
    table = site["data/level/precinct.csv"].decode().splitlines()
    assert [
        row
        for row in table
        if row.startswith("precinct,p-1,president,voting,protocol,2,signed-precinct,option,anar,309,")
    ]
    totals = {(one["contest"], one["unit"], one["stage"]): one for one in json.loads(site["data/totals.json"])}
    assert totals[RACE, "cec", "voting"]["votes"] == [1286, 634, 252, 36]
    listed = json.loads(site["pages.json"])
    assert set(listed) == set(site) - {"pages.json"}
    history = site["data/history.csv"].decode().splitlines()
    assert len(history) == 1 + sum(4 * rows for rows in (7, 6)) + 2 * (1 + 1)


def test_the_feed_is_atom(site: dict[str, bytes]) -> None:
    for language in LANGUAGES:
        feed = ET.fromstring(site[f"{language}/feed.xml"])
        entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
        assert len(entries) > 10
        links = {one.find("{http://www.w3.org/2005/Atom}link").attrib["href"] for one in entries}  # type: ignore[union-attr]
        assert {f"{language}/{link}" for link in links} <= set(site)


def hostile(plan: Plan) -> Plan:
    """Names that are markup, in every place that has a name."""
    text = Text(HOSTILE, HOSTILE, HOSTILE)
    return replace(
        plan,
        units=tuple(replace(one, name=text) for one in plan.units),
        forms=tuple(
            replace(one, name=text, lines=tuple(replace(line, name=text) for line in one.lines)) for one in plan.forms
        ),
        contests=tuple(
            replace(one, title=text, options=tuple(replace(option, name=text) for option in one.options))
            for one in plan.contests
        ),
        duties=tuple(replace(one, words=text) for one in plan.duties),
        levels=tuple(replace(one, name=text) for one in plan.levels),
    )


def test_hostile_names_are_escaped_everywhere(tmp_path: Path) -> None:
    state = morning(plan=hostile(PLAN))
    Site(tmp_path).publish(edition_of(state, title=HOSTILE))
    for name, raw in files_of(tmp_path / "current").items():
        text = raw.decode()
        if name.endswith(".html"):
            assert "script" not in outlined(text).names, name
            assert outlined(text).open == [], name
            assert "<script" not in text, name
        if name.endswith(".xml"):
            ET.fromstring(raw)


def test_a_cell_is_no_formula(tmp_path: Path) -> None:
    names = tuple(replace(one, name=Text("=1+1", "=1+1", "=1+1")) for one in PLAN.units)
    Site(tmp_path).publish(edition_of(morning(plan=replace(PLAN, units=names))))
    assert ",'=1+1," in (tmp_path / "current/data/units.csv").read_text()


def test_an_election_without_papers_has_pages_too(tmp_path: Path) -> None:
    Site(tmp_path).publish(edition_of(state_of()))
    page = (tmp_path / "current/en/index.html").read_text()
    assert "Protocols: 0 of 6 precincts." in page
    assert "There are no votes to compare yet." in (tmp_path / "current/en/whatif.html").read_text()


def test_what_nobody_has_verified_is_marked() -> None:
    plan = replace(PLAN, unverified=("forms.*.lines", "contests.seats", "duties.B5.until"))
    tongue = Tongue("en", edition_of(state_of(plan)))
    assert tongue.unverified("forms", "aeu", "lines")
    assert tongue.unverified("contests", RACE, "seats")
    assert tongue.unverified("duties", "B5", "until")
    assert not tongue.unverified("duties", "B9", "until")
    assert not tongue.unverified("forms", "aeu", "least")


def test_the_order_of_the_paper_s_lines_is_the_form_s(pages: dict[str, str]) -> None:
    page = main(pages["en/v/p-1.protocol.president.1.html"])
    shown = re.findall(r'<th scope="row">([\w-]+)</th>', page)
    assert shown[:10] == [line.key for line in PLAN.forms[4].lines]
    assert Of("p-1", RACE, PLAN.forms[4].id).form == "protocol"


def test_units_stand_in_the_order_of_their_names_and_options_in_the_plan_s(tmp_path: Path) -> None:
    """On every list of them, by the page's own alphabet; files for programs keep the plan's order."""
    names = {
        "tec-1": Text(ky="Өзгөн", ru="Узген", en="Uzgen"),
        "tec-2": Text(ky="Ош", ru="Ош", en="Osh"),
        "p-1": Text(ky="УШК 10", ru="УИК 10", en="PEC 10"),
        "p-2": Text(ky="УШК 9", ru="УИК 9", en="PEC 9"),
    }
    units = tuple(replace(unit, name=names.get(unit.id, unit.name)) for unit in PLAN.units)
    Site(tmp_path).publish(edition_of(state_of(replace(PLAN, units=units))))
    for language in LANGUAGES:
        for page in ("units", "voting", "t/cec"):
            shown = re.findall(r"t/(tec-\d)\.html", main((tmp_path / f"current/{language}/{page}.html").read_text()))
            assert list(dict.fromkeys(shown)) == ["tec-2", "tec-1"], (language, page)
        for page in ("units", "t/tec-1"):
            shown = re.findall(r"p/(p-[12])\.html", main((tmp_path / f"current/{language}/{page}.html").read_text()))
            assert list(dict.fromkeys(shown)) == ["p-2", "p-1"], (language, page)
    listed = (tmp_path / "current/data/units.csv").read_text()
    assert listed.index("tec-1") < listed.index("tec-2")
