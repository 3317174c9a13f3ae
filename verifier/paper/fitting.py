"""What fits the plan: a paper's form and contest, its figures, and what it refers to (specs/papers.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.errors import refuse, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from verifier.paper.papers import PaperState
    from verifier.paper.plan import Form
    from verifier.place import Place


def check_form(state: PaperState, id: str, unit: str, contest: str, where: Place) -> Form:
    """The form, which is one of the unit's, for a contest of the unit or for none (PRT.3)."""
    form, signer = state.forms.get(id), state.units.get(unit)
    if form is None or signer is None or (form.level, form.electronic) != (signer.level, signer.electronic):
        refuse("PRT.3", where, say("{} has no papers of form {}", unit, id))
    if (contest not in signer.contests) if form.contest else contest:
        refuse("PRT.3", where, say("{} has no paper {} of contest {}", unit, id, contest or "-"))
    return form


def check_figures(
    state: PaperState, form: Form, contest: str, lines: Mapping[str, int], votes: tuple[int, ...], where: Place
) -> None:
    """The lines are exactly the form's, and the votes one for each option of the contest (PRT.4)."""
    due = {line.key for line in form.lines}
    for key in sorted(due - lines.keys()):
        refuse("PRT.4", where, say("the line {} of form {} is missing", key, form.id))
    for key in sorted(lines.keys() - due):
        refuse("PRT.4", where, say("form {} has no line {}", form.id, key))
    options = len(state.races[contest].options) if form.votes else 0
    if len(votes) != options:
        refuse("PRT.4", where, say("form {} has votes for {} options, and {} are given", form.id, options, len(votes)))


def check_owned(state: PaperState, leaves: Iterable[bytes], unit: str, where: Place) -> None:
    """What is referred to is in effect, and of the unit, of one beneath it or of one above it (PRT.7)."""
    for leaf in leaves:
        owner = state.owners.get(leaf, "")
        if not owner:
            refuse("PRT.7", where, say("nothing in effect has the leaf {}", leaf.hex()))
        if not state.is_under(owner, unit) and not state.is_under(unit, owner):
            refuse("PRT.7", where, say("the leaf {} is not of {}, of one beneath it or of one above", leaf.hex(), unit))
