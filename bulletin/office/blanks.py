"""Drafts to be filled in: every name that may stand there, with the words of the plan beside it (specs/desk.md §5)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

from bulletin.office.drafts import COMPLAINANTS, clock_of, head, need_contest, need_form, need_unit
from bulletin.office.levels import heading, units_of
from bulletin.office.tables import MOST
from verifier.desk.report.language import Words
from verifier.paper.papers import Cause, Observation, Of
from verifier.paper.plan import Form, Ruling, Unit
from verifier.paper.standing import Papers
from verifier.records import Text


def blank_paper(state: Papers, w: Words, now: datetime, unit: str, form: str, contest: str = "") -> str:
    """A paper of this form: who may be present, the lines with their numbers and names, the soft ratios."""
    one = need_unit(state, unit)
    what = need_form(state, one, form)
    race = need_contest(one, what, contest)
    before = head(state, Of(unit, race, form))
    seated = state.rosters.get(unit)
    members = [member.id for member in seated[-1].roster.members] if seated else []
    first = not any(before)
    return "\n".join(
        [
            f"# {_plain(w, what.name)}; {_plain(w, one.name)}",
            _line("form", form),
            _line("unit", unit),
            _line("contest", race),
            f"held = {_moment(state, one, now)}",
            _line("reason", "first" if first else "typing") + f"  # {' '.join(get_args(Cause))}",
            _line("why", ""),
            _line("present", members),
            _line("typed", members[:2]),
            _line("parts", _parts(state, unit)),
            _line("photos", []),
            "",
            "[lines]",
            *(f'{line.key} = ""  # {line.number}. {_plain(w, line.name)}' for line in what.lines),
            *_votes(state, w, what, race),
            *_soft(state, what),
            "",
            "[dissent]",
            *(f'# {member} = ""' for member in members),
            "",
        ]
    )


def _votes(state: Papers, w: Words, form: Form, contest: str) -> list[str]:
    options = state.races[contest].options if form.votes else ()
    return ["", "[votes]", *(f'{option.id} = ""  # {_plain(w, option.name)}' for option in options)] if options else []


def _soft(state: Papers, form: Form) -> list[str]:
    """The ratios that may be explained."""
    soft = [ratio.id for ratio in state.planned.ratios if ratio.form == form.id and ratio.severity == "warning"]
    return ["", "[explains]", *(f'# {id} = ""' for id in soft)] if soft else []


def _parts(state: Papers, unit: str) -> list[str]:
    """The unit's acts in force, which its return goes with."""
    return [
        history[-1].leaf.hex()
        for of, history in state.versions.items()
        if of.unit == unit and state.forms[of.form].stage == "act"
    ]


def blank_decision(state: Papers, now: datetime, unit: str) -> str:
    """What this commission may decide."""
    one = need_unit(state, unit)
    may = [ruling for ruling in get_args(Ruling) if one.level in state.planned.may.get(ruling, ())]
    return "\n".join(
        [
            _line("unit", unit),
            _line("what", may[0] if may else "") + f"  # {' '.join(may)}",
            _line("units", []),
            _line("contest", "") + f"  # {' '.join(state.races)}",
            _line("option", "") + "  # strike, withdraw",
            _line("duty", "") + "  # amend",
            f"# until = {_moment(state, one, now)}  # amend",
            _line("about", []),
            _line("revokes", "") + "  # restore",
            _line("basis", ""),
            _line("files", []),
            "",
        ]
    )


def blank_appeal(state: Papers, now: datetime, unit: str) -> str:
    """A complaint that has come in."""
    one = need_unit(state, unit)
    return "\n".join(
        [
            _line("unit", unit),
            _line("about", []),
            _line("by", "voter") + f"  # {' '.join(COMPLAINANTS)}",
            _line("text", "complaint.txt"),
            _line("number", ""),
            f"received = {_moment(state, one, now)}",
            _observer(state),
            "",
        ]
    )


def blank_attestation(state: Papers, w: Words, now: datetime, unit: str) -> str:
    """A duty of this unit that no record shows."""
    one = need_unit(state, unit)
    duties = [
        duty
        for duty in state.planned.duties
        if duty.level == one.level and duty.evidence.kind in {"stand", "publication"}
    ]
    return "\n".join(
        [
            *(f"# {duty.id}: {_plain(w, duty.words)}" for duty in duties),
            _line("unit", unit),
            _line("duty", duties[0].id if duties else ""),
            f"held = {_moment(state, one, now)}",
            _line("photos", []),
            _line("address", ""),
            _line("file", ""),
            _line("note", ""),
            _observer(state),
            "",
        ]
    )


def blank_accreditation() -> str:
    """Observers, one after the other."""
    names = ("id", "organisation", "certificate")
    return "\n".join(
        [_line("withdrawn", []), "", "[[observer]]", *(_line(n, "") for n in names), _line("units", []), ""]
    )


def blank_observation(state: Papers, w: Words, now: datetime, of: Of, observer: str = "") -> str:
    """A copy of a paper: the versions that it may be of, and the figures that it shows."""
    one = need_unit(state, of.unit)
    form = need_form(state, one, of.form)
    race = need_contest(one, form, of.contest)
    versions = state.versions.get(of._replace(contest=race), ())
    return "\n".join(
        [
            f"# {_plain(w, form.name)}; {_plain(w, one.name)}",
            _line("form", of.form),
            _line("unit", of.unit),
            _line("contest", race),
            _line("observer", observer) + _known(state),
            *(f"# {number}: {version.leaf.hex()}" for number, version in enumerate(versions, 1)),
            _line("of", ""),
            'copy = ""',
            "stamped = false  # true",
            'refused = false  # true: copy, [lines], [votes] = ""',
            f"held = {_moment(state, one, now)}",
            _line("photos", []),
            "",
            "[lines]",
            *(f'{line.key} = ""  # {line.number}. {_plain(w, line.name)}' for line in form.lines),
            *_votes(state, w, form, race),
            "",
        ]
    )


def blank_intake(state: Papers, taken: Sequence[tuple[bytes, Observation]]) -> str:
    """Those observations of the docket that have no observer and are in no intake yet, by their leaves."""
    left = [(leaf, record) for leaf, record in taken if leaf not in state.taken]
    return "\n".join(
        [
            "leaves = [",
            *(f'    "{leaf.hex()}",  # {it.unit}, {it.form}{it.contest and f", {it.contest}"}' for leaf, it in left),
            "]",
            "",
            "# [[withheld]]",
            '# leaf = ""',
            '# reason = ""',
            "",
        ]
    )


def _observer(state: Papers) -> str:
    return _line("observer", "") + _known(state)


def _known(state: Papers) -> str:
    """A remark with the observers who may sign now."""
    known = [id for id in state.observers if id not in state.withdrawn]
    return f"  # {' '.join(known[:MOST])}" if known else ""


def blank_batch(state: Papers, w: Words, unit: str, form: str) -> str:
    """A table with a row for each unit beneath that signs this form, in the plan's order."""
    columns, names = heading(state, w, form)
    rows = [";".join([one, contest, *[""] * (len(columns) - 2)]) for one, contest in units_of(state, unit, form)]
    return "\n".join([";".join(columns), "#" + ";".join(names), *rows, ""])


def _line(name: str, value: str | list[str]) -> str:
    return f"{name} = {json.dumps(value, ensure_ascii=False)}"


def _moment(state: Papers, unit: Unit, now: datetime) -> str:
    """Now, by the unit's clock, to the minute."""
    there = now.astimezone(UTC) + timedelta(minutes=clock_of(state, unit))
    return f"{there:%Y-%m-%dT%H:%M}:00"


def _plain(w: Words, text: Text) -> str:
    """A text on one line of a remark."""
    return " ".join(w.text(text).split())
