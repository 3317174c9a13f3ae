"""What a check of a receipt makes a phone download from a board behind the documented nginx, counted by the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support import reader
from tests.support.browsing import showing, write_sheet
from tests.support.elector import Elector
from tests.support.fronts import ARCHIVE, fill, fronted, serving
from tests.support.polls import opened
from tests.support.reader import give, standing
from tests.support.serving import ALONE, set_up
from verifier.client.board import Board
from verifier.log.reading import read_tile
from verifier.log.tiles import ENTRIES, WIDTH, decode_bundle
from verifier.log.tiles import at as tile_at
from verifier.log.tree import hash_leaf

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]

browser_type_launch_args = reader.browser_type_launch_args
MOST = 200_000  # bytes on the wire, headers included


def test_a_receipt_is_checked_with_little(page: Page, tmp_path: Path) -> None:
    """The ballot stands in a full bundle, so nothing is smaller than it would be on a large log but the hash tiles."""
    election = fill(tmp_path / "board", WIDTH + 60, WIDTH + 40)
    archive = tmp_path / "board" / ARCHIVE
    (tmp_path / "policy").write_text("quorum none\n")
    words = ("serve", tmp_path / "board", "--policy", tmp_path / "policy")
    sheet = write_sheet(set_up(tmp_path / "board"), ALONE, election.digest)
    with serving(*words) as (direct, _), fronted(tmp_path / "nginx", direct, archive) as front:
        bundle = read_tile(Board(front.url).read, tile_at(ENTRIES, 0, WIDTH), decode_bundle)
        receipt = Board(front.url).receipt(hash_leaf(bundle[WIDTH - 1]))
        with showing(tmp_path / "app", sheet, election.records[0], front.url) as app:
            page.goto(f"{app}/en/r.html")
            taken: dict[str, float] = {}
            names: dict[str, str] = {}
            watcher = page.context.new_cdp_session(page)
            watcher.on(
                "Network.responseReceived", lambda told: names.update({told["requestId"]: told["response"]["url"]})
            )
            watcher.on(
                "Network.loadingFinished",
                lambda told: taken.update({names.get(told["requestId"], "?"): told["encodedDataLength"]}),
            )
            watcher.send("Network.enable")
            give(page, app, receipt)
            page.wait_for_load_state("networkidle")
            assert standing(page) == "PRESENT"
    asked = {name.removeprefix(front.url): size for name, size in taken.items() if name.startswith(front.url)}
    print(asked, sum(taken.values()))
    assert sum(name.startswith("/tile/entries/") for name in asked) == 1
    assert 0 < sum(taken.values()) < MOST


FORM, BALLOT = 12, 9  # requests until the key can be typed, one for ML-DSA, and then until the ballot can be marked


def test_the_first_mark_takes_few_requests(page: Page, tmp_path: Path) -> None:
    """Nothing is asked for twice, and the register comes before the key is typed."""
    asked: list[str] = []
    with opened(tmp_path / "board") as polls:
        at = Elector(page, polls, polls.show(tmp_path / "app"))
        page.on("request", lambda request: asked.append(request.url))
        at.open().see("key")
        assert {"trust.txt", "manifest.json", "site.json"} <= {url.removeprefix(f"{at.app}/") for url in asked}
        assert len(asked) == len(set(asked)) == FORM
        with page.expect_request(re.compile("/blobs/")):
            page.fill("#code", at.sheet.code)
            page.focus("#line-1")
        at.type_key()
        at.see("marking")
        assert len(asked) <= FORM + BALLOT
        at.seal(1)
        at.cast()
        at.see("receipt")
        page.click("button:has-text('Vote again')")
        at.see("marking")
    assert sum("/blobs/" in url for url in asked) == 1
