"""Whatever the bytes of a file in the folder, the desk says what is wrong, and makes nothing of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulletin.office import steps
from bulletin.office.folder import TABLES, Folder
from tests.support.village import NOW, build
from verifier.desk.report.language import LANGUAGES

FILES = ["election.toml", *(f"{name}.csv" for name in TABLES), "certificates/central-1.cer", "cards/log.card"]
PIECES = st.one_of(
    st.binary(max_size=6), st.sampled_from([b";", b'"', b"\n", b"[[", b"=", b"\0", b"\xff\xfe", b"9" * 20])
)


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return build(tmp_path_factory.mktemp("village"))


@pytest.mark.slow
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(FILES), where=st.floats(0, 1), taken=st.integers(0, 40), piece=PIECES)
def test_spoilt_bytes_are_told_and_nothing_more(
    village: Folder, tmp_path: Path, name: str, where: float, taken: int, piece: bytes
) -> None:
    shutil.rmtree(tmp_path)
    folder = Folder(shutil.copytree(village.path, tmp_path))
    raw = (folder.path / name).read_bytes()
    at = int(where * len(raw))
    (folder.path / name).write_bytes(raw[:at] + piece + raw[at + taken :])
    _, stages = steps.prepare(folder, NOW)
    grave = any(stage.mistakes.grave for stage in stages)
    assert grave != folder.made("trust.txt").exists()
    assert all(mistake.tell(each) for stage in stages for mistake in stage.mistakes for each in LANGUAGES)
