"""What an idea says of each kind of its records: a row of the table that the fold loops over (`rules.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

from verifier.errors import Detail
from verifier.place import Place
from verifier.records import Blobs, Record

Phase = Literal[
    "setup",
    "ceremony",
    "registration",
    "voting",
    "closed",
    "frozen",
    "mixing",
    "decrypting",
    "tallied",
    "certified",
    "papers",
]
Severity = Literal["error", "warning", "information"]
Effect = Callable[[], None]
T = TypeVar("T")


class Claim(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A statement that a record makes and equations prove; its fields are all that the check may know."""

    where: Place

    def check(self, batch: Any) -> None:  # noqa: ANN401  the proofs stand on this floor
        """Require of a batch what this claim says."""
        raise NotImplementedError

    @classmethod
    def put(cls, claims: Sequence[Any], batch: Any) -> None:  # noqa: ANN401  the proofs stand on this floor
        """Require of a batch what claims of this kind say, one by one or all of them together."""
        for claim in claims:
            claim.check(batch)


def done() -> None:
    """Nothing is left to do."""


class Step(msgspec.Struct, gc=False):
    """An admissible record: its claims, its effect, the record in effect with it; its leaf, by the fold."""

    record: Record
    claims: tuple[Claim, ...] = ()
    apply: Effect = done
    effective: Record | None = None
    leaf: bytes = b""

    def also(self, effect: Effect) -> Step:
        """The step, which now has this effect too."""
        first = self.apply

        def both() -> None:
            first()
            effect()

        self.apply = both
        return self


class Finding(msgspec.Struct, frozen=True):
    """What is admitted, and must be reported; the severity is one of specs/verification.md §3.10."""

    id: str
    severity: Severity
    where: Place
    detail: Detail


@dataclass
class Findings:
    """What was found, and how often each clause was asked."""

    counts: Counter[str] = field(default_factory=Counter, kw_only=True)
    findings: list[Finding] = field(default_factory=list, kw_only=True)

    def find(self, id: str, severity: Severity, where: Place, detail: Detail) -> None:
        """Report a finding of clause `id`: what makes no record void, but must be seen."""
        self.findings.append(Finding(id, severity, where, detail))

    def asking(self, items: Iterable[T], *ids: str) -> Iterator[T]:
        """The items, of each of which these clauses are asked."""
        for item in items:
            for id in ids:
                self.counts[id] += 1
            yield item


def nobody(_state: object, _record: Record) -> str:
    """The owner of a record that its voter or key holder has signed, and no commission needs to."""
    return ""


def wait(_state: object, record: Record, _place: Place, _blobs: Blobs) -> Step:
    """The step of a commission's record against which nothing can be said before its quorum has signed it."""
    return Step(record)


class Rule(NamedTuple):
    """One kind of record.

    `phases` admit it. `prepare` refuses it or says what admitting it claims and does. `owner` names the commission that
    signs it, "" where none needs to. `complete` refuses it, or gives its effect, at the signature that completes the
    owner's quorum; without an owner when it is posted.
    """

    kind: type[Record]
    phases: tuple[Phase, ...]
    prepare: Callable[[Any, Any, Place, Blobs], Step] = wait
    owner: Callable[[Any, Any], str] = nobody
    complete: Callable[[Any, Any, Place, Blobs], Effect] | None = None
