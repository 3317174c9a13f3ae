"""Copies of a board in every shape: directory, zip file with and without a folder around, URL; and what is none."""

from __future__ import annotations

import io
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from flask import Response, request
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus import boards
from tests.support import copies
from tests.support.serving import answering
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client.copy import opened
from verifier.client.files import Zip
from verifier.desk.report.report import compose
from verifier.errors import Incomplete

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verifier.desk.report.report import Report

FILES = boards.honest().files
TRUST = trust.decode(boards.honest().sheet)
HONEST = copies.audit(FILES, boards.honest().sheet)


def pack(files: Mapping[str, bytes], folder: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as packed:
        for name, data in files.items():
            packed.writestr(folder + name, data)
    return made.getvalue()


def judge(place: Path | str, keep: Path | None = None) -> Report:
    with opened(str(place), TRUST, keep) as copy:
        return compose(Audit(copy, TRUST, kept=copy.kept).run())


def timeless(report: Report) -> Report:
    """The report without what kept checkpoints show: a copy may have lost some, and then knows less of when."""
    figures = {name: count for name, count in report.figures.items() if name != "checkpoints"}
    return msgspec.structs.replace(report, figures=figures, timeline=())


def test_a_directory_is_read(tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert judge(tmp_path) == HONEST


METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("folder", ["", "copy of the board/", "a/b/"])
def test_a_zip_file_is_read_with_and_without_folders_around(tmp_path: Path, folder: str, method: int) -> None:
    file = tmp_path / "board.zip"
    file.write_bytes(pack(FILES, folder, method))
    assert judge(file) == HONEST


def test_of_several_copies_in_a_zip_file_the_outer_one_is_read(tmp_path: Path) -> None:
    file = tmp_path / "board.zip"
    other = {f"{folder}/checkpoint": b"another" for folder in ("0", "blobs/a", "zz")}
    file.write_bytes(pack(other | FILES))
    assert judge(file) == HONEST
    file.write_bytes(pack(FILES, "zz/later/") + b"")
    assert judge(file) == HONEST


def test_a_zip_file_without_a_copy_in_it_could_not_be_checked(tmp_path: Path) -> None:
    file = tmp_path / "board.zip"
    file.write_bytes(pack({"thesis.txt": b"years of work"}))
    report = judge(file)
    assert (report.exit, str(report.incomplete[0].where)) == (2, "checkpoint")
    assert report.failures == ()


def test_what_a_zip_file_lacks_is_not_there() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(FILES, "copy/"))) as packed:
        read = Zip(packed)
        assert read("checkpoint") == FILES["checkpoint"]
        assert [read(name) for name in ("copy/checkpoint", "tile/0/001", "", "../copy/checkpoint")] == [None] * 4


def test_a_file_that_cannot_be_unpacked_is_named(tmp_path: Path) -> None:
    packed = pack(FILES, method=zipfile.ZIP_STORED)
    blob = next(name for name in FILES if name.startswith("blobs"))
    at = packed.index(FILES[blob])
    file = tmp_path / "board.zip"
    file.write_bytes(packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :])
    report = judge(file)
    assert (report.exit, report.failures) == (2, ())
    assert (blob, "record 24") in {(line.where.file, f"record {line.where.record}") for line in report.incomplete}


@given(
    st.sampled_from(METHODS), st.lists(st.tuples(st.integers(0), st.integers(0, 7)), max_size=4), st.integers(0, 200)
)
def test_a_damaged_zip_file_never_gives_another_result(method: int, flips: list[tuple[int, int]], cut: int) -> None:
    packed = bytearray(pack(FILES, method=method))
    for at, bit in flips:
        packed[at % len(packed)] ^= 1 << bit
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "board.zip"
        file.write_bytes(packed[: len(packed) - max(0, cut - 100)])
        with suppress(Incomplete):
            report = judge(file)
            assert timeless(report) == timeless(HONEST) or (report.exit, report.failures) == (2, ())


@pytest.mark.parametrize("said", [b"", b"PK\5\6 and no more", b"a letter"])
def test_what_is_no_copy_is_said(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "file").write_bytes(said)
    for place in (tmp_path / "file", tmp_path / "nowhere"):
        with pytest.raises(Incomplete, match="no directory, no whole zip file and no URL"):
            judge(place)


def served() -> Response:
    found = FILES.get(request.path.removeprefix("/"))
    return Response(status=404) if found is None else Response(found)


@pytest.mark.process
def test_a_board_at_a_url_is_copied_first(tmp_path: Path) -> None:
    with answering(served) as board:
        assert judge(board.url) == HONEST
        assert judge(board.url, tmp_path / "kept") == HONEST
    assert judge(tmp_path / "kept") == HONEST


@pytest.mark.process
@pytest.mark.parametrize("status", [301, 403, 500])
def test_a_url_at_which_no_board_is_could_not_be_checked(status: int) -> None:
    with answering(lambda: Response("<html>", status)) as board, pytest.raises(Incomplete, match="not where a board"):
        judge(board.url)
