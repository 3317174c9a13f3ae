"""What a person does on the desk's pages: hand files in, change them, make, rehearse, ask, end (specs/desk.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bulletin.http.exchange import HTML, HttpRequest, Reply
from bulletin.http.routes import Object, Route
from bulletin.office.folder import TABLES
from bulletin.office.mistake import Mistakes
from bulletin.office.table import ID
from bulletin.office.templates import BOM
from bulletin.office.toml import read_toml
from bulletin.office.web.editing import Uneditable, append, change
from bulletin.office.web.fields import read_fields
from bulletin.office.web.keeping import put, read_name
from bulletin.office.web.loopback import PostedForm
from bulletin.office.web.pages import (
    AT_STEP,
    IN,
    OF_FILE,
    page,
    place,
    read_text,
    show_step,
    show_text,
    version,
)  # fmt: skip
from bulletin.office.web.telephone import write_groups
from bulletin.office.web.wizard import Wizard
from bulletin.office.wording import speak
from verifier.desk.report.language import Language

GROUPS, CARD = "groups.", "card."


class Unsuitable(Exception):
    """What was sent cannot be taken; the name of the sentence that says why."""


def take_files(at: Wizard, asked: HttpRequest, language: Language, step: str) -> Reply:
    """Put files that were chosen into the folder."""
    return _do(at, asked, language, step, _store)


def take_groups(at: Wizard, asked: HttpRequest, language: Language, step: str) -> Reply:
    """Take key cards, and the groups that were heard by telephone."""
    return _do(at, asked, language, step, _hear)


def take_fields(at: Wizard, asked: HttpRequest, language: Language, step: str) -> Reply:
    """Change single values of `election.toml`."""
    return _do(at, asked, language, step, _edit)


def take_text(at: Wizard, asked: HttpRequest, language: Language, name: str) -> Reply:
    """Put a file as it was typed in the place of the old one."""
    form, w = at.door.read(asked), speak(language)
    with at.lock:
        if form.fields.get("version") != version(at.folder, name):
            return show_text(at, asked, language, name, 409, w["web.changed"])
        text = form.fields.get("text", "").replace("\r\n", "\n").lstrip(BOM)
        put(at.folder, place(at.folder, name), ((BOM if name in TABLES else "") + text).encode())
    return Reply(303, {"location": f"/{language}/{form.fields.get('step', '1')[:1]}?done"})


def make(at: Wizard, asked: HttpRequest, language: Language, step: str) -> Reply:
    """Take the steps and print."""
    at.door.read(asked)
    at.make(language)
    return _lead(language, step)


def rehearse(at: Wizard, asked: HttpRequest, language: Language, step: str) -> Reply:
    """Begin the rehearsal."""
    at.door.read(asked)
    at.rehearse()
    return Reply(303, {"location": f"/{language}/{step}"})


def ask(at: Wizard, asked: HttpRequest, language: Language, step: str) -> Reply:
    """Ask the commissions to sign, on a yes."""
    if at.door.read(asked).fields.get("yes") != "yes":
        return show_step(at, asked, language, step, 422, speak(language)["web.say_yes"])
    at.make(language, ask=True)
    return _lead(language, step)


def end(at: Wizard, asked: HttpRequest, language: Language) -> Reply:
    """End the pages."""
    at.door.read(asked)
    at.door.ended.set()
    return page(at, language, "ended.html", here="")


def _lead(language: Language, step: str) -> Reply:
    return Reply(303, {"location": f"/{language}/{step}?done"})


def _do(
    at: Wizard, asked: HttpRequest, language: Language, step: str, deed: Callable[[Wizard, PostedForm], None]
) -> Reply:
    form = at.door.read(asked)
    try:
        with at.lock:
            deed(at, form)
    except Unsuitable as error:
        return show_step(at, asked, language, step, 422, speak(language)[f"web.{error}"])
    return _lead(language, step)


def _store(at: Wizard, form: PostedForm) -> None:
    """All files of the form, or none of them."""
    stored: list[tuple[Path, bytes]] = []
    for field, files in form.files.items():
        for sent, raw in files:
            if field in ("election", *TABLES):
                stored.append((place(at.folder, field), raw))
            elif field in ("certificates", "roots") and (name := read_name(sent)):
                stored.append((at.folder.path / field / name, raw))
            else:
                raise Unsuitable("bad_name")
    if not stored:
        raise Unsuitable("no_file")
    for path, raw in stored:
        put(at.folder, path, raw)


def _hear(at: Wizard, form: PostedForm) -> None:
    cards = {field.removeprefix(CARD): files[0][1] for field, files in form.files.items() if files}
    heard = {name.removeprefix(GROUPS): said for name, said in form.fields.items() if name.startswith(GROUPS)}
    if not all(map(ID.fullmatch, cards)):
        raise Unsuitable("bad_name")
    table = at.folder.table("holders")
    written = write_groups(table, heard) if heard else None
    for id, raw in cards.items():
        put(at.folder, at.folder.card(id), raw)
    if written is not None and written != table.read_bytes():
        put(at.folder, table, written)


def _edit(at: Wizard, form: PostedForm) -> None:
    folder, text = at.folder, read_text(at.folder, "election")
    toml = read_toml(folder.election, Mistakes())
    if toml is None or text is None:
        raise Unsuitable("as_text")
    if form.fields.get("version") != version(folder, "election"):
        raise Unsuitable("changed")
    try:
        changed = change(text, read_fields(toml.values, form.fields))
    except Uneditable:
        raise Unsuitable("as_text") from None
    if (array := form.fields.get("add", "")) in ("contest", "date"):
        changed = append(changed, array)
    if changed != text:
        put(folder, folder.election, changed.encode())


def _row(path: str, answer: Callable[..., Reply], summary: str, parts: dict[str, Object]) -> Route:
    return Route("POST", path, answer, summary, {303: (HTML, str)}, (403, 413), parts, streams=True)


ROUTES = (
    _row("/{language}/{step}/files", take_files, "Hand files in.", AT_STEP),
    _row("/{language}/{step}/groups", take_groups, "Hand cards and groups in.", AT_STEP),
    _row("/{language}/{step}/fields", take_fields, "Change values.", AT_STEP),
    _row("/{language}/{step}/make", make, "Make and print.", AT_STEP),
    _row("/{language}/{step}/rehearse", rehearse, "Rehearse.", AT_STEP),
    _row("/{language}/{step}/ask", ask, "Ask for signatures.", AT_STEP),
    _row("/{language}/text/{name}", take_text, "Change a file.", OF_FILE),
    _row("/{language}/end", end, "End.", IN),
)
