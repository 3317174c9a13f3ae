"""What sums must hold: of their tables, of the papers beneath, of the tally and the overrides (specs/figures.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from verifier.errors import say
from verifier.paper.figures import FigureKey, differences, entries, given, locate, owed, sums_above
from verifier.paper.judgement import Judgement
from verifier.paper.papers import NONE, Of, PaperState, SummaryRow
from verifier.paper.plan import Form
from verifier.paper.standing import Figures, annulled, figures, returns, sources, totals
from verifier.place import Place
from verifier.rule import Severity

UNITS, ANNULLED = (False, "units"), (False, "annulled")  # of a sum: how many papers are summed, how many units are not
LISTED, ON_PAPER, PARTICIPANTS = "listed", "e-on-paper", "participants"


class Tabled(NamedTuple):
    """A paper in force with its table: the record at which it was posted, and with which figures as entries."""

    found: Figures
    form: Form
    posted: int
    rows: tuple[SummaryRow, ...]
    figures: Counter[FigureKey]


def judge_sums(judgement: Judgement) -> None:
    """Find what the sums, the electronic units and the papers of several contests show."""
    for one in tabled(judgement.state, "sum"):
        judge_total(judgement, one)
        judge_rows(judgement, one)
        judge_left_out(judgement, one)
    judge_top(judgement)
    judge_tally(judgement)
    judge_overrides(judgement)
    judge_contests(judgement)
    judge_participants(judgement)


def tabled(state: PaperState, table: str) -> Iterator[Tabled]:
    """The papers in force that have such a table."""
    for form in state.forms.values():
        for found in given(state, form) if form.table == table else ():
            if found.paper and found.leaf in state.tables:
                posted = state.versions[found.of][found.version - 1].posted
                own = entries(state, found.of.contest, found.lines, found.votes)
                yield Tabled(found, form, posted, state.tables[found.leaf], own)


def added(state: PaperState, sum_of: Tabled, unit: str) -> Form | None:
    """The form whose paper of this unit the sum adds: the first one that the unit owes, None if it owes none."""
    one, contest = state.units[unit], sum_of.found.of.contest
    for below in (state.forms[id] for id in sum_of.form.adds):
        if (below.level, below.electronic) == (one.level, one.electronic) and (not contest or contest in one.contests):
            return below
    return None


def renamed(form: Form, below: Form, counted: Counter[FigureKey]) -> Counter[FigureKey]:
    """The figures of a paper beneath under the sum's keys; what the sum has no line for is left out."""
    keys, names = {line.key for line in form.lines}, form.adds[below.id]
    found: Counter[FigureKey] = Counter()
    for (is_option, key), number in counted.items():
        name = key if is_option else names.get(key, key)
        if is_option or name in keys:
            found[is_option, name] += number
    return found


def only(counted: Counter[FigureKey], keys: AbstractSet[str]) -> Counter[FigureKey]:
    """The options' figures, and those of these lines."""
    return Counter({entry: number for entry, number in counted.items() if entry[0] or entry[1] in keys})


def judge_total(judgement: Judgement, one: Tabled) -> None:
    """A sum is the sum of its table's rows (PRT.18, specs/figures.md §9)."""
    state = judgement.state
    judgement.counts["PRT.18"] += 1
    below = (state.forms[id] for id in one.form.adds)
    fed = {one.form.adds[each.id].get(line.key, line.key) for each in below for line in each.lines}
    total: Counter[FigureKey] = Counter()
    for row in one.rows:
        total.update(entries(state, one.found.of.contest, row.lines, row.votes))
    typed, total = (only(each, fed - {UNITS[1], ANNULLED[1]}) for each in (one.figures, total))
    for key, has, gives in differences(typed, total):
        judgement.find("PRT.18", "error", locate(one.found, key), say("it says {}, its rows give {}", has, gives))


def judge_rows(judgement: Judgement, one: Tabled) -> None:
    """Each row is the paper beneath that was in force when the sum was posted (PRT.20, specs/figures.md §10)."""
    state, contest = judgement.state, one.found.of.contest
    for number, row in enumerate(one.rows, 1):
        judgement.counts["PRT.20"] += 1
        below = added(state, one, row.unit)
        of = Of(row.unit, contest if below and below.contest else "", below.id if below else "")
        stood = figures(state, of, one.posted)
        says = entries(state, contest, row.lines, row.votes)
        paper: Counter[FigureKey] = Counter()
        if is_summed(row) and below and stood and stood.leaf == row.paper:
            paper = renamed(one.form, below, entries(state, contest, stood.lines, stood.votes))
        elif is_summed(row):
            said = say("its row for {} is not of the paper that was in force", row.unit)
            judgement.find("PRT.20", "error", locate(one.found, row=number), said)
            continue
        for key, has, gives in differences(says, paper):
            said = say("its row for {} says {}, the paper {}", row.unit, has, gives)
            judgement.find("PRT.20", "error", locate(one.found, key, number), said)


def is_summed(row: SummaryRow) -> bool:
    """Whether the row sums a paper: it names one, or has the lines of one that was entered from above."""
    return row.paper != NONE or bool(row.lines)


def judge_left_out(judgement: Judgement, one: Tabled) -> None:
    """Who is left out of a sum is annulled, and nobody else; it counts both rightly (PRT.21, specs/figures.md §11)."""
    state, contest = judgement.state, one.found.of.contest
    now, then = annulled(state, contest), annulled(state, contest, one.posted)
    counted: Counter[FigureKey] = Counter()
    judgement.counts["PRT.21"] += 1
    for number, row in enumerate(one.rows, 1):
        inner, where = added(state, one, row.unit), locate(one.found, row=number)
        if inner and inner.adds:
            counted.update(entries(state, "", {key: row.lines.get(key, 0) for _, key in (UNITS, ANNULLED)}, ()))
        else:
            counted[UNITS] += is_summed(row)
            counted[ANNULLED] += row.unit in then and not is_summed(row)
        if is_summed(row) and row.unit in now:
            judgement.find("PRT.21", "error", where, say("{} is annulled, and summed all the same", row.unit))
        elif inner and not is_summed(row) and row.unit not in now:
            judgement.find("PRT.21", "error", where, say("{} is left out, and no decision in force says why", row.unit))
    for entry in {UNITS, ANNULLED} & one.figures.keys():
        if one.figures[entry] != counted[entry]:
            said = say("it says {}, its rows give {}", one.figures[entry], counted[entry])
            judgement.find("PRT.21", "error", locate(one.found, entry[1]), said)


def judge_top(judgement: Judgement) -> None:
    """What has nothing above it, or sums beneath it, is the sum of the papers at the bottom (PRT.19)."""
    state = judgement.state
    for form in (form for form in state.forms.values() if form.adds and form.contest):
        fed = {name for names in sources(state, form).values() for name in names.values()}
        deep = any(state.forms[below].adds for below in form.adds)
        for found in given(state, form):
            if any(sums_above(state, found.of)) and not deep:
                continue
            judgement.counts["PRT.19"] += 1
            own = entries(state, found.of.contest, found.lines, found.votes)
            typed = only(own, fed)
            total = totals(state, state.races[found.of.contest], form, found.of.unit)
            lines = {key: total.lines[key] for key in fed}
            gives = entries(state, found.of.contest, lines, total.votes)
            for entry, units in ((UNITS, total.summed), (ANNULLED, total.annulled)):
                if entry in own:
                    typed[entry], gives[entry] = own[entry], len(units)
            for key, has, should in differences(typed, gives):
                said = say("it says {}, the papers at the bottom give {}", has, should)
                judgement.find("PRT.19", "error", locate(found, key), said)


def judge_tally(judgement: Judgement) -> None:
    """The electronic unit's return is the verified tally (PRT.22, specs/figures.md §13)."""
    state = judgement.state
    for form in (form for form in state.forms.values() if form.electronic and form.votes):
        for found in given(state, form):
            if not (electronic := state.races[found.of.contest].electronic):
                continue
            judgement.counts["PRT.22"] += 1
            if state.result is None:
                judgement.find("PRT.22", "error", locate(found), "no tally has taken effect that it could be of")
                continue
            own, proved = entries(state, found.of.contest, found.lines, found.votes), verified(state, electronic)
            known = {key for _, key in proved} & found.lines.keys()
            for key, has, gives in differences(only(own, known), only(proved, known)):
                said = say("it says {}, the tally gives {}", has, gives)
                judgement.find("PRT.22", "error", locate(found, key), said)


def verified(state: PaperState, contest: str) -> Counter[FigureKey]:
    """The figures of a contest of the manifest, as the log proves them."""
    listed, overridden = (credentials(state, keys)["", contest] for keys in (state.credentials, state.overridden))
    lines = dict.fromkeys(("e-counted", "invalid", "valid"), 0) | {"e-listed": listed, "e-overridden": overridden}
    lines["e-withheld"], votes = len(state.courses[contest].counted), dict[str, int]()
    for count in state.result.contests if state.result else ():
        if count.contest == contest:
            lines |= {"e-counted": count.counted, "e-withheld": 0, "invalid": count.invalid, "valid": count.valid}
            votes = {each.option: each.count for each in count.votes}
    return Counter({(False, key): n for key, n in lines.items()} | {(True, key): n for key, n in votes.items()})


def credentials(state: PaperState, keys: Iterable[bytes]) -> Counter[tuple[str, str]]:
    """How many of these credentials each commission has in each contest; "" stands for all commissions or contests."""
    styles = {style.id: style.contests for style in state.rules.styles} if state.manifest else {}
    found: Counter[tuple[str, str]] = Counter()
    alike = Counter((held.commission, held.style) for held in map(state.credentials.__getitem__, keys))
    for (commission, style), number in alike.items():
        for contest in ("", *styles[style]):
            found[commission, contest] += number
            found["", contest] += number
    return found


def judge_overrides(judgement: Judgement) -> None:
    """As many credentials of a unit are overridden as voters on its list signed on paper (PRT.23)."""
    state = judgement.state
    overridden = credentials(state, state.overridden)
    severity: Severity = "information" if state.phase in {"voting", "closed"} else "error"
    for form in state.forms.values():
        for of in owed(state, form) if ON_PAPER in {line.key for line in form.lines} else ():
            electronic = state.races[of.contest].electronic if of.contest else ""
            number = overridden[of.unit, electronic] if electronic or not of.contest else 0
            found, where = figures(state, of), Place(unit=of.unit, contest=of.contest, form=of.form, key=ON_PAPER)
            judgement.counts["PRT.23"] += 1
            if found is None and number and state.result:
                judgement.find("PRT.23", "error", where, say("{} voters are overridden, and no paper says so", number))
            elif found and found.lines.get(ON_PAPER, 0) != number:
                said = say("it says {}, the overrides give {}", found.lines.get(ON_PAPER, 0), number)
                judgement.find("PRT.23", severity, locate(found, ON_PAPER), said)


def judge_contests(judgement: Judgement) -> None:
    """In contests of a unit with as many voters on the list, as many took part (PRT.24, specs/figures.md §15)."""
    state = judgement.state
    for form in (form for form in state.forms.values() if form.contest and not form.adds):
        first: dict[tuple[str, int], Figures] = {}
        for found in given(state, form) if LISTED in {line.key for line in form.lines} else ():
            judgement.counts["PRT.24"] += 1
            other = first.setdefault((found.of.unit, found.lines.get(LISTED, 0)), found)
            if (here := took_part(state, found)) != (there := took_part(state, other)):
                said = say("{} took part, and {} in {}, with as many on the list", here, there, other.of.contest)
                judgement.find("PRT.24", "warning", locate(found, LISTED), said)


def took_part(state: PaperState, found: Figures) -> int:
    """The sum of the lines that count those who took part, by their own names or by those that a sum gives them."""
    plan, adds = state.plan, [form.adds[found.of.form] for form in state.forms.values() if found.of.form in form.adds]
    people = {*plan.participants} if plan else set()
    return sum(n for key, n in found.lines.items() if people & {key, *(names.get(key, key) for names in adds)})


def judge_participants(judgement: Judgement) -> None:
    """The list of participants counts as many as the returns (PRT.34, specs/figures.md §16)."""
    state = judgement.state
    for one in tabled(state, "participants"):
        judgement.counts["PRT.34"] += 1 + len(one.rows)
        for number, row in enumerate(one.rows, 1):
            unit = state.units[row.unit]
            contests = [one.found.of.contest] if one.form.contest else unit.contests
            ofs = (Of(unit.id, contest, form.id) for form in returns(state, unit.level) for contest in contests)
            stood = [found for of in ofs if (found := figures(state, of, one.posted))]
            has, gives = row.lines.get(PARTICIPANTS, 0), max((took_part(state, found) for found in stood), default=0)
            if has != gives:
                said = say("its row for {} says {}, the paper {}", row.unit, has, gives)
                judgement.find("PRT.34", "error", locate(one.found, PARTICIPANTS, number), said)
        typed, gives = one.found.lines.get(PARTICIPANTS, 0), sum(row.lines.get(PARTICIPANTS, 0) for row in one.rows)
        if typed != gives:
            said = say("it says {}, its rows give {}", typed, gives)
            judgement.find("PRT.34", "error", locate(one.found, PARTICIPANTS), said)
