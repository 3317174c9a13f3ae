"""Observers' copies, and what is handed in at the board without a key, from drafts (specs/desk.md §5.8)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from bulletin.office.acts import Enactment
from bulletin.office.docket import read_docket
from bulletin.office.drafts import need_contest, need_form, need_unit, read_draft, read_observer
from bulletin.office.filled import Filled
from bulletin.office.folder import Folder
from bulletin.office.objection import Objection
from bulletin.settings import load_operator
from verifier.client.sign import with_signature
from verifier.paper.papers import NONE, Intake, Observation, Unshown
from verifier.paper.plan import Form
from verifier.records import Blob
from verifier.state import State

OBSERVATION = ("unit", "form", "contest", "observer", "of", "copy", "stamped", "refused", "held", "photos")
TABLES = ("lines", "votes")
INTAKE = ("leaves", "withheld")
R = TypeVar("R", Observation, Intake)


class Operator(NamedTuple):
    """The operator's key, with which what nobody else can sign is signed at once."""

    file: str
    public: bytes
    sign: Callable[[bytes], bytes]

    @classmethod
    def load(cls, file: Path | None) -> Operator | None:
        """The key in a file, None without one."""
        if file is None:
            return None
        key, sign = load_operator(file)
        return cls(file.name, key.public, sign)

    def need_own(self, state: State) -> None:
        """`Objection` unless the key is that of this election's operator."""
        if self.public != state.rules.operator:
            raise Objection("other-operator", file=self.file)


def read_observation(state: State, file: Path, operator: Operator | None) -> Enactment:
    """A copy that somebody has of a unit's paper, or that it was refused.

    An observer is asked to sign it; without one the operator, with whose key it comes, has taken it in.
    """

    def make(filled: Filled) -> Observation:
        filled.check_names((*OBSERVATION, *TABLES))
        unit = need_unit(state, filled.id("unit"))
        form = need_form(state, unit, filled.id("form"))
        contest = need_contest(unit, form, filled.id("contest", ""))
        refused = filled.flag("refused", otherwise=False)
        lines, votes = _read_figures(state, filled, form, contest, refused=refused)
        return Observation(
            observer=read_observer(state, filled, unit.id),
            unit=unit.id,
            contest=contest,
            form=form.id,
            lines=lines,
            votes=votes,
            of=filled.leaf("of"),
            copy=0 if refused and filled.lacks("copy") else filled.number("copy"),
            stamped=filled.flag("stamped", otherwise=False),
            refused=refused,
            held=filled.moment("held"),
            photos=filled.files("photos"),
            signature=b"",
        )

    made = read_draft(state, file, make)
    record = made.record
    assert isinstance(record, Observation)  # noqa: S101  as it was made
    if record.observer and operator:
        raise Objection("observer-signs", observer=record.observer)
    if record.observer:
        return made
    return made._replace(record=_sign(state, replace(record, signature=bytes(64)), operator))


def _read_figures(
    state: State, filled: Filled, form: Form, contest: str, *, refused: bool
) -> tuple[dict[str, int], tuple[int, ...]]:
    """All figures of the form; none of what was refused."""
    options = [option.id for option in state.races[contest].options] if form.votes else []
    lines, votes = filled.table("lines"), filled.table("votes")
    keys = [line.key for line in form.lines]
    if not refused:
        return lines.figures(keys), tuple(votes.figures(options).values())
    for table, names in ((lines, keys), (votes, options)):
        table.check_names(names)
        for name in names:
            if not table.lacks(name):
                table.note("refused-figure", name)
    return {}, ()


def read_intake(state: State, file: Path, operator: Operator | None) -> Enactment:
    """What the operator has taken in without a key, and has shown or will show; why some of it is not shown."""
    leaves: list[bytes] = []

    def make(filled: Filled) -> Intake:
        filled.check_names(INTAKE)
        leaves.extend(filled.leaves("leaves"))
        if len(set(leaves)) < len(leaves):
            filled.note("leaf-twice", "leaves", leaf=next(leaf.hex() for leaf in leaves if leaves.count(leaf) > 1))
        withheld = []
        for one in filled.tables("withheld"):
            one.check_names(("leaf", "reason"))
            if (leaf := one.leaf("leaf")) == NONE:
                one.note("empty-field", "leaf")
            withheld.append(Unshown(leaf, one.text("reason")))
        if not leaves and not withheld:
            filled.note("empty-field", "leaves")
        return Intake(len(leaves), Blob.of(b"".join(leaves)), tuple(withheld), bytes(64))

    made = read_draft(state, file, make)
    assert isinstance(made.record, Intake)  # noqa: S101  as it was made
    return Enactment(_sign(state, made.record, operator), (b"".join(leaves),))


def find_taken(folder: Folder) -> list[tuple[bytes, Observation]]:
    """The docket's observations without an observer, with their leaves."""
    requests = [each.request for each in read_docket(folder)]
    taken = [(bytes.fromhex(each.leaf), each.content) for each in requests if not each.observer]
    return [(leaf, record) for leaf, record in taken if isinstance(record, Observation)]


def _sign(state: State, record: R, operator: Operator | None) -> R:
    if operator is None:
        raise Objection("operator-signs")
    operator.need_own(state)
    return with_signature(record, state.digest, operator.sign)
