"""The web server that deploy/ documents for the pages: a real nginx with the very file."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bulletin.results.site import Site
from tests.support.counts import evening
from tests.support.fronts import DEPLOY, HOST, NGINX, await_listening, certify, free_ports
from tests.support.needs import lacking
from tests.support.published import edition_of

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of nginx before a site."""
    if NGINX is None:
        lacking("nginx is not installed")
    place = tmp_path_factory.mktemp("front")
    Site(place / "site").publish(edition_of(evening()))
    (place / "logs").mkdir()
    certify(place)
    ports = free_ports(3)
    text = (DEPLOY / "nginx-results.conf").read_text()
    for former, put in {
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "/run/nginx.pid": f"{place}/nginx.pid",
        "/var/log/nginx/": f"{place}/logs/",
        "/var/lib/aikyn-results": f"{place}/site",
        "/etc/letsencrypt/live/results.example/": f"{place}/",
        "listen 80;": f"listen {HOST}:{ports[2]};",
        "listen 443 ssl http2": f"listen {HOST}:{ports[1]} ssl http2; listen {HOST}:{ports[0]}",
        "listen [::]:80;": "",
        "listen [::]:443 ssl http2 backlog=4096;": "",
    }.items():
        assert former in text, former
        text = text.replace(former, put)
    (place / "nginx.conf").write_text(text)
    words = [NGINX, "-p", str(place), "-c", str(place / "nginx.conf"), "-g", "daemon off;"]
    with (place / "told").open("wb") as told, subprocess.Popen(words, stdout=told, stderr=told) as process:
        try:
            await_listening(ports[0], process, place / "told")
            yield f"http://{HOST}:{ports[0]}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


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
