"""A page of results that is altered where it is shown: what is changed, what must be found, what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from bulletin.office.nation.faults.ledger import Expected
from bulletin.office.nation.showing import ALTERED, AlteredPage, Pages
from bulletin.office.nation.stage import RehearsalStage
from bulletin.office.nation.trial import differ
from bulletin.office.processes import Failed, Processes
from verifier.place import Place

PAGE = '<h1>Precinct 7</h1>\n<td>of 12</td>\n<td class="number">1099</td>\n<td class="number">55</td>\n'
SHOWN = AlteredPage("en/p/p-7.html", 3, "1090", "1099")


def pages(place: Path, page: str = PAGE, said: str = "") -> Pages:
    """Pages that are made already, and what a comparison says of them."""
    file = place / "pages" / "current" / "en" / "p" / "p-7.html"
    file.parent.mkdir(parents=True)
    file.write_text(page)

    class Made:
        def start(self, *_: object) -> None: ...
        def hear(self, *_: object) -> str:
            return "http://127.0.0.1:8"

        def finish(self, name: str, _patience: float, status: int = 0) -> str:
            assert (name, status) in {("pages", 0), ("comparison", 1)}
            return said

    class Stage:
        directory, home, sheet = place, place / "board", place / "trust.txt"

    return Pages(cast("RehearsalStage", Stage()), cast("Processes", Made()))


def test_one_digit_is_changed(tmp_path: Path) -> None:
    assert pages(tmp_path).alter("p-7") == SHOWN
    assert (tmp_path / "pages/current/en/p/p-7.html").read_text() == PAGE.replace("1099", "1090")


def test_a_page_without_figures_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shows no figure"):
        pages(tmp_path, "<h1>Precinct 7</h1>").alter("p-7")


def test_what_the_comparison_says_is_read(tmp_path: Path) -> None:
    said = f"http://127.0.0.1:8/{SHOWN}\nhttp://127.0.0.1:8/ky/index.html: is not there\n"
    found = set(pages(tmp_path, said=said).compare())
    assert found == {SHOWN, AlteredPage("http://127.0.0.1:8/ky/index.html: is not there", 0, "", "")}
    assert differ({ALTERED: {SHOWN}}, set(), found) == ["found besides: http://127.0.0.1:8/ky/index.html: is not there"]


def test_an_altered_page_that_is_not_found_is_noticed() -> None:
    other, lost = SHOWN._replace(line=4), Expected("PRT.17", "error", Place(unit="p-7"))
    assert differ({ALTERED: {SHOWN}, "missing": {lost}}, set(), {other, lost}) == [
        f"{ALTERED}: not found: {SHOWN}",
        f"found besides: {other}",
    ]


@pytest.mark.process
def test_a_process_that_ends_otherwise_than_it_should_is_said(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start("one", "python", "-c", "print('said'); raise SystemExit(1)")
        assert processes.finish("one", status=1) == "said\n"
        processes.start("two", "python", "-c", "")
        with pytest.raises(Failed, match="two ended with status 0"):
            processes.finish("two", status=1)
