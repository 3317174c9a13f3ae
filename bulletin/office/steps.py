"""Nine steps from an empty folder to what the commissions sign; each judges the folder as it stands (specs/desk.md §3).

They are functions of the folder and of today's date alone. The command, the pages and the demo call the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple

from bulletin.office import composing
from bulletin.office.candidates import read_contests
from bulletin.office.commissions import Commissions, read_commissions
from bulletin.office.composing import Parts, compose_manifest
from bulletin.office.election import Draft, read_election
from bulletin.office.folder import Folder, write
from bulletin.office.holders import Holders, read_holders
from bulletin.office.mistake import Mistakes
from bulletin.office.policy import explain, judge_quorum
from bulletin.office.registers import read_registers
from bulletin.office.server import fill_in
from bulletin.office.sheet import print_sheet
from bulletin.office.wording import speak
from verifier.desk.report.language import Language
from verifier.election.manifest import Contest, Manifest
from verifier.log import policy as policies
from verifier.records import encode

State = Literal["green", "mistakes", "waiting", "open"]


@dataclass
class Desk:
    """What the steps have read and made so far; None where a step could not."""

    folder: Folder
    now: datetime
    draft: Draft | None = None
    contests: tuple[Contest, ...] = ()
    seated: Commissions | None = None
    holders: Holders | None = None
    policy: str | None = None
    manifest: Manifest | None = None
    made: list[Path] = field(default_factory=list)

    def make(self, name: str, data: bytes) -> None:
        """Write a file of `made/`."""
        path = self.folder.made(name)
        write(path, data)
        self.made.append(path)


class Stage(NamedTuple):
    """Where a step of 1 to 9 stands: what is wrong or waited for, and which files it made.

    It is open if a step before it is not green, or if nobody has done it yet.
    """

    number: int
    state: State
    mistakes: Mistakes
    made: tuple[Path, ...] = ()

    def name(self, language: Language) -> str:
        """What the step is called."""
        return speak(language)[f"steps.{self.number}"]

    def notes(self, desk: Desk, language: Language) -> list[str]:
        """What people read back aloud: the dates both ways, and what the quorum of witnesses protects against."""
        if self.number == 1 and desk.draft is not None:
            return [each.tell(language) for each in desk.draft.dates]
        if self.number == 5 and desk.policy is not None:
            return [explain(policies.decode(desk.policy.encode()), language)]
        return []


Doing = Callable[[Desk, Mistakes], None]


def prepare(folder: Folder, now: datetime, later: dict[int, Doing] | None = None) -> tuple[Desk, list[Stage]]:
    """Take all nine steps as far as they go.

    `later` has what other rooms do in a step besides: 4 prints invitations, 7 rehearses, 9 writes requests. Without it
    such a step stays open.
    """
    desk = Desk(folder, now)
    stages: list[Stage] = []
    for number, (own, needs) in _STEPS.items():
        doings = [each for each in (own, (later or {}).get(number)) if each is not None]
        states = {stage.number: stage.state for stage in stages}
        if not doings or any(states[before] != "green" for before in needs):
            stages.append(Stage(number, "open", Mistakes()))
            continue
        found = Mistakes()
        desk.made = []
        for doing in doings:
            if not found.grave:
                doing(desk, found)
        stages.append(Stage(number, _state(found), found, tuple(desk.made)))
    return desk, stages


def _state(found: Mistakes) -> State:
    severities = {mistake.severity for mistake in found}
    return "mistakes" if "mistake" in severities else "waiting" if "waiting" in severities else "green"


def _elect(desk: Desk, found: Mistakes) -> None:
    """1: election.toml, and its dates both ways."""
    desk.draft = read_election(desk.folder, desk.now, found)


def _list(desk: Desk, found: Mistakes) -> None:
    """2: the candidates."""
    assert desk.draft is not None  # noqa: S101  step 1 is green
    desk.contests = read_contests(desk.folder, desk.draft, found)


def _seat(desk: Desk, found: Mistakes) -> None:
    """3: commissions, members and their certificates; and the register, if there is one yet."""
    assert desk.draft is not None  # noqa: S101  step 1 is green
    desk.seated = read_commissions(desk.folder, (desk.now, desk.draft.end), found)
    if not desk.folder.table("register").exists():
        found.note("no-register", "register.csv")
    elif desk.seated is not None:
        commissions = {commission.id for commission in desk.seated.commissions}
        read_registers(desk.folder, commissions, {style.id for style in desk.draft.styles}, found)


def _invite(desk: Desk, found: Mistakes) -> None:
    """4: the key holders and their cards."""
    assert desk.draft is not None  # noqa: S101  step 1 is green
    desk.holders = read_holders(desk.folder, desk.draft, found)


def _agree(desk: Desk, found: Mistakes) -> None:
    """5: the quorum of witnesses, and the manifest, which needs no more."""
    assert desk.draft is not None and desk.seated is not None and desk.holders is not None  # noqa: S101, PT018  green
    draft, toml = desk.draft, desk.draft.toml
    line = toml.line("numbers", "witnesses")
    desk.policy = judge_quorum(toml.file, line, draft.witnesses, desk.holders, found)
    if desk.policy is None:
        return
    parts = Parts(draft, desk.contests, desk.seated, desk.holders, desk.policy)
    desk.manifest = compose_manifest(desk.folder, parts, found)
    if desk.manifest is None:
        return
    desk.make("policy.txt", desk.policy.encode())
    desk.make(composing.MANIFEST, encode(desk.manifest))
    for roster in desk.seated.rosters:
        desk.make(f"rosters/{roster.commission}.json", encode(roster))


def _serve(desk: Desk, _found: Mistakes) -> None:
    """6: what the operator puts on the board's machine."""
    assert desk.draft is not None and desk.seated is not None and desk.holders is not None  # noqa: S101, PT018  green
    assert desk.manifest is not None  # noqa: S101  step 5 is green
    digest, draft = composing.digest(desk.manifest), desk.draft
    desk.made += fill_in(desk.folder, draft.server, digest, desk.seated, desk.holders, draft.witnesses)


def _print(desk: Desk, _found: Mistakes) -> None:
    """8: the trust sheet."""
    assert desk.draft is not None and desk.seated is not None and desk.policy is not None  # noqa: S101, PT018  green
    assert desk.manifest is not None  # noqa: S101  step 5 is green
    digest = composing.digest(desk.manifest)
    sheet = print_sheet(desk.manifest.title, digest, desk.seated.roots, desk.policy, desk.draft.verifier)
    desk.make("trust.txt", sheet)


# What each step does, and which steps must be green before it.
_STEPS: dict[int, tuple[Doing | None, tuple[int, ...]]] = {
    1: (_elect, ()),
    2: (_list, (1,)),
    3: (_seat, (1,)),
    4: (_invite, (1,)),
    5: (_agree, (1, 2, 3, 4)),
    6: (_serve, (5,)),
    7: (None, (5,)),
    8: (_print, (5,)),
    9: (None, (5, 8)),
}


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)
