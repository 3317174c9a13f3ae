"""The voter's page and the look-ups behind it (specs/lookup.md): the page proves, this only serves and hints."""

import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple, Protocol

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from bulletin.board.admission import Refusal
from bulletin.board.lookup import BallotEntries, CredentialEntries, Head, Index, Word
from bulletin.http.exchange import HTML, JSON, HttpRequest, Reply
from bulletin.http.markup import CSS, HERE, LANGUAGE, choose, get_style, give, read_words, render
from bulletin.http.routes import Route
from verifier.client import tracking
from verifier.desk.report.language import Language
from verifier.log.note import Key, encode_key
from verifier.log.policy import Policy
from verifier.records import encode

BUILT = HERE / "built" / "receipt.js"
SCRIPT = "text/javascript; charset=utf-8"
FORM = 1 << 12  # bytes of two codes in a form
LETTERS = {"ballots": set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), "credentials": set("0123456789abcdef")}


class Pinned(NamedTuple):
    """What the page trusts and whom it asks; whoever serves it chooses this, and readers compare it by telephone.

    `manifest` is a SHA-256 in hexadecimal or ""; `address` is the board's own, for copies of the page that are opened
    elsewhere; addresses end without a slash.
    """

    origin: str
    keys: tuple[Key, ...]
    policy: Policy
    manifest: str = ""
    address: str = ""
    mirrors: tuple[str, ...] = ()


class Shown(Protocol):
    """What has the page and the index behind it."""

    @property
    def index(self) -> Index: ...
    @property
    def pinned(self) -> Pinned: ...


def choose_language(at: Shown, asked: HttpRequest) -> Reply:
    """Lead to the page in the first language of the reader's that it has."""
    return Reply(302, {"location": f"/r/{choose(asked)}", "vary": "Accept-Language", **_guard(at.pinned)})


def end_with_slash(_: Shown, __: HttpRequest) -> Reply:
    """Lead to the page."""
    return Reply(302, {"location": "/r/"})


def show(at: Shown, _: HttpRequest, language: Language, word: Word | None = None) -> Reply:
    """Show the page in a language, with the board's bare word if it was asked for."""
    return Reply(200, {"content-type": HTML, **_guard(at.pinned)}, _render(language, at.pinned, word))


def say_bare_word(at: Shown, asked: HttpRequest, language: Language) -> Reply:
    """Show the page with the board's bare word on the two codes of a form."""
    form = _read_form(asked)
    code, tracker = (tracking.tidy(form.get(name, "")) for name in ("code", "tracker"))
    return show(at, asked, language, at.index.say(code[:16], tracker[: tracking.LETTERS]))


def get_script(_: Shown, __: HttpRequest) -> Reply:
    """Give the page's script; without it the page works as without JavaScript."""
    return give(SCRIPT, BUILT)


def get_head(at: Shown, _: HttpRequest) -> Reply:
    """Say how far the index is."""
    return _tell(at.index.head())


def get_ballots(at: Shown, _: HttpRequest, prefix: str) -> Reply:
    """Say where the ballots of a group are."""
    return _tell(at.index.ballots(_check_prefix("ballots", prefix, at.index.head().ballots)))


def get_credentials(at: Shown, _: HttpRequest, prefix: str) -> Reply:
    """Say what the register has of a group."""
    return _tell(at.index.credentials(_check_prefix("credentials", prefix, at.index.head().credentials)))


def _render(language: Language, pinned: Pinned, word: Word | None = None) -> bytes:
    trust = {
        "origin": pinned.origin,
        "keys": [encode_key(key) for key in pinned.keys],
        "policy": _spell(pinned.policy),
        "manifest": pinned.manifest,
        "address": pinned.address,
        "mirrors": list(pinned.mirrors),
    }
    embedded = json.dumps({"trust": trust, "words": words(language)}, ensure_ascii=False).replace("<", "\\u003c")
    style = "receipt.css"  # beside the page, also in a copy of it
    return render("receipt.html", language, style, w=words(language), embedded=embedded, word=word)


def _guard(pinned: Pinned) -> dict[str, str]:
    """Only this page's own script and style run, and it speaks to its board and the mirrors alone."""
    asked = " ".join(["'self'", *filter(None, (pinned.address, *pinned.mirrors))])
    rules = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src {asked}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "content-security-policy": rules,
        "permissions-policy": "camera=(self), geolocation=(), microphone=()",
    }


def _read_form(asked: HttpRequest) -> Mapping[str, str]:
    if max(asked.length or 0, len(asked.body)) > FORM:
        raise Refusal("too-large", "The data value transmitted exceeds the capacity limit.")
    media, options = parse_options_header(asked.headers.get("content-type"))
    return FormDataParser().parse(BytesIO(asked.body), media.lower(), len(asked.body), options)[1]


def words(language: str) -> dict[str, Any]:
    """The page's words in a language."""
    return read_words("receipts", language)


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


def _tell(value: Any) -> Reply:  # noqa: ANN401  whatever records can hold
    return Reply(200, {"content-type": JSON}, encode(value))


CODES = {"type": "object", "properties": {name: {"type": "string", "maxLength": 100} for name in ("code", "tracker")}}
BASE32, HEX = {"type": "string", "pattern": "^(-|[A-Z2-7]{1,4})$"}, {"type": "string", "pattern": "^(-|[0-9a-f]{1,4})$"}
OWN = ("Content-Security-Policy", "Permissions-Policy")
ROUTES = (
    Route("GET", "/lookup/head", get_head, "How far the index is, and how long prefixes are.", {200: (JSON, Head)}),
    Route("GET", "/lookup/ballots/{prefix}", get_ballots, "Places of ballots by tracking code.",
        {200: (JSON, list[BallotEntries])}, (404,), {"prefix": BASE32}),
    Route("GET", "/lookup/credentials/{prefix}", get_credentials, "Credentials by the hash of their code.",
        {200: (JSON, list[CredentialEntries])}, (404,), {"prefix": HEX}),
    Route("GET", "/r", end_with_slash, "To the voter's page.", {302: None}),
    Route("GET", "/r/", choose_language, "To the voter's page in the reader's language.", {302: None}, own=OWN),
    Route("GET", "/r/{language}", show, "The voter's page.", {200: (HTML, str)}, (404,), LANGUAGE, own=OWN),
    Route("POST", "/r/{language}", say_bare_word, "The board's bare word on a ballot.", {200: (HTML, str)},
        (400, 404, 413), LANGUAGE, ("application/x-www-form-urlencoded", CODES), own=OWN),
    Route("GET", "/r/receipt.css", get_style, "The page's style.", {200: (CSS, str)}),
    Route("GET", "/r/receipt.js", get_script, "The page's script.", {200: (SCRIPT, str)}),
)  # fmt: skip
