"""What browsers will compare the app by, made from its list: WEBCAT's manifest and WAICT's (specs/assets.md §4)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from verifier.client.assets import INDEX
from verifier.election.assets import ServedFile, ServedPolicy, app_digest
from verifier.records import Blob, encode

ROOM = "/.well-known/"
WEBCAT, WAICT = f"{ROOM}webcat/", f"{ROOM}waict/"
JSON, WAICT_MEDIA, WASM = "application/json", "application/waict-integrity-manifest", "application/wasm"
NAME = "manifest.json"
LETTERS = 22  # of a digest in a path, which are 128 bits
PROJECT = "https://aikyn.example/source"


class DeclaredFile(NamedTuple):
    """A file of the app, and its bytes."""

    file: ServedFile
    data: bytes


def declare(files: Iterable[ServedFile], policies: Sequence[ServedPolicy]) -> tuple[DeclaredFile, DeclaredFile]:
    """Both files in the order of their paths: WAICT's, WEBCAT's. Those of this list below `/.well-known/` do not count.

    `policies` are those of the list, of which the first one is that of `/`.
    """
    own = [file for file in files if not file.path.startswith(ROOM)]
    hashes = {file.path: _code(file.blob.sha256) for file in own}
    modules = sorted({hashes[file.path] for file in own if file.type == WASM})
    waict = _compose_waict(hashes, modules)
    webcat = encode({"manifest": _compose_webcat(own, hashes, modules, policies), "signatures": {}})
    path = f"{WAICT}{_code(sha256(waict).digest())[:LETTERS]}/{NAME}"
    return _file(path, WAICT_MEDIA, waict), _file(WEBCAT + NAME, JSON, webcat)


def _compose_waict(hashes: dict[str, str], modules: list[str]) -> bytes:
    """The manifest, and no proof on the line below it; a folder is asked for as its index."""
    folders = {path.removesuffix(INDEX): said for path, said in hashes.items() if path.endswith(f"/{INDEX}")}
    return encode({"hashes": hashes | folders} | ({"wasm_hashes": modules} if modules else {})) + b"\n\n"


def _compose_webcat(
    own: list[ServedFile], hashes: dict[str, str], modules: list[str], policies: Sequence[ServedPolicy]
) -> dict[str, Any]:
    first, *others = policies
    return {
        "app": PROJECT,
        "default_csp": first.csp,
        "default_fallback": f"/{INDEX}",
        "default_index": INDEX,
        "extra_csp": {policy.prefix: policy.csp for policy in others},
        "files": hashes,
        "name": "Aikyn",
        "version": app_digest(own).hex(),
        "wasm": modules,
    }


def _file(path: str, media: str, data: bytes) -> DeclaredFile:
    return DeclaredFile(ServedFile(path, media, Blob.of(data)), data)


def _code(digest: bytes) -> str:
    """Base64 for addresses, without its end."""
    return urlsafe_b64encode(digest).decode().rstrip("=")
