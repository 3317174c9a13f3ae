"""The pages in one language: words, figures, times, and what the plan calls everything."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup, escape

from bulletin.http.markup import LANGUAGES
from bulletin.results.edition import Edition, Span
from verifier.desk.report import clauses
from verifier.desk.report.alphabet import Order, order
from verifier.desk.report.language import NBSP, Language, Quote, words
from verifier.election.manifest import Option
from verifier.errors import Detail, Said
from verifier.paper.plan import VOTES, Form, FormLine, PlanContest, Unit
from verifier.place import Place
from verifier.records import Text

HERE = files("bulletin.results")
WIDE = 11  # letters of a name on a tile
ID = re.compile(
    r"(?<![\w-])(?=\D)[\w-]+"
)  # what an id of the plan looks like in a sentence's value, and no figure does
WORD = re.compile(r"\{\{ w((?:\.\w+)+) \}\}")  # where a template says a word of its language, and nothing else


@cache
def read_words(language: Language) -> dict[str, Any]:
    """The pages' words in a language."""
    return tomllib.loads((HERE / "words" / f"results.{language}.toml").read_text(encoding="utf-8"))


class WordsInPlace(Extension):
    """Writes what is the same on every page into the template itself, once for a language."""

    def preprocess(self, source: str, *_: object) -> str:
        """The template's source with the words that stand alone, escaped."""
        return WORD.sub(self._say, source)

    def _say(self, found: re.Match[str]) -> str:
        said: Any = self.environment.globals["w"]
        for step in found[1][1:].split("."):
            said = said[step]
        return escape(said)


@cache
def markup(language: Language) -> Environment:
    """The templates in a language."""
    made = Environment(
        loader=PackageLoader("bulletin.results"),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.globals["w"] = read_words(language)
    made.globals["languages"] = {each: read_words(each)["name"] for each in LANGUAGES}
    made.filters["number"] = cache(lambda number: escape(words(language).number(number)))
    made.add_extension(WordsInPlace)
    return made


@cache
def outfit() -> bytes:
    """A digest of what all pages are made with besides figures: words and templates."""
    made = sha256()
    for folder in ("templates", "words"):
        for file in sorted((HERE / folder).iterdir(), key=lambda each: each.name):
            made.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return made.digest()


class Tongue:
    """What templates call, for one language and plan; names come from the plan, and are not escaped here."""

    def __init__(self, language: Language, edition: Edition) -> None:
        self.language, self.words = language, read_words(language)
        self.report, self._plan = words(language), edition.plan
        self.units: dict[str, Unit] = {unit.id: unit for unit in edition.plan.units}
        self.forms: dict[str, Form] = {form.id: form for form in edition.plan.forms}
        self.races = {race.id: race for race in edition.plan.contests}
        self.options = {race.id: {option.id: option for option in race.options} for race in edition.plan.contests}
        self.lines = {form.id: {line.key: line for line in form.lines} for form in edition.plan.forms}
        self.levels = {level.id: level for level in edition.plan.levels}
        self.duties = {duty.id: duty for duty in edition.plan.duties}
        self.beneath = {unit.above for unit in edition.plan.units}
        self._unverified = [path.split(".") for path in edition.plan.unverified]
        # What pages say thousands of times is written and escaped once.
        self.moment = cache(self._moment)
        self.span = cache(self._span)
        self.text = cache(self._text)
        self.share = cache(self._share)
        self.record, self.nth, self.seen = cache(self._record), cache(self._nth), cache(self._seen)
        self.signed_by = cache(self._signed_by)
        self.unverified, self.navigation = cache(self._is_unverified), cache(self._navigation)
        self.title = self.text(edition.title)
        total = {VOTES: escape(self.words["terms"]["sum"])}
        self.line_names = {form: total | self._name(lines) for form, lines in self.lines.items()}
        self.option_names = {race: self._name(options) for race, options in self.options.items()}

    def _text(self, text: Text) -> str:
        """A text of the plan or manifest in this language."""
        return escape(self.report.text(text))

    def signed(self, number: int) -> str:
        """A difference, with its sign."""
        return f"{'+' if number > 0 else '−' if number < 0 else ''}{self.report.number(abs(number))}"

    def _record(self, number: int) -> str:
        """A record by its number."""
        return escape(self.words["record"].format(number=number))

    def _name(self, figures: Mapping[str, FormLine | Option]) -> dict[str, str]:
        """What lines or options are called."""
        return {key: self.text(figure.name) for key, figure in figures.items()}

    def _navigation(self, up: str, path: str) -> str:
        """The links to the main pages, for a page at `path` in folders that `up` leads out of."""
        links = markup(self.language).get_template("navigation.html").render(up=up, path=path)
        return Markup(links)  # noqa: S704  as the template has escaped it

    def _seen(self, number: int, span: Span) -> str:
        """A record, and between which times witnesses saw it come."""
        return self.record(number) + ", " + self.span(span)

    def _nth(self, number: int) -> str:
        """A version by its number."""
        return escape(self.words["version"]["nth"].format(number=number))

    def _signed_by(self, signed: int, present: int) -> str:
        """How many of those present have signed."""
        return escape(self.words["papers"]["signed"].format(signed=signed, present=present))

    def _share(self, part: int, whole: int) -> str:
        """A percentage; whoever shows it shows the fraction beside it."""
        return escape(self.report.share(part, whole))

    def _moment(self, seconds: int | None) -> str:
        """A moment in Bishkek."""
        return escape(self.report.moment(seconds))

    def _span(self, span: Span) -> str:
        """Between which times witnesses saw a record come."""
        kinds = {(False, False): "undated", (False, True): "by", (True, False): "since", (True, True): "between"}
        kind = kinds[span.after is not None, span.before is not None]
        told = {"after": self.moment(span.after), "before": self.moment(span.before)}
        kind = "at" if told["after"] == told["before"] != self.moment(None) else kind
        return escape(str(self.words["time"][kind]).format(**told))

    def parts(self, parts: int) -> str:
        """Parts of ten thousand as a percentage with two places."""
        return f"{parts // 100}{self.report['form.decimal']}{parts % 100:02}{NBSP}%"

    @staticmethod
    def votes(race: PlanContest, votes: tuple[int, ...], id: str) -> int:
        """An option's votes among those of all."""
        return next(number for option, number in zip(race.options, votes, strict=True) if option.id == id)

    def unit(self, id: str) -> str:
        """A unit's name."""
        return self.text(self.units[id].name) if id in self.units else id

    def in_order(self, listed: Iterable[Any], by: str = "") -> list[Any]:
        """Rows as people look names up (specs/alphabet.md): by the unit, or other name, at `by`, or the first value."""

        def place(row: Any) -> Order:  # noqa: ANN401  a unit's id, or a row with a name
            named = getattr(row, by) if by else row if isinstance(row, str) else row[0]
            return order(self.report.text(self.units[named].name) if named in self.units else named, self.language)

        return sorted(listed, key=place)

    def walk(self, tree: Iterable[tuple[str, tuple[str, ...]]], above: str = "") -> Iterator[tuple[str, list[str]]]:
        """Units and what is at the bottom under each, those beneath a unit behind it, in the order of names."""
        listed = tuple(tree)
        for unit, leaves in self.in_order(row for row in listed if self.units[row[0]].above == above):
            yield unit, self.in_order(leaves)
            yield from self.walk(listed, unit)

    def brief(self, id: str) -> str:
        """A unit's name on a tile."""
        name = self.unit(id)
        return name if len(name) <= WIDE else f"{name[: WIDE - 1]}…"

    def place(self, unit: str) -> str:
        """The path of a unit's page."""
        return f"{'t' if unit in self.beneath else 'p'}/{unit}"

    def race(self, id: str) -> str:
        """A contest's title, with its id if another one is called the same."""
        title = self.text(self.races[id].title)
        alike = sum(self.text(race.title) == title for race in self.races.values())
        return title if alike == 1 else escape(f"{self.report.text(self.races[id].title)} ({id})")

    def form(self, id: str) -> str:
        """A form's name."""
        return self.text(self.forms[id].name) if id in self.forms else id

    def line(self, form: str, key: str) -> str:
        """The name of a form's line."""
        return self.line_names.get(form, {}).get(key, key)

    def option(self, race: str, id: str) -> str:
        """An option's name."""
        return self.option_names.get(race, {}).get(id, id)

    def key(self, where: Place) -> str:
        """What the key of a finding's place is called: an option, a line, or the number of a ratio, match or duty."""
        if where.key in self.options.get(where.contest, {}):
            return self.option(where.contest, where.key)
        return self.line(where.form, where.key)

    def detail(self, detail: Detail, where: Place) -> tuple[str, bool]:
        """What was found, with the plan's names instead of its ids, and whether it is only to be had in English."""
        if isinstance(detail, Said):
            values = (self._spell(value, where) if isinstance(value, str) else value for value in detail.values)
            detail = Said(detail.text, tuple(values))
        said = self.report.detail(detail)
        return (said.quoted, True) if isinstance(said, Quote) else (said, False)

    def _spell(self, value: str, where: Place) -> str:
        """A value of a sentence: `unused 838 + spoiled 3` of a form has its lines' names."""
        named: dict[str, Text] = {value: self.units[value].name} if value in self.units else {}
        named |= {key: line.name for key, line in self.lines.get(where.form, {}).items()}
        named |= {id: option.name for id, option in self.options.get(where.contest, {}).items()}
        told = {key: self.report.text(name) for key, name in named.items()} | {VOTES: str(self.words["terms"]["sum"])}
        return ID.sub(lambda found: told.get(found[0], found[0]), value)

    def clause(self, id: str) -> str:
        """What a clause demands."""
        return clauses.recall(id, self.language).text or id

    def _is_unverified(self, *path: str) -> bool:
        """Whether the plan says that nobody has compared this with the law: `forms`, `protocol`, `lines`."""
        return any(_covers(known, path) or _covers([known[0], "*", *known[1:]], path) for known in self._unverified)


def _covers(known: list[str], path: tuple[str, ...]) -> bool:
    """Whether a path of the plan's `unverified` is this one or leads to it; `*` is any name."""
    return len(known) <= len(path) and all(one in {"*", other} for one, other in zip(known, path, strict=False))


def speak(edition: Edition) -> dict[Language, Tongue]:
    """The three languages of an edition."""
    return {language: Tongue(language, edition) for language in LANGUAGES}


def render(template: str, tongue: Tongue, depth: int, path: str, **told: object) -> bytes:
    """A page; `depth` folders beneath its language's, at `path`."""
    up = "../" * depth
    given = {
        "t": tongue,
        "up": up,
        "path": path,
        "navigation": tongue.navigation(up, path if path in tongue.words["nav"] else ""),
    }
    return markup(tongue.language).get_template(template).render(**given, **told).encode()
