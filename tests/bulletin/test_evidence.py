"""How evidence against a log is kept: written once, replaced only by what proves more, read by an auditor."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bulletin.log import disk
from bulletin.log import evidence as files
from tests.support.copies import sheet
from tests.support.forks import SIZES, proved, signed
from verifier.client.evidence import name, pair, proves
from verifier.desk.commands.main import main

SHEET = sheet(b"no manifest", [])


@pytest.mark.parametrize(("old", "size"), SIZES)
@pytest.mark.parametrize("second", [0, 1])
def test_it_is_read_back_as_it_was_kept(tmp_path: Path, old: int, size: int, second: int) -> None:
    found = proved(old, size, 0, second)
    place = files.keep(tmp_path, found)
    assert files.read(place) == found
    assert (place.name, files.keep(tmp_path, found)) == (name(found), place)
    said = (place / "README").read_text()
    assert ("two histories" in said) == proves(found)
    assert f"of {old} and {size} entries" in said
    assert [place for place, _ in files.proofs(tmp_path)] == ([place] if proves(found) else [])


def test_a_proof_that_comes_later_is_added_and_stays(tmp_path: Path) -> None:
    found = proved(5, 40, 0, 1)
    bare = found._replace(start=b"", proof=())
    for kept, proving in ((bare, False), (found, True), (bare, True)):
        assert proves(files.read(files.keep(tmp_path, kept))) == proving


def test_what_was_not_finished_is_not_taken_for_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = proved(5, 40, 0, 1)
    write = disk.write

    def fail(path: Path, data: bytes) -> None:
        if path.name == "proof":
            raise OSError("the power is cut")
        write(path, data)

    monkeypatch.setattr(disk, "write", fail)
    with pytest.raises(OSError, match="power"):
        files.keep(tmp_path, found)
    assert list(files.proofs(tmp_path)) == []
    monkeypatch.undo()
    assert files.read(files.keep(tmp_path, found)) == found


def test_an_auditor_checks_a_directory(tmp_path: Path) -> None:
    (tmp_path / "sheet").write_bytes(SHEET)
    for found, status, said in (
        (proved(5, 40, 0, 1), 1, "REJECTED: BRD.3"),
        (proved(5, 40, 0, 0), 2, "one history"),
        (pair(signed(5), signed(40, 1)), 2, "there is none"),
    ):
        place = files.keep(tmp_path / str(status) / said[:3], found)
        result = CliRunner().invoke(main, ["evidence", str(place), "--trust", str(tmp_path / "sheet")])
        assert (result.exit_code, said in result.output) == (status, True), result.output
    (place / "second").unlink()
    result = CliRunner().invoke(main, ["evidence", str(place), "--trust", str(tmp_path / "sheet")])
    assert (result.exit_code, "second" in result.output) == (2, True)
