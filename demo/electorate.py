"""The synthetic voters: who casts what, votes again, challenges or comes to the precinct; and the voting itself."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from demo import figures
from mixnet import keysheet
from mixnet.ballot import Credential
from mixnet.voter import Voter
from verifier.audit.trust import TrustSheet
from verifier.client.board import Board
from verifier.election.register import Row
from verifier.log.note import encode_base64
from verifier.state import State

AT_ONCE = 48
Choice = tuple[int, ...]


class Citizen(NamedTuple):
    """One voter of the e-list; `choices` are cast one after the other, the last counts unless `on_paper`."""

    row: Row
    seed: bytes
    credential: Credential
    challenged: Choice | None
    choices: tuple[Choice, ...]
    on_paper: bool

    @property
    def sheet(self) -> tuple[str, ...]:
        """The lines of the key sheet, as the voter types them."""
        return tuple(line.decode() for line in keysheet.cut(keysheet.encode(bytearray(self.seed))))


class Electorate(NamedTuple):
    """All voters of the e-list."""

    citizens: tuple[Citizen, ...]

    @classmethod
    def draw(cls, listed: int, seed: int) -> Electorate:
        """An electorate at the pilot's turnout: a tenth votes again, a twentieth challenges, a few end on paper."""
        chance = random.Random(seed)
        counted = figures.counted_of(listed)
        converts, abstainers = max(1, counted // 80), max(1, (listed - counted) // 40)
        order = chance.sample(range(listed), listed)
        ranks = dict(zip(order, range(listed), strict=True))
        councils = _split(listed)
        citizens = []
        for number in range(listed):
            rank, council = ranks[number], councils[number]
            casts = rank < counted + converts
            again = casts and rank % 10 == 0
            choices = tuple(_choose(chance) for _ in range(casts + again))
            drawn = keysheet.draw()
            credential = Credential(keysheet.derive(figures.ELECTION, drawn))
            citizens.append(
                Citizen(
                    Row(f"{council.replace('-', '').upper()[:5]}{number:08d}", credential.key, council),
                    bytes(drawn),
                    credential,
                    _choose(chance) if casts and rank % 20 == 5 else None,
                    choices,
                    counted <= rank < counted + converts + abstainers,
                )
            )
        return cls(tuple(citizens))

    def register(self) -> Iterator[dict[str, str]]:
        """All rows of the table `register`."""
        for row in (citizen.row for citizen in self.citizens):
            key, commission = encode_base64(row.key), f"precinct-{row.style}"
            yield {"commission": commission, "code": row.code, "style": row.style, "key": key}

    def on_paper(self, council: str) -> tuple[str, ...]:
        """The codes of those who came to the precinct."""
        return tuple(c.row.code for c in self.citizens if c.row.style == council and c.on_paper)

    def expected(self, council: str) -> Counter[int]:
        """The marks that must be counted."""
        counted = (c for c in self.citizens if c.row.style == council and c.choices and not c.on_paper)
        return Counter(option for citizen in counted for option in citizen.choices[-1])

    @property
    def at_the_page(self) -> tuple[Citizen, ...]:
        """One voter of each council who casts once, tests nothing and stays away from the precinct."""
        plain = [c for c in self.citizens if len(c.choices) == 1 and c.challenged is None and not c.on_paper]
        found = {council: next((c for c in plain if c.row.style == council), None) for council in figures.COUNCILS}
        return tuple(c for c in found.values() if c is not None)

    @property
    def numbers(self) -> dict[str, int]:
        """What the summary tells of them."""
        cast = [c for c in self.citizens if c.choices]
        return {
            "listed": len(self.citizens),
            "counted": sum(not c.on_paper for c in cast),
            "ballots": sum(len(c.choices) for c in cast),
            "re-votes": sum(len(c.choices) - 1 for c in cast),
            "challenges": sum(c.challenged is not None for c in cast),
            "overridden": sum(c.on_paper for c in cast),
        }

    def vote(self, url: str, sheet: TrustSheet, opened: State, receipts: Path, done: Collection[Citizen]) -> int:
        """All clients but those that are `done`, at once, as fast as the board lets them; the number of receipts.

        They share one check of the opening (`opened`), which in real life each client makes for itself.
        """
        receipts.mkdir(parents=True, exist_ok=True)
        own = threading.local()

        def serve(citizen: Citizen) -> int:
            if not hasattr(own, "board"):
                own.board = Board(url)
            return _vote(citizen, Voter(own.board, sheet, opened, citizen.credential, receipts))

        with ThreadPoolExecutor(AT_ONCE, "voter") as clients:
            return sum(clients.map(serve, (c for c in self.citizens if c.choices and c not in done)))


def _vote(citizen: Citizen, voter: Voter) -> int:
    """A test ballot perhaps, then the real ones."""
    [contest] = voter.contests
    if citizen.challenged is not None:
        voter.challenge(voter.seal(contest, citizen.challenged))
    for choice in citizen.choices:
        voter.cast(voter.seal(contest, choice))
    return len(citizen.choices) + (citizen.challenged is not None)


def _choose(chance: random.Random) -> Choice:
    """Up to MARKS marks; low numbers are likelier, so that the result has an order."""
    marks = {
        min(chance.randint(1, figures.CANDIDATES), chance.randint(1, figures.CANDIDATES)) for _ in range(figures.MARKS)
    }
    return tuple(sorted(marks))


def _split(listed: int) -> list[str]:
    """The e-list's councils, one a voter."""
    bounds, upto = [], 0
    for council, share in figures.SPLIT.items():
        upto += share
        bounds.append((council, listed * upto // 100))
    return [next(council for council, bound in bounds if number < bound) for number in range(listed)]
