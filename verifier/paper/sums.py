"""What sums must hold: of their tables, of the papers beneath, of the tally and the overrides (specs/figures.md)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product

from verifier.election.register import Listing
from verifier.errors import say
from verifier.paper.papers import NONE, Of, SummaryRow
from verifier.paper.standing import Figures, Judgement, Papers, Stated, Totals, renamed
from verifier.rule import Severity

COUNTING = {"units", "annulled"}  # lines of a sum: how many papers are summed, how many units are not
TableRows = tuple[SummaryRow, ...]
LISTED, ON_PAPER, PARTICIPANTS = "listed", "e-on-paper", "participants"


def judge_sums(notes: Judgement) -> None:
    """Find what the sums, the electronic units and the papers of several contests show."""
    for found, rows in tabled(notes.state, "sum"):
        judge_total(notes, found, rows)
        judge_rows(notes, found, rows)
        judge_left_out(notes, found, rows)
    for judge in (judge_top, judge_tally, judge_overrides, judge_contests, judge_participants):
        judge(notes)


def tabled(state: Papers, table: str) -> Iterator[tuple[Figures, TableRows]]:
    """The papers in force that have such a table, and its rows."""
    every = state.given(form for form in state.forms.values() if form.table == table)
    return ((found, state.tables[found.leaf]) for found in every if found.leaf in state.tables)


def judge_total(notes: Judgement, found: Figures, rows: TableRows) -> None:
    """A sum is the sum of its table's rows (PRT.18, specs/figures.md §9)."""
    state, form, lines = notes.state, notes.state.forms[found.of.form], Counter[str]()
    notes.counts["PRT.18"] += 1
    for row in rows:
        lines.update(row.lines)
    votes = tuple(map(sum, zip(*(row.votes for row in rows if row.votes), strict=True)))
    fed = {name for id in form.adds for name in form.takes(state.forms[id]).values()} - COUNTING
    for key, has, gives in state.differing(found.of.contest, found, found._replace(lines=lines, votes=votes), fed):
        notes.find("PRT.18", "error", found.place(key), say("it says {}, its rows give {}", has, gives))


def judge_rows(notes: Judgement, found: Figures, rows: TableRows) -> None:
    """Each row is the paper beneath that was in force when the sum was posted (PRT.20, specs/figures.md §10)."""
    state, contest, form = notes.state, found.of.contest, notes.state.forms[found.of.form]
    taken = {id: form.takes(state.forms[id]) for id in form.adds}
    for number, row in enumerate(notes.asking(rows, "PRT.20"), 1):
        below = state.added(form, contest, state.units[row.unit])
        stood = state.figures(Of(row.unit, contest, below.id), found.posted) if below else None
        paper: Stated = SummaryRow(row.unit, NONE, {}, ())
        if row.is_summed and stood and stood.leaf == row.paper:
            paper = stood._replace(lines=renamed(taken[stood.of.form], stood))
        elif row.is_summed:
            said = say("its row for {} is not of the paper that was in force", row.unit)
            notes.find("PRT.20", "error", found.place(row=number), said)
            continue
        for key, has, gives in state.differing(contest, row, paper):
            said = say("its row for {} says {}, the paper {}", row.unit, has, gives)
            notes.find("PRT.20", "error", found.place(key, number), said)


def judge_left_out(notes: Judgement, found: Figures, rows: TableRows) -> None:
    """Who is left out of a sum is annulled, and nobody else; it counts both rightly (PRT.21, specs/figures.md §11)."""
    state, contest, counted = notes.state, found.of.contest, Counter[str]()
    now, then = state.annulled(contest), state.annulled(contest, found.posted)
    notes.counts["PRT.21"] += 1
    for number, row in enumerate(rows, 1):
        below, where = state.added(state.forms[found.of.form], contest, state.units[row.unit]), found.place(row=number)
        if below and below.adds:
            counted.update({key: row.lines.get(key, 0) for key in COUNTING})
        else:
            counted.update(units=row.is_summed, annulled=row.unit in then and not row.is_summed)
        if row.is_summed and row.unit in now:
            notes.find("PRT.21", "error", where, say("{} is annulled, and summed all the same", row.unit))
        elif below and not row.is_summed and row.unit not in now:
            notes.find("PRT.21", "error", where, say("{} is left out, and no decision in force says why", row.unit))
    for key in sorted(COUNTING & found.lines.keys()):
        if (has := found.lines[key]) != (gives := counted[key]):
            notes.find("PRT.21", "error", found.place(key), say("it says {}, its rows give {}", has, gives))


def judge_top(notes: Judgement) -> None:
    """What has nothing above it, or sums beneath it, is the sum of the papers at the bottom (PRT.19)."""
    for form in (form for form in notes.state.forms.values() if form.adds):
        fed = {name for names in notes.state.sources(form).values() for name in names.values()}
        deep = any(notes.state.forms[below].adds for below in form.adds)
        tops = (found for found in notes.state.given((form,)) if deep or not any(notes.state.sums_above(found.of)))
        for found in notes.asking(tops, "PRT.19"):
            total = notes.state.totals(notes.state.races[found.of.contest], form, found.of.unit)
            total.lines.update(units=len(total.summed), annulled=len(total.annulled))
            keys = fed | (COUNTING & found.lines.keys())
            for key, has, should in notes.state.differing(found.of.contest, found, total, keys):
                said = say("it says {}, the papers at the bottom give {}", has, should)
                notes.find("PRT.19", "error", found.place(key), said)


def judge_tally(notes: Judgement) -> None:
    """The electronic unit's return is the verified tally (PRT.22, specs/figures.md §13)."""
    every = notes.state.given(form for form in notes.state.forms.values() if form.electronic and form.votes)
    for found in notes.asking((found for found in every if notes.state.races[found.of.contest].electronic), "PRT.22"):
        if notes.state.result is None:
            notes.find("PRT.22", "error", found.place(), "no tally has taken effect that it could be of")
            continue
        proved = verified(notes.state, notes.state.races[found.of.contest].electronic)
        keys = proved.lines.keys() & found.lines.keys()
        for key, has, should in notes.state.differing(found.of.contest, found, proved, keys):
            notes.find("PRT.22", "error", found.place(key), say("it says {}, the tally gives {}", has, should))


def verified(state: Papers, contest: str) -> Totals:
    """The figures of a contest of the manifest, as the log proves them."""
    listed = credentials(state, state.credentials.sources())["", contest]
    overridden = credentials(state, map(state.credentials.__getitem__, state.overridden))["", contest]
    lines = {"e-listed": listed, "e-overridden": overridden, "e-withheld": state.courses[contest].counted}
    lines, votes = lines | {"e-counted": 0, "invalid": 0, "valid": 0}, tuple[int, ...]()
    for one in state.result.contests if state.result else ():
        if one.contest == contest:
            lines |= {"e-counted": one.counted, "e-withheld": 0, "invalid": one.invalid, "valid": one.valid}
            votes = tuple(each.count for each in one.votes)
    return Totals(Counter(lines), votes, (), (), ())


def credentials(state: Papers, held: Iterable[Listing]) -> Counter[tuple[str, str]]:
    """How many of these listings each commission has in each contest; "" stands for all commissions or contests."""
    styles = {style.id: style.contests for style in state.rules.styles} if state.manifest else {}
    alike = Counter((one.commission, one.style) for one in held)
    found = Counter[tuple[str, str]]()
    for (commission, style), number in alike.items():
        for each in product(("", commission), ("", *styles[style])):
            found[each] += number
    return found


def judge_overrides(notes: Judgement) -> None:
    """As many credentials of a unit are overridden as voters on its list signed on paper (PRT.23)."""
    overridden = credentials(notes.state, map(notes.state.credentials.__getitem__, notes.state.overridden))
    severity: Severity = "information" if notes.state.phase in {"voting", "closed"} else "error"
    every = (of for form in notes.state.forms.values() if ON_PAPER in form.keys for of in notes.state.owed(form))
    for of in notes.asking(every, "PRT.23"):
        electronic = notes.state.races[of.contest].electronic if of.contest else ""
        number = overridden[of.unit, electronic] if electronic or not of.contest else 0
        if found := notes.state.figures(of):
            if (has := found.lines.get(ON_PAPER, 0)) != number:
                said = say("it says {}, the overrides give {}", has, number)
                notes.find("PRT.23", severity, found.place(ON_PAPER), said)
        elif number and notes.state.result:
            said = say("{} voters are overridden, and no paper says so", number)
            notes.find("PRT.23", "error", of.place(key=ON_PAPER), said)


def judge_contests(notes: Judgement) -> None:
    """In contests of a unit with as many voters on the list, as many took part (PRT.24, specs/figures.md §15)."""
    state, first = notes.state, dict[tuple[str, str, int], Figures]()
    forms = [form for form in state.forms.values() if form.contest and not form.adds and LISTED in form.keys]
    for found in notes.asking(state.given(forms), "PRT.24"):
        other = first.setdefault((found.of.form, found.of.unit, found.lines.get(LISTED, 0)), found)
        if (here := took_part(state, found)) != (there := took_part(state, other)):
            said = say("{} took part, and {} in {}, with as many on the list", here, there, other.of.contest)
            notes.find("PRT.24", "warning", found.place(LISTED), said)


def took_part(state: Papers, found: Figures) -> int:
    """The sum of the lines that count those who took part, by their own names or by those that a sum gives them."""
    adds = [form.adds[found.of.form] for form in state.forms.values() if found.of.form in form.adds]
    people = set(state.planned.participants)
    return sum(n for key, n in found.lines.items() if people & {key, *(names.get(key, key) for names in adds)})


def judge_participants(notes: Judgement) -> None:
    """The list of participants counts as many as the returns (PRT.34, specs/figures.md §16)."""
    for one, rows in notes.asking(tabled(notes.state, "participants"), "PRT.34"):
        for number, row in enumerate(notes.asking(rows, "PRT.34"), 1):
            ofs = notes.state.stating(row.unit, one.of.contest)
            stood = (found for of in ofs if (found := notes.state.figures(of, one.posted)))
            gives = max((took_part(notes.state, found) for found in stood), default=0)
            if (has := row.lines.get(PARTICIPANTS, 0)) != gives:
                said = say("its row for {} says {}, the paper {}", row.unit, has, gives)
                notes.find("PRT.34", "error", one.place(PARTICIPANTS, number), said)
        gives = sum(row.lines.get(PARTICIPANTS, 0) for row in rows)
        if (has := one.lines.get(PARTICIPANTS, 0)) != gives:
            notes.find("PRT.34", "error", one.place(PARTICIPANTS), say("it says {}, its rows give {}", has, gives))
