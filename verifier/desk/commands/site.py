"""`aikyn-verify site`: whether addresses serve the app that the central commission has signed (specs/assets.md §3)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from verifier.audit.audit import Audit
from verifier.client.copy import opened
from verifier.client.declaration import WAICT, WEBCAT, declare
from verifier.desk.commands.files import put
from verifier.desk.commands.options import REJECTED, TRUST, UNCHECKED, Bars, ending, read_sheet
from verifier.desk.commands.speech import LANG, ended, spoken, tell, told, warn
from verifier.desk.report.clauses import explain
from verifier.election.assets import BESIDE, Assets, leaf_of
from verifier.errors import Incomplete, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.audit.trust import TrustSheet
    from verifier.client.site import Deviation
    from verifier.errors import Said

INSTALL, BUILD = ("npm", "ci", "--ignore-scripts"), ("node", "build.js")  # in web/; the folder to write to comes last


class SignedApp(NamedTuple):
    """The app in effect, and the number of its record."""

    app: Assets
    record: int


class Doubt(NamedTuple):
    """What is wrong with the record itself: the clause, the path, and what is said of it."""

    id: str
    path: str
    said: Said


@click.command("site")
@click.argument("urls", metavar="URL…", nargs=-1, required=True)
@TRUST
@click.option(
    "--copy", "--board", "place", required=True, help="A copy of the log, a directory or zip, or a board's URL."
)
@click.option("--rebuild", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="SOURCE",
    help="Build the app from the release's source, with npm, and compare (ART.7).")  # fmt: skip
@click.option("--evidence", type=click.Path(dir_okay=False, path_type=Path), default=Path("site-evidence.json"),
    help="Where what differs is kept, with headers and bytes; site-evidence.json unless told.")  # fmt: skip
@LANG
def site_(urls: tuple[str, ...], sheet: Path, place: str, rebuild: Path | None, evidence: Path) -> None:
    """Compare what addresses serve with the signed app.

    The app is the one in effect on the log, which is audited first. Each address is asked as by people with other
    browsers and languages. Nothing here proves anything to others: a server does not sign what it serves. Status 0: all
    is the same. Status 1: something differs. Status 2: something could not be asked.
    """
    from verifier.client.site import look  # loads what speaks HTTP

    trust = read_sheet(sheet)
    with ending():
        signed = find_app(place, trust)
        doubts = [*compare_sheet(signed.app, sheet.read_bytes(), trust), *compare_declared(signed.app)]
        doubts += compare_source(signed.app, rebuild) if rebuild else []
    for doubt in doubts:
        warn("site.doubt", id=doubt.id, path=doubt.path, said=told(doubt.said), record=signed.record)
    found: list[Deviation] = []
    unasked = 0
    for url in urls:
        try:
            here = []
            for one in look(url, signed.app):
                warn("site.differs", id=one.id, url=one.answer.url, said=told(one.said))
                here.append(one)
        except Incomplete as error:
            unasked += 1
            ended(error)
        else:
            if not here:
                tell("site.same", url=url, record=signed.record, count=len(signed.app.files))
        found += here
    for id in sorted({one.id for one in found} | {one.id for one in doubts}):
        warn("site.explain", id=id, do=explain(id, spoken().language).do)
    if found:
        put(evidence, lambda: _keep(signed, found), "put.written")
    sys.exit(REJECTED if found or doubts else UNCHECKED if unasked else 0)


def find_app(place: str, trust: TrustSheet) -> SignedApp:
    """The app in effect on a log that stands its audit; `Incomplete` if it does not, or has none."""
    with Bars(quiet=False) as bars, opened(place, trust, None, bars) as copy:
        audit = Audit(copy, trust, bars, kept=copy.kept)
        wrong = [*audit.run().failures, *audit.notes.missing]
    if wrong:
        raise Incomplete(
            say("the log does not stand its audit ({}): run aikyn-verify election", wrong[0].id or "–"), place
        )
    app = audit.state.assets
    if app is None:
        raise Incomplete("the log has no app in effect", place)
    return SignedApp(app, audit.state.pending[leaf_of(app)].position)


def compare_sheet(app: Assets, sheet: bytes, trust: TrustSheet) -> Iterator[Doubt]:
    """The app is the one that the sheet names (ART.7); it carries this sheet and this manifest (ART.8)."""
    if trust.app is not None and trust.app != app.app:
        yield Doubt(
            "ART.7", "/", say("the trust sheet names the app {}, and {} was signed", trust.app.hex(), app.app.hex())
        )
    wanted = {"/trust.txt": sha256(sheet).digest(), "/manifest.json": trust.manifest}
    for file in app.files:
        named = next((name for name in wanted if file.path.endswith(name) and not file.path.startswith("/.")), "")
        if named and wanted[named] != file.blob.sha256:
            yield Doubt("ART.8", file.path, say("it has the SHA-256 {}", file.blob.sha256.hex()))
    yield from (
        Doubt("ART.8", name, say("it is not in the list"))
        for name in wanted
        if not any(file.path.endswith(name) and not file.path.startswith("/.") for file in app.files)
    )


def compare_declared(app: Assets) -> Iterator[Doubt]:
    """What the list has for browsers is what it gives itself (ART.8)."""
    made = {one.file.path: one.file for one in declare(app.files, app.headers)}
    for file in app.files:
        if file.path.startswith((WEBCAT, WAICT)) and made.get(file.path) != file:
            yield Doubt("ART.8", file.path, say("it is not what the rest of the list gives"))


def compare_source(app: Assets, source: Path) -> Iterator[Doubt]:
    """The files that every election has are those that this source gives (ART.7); `Incomplete` if it does not build."""
    listed = {file.path: file.blob.sha256 for file in app.files if not file.path.endswith(BESIDE)}
    built, again = _build(source)
    for path in sorted(listed.keys() | built.keys() | again.keys()):
        if built.get(path) != again.get(path):
            yield Doubt("ART.7", path, say("two builds of the source give different bytes"))
        elif path not in built:
            yield Doubt("ART.7", path, say("the source does not give this file"))
        elif path not in listed:
            yield Doubt("ART.7", path, say("the source gives this file, and it is not listed"))
        elif listed[path] != built[path]:
            said = say("its SHA-256 is {}, and {} was signed", built[path].hex(), listed[path].hex())
            yield Doubt("ART.7", path, said)


def _build(source: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The SHA-256 of each file that the source gives, by path, of two builds with the packages that it pins."""
    with tempfile.TemporaryDirectory() as folder:
        work, outs = Path(folder) / "source", (Path(folder) / "once", Path(folder) / "again")
        shutil.copytree(source, work, ignore=shutil.ignore_patterns("node_modules", ".git", ".venv"), symlinks=True)
        for command in (INSTALL, *((*BUILD, str(out)) for out in outs)):
            _run(command, work / "web")
        once, again = (
            {
                f"/{file.relative_to(out).as_posix()}": sha256(file.read_bytes()).digest()
                for file in out.rglob("*")
                if file.is_file()
            }
            for out in outs
        )
    return once, again


def _run(command: tuple[str, ...], folder: Path) -> None:
    program = shutil.which(command[0])
    if program is None:
        raise Incomplete(say("{} is not installed here", command[0]), str(folder))
    try:
        subprocess.run([program, *command[1:]], cwd=folder, check=True, capture_output=True)  # noqa: S603  it is asked for
    except (subprocess.CalledProcessError, OSError) as error:
        raise Incomplete(say("the source does not build ({})", str(error)), str(folder)) from error


def _keep(signed: SignedApp, found: list[Deviation]) -> bytes:
    """What was asked and what came, for those who look into it."""
    time = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    told_ = [
        {
            "clause": one.id,
            "path": one.path,
            "said": str(one.said),
            "url": one.answer.url,
            "asked": one.answer.asked,
            "status": one.answer.status,
            "headers": one.answer.headers,
            "body": b64encode(one.answer.body).decode(),
        }
        for one in found
    ]
    file = {"differences": told_, "leaf": leaf_of(signed.app).hex(), "record": signed.record, "time": time}
    return json.dumps(file, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"
