"""What the manifest has of the dates of a law (specs/timetable.md §1)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import pytest

from bulletin.office.dates import LegalDate
from tests.support.elections import text
from verifier.election.timetable import TimeLimit

MIDNIGHT = 1_805_911_200  # 25 March 2027, 00:00 in Bishkek
DAY = 86_400


@pytest.mark.parametrize(
    ("bound", "said", "inclusive", "instant", "included"),
    [
        ("by", date(2027, 3, 24), True, MIDNIGHT, True),
        ("by", date(2027, 3, 25), False, MIDNIGHT, False),
        ("by", datetime(2027, 3, 25, 8), False, MIDNIGHT + 8 * 3600, False),  # noqa: DTZ001  the zone stands beside it
        ("from", date(2027, 3, 25), True, MIDNIGHT, False),
        ("from", date(2027, 3, 25), False, MIDNIGHT + DAY, False),
        ("from", datetime(2027, 3, 25, 8), True, MIDNIGHT + 8 * 3600, False),  # noqa: DTZ001
    ],
)
def test_a_date_is_a_time_limit(
    bound: Literal["from", "by"],
    said: date | datetime,
    inclusive: bool,  # noqa: FBT001
    instant: int,
    included: bool,  # noqa: FBT001
) -> None:
    legal = LegalDate("limit", "register", bound, said, inclusive, text("law"), "Asia/Bishkek")
    assert legal.limit == TimeLimit("limit", "register", bound, instant, inclusive=included, words=text("law"))
