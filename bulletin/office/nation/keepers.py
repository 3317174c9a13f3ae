"""The trustees, mix servers and e-voters of a rehearsal, each by the command that real people type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulletin.office.crew import CommandLine, Crew
from bulletin.office.nation.people import ELECTION, KeyKeepers
from verifier.client.card import Card
from verifier.election.manifest import KeyHolder
from verifier.log.note import decode_base64

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bulletin.office.nation.evoters import EVoter

ROLES = {"trustee": ("trustee-1", "trustee-2", "trustee-3"), "mixer": ("mixer-1", "mixer-2")}


class TypingKeepers(Crew):
    """Keepers of secrets, each with a disk of its own."""

    def make_keys(self) -> KeyKeepers:
        """Fresh vaults for all trustees and mix servers."""
        self.private.mkdir(parents=True, exist_ok=True)
        named = [(role, id) for role, ids in ROLES.items() for id in ids]
        self.together(
            [("aikyn-mix", "key", self.private / id, "--as", role, "--card", self._card(id)) for role, id in named]
        )
        return KeyKeepers(*(tuple(map(self._read, ids)) for ids in ROLES.values()))

    def enrol(self, voters: Iterable[EVoter]) -> list[bytes]:
        """Everybody's public key."""
        makers = [("aikyn-mix", "voter", "key", self._sheet(voter), "--election", ELECTION) for voter in voters]
        return [decode_base64(line.split()[0]) for line in self.together(makers)]

    def hold_ceremony(self) -> None:
        """The trustees make the election's key."""
        self.employ("trustee", ROLES["trustee"], "--only", "ceremony")

    def cast(self, voters: Iterable[EVoter]) -> None:
        """Everybody casts a ballot in each contest."""
        where = ("--board", self.url, "--trust", self.sheet)
        self.together(
            [
                ("aikyn-mix", "voter", "cast", "--credential", self._sheet(voter), *where, *_choose(id, choice))
                for voter in voters
                for id, choice in voter.choices.items()
            ]
        )

    def mix(self) -> None:
        """All mix servers."""
        self.employ("mixer", ROLES["mixer"])

    def decrypt(self) -> None:
        """The trustees' shares."""
        self.employ("trustee", ROLES["trustee"], "--only", "decryption")

    def _read(self, id: str) -> KeyHolder:
        return KeyHolder(id, Card.decode(self._card(id).read_bytes()).public)

    def _card(self, id: str) -> Path:
        return self.private / f"{id}.card"

    def _sheet(self, voter: EVoter) -> Path:
        return self.private / voter.code.lower()


def _choose(contest: str, choice: Sequence[int]) -> CommandLine:
    return ("--contest", contest, "--choose", ",".join(map(str, choice)))
