"""Every format has a page, an example and vectors; tiles, trust sheets and witnesses are judged by theirs here."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from tests.reference import files as reference_files
from tests.support.house import HOUSE, SPECS, read_vectors
from tests.vectors import cards
from tests.vectors import files as file_vectors
from verifier.audit import trust
from verifier.client import merkle
from verifier.client.files import decode_path
from verifier.errors import Incomplete, Malformed
from verifier.log import tiles
from verifier.log.tiles import ENTRIES, Tile

if TYPE_CHECKING:
    from verifier.audit.trust import TrustSheet

README = (SPECS / "README.md").read_text()
FORMAT = re.compile(r"^\| ([^|]+) \| \[(\w+)\]\(\w+\.md\)((?: §[\d–]+)?) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
FORMATS = FORMAT.findall(README.partition("## Formats")[2].partition("\n## ")[0])


# --- The list in specs/README.md ---


def test_every_format_has_a_page_with_an_example_and_vectors() -> None:
    assert len(FORMATS) >= 15
    for name, page, paragraph, example, vectors in FORMATS:
        text = (SPECS / f"{page}.md").read_text()
        if paragraph:
            first = re.search(r"\d+", paragraph)
            assert first, name
            assert re.search(rf"^(?:## )?{first[0]}\. ", text, re.MULTILINE), name
        for shown in re.findall(r"`([^`]+)`", example):
            assert shown in " ".join(text.split()), f"{name}: {page}.md has no example {shown}"
        assert re.findall(r"`(\w+)`", vectors), name
        assert all((SPECS / f"vectors/{file}.json").is_file() for file in re.findall(r"`(\w+)`", vectors)), name


def test_every_file_of_vectors_is_named_and_read() -> None:
    files = {path.stem for path in (SPECS / "vectors").glob("*.json")}
    assert {file for *_, vectors in FORMATS for file in re.findall(r"`(\w+)`", vectors)} == files
    pages = "".join(page.read_text() for page in SPECS.glob("*.md"))
    assert {file for file in files if f"`vectors/{file}.json`" not in pages} == set()


def test_every_page_of_a_format_begins_with_an_example() -> None:
    for page in {page for _, page, *_ in FORMATS} - {"verification"}:
        head = (SPECS / f"{page}.md").read_text().partition("**Conventions.**")[0].partition("## 1")[0]
        assert "Example" in head, page
    assert "Example:\n\n```\naikyn/1 trust\n" in (SPECS / "verification.md").read_text()


def test_the_path_reads_every_page_once() -> None:
    steps = README.partition("## The path")[2].partition("\n## ")[0]
    pages = re.findall(r"^\| \d+ \| \[(\w+)\]\((\w+)\.md\)", steps, re.MULTILINE)
    assert all(name == page for name, page in pages)
    assert [int(number) for number in re.findall(r"^\| (\d+) \| \[", steps, re.MULTILINE)] == list(
        range(1, len(pages) + 1)
    )
    beside = {"README", "mirror", "api", "operation", "desk", "printing", "lookup", "card", "measurements", "mapping"}
    beside |= {"keysheet", "duties", "results-pages", "rehearsal", "app", "voting", "alphabet", "workers"}
    assert sorted(page for _, page in pages) == sorted({path.stem for path in SPECS.glob("*.md")} - beside)
    for file in re.findall(r"`(tests/\w+\.py)`", steps):
        assert (HOUSE / file).is_file(), file


# --- Tiles, trust sheets, witnesses ---


@pytest.mark.parametrize("name", reference_files.FILES)
def test_the_reference_agrees(name: str) -> None:
    assert [said for said, agreed in reference_files.FILES[name](read_vectors(name)).items() if not agreed] == []


def test_the_committed_vectors_are_those_that_are_made() -> None:
    """Those of trust sheets quote a certificate, which is made afresh each time."""
    assert file_vectors.make_tiles() == read_vectors("tiles")
    assert file_vectors.make_witness() == read_vectors("witness")
    assert file_vectors.make_refusal() == read_vectors("refusal")
    assert cards.make() == read_vectors("card")
    assert [v["comment"] for v in file_vectors.make_trust()["sheets"]] == list(SHEETS)


def test_tiles() -> None:
    file = read_vectors("tiles")
    for level, number, width, path in file["paths"]:
        tile = Tile(ENTRIES if level == "entries" else int(level), number, width)
        assert (tile.path, decode_path(path)) == (path, tile)
    for path in file["refused"]:
        with pytest.raises(Malformed):
            decode_path(path)
    for tree in file["trees"]:
        assert sorted(tile.path for tile in merkle.grown(0, tree["size"])) == tree["tiles"]


def test_bundles() -> None:
    for v in read_vectors("tiles")["bundles"]:
        bundle = bytes.fromhex(v["bundle"])
        if v["result"] == "malformed":
            with pytest.raises(Malformed):
                tiles.decode_bundle(bundle, v["width"])
            continue
        entries = tiles.decode_bundle(bundle, v["width"])
        assert [entry.hex() for entry in entries] == v["result"]
        assert tiles.encode_bundle(entries) == bundle


SHEETS = {v["comment"]: v for v in read_vectors("trust")["sheets"]}


@pytest.mark.parametrize("v", SHEETS.values(), ids=SHEETS.keys())
def test_trust_sheets(v: dict[str, Any]) -> None:
    raw = bytes.fromhex(v["hex"]) if "hex" in v else v["sheet"].encode()
    if v["result"] == "accepted":
        assert says(trust.decode(raw)) == v["says"]
        return
    with pytest.raises({"malformed": Malformed, "incomplete": Incomplete}[v["result"]]):
        trust.decode(raw)


def says(sheet: TrustSheet) -> dict[str, Any]:
    named = sheet.witnesses and [party.key.name for party in sheet.witnesses.witnesses.values()]
    return {
        "origin": sheet.origin,
        "log_keys": [key.public.hex() for key in sheet.log_keys],
        "witnesses": named,
        "roots": [sha256(root.der).hexdigest() for root in sheet.roots],
        "manifest": sheet.manifest and sheet.manifest.hex(),
        "verifier": sheet.verifier and sheet.verifier.hex(),
        "app": sheet.app and sheet.app.hex(),
    }
