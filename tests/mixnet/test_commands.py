"""`aikyn-mix` as one types it: keys, help, what it refuses and why."""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mixnet.commands import main
from mixnet.vault import Vault
from tests.support import archives
from tests.support.boards import make_vault
from tests.support.elections import Election
from verifier.client.card import Card


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


def test_key_prints_the_same_key_again_also_while_the_vault_is_used(tmp_path: Path) -> None:
    """G4: whoever lost the printed line asks for it again; a key is never overwritten."""
    made = run("key", tmp_path / "vault")
    kept = (tmp_path / "vault/key").read_bytes()
    vault = Vault(tmp_path / "vault")
    again = run("key", tmp_path / "vault")
    assert (again.exit_code, again.stdout) == (0, made.stdout)
    assert (tmp_path / "vault/key").read_bytes() == kept
    vault.close()


@pytest.mark.parametrize("role", ["trustee", "mixer"])
def test_key_hands_in_a_card_also_while_the_vault_is_used(tmp_path: Path, role: str) -> None:
    vault = Vault.make(tmp_path / "vault")
    shown = run("key", tmp_path / "vault", "--as", role, "--card", tmp_path / "card")
    assert shown.exit_code == 0
    assert shown.stdout.encode() == (tmp_path / "card").read_bytes()
    assert Card.decode(shown.stdout.encode()) == Card.of(role, vault.public)
    vault.close()


def test_a_card_says_what_its_key_is_for(tmp_path: Path) -> None:
    refused = run("key", tmp_path / "vault", "--card", tmp_path / "card")
    assert (refused.exit_code, "--as" in refused.stderr) == (2, True)
    assert not (tmp_path / "vault").exists()


def test_no_key_is_drawn_on_a_disk_that_keeps_no_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G4: as on FAT, where chmod is refused and everybody may read everything."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    whole = Path.stat
    seen = lambda path, **how: os.stat_result((whole(path, **how).st_mode | 0o755, *whole(path, **how)[1:]))  # noqa: E731
    with monkeypatch.context() as disk:
        disk.setattr(Path, "chmod", refuse)
        disk.setattr(Path, "stat", seen)
        refused = run("key", tmp_path / "vault")
    assert (refused.exit_code, "keeps permissions" in refused.stderr) == (2, True)
    assert not (tmp_path / "vault/key").exists()
    assert run("key", tmp_path / "vault").exit_code == 0


def test_a_vault_that_cannot_be_made_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = run("key", tmp_path / "file/vault")
    assert (refused.exit_code, "UNABLE TO ACT" in refused.stderr) == (2, True)


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


def test_the_election_key_of_a_vault_is_shown_while_the_vault_is_used(tmp_path: Path) -> None:
    vault = Vault.make(tmp_path / "vault")
    early = run("election-key", "--vault", tmp_path / "vault")
    assert (early.exit_code, "have not made the election key" in early.stderr) == (2, True)
    vault.note_election_key(bytes(range(32)))
    shown = run("election-key", "--vault", tmp_path / "vault", "--lang", "ky")
    assert (shown.exit_code, shown.stdout.splitlines()[-1][:14]) == (0, "0001 0203 0405")
    vault.close()


def test_the_election_key_is_taken_from_somewhere(tmp_path: Path, sheet: Path) -> None:
    for words in ((), ("--trust", sheet), ("--board", "http://127.0.0.1:9")):
        assert run("election-key", *words).exit_code == 2
    assert run("key", tmp_path / "vault").exit_code == 0
