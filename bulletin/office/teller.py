"""Whoever tells of a record: the words of a language, the names of its ids, and the blobs at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bulletin.office.objection import Objection
from verifier.desk.report.language import Words, groups
from verifier.election.manifest import Contest, Manifest
from verifier.errors import Incomplete
from verifier.paper.plan import Form, Plan, PlanContest
from verifier.place import NOWHERE
from verifier.records import Blob, Blobs, Record, Text, fetch


class Known(NamedTuple):
    """What names the ids of a record: the manifest, the codes of credentials by key, the plan, and records by leaf."""

    manifest: Manifest | None = None
    codes: Mapping[bytes, str] = {}
    plan: Plan | None = None
    records: Mapping[bytes, Record] = {}


@dataclass
class Teller:
    """Says what stands in a record."""

    w: Words
    blobs: Blobs
    known: Known
    names: dict[str, Text] = field(init=False)

    def __post_init__(self) -> None:
        manifest, plan = self.known.manifest, self.known.plan
        self.names = {each.id: each.name for each in plan.units} if plan else {}
        self.names |= {each.id: each.name for each in manifest.commissions} if manifest else {}

    def say(self, key: str, **values: object) -> str:
        """A sentence of the section `told`."""
        return self.w.say(f"told.{key}", **values)

    def commission(self, id: str) -> str:
        """A commission or unit by name and id."""
        return f"{self.w.text(self.names[id])} ({id})" if id in self.names else id

    def contest(self, id: str) -> Contest | None:
        """A contest of the manifest."""
        return self.known.manifest.contest(id) if self.known.manifest else None

    def title(self, id: str) -> str:
        """A contest of the manifest or of the plan by title and id."""
        contest = self.contest(id) or self.race(id)
        return f"{self.w.text(contest.title)} ({id})" if contest else id

    def race(self, id: str) -> PlanContest | None:
        """A contest of the plan."""
        return next((race for race in self.known.plan.contests if race.id == id), None) if self.known.plan else None

    def form(self, id: str) -> Form | None:
        """A form of the plan."""
        return next((form for form in self.known.plan.forms if form.id == id), None) if self.known.plan else None

    def fetch(self, blob: Blob) -> bytes:
        """A blob; `Objection` if it is not at hand."""
        try:
            return fetch(self.blobs, blob, NOWHERE)
        except Incomplete as error:
            raise Objection("missing-blob", file=f"blobs/{blob.sha256.hex()}") from error


def grouped(digest: bytes) -> str:
    """Bytes as they are compared aloud: hexadecimal digits in groups of four."""
    return " ".join(groups(digest.hex()))
