"""What is odd about a request that may still be right: early, late, too few, or unlike the unit's other papers."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime

import msgspec

from bulletin.office.wording import speak
from verifier.desk.report.language import Language, words
from verifier.desk.report.timetable import spoken
from verifier.election.counting import Freeze
from verifier.log.tree import hash_leaf
from verifier.paper.figures import judge_matches
from verifier.paper.papers import Of, Paper, Version
from verifier.paper.standing import Judgement, Papers
from verifier.records import Record, encode, kind
from verifier.state import State

ENDS = "close"  # before the time by which it is due, voters still vote


def find_mismatches(state: Papers, record: Paper) -> Judgement:
    """What an auditor will find between this paper and the unit's others, once it is in effect (PRT.11, PRT.12)."""
    of = Of(record.commission, record.contest, record.form)
    alone = copy.copy(state)
    alone.units = {record.commission: state.units[record.commission]}
    alone.versions = {**state.versions, of: [Version(hash_leaf(encode(record)), 0, 0, record)]}
    plan = state.planned
    matches = tuple(match for match in plan.matches if of.form in match.forms)
    judgement = Judgement(alone, msgspec.structs.replace(plan, matches=matches))
    judge_matches(judgement)
    return judgement


def find_cautions(state: State, record: Record, now: datetime, language: Language) -> Iterator[str]:
    """Sentences on timetable, minimum and other papers, in the language; the request is made all the same."""
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
    if isinstance(record, Paper):
        for finding in find_mismatches(state, record).findings:
            detail = report.detail(finding.detail)
            yield w.say("caution.mismatch", form=record.form, said=getattr(detail, "quoted", detail))
    if isinstance(record, Freeze):
        for each in record.contests:
            contest, least = state.rules.contest(each.contest), state.rules.minimum
            if contest is not None and each.count < least:
                yield w.say("caution.few", title=w.text(contest.title), count=each.count, minimum=least)
