"""One election on paper, and when witnesses saw it: what the calendar says of each (specs/timetable.md)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tests.corpus.papers import PaperLiar, again
from tests.support.papers import EVENING
from tests.support.returns import DATED, NIGHT, PaperElection, honest_returns

if TYPE_CHECKING:
    from collections.abc import Callable

Stamps = tuple[tuple[int, int], ...]  # the log's size, and when all witnesses saw it
DAY = 86_400


class Evening(NamedTuple):
    """How witnesses saw the whole election, or what somebody added to it; the clause that this is about."""

    name: str
    expect: str
    stamps: Stamps
    records: list[bytes]


@cache
def twin() -> PaperElection:
    """The honest election, under the plan with its dates."""
    return honest_returns(DATED)


def sizes() -> tuple[int, int, int, int]:
    """The log's size when everybody sits, when the precincts have reported, when the sums are there, and in the end."""
    records = twin().records
    first = next(n for n, raw in enumerate(records) if b'"form":"act-unused"' in raw and b'"type":"paper"' in raw)
    reported = next(n for n, raw in enumerate(records) if b'"form":"protocol-tec"' in raw and b'"type":"paper"' in raw)
    summed = next(n for n, raw in enumerate(records) if b'"duty":"B23"' in raw)
    return first, reported, summed, len(records)


def seen(*after: int, extra: int = 0) -> Stamps:
    """Witnesses looked so many seconds after 20:00 at these four sizes."""
    ends = [*sizes()]
    ends[-1] += extra
    return tuple(zip(ends, (NIGHT + seconds for seconds in after), strict=True))


def added(tell: Callable[[PaperLiar], object]) -> list[bytes]:
    """The election's records, and what somebody adds."""
    liar = PaperLiar(twin(), len(twin().records))
    tell(liar)
    return liar.records


def every() -> list[Evening]:
    """The honest evening first; then what is found in each."""
    whole = twin().records
    dated = added(lambda liar: liar.file(again(liar, held=EVENING + 9 * DAY)))
    slow = added(lambda liar: liar.file(again(liar, held=EVENING + 700)))
    made = (10, 1_800, 3_000, 9_000)
    return [
        Evening("the whole evening", "DUT.6", seen(*made), whole),
        Evening("scanner reports a second late", "DUT.3", seen(3_600, 3_601, 3_700, 9_000), whole),
        Evening("scanner reports that may be late", "DUT.3", seen(10, 3_600, 3_700, 9_000), whole),
        Evening("scanner reports in the last second", "DUT.6", seen(10, 3_599, 3_700, 9_000), whole),
        Evening("papers before the close", "DUT.4", seen(-90, -1, 3_000, 9_000), whole),
        Evening("papers that may be before the close", "DUT.4", seen(-1, 1_800, 3_000, 9_000), whole),
        Evening("stands by the lenient reading", "DUT.9", _stands(4 * DAY - 72_000 - 1), whole),
        Evening("witnesses who looked away", "DUT.12", seen(-9_000, 9_000, 9_100, 9_200), whole),
        Evening("a paper dated ahead", "DUT.10", seen(*made, extra=len(dated) - len(whole)), dated),
        Evening("a paper two hours under way", "DUT.11", _late(slow), slow),
        Evening("a publication too late", "DUT.3", _published(14 * DAY + 1), whole),
    ]


def _stands(after: int) -> Stamps:
    """The stands of the last precinct are seen so late."""
    first, reported, summed, end = sizes()
    until = NIGHT + after
    return ((first, NIGHT + 10), (reported - 2, NIGHT + 1_800), (reported, until), (summed, until), (end, until))


def _late(records: list[bytes]) -> Stamps:
    """A version comes more than two hours after it was made."""
    first, reported, summed, end = sizes()
    whole = ((first, 10), (reported, 1_800), (summed, 3_000), (end, 7_901), (len(records), 7_910))
    return tuple((size, NIGHT + after) for size, after in whole)


def _published(after: int) -> Stamps:
    """The last publication comes so late after the result."""
    first, reported, summed, end = sizes()
    whole = ((first, 10), (reported, 1_800), (summed, 3_000), (end - 2, 9_000), (end - 2, after + 9_000))
    return tuple((size, NIGHT + seconds) for size, seconds in (*whole, (end, after + 9_001)))
