"""A practice election: made once and served again, and anybody votes in it with what the page hands out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from bulletin.office import practice
from bulletin.office.wording import speak
from bulletin.operate.commands import main
from mixnet.practice import code_of
from tests.support import reader
from tests.support.commands import started
from verifier.desk.commands.main import main as verify
from verifier.desk.report.language import LANGUAGES

pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
]
browser_type_launch_args = reader.browser_type_launch_args
KEYS = 3
PATIENCE = 60_000  # ms


def words(place: Path, *more: str) -> tuple[str, ...]:
    return ("practice", str(place), "--keys", str(KEYS), "--app-port", "0", "--lang", "en", *more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("practice") / "practice"


@pytest.fixture(scope="module")
def app(place: Path) -> Iterator[str]:
    with started(*words(place, "--telephone", "+996 312 000001")) as (_, url):
        yield url


def board_of(app: str) -> str:
    """The board's address, as the app's files have it."""
    return str(requests.get(f"{app}/site.json", timeout=5).json()["board"])


def test_its_names_are_from_tales(app: str) -> None:
    manifest = requests.get(f"{app}/manifest.json", timeout=5).json()
    assert manifest["election"].startswith("practice-")
    assert manifest["telephone"] == "+996 312 000001"
    assert manifest["title"]["ky"].startswith("СЫНОО: ")
    [contest] = manifest["contests"]
    for language in LANGUAGES:
        names = list(speak(language).names("tales").values())
        assert [option["name"][language] for option in contest["options"]] == names
        assert len(set(names)) == len(names)
    assert [each["what"] for each in manifest["timetable"]] == ["opening"]  # nothing ends it


def test_anybody_votes_in_it(app: str, page: Page) -> None:
    page.goto(f"{app}/ky/vote.html")
    expect(page.locator("#practice")).to_be_visible()
    page.click("#take")
    page.wait_for_selector("button.main:focus")
    assert page.input_value("#code") in {code_of(number) for number in range(1, KEYS + 1)}
    page.click("button.main")
    page.check("#option-3", timeout=PATIENCE)
    expect(page.locator("label[for=option-3]")).to_have_text("Толубай сынчы")
    for state in ("reviewing", "sealed"):
        page.click("#stage button.main")
        page.wait_for_selector(f"body[data-state={state}]", timeout=PATIENCE)
    page.click("button.great")
    page.wait_for_selector("body[data-state=receipt]", timeout=PATIENCE)


def test_its_log_is_as_good_as_any(app: str, place: Path) -> None:
    sheet = str(place / "desk/made/trust.txt")
    done = CliRunner().invoke(verify, ["election", board_of(app), "--trust", sheet])
    assert done.exit_code == 0, done.output
    assert "voting is open" in done.output


@pytest.mark.usefixtures("app")
def test_while_it_runs_nobody_else_serves_it(place: Path) -> None:
    done = CliRunner().invoke(main, words(place))
    assert (done.exit_code, "another process serves" in done.output) == (1, True)


def test_what_was_served_is_served_again(tmp_path: Path) -> None:
    place = tmp_path / "practice"
    with started(*words(place)) as (process, app):
        sheet = requests.get(f"{app}/trust.txt", timeout=5).content
    assert process.returncode == 0
    with started(*words(place, "--board", "https://board.example")) as (_, app):
        assert requests.get(f"{app}/trust.txt", timeout=5).content == sheet
        assert board_of(app) == "https://board.example"
    (place / practice.MARK).write_text("")
    (place / "desk/election.toml").write_text("half written")
    with started(*words(place)) as (_, app):
        assert requests.get(f"{app}/trust.txt", timeout=5).content != sheet


def test_the_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = CliRunner().invoke(main, words(tmp_path))
    assert (done.exit_code, "not of a practice election" in done.output) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_when_one_of_its_processes_ends_all_do(app: str, tmp_path: Path) -> None:
    """A port that another one has: the board cannot begin, and the command says so."""
    port = board_of(app).rpartition(":")[2]
    done = CliRunner().invoke(main, words(tmp_path / "practice", "--port", port))
    assert (done.exit_code, "board failed" in done.output) == (1, True), done.output
