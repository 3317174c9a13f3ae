"""The page on which a member signs: served to this machine alone, once, under an address that nobody can guess.

It knows no script. A page of another origin can neither read it (the address has a token, and no other name of this
machine is answered) nor post to it (the browser says from where a form comes).
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime
from hmac import compare_digest
from io import BytesIO
from pathlib import Path
from threading import Event, Thread
from typing import IO, Any

from jinja2 import Environment, PackageLoader
from werkzeug.exceptions import Forbidden, HTTPException, MethodNotAllowed, MisdirectedRequest, NotFound
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from bulletin.office import signatory
from bulletin.office.keyfile import LARGEST, unlock
from bulletin.office.objection import Objection
from bulletin.office.signatory import OpenRequest
from bulletin.office.table import SPOKEN
from bulletin.office.wording import speak
from verifier.desk.report.language import Language

HERE = "127.0.0.1"
MARKUP = Environment(loader=PackageLoader("bulletin.office", "pages"), autoescape=True, trim_blocks=True)
STYLE = (
    "body{font:1.1rem/1.5 sans-serif;max-width:46rem;margin:auto;padding:1rem;color:#111;background:#fff}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid #555;padding:1rem}"
    "label{display:block}#read+label{display:inline}[role=alert]{border:2px solid #a00;padding:.5rem}"
    "input,button{font:inherit;min-height:2.75rem}#read{min-height:auto}a,b{margin-right:1rem}"
)
STYLED = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLED}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # without one, forms would not say from where they come
    "X-Content-Type-Options": "nosniff",
}


class Quiet(WSGIRequestHandler):
    """Writes no journal: addresses have the token in them."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


class UnspooledRequest(Request):
    """A form whose file, a secret key, never goes to the disk."""

    max_content_length = 2 * LARGEST

    def _get_file_stream(self, *_: object, **__: object) -> IO[bytes]:
        return BytesIO()


class Counter:
    """One request, to be signed by one member, with a key that stays in memory."""

    def __init__(
        self, paper: OpenRequest, out: Path | None, compared: Callable[[Language], str], clock: Callable[[], datetime]
    ) -> None:
        self._paper, self._out, self._compared, self._clock = paper, out, compared, clock
        self._token = secrets.token_urlsafe(32)
        self._server = make_server(HERE, 0, self._answer, threaded=True, request_handler=Quiet)
        self._ended = Event()
        self.signed: signatory.Signed | None = None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"{self._origin}/{self._token}/"

    def serve(self) -> None:
        """Until the request is signed."""
        serving = Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        serving.start()
        try:
            self._ended.wait()
        finally:
            self._server.shutdown()
            serving.join()
            self._server.server_close()

    def stop(self) -> None:
        """Serve no longer."""
        self._ended.set()

    @property
    def _origin(self) -> str:
        return f"http://{HERE}:{self._server.port}"

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI; a refusal has the headers too."""
        asked = UnspooledRequest(environ)
        try:
            page = self._page(asked)
        except HTTPException as error:
            page = Response(error.name, error.code, content_type="text/plain; charset=utf-8")
        page.headers.update(HEADERS)
        return page(environ, start)

    def _page(self, asked: Request) -> Response:
        if asked.headers.get("Host") != f"{HERE}:{self._server.port}":
            raise MisdirectedRequest
        if not compare_digest(asked.path.encode(), f"/{self._token}/".encode()):
            raise NotFound
        language = next((each for each in SPOKEN if each == asked.args.get("lang")), SPOKEN[0])
        if asked.method == "GET":
            return self._show(language)
        if asked.method != "POST":
            raise MethodNotAllowed
        if asked.headers.get("Origin") != self._origin:
            raise Forbidden
        return self._sign(asked, language)

    def _sign(self, asked: Request, language: Language) -> Response:
        w, file = speak(language), asked.files.get("key")
        if file is None or asked.form.get("read") != "yes":
            return self._show(language, error=w["page.unread"])
        try:
            opened = unlock(file.read(), file.filename or "", asked.form.get("password", ""))
            self.signed = signatory.sign(self._paper, opened, self._out)
        except Objection as error:
            return self._show(language, error=error.tell(language))
        ended = signatory.expired(opened, self._clock())
        told = [w.say("ask.again" if self.signed.again else "ask.done", path=self.signed.path)]
        told += [w.say("ask.expired", member=self.signed.member, date=f"{ended:%Y-%m-%d}")] if ended else []
        page = self._show(language, done=" ".join(told))
        page.call_on_close(self._ended.set)
        return page

    def _show(self, language: Language, error: str = "", done: str = "") -> Response:
        lines, compared = self._paper.tell(language), self._compared(language)
        shown = MARKUP.get_template("sign.html").render(
            w=speak(language), language=language, languages=SPOKEN, style=STYLE, lines=lines,
            compared=compared, error=error, done=done,
        )  # fmt: skip
        return Response(shown, 422 if error else 200, content_type="text/html; charset=utf-8")
