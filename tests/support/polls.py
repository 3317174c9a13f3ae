"""A board with witnesses and a mirror on which the voting is open, and voters who have key sheets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bulletin.mirror.follower import Follower
from bulletin.mirror.follower import create_app as create_mirror
from bulletin.mirror.mirror import Mirror
from bulletin.mirror.relay import Relay
from mixnet import keysheet, practice
from mixnet.ballot import Credential
from mixnet.secrets import Secrets
from mixnet.share import HEADER
from tests.support.browsing import showing, watch, write_sheet
from tests.support.elections import Election
from tests.support.fronts import free_ports
from tests.support.serving import Running, hand_in, running, serving, set_up
from verifier.audit import trust
from verifier.client.board import Board
from verifier.election.ballot import Ballot, Challenge
from verifier.election.counting import Close
from verifier.election.manifest import Contest, Option, Style
from verifier.election.register import Opening, Row
from verifier.log.note import Key, encode_base64
from verifier.log.policy import Policy
from verifier.log.tree import hash_leaf
from verifier.records import Text, encode
from verifier.rules import CODEC

TITLES = {
    "elder": Text(ky="Айыл башчысы", ru="Староста айыла", en="Village elder"),
    "council": Text(ky="Айыл кеңеши", ru="Совет айыла", en="Village council"),
    "water": Text(ky="Суу башчысы", ru="Мираб", en="Water master"),
}
SHARED = 47  # the voter who has a second share
WHOLE = 46  # the voter who elects everybody
NAMES = (
    ("Алдар Көсө", "Алдар Косе", "Aldar Kose"),
    ("Апенди", "Апенди", "Apendi"),
    ("Жоодарбешим", "Джоодарбешим", "Joodarbeshim"),
    ("Акылай", "Акылай", "Akylai"),
)


class Sheet(NamedTuple):
    """What a voter has on paper: the code, and the three lines."""

    code: str
    lines: tuple[str, ...]
    key: bytes
    share: bytes = b""


class Polls:
    """The board under way, and what voters type."""

    def __init__(self, place: Path, port: int, stack: ExitStack, id: str, voters: int) -> None:
        self.place, self.port, self._stack = place, port, stack
        self.key: Key = set_up(place)
        self.trust: Policy = watch(place, self.key, stack)
        contests = (contest("elder", 3, 1, 1), contest("council", 4, 0, 2), contest("water", 2, 1, 1))
        self.election = Election(contests, origin=self.key.name, log_key=self.key.public)
        styles = (*self.election.manifest.styles, Style("whole", tuple(each.id for each in contests)))
        self.election.manifest = msgspec.structs.replace(self.election.manifest, election=id, styles=styles)
        self.election.set_up().hold_ceremony()
        self.sheets = self._register(voters)
        self.board = ExitStack()
        self.run: Running = self.start()
        stack.callback(self.board.close)
        hand_in(self.run.client, self.election)
        self.run.client.receipt(hash_leaf(self.election.records[-1]))

    def _register(self, count: int) -> list[Sheet]:
        """Voters of even numbers elect the elder, the others the council; one of them elects everybody."""
        made, rows, id = [], [], self.election.manifest.election
        for number in range(count):
            code, seed = f"V{number:04d}", keysheet.draw()
            if practising := id.startswith(practice.PREFIX):
                code, seed = practice.code_of(number + 1), practice.seed_of(id, number + 1)
            lines = tuple(line.decode() for line in keysheet.cut(keysheet.encode(seed)))
            voter, second = Credential(keysheet.derive(id, seed)), b""
            if number == SHARED and not practising:
                voter, second = share_with(id, voter)
            self.election.voters.append(voter)
            made.append(Sheet(code, lines, voter.key, second))
            style = "whole" if number == WHOLE and not practising else ("elder", "council")[number % 2]
            rows.append(Row(code, voter.key, style))
        self.election.list("precinct", rows)
        self.election.enact(Opening(self.election.state.key, count))
        return made

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Running:
        """Start the board, again if need be, at its port."""
        self.run = self.board.enter_context(running(self.place, self.trust, port=self.port))
        return self.run

    def stop(self) -> None:
        self.board.close()

    def mirror(self) -> str:
        """Serve a mirror that looks at the board often and hands ballots on."""
        sheet = trust.decode(write_sheet(self.key, self.trust, self.election.digest))
        copy, relay = Mirror(Board(self.url), self.place / "mirror", sheet), Relay(self.url, pause=0.2)
        follower = Follower(copy, 0.3)
        follower.start()
        relay.start()
        self._stack.callback(follower.stop)
        self._stack.callback(relay.stop)
        return self._stack.enter_context(serving(create_mirror(follower, copy.archive, relay=relay)))

    def show(self, place: Path, mirrors: tuple[str, ...] = (), practice: str = "") -> str:
        """The address of the voter's app."""
        sheet = write_sheet(self.key, self.trust, self.election.digest)
        return self._stack.enter_context(showing(place, sheet, self.election.records[0], self.url, mirrors, practice))

    def acts(self, voter: int) -> list[Ballot | Challenge]:
        """What of this voter stands on the log, in its order."""
        log = self.run.board.sequencer.log
        records = [CODEC.decode(raw) for raw in log.entries(0, log.size)]
        key = self.sheets[voter].key
        return [each for each in records if isinstance(each, Ballot | Challenge) and each.sealed.credential == key]

    def close(self) -> None:
        """The operator ends the voting."""
        closing = self.election.operator.sign(Close(b""), self.election.digest)
        self.run.client.post(encode(closing))


def share_with(election: str, first: Credential) -> tuple[Credential, bytes]:
    """The joint credential, and the voter's file."""
    k2 = Secrets.draw()
    whole = first.joined(k2)
    lines = (election, encode_base64(first.key), encode_base64(whole.key), k2.expose().hex())
    return whole, HEADER + "\n".join([*lines, ""]).encode()


def contest(id: str, options: int, least: int, most: int) -> Contest:
    choices = tuple(
        Option(f"{id}-{at + 1}", Text(**dict(zip(("ky", "ru", "en"), NAMES[at], strict=True)))) for at in range(options)
    )
    return Contest(id, TITLES[id], choices, least, most, 1)


@contextmanager
def opened(place: Path, id: str = "test-election", voters: int = WHOLE + 2) -> Iterator[Polls]:
    with ExitStack() as stack:
        yield Polls(place, free_ports(1)[0], stack, id, voters)
