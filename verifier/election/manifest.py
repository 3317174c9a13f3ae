"""The manifest: what is elected, by whom, with which keys (specs/records.md §5, specs/election.md §5)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from verifier.commission.quorum import QuorumState
from verifier.commission.roster import LEVELS, MOST_MEMBERS, Commission
from verifier.election.course import CastBallots, Course
from verifier.election.timetable import TimeLimit, find_contradictions
from verifier.errors import Detail, Incomplete, Malformed, refuse, say
from verifier.log import policy
from verifier.place import Place
from verifier.proof.transcript import Context
from verifier.records import Blob, Blobs, Bytes32, Id, Number, Ordinal, Part, Record, Text, encode
from verifier.rule import Effect, Rule, Step

SPEC = "aikyn/1"
COLUMN = 30  # bytes of a choice that one column carries
MOST_TRUSTEES = 32
MOST_OPTIONS = 255
MOST_COLUMNS = 8
MOST_LINES = 800  # of 79 bytes: a record holds them


class Option(Part, frozen=True):
    """One line of a ballot."""

    id: Id
    name: Text


class Contest(Part, frozen=True):
    """What is decided: between `least` and `most` marks among the options, sealed in `width` columns."""

    id: Id
    title: Text
    options: tuple[Option, ...]
    least: Number
    most: Number
    width: Ordinal


class Style(Part, frozen=True):
    """Which contests a voter may vote in."""

    id: Id
    contests: tuple[Id, ...]


class KeyHolder(Part, frozen=True):
    """A trustee or mix server with the Ed25519 key that signs its records."""

    id: Id
    key: Bytes32


class Manifest(Record, frozen=True, tag="manifest"):
    """The first record of the log; its SHA-256 binds every proof and signature."""

    spec: Annotated[str, msgspec.Meta(max_length=40)]
    election: Id
    title: Text
    nonce: Bytes32
    origin: str
    log_key: Bytes32
    operator: Bytes32
    policy: str
    contests: tuple[Contest, ...]
    styles: tuple[Style, ...]
    commissions: tuple[Commission, ...]
    central: Id
    roster: Bytes32
    trustees: tuple[KeyHolder, ...]
    threshold: Number
    least_trustees: Number
    mixers: tuple[KeyHolder, ...]
    mixes: Number
    minimum: Number
    telephone: str
    timetable: tuple[TimeLimit, ...]
    paper: Blob | UnsetType = UNSET

    @property
    def on_paper(self) -> bool:
        """Whether nobody votes electronically: there is a plan of papers, and nothing else (specs/plan.md)."""
        return self.paper is not UNSET and not (self.contests or self.trustees or self.mixers)

    def contest(self, id: str) -> Contest | None:
        """The contest of this id, if there is one."""
        return next((contest for contest in self.contests if contest.id == id), None)


@dataclass
class ManifestState(QuorumState):
    """Part of the election's state: the manifest and what it names, the log's keys in order, each contest's course."""

    manifest: Manifest | None = None
    log_keys: list[bytes] = field(default_factory=list)
    contests: dict[str, Contest] = field(default_factory=dict)
    styles: dict[str, Style] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)

    @property
    def rules(self) -> Manifest:
        """The manifest; the election must have one."""
        assert self.manifest is not None  # noqa: S101  nothing is admitted before the manifest
        return self.manifest

    @cached_property
    def context(self) -> Context:
        """What every proof of this election is bound to."""
        return Context(self.rules.election, self.digest)

    def contest(self, id: str, clause: str, where: Place) -> Contest:
        """The manifest's contest of this id, or clause `clause` is refused."""
        if id not in self.contests:
            refuse(clause, where, say("{} is not a contest of the manifest", id))
        return self.contests[id]

    def mixable(self) -> list[Contest]:
        """The contests that are mixed: frozen, and not below the minimum size."""
        return [contest for contest in self.rules.contests if not self.withheld(contest.id)]

    def withheld(self, contest: str) -> bool:
        """Whether too few ballots are counted for the contest to be mixed and decrypted (specs/election.md §11)."""
        return self.courses[contest].counted < self.rules.minimum


def prepare_manifest(state: ManifestState, record: Manifest, where: Place, _blobs: Blobs) -> Step:
    """The first record: what is elected, by whom, with which keys."""
    if record.spec != SPEC:
        raise Incomplete(say("the log follows {}; this verifier knows {}", record.spec, SPEC), where)
    check_manifest(record, where)

    def apply() -> None:
        state.manifest = record
        state.digest = hashlib.sha256(encode(record)).digest()
        state.central, state.appointed = record.central, record.roster
        state.commissions = {commission.id: commission for commission in record.commissions}
        state.contests = {contest.id: contest for contest in record.contests}
        state.styles = {style.id: style for style in record.styles}
        state.courses = {contest.id: Course(CastBallots.of(contest.width)) for contest in record.contests}
        state.log_keys = [record.log_key]

    return Step(record, (), apply)


def complete_manifest(state: ManifestState, record: Manifest, _where: Place, _blobs: Blobs) -> Effect:
    """The central commission's quorum has signed: the ceremony begins."""
    return state.enters("papers" if record.on_paper else "ceremony")


def check_manifest(manifest: Manifest, where: Place) -> None:
    """The manifest is consistent in itself (CFG.2), and its policy prevents two histories (CFG.12)."""
    for complaint in _complaints(manifest):
        refuse("CFG.2", where, complaint)
    for complaint in _policy_complaints(manifest):
        refuse("CFG.12", where, complaint)


def _complaints(manifest: Manifest) -> Iterable[Detail]:
    holders = [*manifest.trustees, *manifest.mixers]
    for what, ids in (
        ("contests", [contest.id for contest in manifest.contests]),
        *(("options", [option.id for option in contest.options]) for contest in manifest.contests),
        ("styles", [style.id for style in manifest.styles]),
        ("commissions", [commission.id for commission in manifest.commissions]),
        ("trustees and mix servers", [holder.id for holder in holders]),
        ("time limits", [limit.id for limit in manifest.timetable]),
    ):
        if len(set(ids)) != len(ids):
            yield say("two {} have the same id", what)
    keys = [manifest.log_key, manifest.operator, *(holder.key for holder in holders)]
    if len(set(keys)) != len(keys):
        yield "two key holders have the same key"
    t, least, n = manifest.threshold, manifest.least_trustees, len(manifest.trustees)
    some = not manifest.on_paper
    if not some <= t <= least <= n <= MOST_TRUSTEES:
        yield say("the threshold is {}, with at least {} of {} trustees, {} at most", t, least, n, MOST_TRUSTEES)
    if not some <= manifest.mixes <= len(manifest.mixers):
        yield say("{} mix servers are less than the {} mixes of a contest", len(manifest.mixers), manifest.mixes)
    yield from _commission_complaints(manifest)
    if sum(4 + len(contest.options) for contest in manifest.contests) > MOST_LINES:
        yield say("its options, with four lines more a contest, are more than the {} that a tally can hold", MOST_LINES)
    for contest in manifest.contests:
        yield from _contest_complaints(contest)
    yield from _style_complaints(manifest)
    yield from find_contradictions(manifest.timetable)


def _commission_complaints(manifest: Manifest) -> Iterable[Detail]:
    """A commission's members are seated by the one above it, those of the central one by the manifest."""
    ranks = {commission.id: LEVELS.index(commission.level) for commission in manifest.commissions}
    if ranks.get(manifest.central) != 0:
        yield say("{} is not a central commission of the manifest", manifest.central)
    for one in manifest.commissions:
        above, rank = one.above, ranks[one.id]
        if not one.quorum <= one.members <= MOST_MEMBERS:
            yield say("the quorum of {} is {} of {} members, {} at most", one.id, one.quorum, one.members, MOST_MEMBERS)
        if above if one.id == manifest.central else ranks.get(above, rank) >= rank:
            yield say("what is above {} is not a commission of a higher level", one.id)


def _contest_complaints(contest: Contest) -> Iterable[Detail]:
    options = len(contest.options)
    if not 1 <= options <= MOST_OPTIONS:
        yield say("{} has {} options; 1 to {} are allowed", contest.id, options, MOST_OPTIONS)
    if not contest.least <= contest.most <= options:
        yield say("{} takes {} to {} marks of {} options", contest.id, contest.least, contest.most, options)
    if not 1 + contest.most <= COLUMN * contest.width <= COLUMN * MOST_COLUMNS:
        yield say("{} has {} columns for {} marks", contest.id, contest.width, contest.most)


def _style_complaints(manifest: Manifest) -> Iterable[Detail]:
    known = {contest.id for contest in manifest.contests}
    used: set[str] = set()
    for id, listed in ((style.id, style.contests) for style in manifest.styles):
        if not listed or len(set(listed)) != len(listed) or not known.issuperset(listed):
            yield say("style {} must name contests of the manifest, at least one, each once", id)
        used.update(listed)
    if used != known:
        yield "a contest is in no style"


def _policy_complaints(manifest: Manifest) -> Iterable[Detail]:
    """What is wrong with the witnesses' policy; an empty one leaves the witnesses to the trust sheet."""
    if not manifest.policy:
        return
    try:
        asked = policy.decode(manifest.policy.encode())
    except Malformed as error:
        line, said = error.where.line, error.said
        yield say("line {} of its policy: {}", line, said) if line else say("its policy is not well formed: {}", said)
        return
    if not policy.overlap(asked):
        yield "its quorum of witnesses is not safe: two histories could each have one (overlap 0)"
    logs = [party.key for party in asked.logs]
    if logs and not any(key.name == manifest.origin and key.public == manifest.log_key for key in logs):
        yield "its policy names another log, or this one by another key"
    holders = {manifest.operator, *(holder.key for holder in (*manifest.trustees, *manifest.mixers))}
    if not holders.union([manifest.log_key]).isdisjoint(key.public for key in asked.witness_keys):
        yield "a witness of its policy has the log's key or a key holder's"


MANIFEST = Rule(Manifest, ("setup",), prepare_manifest, lambda _state, record: record.central, complete_manifest)
