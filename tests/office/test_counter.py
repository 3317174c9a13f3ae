"""The page on which a member signs: who is answered, what is shown, what is signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
import requests

from bulletin.office.asking import ask
from bulletin.office.counter import Counter
from bulletin.office.folder import Folder
from bulletin.office.signatory import OpenRequest
from tests.support.dockets import PASSWORD, lock
from tests.support.elections import Election
from verifier.election.shuffle import Skip

pytestmark = pytest.mark.process
ELECTION = Election()
PERSON = ELECTION.central.people[0]


@pytest.fixture
def paper(tmp_path: Path) -> OpenRequest:
    folder = Folder(tmp_path / "desk")
    return OpenRequest.read(ask(folder, Skip("mixer-1"), ELECTION.manifest, ELECTION.central.roster).path)


@pytest.fixture
def counter(paper: OpenRequest) -> Iterator[Counter]:
    """A page that is served until the request is signed, which a test that did not sign it does at last."""
    made = Counter(paper, None, lambda language: f"compare, {language}", lambda: datetime(2024, 1, 1, tzinfo=UTC))
    serving = Thread(target=made.serve)
    serving.start()
    yield made
    if made.signed is None:
        made.stop()
    serving.join(20)
    assert not serving.is_alive()


@pytest.fixture
def key(tmp_path: Path) -> bytes:
    path = tmp_path / "my.p12"
    lock(PERSON, path)
    return path.read_bytes()


def send(counter: Counter, key: bytes, password: str = PASSWORD, **changes: object) -> requests.Response:
    """Fill in the form, as a browser does."""
    origin = counter.url.rsplit("/", 2)[0]
    given = {"headers": {"Origin": origin}, "data": {"password": password, "read": "yes"}} | changes
    return requests.post(f"{counter.url}?lang=en", files={"key": ("my.p12", key)}, timeout=10, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(("language", "word"), [("ky", "ӨТКӨРҮП"), ("ru", "ПРОПУСК"), ("en", "SKIP")])
def test_it_shows_what_the_record_says(counter: Counter, language: str, word: str) -> None:
    page = requests.get(f"{counter.url}?lang={language}", timeout=10)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert word in page.text
    assert f"compare, {language}" in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")


def test_it_signs_once_and_ends(counter: Counter, paper: OpenRequest, key: bytes) -> None:
    page = send(counter, key)
    assert page.status_code == 200
    assert f"Signed: {paper.path.parent}" in page.text
    assert counter.signed is not None
    assert counter.signed.path.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password": "no"}, "the password is wrong"),
        ({"data": {"password": PASSWORD}}, "say that you have read"),
    ],
)
def test_a_mistake_can_be_mended(
    counter: Counter, paper: OpenRequest, key: bytes, changes: dict[str, object], said: str
) -> None:
    page = send(counter, key, **changes)  # type: ignore[arg-type]
    assert (page.status_code, said in page.text) == (422, True)
    assert not list(paper.path.parent.glob("*.signed"))


@pytest.mark.parametrize("origin", ["http://evil.example", "null", ""])
def test_a_form_of_another_origin_is_refused(counter: Counter, paper: OpenRequest, key: bytes, origin: str) -> None:
    headers = {"Origin": origin} if origin else {}
    assert send(counter, key, headers=headers).status_code == 403
    assert not list(paper.path.parent.glob("*.signed"))


def test_another_name_of_this_machine_is_not_answered(counter: Counter) -> None:
    for host in ("localhost", "evil.example"):
        port = counter.url.split(":")[2].split("/")[0]
        page = requests.get(counter.url, headers={"Host": f"{host}:{port}"}, timeout=10)
        assert (page.status_code, "SKIP" in page.text) == (421, False)


def test_nothing_is_shown_without_the_token(counter: Counter) -> None:
    for path in ("", "x/", "../"):
        page = requests.get(counter.url.rsplit("/", 2)[0] + "/" + path, timeout=10)
        assert page.status_code == 404
    assert requests.put(counter.url, timeout=10).status_code == 405


def test_a_file_that_is_too_large_is_refused(counter: Counter) -> None:
    assert send(counter, bytes(3 << 20)).status_code == 413


def test_a_key_never_goes_to_the_disk(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    def spool(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", spool)
    page = send(counter, bytes(900_000))
    assert (page.status_code, "is no key" in page.text) == (422, True)
