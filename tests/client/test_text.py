"""Texts as people's programs save them: marks of encodings, UTF-16, CR LF (F5)."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from bulletin import settings
from bulletin.operate.commands import main as board
from tests.corpus.twin import honest, phases
from tests.support.copies import witness_key
from tests.support.desk import SHEET, Desk, files
from tests.support.receipts import promise
from verifier.client import text
from verifier.client.text import PlainText, plain
from verifier.errors import Malformed
from verifier.log.note import encode_key

if TYPE_CHECKING:
    from pathlib import Path

SAVED = {
    "UTF-8": lambda plain: codecs.BOM_UTF8 + plain,
    "UTF-16": lambda plain: plain.decode().encode("utf-16"),
    "UTF-16 the other way round": lambda plain: codecs.BOM_UTF16_BE + plain.decode().encode("utf-16-be"),
    "UTF-32": lambda plain: plain.decode().encode("utf-32"),
    "CR LF": lambda plain: plain.replace(b"\n", b"\r\n"),
    "UTF-8 and CR LF": lambda plain: codecs.BOM_UTF8 + plain.replace(b"\n", b"\r\n"),
    "UTF-16 and CR LF": lambda plain: plain.decode().replace("\n", "\r\n").encode("utf-16"),
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@given(st.text(st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])), st.sampled_from(sorted(SAVED)))
def test_a_text_is_what_was_meant_however_it_was_saved(written: str, name: str) -> None:
    """F5: a text is what was meant however it was saved."""
    if not written.startswith("\ufeff"):
        found = plain(SAVED[name](written.encode()))
        assert found.data == written.encode()
        assert found.encoding == ("" if name == "CR LF" else name.split(maxsplit=1)[0])


@pytest.mark.parametrize("raw", [codecs.BOM_UTF8 + b"\xff", codecs.BOM_UTF16_LE + b"a", codecs.BOM_UTF32_BE + b"abc"])
def test_a_text_that_is_not_what_it_says_is_named_by_its_encoding(raw: bytes) -> None:
    """F5: a text that is not what it says is named by its encoding."""
    with pytest.raises(Malformed, match=r"begins as UTF-\d+ and is not: save it as UTF-8"):
        plain(raw)


def test_bytes_without_a_mark_are_left_as_they_are() -> None:
    assert plain(b"\xe9\xff\n") == PlainText(b"\xe9\xff\n")
    assert plain(b"") == PlainText(b"")


@pytest.mark.parametrize("name", SAVED)
def test_a_sheet_is_read_whatever_program_saved_it(desk: Desk, name: str) -> None:
    """F5: a sheet is read whatever program saved it."""
    desk.trust(SAVED[name](SHEET))
    done = desk.ask("election", desk.copy(files(honest())))
    assert (done.exit_code, done.stdout.startswith("ACCEPTED · ")) == (0, True), done.output
    encoding = "" if name == "CR LF" else name.split(maxsplit=1)[0]
    assert (f"is {encoding}, and was read as such" in done.stderr) == bool(encoding)


@pytest.mark.parametrize("raw", [codecs.BOM_UTF16_LE + b"a", SHEET.decode().encode("utf-16-le"), b"\x00\xff" * 40])
def test_a_sheet_that_cannot_be_read_is_status_2(desk: Desk, raw: bytes) -> None:
    """F5: a sheet that cannot be read is status 2."""
    desk.trust(raw)
    done = desk.ask("election", desk.copy(files(honest())), "--lang", "ru")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("НЕВЕРНО СОСТАВЛЕНО: ")


@pytest.mark.parametrize("name", SAVED)
def test_a_receipt_is_read_whatever_program_carried_it(desk: Desk, name: str) -> None:
    """F5: a receipt is read whatever program carried it."""
    (desk.place / "mine").write_bytes(SAVED[name](promise(honest().records, phases()["voting"])))
    done = desk.ask("receipt", str(desk.place / "mine"), "--board", desk.copy(files(honest())))
    assert (done.exit_code, done.stdout.split()[0]) == (0, "SUPERSEDED"), done.output


def test_what_systems_leave_among_receipts_is_passed_over_with_a_word(desk: Desk) -> None:
    """F5: what systems leave among receipts is passed over with a word."""
    folder = desk.place / "receipts"
    folder.mkdir()
    (folder / "mine.tlog-proof").write_bytes(promise(honest().records, 30))
    for name in ("Thumbs.db", "desktop.ini", ".DS_Store"):
        (folder / name).write_bytes(b"\xd0\xcf\x11\xe0")
    done = desk.ask("receipt", str(folder), "--board", desk.copy(files(honest())), "--lang", "ky")
    assert (done.exit_code, done.stdout.count("ТАКТАДА")) == (0, 2), done.output
    assert done.stderr.count("Өткөрүп жиберилди, дүмүрчөк эмес: ") == 2
    assert ".DS_Store" not in done.output
    named = desk.ask("receipt", str(folder / "Thumbs.db"))
    assert named.exit_code != 0


@pytest.mark.parametrize("name", SAVED)
def test_settings_and_policies_are_read_whatever_program_saved_them(tmp_path: Path, name: str) -> None:
    """F5: settings and policies are read whatever program saved them."""
    toml, policy = tmp_path / "board.toml", tmp_path / "policy"
    toml.write_bytes(SAVED[name]("# тест\nport = 8123\n".encode()))
    assert settings.load(toml, {}, {}).port == 8123
    lines = [f"witness w{n} {encode_key(witness_key(n))}" for n in range(3)]
    written = "\n".join([*lines, "group all 3 w0 w1 w2", "quorum all", ""])
    policy.write_bytes(SAVED[name](written.encode()))
    done = CliRunner().invoke(board, ["policy", str(policy)])
    assert done.exit_code == 0, done.output
    assert text.read(policy) == written.encode()
