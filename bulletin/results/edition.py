"""What the pages are made of: the log up to a kept checkpoint and the trust sheet (specs/results-pages.md §1)."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from verifier.audit.timeline import NEVER, Witnessed
from verifier.election.timetable import Between
from verifier.log import policy
from verifier.log.policy import Policy
from verifier.log.reading import Kept
from verifier.paper.plan import Plan
from verifier.paper.standing import Papers
from verifier.records import Text, encode


class Instant(NamedTuple):
    """A kept checkpoint: its number, size and root, and when a quorum had seen it, None if that is not shown."""

    number: int
    size: int
    root: bytes
    time: int | None


class Span(NamedTuple):
    """Between which seconds witnesses saw a record come: it was not there at `after`, and it was at `before`."""

    after: int | None
    before: int | None


class Edition(NamedTuple):
    """The state at the last of the `instants`; `bounds` are the witnesses' of any record under it.

    `title` is the manifest's. `seen` names the witnesses who cosigned the checkpoint, and when; `watching` how many
    there are.
    """

    state: Papers
    plan: Plan
    title: Text
    origin: str
    instants: tuple[Instant, ...]
    bounds: Between
    seen: tuple[tuple[str, int], ...] = ()
    watching: int = 0

    @property
    def now(self) -> Instant:
        """The checkpoint that the edition shows."""
        return self.instants[-1]

    @property
    def digest(self) -> bytes:
        """What every page depends on besides its own figures: the plan and the title."""
        return sha256(encode((self.plan, self.title, self.origin))).digest()

    def span(self, record: int) -> Span:
        """Between which times the record came."""
        low, up = self.bounds(record)
        return Span(None if low == -NEVER else int(low), None if up == NEVER else int(up))


def date(trust: Policy, kept: list[Kept]) -> tuple[Between, tuple[Instant, ...]]:
    """What the cosignatures of kept checkpoints say of times, by this policy."""
    instants = (
        Instant(number, one.signed.body.size, one.signed.body.root, policy.earliest(trust, one.cosignatures))
        for number, one in enumerate(kept)
    )
    return Witnessed.of(trust, kept).bounds, tuple(instants)
