"""The look-ups behind the receipt page, and the board's bare word (specs/lookup.md): the app proves, this hints."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any, NamedTuple, Protocol

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from bulletin.board.admission import Refusal
from bulletin.board.lookup import BallotEntries, CredentialEntries, Head, Index, Word
from bulletin.http.exchange import HTML, JSON, HttpRequest, Reply
from bulletin.http.headers import PAGE
from bulletin.http.markup import LANGUAGE, choose, read_words, render
from bulletin.http.routes import Route
from verifier.client import tracking
from verifier.desk.report.language import Language
from verifier.log.note import Key
from verifier.log.policy import Policy
from verifier.records import encode

GUARD = {"content-security-policy": PAGE["content-security-policy"].replace("form-action 'none'", "form-action 'self'")}
FORM = 1 << 12  # bytes of two codes in a form
LETTERS = {"ballots": set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), "credentials": set("0123456789abcdef")}


class Pinned(NamedTuple):
    """What a board or mirror says of itself and its log.

    `manifest` is a SHA-256 in hexadecimal or ""; `address` is the board's own, `app` that of the voter's app; addresses
    end without a slash.
    """

    origin: str
    keys: tuple[Key, ...]
    policy: Policy
    manifest: str = ""
    address: str = ""
    mirrors: tuple[str, ...] = ()
    app: str = ""


class Shown(Protocol):
    """What has the page and the index behind it."""

    @property
    def index(self) -> Index: ...
    @property
    def pinned(self) -> Pinned: ...


def choose_language(_: Shown, asked: HttpRequest) -> Reply:
    """Lead to the page in the first language of the reader's that it has."""
    return Reply(302, {"location": f"/r/{choose(asked)}", "vary": "Accept-Language", **GUARD})


def end_with_slash(_: Shown, __: HttpRequest) -> Reply:
    """Lead to the page."""
    return Reply(302, {"location": "/r/"})


def show(at: Shown, _: HttpRequest, language: Language, word: Word | None = None) -> Reply:
    """Show the page in a language, with the board's bare word if it was asked for."""
    page = render("receipt.html", language, w=words(language), app=at.pinned.app, word=word)
    return Reply(200, {"content-type": HTML, **GUARD}, page)


def say_bare_word(at: Shown, asked: HttpRequest, language: Language) -> Reply:
    """Show the page with the board's bare word on the two codes of a form."""
    form = _read_form(asked)
    code, tracker = (tracking.tidy(form.get(name, "")) for name in ("code", "tracker"))
    return show(at, asked, language, at.index.say(code[:16], tracker[: tracking.LETTERS]))


def get_head(at: Shown, _: HttpRequest) -> Reply:
    """Say how far the index is."""
    return _tell(at.index.head())


def get_ballots(at: Shown, _: HttpRequest, prefix: str) -> Reply:
    """Say where the ballots of a group are."""
    return _tell(at.index.ballots(_check_prefix("ballots", prefix, at.index.head().ballots)))


def get_credentials(at: Shown, _: HttpRequest, prefix: str) -> Reply:
    """Say what the register has of a group."""
    return _tell(at.index.credentials(_check_prefix("credentials", prefix, at.index.head().credentials)))


def _read_form(asked: HttpRequest) -> Mapping[str, str]:
    if max(asked.length or 0, len(asked.body)) > FORM:
        raise Refusal("too-large", "The data value transmitted exceeds the capacity limit.")
    media, options = parse_options_header(asked.headers.get("content-type"))
    return FormDataParser().parse(BytesIO(asked.body), media.lower(), len(asked.body), options)[1]


def words(language: str) -> dict[str, Any]:
    """The page's words in a language."""
    return read_words("receipts", language)


def _check_prefix(kind: str, prefix: str, longest: int) -> str:
    prefix = "" if prefix == "-" else prefix
    if len(prefix) > longest or not set(prefix) <= LETTERS[kind]:
        raise Refusal("unknown", "ask for a group of this index: its head says how long a prefix may be")
    return prefix


def _tell(value: Any) -> Reply:  # noqa: ANN401  whatever records can hold
    return Reply(200, {"content-type": JSON}, encode(value))


CODES = {"type": "object", "properties": {name: {"type": "string", "maxLength": 100} for name in ("code", "tracker")}}
BASE32, HEX = {"type": "string", "pattern": "^(-|[A-Z2-7]{1,4})$"}, {"type": "string", "pattern": "^(-|[0-9a-f]{1,4})$"}
OWN = ("Content-Security-Policy",)
ROUTES = (
    Route("GET", "/lookup/head", get_head, "How far the index is, and how long prefixes are.", {200: (JSON, Head)}),
    Route("GET", "/lookup/ballots/{prefix}", get_ballots, "Places of ballots by tracking code.",
        {200: (JSON, list[BallotEntries])}, (404,), {"prefix": BASE32}),
    Route("GET", "/lookup/credentials/{prefix}", get_credentials, "Credentials by the hash of their code.",
        {200: (JSON, list[CredentialEntries])}, (404,), {"prefix": HEX}),
    Route("GET", "/r", end_with_slash, "To the board's bare word.", {302: None}),
    Route("GET", "/r/", choose_language, "To it in the reader's language.", {302: None}, own=OWN),
    Route("GET", "/r/{language}", show, "Where the word is asked for.", {200: (HTML, str)}, (404,), LANGUAGE, own=OWN),
    Route("POST", "/r/{language}", say_bare_word, "The board's bare word on a ballot.", {200: (HTML, str)},
        (400, 404, 413), LANGUAGE, ("application/x-www-form-urlencoded", CODES), own=OWN),
)  # fmt: skip
