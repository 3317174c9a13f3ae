"""The voters' app at the desk: laid out in a folder, asked for, signed, sent, replaced (specs/desk.md §2)."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.http.assets import BUILT, POLICY, create_app
from bulletin.office.objection import Objection
from bulletin.office.served import assets, built_digest, read_files
from bulletin.office.teller import Known
from bulletin.office.telling import tell, tell_all
from tests.corpus import apps
from tests.support.dockets import CENTRAL, opened, run, told
from tests.support.elections import text
from tests.support.folding import admit
from tests.support.needs import lacking
from tests.support.serving import serving
from verifier.desk.commands.main import main as verify
from verifier.desk.report.language import LANGUAGES
from verifier.election.assets import FIRST, Assets, is_safe, leaf_of
from verifier.records import Blob, encode
from verifier.state import State

PAGES = {"index.html": "<p>a</p>", "ky/r.html": "<p>b</p>", "receipt.js": "1", "page.css": "", "trust.txt": "aikyn"}


def lay(folder: Path, **more: str) -> Path:
    for path, said in (PAGES | more).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(said)
    return folder


def state() -> State:
    made = State()
    for index, raw in enumerate(apps.twin().records):
        admit(made, index, raw, apps.twin().blobs.get)
    return made


def refusal(kind: str, folder: Path, at: State | None = None) -> str:
    with pytest.raises(Objection) as raised:
        assets(at or State(), folder)
    assert raised.value.kind == kind
    assert len({raised.value.tell(language) for language in LANGUAGES}) == 3
    return raised.value.tell("en")


def test_a_folder_becomes_a_record(tmp_path: Path) -> None:
    record, blobs = assets(State(), lay(tmp_path))
    assert isinstance(record, Assets)
    assert [(file.path, file.type) for file in record.files] == [
        ("/index.html", "text/html; charset=utf-8"),
        ("/ky/r.html", "text/html; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/receipt.js", "text/javascript; charset=utf-8"),
        ("/trust.txt", "text/plain; charset=utf-8"),
    ]
    assert record.replaces == FIRST
    assert {file.blob for file in record.files} == {Blob.of(data) for data in blobs}
    assert [(policy.prefix, policy.csp) for policy in record.headers] == [("/", POLICY)]


def test_the_policy_of_the_release_is_safe() -> None:
    assert is_safe(POLICY)


def test_another_election_has_the_same_digest(tmp_path: Path) -> None:
    one, other = lay(tmp_path / "a"), lay(tmp_path / "b", **{"trust.txt": "another sheet"})
    first, second = (assets(State(), folder).record for folder in (one, other))
    assert isinstance(first, Assets)
    assert isinstance(second, Assets)
    assert first.app == second.app
    assert first.files != second.files


def test_what_cannot_be_an_app(tmp_path: Path) -> None:
    assert "has no files" in refusal("empty-app", tmp_path)
    assert "/notes.docx" in refusal("strange-ending", lay(tmp_path, **{"notes.docx": ""}))


def test_an_app_is_replaced_for_a_reason_and_by_another(tmp_path: Path) -> None:
    at, folder = state(), lay(tmp_path)
    assert "--reason-ky" in refusal("no-reason", folder, at)
    made = assets(at, folder, text("mended")).record
    assert isinstance(made, Assets)
    assert made.replaces == leaf_of(at.assets)
    at.assets = made
    with pytest.raises(Objection) as raised:
        assets(at, folder, text("again"))
    assert raised.value.kind == "app-unchanged"


def test_signers_read_what_changes(tmp_path: Path) -> None:
    former, held = read(lay(tmp_path))
    (tmp_path / "index.html").write_text("<p>c</p>")
    (tmp_path / "page.css").unlink()
    (tmp_path / "new.js").write_text("2")
    files, blobs = read_files(tmp_path)
    record = Assets(former.app, files, former.headers, text("mended"), leaf_of(former))
    held |= {Blob.of(data).sha256: data for data in blobs}
    lines = tell(record, held.get, "en", Known(records={leaf_of(former): former}))
    assert "5 files" in lines[0]
    assert "Reason: mended" in lines[2]
    assert lines[3:6] == ["Added: /new.js", "Removed: /page.css", "Changed: /index.html"]
    assert lines[-1] == f"Policy under /: {POLICY}"
    assert len(set(encode(tell_all(record, held.get)).decode().split('"'))) > 6
    assert "is not beside the request" in tell(record, held.get, "en")[3]


def test_a_signer_needs_the_files(tmp_path: Path) -> None:
    record, held = read(lay(tmp_path))
    held.popitem()
    with pytest.raises(Objection) as raised:
        tell(record, held.get, "en")
    assert raised.value.kind == "missing-blob"


def read(folder: Path) -> tuple[Assets, dict[bytes, bytes]]:
    made = assets(State(), folder)
    assert isinstance(made.record, Assets)
    return made.record, {Blob.of(data).sha256: data for data in made.blobs}


@pytest.mark.process
@pytest.mark.slow
def test_an_app_is_signed_sent_and_replaced(tmp_path: Path) -> None:
    """The folder that `aikyn-board app` writes; what a server gives of it is what was signed."""
    if not BUILT.is_dir():
        lacking("run `make .venv/web` first: the voter's app is not built")
    with opened(tmp_path) as office:
        office.sign("manifest", *CENTRAL.people[:2])
        office.sign("roster", *CENTRAL.people[:2])
        office.post()
        folder, sheet = tmp_path / "files", office.folder.made("trust.txt")
        sheet.write_text(sheet.read_text() + f"app {built_digest()}\n")
        told(run("app", folder, "--trust", sheet, "--board", office.url))
        said = office.enact("assets", CENTRAL, "--app", folder)
        assert "APP: voters are given these pages" in said
        assert "assets.request: in effect" in office.act("status")  # which waits for the witnesses
        with serving(create_app(folder)) as url:
            line = ["site", url, "--trust", str(sheet), "--board", office.url, "--lang", "en"]
            assert "SAME: " in told(CliRunner().invoke(verify, line))
        assert "say why it is replaced" in office.act("assets", "--app", folder, code=1)
        reasons = [f"--reason-{language}=mended" for language in LANGUAGES]
        assert "the very files" in office.act("assets", "--app", folder, *reasons, code=1)
        (folder / "receipt.js").write_text("2")
        assert "Changed: /receipt.js" in office.enact("assets", CENTRAL, "--app", folder, *reasons)
        assert office.act("status").count("assets.request: in effect") == 2
