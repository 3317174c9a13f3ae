"""What is odd about a request that may still be right: it is early, it is late, or it counts too little."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bulletin.office.wording import speak
from verifier.desk.report.language import Language, words
from verifier.desk.report.timetable import spoken
from verifier.election.counting import Freeze
from verifier.records import Record, kind
from verifier.state import State

ENDS = "close"  # before the time by which it is due, voters still vote


def find_cautions(state: State, record: Record, now: datetime, language: Language) -> Iterator[str]:
    """Sentences on the manifest's timetable and minimum, in the language; the request is made all the same."""
    w, report = speak(language), words(language)
    what, moment = kind(record), now.timestamp()
    for limit in state.rules.timetable:
        if limit.what != what:
            continue
        said = {"what": report[f"steps.{what}"], "id": limit.id, "said": spoken(limit, report)}
        if moment < limit.instant and (limit.bound == "from" or what == ENDS):
            yield w.say("caution.early", **said)
        elif moment >= limit.instant and limit.bound == "by":
            yield w.say("caution.late", **said)
    if isinstance(record, Freeze):
        for each in record.contests:
            contest, least = state.rules.contest(each.contest), state.rules.minimum
            if contest is not None and each.count < least:
                yield w.say("caution.few", title=w.text(contest.title), count=each.count, minimum=least)
