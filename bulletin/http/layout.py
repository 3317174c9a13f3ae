"""The voter's app of an election laid out in a folder, ready for a web server (specs/app.md §2)."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from bulletin.http import assets
from bulletin.log import disk
from bulletin.settings import Unusable, is_address
from verifier.audit.trust import TrustSheet
from verifier.client.board import Board
from verifier.client.declaration import declare
from verifier.election.assets import ServedFile, ServedPolicy
from verifier.errors import Incomplete
from verifier.log import checkpoint, tiles
from verifier.log.reading import LATEST, read_tile
from verifier.records import Blob, encode

NOT_BUILT = "the app is not built here, which needs npm: run `make install` again, or install the wheel of a release"


def write_addresses(board: str, mirrors: tuple[str, ...] = (), check: str = "", practice: str = "") -> bytes:
    """`site.json`; `Unusable` if something is no address."""
    for said in (board, *mirrors, *filter(None, (check, practice))):
        if not is_address(said):
            raise Unusable(f"{said}: an address is https://name, and nothing after it")
    return encode({"board": board, "check": check, "mirrors": list(mirrors), "practice": practice})


def fetch_manifest(board: Board) -> bytes:
    """The first entry of a board's log, not checked; `Incomplete` if there is none yet."""
    raw = board.read(LATEST)
    if raw is None:
        raise Incomplete("the board has not published anything yet", board.url)
    first = tiles.at(tiles.ENTRIES, 0, checkpoint.decode(raw).body.size)
    return read_tile(board.read, first, tiles.decode_bundle)[0]


def check_manifest(trusted: TrustSheet, raw: bytes) -> None:
    """`Unusable` unless these bytes are the manifest that the sheet names."""
    if trusted.manifest is None:
        raise Unusable("the trust sheet has no line `manifest`: without it the app could be shown another election")
    if sha256(raw).digest() != trusted.manifest:
        raise Unusable("this is not the manifest that the trust sheet names: is it another election's board?")


def lay_out(directory: Path, sheet: bytes, manifest: bytes, addresses: bytes) -> int:
    """Write the app, the three files of an election and those for browsers, pages after what they load; how many."""
    built = {asset.path: data for asset, data in assets.list_built()}
    if not built:
        raise Unusable(NOT_BUILT)
    wanted = built | {assets.TRUST: sheet, assets.MANIFEST: manifest, assets.ADDRESSES: addresses}
    wanted |= _declare(wanted)
    obsolete = [path for path in disk.list_files(directory) if path not in wanted]
    if strange := [path for path in obsolete if not assets.NAME.fullmatch(path)]:
        raise Unusable(f"{directory / strange[0]} is not the app's: give a folder that has nothing else")
    for path in sorted(wanted, key=lambda one: (one.endswith(".html"), one)):
        disk.make_directory((directory / path).parent)
        disk.write(directory / path, wanted[path])
    for path in obsolete:
        (directory / path).unlink()
    return len(wanted)


def _declare(files: Mapping[str, bytes]) -> dict[str, bytes]:
    listed = [ServedFile(f"/{path}", assets.media_of(path), Blob.of(data)) for path, data in sorted(files.items())]
    made = declare(listed, (ServedPolicy("/", assets.POLICY),))
    return {one.file.path.lstrip("/"): one.data for one in made}
