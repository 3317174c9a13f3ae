"""The web server that deploy/ documents for the pages: a real nginx with the very file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bulletin.results.site import Site
from tests.support.counts import evening
from tests.support.fronts import fronted_results
from tests.support.published import edition_of

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nginx before a site."""
    place = tmp_path_factory.mktemp("front")
    Site(place / "site").publish(edition_of(evening()))
    with fronted_results(place / "nginx", place / "site") as running:
        yield running.url


def test_a_reader_is_led_to_his_or_her_language(front: str) -> None:
    for asked, language in (("ru-RU,ru;q=0.9", "ru"), ("en", "en"), ("ky", "ky"), ("de", "ky")):
        answer = requests.get(front, headers={"Accept-Language": asked}, allow_redirects=False, timeout=10)
        assert (answer.status_code, answer.headers["Location"].rpartition(":")[2].partition("/")[2]) == (
            302,
            f"{language}/index.html",
        )


def test_a_page_is_kept_for_ten_seconds_and_has_a_tag(front: str) -> None:
    answer = requests.get(f"{front}/ky/p/p-1", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=10"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    again = requests.get(f"{front}/ky/p/p-1", headers={"If-None-Match": answer.headers["ETag"]}, timeout=10)
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("results.css", "text/css; charset=utf-8"),
        ("data/all.csv", "text/csv; charset=utf-8"),
        ("head.json", "application/json"),
        ("ky/feed.xml", "application/atom+xml; charset=utf-8"),
    ],
)
def test_each_file_says_what_it_is(front: str, path: str, kind: str) -> None:
    assert requests.get(f"{front}/{path}", timeout=10).headers["Content-Type"] == kind


def test_nothing_else_is_shown_or_taken(front: str) -> None:
    assert requests.get(f"{front}/ky/none", timeout=10).status_code == 404
    assert requests.post(f"{front}/ky/index.html", data=b"x", timeout=10).status_code == 403


def test_the_pages_in_place_are_those_of_the_link(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(edition_of(evening()))
    assert site.current.is_symlink()
    assert (site.current / "ky" / "index.html").is_file()
