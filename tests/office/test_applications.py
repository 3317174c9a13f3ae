"""Applications at the desk: what is entered in register.csv, and every sentence about one that cannot be."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bulletin.office import applications, tables
from bulletin.office.appending import append
from bulletin.office.applications import accept, count_left
from bulletin.office.folder import Folder
from bulletin.office.objection import Unable
from bulletin.office.processes import Failed
from bulletin.office.tables import Mistaken
from mixnet import credential, share
from mixnet.ballot import Credential
from tests.support import village
from tests.support.elections import Election
from verifier.client.application import VoterApplication
from verifier.desk.report.language import LANGUAGES
from verifier.log.note import encode_base64
from verifier.state import State

ELECTION = "test-election"


@pytest.fixture(scope="module")
def state() -> State:
    return Election().set_up().hold_ceremony().state


def folder_of(place: Path, second: str = "none") -> Folder:
    """A desk's folder with `second_share`, and an empty folder for applications."""
    folder = Folder(place)
    folder.applications.mkdir(parents=True)
    later = datetime.now(UTC) + timedelta(days=30)
    text = re.sub(r"2027-\d\d-\d\d", f"{later:%Y-%m-%d}", village.ELECTION).replace("T08", "T07")
    text = re.sub(r"\[\[date\]\]\nid = \"open\".*?\n\n", "", text, flags=re.DOTALL)
    folder.election.write_text(text.replace("\n[board]", f'second_share = "{second}"\n\n[board]', 1), encoding="utf-8")
    return folder


def apply(folder: Folder, name: str, own: Credential | None = None, **asked: object) -> Credential:
    """Somebody's application lies in the folder."""
    own = own or Credential()
    said = {"election": ELECTION, "commission": "precinct", "style": "north", **asked}
    (folder.applications / name).write_bytes(own.apply(VoterApplication(**said)).encode())  # type: ignore[arg-type]
    return own


def listed(folder: Folder, state: State) -> dict[str, bytes]:
    return {row.code: row.key for rows in tables.listed(folder, state).values() for row in rows.credentials}


def test_an_application_is_entered_once_with_a_code(tmp_path: Path, state: State) -> None:
    folder = folder_of(tmp_path)
    first, second = apply(folder, "асан.application"), apply(folder, "=beki.application")
    assert count_left(folder, state) == 2
    entered = accept(folder, state)
    assert [each.application for each in entered] == ["=beki.application", "асан.application"]
    assert all(re.fullmatch("[A-HJ-NP-Z2-9]{8}", each.code) and each.share is None for each in entered)
    assert listed(folder, state) == {entered[0].code: second.key, entered[1].code: first.key}
    before = folder.table("register").read_bytes(), folder.table("applications").read_bytes()
    assert (accept(folder, state), count_left(folder, state)) == ([], 0)
    assert before == (folder.table("register").read_bytes(), folder.table("applications").read_bytes())
    third = apply(folder, "third.application")
    assert [listed(folder, state)[each.code] for each in accept(folder, state)] == [third.key]
    assert "'=beki.application" in folder.table("applications").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_rows_are_added_to_a_table_however_it_was_saved(codec: str, tmp_path: Path, state: State) -> None:
    folder, other = folder_of(tmp_path), Credential()
    text = f"sep=,\r\nключ,код,комиссия\r\n{encode_base64(other.key)},AAAA1,precinct"
    folder.table("register").write_bytes(text.encode(codec))
    apply(folder, "a.application", style="north")
    with pytest.raises(Mistaken, match="style"):  # the commission's own row names none of the two
        accept(folder, state) and tables.rows(folder, state)
    rows = folder.table("register").read_text(encoding="utf-8-sig").splitlines()
    assert (rows[0], rows[1], len(rows)) == ("sep=,", "ключ,код,комиссия", 4)


@pytest.mark.process
def test_second_shares_are_drawn_once_and_belong_to_their_sheets(tmp_path: Path, state: State) -> None:
    folder, sheet = folder_of(tmp_path / "desk", "file"), tmp_path / "sheet"
    credential.make(sheet, ELECTION)
    own = credential.load_own(sheet).credential
    apply(folder, "a.application", own)
    apply(folder, "b.application")
    entered = {each.application: each for each in accept(folder, state)}
    file = entered["a.application"].share
    assert file == folder.share(entered["a.application"].code)
    joined, kept = credential.load(sheet, file), file.read_bytes()
    assert listed(folder, state)[entered["a.application"].code] == joined.key != own.key
    assert {path.stat().st_mode & 0o777 for path in folder.shares.iterdir()} == {0o600}
    assert accept(folder, state) == []
    shutil.copy(folder.applications / "a.application", folder.applications / "again.application")
    with pytest.raises(Mistaken, match=r"again\.application, line 7: the key stands in a\.application too"):
        accept(folder, state)
    (folder.applications / "a.application").unlink()
    assert accept(folder, state) == []
    assert (file.read_bytes(), len(listed(folder, state))) == (kept, 2)


@pytest.mark.process
@pytest.mark.parametrize("where", ["code", "share"])
def test_what_broke_off_goes_on_where_it_stands(
    where: str, tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash between code, share and row there is still one code, one share and one row for the application."""
    folder = folder_of(tmp_path, "file")
    apply(folder, "a.application")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as moment:
        if where == "code":
            moment.setattr(applications, "_draw_shares", crash)
        else:
            moment.setattr(applications, "append", lambda f, n, r: crash() if n == "register" else append(f, n, r))
        with pytest.raises(KeyboardInterrupt):
            accept(folder, state)
    given = folder.table("applications").read_bytes()
    drawn = [path.read_bytes() for path in folder.shares.glob("*.share")]
    assert (len(drawn), count_left(folder, state)) == (int(where == "share"), 1)
    [entered] = accept(folder, state)
    assert folder.table("applications").read_bytes() == given
    assert entered.share is not None
    assert entered.share.read_bytes() in (drawn or [entered.share.read_bytes()])
    assert listed(folder, state) == {entered.code: share.load(entered.share).key}


def test_a_share_that_cannot_be_drawn_is_said(tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(tmp_path, "file")
    apply(folder, "a.application")

    def fail(*_: object) -> None:
        raise Failed("no room on the disk")

    monkeypatch.setattr("bulletin.office.processes.Processes.start", fail)
    with pytest.raises(Unable, match="no room on the disk"):
        accept(folder, state)
    assert not folder.table("register").exists()


def test_each_commission_enters_its_own(tmp_path: Path, state: State) -> None:
    folder = folder_of(tmp_path)
    apply(folder, "a.application", commission="district")
    apply(folder, "b.application", commission="precinct")
    assert [each.application for each in accept(folder, state, "precinct")] == ["b.application"]
    assert [each.application for each in accept(folder, state)] == ["a.application"]
    apply(folder, "c.application", commission="")
    assert [each.application for each in accept(folder, state, "district")] == ["c.application"]


def bent(**changes: object) -> Callable[[Folder], None]:
    def spoil(folder: Folder) -> None:
        apply(folder, "a.application")
        file = folder.applications / "a.application"
        file.write_bytes(VoterApplication.decode(file.read_bytes())._replace(**changes).encode())  # type: ignore[arg-type]

    return spoil


@pytest.mark.parametrize(
    ("kind", "line", "spoil"),
    [
        ("application", 1, lambda folder: (folder.applications / "a.application").write_text("hello")),
        ("application", 8, bent(proof=b"")),
        ("application-proof", 8, bent(words="другое")),
        ("application-proof", 8, bent(credential=Credential().key)),
        ("application-proof", 8, bent(credential=bytes(32))),
        ("application-election", 2, lambda folder: apply(folder, "a.application", election="other")),
        ("application-manifest", 3, lambda folder: apply(folder, "a.application", manifest=bytes(32))),
        ("application-commission", 4, lambda folder: apply(folder, "a.application", commission="")),
        ("unknown-commission", 4, lambda folder: apply(folder, "a.application", commission="moon")),
        ("no-style", 5, lambda folder: apply(folder, "a.application", style="")),
        ("unknown-style", 5, lambda folder: apply(folder, "a.application", style="moon")),
    ],
)
def test_what_cannot_be_entered_is_said_with_file_and_line(
    kind: str, line: int, spoil: Callable[[Folder], None], tmp_path: Path, state: State
) -> None:
    folder = folder_of(tmp_path)
    spoil(folder)
    apply(folder, "b.application")
    with pytest.raises(Mistaken) as refused:
        accept(folder, state)
    assert [(each.kind, each.file, each.line) for each in refused.value.found] == [(kind, "a.application", line)]
    sentences = {refused.value.tell(language) for language in LANGUAGES}
    assert len(sentences) == len(LANGUAGES)
    assert all(said.startswith("a.application") and "{" not in said for said in sentences)
    assert not folder.table("register").exists()
    assert not folder.table("applications").exists()
