"""The page on which a member signs one request, at a loopback address (specs/desk.md §4.9).

A key that is handed in stays in memory; one on a token stays there, and its PIN goes to the token alone.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path

from bulletin.http.exchange import HTML, HttpRequest, Reply
from bulletin.http.markup import LANGUAGE
from bulletin.http.routes import Route
from bulletin.office import signatory
from bulletin.office.keyfile import OpenedKey, unlock
from bulletin.office.objection import Objection
from bulletin.office.signatory import OpenRequest, Signed
from bulletin.office.web.loopback import Door, Loopback, PostedForm, serve
from bulletin.office.web.markup import STYLED, show
from bulletin.office.wording import speak
from verifier.desk.report.language import Language

OpenToken = Callable[[str], AbstractContextManager[OpenedKey]]  # with the PIN that was typed


class Counter:
    """One request, to be signed by one member; `signed` once it is. With `open_token` the key is on a token."""

    def __init__(
        self,
        paper: OpenRequest,
        out: Path | None,
        compared: Callable[[Language], str],
        clock: Callable[[], datetime],
        language: Language = "ky",
        open_token: OpenToken | None = None,
    ) -> None:
        self.paper, self.out, self.compared, self.clock, self.language = paper, out, compared, clock, language
        self.open_token = open_token
        self.door = Door()
        self.signed: Signed | None = None

    def serve(self, tell: Callable[[str], None]) -> None:
        """Serve the page until the request is signed, or Ctrl-C; `tell` gets the link."""
        serve(Loopback(self.door, ROUTES, self), tell)

    def open(self, form: PostedForm) -> AbstractContextManager[OpenedKey]:
        """The key that the form names; `Objection` says why it cannot be opened."""
        if self.open_token:
            return self.open_token(form.fields.get("pin", ""))
        name, raw = form.files["key"][0]
        return nullcontext(unlock(raw, name, form.fields.get("password", "")))


def lead(at: Counter, _: HttpRequest) -> Reply:
    """Lead to the page in the language of the command."""
    return Reply(303, {"location": f"/{at.language}/"})


def show_request(at: Counter, _: HttpRequest, language: Language, error: str = "", done: str = "") -> Reply:
    """Show what the request says, and the form."""
    return show(
        "sign.html", language, at.door.form, 422 if error else 200, here="", lines=at.paper.tell(language),
        compared=at.compared(language), on_token=at.open_token is not None, error=error, done=done,
    )  # fmt: skip


def take_signature(at: Counter, asked: HttpRequest, language: Language) -> Reply:
    """Sign with the key that the form names, and end."""
    form, w = at.door.read(asked), speak(language)
    if form.fields.get("read") != "yes" or not (at.open_token or form.files.get("key")):
        return show_request(at, asked, language, w["page.unread-token" if at.open_token else "page.unread"])
    try:
        with at.open(form) as opened:
            at.signed = signatory.sign(at.paper, opened, at.out)
    except Objection as error:
        return show_request(at, asked, language, error.tell(language))
    ended = signatory.expired(opened, at.clock())
    told = [w.say("ask.again" if at.signed.again else "ask.done", path=at.signed.path)]
    told += [w.say("ask.expired", member=at.signed.member, date=f"{ended:%Y-%m-%d}")] if ended else []
    at.door.ended.set()
    return show_request(at, asked, language, done=" ".join(told))


ROUTES = (
    Route("GET", "/", lead, "To the request.", {303: None}),
    STYLED,
    Route("GET", "/{language}/", show_request, "The request.", {200: (HTML, str)}, (), LANGUAGE),
    Route("POST", "/{language}/", take_signature, "Sign.", {200: (HTML, str)}, (403, 413), LANGUAGE, streams=True),
)
