"""Anybody can build the app from its source and compare: `aikyn-verify site --rebuild`, with the real npm (ART.7)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.http import assets, layout
from bulletin.office import served
from tests.support import copies
from tests.support.elections import AUTHORITY, Election, contest
from tests.support.house import HOUSE
from tests.support.needs import lacking
from tests.support.serving import serving
from tests.support.sources import TEXTS
from verifier.desk.commands.main import main
from verifier.election.assets import Assets
from verifier.state import State

pytestmark = [pytest.mark.process, pytest.mark.slow]
ROOMS = ("web/", "bulletin/http/", "verifier/desk/words/")  # of what the app is made


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources as they are here, committed or not, without what was installed or built."""
    if not assets.BUILT.is_dir() or shutil.which("npm") is None:
        lacking("npm is needed, and `make .venv/web` first: the voter's app is not built")
    place = tmp_path_factory.mktemp("source")
    for name in (name for name in TEXTS if name.startswith(ROOMS)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HOUSE / name, place / name)
    return place


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a log on which the app is that is built here, and beside it the sheet and the app's folder."""
    place = tmp_path_factory.mktemp("signed")
    made = Election([contest("north")]).set_up().hold_ceremony()
    sheet = copies.sheet(made.records[0], [AUTHORITY.der])
    layout.lay_out(place / "app", sheet, made.records[0], layout.write_addresses("https://board.example"))
    record = served.assets(State(), place / "app").record
    assert isinstance(record, Assets)
    made.enact(record)
    (place / "trust.txt").write_bytes(sheet)
    copies.store(place / "copy", copies.publish(made.records, made.blobs))
    return place


def rebuild(signed: Path, source: Path) -> tuple[int, str]:
    """The status, and what is said of the app that is served."""
    with serving(assets.create_app(signed / "app")) as url:
        line = ["site", url, "--trust", signed / "trust.txt", "--copy", signed / "copy", "--rebuild", source]
        done = CliRunner().invoke(main, [*map(str, line), "--lang", "en"])
    if "the source does not build" in done.output:
        lacking(f"packages cannot be fetched here: {done.output}")
    return done.exit_code, done.output


def test_the_source_gives_what_is_served(source: Path, signed: Path) -> None:
    status, said = rebuild(signed, source)
    assert (status, said.count("SAME: ")) == (0, 1), said


def test_a_byte_in_the_source_shows(source: Path, signed: Path, tmp_path: Path) -> None:
    """Of a style, whose digest stands in every page."""
    bent = tmp_path / "source"
    shutil.copytree(source, bent)
    style = bent / "bulletin/http/templates/page.css"
    style.write_bytes(style.read_bytes() + b"\n")
    status, said = rebuild(signed, bent)
    differing = {line.split(", ")[1].split(": ")[0] for line in said.splitlines() if "and" in line and "ART.7 " in line}
    assert status == 1
    assert {"/page.css", "/index.html", "/ky/vote.html"} <= differing
    assert "/vote.js" not in differing
