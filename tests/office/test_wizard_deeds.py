"""What the desk's pages take: names without folders, nothing lost, nothing without the form's secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bulletin.http.routes import Route
from bulletin.office.folder import Folder
from bulletin.office.web import deeds
from bulletin.office.web.keeping import put, read_name
from bulletin.office.web.wizard import Wizard
from tests.support import village
from tests.support.wizards import served

Sent = list[tuple[str, tuple[str, bytes]]]

pytestmark = pytest.mark.process


@pytest.fixture
def wizard(tmp_path: Path) -> Iterator[Wizard]:
    (tmp_path / "village").mkdir()
    with served(village.build(tmp_path / "village")) as made:
        yield made


@pytest.fixture
def browser(wizard: Wizard) -> requests.Session:
    session = requests.Session()
    assert session.get(wizard.door.link, timeout=10).status_code == 200
    session.headers["Origin"] = wizard.door.origin
    return session


def send(
    browser: requests.Session, wizard: Wizard, path: str, files: Sent | None = None, **fields: str
) -> requests.Response:
    return browser.post(
        f"{wizard.door.origin}/en/{path}",
        {"form": wizard.door.form, **fields},
        files=files,
        timeout=20,
    )


def contents(folder: Folder) -> dict[str, bytes]:
    files = [path for path in folder.path.rglob("*") if path.is_file() and "made" not in path.parts]
    return {str(path.relative_to(folder.path)): path.read_bytes() for path in files}


@pytest.mark.parametrize("route", deeds.ROUTES, ids=lambda route: route.path)
def test_nothing_is_done_without_the_form_s_secret(wizard: Wizard, browser: requests.Session, route: Route) -> None:
    path = route.path.format(language="en", step="1", name="election")
    before = contents(wizard.folder)
    assert browser.post(f"{wizard.door.origin}{path}", {"text": "", "yes": "yes"}, timeout=10).status_code == 403
    assert contents(wizard.folder) == before
    assert not wizard.door.ended.is_set()


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("a.cer", "a.cer"),
        ("Асан Үсөнов.cer", "Асан Үсөнов.cer"),
        ("../../a.cer", "a.cer"),
        ("C:\\Users\\a.cer", "a.cer"),
        ("/etc/passwd", "passwd"),
        (".bashrc", ""),
        ("..", ""),
        ("", ""),
        ("a\x00.cer", ""),
        ("a\u202ecer", ""),
        (200 * "a", ""),
    ],
)
def test_a_name_has_no_folder(sent: str, name: str) -> None:
    assert read_name(sent) == name


def test_what_is_sent_stays_in_the_folder(wizard: Wizard, browser: requests.Session) -> None:
    before = contents(wizard.folder)
    sent = [("certificates", ("../../../x.cer", b"1")), ("roots", ("folder/../y.cer", b"2"))]
    assert send(browser, wizard, "3/files", sent).status_code == 200
    assert contents(wizard.folder) == before | {"certificates/x.cer": b"1", "roots/y.cer": b"2"}
    for name in ("..", ".hidden"):
        assert send(browser, wizard, "3/files", [("roots", (name, b"3"))]).status_code == 422
    for field in ("made", "../x", "test"):
        assert send(browser, wizard, "3/files", [(field, ("x", b"3"))]).status_code == 422
    assert send(browser, wizard, "4/groups", [("card.../../x", ("x", b"3"))]).status_code == 422
    assert contents(wizard.folder) == before | {"certificates/x.cer": b"1", "roots/y.cer": b"2"}


@pytest.mark.parametrize("path", ["../election.toml", "%2e%2e/election.toml", "..%2felection.toml", "", "nothing"])
def test_only_what_was_made_is_given(wizard: Wizard, browser: requests.Session, path: str) -> None:
    asked = requests.Request("GET", wizard.door.origin).prepare()
    asked.url = f"{wizard.door.origin}/made/{path}"
    asked.headers["Cookie"] = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    answer = browser.send(asked, timeout=10)
    assert (answer.status_code, "village-2027" in answer.text) == (404, False)


def test_nothing_is_lost(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for raw in (b"1", b"2", b"2", b"3"):
        put(folder, folder.card("a"), raw)
    assert contents(folder) == {"cards/a.card": b"3", "former/cards/a.1.card": b"1", "former/cards/a.2.card": b"2"}


def test_a_file_that_was_changed_meanwhile_is_not_overwritten(wizard: Wizard, browser: requests.Session) -> None:
    before = wizard.folder.election.read_bytes()
    for path, fields in (("text/election", {"text": "new"}), ("1/fields", {"election.id": "new"})):
        assert send(browser, wizard, path, None, version="0123456789abcdef", **fields).status_code in {409, 422}
    assert wizard.folder.election.read_bytes() == before


def test_names_are_text_on_every_page(wizard: Wizard, browser: requests.Session) -> None:
    script = '"><script>alert(1)</script>'
    table = village.CANDIDATES.replace("Aidai Asanova", script.replace('"', '""').join('""'))
    send(browser, wizard, "2/files", [("candidates", ("c.csv", table.encode()))])
    for path in ("", "2", "text/candidates"):
        assert "<script" not in browser.get(f"{wizard.door.origin}/en/{path}", timeout=10).text
    assert "&lt;script" in browser.get(f"{wizard.door.origin}/en/2", timeout=10).text
