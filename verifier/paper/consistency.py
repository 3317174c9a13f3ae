"""A plan is consistent in itself, and with the manifest that names it: PRT.1 (specs/plan.md §3 to §8)."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import partial
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import Any

from msgspec import UNSET

from verifier.commission.roster import MOST_MEMBERS
from verifier.election.manifest import MANIFEST, MOST_OPTIONS, Manifest, prepare_manifest
from verifier.errors import Incomplete, Said, refuse, say
from verifier.paper.papers import PaperState
from verifier.paper.plan import CODEC, VOTES, Plan
from verifier.place import Place
from verifier.records import Blobs, fetch
from verifier.rule import Effect, Step

MOST_LINES = 64  # of a form: with the votes of 255 options they fit a record
MOST_NAMED = 8  # duties of a circle
WITHHELD = "e-withheld"  # the line of the votes that an electronic tally does not tell
Complaints = Iterator[tuple[object, str, *tuple[str | int, ...]]]  # whether a rule is broken; what is said then
Names = Iterator[tuple[str, Collection[str], str, Collection[str]]]  # who names whom, as what, and what there is of it


def prepare_planned(state: PaperState, record: Manifest, where: Place, blobs: Blobs) -> Step:
    """The first record, and the plan that it names (PRT.1); without the plan's blob the papers are not judged."""
    step = prepare_manifest(state, record, where, blobs)
    if record.paper is UNSET:
        return step
    then: Effect = state.lay_aside
    with suppress(Incomplete):
        plan = CODEC.decode(fetch(blobs, record.paper, where), where)
        check_plan(plan, record, where)
        then = partial(state.adopt, plan)
    return step.also(then)


def check_plan(plan: Plan, manifest: Manifest, where: Place) -> None:
    """The plan is consistent (PRT.1)."""
    for complaint in complaints(plan, manifest):
        refuse("PRT.1", where, complaint)


def complaints(plan: Plan, manifest: Manifest | None) -> Iterator[Said]:
    """All that can be said against the plan; without a manifest, what can be said without one."""
    parts = [part(plan) for part in (_names, _units, _contests, _forms, _comparisons, _duties)]
    for broken, text, *values in chain(*parts, _manifest(plan, manifest) if manifest else ()):
        if broken:
            yield say(text, *values)


def _names(plan: Plan) -> Complaints:
    """No id is given twice, no list names one twice, and everything that is named is there."""
    parts: list[tuple[str, Any]] = [
        *(("levels", plan.levels), ("units", plan.units), ("contests", plan.contests), ("forms", plan.forms)),
        *(("options", contest.options) for contest in plan.contests),
        *(("control ratios", plan.ratios), ("matches", plan.matches), ("duties", plan.duties)),
    ]
    for what, each in parts:
        yield len({part.id for part in each}) < len(each), "two {} have the same id", what
    every = [*_references(plan), *_figures(plan)]
    for owner, ids, *_ in every:
        for id, times in Counter(ids).items():
            yield times > 1, "{} names {} twice", owner, id
    for owner, ids, what, known in every:
        for id in ids:
            yield id not in known, "{} names {}, which is not among the {} that it can name", owner, id, what


def _references(plan: Plan) -> Names:
    """What levels, units, contests, duties and rulings name."""
    levels, races = {level.id for level in plan.levels}, {contest.id for contest in plan.contests}
    levelled: list[Any] = [*plan.units, *plan.forms, *plan.duties]
    yield from ((each.id, (each.level,), "levels", levels) for each in levelled)
    yield from ((ruling, named, "levels", levels) for ruling, named in plan.may.items())
    yield from ((unit.id, unit.contests, "contests", races) for unit in plan.units)
    joined = [contest.electronic for contest in plan.contests if contest.electronic]
    yield "contests", joined, "contests", joined
    for contest in plan.contests:
        options = {option.id for option in contest.options}
        yield contest.id, [id for reserve in contest.reserves for id in reserve.options], "options", options
        yield contest.id, (contest.against,), "options", {"", *options}
    duties, forms = {duty.id for duty in plan.duties}, {(form.level, form.id) for form in plan.forms}
    for duty in plan.duties:
        shown, of = duty.evidence.kind, duty.evidence.of
        yield duty.id, duty.after + duty.ideally, "duties", duties
        yield duty.id, (duty.past,), "duties", {"", *duties}
        yield duty.id, [of] if shown == "record" else (), "records", ("register", "result")
        yield duty.id, [of] if shown == "paper" and (duty.level, of) not in forms else (), "forms", ()


def _figures(plan: Plan) -> Names:
    """What is named of forms and their lines."""
    lines = {form.id: form.keys for form in plan.forms}
    figures = {form.id: form.keys | ({VOTES} if form.votes else set()) for form in plan.forms}
    bodies = {contest.body for contest in plan.contests}
    tops = {(unit.level, False) for unit in plan.units if unit.id in bodies}
    for form in plan.forms:
        yield form.id, [line.key for line in form.lines], "lines", lines[form.id]
        yield form.id, form.needs, "roles", form.needs
        for below, renamed in form.adds.items():
            yield form.id, {*renamed}, "lines", lines.get(below, ())
            yield form.id, {*renamed.values()}, "lines", lines[form.id]
    results = [lines[form.id] for form in plan.forms if form.states_results and form.kind in tops]
    yield from (("participants", plan.participants, "lines", known) for known in (set(plan.participants), *results))
    for ratio in plan.ratios:
        yield ratio.id, (ratio.form,), "forms", lines
        yield ratio.id, {*ratio.left, *ratio.right}, "lines", figures.get(ratio.form, ())
    for match in plan.matches:
        yield match.id, {*match.forms}, "forms", lines
        for place, form_id in enumerate(match.forms):
            yield match.id, {pair[place] for pair in match.pairs}, "lines", figures.get(form_id, ())


def _units(plan: Plan) -> Complaints:
    met, over = {""}, {level.id: level.above for level in plan.levels}
    for level in plan.levels:
        astray = level.above not in met or (level is plan.levels[0]) == bool(level.above)
        yield astray, "{} is not under a level that stands before it; only the first is under none", level.id
        met.add(level.id)
    units, bodies = {unit.id: unit for unit in plan.units}, {(contest.id, contest.body) for contest in plan.contests}
    stated = {form.kind for form in plan.forms if form.states_results}
    for unit in plan.units:
        id, q, n, above = unit.id, unit.quorum, unit.members, units.get(unit.above)
        astray = (above.level if above else "") != over.get(unit.level) or bool(unit.above) != bool(above)
        yield astray, "what is above {} is not a unit of the level above", id
        yield not q <= n <= MOST_MEMBERS, "the quorum of {} is {} of {} members, {} at most", id, q, n, MOST_MEMBERS
        yield unit.ahead and unit.behind, "the clock of {} is both ahead and behind", id
        for race in unit.contests:
            lost = (race, id) not in bodies and (above is None or race not in above.contests)
            yield lost, "{} has the contest {}, but what is above it has not", id, race
            yield unit.kind not in stated, "{} has the contest {}, but no form to state its votes in", id, race


def _contests(plan: Plan) -> Complaints:
    held = {(unit.id, id) for unit in plan.units for id in unit.contests}
    electronic = Counter(id for unit in plan.units if unit.electronic for id in unit.contests)
    for contest in plan.contests:
        id, n, seats, marks = contest.id, len(contest.options), contest.seats, contest.marks
        kept = sum(-(-seats * reserve.part // reserve.whole) for reserve in contest.reserves)
        units, owed = electronic[id], int(bool(contest.electronic))
        yield not 1 <= n <= MOST_OPTIONS, "{} has {} options; 1 to {} are allowed", id, n, MOST_OPTIONS
        yield max(seats, marks) > n, "{} has {} seats and {} marks for {} options", id, seats, marks, n
        yield kept > seats, "the reserves of {} take {} of {} seats", id, kept, seats
        yield (contest.body, id) not in held, "{} is to determine {}, but is not a unit that has it", contest.body, id
        yield units != owed, "{} has {} electronic units, and should have {}", id, units, owed


def _forms(plan: Plan) -> Complaints:
    over, results = {level.id: level.above for level in plan.levels}, [f for f in plan.forms if f.states_results]
    stated = Counter(form.kind for form in results)
    for form in plan.forms:
        id, n, least, adds = form.id, len(form.lines), form.least, bool(form.adds)
        members = min((unit.members for unit in plan.units if unit.kind == form.kind), default=least)
        yield n > MOST_LINES, "{} has {} lines, {} at most", id, n, MOST_LINES
        yield VOTES in form.keys, "a line of {} is named {}, like the sum over the options", id, VOTES
        yield form.votes and not form.contest, "{} states votes, but is of no contest", id
        yield least > members, "{} takes {} signatures, but a unit has {} members", id, least, members
        again = form.states_results and stated[form.kind] > 1
        yield again, "{} is not the only form of its units that states the results of voting", id
        half = len({adds, form.table == "sum", adds and form.states_results}) > 1
        yield half, "{} must add forms, have the table of a sum and state the results of voting, or neither", id
        short = adds and form.adds.keys() != {below.id for below in results if over.get(below.level, "") == form.level}
        yield short, "{} must add up exactly the forms that state the results of the level beneath", id


def _comparisons(plan: Plan) -> Complaints:
    kinds = {form.id: form.kind for form in plan.forms}
    for ratio in plan.ratios:
        yield not (ratio.left and ratio.right), "{} compares nothing", ratio.id
    for match in plan.matches:
        one, other = match.forms
        alien = one == other or kinds.get(one) != kinds.get(other)
        yield alien, "{} compares {} with {}, which are not two forms of the same units", match.id, one, other
        yield not match.pairs, "{} compares nothing", match.id


def _duties(plan: Plan) -> Complaints:
    for duty in plan.duties:
        id, until, dated = duty.id, duty.until, duty.since or duty.until
        yield 0 < until <= duty.since, "{} begins when {} is over", id, id
        yield duty.inclusive and not until, "{} has no last day that could be included", id
        yield duty.limit and dated, "{} has a time limit of the manifest, and dates of its own", id
        yield bool(duty.within) != bool(duty.past), "{} must say within which time past which duty, or neither", id
    try:
        TopologicalSorter({duty.id: (*duty.after, *duty.ideally, duty.past) for duty in plan.duties}).prepare()
    except CycleError as circle:
        yield True, "these duties wait for each other: {}", ", ".join(circle.args[1][:MOST_NAMED])


def _manifest(plan: Plan, manifest: Manifest) -> Complaints:
    commissions = {each.id: (each.members, each.quorum, each.above) for each in manifest.commissions}
    for unit in plan.units:
        known = commissions.get(unit.id)
        yield not (known or unit.above), "{} is under no unit, and not in the manifest", unit.id
        other = known and known != (unit.members, unit.quorum, unit.above or known[2])
        yield other, "{} has other members, another quorum or another above it in the manifest", unit.id
    for contest in plan.contests:
        joined, ids = manifest.contest(contest.electronic), [option.id for option in contest.options]
        same = joined and ([option.id for option in joined.options], joined.most) == (ids, contest.marks)
        apart = contest.electronic and not same
        yield apart, "{} differs from {} of the manifest in options or marks", contest.id, contest.electronic
    few = manifest.minimum
    for form in plan.forms:
        mute = few > 1 and form.electronic and form.states_results and WITHHELD not in form.keys
        yield mute, "{} has no line {}, and fewer than {} ballots are withheld", form.id, WITHHELD, few
    limits = {"", *(limit.id for limit in manifest.timetable)}
    for duty in plan.duties:
        yield duty.limit not in limits, "{} names {}, which is not in the timetable", duty.id, duty.limit


PLANNED = MANIFEST._replace(prepare=prepare_planned)
