"""The front page: where an election stands, for whoever comes by with a browser (specs/api.md §16).

It is the word of the board or mirror that gives it. It costs no replay: what it says is held already.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from bulletin.board.overview import Overview
from bulletin.http.exchange import HTML, HttpRequest, Reply
from bulletin.http.markup import CSS, LANGUAGE, choose, get_style, read_words, render, show_page
from bulletin.http.pages import Pinned
from bulletin.http.routes import Route
from bulletin.log.sightings import LOOK_BACK, Sightings
from verifier.desk.report.language import Language, Words, words
from verifier.desk.report.timetable import spoken
from verifier.election.manifest import Manifest


class Mirroring(NamedTuple):
    """What a mirror says of itself: its board's address, whether it follows, and its own address or ""."""

    board: str
    state: Literal["followed", "unfollowed", "forked"]
    own: str = ""


class Front(Protocol):
    """What has a front page; `mirroring` is None at a board."""

    @property
    def overview(self) -> Overview: ...
    @property
    def sightings(self) -> Sightings: ...
    @property
    def pinned(self) -> Pinned: ...
    @property
    def mirroring(self) -> Mirroring | None: ...


def show_front(at: Front, _: HttpRequest, language: Language) -> Reply:
    """Show where the election stands."""
    over, pinned, mirroring, w = at.overview, at.pinned, at.mirroring, read_words("front", language)
    size, seen = at.sightings.latest()
    asked = f"{mirroring.board if mirroring else ''}/r/{language}"
    page = render(
        "front.html",
        language,
        w=w,
        origin=pinned.origin,
        over=over,
        size=size,
        seen=seen,
        steps=[(event.step, *at.sightings.bounds(event.record)) for event in over.steps],
        span=_name_span,
        limits=_say_limits(over.manifest, words(language)),
        witnesses=at.sightings.witnesses(),
        look_back=LOOK_BACK,
        mirroring=mirroring,
        mine=f"{pinned.app}/{language}/r.html" if pinned.app else asked,
        address=(mirroring.board if mirroring else pinned.address) or w["address"],
        mirrors=(mirroring.own or w["own"],) if mirroring else pinned.mirrors,
    )
    return show_page(page)


def lead_to_front(_: object, asked: HttpRequest) -> Reply:
    """Lead to the front page in the first language of the reader's that it has."""
    return Reply(302, {"location": f"/{choose(asked)}", "vary": "Accept-Language"})


def front(answer: Callable[..., Reply]) -> tuple[Route, ...]:
    """The rows of a front page that `answer` shows."""
    return (
        Route("GET", "/", lead_to_front, "To the front page in the reader's language.", {302: None}),
        Route("GET", "/{language}", answer, "The front page, for people.", {200: (HTML, str)}, (404,), LANGUAGE),
        Route("GET", "/page.css", get_style, "The style of pages.", {200: (CSS, str)}),
    )


def _say_limits(manifest: Manifest | None, w: Words) -> list[tuple[str, str, str]]:
    """What the law dates, when, in both ways of saying it, and the law's words."""
    timetable = manifest.timetable if manifest else ()
    return [(limit.what, spoken(limit, w), w.text(limit.words)) for limit in timetable]


def _name_span(after: int | None, before: int | None) -> str:
    if before is None:
        return "undated" if after is None else "since"
    return "by" if after is None else "between"


ROUTES = front(show_front)
