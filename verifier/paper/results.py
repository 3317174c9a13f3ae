"""What the rule of a contest gives on the sums from the bottom, and what was declared (specs/results.md)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from verifier.errors import Detail, say
from verifier.paper.papers import Decision, Declared, ElectionResult
from verifier.paper.plan import Form, PlanContest
from verifier.paper.standing import END, Judgement, Papers, Totals
from verifier.place import Place

WHOLE = 10_000  # parts, of which a share is so many
Reserved = tuple[tuple[frozenset[str], int], ...]  # of these options so many


class Determination(NamedTuple):
    """What the rule allows: an outcome, and a choice of options by falling votes, one of several if some are `tied`.

    `candidates` have votes; a choice has so many of each reserve. `tied` are in one allowed choice and not in another.
    """

    outcome: Declared
    candidates: Mapping[str, int]
    reserved: Reserved = ()
    options: tuple[str, ...] = ()

    def keeps_reserves(self, chosen: Collection[str]) -> bool:
        return all(len(reserve.intersection(chosen)) >= least for reserve, least in self.reserved)

    @property
    def tied(self) -> frozenset[str]:
        chosen = set(self.options)
        others = [(one, other) for one in chosen for other in self.candidates.keys() - chosen]
        equal = [pair for pair in others if self.candidates[pair[0]] == self.candidates[pair[1]]]
        return frozenset(id for pair in equal if self.keeps_reserves(chosen.symmetric_difference(pair)) for id in pair)

    def allows(self, declared: Sequence[str]) -> bool:
        """Whether these are a choice, by falling votes: each allowed choice has the same numbers of votes."""
        votes = [self.candidates.get(id) for id in declared]
        same = votes == [self.candidates[id] for id in self.options]
        return same and len(set(declared)) == len(declared) and self.keeps_reserves(declared)


def determine(race: PlanContest, votes: Sequence[int], participants: int) -> Determination:
    """What follows from the counted votes, in the order of the options (§2–§5)."""
    by_option = {option.id: number for option, number in zip(race.options, votes, strict=True)}
    against = by_option.pop(race.against, 0)
    candidates = {id: number for id, number in by_option.items() if number}
    leader = max(candidates.values(), default=0)
    if not candidates or leader < against:
        return Determination("failed", candidates)
    if race.rule == "plurality":
        kept = [(candidates.keys() & set(r.options), -(-race.seats * r.part // r.whole)) for r in race.reserves]
        return choose("elected", candidates, race.seats, tuple((frozenset(c), min(len(c), n)) for c, n in kept))
    if 2 * leader > participants:
        return choose("elected", candidates, 1)
    return choose("second round", candidates, 2) if len(candidates) > 1 else Determination("failed", candidates)


def choose(outcome: Declared, candidates: Mapping[str, int], seats: int, reserved: Reserved = ()) -> Determination:
    """The best of each reserve, and the best of the rest for the other seats (§4)."""
    ranked = sorted(candidates, key=lambda one: -candidates[one])
    chosen = {id for those, least in reserved for id in [id for id in ranked if id in those][:least]}
    chosen.update([id for id in ranked if id not in chosen][: seats - len(chosen)])
    return Determination(outcome, candidates, reserved, tuple(id for id in ranked if id in chosen))


def result_form(state: Papers, race: PlanContest) -> Form | None:
    """The form by which the body sums up the contest, or else its own return; None if the plan has neither (§1)."""
    body = state.units[race.body]
    forms = [form for form in state.returns(body.level) if form.electronic == body.electronic]
    return next((form for form in forms if form.adds), forms[0] if forms else None)


def counted(state: Papers, race: PlanContest, form: Form, position: int = END) -> Totals:
    """The sums from the bottom that stood at `position`, without the votes that a decision has left out (§1)."""
    return state.totals(race, form, race.body, position, state.struck(race, position))


def judge_results(notes: Judgement) -> None:
    """Find what the rule does not give (PRT.25), shares of something else (PRT.26), what changed since (PRT.27)."""
    state = notes.state
    for number, (_, since, record) in enumerate(notes.asking(state.results, "PRT.25", "PRT.26", "PRT.27"), 1):
        race, where = state.races[record.contest], Place(unit=record.commission, contest=record.contest, record=since)
        if (form := result_form(state, race)) is None:
            notes.find("PRT.25", "error", where, say("no form of {} states the sums of this contest", race.body))
            continue
        sums = counted(state, race, form, since)
        took_part = sum(sums.lines[key] for key in notes.plan.participants)
        for said in misdeclared(record, determine(race, sums.votes, took_part)):
            notes.find("PRT.25", "error", where, said)
        needed = notes.plan.participants if race.rule == "majority" else ()
        for said in misshared(record, form, sums, needed):
            notes.find("PRT.26", "error", where, said)
        until = next((later.since for later in state.results[number:] if later.record.contest == race.id), None)
        for _, said in changes(state, race, form, since, until or END):
            notes.find("PRT.27", "information" if until else "error", where, said)


def misdeclared(record: ElectionResult, ruled: Determination) -> Iterator[Detail]:
    """The first thing that the rule does not give (PRT.25)."""
    if record.outcome != ruled.outcome:
        yield say("by the rule the outcome is “{}”, not “{}”", ruled.outcome, record.outcome)
    elif not ruled.allows(record.options):
        yield say("the rule allows ({}), not ({})", ", ".join(ruled.options), ", ".join(record.options))
    elif ruled.tied and not record.lots:
        yield say("no lot decided between those with equal votes: {}", ", ".join(sorted(ruled.tied)))
    elif record.lots and not ruled.tied:
        yield say("a lot is named, and there was nothing to decide by it")


def misshared(record: ElectionResult, form: Form, sums: Totals, needed: Collection[str]) -> Iterator[Detail]:
    """The first thing that is wrong with denominator or shares (PRT.26)."""
    keys, named = [line.key for line in form.lines], " + ".join(record.denominator)
    whole = sum(sums.lines[key] for key in record.denominator)
    if needed and sorted(record.denominator) != sorted(needed):
        yield say("the shares are said to be of ({}), and the rule is about ({})", named, " + ".join(needed))
    elif not record.denominator or len(set(record.denominator).intersection(keys)) < len(record.denominator):
        yield say("({}) is no sum of lines of {}", named, form.id)
    elif len(record.shares) != len(sums.votes):
        yield say("{} shares for {} options", len(record.shares), len(sums.votes))
    elif not are_shares(record.shares, sums.votes, whole):
        others = [key for key in keys if sums.lines[key] and are_shares(record.shares, sums.votes, sums.lines[key])]
        plain = say("the shares are not of ({}), which are {}", named, whole)
        yield say("the shares are not of ({}), but of {}", named, others[0]) if others else plain


def are_shares(shares: Sequence[int], votes: Sequence[int], whole: int) -> bool:
    """Each is votes · 10,000 / whole, rounded down or up; of nothing, 0."""
    return all(abs(s * whole - v * WHOLE) < whole if whole else s == 0 for s, v in zip(shares, votes, strict=True))


def changes(state: Papers, race: PlanContest, form: Form, after: int, until: int) -> list[tuple[int, Detail]]:
    """What took effect between these records under the contest's result, by record (§8)."""
    inside, forms = set(state.under(race.body)), state.beneath_sum(form)
    found: list[tuple[int, Detail]] = []
    for of in {**state.versions, **state.entered}:
        if of.unit in inside and of.contest == race.id and of.form in forms:
            for number, version in enumerate(own := state.versions.get(of, []), 1):
                said = say("since then version {} of {} of {} took effect", number, of.form, of.unit)
                found.append((version.since, said))
            rows = [row for row in state.entered.get(of, ()) if not any(one.since < row.since for one in own)]
            found += [(row.since, say("since then {} entered {} of {}", row.by, of.form, of.unit)) for row in rows]
    touching = {leaf for leaf, _, one in state.decided if touches(one, race, inside)}
    for leaf, since, one in state.decided:
        if leaf in touching or one.revokes in touching:
            found.append((since, say("since then {} decided “{}”: {}", one.commission, one.what, ", ".join(one.units))))
    return sorted((one for one in found if after < one[0] < until), key=lambda one: one[0])


def touches(decision: Decision, race: PlanContest, inside: set[str]) -> bool:
    """Whether the decision leaves out a unit or an option of the contest, or takes one in again."""
    contests = {"annul": ("", race.id), "restore": ("", race.id), "strike": (race.id,), "withdraw": (race.id,)}
    about = decision.contest in contests.get(decision.what, ())
    return about and (not decision.units or not inside.isdisjoint(decision.units))
