"""The archive's files over HTTP: types, caching, ranges, compression, and nothing but the archive's files."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path

import pytest

from bulletin.log import disk
from tests.support.asking import BLOBS, BUNDLE, GROWING, KINDS, PARTIAL, SMALL, TILE, TRICKS, ask, lay
from tests.support.browsing import archived
from tests.support.serving import serving
from verifier.log.reading import blob_path

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
IMMUTABLE = "public, max-age=31536000, immutable"
CACHING = {"checkpoint": "no-store", **dict.fromkeys((PARTIAL, "tile/1/000.p/2", GROWING, SMALL), "public, max-age=60")}
GREAT = b"a piece of a mix " * (1 << 18)
FIXED = [kind for kind in KINDS if kind != "checkpoint"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("files")
    lay(place / "archive")
    disk.store_blob(place / "archive", GREAT)
    (place / "log.key").write_text("PRIVATE+KEY")
    (place / "archive/.checkpoint").write_text("PRIVATE+KEY")
    return place / "archive"


@pytest.fixture(scope="module")
def url(archive: Path) -> Iterator[str]:
    with serving(archived(archive), patience=1.0, requests=64) as served:
        yield served


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_type_and_its_time_in_caches(url: str, archive: Path, kind: str) -> None:
    answer, data = ask(url, kind), (archive / kind).read_bytes()
    assert (answer.status, answer.body) == (200, data)
    told = answer.headers
    media = "text/plain; charset=utf-8" if kind == "checkpoint" else "application/octet-stream"
    assert (told["content-type"], told["cache-control"]) == (media, CACHING.get(kind, IMMUTABLE))
    assert told["content-length"] == str(len(data))
    assert told["access-control-allow-origin"] == "*"
    assert "ETag" in told["access-control-expose-headers"]
    assert told["x-content-type-options"] == "nosniff"
    assert "last-modified" not in told
    assert ("etag" in told, "accept-ranges" in told) == (kind != "checkpoint",) * 2
    head = ask(url, kind, "HEAD")
    served_by = {"date", "server", "connection"}
    assert (head.status, head.body) == (200, b"")
    assert {k: v for k, v in head.headers.items() if k not in served_by} == {
        k: v for k, v in told.items() if k not in served_by
    }


@pytest.mark.parametrize("kind", FIXED)
def test_who_has_a_file_is_told_so(url: str, kind: str) -> None:
    tag = ask(url, kind).headers["etag"]
    assert tag.startswith('"')
    for shown in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = ask(url, kind, If_None_Match=shown)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == CACHING.get(kind, IMMUTABLE)
    assert ask(url, kind, If_None_Match=tag, Range="bytes=0-0").status == 304
    assert ask(url, kind, If_None_Match='"other"').status == 200
    assert [ask(url, kind, If_Match=shown).status for shown in (tag, "*", '"other"')] == [200, 200, 412]


def test_a_checkpoint_is_always_the_whole_latest(url: str, archive: Path) -> None:
    raw = (archive / "checkpoint").read_bytes()
    for asked in ({"If_None_Match": "*"}, {"Range": "bytes=0-3"}, {"If_Modified_Since": formatdate(usegmt=True)}):
        answer = ask(url, "checkpoint", **asked)
        assert (answer.status, answer.body) == (200, raw)


RANGES = [
    ("bytes=0-0", (0, 1)),
    ("bytes=5-9", (5, 10)),
    ("BYTES=5-9", (5, 10)),
    ("bytes=60-", (60, None)),
    ("bytes=-7", (-7, None)),
    ("bytes=0-99999999", (0, None)),
]


@pytest.mark.parametrize("kind", FIXED)
@pytest.mark.parametrize(("shown", "part"), RANGES)
def test_one_range_is_a_part(url: str, archive: Path, kind: str, shown: str, part: tuple[int, int | None]) -> None:
    data = (archive / kind).read_bytes()
    answer = ask(url, kind, Range=shown, Accept_Encoding="gzip")
    assert (answer.status, answer.body) == (206, data[part[0] : part[1]])
    first = part[0] % len(data)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(answer.body) - 1}/{len(data)}"
    assert "content-encoding" not in answer.headers
    assert not answer.headers["etag"].startswith("W/")
    assert ask(url, kind, Range=shown, If_Range=answer.headers["etag"]).status == 206
    assert ask(url, kind, Range=shown, If_Range='"another"').body == data


@pytest.mark.parametrize("kind", FIXED)
def test_other_ranges(url: str, archive: Path, kind: str) -> None:
    data = (archive / kind).read_bytes()
    for whole in ("bytes=0-1,3-4", "records=0-1", "bytes"):
        assert ask(url, kind, Range=whole)[::2] == (200, data), whole
    for beyond in (f"bytes={len(data)}-", "bytes=9-3", "bytes=x-y", "bytes=-"):
        answer = ask(url, kind, Range=beyond)
        assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{len(data)}"), beyond
        assert b'"code":"malformed"' in answer.body
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("kind", [BUNDLE, GROWING])
def test_bundles_are_compressed_for_who_can_read_it(url: str, archive: Path, kind: str) -> None:
    data, plain = (archive / kind).read_bytes(), ask(url, kind)
    for shown in ("gzip", "br, gzip;q=0.5"):
        packed = ask(url, kind, Accept_Encoding=shown)
        assert packed.headers["content-encoding"] == "gzip"
        assert len(packed.body) < len(data) == len(gzip.decompress(packed.body))
        assert gzip.decompress(packed.body) == data
        assert packed.headers["etag"] == f"W/{plain.headers['etag']}"
        assert "accept-ranges" not in packed.headers
        assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        again = ask(url, kind, Accept_Encoding=shown, If_None_Match=packed.headers["etag"])
        assert (again.status, again.headers["vary"]) == (304, "Accept-Encoding")
    for shown in ("identity", "gzip;q=0", "br", "*;q=0"):
        assert ask(url, kind, Accept_Encoding=shown).body == data


@pytest.mark.parametrize("kind", ["checkpoint", TILE, PARTIAL, SMALL, BLOBS])
def test_nothing_else_is_compressed(url: str, archive: Path, kind: str) -> None:
    answer = ask(url, kind, Accept_Encoding="gzip")
    assert answer.body == (archive / kind).read_bytes()
    assert "content-encoding" not in answer.headers
    assert ("vary" in answer.headers) == (kind == SMALL)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_elsewhere_may_ask_for_parts(url: str, kind: str) -> None:
    answer = ask(url, kind, "OPTIONS", Origin="null", Access_Control_Request_Method="GET")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert {"Range", "If-None-Match"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert ask(url, kind, "DELETE").status == 405


@pytest.mark.parametrize("path", TRICKS)
def test_there_is_no_other_file(url: str, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(url, path, method)
        assert answer.status == 404
        assert b"PRIVATE" not in answer.body
        assert answer.headers["cache-control"] == "no-store"


def test_a_great_file_comes_whole_or_in_parts(url: str) -> None:
    name = blob_path(sha256(GREAT).digest())
    assert ask(url, name).body == GREAT
    head = ask(url, name, "HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(GREAT)))
    assert ask(url, name, Range="bytes=17-3000000").body == GREAT[17:3_000_001]
    assert ask(url, name, If_None_Match=head.headers["etag"]).status == 304
