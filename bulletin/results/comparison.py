"""What a site shows and the log does not give: page by page, the first line and the first word that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import zip_longest
from typing import NamedTuple

import msgspec
import requests
from requests.adapters import HTTPAdapter

from bulletin.results.edition import Edition
from bulletin.results.reading import PublishedLog
from bulletin.results.site import LIST, compose
from verifier.errors import Incomplete, say
from verifier.records import encode

ABREAST = 8  # pages that are fetched at a time
MOST = 1 << 28  # bytes of a file
TRIES = 3  # that a site which moves on meanwhile is looked at
WORD = re.compile(r"<[^>]*>|[^<\s]+")


class ShownHead(msgspec.Struct, frozen=True):
    """What `head.json` says of the checkpoint."""

    number: int
    root: str


class Difference(NamedTuple):
    """A file of a site that the log does not give: the first line that differs, counted from 1, and its first word.

    `shown` is None if the site lacks the file, `due` if the log gives no such file.
    """

    file: str
    line: int
    shown: str | None
    due: str | None

    def __str__(self) -> str:
        if self.shown is None:
            return f"{self.file}: is not there"
        if self.due is None:
            return f"{self.file}: the log gives no such file"
        return f"{self.file}, line {self.line}: shown “{self.shown}”, by the log “{self.due}”"


class ResultsSite:
    """A site of results at `address`; its connections are kept, since a nation's pages are tens of thousands."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._session = requests.Session()
        self._session.mount("http", HTTPAdapter(pool_maxsize=ABREAST))

    def fetch(self, name: str) -> bytes | None:
        """A file of the site, None if it has none."""
        url = f"{self.address}/{name}"
        try:
            with self._session.get(url, timeout=30, stream=True, allow_redirects=False) as answer:
                if answer.status_code != 200:
                    return None
                return b"".join(_bounded(answer, url))
        except requests.RequestException as error:
            raise Incomplete(say("the site cannot be reached ({})", type(error).__name__), url) from error

    def head(self) -> ShownHead:
        """What the site says it shows."""
        try:
            return msgspec.json.decode(self.fetch("head.json") or b"", type=ShownHead)
        except msgspec.MsgspecError as error:
            raise Incomplete(
                "this is no site of results: its `head.json` cannot be read", f"{self.address}/head.json"
            ) from error


def compare(ledger: PublishedLog, address: str) -> tuple[Edition, list[Difference]]:
    """The edition that the site says it shows, and where it differs from what the log gives."""
    site = ResultsSite(address)
    for _ in range(TRIES):
        head = site.head()
        edition = ledger.advance(head.number)
        if edition.now.root.hex() != head.root:
            raise Incomplete(
                say("checkpoint {} has another root on this copy of the log than on the site", head.number),
                f"{site.address}/head.json",
            )
        found = list(_differences(edition, site))
        if site.head() == head:
            return edition, found
    raise Incomplete("the site moves on faster than it can be read: try again", site.address)


def _differences(edition: Edition, site: ResultsSite) -> Iterator[Difference]:
    """All files of the edition, and those that the site lists besides."""
    listed: dict[str, str] = {}
    with ThreadPoolExecutor(ABREAST) as pool:
        for recipe in compose(edition):
            due = dict(zip(recipe.names, recipe.make(), strict=True))
            for (name, raw), shown in zip(due.items(), pool.map(site.fetch, due), strict=True):
                listed[name] = sha256(raw).hexdigest()
                if raw != shown:
                    yield differ(f"{site.address}/{name}", shown, raw)
    raw, shown = encode(dict(sorted(listed.items()))), site.fetch(LIST)
    if raw != shown:
        yield differ(f"{site.address}/{LIST}", shown, raw)


def differ(file: str, shown: bytes | None, due: bytes) -> Difference:
    """Where the two begin to differ."""
    if shown is None:
        return Difference(file, 0, None, "")
    lines = zip_longest(*(raw.decode("utf-8", "replace").split("\n") for raw in (shown, due)), fillvalue="")
    for number, (one, other) in enumerate(lines, 1):
        if one != other:
            words = zip_longest(WORD.findall(one), WORD.findall(other), fillvalue="")
            first, second = next(((a, b) for a, b in words if a != b), (one, other))
            return Difference(file, number, first, second)
    return Difference(file, 0, "", "")


def _bounded(answer: requests.Response, url: str) -> Iterator[bytes]:
    length = 0
    for piece in answer.iter_content(1 << 16):
        length += len(piece)
        if length > MOST:
            raise Incomplete(say("the site sends more than the {} bytes that a file may have", MOST), url)
        yield piece
