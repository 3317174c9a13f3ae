"""What observers were given, beside the paper, each other's copies and the copies register (specs/copies.md).

A copy binds nobody: it is evidence about the paper, and nothing becomes void by it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from verifier.errors import say
from verifier.paper.papers import NONE, Of
from verifier.paper.standing import figures
from verifier.place import Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.paper.judgement import Judgement
    from verifier.paper.papers import Noted, Observation, Paper, PaperState, Typed
    from verifier.paper.plan import Unit
    from verifier.rule import Severity

REFUSED = "refused"  # the line of a copies register that counts those who were given none
Field = tuple[bool, str]  # a line's key; with True an option
Heard = defaultdict[Field, dict[str, int]]  # what the first two people said of each entry


def judge_copies(judgement: Judgement) -> None:
    """Find copies that are not the paper (PRT.28), disagree (PRT.29), are not counted (PRT.30) or shown (PRT.31)."""
    told: defaultdict[tuple[Of, bytes], Heard] = defaultdict(lambda: defaultdict(dict))
    for noted in judgement.state.observed:
        if not noted.record.refused:
            compare_paper(judgement, noted)
            compare_others(judgement, noted, told[of_copy(noted.record), copied(judgement.state, noted.record)])
    compare_registers(judgement)
    compare_intakes(judgement)


def of_copy(record: Observation) -> Of:
    """Of whose papers it is a copy."""
    return Of(record.unit, record.contest, record.form)


def copied(state: PaperState, record: Observation) -> bytes:
    """The leaf of the version that was copied: the one that is named, or else the first; `NONE` without versions."""
    own = [version.leaf for version in state.versions.get(of_copy(record), ())]
    return record.of if record.of in own else next(iter(own), NONE)


def entries(state: PaperState, contest: str, held: Observation | Paper | Typed) -> dict[Field, int]:
    """What is said of each line and option."""
    options = state.races[contest].options if contest else ()
    votes = zip(((True, option.id) for option in options), held.votes, strict=False)
    return {(False, key): number for key, number in held.lines.items()} | dict(votes)


def who(record: Observation) -> str:
    """Whose copy it is."""
    return record.observer or "somebody without a key"


def compare_paper(judgement: Judgement, noted: Noted) -> None:
    """The copy says what the version says that was copied, and what the one in force says (PRT.28, §3)."""
    state, record, of = judgement.state, noted.record, of_copy(noted.record)
    own, leaf = state.versions.get(of, []), copied(state, record)
    papers: Sequence[Paper | Typed] = [version.paper for version in own if version.leaf == leaf or version is own[-1]]
    papers = papers or [row.typed for row in state.entered.get(of, ())]
    if not papers:
        return
    judgement.counts["PRT.28"] += 1
    first, now = entries(state, of.contest, papers[0]), entries(state, of.contest, papers[-1])
    wrong = [
        f"{key[1]} {number} / {first.get(key, '–')} / {now.get(key, '–')}"
        for key, number in entries(state, of.contest, record).items()
        if not number == first.get(key) == now.get(key)
    ]
    if wrong:
        severity: Severity = "error" if record.observer and record.stamped else "warning"
        where = Place(unit=of.unit, contest=of.contest, form=of.form, record=noted.position)
        said = say("{}'s copy / the version copied / the one in force: {}", who(record), ", ".join(wrong))
        judgement.find("PRT.28", severity, where, said)


def compare_others(judgement: Judgement, noted: Noted, told: Heard) -> None:
    """The copy says what the first copy by somebody else says (PRT.29, §4)."""
    record, wrong = noted.record, []
    me = record.observer or f"#{noted.position}"
    for key, number in entries(judgement.state, record.contest, record).items():
        other = next((value for name, value in told[key].items() if name != me), number)
        if other != number:
            wrong.append(f"{key[1]} {other} / {number}")
        if len(told[key]) < 2:
            told[key].setdefault(me, number)
    judgement.counts["PRT.29"] += 1
    if wrong:
        where = Place(unit=record.unit, contest=record.contest, form=record.form, record=noted.position)
        judgement.find("PRT.29", "warning", where, say("another copy / {}'s copy: {}", who(record), ", ".join(wrong)))


def compare_registers(judgement: Judgement) -> None:
    """A unit's register counts as many copies and refusals as observers tell of, or more (PRT.30, §5)."""
    state, given, refused = judgement.state, defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for _, _, record in state.observed:
        if record.observer and (record.refused or record.stamped):
            (refused if record.refused else given)[record.unit].add(record.observer)
    for unit in {**given, **refused}:
        form = register_form(state, state.units[unit])
        found = figures(state, Of(unit, "", form))
        lines = found.lines if found else {}
        where = Place(unit=unit, form=form, record=found.since if found else None)
        judgement.counts["PRT.30"] += 1
        counted, people = lines.get(REFUSED, 0), ", ".join(sorted(refused[unit]))
        copies, holders = sum(lines.values()) - counted, ", ".join(sorted(given[unit]))
        if len(refused[unit]) > counted:
            denied = say("the register has {} refusals, and refused were {}", counted, people)
            judgement.find("PRT.30", "warning", where, denied)
        elif found and len(given[unit]) > copies:
            held = say("the register has {} copies, and copies have {}", copies, holders)
            judgement.find("PRT.30", "warning", where, held)


def register_form(state: PaperState, unit: Unit) -> str:
    """The form of the unit's copies register, "" if there is none."""
    forms = (form for form in state.forms.values() if (form.level, form.electronic) == (unit.level, unit.electronic))
    return next((form.id for form in forms if not form.contest and REFUSED in {line.key for line in form.lines}), "")


def compare_intakes(judgement: Judgement) -> None:
    """What the operator committed to stands on the log, or is withheld with a reason (PRT.31, §6)."""
    state = judgement.state
    shown = {noted.leaf for noted in state.observed}
    withheld = {leaf for leaf, reason in state.unshown.items() if reason.strip()}
    judgement.counts["PRT.31"] += len(state.taken)
    hidden = Counter((position, leaf in withheld) for leaf, position in state.taken.items() if leaf not in shown)
    for (position, reasoned), number in sorted(hidden.items()):
        severity: Severity = "information" if reasoned else "warning"
        plain = say("{} of what was handed in are neither shown nor withheld with a reason", number)
        said = say("{} of what was handed in are withheld with a reason", number) if reasoned else plain
        judgement.find("PRT.31", severity, Place(record=position), said)
