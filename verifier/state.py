"""The state of an election: a function of the log's records in order (specs/election.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, Self

from verifier.errors import Incomplete, refuse
from verifier.proof.transcript import Context
from verifier.records import Blob

if TYPE_CHECKING:
    from verifier.commission.roster import Roster
    from verifier.election.ceremony import Ceremony
    from verifier.election.manifest import Contest, Manifest
    from verifier.election.tally import Tally
    from verifier.proof.batch import Batch
    from verifier.proof.ciphertext import Ciphertexts
    from verifier.proof.group import Points
    from verifier.records import Record

Phase = Literal[
    "setup", "ceremony", "registration", "voting", "closed", "frozen", "mixing", "decrypting", "tallied", "certified"
]
Blobs = Callable[[bytes], bytes | None]


class Claim(Protocol):
    """A statement that a record makes and equations prove; claims of one kind are put to a batch together."""

    @classmethod
    def put(cls, claims: Sequence[Self], batch: Batch) -> None: ...


class Step(NamedTuple):
    """An admissible record: what it claims, and what it does to the state."""

    record: Record
    claims: tuple[Claim, ...]
    apply: Callable[[], None]


class Finding(NamedTuple):
    """What must be admitted, and reported."""

    id: str
    severity: Literal["error", "warning", "information"]
    where: str
    detail: str


class Pending(NamedTuple):
    """A commission's record, and who has signed it so far."""

    position: int
    record: Record
    signers: tuple[str, ...]
    effective: bool


class Credential(NamedTuple):
    """What the register says of a credential's key."""

    code: str
    style: str


class Cast(NamedTuple):
    """A credential's latest cast ballot in a contest."""

    position: int
    tracker: bytes
    R: bytes
    P: bytes


class Given(NamedTuple):
    """A trustee's shares of a contest: one vector of points a column."""

    trustee: int
    shares: tuple[Points, ...]


@dataclass
class Course:
    """A contest's way from ballots to shares."""

    cast: dict[bytes, Cast] = field(default_factory=dict)
    counted: tuple[Cast, ...] = ()
    lists: list[Ciphertexts] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)
    shares: list[Given] = field(default_factory=list)


@dataclass
class State:
    """Everything the records so far have established."""

    phase: Phase = "setup"
    manifest: Manifest | None = None
    digest: bytes = b""
    manifest_signed: bool = False
    leaves: set[bytes] = field(default_factory=set)
    pending: dict[bytes, Pending] = field(default_factory=dict)
    rosters: dict[str, Roster] = field(default_factory=dict)
    ceremony: Ceremony | None = None
    key: bytes = b""
    share_keys: tuple[Points, ...] = ()
    codes: set[str] = field(default_factory=set)
    credentials: dict[bytes, Credential] = field(default_factory=dict)
    firsts: set[bytes] = field(default_factory=set)
    challenged: int = 0
    overridden: set[bytes] = field(default_factory=set)
    courses: dict[str, Course] = field(default_factory=dict)
    result: Tally | None = None
    log_keys: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def context(self) -> Context:
        return Context(self.rules.election, self.digest)

    @property
    def rules(self) -> Manifest:
        """The manifest, of an election that has one."""
        assert self.manifest is not None  # noqa: S101  nothing is admitted before the manifest
        return self.manifest

    def mixable(self) -> list[Contest]:
        """The contests that are mixed: frozen, and not below the minimum size."""
        return [contest for contest in self.rules.contests if not self.withheld(contest.id)]

    def withheld(self, contest: str) -> bool:
        return len(self.courses[contest].counted) < self.rules.minimum

    def find(self, id: str, severity: Literal["error", "warning", "information"], where: str, detail: str) -> None:
        """Report what clause `id` must not forbid."""
        self.findings.append(Finding(id, severity, where, detail))


def fetch(blobs: Blobs, blob: Blob, where: str) -> bytes:
    """A blob's bytes; `Incomplete` if this copy lacks it or holds something else (specs/records.md §2)."""
    data = blobs(blob.sha256)
    if data is None:
        raise Incomplete(f"blob {blob.sha256.hex()} is missing", where)
    if Blob.of(data) != blob:
        raise Incomplete(f"blob {blob.sha256.hex()} is damaged in this copy", where)
    return data


def known_contest(state: State, id: str, clause: str, where: str) -> Contest:
    """The manifest's contest of this id, or clause `clause` is refused."""
    contest = state.rules.contest(id)
    if contest is None:
        refuse(clause, where, f"{id} is not a contest of the manifest")
    return contest
