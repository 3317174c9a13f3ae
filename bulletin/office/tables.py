"""What an act takes from the commission's tables and lists."""

from __future__ import annotations

import re
from pathlib import Path

from bulletin.office.commissions import read_commissions
from bulletin.office.election import read_election
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistake, Mistakes
from bulletin.office.objection import Objection
from bulletin.office.registers import read_registers
from bulletin.office.spelling import mend_id
from bulletin.office.steps import clock
from verifier.client.text import plain
from verifier.commission.roster import Roster
from verifier.desk.report.language import Language
from verifier.election.register import Credentials
from verifier.state import State

MOST = 20  # mistakes that are told


class Mistaken(Objection):
    """What is wrong in a table, each with its file and line."""

    def __init__(self, found: list[Mistake]) -> None:
        super().__init__("mistaken")
        self.found = found

    def tell(self, language: Language) -> str:
        """A sentence a line."""
        return "\n".join(mistake.tell(language) for mistake in self.found[:MOST])


def rows(folder: Folder, state: State, commission: str | None = None) -> dict[str, Credentials]:
    """The rows of `register.csv`, by commission: of this one, or of all that have any."""
    if commission is not None and commission not in state.commissions:
        raise Objection("unknown-commission", commission=commission, known=", ".join(sorted(state.commissions)))
    found = Mistakes()
    styles = [style.id for style in state.rules.styles]
    registers = read_registers(folder, set(state.commissions), styles, found)
    _object(found)
    wanted = {id: held for id, held in registers.items() if commission in {None, id}}
    if not wanted:
        raise Objection("no-rows", commission=commission or ", ".join(sorted(state.commissions)))
    return wanted


def listed(folder: Folder, state: State) -> dict[str, Credentials]:
    """The rows of `register.csv` by commission, none if there is no table."""
    return rows(folder, state) if folder.table("register").exists() else {}


def seated(folder: Folder, state: State, commission: str | None = None) -> list[Roster]:
    """A commission's members by `members.csv`; unless told, of all that have no roster yet and are seated by one."""
    found, now = Mistakes(), clock()
    draft = read_election(folder, now, Mistakes())
    planned = tuple(state.units)
    read = read_commissions(folder, (now, draft.end(now) if draft else now), found, planned)
    _object(found)
    rosters = {roster.commission: roster for roster in read.rosters} if read else {}
    if commission is None:
        above = {id: one.above for id, one in state.commissions.items()}
        due = [id for id in rosters if id not in state.rosters and above.get(id) in state.rosters]
        if not due:
            raise Objection("all-seated")
        return [rosters[id] for id in due]
    if commission not in rosters:
        raise Objection("unknown-commission", commission=commission, known=", ".join(sorted(rosters)))
    return [rosters[commission]]


def codes(file: Path) -> list[str]:
    """The codes of a list, a line each; what follows a delimiter is for people."""
    lines = plain(file.read_bytes()).data.decode("utf-8", "replace").splitlines()
    first = [re.split(r"[;,\t]", line)[0].strip().strip('"') for line in lines]
    return [mend_id(code.upper()) for code in first if code]


def _object(found: Mistakes) -> None:
    grave = [mistake for mistake in found if mistake.severity != "notice"]
    if grave:
        raise Mistaken(grave)
