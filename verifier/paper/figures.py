"""What the figures of a unit's papers show: ratios, matches, versions, signatures, hints (specs/figures.md §2–§7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from verifier.errors import say
from verifier.paper.judgement import Judgement
from verifier.paper.papers import Of, Paper, PaperState
from verifier.paper.plan import VOTES, Form, LegalDuty, Match, Unit
from verifier.paper.standing import END, Figures, annulled, decisions, figures, returns, signers
from verifier.place import Place

FEW = 50  # of fewer votes or ballots no hint is given
FigureKey = tuple[bool, str]  # whether it is an option, and its id or the line's key


def judge_figures(judgement: Judgement) -> None:
    """Find what the papers of each unit show by themselves."""
    judges = (judge_ratios, judge_matches, judge_versions, judge_signatures, judge_unsigned, judge_missing, judge_hints)
    for judge in judges:
        judge(judgement)


def owed(state: PaperState, form: Form) -> Iterator[Of]:
    """What papers of the form there should be, in the plan's order."""
    for unit in signers(state, form):
        for contest in unit.contests if form.contest else ("",):
            yield Of(unit.id, contest, form.id)


def given(state: PaperState, form: Form) -> Iterator[Figures]:
    """The figures in force in this form."""
    return (found for of in owed(state, form) if (found := figures(state, of)))


def all_returns(state: PaperState) -> list[Form]:
    """The forms in which units of any level state the results of voting."""
    return [form for form in state.forms.values() if form in returns(state, form.level)]


def at_bottom(state: PaperState) -> list[Figures]:
    """The returns in force that are no sums, of all contests."""
    return [found for form in all_returns(state) if not form.adds for found in given(state, form)]


def sums_above(state: PaperState, of: Of) -> Iterator[Of]:
    """The sums that add this paper, each of the unit above it on the sum's level (specs/figures.md §1)."""
    for form in state.forms.values():
        unit = state.units.get(state.units[of.unit].above) if of.form in form.adds else None
        while unit and unit.level != form.level:
            unit = state.units.get(unit.above)
        if unit and (not form.contest or of.contest in unit.contests):
            yield Of(unit.id, of.contest if form.contest else "", form.id)


def locate(found: Figures, key: str = "", row: int | None = None) -> Place:
    """Where these figures stand; a row of a paper's table counts from 1."""
    unit, contest, form = found.of
    version = found.version or None
    return Place(record=found.since, row=row, unit=unit, contest=contest, form=form, version=version, key=key)


def entries(state: PaperState, contest: str, lines: Mapping[str, int], votes: Sequence[int]) -> Counter[FigureKey]:
    """All figures of a paper or a row: the lines, then the options."""
    options = state.races[contest].options if contest else ()
    counted = {(True, option.id): count for option, count in zip(options, votes, strict=False)}
    return Counter({(False, key): number for key, number in lines.items()} | counted)


def differences(one: Counter[FigureKey], other: Counter[FigureKey]) -> Iterator[tuple[str, int, int]]:
    """Where the two differ: the key, and both figures; one that is not there is 0."""
    for entry in dict.fromkeys((*one, *other)):
        if one[entry] != other[entry]:
            yield entry[1], one[entry], other[entry]


def judge_ratios(judgement: Judgement) -> None:
    """Every control ratio of the form holds (PRT.10, specs/figures.md §2)."""
    for ratio in judgement.plan.ratios:
        for found in given(judgement.state, judgement.state.forms[ratio.form]):
            judgement.counts["PRT.10"] += 1
            left, right = (sum(f * _amount(found, k) for k, f in side.items()) for side in (ratio.left, ratio.right))
            if left == right or (left < right and ratio.relation == "at most"):
                continue
            explained = found.paper and ratio.id in {one.ratio for one in found.paper.explains}
            severity = "information" if explained and ratio.severity == "warning" else ratio.severity
            values = (ratio.id, _written(found, ratio.left, left), _written(found, ratio.right, right), right - left)
            equal = ratio.relation == "equal"
            said = say("{}: {} is not {}, slack {}" if equal else "{}: {} is more than {}, slack {}", *values)
            judgement.find("PRT.10", severity, locate(found, ratio.id), said)


def _amount(found: Figures, key: str) -> int:
    return sum(found.votes) if key == VOTES else found.lines.get(key, 0)


def _written(found: Figures, side: Mapping[str, int], amount: int) -> str:
    """The side with its figures: `unused 838 + 2 × spoiled 3 = 844`."""
    factors = {key: "" if factor == 1 else f"{factor} × " for key, factor in side.items()}
    terms = " + ".join(f"{factor}{key} {_amount(found, key)}" for key, factor in factors.items())
    return terms if list(side.values()) == [1] else f"{terms} = {amount}"


def matched(state: PaperState, match: Match) -> Iterator[tuple[str, Figures, Figures]]:
    """Contest by contest the two papers of a unit that should agree."""
    first, second = (state.forms[form] for form in match.forms)
    for unit in signers(state, second):
        if (unit.level, unit.electronic) != (first.level, first.electronic):
            continue
        for contest in unit.contests if first.contest or second.contest else ("",):
            one = figures(state, Of(unit.id, contest if first.contest else "", first.id))
            other = figures(state, Of(unit.id, contest if second.contest else "", second.id))
            if one and other:
                yield contest, one, other


def judge_matches(judgement: Judgement) -> None:
    """Papers of one unit agree (PRT.11); so do scanner and hand, in total and by option (PRT.12); hints of PRT.35."""
    state = judgement.state
    for match in judgement.plan.matches:
        preliminary = "preliminary" in {state.forms[form].stage for form in match.forms}
        for contest, one, other in matched(state, match):
            judgement.counts["PRT.12" if preliminary else "PRT.11"] += 1
            for its, key in match.pairs:
                first, second = Counter({(False, key): _amount(one, its)}), Counter({(False, key): _amount(other, key)})
                if its == key == VOTES:
                    first, second = (entries(state, contest, {}, each.votes) for each in (one, other))
                    _hint_swapped(judgement, one, other)
                for name, had, has in differences(first, second):
                    where = locate(other, name).within(contest=contest)
                    said = say("{}: {} says {}, this paper {}", match.id, one.of.form, had, has)
                    if preliminary:
                        judgement.find("PRT.12", match.severity, where, said)
                    else:
                        judgement.find("PRT.11", match.severity, where, said)


def _hint_swapped(judgement: Judgement, one: Figures, other: Figures) -> None:
    """Two neighbours on the ballot have each other's votes, and nothing else differs (PRT.35)."""
    judgement.counts["PRT.35"] += 1
    a, b = one.votes, other.votes
    for i, (first, second) in enumerate(pairwise(judgement.state.races[other.of.contest].options)):
        if a != b == (*a[:i], a[i + 1], a[i], *a[i + 2 :]):
            said = say("{} and {} have each other's votes on {}", first.id, second.id, one.of.form)
            judgement.find("PRT.35", "information", locate(other, first.id), said)


def judge_versions(judgement: Judgement) -> None:
    """What a version changed, and whether a sum had been made of the one before it (PRT.13)."""
    state = judgement.state
    for of, history in state.versions.items():
        for number, (before, after) in enumerate(pairwise(history), 2):
            judgement.counts["PRT.13"] += 1
            had, has = (entries(state, of.contest, v.paper.lines, v.paper.votes) for v in (before, after))
            changes = ", ".join(f"{key} {one} → {other}" for key, one, other in differences(had, has))
            sums = [above for above in sums_above(state, of) if above in state.versions]
            stale = [above.unit for above in sums if state.versions[above][-1].posted < after.since]
            where = Place(record=after.since, unit=of.unit, contest=of.contest, form=of.form, version=number)
            if not changes:
                judgement.find("PRT.13", "information", where, "this version changed no figure")
            elif not stale:
                judgement.find("PRT.13", "information", where, say("this version changed {}", changes))
            else:
                said = say("this version changed {}, and the sum of {} is of one before it", changes, stale[0])
                judgement.find("PRT.13", "error", where, said)


def judge_signatures(judgement: Judgement) -> None:
    """All who were present signed, with the roles that the form needs (PRT.14); two people typed (PRT.15)."""
    state = judgement.state
    for form in state.forms.values():
        for found in given(state, form):
            if (paper := found.paper) is None:
                continue
            judgement.counts.update(("PRT.14", "PRT.15"))
            pending, where = state.pending[found.leaf], locate(found)
            roster = state.roster(paper.commission, pending.position)
            signed = [state.signed(paper.commission, signer) for signer in pending.signers]
            if roster and (absent := [id for id in paper.present if roster.member(id) not in signed]):
                judgement.find("PRT.14", "warning", where, say("present, and did not sign: {}", ", ".join(absent)))
            for role in sorted({*form.needs} - {member.role for member in signed}):
                judgement.find("PRT.14", "warning", where, say("nobody signed as {}", role))
            if paper.dissent:
                names = ", ".join(one.member for one in paper.dissent)
                judgement.find("PRT.14", "information", where, say("dissent is noted of {}", names))
            if len({*paper.typed}) < 2:
                judgement.find("PRT.15", "warning", where, "it was not typed by two people")


def judge_unsigned(judgement: Judgement) -> None:
    """No paper is left without the signatures that it needs (PRT.16)."""
    for pending in judgement.state.pending.values():
        if isinstance(paper := pending.record, Paper):
            judgement.counts["PRT.16"] += 1
            if not pending.effective:
                need = judgement.state.forms[paper.form].least
                said = say("it has {} of the {} signatures that it needs", len(pending.signers), need)
                unit, contest = paper.commission, paper.contest
                where = Place(record=pending.position, unit=unit, contest=contest, form=paper.form)
                judgement.find("PRT.16", "warning", where, said)


def judge_missing(judgement: Judgement) -> None:
    """Every unit has made its return of each contest, or a decision says why not (PRT.17)."""
    state = judgement.state
    for form in all_returns(state):
        ends = [duty for duty in judgement.plan.duties if duty.evidence.kind == "paper" and duty.evidence.of == form.id]
        lacking = [of for of in owed(state, form) if figures(state, of) is None]
        judgement.counts["PRT.17"] += (number := sum(1 for _ in owed(state, form)))
        for of in lacking:
            if of.unit in annulled(state, of.contest):
                continue
            where = Place(unit=of.unit, contest=of.contest, form=of.form)
            summed = next((above.unit for above in sums_above(state, of) if figures(state, above)), None)
            late = next((duty.id for duty in ends if _is_over(judgement, duty, state.units[of.unit])), None)
            if summed:
                judgement.find("PRT.17", "error", where, say("it is missing, and {} has a sum without it", summed))
            elif late:
                judgement.find("PRT.17", "error", where, say("it is missing, and the time of {} is over", late))
            elif len(lacking) < number:
                judgement.find("PRT.17", "information", where, "it is not there yet")


def _is_over(judgement: Judgement, duty: LegalDuty, unit: Unit) -> bool:
    """Whether the witnesses' latest look at the log was past the end of the unit's time, as a decision may amend it."""
    state, end = judgement.state, duty.until
    if duty.limit:
        ends = {limit.id: limit.instant for limit in state.rules.timetable if limit.bound == "by"}
        end = ends.get(duty.limit, 0)
    for _, _, decision in decisions(state):
        if decision.what == "amend" and decision.duty == duty.id and unit.id in (decision.units or (unit.id,)):
            end = decision.until
    return judgement.bounds is not None and 0 < end <= judgement.bounds(END)[0] + unit.ahead - unit.behind


def judge_hints(judgement: Judgement) -> None:
    """Hints: the same figures twice, a share far from the territory's, many invalid ballots (PRT.35)."""
    state = judgement.state
    papers = at_bottom(state)
    around: Counter[tuple[str, str, int]] = Counter()  # by the unit above, the contest, and the option's number
    for found in papers:
        above = state.units[found.of.unit].above
        around.update({(above, found.of.contest, i): votes for i, votes in enumerate(found.votes)})
    seen: dict[tuple[object, ...], str] = {}
    for found in papers:
        judgement.counts["PRT.35"] += 1
        invalid, cast, where = found.lines.get("invalid", 0), sum(found.votes), locate(found)
        if FEW <= cast + invalid <= 20 * invalid:
            said = say("{} of {} ballots are invalid", invalid, cast + invalid)
            judgement.find("PRT.35", "information", where.within(key="invalid"), said)
        if cast < FEW:
            continue
        same = (found.of[1:], tuple(sorted(found.lines.items())), found.votes)
        if (twin := seen.setdefault(same, found.of.unit)) != found.of.unit:
            judgement.find("PRT.35", "information", where, say("it has the figures of {}", twin))
        above, contest = state.units[found.of.unit].above, found.of.contest
        together = [around[above, contest, i] for i in range(len(found.votes))]
        for option, votes, every in zip(state.races[contest].options, found.votes, together, strict=True):
            if 2 * abs(votes * sum(together) - every * cast) >= cast * sum(together):
                shares = (option.id, votes, cast, every, sum(together), above)
                said = say("{} has {} of {} votes here, {} of {} under {}", *shares)
                judgement.find("PRT.35", "information", where.within(key=option.id), said)
