"""Applications for credentials: judged, given codes and second shares, entered in register.csv (specs/desk.md §7)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from bulletin.office.appending import append
from bulletin.office.election import NONE, ShareSource, read_election
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.objection import Unable
from bulletin.office.processes import Failed, Processes
from bulletin.office.steps import clock
from bulletin.office.table import read
from bulletin.office.tables import Mistaken
from verifier.client.application import Unproved, VoterApplication
from verifier.errors import Malformed
from verifier.log.note import encode_base64
from verifier.state import State

LETTERS, LENGTH = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789", 8  # of a code: no 0 O 1 I
AT_ONCE = 200  # shares that one process draws
Codes = dict[str, str]  # by K1
Listed = set[tuple[str, str]]  # by commission and code
FORMULA = ("=", "+", "-", "@")  # a spreadsheet would take what begins so for a formula


class Entered(NamedTuple):
    """An application that stands in register.csv from now on; `share` is the voter's file with the second share."""

    application: str
    code: str
    share: Path | None


class _Asked(NamedTuple):
    """An application that stands: its file, who registers it, with which ballot."""

    path: Path
    application: VoterApplication
    commission: str
    style: str

    @property
    def key(self) -> str:
        """K1, by which it is known again."""
        return encode_base64(self.application.credential)


def accept(folder: Folder, state: State, commission: str | None = None) -> list[Entered]:
    """Enter what lies in `applications/` and is not entered yet, of this commission or of all; what is wrong is raised.

    What was begun and broke off goes on where it stands: a code is written down before its share is drawn, and the
    share before its row.
    """
    if not folder.applications.is_dir():
        return []
    found = Mistakes()
    second = _second_share(folder, found)
    asked, codes, listed = _look(folder, state, commission, found)
    _give_codes(
        folder,
        asked,
        codes,
        set().union((code for _, code in listed), codes.values(), *map(state.codes_of, state.codes)),
    )
    due = [each for each in asked if (each.commission, codes[each.key]) not in listed]
    keys = {each.key: each.key for each in due} if second == NONE else _draw_shares(folder, due, codes)
    rows = [(each.commission, codes[each.key], each.style, keys[each.key]) for each in due]
    if rows:
        append(
            folder, "register", [dict(zip(("commission", "code", "style", "key"), row, strict=True)) for row in rows]
        )
    return [_enter(folder, each, codes[each.key], second) for each in due]


def count_left(folder: Folder, state: State) -> int:
    """How many applications that stand in `applications/` are not entered; mistakes in them are raised."""
    if not folder.applications.is_dir():
        return 0
    asked, codes, listed = _look(folder, state, None, Mistakes())
    return sum((each.commission, codes.get(each.key, "")) not in listed for each in asked)


def _look(folder: Folder, state: State, commission: str | None, found: Mistakes) -> tuple[list[_Asked], Codes, Listed]:
    """Applications, the codes that were given, what stands in register.csv; what is wrong is raised."""
    codes = {row["key"]: row["code"] for row in _rows(folder, "applications", found)}
    listed = {(row["commission"], row["code"]) for row in _rows(folder, "register", found)}
    asked = [each for each in _read_all(folder, state, commission, found) if commission in {None, each.commission}]
    if found.grave:
        raise Mistaken([mistake for mistake in found if mistake.severity != "notice"])
    return asked, codes, listed


def _second_share(folder: Folder, found: Mistakes) -> ShareSource:
    """What election.toml says; a folder without one knows of no second share."""
    draft = read_election(folder, clock(), found) if folder.election.exists() else None
    return draft.second_share if draft else NONE


def _rows(folder: Folder, name: str, found: Mistakes) -> list[Mapping[str, str]]:
    """A table's rows; one that is not there, or has none yet, has none."""
    path, said = folder.table(name), Mistakes()
    rows = read(path, name, said) if path.exists() else []
    found.extend(mistake for mistake in said if mistake.kind != "no-rows")
    return [row.cells for row in rows]


def _read_all(folder: Folder, state: State, commission: str | None, found: Mistakes) -> Iterator[_Asked]:
    first: dict[str, str] = {}
    for path in sorted(folder.applications.iterdir()):
        if path.name.startswith(".") or not path.is_file():
            continue
        asked = _read(path, state, commission, found)
        if asked is None:
            continue
        if (name := first.setdefault(asked.key, path.name)) != path.name:
            found.note("doubled-application", path.name, 7, first=name)
        else:
            yield asked


def _read(path: Path, state: State, commission: str | None, found: Mistakes) -> _Asked | None:
    """An application of this election by somebody who has the key; None if it is not, which is said."""
    before = len(found)
    try:
        asked = VoterApplication.decode(path.read_bytes())
        asked.check()
    except Malformed as error:
        found.note("application", path.name, error.where.line or 0, reason=error.said)
        return None
    except Unproved as error:
        found.note("application-proof", path.name, 8, reason=error.said)
        return None
    styles = [style.id for style in state.rules.styles]
    style = asked.style or (styles[0] if len(styles) == 1 else "")
    whose = asked.commission or commission or (next(iter(state.commissions)) if len(state.commissions) == 1 else "")
    if asked.election != state.rules.election:
        found.note("application-election", path.name, 2, election=asked.election, own=state.rules.election)
    elif asked.manifest not in {b"", state.digest}:
        found.note("application-manifest", path.name, 3)
    if not whose:
        found.note("application-commission", path.name, 4)
    elif whose not in state.commissions:
        found.note("unknown-commission", path.name, 4, commission=whose)
    if style not in styles:
        found.note("unknown-style" if style else "no-style", path.name, 5, style=style)
    return _Asked(path, asked, whose, style) if len(found) == before else None


def _give_codes(folder: Folder, asked: list[_Asked], codes: dict[str, str], taken: set[str]) -> None:
    """A code for each that has none, written down with its application before anything is made of it."""
    fresh = [each for each in asked if each.key not in codes]
    for each in fresh:
        while (code := "".join(secrets.choice(LETTERS) for _ in range(LENGTH))) in taken:
            pass
        taken.add(code)
        codes[each.key] = code
    if fresh:
        rows = [{"code": codes[one.key], "application": _name(one.path), "key": one.key} for one in fresh]
        append(folder, "applications", rows)


def _draw_shares(folder: Folder, due: list[_Asked], codes: Mapping[str, str]) -> dict[str, str]:
    """K for each K1. A process of the room that may hold secrets draws k2; this one never sees it."""
    drawn: dict[str, str] = {}
    for start in range(0, len(due), AT_ONCE):
        part = due[start : start + AT_ONCE]
        pairs = [word for each in part for word in ("--for", f"{codes[each.key]}={each.path}")]
        try:
            with TemporaryDirectory() as place, Processes(Path(place)) as processes:
                processes.start("share", "aikyn-mix", "share", folder.shares, *pairs)
                lines = processes.finish("share").splitlines()
        except Failed as error:
            raise Unable("no-shares", folder=folder.shares.name, reason=str(error)) from error
        keys = dict(line.split() for line in lines)
        drawn |= {each.key: keys[codes[each.key]] for each in part}
    return drawn


def _enter(folder: Folder, asked: _Asked, code: str, second: ShareSource) -> Entered:
    return Entered(asked.path.name, code, None if second == NONE else folder.share(code))


def _name(path: Path) -> str:
    """A file's name for a table that people open in a spreadsheet."""
    return f"'{path.name}" if path.name.startswith(FORMULA) else path.name
