"""Pages for one person at this machine: who is answered, and who is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from queue import Queue
from threading import Thread

import pytest
import requests

from bulletin.http.exchange import HTML, HttpRequest, Reply
from bulletin.http.routes import Route
from bulletin.office.web import loopback
from bulletin.office.web.loopback import Door, Loopback, serve

pytestmark = pytest.mark.process


class Room:
    """Two pages: one that says the form's secret, one that says back what it was sent."""

    def __init__(self) -> None:
        self.door = Door()


def show(at: Room, _: HttpRequest) -> Reply:
    return Reply(200, {"content-type": HTML}, at.door.form.encode())


def take(at: Room, asked: HttpRequest) -> Reply:
    form = at.door.read(asked)
    sent = [f"{name}: {file}, {len(raw)}" for name, held in form.files.items() for file, raw in held]
    return Reply(200, {"content-type": HTML}, "\n".join([form.fields.get("word", ""), *sent]).encode())


def end(at: Room, asked: HttpRequest) -> Reply:
    at.door.read(asked)
    at.door.ended.set()
    return Reply(200, {"content-type": HTML}, b"ended")


ROUTES = (
    Route("GET", "/", show, "Show.", {200: (HTML, str)}),
    Route("POST", "/", take, "Take.", {200: (HTML, str)}, streams=True),
    Route("POST", "/end", end, "End.", {200: (HTML, str)}, streams=True),
)


@pytest.fixture
def door() -> Iterator[Door]:
    room, links = Room(), Queue[str]()
    thread = Thread(target=serve, args=(Loopback(room.door, ROUTES, room), links.put))
    thread.start()
    assert links.get(timeout=30) == room.door.link
    yield room.door
    room.door.ended.set()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def browser(door: Door) -> requests.Session:
    """Somebody who came by the link."""
    session = requests.Session()
    assert session.get(door.link, timeout=10).text == door.form
    session.headers["Origin"] = door.origin
    return session


def test_the_link_opens_once(door: Door, browser: requests.Session) -> None:
    assert browser.get(f"{door.origin}/", timeout=10).status_code == 200
    again = requests.get(door.link, timeout=10)
    assert (again.status_code, door.form in again.text) == (403, False)
    assert requests.get(f"{door.origin}/", timeout=10).status_code == 403


@pytest.mark.parametrize("path", ["", "x/", "page.css", "../"])
def test_nothing_is_shown_without_the_link(door: Door, path: str) -> None:
    answer = requests.get(f"{door.origin}/{path}", timeout=10)
    assert (answer.status_code, door.form in answer.text) == (403, False)


def test_a_wrong_token_does_not_use_the_link_up(door: Door) -> None:
    assert requests.get(f"{door.link[:-2]}x/", timeout=10).status_code == 403
    assert requests.get(door.link, timeout=10).status_code == 200


def test_the_cookie_is_for_these_pages_alone(door: Door) -> None:
    answer = requests.get(door.link, allow_redirects=False, timeout=10)
    assert answer.headers["Set-Cookie"].endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert door.token not in answer.headers["Location"]


def test_no_page_runs_anything_is_framed_or_kept(door: Door, browser: requests.Session) -> None:
    said = browser.get(f"{door.origin}/", timeout=10).headers
    assert said["Cache-Control"] == "no-store"
    assert "script-src" not in said["Content-Security-Policy"]
    assert "default-src 'none'" in said["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in said["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["localhost", "evil.example", ""])
def test_another_name_of_this_machine_is_not_answered(door: Door, browser: requests.Session, host: str) -> None:
    name = f"{host}:{door.port}" if host else ""
    answer = browser.get(f"{door.origin}/", headers={"Host": name}, timeout=10)
    assert (answer.status_code, door.form in answer.text) == (421, False)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_form_of_another_origin_is_refused(door: Door, browser: requests.Session, origin: str | None) -> None:
    answer = browser.post(f"{door.origin}/", {"form": door.form}, headers={"Origin": origin}, timeout=10)
    assert answer.status_code == 403


@pytest.mark.parametrize("secret", ["", "x"])
def test_a_form_that_the_pages_did_not_show_is_refused(door: Door, browser: requests.Session, secret: str) -> None:
    assert browser.post(f"{door.origin}/", {"form": secret}, timeout=10).status_code == 403
    assert browser.post(f"{door.origin}/", {"form": door.form, "word": "yes"}, timeout=10).text == "yes"


def test_a_file_comes_whole(door: Door, browser: requests.Session) -> None:
    files = {"file": ("../../a.csv", bytes(1_000_000)), "none": ("", b"")}
    answer = browser.post(f"{door.origin}/", {"form": door.form, "word": "айыл"}, files=files, timeout=10)
    assert answer.text == "айыл\nfile: ../../a.csv, 1000000"


@pytest.mark.parametrize("told", [True, False])
def test_what_is_too_large_is_refused(
    door: Door, browser: requests.Session, monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    monkeypatch.setattr(loopback, "MOST", 100_000)
    body = bytes(200_000)
    answer = browser.post(f"{door.origin}/", body if told else iter([body]), timeout=10)
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x", "text/plain", ""])
def test_what_is_no_form_is_refused(door: Door, browser: requests.Session, kind: str) -> None:
    answer = browser.post(f"{door.origin}/", b"--x\r\nnothing", headers={"Content-Type": kind}, timeout=10)
    assert answer.status_code in {400, 403}


def test_a_page_ends_it(door: Door, browser: requests.Session) -> None:
    assert browser.post(f"{door.origin}/end", {"form": door.form}, timeout=10).text == "ended"
    assert door.ended.is_set()


def test_whoever_names_no_host_is_not_answered(door: Door) -> None:
    with closing(HTTPConnection("127.0.0.1", door.port, timeout=10)) as connection:
        connection.putrequest("GET", "/", skip_host=True)
        connection.endheaders()
        assert connection.getresponse().status == 421
