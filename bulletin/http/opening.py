"""The key under which ballots are sealed, and the trustees' own words for it (specs/lookup.md §7)."""

from typing import Protocol

import msgspec

from bulletin.board.admission import Refusal
from bulletin.board.overview import Overview
from bulletin.http.exchange import JSON, HttpRequest, Reply
from bulletin.http.routes import Route
from verifier.election.ceremony import Acknowledgement
from verifier.records import Bytes32, encode


class OpeningAnswer(msgspec.Struct, frozen=True):
    """The election's key, the records with which its holders acknowledge it, and the opening's entry."""

    acknowledgements: tuple[Acknowledgement, ...]
    attempt: int
    key: Bytes32
    opening: int | None


class Surveyed(Protocol):
    """What knows where an election stands."""

    @property
    def overview(self) -> Overview: ...


async def get_opening(at: Surveyed, _: HttpRequest) -> Reply:
    """Give the key and what its holders signed; nobody needs to believe it."""
    joint = at.overview.joint
    if joint is None:
        raise Refusal("unknown", "the trustees have not all acknowledged a key yet")
    answer = OpeningAnswer(joint.acknowledgements, joint.attempt, joint.key, joint.opening)
    return Reply(200, {"content-type": JSON}, encode(answer))


ROUTES = (
    Route("GET", "/lookup/opening", get_opening, "The key, and what all trustees signed for it.",
        {200: (JSON, OpeningAnswer)}, (404,)),
)  # fmt: skip
