"""What the figures of a unit's papers show: ratios, matches, versions, signatures, hints (specs/figures.md §2–§7)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise, product

from verifier.errors import say
from verifier.paper.papers import Of, Paper
from verifier.paper.plan import VOTES, ControlRatio, DutyEvidence, Match
from verifier.paper.standing import END, Figures, Judgement, Papers

FEW = 50  # of fewer votes or ballots no hint is given


def judge_figures(notes: Judgement) -> None:
    """Find what the papers of each unit show by themselves."""
    judges = (judge_ratios, judge_matches, judge_versions, judge_signatures, judge_unsigned, judge_missing, judge_hints)
    for judge in judges:
        judge(notes)


def at_bottom(state: Papers) -> list[Figures]:
    """The returns in force that are no sums, of all contests."""
    return list(state.given(form for form in state.returns() if not form.adds))


def judge_ratios(notes: Judgement) -> None:
    """Every control ratio of the form holds (PRT.10, specs/figures.md §2)."""
    state, of = notes.state, defaultdict[str, list[ControlRatio]](list)
    for ratio in notes.plan.ratios:
        of[ratio.form].append(ratio)
    every = (pair for id, ratios in of.items() for pair in product(state.given((state.forms[id],)), ratios))
    for found, ratio in notes.asking(every, "PRT.10"):
        left, right = (sum(f * found.amount(k) for k, f in side.items()) for side in (ratio.left, ratio.right))
        if left == right or (left < right and ratio.relation == "at most"):
            continue
        explained = found.paper and ratio.id in {one.ratio for one in found.paper.explains}
        severity = "information" if explained and ratio.severity == "warning" else ratio.severity
        values = (ratio.id, _written(found, ratio.left, left), _written(found, ratio.right, right), right - left)
        equal = ratio.relation == "equal"
        said = say("{}: {} is not {}, slack {}" if equal else "{}: {} is more than {}, slack {}", *values)
        notes.find("PRT.10", severity, found.place(ratio.id), said)


def _written(found: Figures, side: Mapping[str, int], amount: int) -> str:
    """The side with its figures: `unused 838 + 2 × spoiled 3 = 844`."""
    factors = {key: "" if factor == 1 else f"{factor} × " for key, factor in side.items()}
    terms = " + ".join(f"{factor}{key} {found.amount(key)}" for key, factor in factors.items())
    return terms if list(side.values()) == [1] else f"{terms} = {amount}"


def matched(state: Papers, match: Match) -> Iterator[tuple[str, Figures, Figures]]:
    """Contest by contest the two papers of a unit that should agree."""
    first, second = (state.forms[form] for form in match.forms)
    for unit in state.signers(second):
        for contest in unit.contests if first.contest or second.contest else ("",):
            ofs = (Of(unit.id, contest if form.contest else "", form.id) for form in (first, second))
            one, other = map(state.figures, ofs)
            if one and other:
                yield contest, one, other


def judge_matches(notes: Judgement) -> None:
    """Papers of one unit agree (PRT.11); so do scanner and hand, in total and by option (PRT.12); hints of PRT.35."""
    for match in notes.plan.matches:
        preliminary = "preliminary" in {notes.state.forms[form].stage for form in match.forms}
        for contest, one, other in notes.asking(matched(notes.state, match), "PRT.12" if preliminary else "PRT.11"):
            for its, key in match.pairs:
                compared = [(key, one.amount(its), other.amount(key))]
                if its == key == VOTES:
                    compared = list(notes.state.differing(contest, one, other, ()))
                    _hint_swapped(notes, one, other)
                for name, had, has in (each for each in compared if each[1] != each[2]):
                    where = other.place(name).within(contest=contest)
                    said = say("{}: {} says {}, this paper {}", match.id, one.of.form, had, has)
                    if preliminary:
                        notes.find("PRT.12", match.severity, where, said)
                    else:
                        notes.find("PRT.11", match.severity, where, said)


def _hint_swapped(notes: Judgement, one: Figures, other: Figures) -> None:
    """Two neighbours on the ballot have each other's votes, and nothing else differs (PRT.35)."""
    notes.counts["PRT.35"] += 1
    a, b = one.votes, other.votes
    for i, (first, second) in enumerate(pairwise(notes.state.races[other.of.contest].options)):
        if a != b == (*a[:i], a[i + 1], a[i], *a[i + 2 :]):
            said = say("{} and {} have each other's votes on {}", first.id, second.id, one.of.form)
            notes.find("PRT.35", "information", other.place(first.id), said)


def judge_versions(notes: Judgement) -> None:
    """What a version changed, and whether a sum had been made of the one before it (PRT.13)."""
    for of, history in notes.state.versions.items():
        for number, (before, after) in enumerate(notes.asking(pairwise(history), "PRT.13"), 2):
            differences = notes.state.differing(of.contest, before.paper, after.paper)
            changes = ", ".join(f"{key} {one} → {other}" for key, one, other in differences)
            sums = [above for above in notes.state.sums_above(of) if above in notes.state.versions]
            stale = [above.unit for above in sums if notes.state.versions[above][-1].posted < after.since]
            said = say("this version changed {}", changes) if changes else say("this version changed no figure")
            if changes and stale:
                said = say("this version changed {}, and the sum of {} is of one before it", changes, stale[0])
            where = of.place(record=after.since, version=number)
            notes.find("PRT.13", "error" if changes and stale else "information", where, said)


def judge_signatures(notes: Judgement) -> None:
    """All who were present signed, with the roles that the form needs (PRT.14); two people typed (PRT.15)."""
    papers = ((found, found.paper) for found in notes.state.given(notes.state.forms.values()) if found.paper)
    for found, paper in notes.asking(papers, "PRT.14", "PRT.15"):
        pending, where, needs = notes.state.pending[found.leaf], found.place(), notes.state.forms[paper.form].needs
        roster = notes.state.roster(paper.commission, pending.position)
        signed = [notes.state.signed(paper.commission, signer) for signer in pending.signers]
        if roster and (absent := [id for id in paper.present if roster.member(id) not in signed]):
            notes.find("PRT.14", "warning", where, say("present, and did not sign: {}", ", ".join(absent)))
        for role in sorted({*needs} - {member.role for member in signed}):
            notes.find("PRT.14", "warning", where, say("nobody signed as {}", role))
        if paper.dissent:
            names = ", ".join(one.member for one in paper.dissent)
            notes.find("PRT.14", "information", where, say("dissent is noted of {}", names))
        if len({*paper.typed}) < 2:
            notes.find("PRT.15", "warning", where, "it was not typed by two people")


def judge_unsigned(notes: Judgement) -> None:
    """No paper is left without the signatures that it needs (PRT.16)."""
    papers = ((one, one.record) for one in notes.state.pending.values() if isinstance(one.record, Paper))
    for (position, _, signed, effective), paper in notes.asking(papers, "PRT.16"):
        if not effective:
            said = say("it has {} of the {} signatures that it needs", len(signed), notes.state.forms[paper.form].least)
            notes.find("PRT.16", "warning", paper.of.place(record=position), said)


def judge_missing(notes: Judgement) -> None:
    """Every unit has made its return of each contest, or a decision says why not (PRT.17)."""
    state, looked = notes.state, notes.bounds(END)[0] if notes.bounds else 0  # the witnesses' latest look at the log
    for form in state.returns():
        duties = [duty for duty in notes.plan.duties if duty.evidence == DutyEvidence("paper", form.id)]
        every = list(notes.asking(state.owed(form), "PRT.17"))
        lacking = [of for of in every if state.figures(of) is None]
        for of in (of for of in lacking if of.unit not in state.annulled(of.contest)):
            summed = next((above.unit for above in state.sums_above(of) if state.figures(above)), None)
            late = next((duty.id for duty in duties if 0 < state.end(duty, state.units[of.unit]) <= looked), None)
            if summed:
                notes.find("PRT.17", "error", of.place(), say("it is missing, and {} has a sum without it", summed))
            elif late:
                notes.find("PRT.17", "error", of.place(), say("it is missing, and the time of {} is over", late))
            elif len(lacking) < len(every):
                notes.find("PRT.17", "information", of.place(), "it is not there yet")


def judge_hints(notes: Judgement) -> None:
    """Hints: the same figures twice, a share far from the territory's, many invalid ballots (PRT.35)."""
    state, papers = notes.state, at_bottom(notes.state)
    around: Counter[tuple[str, str, int]] = Counter()  # by the unit above, the contest, and the option's number
    for found in papers:
        above = state.units[found.of.unit].above
        around.update({(above, found.of.contest, i): votes for i, votes in enumerate(found.votes)})
    seen: dict[tuple[object, ...], str] = {}
    for found in notes.asking(papers, "PRT.35"):
        invalid, cast, where = found.lines.get("invalid", 0), sum(found.votes), found.place()
        if FEW <= cast + invalid <= 20 * invalid:
            said = say("{} of {} ballots are invalid", invalid, cast + invalid)
            notes.find("PRT.35", "information", where.within(key="invalid"), said)
        if cast < FEW:
            continue
        same = (found.of[1:], tuple(sorted(found.lines.items())), found.votes)
        if (twin := seen.setdefault(same, found.of.unit)) != found.of.unit:
            notes.find("PRT.35", "information", where, say("it has the figures of {}", twin))
        above, contest = state.units[found.of.unit].above, found.of.contest
        together = [around[above, contest, i] for i in range(len(found.votes))]
        for option, votes, every in zip(state.races[contest].options, found.votes, together, strict=True):
            if 2 * abs(votes * sum(together) - every * cast) >= cast * sum(together):
                shares = (option.id, votes, cast, every, sum(together), above)
                said = say("{} has {} of {} votes here, {} of {} under {}", *shares)
                notes.find("PRT.35", "information", where.within(key=option.id), said)
