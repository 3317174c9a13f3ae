"""The page on which a member signs: who is answered, what is shown, what is signed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import NoReturn

import pytest
import requests
from playwright.sync_api import Page, expect

from bulletin.office.asking import ask
from bulletin.office.folder import Folder
from bulletin.office.objection import Objection
from bulletin.office.signatory import OpenRequest
from bulletin.office.web.counter import Counter, OpenToken
from tests.support import reader
from tests.support.dockets import PASSWORD, lock
from tests.support.elections import Election
from verifier.desk.report.language import Language
from verifier.election.shuffle import Skip

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]
browser_type_launch_args = reader.browser_type_launch_args
ELECTION = Election()
PERSON = ELECTION.central.people[0]


@pytest.fixture
def paper(tmp_path: Path) -> OpenRequest:
    folder = Folder(tmp_path / "desk")
    return OpenRequest.read(ask(folder, Skip("mixer-1"), ELECTION.manifest, ELECTION.central.roster).path)


@contextmanager
def served(paper: OpenRequest, language: Language = "en", open_token: OpenToken | None = None) -> Iterator[Counter]:
    """A page that is served until the request is signed, which a test that did not sign it ends at last."""
    made = Counter(
        paper, None, lambda each: f"compare, {each}", lambda: datetime(2024, 1, 1, tzinfo=UTC), language, open_token
    )
    links = Queue[str]()
    thread = Thread(target=made.serve, args=(links.put,))
    thread.start()
    try:
        assert links.get(timeout=30) == made.door.link
        yield made
    finally:
        if made.signed is None:
            made.door.ended.set()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def counter(paper: OpenRequest) -> Iterator[Counter]:
    with served(paper) as made:
        yield made


@pytest.fixture
def visitor(counter: Counter) -> requests.Session:
    return enter(counter)


@pytest.fixture
def key(tmp_path: Path) -> bytes:
    path = tmp_path / "my.p12"
    lock(PERSON, path)
    return path.read_bytes()


def enter(counter: Counter) -> requests.Session:
    """Somebody who came by the link."""
    session = requests.Session()
    assert session.get(counter.door.link, timeout=10).status_code == 200
    session.headers["Origin"] = counter.door.origin
    return session


def send(
    counter: Counter, visitor: requests.Session, key: bytes, password: str = PASSWORD, **changes: str | None
) -> requests.Response:
    """Fill in the form, as a browser does."""
    fields = {"form": counter.door.form, "password": password, "read": "yes"} | changes
    return visitor.post(f"{counter.door.origin}/en/", fields, files={"key": ("my.p12", key)}, timeout=10)


@pytest.mark.parametrize(("language", "word"), [("ky", "ӨТКӨРҮП"), ("ru", "ПРОПУСК"), ("en", "SKIP")])
def test_it_shows_what_the_record_says(paper: OpenRequest, language: Language, word: str) -> None:
    with served(paper, language) as counter:
        page = enter(counter).get(f"{counter.door.origin}/", timeout=10)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert word in page.text
    assert f"compare, {language}" in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")


def test_it_signs_once_and_ends(counter: Counter, visitor: requests.Session, paper: OpenRequest, key: bytes) -> None:
    page = send(counter, visitor, key)
    assert page.status_code == 200
    assert f"Signed: {paper.path.parent}" in page.text
    assert counter.signed is not None
    assert counter.signed.path.exists()
    assert counter.door.ended.is_set()


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"password": "no"}, "the password is wrong"), ({"read": "no"}, "say that you have read")],
)
def test_a_mistake_can_be_mended(
    counter: Counter, visitor: requests.Session, paper: OpenRequest, key: bytes, changes: dict[str, str], said: str
) -> None:
    page = send(counter, visitor, key, **changes)
    assert (page.status_code, said in page.text) == (422, True)
    assert not list(paper.path.parent.glob("*.signed"))
    assert send(counter, visitor, key).status_code == 200


def test_without_a_file_nothing_is_signed(counter: Counter, visitor: requests.Session, paper: OpenRequest) -> None:
    fields = {"form": counter.door.form, "password": PASSWORD, "read": "yes"}
    page = visitor.post(f"{counter.door.origin}/en/", fields, files={"key": ("", b"")}, timeout=10)
    assert (page.status_code, "Choose the file of your key" in page.text) == (422, True)
    assert not list(paper.path.parent.glob("*.signed"))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
def test_a_form_of_another_origin_is_refused(
    counter: Counter, visitor: requests.Session, paper: OpenRequest, key: bytes, origin: str | None
) -> None:
    if origin:
        visitor.headers["Origin"] = origin
    else:
        del visitor.headers["Origin"]
    assert send(counter, visitor, key).status_code == 403
    assert not list(paper.path.parent.glob("*.signed"))


@pytest.mark.parametrize("form", ["", "x", None])
def test_a_form_that_the_page_did_not_show_is_refused(
    counter: Counter, visitor: requests.Session, paper: OpenRequest, key: bytes, form: str | None
) -> None:
    assert send(counter, visitor, key, form=form).status_code == 403
    assert not list(paper.path.parent.glob("*.signed"))


def test_another_name_of_this_machine_is_not_answered(counter: Counter, visitor: requests.Session) -> None:
    for host in ("localhost", "evil.example"):
        there = {"Host": f"{host}:{counter.door.port}"}
        page = visitor.get(f"{counter.door.origin}/en/", headers=there, timeout=10)
        assert (page.status_code, "SKIP" in page.text) == (421, False)


def test_it_listens_for_this_machine_alone(counter: Counter) -> None:
    assert counter.door.link.startswith("http://127.0.0.1:")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.2:{counter.door.port}/", timeout=10)


def test_nothing_is_shown_or_signed_without_the_link(counter: Counter, paper: OpenRequest, key: bytes) -> None:
    stranger = requests.Session()
    stranger.headers["Origin"] = counter.door.origin
    for path in ("", "en/", "x/", "../"):
        page = stranger.get(f"{counter.door.origin}/{path}", timeout=10)
        assert (page.status_code in {403, 404}, "SKIP" in page.text) == (True, False)
    assert send(counter, stranger, key).status_code == 403
    assert not list(paper.path.parent.glob("*.signed"))


def test_the_link_opens_once(counter: Counter, visitor: requests.Session) -> None:
    again = requests.get(counter.door.link, timeout=10)
    assert (again.status_code, "SKIP" in again.text) == (403, False)
    assert visitor.put(f"{counter.door.origin}/en/", timeout=10).status_code == 405


def test_a_file_that_is_too_large_is_no_key(counter: Counter, visitor: requests.Session, paper: OpenRequest) -> None:
    page = send(counter, visitor, bytes(3 << 20))
    assert (page.status_code, "is no key" in page.text) == (422, True)
    assert send(counter, visitor, bytes(33 << 20)).status_code == 413
    assert not list(paper.path.parent.glob("*.signed"))


def test_a_key_never_goes_to_the_disk(
    counter: Counter, visitor: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spool(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", spool)
    page = send(counter, visitor, bytes(900_000))
    assert (page.status_code, "is no key" in page.text) == (422, True)


def test_with_a_token_the_pin_is_asked_for(paper: OpenRequest) -> None:
    pins = []

    def open_token(pin: str) -> NoReturn:
        pins.append(pin)
        raise Objection("token-wrong-pin", token="card")

    with served(paper, open_token=open_token) as counter:
        visitor = enter(counter)
        shown = visitor.get(f"{counter.door.origin}/en/", timeout=10).text
        fields = {"form": counter.door.form, "pin": "1234", "read": "yes"}
        page = visitor.post(f"{counter.door.origin}/en/", fields, timeout=10)
    assert ('type="file"' in shown, "PIN of the token" in shown) == (False, True)
    assert (page.status_code, "It was not tried again" in page.text, pins) == (422, True, ["1234"])


def test_in_a_browser_nobody_is_shut_out(page: Page, paper: OpenRequest, key: bytes) -> None:
    with served(paper, "ky") as counter:
        page.goto(counter.door.link)
        expect(page.locator("pre")).to_contain_text("ӨТКӨРҮП")
        reader.look(page, "sign-ky")
        page.click("text=English")
        expect(page.locator("pre")).to_contain_text("SKIP")
        page.set_input_files("#key", {"name": "my.p12", "mimeType": "application/x-pkcs12", "buffer": key})
        page.fill("#password", PASSWORD)
        page.check("#read")
        page.click("button")
        expect(page.locator("[role=status]")).to_contain_text("Signed: ")
    assert counter.signed is not None
