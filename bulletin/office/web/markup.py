"""What the desk's pages are made from: templates, the house's style, the languages, the secret of their forms."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from bulletin.http.exchange import HTML, HttpRequest, Reply
from bulletin.http.markup import CSS, LANGUAGES, STYLE, TEMPLATES
from bulletin.http.routes import Route
from bulletin.office.wording import speak
from verifier.desk.report.language import Language

PARTS = ("bulletin.office.web", "bulletin.http")
MARKUP = Environment(
    loader=ChoiceLoader([PackageLoader(part) for part in PARTS]),
    autoescape=True,
    trim_blocks=True,
    undefined=StrictUndefined,
)


def show(template: str, language: Language, form: str, status: int = 200, **told: object) -> Reply:
    """A page in a language; `form` is the secret that stands in each of its forms."""
    w = speak(language)
    given = {
        "language": language,
        "languages": {each: w[f"page.{each}"] for each in LANGUAGES},
        "style": STYLE,
        "w": w,
        "form": form,
    }
    return Reply(status, {"content-type": HTML}, MARKUP.get_template(template).render(**given, **told).encode())


def get_style(_: object, __: HttpRequest) -> Reply:
    """Give the house's style, and what forms need beside it."""
    return Reply(200, {"content-type": CSS}, _style())


@cache
def _style() -> bytes:
    own = MARKUP.get_template("desk.css").render()
    return (TEMPLATES / "page.css").read_bytes() + own.encode()


STYLED = Route("GET", STYLE, get_style, "The style.", {200: (CSS, str)})
