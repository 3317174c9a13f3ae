"""A key holder's vault: private, locked, remembered, bound to one manifest."""

from __future__ import annotations

from pathlib import Path

import pytest

from mixnet.vault import UnusableVault, Vault
from verifier.records import Blob


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.make(tmp_path / "vault")


def test_nobody_else_may_read_it(vault: Vault) -> None:
    vault.keep("attempt-1", [b"secret"])
    vault.remember("pledge-1", b"{}")
    vault.store(b"data")
    modes = {path.stat().st_mode & 0o777 for path in vault.directory.rglob("*") if path.is_file()}
    assert (vault.directory.stat().st_mode & 0o777, modes) == (0o700, {0o600})


@pytest.mark.parametrize("which", ["", "key"])
def test_a_vault_that_others_may_read_is_refused(vault: Vault, which: str) -> None:
    vault.close()
    (vault.directory / which).chmod(0o750)
    with pytest.raises(UnusableVault, match="chmod"):
        Vault(vault.directory)


def test_one_process_uses_it_at_a_time(vault: Vault) -> None:
    with pytest.raises(UnusableVault, match="another process"):
        Vault(vault.directory)
    vault.close()
    assert Vault(vault.directory).public == vault.public


def test_a_key_is_never_overwritten(vault: Vault) -> None:
    before = (vault.directory / "key").read_bytes()
    with pytest.raises(UnusableVault, match="never overwritten"):
        Vault.make(vault.directory)
    assert (vault.directory / "key").read_bytes() == before


@pytest.mark.parametrize("content", ["", "AAAA", "not base64"])
def test_a_damaged_key_is_said_to_be_one(vault: Vault, content: str) -> None:
    vault.close()
    (vault.directory / "key").write_text(content)
    with pytest.raises(UnusableVault, match="holds no key"):
        Vault(vault.directory)


def test_a_directory_without_a_key_is_no_vault(tmp_path: Path) -> None:
    with pytest.raises(UnusableVault, match="aikyn-mix key"):
        Vault(tmp_path)


def test_it_serves_one_manifest(vault: Vault) -> None:
    vault.bind(b"\1" * 32)
    vault.bind(b"\1" * 32)
    with pytest.raises(UnusableVault, match="another vault for another election"):
        vault.bind(b"\2" * 32)


def test_secrets_are_kept_and_wiped(vault: Vault) -> None:
    vault.keep("attempt-1", [b"a" * 32, bytearray(b"b" * 32)])
    assert bytes(vault.load("attempt-1") or b"") == b"a" * 32 + b"b" * 32
    vault.wipe("attempt-1")
    vault.wipe("attempt-1")
    assert vault.load("attempt-1") is None
    assert not any((vault.directory / "secrets").iterdir())


def test_wiping_overwrites_before_it_removes(vault: Vault, tmp_path: Path) -> None:
    vault.keep("attempt-1", [b"secret"])
    other_name = tmp_path / "link"
    other_name.hardlink_to(vault.directory / "secrets" / "attempt-1")
    vault.wipe("attempt-1")
    assert other_name.read_bytes() == bytes(6)


def test_an_act_is_remembered_once(vault: Vault) -> None:
    assert vault.recall("share-north") is None
    vault.remember("share-north", b"first")
    with pytest.raises(UnusableVault, match="two acts"):
        vault.remember("share-north", b"second")
    assert vault.recall("share-north") == b"first"


def test_a_damaged_blob_is_not_handed_out(vault: Vault) -> None:
    blob = vault.store(b"data")
    assert vault.fetch(blob) == b"data"
    (vault.directory / "blobs" / Blob.of(b"data").sha256.hex()).write_bytes(b"date")
    with pytest.raises(UnusableVault, match="damaged"):
        vault.fetch(blob)
