"""Every crate of the kernel is pinned by version and checksum, and Cargo.lock says nothing else."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from kernel.crates import locked, pinned, write_lock, write_pins
from tests.support.house import HOUSE
from tests.support.needs import lacking

KERNEL = HOUSE / "kernel"
LINES = (KERNEL / "crates.txt").read_text().splitlines(keepends=True)
PINS = pinned(KERNEL)
DIRECT = tomllib.loads((KERNEL / "Cargo.toml").read_text())["dependencies"]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pins and lock in a folder of their own; cargo knows the crates from having built the kernel."""
    if shutil.which("cargo") is None or not (KERNEL / "Cargo.lock").exists():
        lacking("no kernel is built here: cargo has no crates to lock")
    for name in ("Cargo.toml", "Cargo.lock", "crates.txt"):
        shutil.copy(KERNEL / name, tmp_path / name)
    monkeypatch.setenv("CARGO_NET_OFFLINE", "true")
    return tmp_path


def test_every_line_is_a_name_a_version_and_a_checksum() -> None:
    assert len(LINES) == len(set(PINS)) > len(DIRECT)
    assert sorted(LINES) == LINES
    assert [line for line in LINES if not re.fullmatch(r"[\w-]+ \d+\.\d+\.\d+[\w.+-]* [0-9a-f]{64}\n", line)] == []


def test_six_crates_at_most_are_asked_for_each_in_one_version() -> None:
    assert len(DIRECT) <= 6
    asked = {name: entry if isinstance(entry, str) else entry["version"] for name, entry in DIRECT.items()}
    versions = {crate.name: crate.version for crate in PINS}
    assert asked == {name: f"={versions[name]}" for name in asked}


def test_the_lock_holds_what_is_pinned() -> None:
    if not (KERNEL / "Cargo.lock").exists():
        lacking("no kernel is built here: Cargo.lock is not written")
    assert locked((KERNEL / "Cargo.lock").read_text()) == PINS


def test_every_build_takes_what_is_locked() -> None:
    files = [HOUSE / "Makefile", HOUSE / ".ci/run", *HOUSE.glob(".github/workflows/*"), *HOUSE.glob("release/*.py")]
    text = "\n".join(file.read_text() for file in [*files, HOUSE / "tests/house/test_independence.py"])
    words = re.sub(r"[\"',]", "", text)
    builds = re.findall(
        r"^.*\b(?:cargo (?:build|check|clippy|fetch|run|test)|maturin (?:build|develop)) .*$", words, re.MULTILINE
    )
    assert len(builds) > 6
    assert [line for line in builds if "--locked" not in line] == []


@pytest.mark.process
@pytest.mark.xdist_group("kernel")
class TestCargo:
    def test_the_lock_is_written_from_the_pins_alone(self, copy: Path) -> None:
        (copy / "Cargo.lock").unlink()
        write_lock(copy)
        assert (copy / "Cargo.lock").read_bytes() == (KERNEL / "Cargo.lock").read_bytes()

    def test_a_lock_that_agrees_is_left_alone(self, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        write_lock(copy)
        (copy / "crates.txt").write_text("")
        with pytest.raises(FileNotFoundError, match="cargo"):
            write_lock(copy)

    def test_another_checksum_is_refused(self, copy: Path) -> None:
        (copy / "crates.txt").write_text("".join(LINES).replace(PINS[0].checksum, PINS[1].checksum))
        before = (copy / "Cargo.lock").read_bytes()
        with pytest.raises(SystemExit, match="failed"):
            write_lock(copy)
        assert (copy / "Cargo.lock").read_bytes() == before

    @pytest.mark.parametrize("unfit", ["".join(LINES[1:]), "".join(["anyhow 1.0.100 " + "0" * 64 + "\n", *LINES])])
    def test_a_crate_too_few_or_too_many_is_refused(self, copy: Path, unfit: str) -> None:
        (copy / "crates.txt").write_text(unfit)
        with pytest.raises(SystemExit, match="does not fit"):
            write_lock(copy)

    def test_pins_are_written_from_what_is_asked_for(self, copy: Path) -> None:
        (copy / "crates.txt").write_text("".join(LINES).replace("zeroize", "nonsense"))
        write_pins(copy, upgrade=False)
        assert pinned(copy) == PINS
