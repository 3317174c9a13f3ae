"""What came last, as an Atom feed in each language (RFC 4287)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from bulletin.results.pages import PublishedPages
from bulletin.results.tongue import Tongue, markup

LATEST = 50  # entries


class News(NamedTuple):
    """What took effect at a record: its leaf, what it is about, and when witnesses had seen it."""

    record: int
    leaf: str
    kind: str
    unit: str
    contest: str = ""
    form: str = ""
    number: int = 0
    what: str = ""
    seconds: int = 0


def feeds(archive: PublishedPages, tongues: Iterable[Tongue]) -> Iterator[tuple[str, bytes]]:
    """A feed for each language; what no witness has dated is not news yet."""
    news = sorted(_news(archive), reverse=True)[:LATEST]
    latest = max((one.seconds for one in news), default=archive.edition.now.time or 0)
    for spoken in tongues:
        template = markup(spoken.language).get_template("feed.xml")
        raw = template.render(t=spoken, news=news, latest=latest, origin=archive.edition.origin, atom=_atom)
        yield f"{spoken.language}/feed.xml", raw.encode()


def _news(archive: PublishedPages) -> Iterator[News]:
    state = archive.edition.state
    for of, history in state.versions.items():
        for number, (leaf, _, since, _) in enumerate(history, 1) if state.forms[of.form].votes else ():
            yield from _dated(archive, News(since, leaf.hex(), "paper", *of, number))
    for leaf, since, decision in state.decided:
        yield from _dated(archive, News(since, leaf.hex(), "decision", decision.commission, what=decision.what))
    for leaf, since, result in state.results:
        yield from _dated(archive, News(since, leaf.hex(), "result", result.commission, result.contest))


def _dated(archive: PublishedPages, news: News) -> Iterator[News]:
    seconds = archive.edition.span(news.record).before
    if seconds is not None:
        yield news._replace(seconds=seconds)


def _atom(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
