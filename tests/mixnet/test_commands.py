"""`aikyn-mix` as one types it: keys, help, what it refuses and why."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mixnet.commands import main
from mixnet.vault import Vault
from tests.support import archives
from tests.support.boards import make_vault
from tests.support.elections import Election


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    file = tmp_path / "trust.txt"
    file.write_bytes(archives.sheet(Election()))
    return file


def test_key_prints_the_public_key_for_the_manifest(tmp_path: Path) -> None:
    made = run("key", tmp_path / "vault")
    assert made.exit_code == 0
    assert b64decode(made.stdout) == Vault(tmp_path / "vault").public


def test_key_does_not_overwrite(tmp_path: Path) -> None:
    run("key", tmp_path / "vault")
    again = run("key", tmp_path / "vault")
    assert (again.exit_code, "never overwritten" in again.stderr) == (2, True)


@pytest.mark.parametrize("role", ["trustee", "mixer"])
def test_help_says_what_each_option_is_for(role: str) -> None:
    said = run(role, "--help").stdout
    assert all(option in said for option in ("--board", "--trust", "--vault", "--until", "--every"))
    assert "telephone" in said


@pytest.mark.parametrize("role", ["trustee", "mixer"])
def test_a_vault_without_a_key_is_refused_with_the_command_that_makes_one(
    tmp_path: Path, sheet: Path, role: str
) -> None:
    done = run(role, "--board", "http://127.0.0.1:9", "--trust", sheet, "--vault", tmp_path / "none")
    assert (done.exit_code, "aikyn-mix key" in done.stderr) == (2, True)


def test_a_sheet_without_witnesses_is_refused(tmp_path: Path, sheet: Path) -> None:
    sheet.write_bytes(archives.sheet(Election(), witnessed=False))
    make_vault(tmp_path / "vault", "trustee-1").close()
    done = run("trustee", "--board", "http://127.0.0.1:9", "--trust", sheet, "--vault", tmp_path / "vault")
    assert (done.exit_code, "quorum of witnesses" in done.stderr) == (2, True)


def test_a_vault_of_another_election_is_refused(tmp_path: Path, sheet: Path) -> None:
    vault = make_vault(tmp_path / "vault", "mixer-1")
    vault.bind(bytes(32))
    vault.close()
    done = run("mixer", "--board", "http://127.0.0.1:9", "--trust", sheet, "--vault", tmp_path / "vault")
    assert (done.exit_code, "another vault for another election" in done.stderr) == (2, True)


def test_an_unreadable_sheet_is_refused(tmp_path: Path, sheet: Path) -> None:
    sheet.write_text("hello\n")
    make_vault(tmp_path / "vault", "mixer-1").close()
    done = run("mixer", "--board", "http://127.0.0.1:9", "--trust", sheet, "--vault", tmp_path / "vault")
    assert (done.exit_code, "aikyn/1 trust" in done.stderr) == (2, True)
