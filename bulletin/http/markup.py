"""What pages are made from: languages, words, templates; the same in a checkout and in a wheel."""

import tomllib
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from jinja2 import Environment, PackageLoader
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from bulletin.http.exchange import HTML, HttpRequest, Reply
from bulletin.http.headers import PAGE
from verifier.desk.report.language import Language
from verifier.desk.report.language import words as words_of_reports

LANGUAGES: tuple[Language, ...] = ("ky", "ru", "en")
LANGUAGE = {"language": {"type": "string", "enum": [*LANGUAGES]}}
HERE = files("bulletin.http")
WORDS, TEMPLATES = HERE / "words", HERE / "templates"
MARKUP = Environment(loader=PackageLoader("bulletin.http"), autoescape=True, trim_blocks=True)
STYLE, CSS = "/page.css", "text/css; charset=utf-8"
HOUR = "public, max-age=3600"


def tell_moment(seconds: int | None) -> str:
    """A moment in UTC, "" if there is none, and the bare seconds if no calendar has it."""
    if seconds is None:
        return ""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return str(seconds)


MARKUP.filters["moment"] = tell_moment


def choose(asked: HttpRequest) -> Language:
    """The first language of the reader's that there is."""
    accepted = parse_accept_header(asked.headers.get("accept-language"), LanguageAccept).values()
    asked_for = (each.partition("-")[0] for each in accepted)
    return next((known for each in asked_for for known in LANGUAGES if known == each), LANGUAGES[0])


@cache
def read_words(page: str, language: str) -> dict[str, Any]:
    """A page's words in a language."""
    return tomllib.loads((WORDS / f"{page}.{language}.toml").read_text(encoding="utf-8"))


def render(template: str, language: Language, style: str = STYLE, **told: object) -> bytes:
    """A page in a language, with the report's `writing` of figures and texts.

    `languages` are those that it is to be had in, by their own names.
    """
    given = {
        "language": language,
        "languages": {each: read_words("receipts", each)["name"] for each in LANGUAGES},
        "style": style,
        "writing": words_of_reports(language),
    }
    return MARKUP.get_template(template).render(**given, **told).encode()


def show_page(page: bytes, status: int = 200, vary: str = "") -> Reply:
    """A page that runs nothing, as an answer."""
    return Reply(status, {"content-type": HTML, **PAGE, **({"vary": vary} if vary else {})}, page)


def give(media: str, file: Traversable) -> Reply:
    """A file that pages ask for; one that was not built is empty."""
    raw = file.read_bytes() if file.is_file() else b""
    return Reply(200, {"content-type": media, "cache-control": HOUR}, raw)


def get_style(_: object, __: HttpRequest) -> Reply:
    """Give the pages' style."""
    return give(CSS, TEMPLATES / "page.css")
