"""What browsers will compare the app by: made from the list alone, and of every file of it (specs/assets.md §4)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any

import pytest

from tests.corpus import apps
from verifier.client.declaration import LETTERS, ROOM, WAICT, WEBCAT, declare
from verifier.election.assets import Assets, ServedFile, ServedPolicy
from verifier.records import Blob

PAGES = {"/index.html": apps.HTML, "/ky/index.html": apps.HTML} | apps.FILES
APP = apps.make(dict(sorted(PAGES.items())))
OWN = {file.path: file.blob.sha256 for file in APP.files if not file.path.startswith(ROOM)}
POLICIES = (ServedPolicy("/", apps.CSP), ServedPolicy("/ky/", f"{apps.CSP}; font-src 'self'"))


def declared(app: Assets = APP) -> tuple[dict[str, Any], dict[str, Any]]:
    """WAICT's object, and WEBCAT's."""
    waict, webcat = declare(app.files, POLICIES)
    said, proof, rest = waict.data.split(b"\n")
    assert (proof, rest) == (b"", b"")
    whole = json.loads(webcat.data)
    assert whole.keys() == {"manifest", "signatures"}
    assert whole["signatures"] == {}
    return json.loads(said), whole["manifest"]


def read(said: dict[str, str]) -> dict[str, bytes]:
    assert not any("=" in code for code in said.values())
    return {path: urlsafe_b64decode(f"{code}=") for path, code in said.items()}


def test_both_have_every_file_and_nothing_of_their_own_room() -> None:
    waict, webcat = declared()
    assert read(webcat["files"]) == OWN
    assert read(waict["hashes"]) == OWN | {"/": OWN["/index.html"], "/ky/": OWN["/ky/index.html"]}
    module = webcat["files"]["/group.wasm"]
    assert webcat["wasm"] == waict["wasm_hashes"] == [module]
    assert webcat["version"] == APP.app.hex()


def test_webcat_has_the_policies_and_where_a_folder_leads() -> None:
    _, webcat = declared()
    assert (webcat["default_csp"], webcat["extra_csp"]) == (POLICIES[0].csp, {"/ky/": POLICIES[1].csp})
    assert webcat["files"][f"/{webcat['default_index']}"] == webcat["files"][webcat["default_fallback"]]


def test_the_paths_are_where_they_are_looked_for_and_can_be_listed() -> None:
    waict, webcat = declare(APP.files, POLICIES)
    assert webcat.file.path == f"{WEBCAT}manifest.json"
    letters = waict.file.path.removeprefix(WAICT).removesuffix("/manifest.json")
    assert len(letters) == LETTERS
    assert urlsafe_b64decode(f"{letters}==") == Blob.of(waict.data).sha256[:16]
    assert waict.file.path < webcat.file.path


def test_a_list_without_modules_has_no_word_of_them_for_waict() -> None:
    app = apps.make({"/index.html": apps.HTML})
    assert declared(app)[0].keys() == {"hashes"}
    assert declared(app)[1]["wasm"] == []


def test_the_same_list_gives_the_same_bytes_whatever_is_beside() -> None:
    once = declare(APP.files, POLICIES)
    assert declare([one for one in APP.files if not one.path.startswith(ROOM)], POLICIES) == once
    assert declare([*APP.files, *(one.file for one in once)], POLICIES) == once


@pytest.mark.parametrize("path", sorted(OWN))
def test_a_byte_in_any_file_is_another_manifest(path: str) -> None:
    bent = [ServedFile(one.path, one.type, Blob.of(b"?")) if one.path == path else one for one in APP.files]
    for made, former in zip(declare(bent, POLICIES), declare(APP.files, POLICIES), strict=True):
        assert made.data != former.data
