"""Nine steps from an empty folder to what the commissions sign; each judges the folder as it stands (specs/desk.md §3).

They are functions of the folder and of today's date alone. The command, the pages and the demo call the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple

from bulletin.http.layout import lay_out, write_addresses
from bulletin.office import composing
from bulletin.office.candidates import read_contests
from bulletin.office.commissions import Commissions, read_commissions
from bulletin.office.composing import Parts, compose_manifest, read_plan, units_of
from bulletin.office.election import Draft, read_election
from bulletin.office.folder import Folder, write
from bulletin.office.holders import KEYLESS, Holders, read_holders, read_invited
from bulletin.office.mistake import Mistakes
from bulletin.office.objection import Objection
from bulletin.office.policy import explain, judge_quorum
from bulletin.office.registers import read_registers
from bulletin.office.rehearsed import REHEARSED, judge
from bulletin.office.request import digest
from bulletin.office.requesting import request_app, request_first
from bulletin.office.served import APP, built_digest
from bulletin.office.server import fill_in
from bulletin.office.sheet import SHEET, write_sheet
from bulletin.office.table import TableRow
from bulletin.office.wording import speak
from verifier.desk.report.language import Language, Words
from verifier.election.manifest import Contest, Manifest
from verifier.log import policy as policies
from verifier.records import encode

StageState = Literal["green", "mistakes", "waiting", "open"]


@dataclass
class Work:
    """What the steps have read and made so far; None where a step could not."""

    folder: Folder
    now: datetime
    draft: Draft | None = None
    contests: tuple[Contest, ...] = ()
    seated: Commissions | None = None
    invited: list[TableRow] = field(default_factory=list)
    holders: Holders | None = None
    policy: str | None = None
    manifest: Manifest | None = None
    plan: bytes | None = None
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
    state: StageState
    mistakes: Mistakes
    made: tuple[Path, ...] = ()

    def name(self, language: Language) -> str:
        """What the step is called."""
        return speak(language)[f"steps.{self.number}"]

    def notes(self, work: Work, language: Language) -> list[str]:
        """What people read back aloud: dates, the quorum; and what is to be known: keys that nobody compared."""
        if self.number == 1 and work.draft is not None:
            return [each.tell(language) for each in work.draft.dates]
        if self.number == 4 and work.invited and self.state != "open":
            return [_tell_compared(work.invited, speak(language))]
        if self.number == 5 and work.policy is not None:
            return [explain(policies.decode(work.policy.encode()), language)]
        if self.number == 8 and self.state == "green" and work.draft is not None:
            return list(_tell_lacking(work.draft, speak(language)))
        if self.number == 9 and work.draft is not None and not work.draft.vote and not work.draft.on_paper:
            return [speak(language)["prepare.no-vote"]]
        return []


def _tell_compared(invited: list[TableRow], w: Words) -> str:
    """Whose groups were heard by telephone, and whose were not."""
    ids = [row["id"] for row in invited if row["role"] not in KEYLESS and not row["groups"]]
    return w.say("prepare.not-compared", count=len(ids), ids=", ".join(ids)) if ids else w["prepare.compared"]


def _tell_lacking(draft: Draft, w: Words) -> Iterator[str]:
    """Which lines the trust sheet could have."""
    if not draft.verifier:
        yield w["prepare.no-verifier"]
    if draft.has_app and not draft.app:
        yield w.say("prepare.no-app", digest=built_digest())


Doing = Callable[[Work, Mistakes], None]


def prepare(
    folder: Folder, now: datetime, later: Mapping[int, Doing] = MappingProxyType({})
) -> tuple[Work, list[Stage]]:
    """Take all nine steps as far as they go.

    `later` has what is done in a step after its own work, unless that met a mistake: 4 prints invitations, while cards
    are waited for, too; 8 prints sheets; 9 asks for signatures (`request`). A rehearsal that was held is judged, and
    what was asked for stands. A step in which nothing is done stays open.
    """
    later = {**_standing(folder), **later}
    work = Work(folder, now)
    stages: list[Stage] = []
    for number, (own, needs) in _STEPS.items():
        doings = [each for each in (own, later.get(number)) if each is not None]
        states = {stage.number: stage.state for stage in stages}
        if not doings or any(states[before] != "green" for before in needs):
            stages.append(Stage(number, "open", Mistakes()))
            continue
        found = Mistakes()
        work.made = []
        for doing in doings:
            if _state(found) != "mistakes":
                doing(work, found)
        stages.append(Stage(number, _state(found), found, tuple(work.made)))
    return work, stages


def _state(found: Mistakes) -> StageState:
    gravities = {mistake.severity for mistake in found}
    return "mistakes" if "mistake" in gravities else "waiting" if "waiting" in gravities else "green"


def _elect(work: Work, found: Mistakes) -> None:
    """1: election.toml and its dates both ways, and the plan if it names one."""
    work.draft = read_election(work.folder, work.now, found)
    if work.draft is not None:
        work.plan = read_plan(work.folder, work.draft, found)


def _list(work: Work, found: Mistakes) -> None:
    """2: the candidates."""
    assert work.draft is not None  # noqa: S101  step 1 is green
    work.contests = read_contests(work.folder, work.draft, found)


def _seat(work: Work, found: Mistakes) -> None:
    """3: commissions, members and their certificates; and the register, if there is one yet."""
    assert work.draft is not None  # noqa: S101  step 1 is green
    end = work.draft.end(work.now)
    work.seated = read_commissions(work.folder, (min(work.now, end), end), found, units_of(work.plan))
    if work.draft.on_paper:
        return
    if not work.folder.table("register").exists():
        found.note("no-register", "register.csv")
    elif work.seated is not None:
        commissions = {commission.id for commission in work.seated.commissions}
        read_registers(work.folder, commissions, {style.id for style in work.draft.styles}, found)


def _invite(work: Work, found: Mistakes) -> None:
    """4: the key holders and their cards."""
    assert work.draft is not None  # noqa: S101  step 1 is green
    work.invited = read_invited(work.folder, work.draft, found)
    if not found.grave:
        work.holders = read_holders(work.folder, work.draft, work.invited, found)


def _agree(work: Work, found: Mistakes) -> None:
    """5: the quorum of witnesses, and the manifest, which needs no more."""
    assert work.draft is not None and work.seated is not None and work.holders is not None  # noqa: S101, PT018  green
    draft, toml = work.draft, work.draft.toml
    line = toml.line("numbers", "witnesses")
    work.policy = judge_quorum(toml.file, line, draft.witnesses, work.holders, found)
    if work.policy is None:
        return
    parts = Parts(draft, work.contests, work.seated, work.holders, work.policy, work.plan)
    work.manifest = compose_manifest(work.folder, parts, found)
    if work.manifest is None:
        return
    work.make("policy.txt", work.policy.encode())
    work.make(composing.MANIFEST, encode(work.manifest))
    for roster in work.seated.rosters:
        work.make(f"rosters/{roster.commission}.json", encode(roster))


def _serve(work: Work, _found: Mistakes) -> None:
    """6: what the operator puts on the board's machine."""
    assert work.draft is not None and work.seated is not None and work.holders is not None  # noqa: S101, PT018  green
    assert work.manifest is not None  # noqa: S101  step 5 is green
    bound, draft = digest(work.manifest), work.draft
    vote = draft.vote if draft.has_app else ""
    work.made += fill_in(work.folder, draft.server, bound, work.seated, work.holders, draft.witnesses, work.plan, vote)


def _print(work: Work, found: Mistakes) -> None:
    """8: the trust sheet; and the voters' app with it, as its machine serves it."""
    assert work.draft is not None and work.seated is not None and work.policy is not None  # noqa: S101, PT018  green
    assert work.manifest is not None  # noqa: S101  step 5 is green
    bound = digest(work.manifest)
    draft = work.draft
    sheet = write_sheet(work.manifest.title, bound, work.seated.roots, work.policy, draft.verifier, draft.app)
    work.make(SHEET, sheet)
    if draft.has_app:
        _lay_out(work, draft, sheet, found)


def _lay_out(work: Work, draft: Draft, sheet: bytes, found: Mistakes) -> None:
    """The app in `made/app`, if it is built here and is the one that the sheet names."""
    assert work.manifest is not None and work.holders is not None  # noqa: S101, PT018  step 5 is green
    digest, toml = built_digest(), draft.toml
    if not digest:
        found.note("app-not-built", toml.file, toml.line("board", "vote"))
        return
    if draft.app and draft.app != digest:
        found.note("other-app", toml.file, toml.line("board", "app"), digest=digest)
        return
    mirrors = tuple(address for address in work.holders.mirrors if address)
    others = (f"https://{name}" if name else "" for name in (draft.check, draft.practice))
    addresses = write_addresses(f"https://{draft.server}", mirrors, *others)
    place = work.folder.made(APP)
    lay_out(place, sheet, encode(work.manifest), addresses)
    work.made += sorted(path for path in place.rglob("*") if path.is_file())


def request(work: Work, found: Mistakes) -> None:
    """9, on a person's yes: manifest, rosters and the voters' app go into the docket, and stand from then on."""
    assert work.manifest is not None and work.seated is not None and work.draft is not None  # noqa: S101, PT018  green
    try:
        work.made += request_first(work.folder, work.manifest, work.seated, work.plan)
        if work.draft.has_app:
            path, same = request_app(work.folder, work.manifest, work.seated)
            work.made.append(path)
            if not same:
                found.note("app-differs", str(path.relative_to(work.folder.path)))
    except Objection as objection:
        found.note("docket", work.folder.docket.name, reason=objection)


def _standing(folder: Folder) -> dict[int, Doing]:
    """What goes on without being asked again, once a person has begun it."""
    begun: dict[int, tuple[bool, Doing]] = {
        7: (folder.made(REHEARSED).exists(), _recall),
        9: (folder.settled, request),
    }
    return {number: doing for number, (is_begun, doing) in begun.items() if is_begun}


def _recall(work: Work, found: Mistakes) -> None:
    """7: what was rehearsed is what stands in the folder."""
    judge(work.folder, found)


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
    9: (None, (1, 2, 3, 4, 5, 6, 8)),
}


def clock() -> datetime:
    """Now."""
    return datetime.now(UTC)
