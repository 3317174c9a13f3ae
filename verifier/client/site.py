"""Asking an address for the voters' app, as different people do (specs/assets.md §3)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from hashlib import sha256
from html.parser import HTMLParser
from itertools import product
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests

from verifier.client.assets import INDEX, find_file, headers_of
from verifier.client.board import anonymous
from verifier.election.assets import Assets, ServedFile
from verifier.errors import Incomplete, Said, say

TIMEOUT = 30.0  # seconds without a byte
MOST = 1 << 20  # bytes that are read of what is not listed
AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
)
LANGUAGES = ("ky", "ru", "en")
CODINGS = ("gzip", "identity")
WORKER = {"Service-Worker": "script", "Sec-Fetch-Dest": "serviceworker"}
GUESSED = ("sw.js", "service-worker.js", "worker.js", "app.js", "main.js", "main.css", "app.wasm", INDEX)
WELL_KNOWN = ("change-password", "security.txt", "sw.js", "waict/manifest.json", "webcat/manifest.json")
RUN = ("html", "script", "css", "wasm", "svg", "xml")  # parts of the types that a browser runs or renders
LINKS = {"action", "data", "formaction", "href", "poster", "src"}


class WebAnswer(NamedTuple):
    """What was asked, and what came: names of headers in lower case, the body unpacked."""

    url: str
    asked: dict[str, str]
    status: int
    headers: dict[str, str]
    body: bytes


class Deviation(NamedTuple):
    """What an address does otherwise than the record says: the clause, the path, the answer that shows it."""

    id: str
    path: str
    said: Said
    answer: WebAnswer


def look(base: str, app: Assets) -> Iterator[Deviation]:
    """Everything that this address does otherwise (ART.4, ART.5, ART.6); `Incomplete` if it cannot be asked."""
    base = base.rstrip("/")
    for file in app.files:
        yield from _look_at_file(base, app, file)
    for path in sorted({_folder(file.path) for file in app.files}):
        if (index := find_file(app, path)) is not None:
            answer = ask(base + path, {}, index.blob.length)
            yield from _compare(app, path, index, answer)
    for path in sorted(_unlisted(base, app)):
        answer = ask(base + path, WORKER if path.endswith("js") else {"Accept": "text/html,*/*"}, MOST)
        yield from _compare_nothing(path, answer)
        yield from _compare_headers(app, path, answer)


def ask(url: str, headers: dict[str, str], most: int) -> WebAnswer:
    """One answer, of at most one byte more than `most`, without a cookie; redirects are not followed."""
    asked = {"User-Agent": AGENTS[0], "Accept-Encoding": "identity", **headers}
    try:
        with requests.get(
            url, headers=asked, timeout=TIMEOUT, allow_redirects=False, stream=True, auth=anonymous
        ) as came:
            body = b"".join(_cut(came.iter_content(1 << 16), most))
    except requests.RequestException as error:
        raise Incomplete(say("the address cannot be asked ({})", type(error).__name__), url) from error
    return WebAnswer(url, asked, came.status_code, {name.lower(): said for name, said in came.headers.items()}, body)


def _cut(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[: most + 1]
        most -= len(piece)
        if most < 0:
            return


def _look_at_file(base: str, app: Assets, file: ServedFile) -> Iterator[Deviation]:
    """As everybody asks for it; an ETag that is not the same for all could tell people apart."""
    tags: dict[str, str] = {}
    for agent, language, coding in product(AGENTS, LANGUAGES, CODINGS):
        asked = {"User-Agent": agent, "Accept-Language": language, "Accept-Encoding": coding}
        answer = ask(base + file.path, asked, file.blob.length)
        found = list(_compare(app, file.path, file, answer))
        tag = answer.headers.get("etag", "")
        known = tags.setdefault(answer.headers.get("content-encoding", ""), tag)
        if known != tag:
            found.append(Deviation("ART.4", file.path, say("its ETag is {}, and was {}", tag, known), answer))
        yield from found
        if found:  # once is enough
            return


def _compare(app: Assets, path: str, file: ServedFile, answer: WebAnswer) -> Iterator[Deviation]:
    media, digest = answer.headers.get("content-type", ""), sha256(answer.body)
    if answer.status != 200:
        yield Deviation("ART.4", path, say("the answer is {}, not 200", answer.status), answer)
    elif digest.digest() != file.blob.sha256:
        said = say("its SHA-256 is {}, and {} was signed", digest.hexdigest(), file.blob.sha256.hex())
        yield Deviation("ART.4", path, said, answer)
    elif media != file.type:
        yield Deviation("ART.4", path, say("its type is {}, and {} was signed", media or "–", file.type), answer)
    yield from _compare_headers(app, path, answer)


def _compare_headers(app: Assets, path: str, answer: WebAnswer) -> Iterator[Deviation]:
    for name, wanted in headers_of(app, path).items():
        given = answer.headers.get(name.lower())
        if given is None:
            yield Deviation("ART.5", path, say("the header {} is missing", name), answer)
        elif given != wanted:
            yield Deviation("ART.5", path, say("the header {} is “{}”, not “{}”", name, given, wanted), answer)
    if "set-cookie" in answer.headers:
        yield Deviation("ART.5", path, say("it sets a cookie"), answer)


def _compare_nothing(path: str, answer: WebAnswer) -> Iterator[Deviation]:
    media = answer.headers.get("content-type", "")
    if answer.status != 404:
        yield Deviation("ART.6", path, say("it is not listed, and the answer is {}, not 404", answer.status), answer)
    elif any(part in media for part in RUN):
        yield Deviation("ART.6", path, say("it is not listed, and the answer is of the type {}", media), answer)


def _unlisted(base: str, app: Assets) -> set[str]:
    """What might be there besides: links of the pages, usual names in each folder, names that nobody has."""
    folders = {"/", *(_folder(file.path) for file in app.files)}
    paths = {folder + name for folder in folders for name in (*GUESSED, *map(_draw, ("", ".html", ".js")))}
    paths |= {f"/.well-known/{name}" for name in WELL_KNOWN} | folders
    pages = (file for file in app.files if file.type.startswith("text/html"))
    for page in pages:
        url = base + page.path
        links = find_links(ask(url, {}, page.blob.length).body)
        paths |= {path for link in links if (path := _under(base, urljoin(url, link)))}
    return {path for path in paths if find_file(app, path) is None}


def _draw(ending: str) -> str:
    return secrets.token_hex(8) + ending


def _folder(path: str) -> str:
    return path[: path.rindex("/") + 1]


def _under(base: str, url: str) -> str:
    """The path below the address to which a link leads; "" if it leads elsewhere."""
    bare = urlsplit(url)._replace(query="", fragment="").geturl()
    return bare.removeprefix(base) if bare.startswith(f"{base}/") else ""


def find_links(page: bytes) -> set[str]:
    """Where the elements of a page lead, as far as the library can read it."""
    reader = _Links()
    with suppress(AssertionError):  # which it raises at some marked sections
        reader.feed(page.decode("utf-8", "replace"))
    return reader.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep where the element leads, whatever it is."""
        del tag
        self.found |= {value for name, value in attrs if name in LINKS and value}
