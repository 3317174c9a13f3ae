"""Tables as spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bulletin.office.mistake import Mistakes
from bulletin.office.table import read

ROWS = (("round", "ai", "Айдай", "Айдай", "Aidai"), ("round", "bek", "Бек", "Бек", "Bek"))
HEADINGS = {
    "en": ("contest", "id", "name_ky", "name_ru", "name_en"),
    "ru": ("Округ", "Идентификатор", "Имя на кыргызском", "Имя на русском", "Имя на английском"),
    "ky": ("округ", "кыска ат", "кыргызча аты", "орусча аты", "англисче аты"),
}


def written(delimiter: str, heading: tuple[str, ...]) -> str:
    return "".join(delimiter.join(f'"{cell}"' for cell in row) + "\r\n" for row in (heading, *ROWS))


def of(tmp_path: Path, raw: bytes, name: str = "candidates") -> tuple[list[tuple[int, dict[str, str]]], Mistakes]:
    path, found = tmp_path / f"{name}.csv", Mistakes()
    path.write_bytes(raw)
    return [(entry.line, entry.cells) for entry in read(path, name, found)], found


@pytest.mark.parametrize("heading", HEADINGS.values(), ids=HEADINGS)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_a_table_is_read_however_it_was_saved(
    tmp_path: Path, encoding: str, delimiter: str, heading: tuple[str, ...]
) -> None:
    entries, found = of(tmp_path, written(delimiter, heading).encode(encoding))
    assert found == []
    assert entries == [(n, dict(zip(HEADINGS["en"], row, strict=True))) for n, row in enumerate(ROWS, 2)]


def test_lines_are_those_of_the_file_where_cells_have_several(tmp_path: Path) -> None:
    raw = 'sep=;\ncontest;id;name_ky;name_ru;name_en\n\nround;a;"А\nБ";В;Г\n;;;;\nround;b;А;Б;В;\n'
    entries, found = of(tmp_path, raw.encode())
    assert found == []
    assert [(line, cells["name_ky"]) for line, cells in entries] == [(4, "А Б"), (7, "А")]


def test_a_formula_stays_what_it_is(tmp_path: Path) -> None:
    entries, found = of(tmp_path, b'contest,id,name_ky,name_ru,name_en\nround,a,=1+1,"=HYPERLINK(""x"")",<script>\n')
    assert found == []
    assert [*entries[0][1].values()][2:] == ["=1+1", '=HYPERLINK("x")', "<script>"]


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("ky:Aйдaй", "Айдай"),  # Latin A and a
        ("ky:Кѳл", "Көл"),
        ("ky:Yмүт", "Үмүт"),
        ("ru:Yра", "Ура"),
        ("en:Аidai", "Aidai"),  # Cyrillic А
        ("en:Сарo", "Capo"),  # either way: the column decides
        ("ru:Сарo", "Саро"),
    ],
)
def test_letters_that_look_like_their_neighbours_are_mended_and_said(tmp_path: Path, typed: str, read_as: str) -> None:
    language, name = typed.split(":")
    names = {"name_ky": "К", "name_ru": "К", "name_en": "K", f"name_{language}": name}
    heading = ";".join(("contest", "id", *names))
    entries, found = of(tmp_path, f"{heading}\nround;a;{';'.join(names.values())}\n".encode())
    assert entries[0][1][f"name_{language}"] == read_as
    assert [(each.kind, each.line, each.values["mended"]) for each in found] == [("mended", 2, read_as)]


def test_letters_are_put_together(tmp_path: Path) -> None:
    entries, found = of(
        tmp_path, "contest;id;name_ky;name_ru;name_en\nround;a;А\u0438\u0306;\u0415\u0308ж;A\n".encode()
    )
    assert entries[0][1]["name_ru"] == "\u0401ж"
    assert found == []


def test_an_id_in_cyrillic_letters_is_mended_and_said(tmp_path: Path) -> None:
    entries, found = of(tmp_path, "contest;id;name_ky;name_ru;name_en\nсаре;а;А;Б;В\n".encode())
    assert (entries[0][1]["contest"], entries[0][1]["id"]) == ("cape", "a")
    assert [each.kind for each in found] == ["mended", "mended"]
