"""The bounded reader of a copy: regular files of no more than their size, in a directory and in zips of every make."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.needs import lacking
from tests.support.whole import BLOB, ENTRIES, FILES, HASHES, HONEST, MEMORY, TRUST, judge
from verifier.client import files
from verifier.client.copy import opened
from verifier.client.files import Directory, Zip, limit
from verifier.errors import Incomplete
from verifier.log import tiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from verifier.desk.report.report import Report


def lay(place: Path, made: Mapping[str, bytes] = FILES) -> Path:
    for name, data in made.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def open_at(report: Report) -> list[str]:
    """Where the copy could not be read; nobody is accused."""
    assert (report.verdict, report.failures) == ("could not be checked", ())
    return [line.where.file or str(line.where) for line in report.incomplete]


def pack(made: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipFile:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", method) as packed:
        for name, data in made.items():
            packed.writestr(name, data)
    return zipfile.ZipFile(raw)


# Sizes.


def test_every_file_of_the_archive_has_its_limit() -> None:
    assert all(len(data) <= limit(name) for name, data in FILES.items())
    assert limit("checkpoint") == limit("checkpoints/7") == 65_536
    assert [limit(f"tile/0/000{part}") for part in ("", ".p/54")] == [8192, 54 * 32]
    full = tiles.encode_bundle([bytes(65_535)] * 256)
    assert limit("tile/entries/000") == len(full) == 16_777_472
    assert limit(BLOB) == 2**32


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/0", HASHES, ENTRIES, BLOB])
def test_of_a_file_without_end_nothing_is_held(tmp_path: Path, name: str) -> None:
    """C6: holes cost whoever makes them nothing: 2⁶⁰ bytes of zeros, or as many as there may be."""
    lay(tmp_path)
    for size in (1 << 40, 1 << 28):  # of these a blob may have the second, but not with this digest
        os.truncate(tmp_path / name, size)
        tracemalloc.start()
        try:
            with pytest.raises(Incomplete) as caught:
                Directory(tmp_path)(name)
            assert tracemalloc.get_traced_memory()[1] < MEMORY
        finally:
            tracemalloc.stop()
        assert str(caught.value.where) == name


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """C6: a pipe would hang, a device never end; a link out of the copy leads to what is nobody's business."""
    secret = tmp_path / "secret"
    secret.write_bytes(FILES["checkpoint"])
    copy = lay(tmp_path / "copy")
    spoil: dict[str, Callable[[Path], object]] = {
        "a pipe": os.mkfifo,
        "a device": lambda path: path.symlink_to("/dev/zero"),
        "a link to a file": lambda path: path.symlink_to(secret),
        "a link in a circle": lambda path: path.symlink_to(path),
        "a link to a process": lambda path: path.symlink_to("/proc/self/environ"),
    }
    for name in ("checkpoint", "checkpoints/1", ENTRIES, BLOB):
        for made in spoil.values():
            (copy / name).unlink()
            made(copy / name)
            assert name in open_at(judge(copy))
            (copy / name).unlink()
            (copy / name).write_bytes(FILES[name])
    assert judge(copy) == HONEST


def test_a_link_within_the_copy_is_followed(tmp_path: Path) -> None:
    copy = lay(tmp_path / "copy")
    (copy / "tile").rename(copy / "elsewhere")
    (copy / "tile").symlink_to(copy / "elsewhere")
    assert judge(copy) == HONEST
    (tmp_path / "link").symlink_to(copy)
    assert judge(tmp_path / "link") == HONEST


def test_a_pipe_in_place_of_a_copy_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Incomplete, match="no directory, no whole zip"):
        judge(tmp_path / "pipe")


def test_what_is_in_checkpoints_is_listed(tmp_path: Path) -> None:
    copy = lay(
        tmp_path, {f"checkpoints/{name}": b"" for name in ("0", "7", "10", "07", "x", "-1", "1.5", "٣", "9" * 30)}
    )
    assert sorted(Directory(copy).kept) == [0, 7, 10]
    assert Directory(copy / "nowhere").kept == []
    with pack({f"copy/checkpoints/{name}": b"" for name in ("3", "12", "x")} | {"copy/checkpoint": b""}) as packed:
        assert sorted(Zip(packed).kept) == [3, 12]


# Zips.


def run(*command: str, cwd: Path) -> None:
    if shutil.which(command[0]) is None:
        lacking(f"{command[0]} is not installed")
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


@pytest.mark.process
@pytest.mark.parametrize("folder", [".", "board"])
@pytest.mark.parametrize(
    "command",
    [
        ("bsdtar", "--format", "zip", "-cf", "out.zip"),
        ("zip", "-qr", "out.zip"),
        ("7z", "a", "-tzip", "out.zip"),
        ("7z", "a", "-tzip", "-mx=9", "out.zip"),
    ],
    ids=lambda words: " ".join(words[:3]),
)
def test_zips_of_real_programs_are_read(tmp_path: Path, command: tuple[str, ...], folder: str) -> None:
    """F4: with `./` before every name, with entries for folders, inside a folder, at the highest compression."""
    inside = lay(tmp_path / "board")
    run(*command, folder, cwd=inside if folder == "." else tmp_path)
    made = (inside if folder == "." else tmp_path) / "out.zip"
    names = zipfile.ZipFile(made).namelist()
    assert len(names) >= len(FILES)
    assert judge(made) == HONEST


def by_hand(made: Mapping[str, bytes]) -> bytes:
    """A zip as some programs of Windows write it: backslashes between folders, and an entry for each folder."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as packed:
        for folder in sorted({f"{name.rpartition('/')[0]}/" for name in made if "/" in name}):
            info = zipfile.ZipInfo("x")
            info.filename, info.create_system = f"board\\{folder}".replace("/", "\\"), 0
            packed.writestr(info, b"")
        for name, data in made.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.create_system = f"board\\{name}".replace("/", "\\"), 0
            packed.writestr(info, data)
    return raw.getvalue()


def test_a_zip_with_backslashes_is_read(tmp_path: Path) -> None:
    """F4: as some programs on Windows write it."""
    (tmp_path / "board.zip").write_bytes(by_hand(FILES))
    assert any("\\" in name for name in zipfile.ZipFile(tmp_path / "board.zip").namelist())
    assert judge(tmp_path / "board.zip") == HONEST


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["checkpoint", ENTRIES, BLOB])
@pytest.mark.parametrize("spelled", ["{}", "./{}", ".//{}"])
def test_two_files_of_one_name_are_refused(tmp_path: Path, name: str, spelled: str) -> None:
    """F4: one program would take the first of them, another the last."""
    with zipfile.ZipFile(tmp_path / "board.zip", "w") as packed:
        for one, data in FILES.items():
            packed.writestr(one, data)
        packed.writestr(spelled.format(name), FILES[name])
    assert name in open_at(judge(tmp_path / "board.zip"))


def test_two_copies_side_by_side_are_refused(tmp_path: Path) -> None:
    """F4: nobody guesses which of them is meant."""
    with zipfile.ZipFile(tmp_path / "board.zip", "w") as packed:
        for name, data in FILES.items():
            packed.writestr(f"a/{name}", data)
            packed.writestr(f"b/{name}", data)
    with pytest.raises(Incomplete, match="several copies, a/ and b/"):
        judge(tmp_path / "board.zip")


def test_names_that_lead_out_are_no_files() -> None:
    """F4: `..` names nothing in a copy."""
    strange = {f"{way}{name}": data for name, data in FILES.items() for way in ("../", "a/../", "..\\")}
    with pack(strange) as packed:
        assert Zip(packed)("checkpoint") is None
        assert Zip(packed).kept == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["checkpoint", "checkpoints/1", HASHES, ENTRIES, BLOB])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, name: str) -> None:
    """F4: a file of zeros packs a thousandfold; what is no blob is never so large, and a blob has another digest."""
    size = 1 << 28
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for one, data in FILES.items():
            if one != name:
                packed.writestr(one, data)
        with packed.open(name, "w", force_zip64=True) as file:
            for _ in range(size >> 20):
                file.write(bytes(1 << 20))
    assert (tmp_path / "bomb.zip").stat().st_size < 1 << 20
    tracemalloc.start()
    try:
        with opened(str(tmp_path / "bomb.zip"), TRUST) as copy, pytest.raises(Incomplete) as caught:
            copy(name)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert str(caught.value.where) == name


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_have_no_bounds_are_not_read(tmp_path: Path, method: int) -> None:
    """F4: a few bytes of theirs unpack into any number."""
    (tmp_path / "board.zip").write_bytes(pack(FILES, method).fp.getvalue())  # type: ignore[union-attr]
    report = judge(tmp_path / "board.zip")
    assert open_at(report) == ["checkpoint"]
    assert "deflate" in str(report.incomplete[0].detail)


def test_a_size_that_is_not_true_is_found_out(tmp_path: Path) -> None:
    """F4: the list of a zip's files may say anything of them."""
    raw = pack(FILES, zipfile.ZIP_STORED).fp.getvalue()  # type: ignore[union-attr]
    true = len(FILES["checkpoint"]).to_bytes(4, "little")
    place = raw.rindex(b"PK\1\2", 0, raw.rindex(b"checkpointPK\1\2"))
    for size in (0, 1, len(FILES["checkpoint"]) - 1, len(FILES["checkpoint"]) + 1, 2**32 - 2):
        bent = raw[:place] + raw[place:].replace(true * 2, 2 * size.to_bytes(4, "little"), 1)
        (tmp_path / "board.zip").write_bytes(bent)
        assert "checkpoint" in open_at(judge(tmp_path / "board.zip"))


def test_a_list_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F4: the list of a zip's files is bounded too."""
    with zipfile.ZipFile(tmp_path / "board.zip", "w") as packed:
        for number in range(2000):
            packed.writestr(f"{number:0200}", b"")
    monkeypatch.setattr(files, "MAX_LISTING", 1 << 16)
    with pytest.raises(Incomplete, match="list of files is too long"):
        judge(tmp_path / "board.zip")


def test_a_link_in_a_zip_is_no_file(tmp_path: Path) -> None:
    """F4: regular files only."""
    with zipfile.ZipFile(tmp_path / "board.zip", "w") as packed:
        for name, data in FILES.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if name == BLOB else 0o100644) << 16
            packed.writestr(info, data)
    assert any(BLOB in where for where in open_at(judge(tmp_path / "board.zip")))
