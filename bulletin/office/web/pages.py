"""The desk's pages: the overview, a page for each step, a file as text (specs/desk.md §4)."""

from __future__ import annotations

import mimetypes
from hashlib import sha256
from pathlib import Path

from bulletin.board.admission import Refusal
from bulletin.http.exchange import HTML, HttpRequest, Reply
from bulletin.http.markup import LANGUAGE, choose
from bulletin.http.routes import Route
from bulletin.office.folder import TABLES, Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.table import WINDOWS
from bulletin.office.toml import read_toml
from bulletin.office.web.fields import show_fields
from bulletin.office.web.markup import STYLED, show
from bulletin.office.web.reading import find_made, read_back, seats
from bulletin.office.web.wizard import Wizard
from bulletin.office.wording import speak
from verifier.client.text import plain
from verifier.desk.report.language import Language
from verifier.errors import Malformed

BELONGS: dict[int, tuple[str, ...]] = {  # which files of the folder each step reads
    1: ("election",),
    2: ("candidates",),
    3: ("commissions", "members", "register", "certificates", "roots"),
    4: ("holders",),
}
MOST_TYPED = 200_000  # bytes of a file that is changed as text
SHEETS = {  # of what the desk made: it runs nothing, and its own style is in it
    "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
}


def lead(_: Wizard, asked: HttpRequest) -> Reply:
    """Lead to the overview in the reader's language."""
    return Reply(303, {"location": f"/{choose(asked)}/"})


def show_overview(at: Wizard, _: HttpRequest, language: Language) -> Reply:
    """Show where the nine steps stand."""
    survey = at.survey()
    return page(at, language, "overview.html", stages=survey.stages, here="")


def show_step(
    at: Wizard, asked: HttpRequest, language: Language, step: str, status: int = 200, error: str = ""
) -> Reply:
    """Show a step: what is wrong, what its files say, and what can be done."""
    survey, number, folder = at.survey(), int(step), at.folder
    stage, w = survey.stages[number - 1], speak(language)
    toml = read_toml(folder.election, Mistakes()) if number == 1 else None
    return page(
        at,
        language,
        "step.html",
        status,
        here=step,
        stage=stage,
        error=error,
        done=w["web.done"] if asked.query == "done" else "",
        reading=read_back(stage, survey.work, language),
        made=find_made(stage, folder),
        sets=show_fields(toml.values, w) if toml else [],
        version=version(folder, "election"),
        files=[name for name in BELONGS.get(number, ()) if name in ("election", *TABLES)],
        several=[name for name in BELONGS.get(number, ()) if name in ("certificates", "roots")],
        held={name: _names(folder, name) for name in ("certificates", "roots")},
        seats=seats(survey.work, language) if number == 4 else [],
    )


def show_text(at: Wizard, _: HttpRequest, language: Language, name: str, status: int = 200, error: str = "") -> Reply:
    """Show a file as text that can be changed."""
    text = read_text(at.folder, name)
    return page(
        at, language, "text.html", status, here=f"text/{name}", name=name, text=text, error=error,
        version=version(at.folder, name), step=next(n for n, names in BELONGS.items() if name in names),
    )  # fmt: skip


def give_made(at: Wizard, _: HttpRequest, path: str) -> Reply:
    """Give a file of `made/`."""
    made = at.folder.made("").resolve()
    file = (made / path).resolve()
    if not file.is_relative_to(made) or not file.is_file():
        raise Refusal("unknown", "there is no such file")
    media = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    told = {"content-type": f"{media}; charset=utf-8" if media.startswith("text/") else media, **SHEETS}
    if media not in {"text/html", "text/plain"}:
        told["content-disposition"] = "attachment"
    return Reply(200, told, file.read_bytes())


def page(at: Wizard, language: Language, template: str, status: int = 200, **told: object) -> Reply:
    """A page in a language."""
    folder = at.folder.path.resolve().name
    return show(template, language, at.door.form, status, wizard=at, folder=folder, **told)


def place(folder: Folder, name: str) -> Path:
    """Where a file of the folder stands that pages show as text."""
    return folder.election if name == "election" else folder.table(name)


def read_text(folder: Folder, name: str) -> str | None:
    """A file as text, however it is encoded; None if it is too long for a page, or no text."""
    path = place(folder, name)
    if not path.exists():
        return ""
    raw = path.read_bytes()
    if len(raw) > MOST_TYPED or b"\0" in raw:
        return None
    try:
        data = plain(raw).data
    except Malformed:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode(WINDOWS, "replace")


def version(folder: Folder, name: str) -> str:
    """What tells that a file was changed meanwhile."""
    path = place(folder, name)
    return sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def _names(folder: Folder, name: str) -> list[str]:
    directory = folder.path / name
    return sorted(path.name for path in directory.iterdir() if path.is_file()) if directory.is_dir() else []


STEP = {"type": "string", "enum": [str(number) for number in range(1, 10)]}
NAME = {"type": "string", "enum": ["election", *TABLES]}
IN, AT_STEP, OF_FILE = LANGUAGE, {**LANGUAGE, "step": STEP}, {**LANGUAGE, "name": NAME}
ROUTES = (
    Route("GET", "/", lead, "To the overview.", {303: None}),
    STYLED,
    Route("GET", "/{language}/", show_overview, "The nine steps.", {200: (HTML, str)}, (), IN),
    Route("GET", "/{language}/{step}", show_step, "A step.", {200: (HTML, str)}, (), AT_STEP),
    Route("GET", "/{language}/text/{name}", show_text, "A file as text.", {200: (HTML, str)}, (), OF_FILE),
    Route("GET", "/made/{path...}", give_made, "What was made.", {200: ("application/octet-stream", bytes)}),
)
