"""Dates as the law says them, and the instants that they mean (specs/desk.md §1.1): "24 March, inclusive"."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from bulletin.office.wording import speak
from verifier.desk.report.language import Language
from verifier.election.timetable import Limited, TimeLimit
from verifier.records import Text

ACTS: tuple[Limited, ...] = get_args(Limited)  # records that the law may date
Bound = Literal["from", "by"]


class LegalDate(NamedTuple):
    """One date: `what` may be done `from` or `by` the day or moment that the law names; a day may be meant whole."""

    id: str
    what: Limited
    bound: Bound
    said: date | datetime
    inclusive: bool
    words: Text
    zone: str

    @property
    def day(self) -> date:
        """The day that the law names, or that of the moment."""
        return self.said.date() if isinstance(self.said, datetime) else self.said

    @property
    def instant(self) -> datetime:
        """The first moment from which it may be done, or the first one at which it is too late.

        "By 24 March inclusive" ends with the first moment of 25 March; "from 24 March" begins with that of 24 March,
        and what begins after 24 March begins with that of the 25th.
        """
        zone = ZoneInfo(self.zone)
        if isinstance(self.said, datetime):
            return self.said.replace(tzinfo=zone)
        later = self.inclusive is (self.bound == "by")
        return datetime.combine(self.said + timedelta(days=1) if later else self.said, time(), zone)

    @property
    def limit(self) -> TimeLimit:
        """What the manifest has of it (specs/timetable.md §1); only a last day can be one that is read as included."""
        included = self.bound == "by" and self.inclusive and not isinstance(self.said, datetime)
        instant = int(self.instant.timestamp())
        return TimeLimit(self.id, self.what, self.bound, instant, inclusive=included, words=self.words)

    def tell(self, language: Language) -> str:
        """Both ways of saying it: as the law has it, and the exclusive instant in the zone and in UTC."""
        w = speak(language)
        is_moment = isinstance(self.said, datetime)
        way = "moment" if is_moment else "inclusive" if self.inclusive else "exclusive"
        day = f"{self.said:%d.%m.%Y %H:%M}" if is_moment else f"{self.said:%d.%m.%Y}"
        instant, utc = self.instant, self.instant.astimezone(ZoneInfo("UTC"))
        return w.say(
            f"dates.{self.bound}-{way}",
            what=w[f"acts.{self.what}"],
            day=day,
            instant=f"{instant:%d.%m.%Y %H:%M:%S}",
            zone=self.zone,
            utc=f"{utc:%Y-%m-%d %H:%M:%S}",
        )
