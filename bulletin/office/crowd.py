"""The voters of a rehearsal, who vote by the command that real people type; only they know what they chose."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from bulletin.office.crew import CommandLine
from bulletin.office.play import Play
from bulletin.office.staging import write_table
from verifier.election.manifest import Contest


class Extra(NamedTuple):
    """A voter made up for the rehearsal, with a commission and a ballot of the election."""

    name: str
    code: str
    commission: str
    style: str


class Crowd:
    """Voters who each cast a ballot in each of their contests.

    The first tests the device before, the second votes anew, and the third comes to the commission in the end.
    """

    def __init__(self, play: Play, count: int, chance: random.Random) -> None:
        self._play, self._manifest, self._chance = play, (manifest := play.manifest), chance
        lists = [each.id for each in manifest.commissions if each.level == "precinct"] or [manifest.central]
        rows = zip(range(1, count + 1), cycle(lists), cycle(manifest.styles), strict=False)
        self.commissions = tuple(lists[:count])
        self.citizens = tuple(Extra(f"voter-{n}", f"VOTER{n:03}", list_, style.id) for n, list_, style in rows)
        self._chosen: dict[tuple[str, str], tuple[int, ...]] = {}

    def enrol(self) -> None:
        """Everybody makes a key, and the commissions list it."""
        election = ("--election", self._manifest.election)
        makers = [("aikyn-mix", "voter", "key", self._file(each), *election) for each in self.citizens]
        lines = self._play.together(makers)
        rows = [
            {"commission": citizen.commission, "code": citizen.code, "style": citizen.style, "key": line.split()[0]}
            for citizen, line in zip(self.citizens, lines, strict=True)
        ]
        write_table(self._play.folder, "register", rows)

    def vote(self) -> None:
        """Everybody votes, one ballot after the other, but all at the same time."""
        lines = [self._plan(citizen) for citizen in self.citizens]
        while any(lines):
            self._play.together([line.pop(0) for line in lines if line])

    @property
    def on_paper(self) -> Extra:
        """Who comes to the commission and votes on paper."""
        return self.citizens[2]

    def expected(self, contest: Contest) -> list[int]:
        """The votes for each option that must be counted."""
        counted = Counter(
            option
            for (name, id), choice in self._chosen.items()
            if id == contest.id and name != self.on_paper.name
            for option in choice
        )
        return [counted[number] for number in range(1, len(contest.options) + 1)]

    def _contests(self, citizen: Extra) -> list[Contest]:
        ids = next(style.contests for style in self._manifest.styles if style.id == citizen.style)
        return [contest for contest in self._manifest.contests if contest.id in ids]

    def _choose(self, contest: Contest) -> tuple[int, ...]:
        marks = self._chance.randint(max(1, contest.least), contest.most)
        return tuple(sorted(self._chance.sample(range(1, len(contest.options) + 1), marks)))

    def _plan(self, citizen: Extra) -> list[CommandLine]:
        """All that a voter will type."""
        lines: list[CommandLine] = []
        for contest in self._contests(citizen):
            if citizen is self.citizens[0]:
                lines.append(self._line(citizen, "challenge", contest, self._choose(contest)))
            for _ in range(2 if citizen is self.citizens[1] else 1):
                choice = self._choose(contest)
                lines.append(self._line(citizen, "cast", contest, choice))
                self._chosen[citizen.name, contest.id] = choice
        return lines

    def _line(self, citizen: Extra, act: str, contest: Contest, choice: Sequence[int]) -> CommandLine:
        where = ("--credential", self._file(citizen), "--board", self._play.url, "--trust", self._play.sheet)
        what = ("--contest", contest.id, "--choose", ",".join(map(str, choice)))
        return ("aikyn-mix", "voter", act, *where, *what)

    def _file(self, citizen: Extra) -> Path:
        return self._play.private / citizen.name
