"""The voter's app: which files it has, and what a server says with each of them (specs/app.md).

Nothing here knows an election. The pages are built from web/ before; three files beside them say which election it is.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple, Protocol

from bulletin.board.admission import Refusal
from bulletin.http.app import Application
from bulletin.http.exchange import HTML, JSON, PLAIN, HttpRequest, Reply
from bulletin.http.files import give_file, say_absent
from bulletin.http.headers import PUBLIC, strict
from bulletin.http.markup import CSS, HERE
from bulletin.http.routes import Route
from verifier.client.assets import FIXED, find_file, headers_of
from verifier.client.assets import POLICY as POLICY_NAME
from verifier.client.declaration import WAICT, WAICT_MEDIA
from verifier.election.assets import Assets
from verifier.log.reading import blob_path

BUILT = HERE / "built" / "app"
INDEX = "index.html"
UNDER = "/app"  # where boards and mirrors serve it
TRUST, MANIFEST, ADDRESSES = "trust.txt", "manifest.json", "site.json"
SCRIPT, FONT = "text/javascript; charset=utf-8", "font/woff2"
MEDIA = {"html": HTML, "css": CSS, "js": SCRIPT, "json": JSON, "txt": PLAIN, "woff2": FONT}
NAME = re.compile(
    r"([a-z]{2}/|\.well-known/(webcat|waict/[\w-]{22})/)?[a-z0-9-]+(\.[a-z0-9-]+)*\.(html|css|js|json|txt|woff2)",
    re.ASCII,
)
LOOPBACK = "http://127.0.0.1:*"
POLICY = (  # the same for every election, and for every file
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; "
    f"connect-src 'self' https: {LOOPBACK}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = ((POLICY_NAME, POLICY), *FIXED.items())
OWN = tuple(name for name, said in HEADERS if dict(PUBLIC).get(name, said) != said)


class Asset(NamedTuple):
    """One file of the app: its path under the app's root, its media type, its Content-Security-Policy."""

    path: str
    media: str
    policy: str = POLICY


class Serving(Protocol):
    """What has the app of an election in a folder, or among the blobs of an archive by the list on the log, or not."""

    @property
    def app(self) -> Path | None: ...
    @property
    def listed(self) -> Assets | None: ...
    @property
    def archive(self) -> Path: ...
    def bring(self, name: str) -> None: ...


class AppFolder(NamedTuple):
    """The app of an election in a folder, and nothing else."""

    app: Path
    listed: Assets | None = None
    archive: Path = Path()

    def bring(self, name: str) -> None:
        """Nothing comes from elsewhere."""


def list_built(place: Traversable = BUILT, under: str = "") -> Iterator[tuple[Asset, bytes]]:
    """Each built file of the app with its bytes, by path; none where nothing was built."""
    if not place.is_dir():
        return
    for found in sorted(place.iterdir(), key=lambda one: one.name):
        path = under + found.name
        if found.is_dir():
            yield from list_built(found, f"{path}/")
        else:
            yield Asset(path, media_of(path)), found.read_bytes()


def media_of(path: str) -> str:
    """The media type of a file of the app; KeyError if the app has no such files."""
    if path.startswith(WAICT.lstrip("/")):
        return WAICT_MEDIA
    return MEDIA[path.rpartition(".")[2]]


def get_asset(at: Serving, asked: HttpRequest, rest: str = "") -> Reply:
    """Give a file of the app, with the headers of the app."""
    if at.app is None and at.listed is not None:
        return give_listed(at.listed, at, asked, f"/{rest}")
    rest = rest or INDEX
    if at.app is None or not NAME.fullmatch(rest):
        raise say_absent()
    media = media_of(rest)
    reply = give_file(asked, at.app / rest, dict(HEADERS)["Cache-Control"], media, packable=media != FONT)
    return reply._replace(headers={**{name.lower(): value for name, value in HEADERS}, **reply.headers})


def give_listed(app: Assets, at: Serving, asked: HttpRequest, path: str) -> Reply:
    """Give what the list has at this path, with the list's headers, which also stand on what is not there (§2)."""
    headers = {name.lower(): said for name, said in headers_of(app, path).items()}
    file = find_file(app, path)
    if file is not None:
        digest = file.blob.sha256
        with suppress(Refusal):  # this copy may lack the blob
            at.bring(blob_path(digest))
            place, tag = at.archive / blob_path(digest), f'"{digest.hex()}"'
            reply = give_file(asked, place, headers["cache-control"], file.type, packable=file.type != FONT, tag=tag)
            return reply._replace(headers={**headers, **reply.headers})
    return Reply(404, {**headers, "content-type": PLAIN}, b"not found\n")


def routes(prefix: str) -> tuple[Route, ...]:
    """The rows of the app under a prefix, which is "" or begins with a slash."""
    rest = {"rest": {"type": "string", "maxLength": 60, "examples": ["ky/r.html"]}}
    gives = {200: (HTML, str), 304: None}
    return (
        Route("GET", f"{prefix}/", get_asset, "The app's pages.", gives, (404,), own=OWN),
        Route("GET", f"{prefix}/{{rest...}}", get_asset, "A file of the app.", gives, (404,), rest, own=OWN),
    )


def create_app(folder: Path, address: str = "") -> Application:
    """A server of the app alone, at an origin of its own: each answer has the headers of the app, refusals too."""
    return Application(routes(""), AppFolder(folder), (*HEADERS, *strict(address)), pages=False)
