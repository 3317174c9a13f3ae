"""A refusal as a page, for people who came with a browser (specs/api.md §6)."""

import tomllib
from functools import cache

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from bulletin.board.admission import Refusal
from bulletin.http.exchange import HttpRequest, Reply
from bulletin.http.markup import WORDS, choose, render, show_page

KNOWN = ("unknown", "busy")  # refusals that have a sentence of their own


def wants_page(asked: HttpRequest) -> bool:
    """Whether a person looks at the answer: a browser says that it takes HTML, and prefers it to JSON."""
    accepted = parse_accept_header(asked.headers.get("accept"), MIMEAccept)
    named = any(media == "text/html" for media in accepted.values())
    return asked.method == "GET" and named and accepted.best_match(["text/html", "application/json"]) == "text/html"


def apologize(asked: HttpRequest, refusal: Refusal) -> Reply:
    """The refusal in the reader's language, with the way to the front page."""
    said = choose(asked)
    words = _words()[said]
    sentence = words[refusal.code if refusal.code in KNOWN else "other"]
    page = render("apology.html", said, words=words, sentence=sentence, refusal=refusal)
    return show_page(page, refusal.status, "Accept, Accept-Language")


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads((WORDS / "apology.toml").read_text(encoding="utf-8"))
