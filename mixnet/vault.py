"""A key holder's vault: a private directory with its key, the secrets of a key ceremony, and what it has done."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from verifier.errors import Malformed
from verifier.log import note
from verifier.records import Blob

if TYPE_CHECKING:
    from collections.abc import Iterable

OTHERS = 0o077


class UnusableVault(Exception):
    """A vault that cannot be used as it is; the sentence says what to do."""


class Vault:
    """The directory (0700) and its files (0600), each durable before the call that writes it returns.

    Whoever reads it acts in the holder's name. Whoever sets it back to an older copy makes the holder forget: a trustee
    would then decrypt a second mix. So one process uses it at a time, and no second copy of it may ever be used.
    """

    _lock: int | None = None

    def __init__(self, directory: Path) -> None:
        self._key = _read_key(directory)
        self.directory, self.public = directory, bytes(self._key.verify_key)
        self._lock = _lock(directory / "lock")

    @classmethod
    def make(cls, directory: Path) -> Vault:
        """A vault with a fresh Ed25519 key; a key is never overwritten."""
        if (directory / "key").exists():
            raise UnusableVault(f"{directory} has a key already, and a key is never overwritten")
        directory.mkdir(parents=True, exist_ok=True)
        with suppress(PermissionError):  # of a disk that keeps no permissions
            directory.chmod(0o700)
        os.close(_lock(directory / "lock"))
        _check_private(
            f"make the vault on a disk that keeps permissions (not FAT, not a share); no key is in {directory} so far",
            directory,
            directory / "lock",
        )
        write(directory / "key", [note.encode_base64(bytes(SigningKey.generate())).encode(), b"\n"])
        return cls(directory)

    def close(self) -> None:
        """Let another process use it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __del__(self) -> None:
        self.close()

    def sign(self, message: bytes) -> bytes:
        """The holder's Ed25519 signature, 64 bytes."""
        return self._key.sign(message).signature

    def bind(self, manifest: bytes) -> None:
        """From the first call on the vault serves this manifest (its SHA-256) and no other."""
        path = self.directory / "manifest"
        if not path.exists():
            write(path, [manifest.hex().encode()])
        if path.read_text() != manifest.hex():
            raise UnusableVault(
                f"{self.directory} serves the manifest {path.read_text()}: make another vault for another election"
            )

    def note_election_key(self, key: bytes) -> None:
        """Write down the election key that the verified log has."""
        write(self.directory / "election-key", [key.hex().encode()])

    def keep(self, name: str, secret: Iterable[bytes | bytearray]) -> None:
        """Keep a secret, written in parts."""
        write(self.directory / "secrets" / name, secret)

    def load(self, name: str) -> bytearray | None:
        """A secret that is kept; the caller wipes its copy."""
        path = self.directory / "secrets" / name
        if not path.exists():
            return None
        kept = bytearray(path.stat().st_size)
        with path.open("rb", buffering=0) as file:  # or a buffer would keep a copy that nobody can wipe
            file.readinto(kept)
        return kept

    def secrets(self) -> list[str]:
        """Names of the secrets that are kept."""
        return sorted(path.name for path in (self.directory / "secrets").glob("[!.]*"))

    def wipe(self, name: str) -> None:
        """Overwrite a secret and remove it, as far as the disk obeys: an SSD may keep the old blocks."""
        path = self.directory / "secrets" / name
        if path.exists():
            with path.open("r+b", buffering=0) as file:
                file.write(bytes(path.stat().st_size))
                os.fsync(file.fileno())
            path.unlink()
            _flush(path.parent)

    def remember(self, act: str, record: bytes) -> None:
        """Write down an act by its record, before it is done."""
        path = self.directory / "acts" / act
        if path.exists():
            raise UnusableVault(f"{path} exists: two acts cannot have one name")
        write(path, [record])

    def recall(self, act: str) -> bytes | None:
        """The record of an act that was done, or was about to be done."""
        path = self.directory / "acts" / act
        return path.read_bytes() if path.exists() else None

    def store(self, data: bytes) -> Blob:
        """Keep what a record will name, until the board has it."""
        blob = Blob.of(data)
        write(self.directory / "blobs" / blob.sha256.hex(), [data])
        return blob

    def fetch(self, blob: Blob) -> bytes:
        """What `store` kept."""
        data = (self.directory / "blobs" / blob.sha256.hex()).read_bytes()
        if Blob.of(data) != blob:
            raise UnusableVault(f"{self.directory}/blobs/{blob.sha256.hex()} is damaged: restore it from a copy")
        return data


def public_key(directory: Path) -> bytes:
    """The public key of a vault, 32 bytes, also while another process uses it."""
    return bytes(_read_key(directory).verify_key)


def election_key(directory: Path) -> bytes:
    """The election key that a vault has written down, empty if it has not seen one; also while it is used."""
    path = directory / "election-key"
    return bytes.fromhex(path.read_text()) if path.exists() else b""


def _read_key(directory: Path) -> SigningKey:
    if not (directory / "key").is_file():
        raise UnusableVault(f"there is no key in {directory}: make one with `aikyn-mix key {directory}`")
    hint = f"run `chmod -R go= {directory}`, and think about whether they did"
    _check_private(hint, directory, directory / "key")
    try:
        return SigningKey(note.decode_base64((directory / "key").read_text().strip()))
    except (Malformed, ValueError) as error:
        raise UnusableVault(f"{directory / 'key'} holds no key: restore it, or make another vault") from error


def _check_private(hint: str, *paths: Path) -> None:
    for path in paths:
        if path.stat().st_mode & OTHERS:
            raise UnusableVault(f"others may read {path}: {hint}")


def _lock(path: Path) -> int:
    """Held as long as the descriptor is open."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise UnusableVault(f"another process uses {path.parent}: a vault serves one at a time") from error
    return descriptor


def write(path: Path, parts: Iterable[bytes | bytearray]) -> None:
    """Write beside, flush, rename, flush the directory: after a power cut the file is there whole or not at all."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        for part in parts:
            view = memoryview(part)  # written without a file's buffer, which would keep a copy that nobody can wipe
            while view:
                view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(path)
    _flush(path.parent)


def _flush(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
