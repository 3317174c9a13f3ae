"""The desk's pages in a real browser: an empty folder is filled through them alone; nobody is shut out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from bulletin.http.markup import LANGUAGES
from bulletin.office import templates
from bulletin.office.folder import TABLES, Folder
from bulletin.office.web import pages
from bulletin.office.web.wizard import Wizard
from bulletin.office.wording import speak
from tests.support import reader, village
from tests.support.reader import look
from tests.support.wizards import served

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]

browser_type_launch_args = reader.browser_type_launch_args


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Wizard]:
    folder = Folder(tmp_path / "village")
    templates.begin(folder, "en")
    with served(folder) as wizard:
        yield wizard


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[Wizard]:
    (tmp_path / "village").mkdir()
    with served(village.build(tmp_path / "village")) as wizard:
        wizard.make("en")
        yield wizard


def file(name: str, raw: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": raw}


def state(page: Page) -> str:
    return (page.locator("h1 .state").get_attribute("class") or "").removeprefix("state ")


def fill_election(page: Page) -> None:
    """Step 1, in the form: names, numbers, one contest, two dates."""
    page.click("text=Election and dates")
    page.click("text=Save and add a date")
    for name, value in {
        "election.id": "village-2027", "election.telephone": "+996 312 000000", "board.server": "board.example",
        "board.origin": village.ORIGIN, "contest.0.id": "council", "contest.0.most": "2", "numbers.minimum": "2",
        "date.0.id": "close", "date.0.day": "2027-04-09", "date.0.time": "20:00",
        "date.1.id": "open", "date.1.day": "2027-04-09", "date.1.time": "08:00",
    }.items():  # fmt: skip
        page.fill(f"[id='{name}']", value)
    page.select_option("[id='date.1.bound']", "from")
    for table in ("election.title", "contest.0.title", "date.0.words", "date.1.words"):
        for language, said in {"ky": "Айылдык кеңеш", "ru": "Айылный кенеш", "en": "Village council"}.items():
            page.fill(f"[id='{table}.{language}']", said)
    page.click("button:text-is('Save')")
    assert state(page) == "green", page.locator(".says").text_content()
    expect(page.locator(".lines").first).to_contain_text("20:00")


def test_an_empty_folder_is_filled_through_the_pages_alone(page: Page, empty: Wizard) -> None:
    hands, folder = village.hands(), empty.folder
    page.goto(empty.door.link)
    page.click("text=English")
    fill_election(page)
    page.click("text=Next step")
    page.set_input_files("#candidates", file("list.csv", village.CANDIDATES.encode("utf-8")))
    page.click("text=Hand in")
    assert state(page) == "green"
    expect(page.locator("ol.lines li").nth(1)).to_contain_text("Bek Toktoev")
    page.click("text=Next step")
    page.set_input_files("#commissions", file("c.csv", village.COMMISSIONS.encode()))
    page.set_input_files("#members", file("m.csv", village.members().encode()))
    page.set_input_files("#register", file("r.csv", village.register().encode()))
    page.set_input_files("#certificates", [file(f"{id}.cer", der) for id, der in hands.certificates.items()])
    page.set_input_files("#roots", file("root.cer", hands.root))
    page.click("text=Hand in")
    assert state(page) == "green"
    expect(page.locator("body")).to_contain_text("Root of the tests")
    page.click("text=Next step")
    page.set_input_files("#holders", file("h.csv", village.holders().encode()))
    page.click("text=Hand in")
    assert state(page) == "waiting"
    for id, card in hands.cards.items():
        page.set_input_files(f"[id='card.{id}']", file("my.card", card.encode()))
    page.fill("[id='groups.mixer-1']", hands.cards["mixer-1"].groups.lower())
    page.click("button:text-is('Save')")
    assert state(page) == "green"
    for number in (5, 6):
        page.click("text=Next step")
        assert state(page) == "green", number
    assert (folder.path / "former" / "candidates.1.csv").exists()
    assert "mixer-1;Азамат;;" + hands.cards["mixer-1"].groups.lower() in folder.table("holders").read_text()
    page.click("text=I am done")
    expect(page.locator("h1")).to_have_text("The pages are closed")


def test_mistakes_name_file_and_line(page: Page, filled: Wizard) -> None:
    page.goto(filled.door.link)
    page.goto(f"{filled.door.origin}/en/text/candidates")
    page.fill("#text", village.CANDIDATES.replace("Бек Токтоев;Бек", ";Бек"))
    page.click("text=Save")
    assert state(page) == "mistakes"
    expect(page.locator(".says .mistake")).to_contain_text("candidates.csv, line 3: name_ky")


def test_groups_that_are_not_the_cards_are_told(page: Page, filled: Wizard) -> None:
    page.goto(filled.door.link)
    page.goto(f"{filled.door.origin}/en/4")
    page.fill("[id='groups.mixer-1']", village.hands().cards["mixer-2"].groups)
    page.click("button:text-is('Save')")
    assert state(page) == "mistakes"
    expect(page.locator(".says .mistake")).to_contain_text("holders.csv")
    assert village.hands().cards["mixer-1"].groups not in (page.locator("main").text_content() or "")


def test_the_commissions_are_asked_on_a_yes_alone(page: Page, filled: Wizard) -> None:
    page.goto(filled.door.link)
    page.goto(f"{filled.door.origin}/en/9")
    page.click("button:text-is('Ask for signatures')")
    assert not filled.folder.docket.exists()
    page.check("#yes")
    page.click("button:text-is('Ask for signatures')")
    assert state(page) == "green"
    expect(page.locator(".lines li").first).to_contain_text("central-1")
    assert (filled.folder.docket / "01-manifest.request").exists()


def test_sheets_are_made_to_download(page: Page, filled: Wizard) -> None:
    page.goto(filled.door.link)
    page.goto(f"{filled.door.origin}/en/8")
    with page.expect_download() as download:
        page.click("text=trust.en.pdf")
    assert download.value.path().read_bytes().startswith(b"%PDF")
    assert "trust.en.pdf" in (page.locator(".lines").last.text_content() or "")
    page.click("text=ballot-all.en.html")
    expect(page.locator("ol li").first).to_contain_text("Aidai Asanova")


def test_sheets_of_another_manifest_are_not_offered(page: Page, filled: Wizard) -> None:
    page.goto(filled.door.link)
    filled.folder.table("candidates").write_text(village.CANDIDATES.replace("Bek Toktoev", "Bek Toktoyev"))
    page.goto(f"{filled.door.origin}/en/8")
    assert "pdf" not in (page.locator("main").text_content() or "").lower()
    page.click("text=Make and print")
    expect(page.locator("a[href='/made/trust.en.pdf']")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_shut_out(page: Page, filled: Wizard, language: str) -> None:
    page.goto(filled.door.link)
    for path in ("", *map(str, range(1, 10)), "text/candidates"):
        page.goto(f"{filled.door.origin}/{language}/{path}")
        look(page, f"desk-{path.replace('/', '-') or '0'}-{language}")
    filled.folder.table("register").write_text("broken")
    for path in ("", "3"):
        page.goto(f"{filled.door.origin}/{language}/{path}")
        expect(page.locator(".says .mistake")).to_be_visible()
        look(page, f"desk-broken-{path}-{language}")


def test_it_works_without_javascript_and_by_keyboard_alone(browser: Any, filled: Wizard) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ru-RU")
    page = context.new_page()
    page.goto(filled.door.link)
    assert page.url == f"{filled.door.origin}/ru/"
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").text_content())
    assert reached == ["Кыргызча", "По-русски", "English", f"1. {speak('ru')['steps.1']}"]
    page.keyboard.press("Enter")
    page.wait_for_url(f"{filled.door.origin}/ru/1")
    context.close()


def test_every_table_can_be_handed_in() -> None:
    shown = {name for names in pages.BELONGS.values() for name in names}
    assert shown == {"election", *TABLES, "certificates", "roots"}
