"""The voters' app from a folder of files, as the record that the central commission signs (specs/assets.md §1)."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from bulletin.http.assets import BUILT, MEDIA, POLICY, list_built, media_of
from bulletin.office.acts import Enactment
from bulletin.office.objection import Objection
from bulletin.office.wording import speak
from verifier.desk.report.language import LANGUAGES
from verifier.election.assets import Assets, ServedFile, ServedPolicy, app_digest, leaf_of
from verifier.records import Blob, Text
from verifier.state import State

APP = "app"  # where the steps lay it out, in `made/`


def assets(state: State, folder: Path, reason: Text | None = None) -> Enactment:
    """The files of this folder are the app from now on; what replaces another app needs a reason."""
    files, blobs = read_files(folder)
    former = state.assets
    if former and reason is None:
        raise Objection("no-reason")
    reason = reason or Text(**{each: speak(each)["told.first-app"] for each in LANGUAGES})
    headers = (ServedPolicy("/", POLICY),)
    if former and (former.files, former.headers) == (files, headers):
        raise Objection("app-unchanged", folder=str(folder))
    return Enactment(Assets(app_digest(files), files, headers, reason, leaf_of(former)), blobs)


def read_files(folder: Path) -> tuple[tuple[ServedFile, ...], tuple[bytes, ...]]:
    """What lies in the folder, by path, and the bytes; `Objection` if a name's ending has no media type."""
    found: dict[str, tuple[ServedFile, bytes]] = {}
    for file in (file for file in folder.rglob("*") if file.is_file()):
        name = file.relative_to(folder).as_posix()
        try:
            media = media_of(name)
        except KeyError as error:
            raise Objection("strange-ending", file=f"/{name}", known=", ".join(sorted(MEDIA))) from error
        data = file.read_bytes()
        found[name] = ServedFile(f"/{name}", media, Blob.of(data)), data
    if not found:
        raise Objection("empty-app", folder=str(folder))
    files, blobs = zip(*(found[name] for name in sorted(found)), strict=True)
    return files, tuple(dict.fromkeys(blobs))


def built_digest(place: Traversable = BUILT) -> str:
    """The digest of the app that was built here, as trust sheets have it; "" where nothing was built."""
    files = [ServedFile(f"/{asset.path}", asset.media, Blob.of(data)) for asset, data in list_built(place)]
    return app_digest(sorted(files, key=lambda file: file.path)).hex() if files else ""
