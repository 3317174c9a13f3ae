"""A mirror looks whether an address serves the app of the log, and says since when it does (specs/assets.md §3.2)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests

from bulletin.mirror.follower import Follower, create_app
from bulletin.mirror.watcher import Watcher
from tests.corpus import apps
from tests.corpus.twin import bent
from tests.support import copies
from tests.support.addresses import Served, addressed
from tests.support.mirrors import open_mirror, staged
from tests.support.serving import serving
from verifier.client.assets import find_file, headers_of
from verifier.election.assets import Assets, ServedFile, app_digest, leaf_of
from verifier.records import Blob

pytestmark = pytest.mark.process


def app(body: bytes = b"<p>") -> Assets:
    listed = (ServedFile("/index.html", apps.HTML, Blob.of(body)),)
    return bent(apps.make(), files=listed, app=app_digest(listed))


class Server:
    """An address that serves `body` as the page of an app."""

    def __init__(self) -> None:
        self.body = b"<p>"

    def answer(self, path: str, _: dict[str, str]) -> Served:
        headers = headers_of(app(), path)
        if find_file(app(), path) is None:
            return Served(404, headers | {"Content-Type": "text/plain"}, b"")
        return Served(200, headers | {"Content-Type": apps.HTML}, self.body)


def test_the_same_since_then_and_what_differs_since(monkeypatch: pytest.MonkeyPatch) -> None:
    server, effective = Server(), app()
    with addressed(server.answer) as address:
        watcher = Watcher(address, lambda: effective)
        assert (watcher.report()["same"], watcher.report()["problem"]) == (False, "not looked yet")
        said = []
        for now, body in ((100, b"<p>"), (160, b"<p>"), (220, b"<q>"), (280, b"<q>"), (340, b"<p>")):
            monkeypatch.setattr(f"{Watcher.__module__}.time", lambda now=now: now)
            server.body = body
            watcher.visit()
            said.append(watcher.report())
        effective = app(b"<q>")
        watcher.visit()
    assert [(one["same"], one["since"], one["looked"]) for one in said] == [
        (True, 100, 100),
        (True, 100, 160),
        (False, 220, 220),
        (False, 220, 280),
        (True, 340, 340),
    ]
    assert said[2]["differs"] == ["ART.4 /", "ART.4 /index.html"]
    assert {one["leaf"] for one in said} == {leaf_of(app()).hex()}
    assert watcher.report()["leaf"] == leaf_of(effective).hex()
    assert watcher.report()["same"] is False


def test_an_address_that_cannot_be_asked_changes_nothing() -> None:
    with addressed(Server().answer) as address:
        watcher = Watcher(address, app)
        watcher.visit()
    watcher.visit()
    assert watcher.report()["same"] is True
    assert "cannot be asked" in str(watcher.report()["problem"])
    nowhere = Watcher(address, lambda: None)
    nowhere.visit()
    assert nowhere.report()["problem"] == "the log has no app in effect"


def test_the_mirrors_health_says_it(tmp_path: Path) -> None:
    with staged() as stage:
        stage.files = copies.publish([b"entry"], {})
        following = Follower(open_mirror(stage, tmp_path), 60)
        following.visit()
    with addressed(Server().answer) as address:
        watcher = Watcher(address, app, every=0.05)
        watcher.start()
        with serving(create_app(following, tmp_path / "archive", watcher=watcher)) as url:
            deadline = time.monotonic() + 20
            while not (said := requests.get(f"{url}/health", timeout=5).json()["app"])["looked"]:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        watcher.stop()
    assert (said["same"], said["differs"], said["url"]) == (True, [], address)
    with serving(create_app(following, tmp_path / "archive")) as url:
        assert "app" not in requests.get(f"{url}/health", timeout=5).json()
