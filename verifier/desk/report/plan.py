"""A plan said to people: who signs which papers, what must hold of them, what is due by when (specs/plan.md)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from verifier.desk.report.section import Facts, Paragraph, Section, Table
from verifier.desk.report.timetable import beginning, end, spoken
from verifier.paper.plan import VOTES
from verifier.paper.sums import COUNTING, ON_PAPER, PARTICIPANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from verifier.desk.report.language import Words
    from verifier.desk.report.section import Look, Piece
    from verifier.election.timetable import TimeLimit
    from verifier.paper.plan import Form, LegalDuty, Plan, PlanContest
    from verifier.records import Text

SIGN = " ⚠"
TALLIED = ("e-listed", "e-overridden", "e-counted", "e-withheld", "invalid", "valid")  # specs/figures.md §13
RELATIONS = {"equal": "=", "at most": "≤"}


def doubted(plan: Plan, *path: str) -> bool:
    """Whether nobody has compared this part of the plan with the law: a path of `unverified` covers it (§9)."""
    for each in plan.unverified:
        words = each.split(".")
        if len(words) <= len(path) and all(one in {"*", other} for one, other in zip(words, path, strict=False)):
            return True
    return False


def sourced(plan: Plan, form: Form) -> set[str]:
    """The lines of a form that have a second source, VOTES for its options (specs/figures.md §18.3)."""
    alike = (one for one in plan.ratios if (one.form, one.relation) == (form.id, "equal"))
    found = {key for one in alike for key in (*one.left, *one.right)}
    for match in (match for match in plan.matches if form.id in match.forms):
        found |= {pair[match.forms.index(form.id)] for pair in match.pairs}
    forms = {each.id: each for each in plan.forms}
    for below in forms.keys() & {*form.adds}:
        found |= {*form.takes(forms[below]).values(), VOTES, *COUNTING}
    if form.electronic and form.votes:
        found |= {*TALLIED, VOTES}
    return found | {ON_PAPER} | ({PARTICIPANTS} if form.table == "participants" else set())


def explain_plan(plan: Plan, w: Words, limits: Iterable[TimeLimit] = ()) -> tuple[Section, ...]:
    """All of the plan, in sections; `limits` is the timetable of the manifest, if that is known."""
    explainer = _Explainer(plan, w, {limit.id: limit for limit in limits})
    return (
        Section("plan", w["plan.file"], "", (explainer.facts(),)),
        Section("levels", w["plan.titles.levels"] + explainer.mark("levels"), "", (explainer.levels(),)),
        Section("contests", w["plan.titles.contests"] + explainer.mark("contests"), "", (explainer.contests(),)),
        Section("forms", w["plan.titles.forms"] + explainer.mark("forms"), "", tuple(explainer.forms())),
        Section("ratios", w["plan.titles.ratios"] + explainer.mark("ratios"), "", (explainer.ratios(),)),
        Section("matches", w["plan.titles.matches"] + explainer.mark("matches"), "", (explainer.matches(),)),
        Section("duties", w["plan.titles.duties"] + explainer.mark("duties"), "", (explainer.duties(),)),
        Section("may", w["plan.titles.may"] + explainer.mark("may"), "", (explainer.rulings(),)),
    )


class _Explainer:
    """Says the parts of one plan in one language."""

    def __init__(self, plan: Plan, w: Words, limits: Mapping[str, TimeLimit]) -> None:
        self.plan, self.w, self.limits = plan, w, limits
        self.named = {level.id: level.name for level in plan.levels}

    def facts(self) -> Piece:
        plan, w = self.plan, self.w
        participants = " + ".join(plan.participants) + self.mark("participants")
        return Facts(
            (
                (w["plan.clock"], w.number(plan.offset) + self.mark("offset")),
                (w["plan.offline"], w.number(plan.offline) + self.mark("offline")),
                (w["plan.participants"], participants or "–"),
            )
        )

    def levels(self) -> Piece:
        units = Counter(unit.level for unit in self.plan.units)
        electronic = Counter(unit.level for unit in self.plan.units if unit.electronic)
        rows = tuple(
            (
                level.id + self.mark("levels", level.id),
                self.w.text(level.name),
                self.w.number(units[level.id]) + self.mark("units"),
                self.w.number(electronic[level.id]),
                self.w["plan.rooted"] + self.mark("levels", level.id, "rooted") if level.rooted else "",
            )
            for level in self.plan.levels
        )
        return self.table("id name units electronic more", rows, numbers={2, 3})

    def contests(self) -> Piece:
        rows = tuple(
            (
                each.id + self.mark("contests", each.id),
                self.w.text(each.title),
                self.w.number(each.seats) + self.mark("contests", each.id, "seats"),
                self.w.number(each.marks) + self.mark("contests", each.id, "marks"),
                self.w[f"plan.rule.{each.rule}"] + self.mark("contests", each.id, "rule"),
                ", ".join(self.w.text(option.name) for option in each.options)
                + self.mark("contests", each.id, "options"),
                each.body + self.mark("contests", each.id, "body"),
                "; ".join(self.besides(each)),
            )
            for each in self.plan.contests
        )
        return self.table("id name seats marks rule options body more", rows, numbers={2, 3})

    def besides(self, contest: PlanContest) -> Iterator[str]:
        """What only some contests have."""
        names = {option.id: self.w.text(option.name) for option in contest.options}
        if contest.against:
            yield self.w.say("plan.against", option=names.get(contest.against, contest.against))
        for reserve in contest.reserves:
            kept = -(-contest.seats * reserve.part // reserve.whole)
            options = ", ".join(names.get(id, id) for id in reserve.options)
            said = self.w.say("plan.reserve", kept=kept, seats=contest.seats, options=options)
            yield said + self.mark("contests", contest.id, "reserves")
        if contest.electronic:
            yield self.w.say("plan.electronic", contest=contest.electronic)

    def forms(self) -> Iterator[Piece]:
        for form in self.plan.forms:
            yield Paragraph("")
            yield Paragraph(self.form(form))
            yield self.table("number id line", tuple(self.lines(form)), numbers={0})

    def form(self, form: Form) -> str:
        """What is said of a form above its lines."""
        w, id = self.w, form.id
        roles = ", ".join(w[f"plan.role.{role}"] for role in form.needs)
        added = ", ".join(_renamed(below, renamed) for below, renamed in form.adds.items())
        head = f"{id}{self.mark('forms', id)} · {w.text(form.name)} · {self.level(form.level)}"
        said = (
            head,
            w[f"plan.stage.{form.stage}"] + self.mark("forms", id, "stage"),
            w["plan.by-electronic"] if form.electronic else "",
            w.say("plan.signed", least=form.least) + self.mark("forms", id, "least"),
            w.say("plan.needs", roles=roles) + self.mark("forms", id, "needs") if roles else "",
            w.say("plan.adds", forms=added) if added else "",
        )
        return "; ".join(filter(None, said))

    def lines(self, form: Form) -> Iterator[tuple[str, ...]]:
        sign, known = self.mark("forms", form.id, "lines"), sourced(self.plan, form)
        alone = f" – {self.w['plan.alone']}"
        for line in form.lines:
            said = self.w.text(line.name) + ("" if line.key in known else alone)
            yield self.w.number(line.number) if line.number else "", line.key + sign, said
        if form.votes:
            yield "", VOTES, self.w["plan.votes"] + ("" if VOTES in known else alone)

    def ratios(self) -> Piece:
        rows = tuple(
            (
                ratio.id + self.mark("ratios", ratio.id),
                ratio.form,
                " ".join(
                    (self.sum(ratio.left, ratio.form), RELATIONS[ratio.relation], self.sum(ratio.right, ratio.form))
                ),
                self.w[f"plan.severity.{ratio.severity}"],
                self.w.text(ratio.basis),
            )
            for ratio in self.plan.ratios
        )
        return self.table("id form holds broken basis", rows)

    def sum(self, terms: Mapping[str, int], form: str) -> str:
        """`1,000 × received + unused`, in the order of the form."""
        lines = [line.key for each in self.plan.forms if each.id == form for line in each.lines]
        keys = sorted(terms, key=lambda key: lines.index(key) if key in lines else len(lines))
        return " + ".join(key if terms[key] == 1 else f"{self.w.number(terms[key])} × {key}" for key in keys)

    def matches(self) -> Piece:
        rows = tuple(
            (
                match.id + self.mark("matches", match.id),
                ", ".join(match.forms),
                "; ".join(one if one == other else f"{one} = {other}" for one, other in match.pairs),
                self.w[f"plan.severity.{match.severity}"],
            )
            for match in self.plan.matches
        )
        return self.table("id form holds broken", rows)

    def duties(self) -> Piece:
        rows = tuple(
            (
                duty.id + self.mark("duties", duty.id),
                self.level(duty.level),
                self.w.text(duty.words) + self.mark("duties", duty.id, "words"),
                "; ".join(self.when(duty)),
                self.w.say(f"plan.shown.{duty.evidence.kind}", of=duty.evidence.of or "–"),
            )
            for duty in self.plan.duties
        )
        return self.table("id level words when shown", rows)

    def when(self, duty: LegalDuty) -> Iterator[str]:
        """Before and after what, and the dates in both ways."""
        w, id = self.w, duty.id
        if duty.since:
            yield beginning(duty.since, w) + self.mark("duties", id, "since")
        if duty.until:
            sign = self.mark("duties", id, "until") or (duty.inclusive and self.mark("duties", id, "inclusive")) or ""
            yield end(duty.until, w, inclusive=duty.inclusive) + sign
        if duty.limit:
            limit = self.limits.get(duty.limit)
            said = f"{duty.limit}: {spoken(limit, w)}" if limit else duty.limit
            yield w.say("plan.limit", limit=said) + self.mark("duties", id, "limit")
        if duty.past:
            yield w.say("plan.within", seconds=duty.within, duty=duty.past) + self.mark("duties", id, "within")
        if duty.soon:
            yield w["plan.soon"] + self.mark("duties", id, "soon")
        if duty.after:
            yield w.say("plan.after", duties=", ".join(duty.after)) + self.mark("duties", id, "after")
        if duty.ideally:
            yield w.say("plan.ideally", duties=", ".join(duty.ideally)) + self.mark("duties", id, "ideally")

    def rulings(self) -> Piece:
        return Facts(
            tuple(
                (self.w[f"plan.ruling.{ruling}"], ", ".join(map(self.level, levels)) + self.mark("may", ruling))
                for ruling, levels in self.plan.may.items()
            )
        )

    def level(self, id: str) -> str:
        name: Text | None = self.named.get(id)
        return self.w.text(name) if name else id

    def mark(self, *path: str) -> str:
        """A sign behind what nobody has verified; not again behind a part of it."""
        return SIGN if doubted(self.plan, *path) and not doubted(self.plan, *path[:-1]) else ""

    def table(self, names: str, rows: tuple[tuple[str, ...], ...], numbers: Iterable[int] = ()) -> Table:
        heads = tuple(self.w[f"plan.columns.{name}"] for name in names.split())
        looks: tuple[Look, ...] = tuple("number" if place in set(numbers) else "text" for place in range(len(heads)))
        return Table("", heads, looks, (("", rows),))


def _renamed(form: str, names: Mapping[str, str]) -> str:
    """`e-protocol (e-counted → electronic)`."""
    return f"{form} ({', '.join(f'{one} → {other}' for one, other in names.items())})" if names else form
