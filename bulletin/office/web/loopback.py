"""Pages for one person at this machine: who is answered, and until when (specs/desk.md §4).

A link with a token opens the door once; from then on a cookie stands for it. Pages of other origins can neither read
(another name of this machine is not answered, the cookie stays at home) nor post (a form says from where it comes, and
carries a secret). No page runs a script.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from hmac import compare_digest
from io import BytesIO
from threading import Event, Thread
from typing import IO, NamedTuple

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_cookie, parse_options_header

from bulletin.board.admission import Refusal
from bulletin.http.app import Application
from bulletin.http.exchange import WRITES, HttpRequest, Reply
from bulletin.http.gateway import LAST_ANSWERS, Gateway
from bulletin.http.routes import Entry, Route
from bulletin.http.server import await_listening
from bulletin.settings import Settings

HERE = "127.0.0.1"
COOKIE = "aikyn"
LOOK = 0.5  # seconds between looks at whether the server lives
MOST = 32 << 20  # bytes of a form with its files
MOST_PARTS, MOST_FIELD = 2_000, 4 << 20
PATIENCE = 60.0  # seconds for a form that hangs
RULES = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FRAME = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", RULES),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
    ("Referrer-Policy", "same-origin"),  # with none, a form would not say from where it comes
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)


class PostedForm(NamedTuple):
    """The fields of a form, and its files as (name that the browser gave, bytes), by field."""

    fields: Mapping[str, str]
    files: Mapping[str, list[tuple[str, bytes]]]


class Door:
    """Lets one browser in, once: `token` is in the link, `form` in every form of the pages."""

    def __init__(self) -> None:
        self.token, self.form = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        self.port, self.ended = 0, Event()
        self._session = ""

    @property
    def origin(self) -> str:
        """From where the pages are served."""
        return f"http://{HERE}:{self.port}"

    @property
    def link(self) -> str:
        """What is opened once."""
        return f"{self.origin}/{self.token}/"

    def enter(self, _: object, __: HttpRequest, token: str) -> Reply:
        """Answer the link: the first time, with a cookie."""
        if not compare_digest(token.encode(), self.token.encode()) or self._session:
            raise Refusal("unknown", "this link does not open anything, or has been used already", status=403)
        self._session = secrets.token_urlsafe(32)
        cookie = f"{COOKIE}={self._session}; Path=/; HttpOnly; SameSite=Strict"
        return Reply(303, {"location": "/", "set-cookie": cookie})

    def check_sender(self, asked: HttpRequest) -> None:
        """Refuse another name of this machine, and forms of other pages."""
        if asked.headers.get("host") != f"{HERE}:{self.port}":
            raise Refusal("malformed", "ask for the address that was printed", status=421)
        if asked.method in WRITES and asked.headers.get("origin") != self.origin:
            raise Refusal("malformed", "this form is not of these pages", status=403)

    def check_session(self, asked: HttpRequest) -> None:
        """Refuse a browser that did not come by the link."""
        shown = parse_cookie(asked.headers.get("cookie", "")).get(COOKIE, "")
        if not self._session or not compare_digest(shown.encode(), self._session.encode()):
            raise Refusal("malformed", "open the link that was printed", status=403)

    def read(self, asked: HttpRequest) -> PostedForm:
        """The form that was sent; it is one of ours, and never goes to the disk."""
        media, options = parse_options_header(asked.headers.get("content-type"))
        raw = _read_body(asked)
        parser = FormDataParser(
            stream_factory=_keep, max_form_memory_size=MOST_FIELD, max_form_parts=MOST_PARTS, silent=False
        )
        try:
            _, fields, files = parser.parse(BytesIO(raw), media.lower(), len(raw), options)
        except (HTTPException, ValueError):
            raise Refusal("malformed", "this is no form that can be read") from None
        if not compare_digest(fields.get("form", "").encode(), self.form.encode()):
            raise Refusal("malformed", "this form is not of these pages", status=403)
        sent = {name: [_take(file) for file in files.getlist(name)] for name in files}
        return PostedForm(fields, {name: [each for each in held if each[0]] for name, held in sent.items()})


class Loopback(Application):
    """Answers by a table of routes whoever came by the door's link."""

    def __init__(self, door: Door, routes: Iterable[Route], context: object) -> None:
        entrance = Route("GET", "/{token}/", door.enter, "In by the link.", {303: None}, (403,))
        super().__init__([*routes, entrance], context, FRAME)
        self.door = door

    def count(self, asked: HttpRequest, peer: str) -> None:
        """Refuse who may not ask at all, before anything is read."""
        super().count(asked, peer)
        self.door.check_sender(asked)

    def find(self, asked: HttpRequest) -> tuple[Entry, dict[str, str]]:
        """What answers; all but the entrance is for those who came in."""
        entry, parts = super().find(asked)
        if entry.answer != self.door.enter:
            self.door.check_session(asked)
        return entry, parts


def serve(app: Loopback, tell: Callable[[str], None]) -> None:
    """Serve at a free port of this machine until Ctrl-C or until a page ends it; `tell` gets the link."""
    settings = Settings(host=HERE, port=0, patience=PATIENCE, requests=32)
    gateway, door = Gateway(app, settings), app.door
    door.port = gateway.port
    thread = Thread(target=gateway.serve_forever, name="server", daemon=True)
    thread.start()
    await_listening(gateway, thread)
    try:
        tell(door.link)
        while thread.is_alive() and not door.ended.wait(LOOK):
            pass
    except KeyboardInterrupt:
        pass
    gateway.shutdown()
    thread.join(2 * LAST_ANSWERS)


def _read_body(asked: HttpRequest) -> bytes:
    """As much as a form may be; one that is longer is refused before it is all read."""
    if (asked.length or 0) > MOST:
        raise _say_large()
    found = bytearray()
    while piece := asked.read(1 << 16):
        found += piece
        if len(found) > MOST:
            raise _say_large()
    return bytes(found)


def _say_large() -> Refusal:
    return Refusal("too-large", f"a form and its files have at most {MOST >> 20} MiB")


def _keep(*_: object, **__: object) -> IO[bytes]:
    return BytesIO()


def _take(file: FileStorage) -> tuple[str, bytes]:
    return file.filename or "", file.read()
