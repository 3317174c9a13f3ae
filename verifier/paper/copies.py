"""What observers were given beside what is on the log, and what followed complaints and orders (specs/copies.md)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from verifier.errors import say
from verifier.paper.papers import NONE, Observation, Of, Version
from verifier.paper.standing import END, FigureKey, Judgement, Papers, Stated
from verifier.place import Place

ORDERED = {"recount", "decision"}  # reasons of a version that is there because of a decision
GIVEN, REFUSED = "given", "refused"  # the lines of a copies register: who was given a copy, and who was not
Heard = defaultdict[FigureKey, dict[str, int]]  # what each said first of each entry


def judge_copies(notes: Judgement) -> None:
    """Find copies that are not the paper (PRT.28), disagree (PRT.29), are not counted (PRT.30) or shown (PRT.31)."""
    state, told = notes.state, defaultdict[tuple[Of, bytes], Heard](lambda: defaultdict(dict))
    for _, since, record in notes.asking((one for one in state.observed if not one.record.refused), "PRT.29"):
        of = Of(record.unit, record.contest, record.form)
        where, who = of.place(record=since), record.observer or "somebody without a key"
        own = state.versions.get(of, [])
        copied = next((version for version in own if version.leaf == record.of), own[0] if own else None)
        entered = [row.typed for row in state.entered.get(of, ())]
        papers: Sequence[Stated] = (copied.paper, own[-1].paper) if copied else entered
        notes.counts["PRT.28"] += bool(papers)
        if papers and (wrong := unlike_paper(state, record, papers[0], papers[-1])):
            said = say("{}'s copy / the version copied / the one in force: {}", who, ", ".join(wrong))
            notes.find("PRT.28", "error" if record.observer and record.stamped else "warning", where, said)
        if wrong := unlike_others(state, record, since, told[of, copied.leaf if copied else NONE]):
            notes.find("PRT.29", "warning", where, say("another copy / {}'s copy: {}", who, ", ".join(wrong)))
    compare_registers(notes)
    compare_intakes(notes)


def unlike_paper(state: Papers, record: Observation, copied: Stated, last: Stated) -> list[str]:
    """Where the copy does not say what the version says that was copied, and what the one in force says (§3)."""
    own, first, now = (state.entries(record.contest, each) for each in (record, copied, last))
    wrong = [(key, number) for key, number in own.items() if not number == first.get(key) == now.get(key)]
    return [f"{key[1]} {number} / {first.get(key, '–')} / {now.get(key, '–')}" for key, number in wrong]


def unlike_others(state: Papers, record: Observation, since: int, told: Heard) -> list[str]:
    """Where the copy does not say what the first copy by somebody else says (§4)."""
    me, wrong = record.observer or f"#{since}", []
    for key, number in state.entries(record.contest, record).items():
        other = next((value for name, value in told[key].items() if name != me), number)
        if other != number:
            wrong.append(f"{key[1]} {other} / {number}")
        told[key].setdefault(me, number)
    return wrong


def compare_registers(notes: Judgement) -> None:
    """A unit's register counts as many copies and refusals as observers tell of, or more (PRT.30, §5)."""
    state, given, refused = notes.state, defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for _, _, record in state.observed:
        if record.observer and (record.refused or record.stamped):
            (refused if record.refused else given)[record.unit].add(record.observer)
    for unit in notes.asking({**given, **refused}, "PRT.30"):
        forms = [form for form in state.forms.values() if form.kind == state.units[unit].kind and not form.contest]
        form = next((form.id for form in forms if {GIVEN, REFUSED} <= form.keys), "")  # the unit's copies register
        found = state.figures(Of(unit, "", form))
        lines = found.lines if found else {}
        where = Place(unit=unit, form=form, record=found.since if found else None)
        counted, copies = lines.get(REFUSED, 0), lines.get(GIVEN, 0)
        people, holders = (", ".join(sorted(each[unit])) for each in (refused, given))
        if len(refused[unit]) > counted:
            denied = say("the register has {} refusals, and refused were {}", counted, people)
            notes.find("PRT.30", "warning", where, denied)
        elif found and len(given[unit]) > copies:
            held = say("the register has {} copies, and copies have {}", copies, holders)
            notes.find("PRT.30", "warning", where, held)


def compare_intakes(notes: Judgement) -> None:
    """What the operator committed to stands on the log, or is withheld with a reason (PRT.31, §6)."""
    shown = {noted.leaf for noted in notes.state.observed}
    withheld = {leaf for leaf, reason in notes.state.unshown.items() if reason.strip()}
    notes.counts["PRT.31"] += len(notes.state.taken)
    hidden = Counter((position, leaf in withheld) for leaf, position in notes.state.taken.items() if leaf not in shown)
    for (position, reasoned), number in sorted(hidden.items()):
        plain = say("{} of what was handed in are neither shown nor withheld with a reason", number)
        said = say("{} of what was handed in are withheld with a reason", number) if reasoned else plain
        notes.find("PRT.31", "information" if reasoned else "warning", Place(record=position), said)


def judge_complaints(notes: Judgement) -> None:
    """Find complaints that were not decided in time (PRT.32), and recounts that were not made (PRT.33)."""
    check_answers(notes)
    check_recounts(notes)


def check_answers(notes: Judgement) -> None:
    """A commission or one above it decides each complaint before its own next return or the result (PRT.32, §7)."""
    for leaf, since, record in notes.asking(notes.state.appeals, "PRT.32"):
        where, deciding = Place(unit=record.commission, record=since), notes.state.above(record.commission)
        answers = (one for one in notes.state.decided if leaf in one.record.about and one.record.commission in deciding)
        decided = next((answer.since for answer in answers), END)
        returns = (version.since for version in stated(notes.state, record.commission, "", since))
        contests = notes.state.units[record.commission].contests
        results = (one.since for one in notes.state.results if one.record.contest in contests and one.since > since)
        signed = min((*returns, *results), default=END)
        if signed < decided:
            never = say("complaint {} is not decided, and record {} puts results into effect", record.number, signed)
            late = say("complaint {} is decided after record {} put results into effect", record.number, signed)
            notes.find("PRT.32", "error", where, never if decided == END else late)
        elif decided == END:
            notes.find("PRT.32", "information", where, say("complaint {} is still open", record.number))


def check_recounts(notes: Judgement) -> None:
    """Each unit that was to recount has a later version, or a paper that names the decision (PRT.33, §8)."""
    for leaf, since, decision in (one for one in notes.state.decisions() if one.record.what == "recount"):
        papers = (version for history in notes.state.versions.values() for version in history if version.since > since)
        naming = {version.paper.commission for version in papers if leaf in version.paper.parts}
        for unit in notes.asking(decision.units or (decision.commission,), "PRT.33"):
            own = stated(notes.state, unit, decision.contest, since)
            anew = any(version.paper.reason.code in ORDERED for version in own)
            if not anew and naming.isdisjoint(notes.state.above(unit)):
                where = Place(unit=unit, contest=decision.contest, record=since)
                said = say("no paper says that the recount was made which {} ordered", decision.commission)
                notes.find("PRT.33", "warning", where, said)


def stated(state: Papers, unit: str, contest: str, after: int) -> Iterator[Version]:
    """The later versions of the papers in which the unit states results of voting, in this contest or in any."""
    ofs = state.stating(unit, contest)
    return (version for of in ofs for version in state.versions.get(of, ()) if version.since > after)
