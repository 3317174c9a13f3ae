"""What pages are made from: languages, words, templates; the same in a checkout and in a wheel."""

from importlib.resources import files

from jinja2 import Environment, PackageLoader
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from bulletin.http.exchange import HttpRequest

LANGUAGES = ("ky", "ru", "en")
HERE = files("bulletin.http")
WORDS, TEMPLATES = HERE / "words", HERE / "templates"
MARKUP = Environment(loader=PackageLoader("bulletin.http"), autoescape=True)


def choose(asked: HttpRequest) -> str:
    """The first language of the reader's that there is."""
    accepted = parse_accept_header(asked.headers.get("accept-language"), LanguageAccept).values()
    known = (each.partition("-")[0] for each in accepted)
    return next((each for each in known if each in LANGUAGES), LANGUAGES[0])
