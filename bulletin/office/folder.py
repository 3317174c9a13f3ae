"""The desk's folder: where each of its files stands, and how one is written (specs/desk.md)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

TABLES = ("candidates", "commissions", "members", "holders", "register")
FIRST = "01-manifest.request"


class Folder(NamedTuple):
    """A commission's folder; plain files, and nothing that is not in them."""

    path: Path

    @property
    def election(self) -> Path:
        """What is elected, in TOML."""
        return self.path / "election.toml"

    def table(self, name: str) -> Path:
        """One of `TABLES`, or of those that the desk writes, as CSV."""
        return self.path / f"{name}.csv"

    @property
    def certificates(self) -> Path:
        """Members' certificates."""
        return self.path / "certificates"

    @property
    def roots(self) -> Path:
        """Certificates of those who issue members' certificates."""
        return self.path / "roots"

    @property
    def tests(self) -> Path:
        """Test certificates with their keys."""
        return self.path / "test"

    def card(self, id: str) -> Path:
        """The key card of a holder."""
        return self.path / "cards" / f"{id}.card"

    @property
    def applications(self) -> Path:
        """Applications that the commission accepts."""
        return self.path / "applications"

    @property
    def shares(self) -> Path:
        """Second shares, to be handed to their voters."""
        return self.path / "shares"

    def share(self, code: str) -> Path:
        """The second share of the voter with this code."""
        return self.shares / f"{code}.share"

    def made(self, name: str) -> Path:
        """What the desk makes."""
        return self.path / "made" / name

    @property
    def docket(self) -> Path:
        """Requests and what was signed."""
        return self.path / "docket"

    @property
    def settled(self) -> bool:
        """Whether members are asked to sign the manifest, which stands from then on."""
        return (self.docket / FIRST).exists()

    @property
    def board(self) -> Path:
        """The desk's own copy of the board."""
        return self.path / "board"


def write(path: Path, data: bytes) -> None:
    """Write a file whole: beside its place, then in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    beside.write_bytes(data)
    beside.replace(path)
