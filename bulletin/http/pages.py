"""The voter's page and the look-ups behind it (specs/lookup.md): the page proves, this only serves and hints."""

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask, Response, render_template_string, request

from bulletin.board.admission import Refusal
from bulletin.board.lookup import Index, Word
from verifier.client import tracking
from verifier.log.note import Key, encode_key
from verifier.log.policy import Policy
from verifier.records import encode

LANGUAGES = ("ky", "ru", "en")
WORDS, TEMPLATES = Path(__file__).parent / "words", Path(__file__).parent / "templates"
BUILT = Path(__file__).parents[2] / "web" / "build" / "receipt.js"
ASSETS = {"receipt.css": "text/css; charset=utf-8", "receipt.js": "text/javascript; charset=utf-8"}
FORM = 1 << 12  # bytes of two codes in a form
HOUR = "public, max-age=3600"
LETTERS = {"ballots": set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), "credentials": set("0123456789abcdef")}


class Pinned(NamedTuple):
    """What the page trusts and whom it asks: chosen by who serves the page, compared by telephone by who reads it.

    `manifest` is a SHA-256 in hexadecimal or ""; `address` is the board's own, for copies of the page that are opened
    elsewhere; addresses end without a slash.
    """

    origin: str
    keys: tuple[Key, ...]
    policy: Policy
    manifest: str = ""
    address: str = ""
    mirrors: tuple[str, ...] = ()


def add_pages(app: Flask, index: Index, pinned: Pinned, built: Path = BUILT) -> None:
    """Serve the page in three languages with its script and style, and the index; `built` is where the script is."""
    _add_lookups(app, index)
    _add_assets(app, built)

    @app.get("/r/")
    def choose_language() -> Response:
        said = (each.partition("-")[0] for each in request.accept_languages.values())
        language = next((each for each in said if each in LANGUAGES), LANGUAGES[0])
        response = Response(status=302, headers={"Location": f"/r/{language}", "Vary": "Accept-Language"})
        return _guard(response, pinned)

    @app.get("/r")
    def end_with_slash() -> Response:
        return Response(status=302, headers={"Location": "/r/"})

    @app.get("/r/<any(ky, ru, en):language>")
    def show(language: str) -> Response:
        return _guard(Response(_render(language, pinned)), pinned)

    @app.post("/r/<any(ky, ru, en):language>")
    def say(language: str) -> Response:
        request.max_content_length = FORM
        code, tracker = (_tidy(request.form.get(name, "")) for name in ("code", "tracker"))
        word = index.say(code[:16], tracker[: tracking.LETTERS])
        return _guard(Response(_render(language, pinned, word)), pinned)


def _add_lookups(app: Flask, index: Index) -> None:
    @app.get("/lookup/head")
    def get_head() -> Response:
        return _answer(index.head())

    @app.get("/lookup/ballots/<prefix>")
    def get_ballots(prefix: str) -> Response:
        prefix = _check_prefix("ballots", prefix, index.head().ballots)
        return _answer(index.ballots(prefix))

    @app.get("/lookup/credentials/<prefix>")
    def get_credentials(prefix: str) -> Response:
        prefix = _check_prefix("credentials", prefix, index.head().credentials)
        return _answer(index.credentials(prefix))


def _add_assets(app: Flask, built: Path) -> None:
    @app.get("/r/<any('receipt.css', 'receipt.js'):name>")
    def get_asset(name: str) -> Response:
        file = built if name == built.name else TEMPLATES / name
        raw = file.read_bytes() if file.is_file() else b""  # without the script the page works as without JavaScript
        return Response(raw, content_type=ASSETS[name], headers={"Cache-Control": HOUR})


def _render(language: str, pinned: Pinned, word: Word | None = None) -> str:
    languages = {each: words(each)["name"] for each in LANGUAGES}
    trust = {
        "origin": pinned.origin,
        "keys": [encode_key(key) for key in pinned.keys],
        "policy": _spell(pinned.policy),
        "manifest": pinned.manifest,
        "address": pinned.address,
        "mirrors": list(pinned.mirrors),
    }
    embedded = json.dumps({"trust": trust, "words": words(language)}, ensure_ascii=False).replace("<", "\\u003c")
    markup = (TEMPLATES / "receipt.html").read_text(encoding="utf-8")
    return render_template_string(markup, w=words(language), languages=languages, embedded=embedded, word=word)


def _guard(response: Response, pinned: Pinned) -> Response:
    """Only this page's own script and style run, and it speaks to its board and the mirrors alone."""
    asked = " ".join(["'self'", *filter(None, (pinned.address, *pinned.mirrors))])
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src {asked}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
    return response


@cache
def words(language: str) -> dict[str, Any]:
    """The page's words in a language."""
    return tomllib.loads((WORDS / f"receipts.{language}.toml").read_text(encoding="utf-8"))


def _spell(policy: Policy) -> str:
    """The policy as a file that reads the same (specs/log.md §6)."""
    lines = [f"witness {name} {encode_key(witness.key)}" for name, witness in policy.witnesses.items()]
    lines += [f"group {name} {group.threshold} {' '.join(group.members)}" for name, group in policy.groups.items()]
    return "\n".join([*lines, f"quorum {policy.quorum}", ""])


def _check_prefix(kind: str, prefix: str, longest: int) -> str:
    prefix = "" if prefix == "-" else prefix
    if len(prefix) > longest or not set(prefix) <= LETTERS[kind]:
        raise Refusal("unknown", "ask for a group of this index: its head says how long a prefix may be")
    return prefix


def _answer(value: Any) -> Response:  # noqa: ANN401  whatever records can hold
    return Response(encode(value), mimetype="application/json")


def _tidy(typed: str) -> str:
    return "".join(letter for letter in typed.upper() if letter.isascii() and letter.isalnum())
