"""`commissions.csv` and `members.csv`: which commissions there are, who sits in them, with which certificates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple, cast

from bulletin.office import trying
from bulletin.office.candidates import read_text
from bulletin.office.certificates import judge, read_member, read_roots
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.table import TableRow, read
from verifier.commission.certificate import Certificate, decode_anchor
from verifier.commission.roster import LEVELS, MOST_MEMBERS, Commission, Level, Member, Roster

TWICE = {"chair": "two-chairs", "secretary": "two-secretaries"}
TRY = "test"  # what stands for a certificate that the desk shall make


class Commissions(NamedTuple):
    """All commissions with their rosters, and the authorities that certify the members.

    `trial` says whether a test certificate is among them, which makes the whole election a test.
    """

    commissions: tuple[Commission, ...]
    rosters: tuple[Roster, ...]
    roots: tuple[Certificate, ...]
    trial: bool

    @property
    def central(self) -> str:
        """The central commission's id."""
        return next(commission.id for commission in self.commissions if commission.level == "central")


class _Seat(NamedTuple):
    entry: TableRow
    certificate: Certificate | None  # None: to be made


def read_commissions(
    folder: Folder, times: tuple[datetime, datetime], found: Mistakes, planned: Collection[str] = ()
) -> Commissions | None:
    """Read and judge both tables; `times` are now and the election's end, for which certificates must be valid.

    None if something is wrong, which is said. Test certificates are made only if nothing is. Units that are `planned`
    may have members without being in the first table: the manifest does not name them, but they have rosters.
    """
    said = Mistakes()
    roots = read_roots(folder.roots, said)
    rows = read(folder.table("commissions"), "commissions", said)
    entries = read(folder.table("members"), "members", said)
    whole = not said.grave
    seats = _read_seats(folder, entries, roots, times, said)
    if whole:
        _judge_tree(folder.table("commissions").name, rows, said)
        _judge_seats(folder.table("members").name, rows, seats, planned, said)
        _judge_sizes(folder.table("commissions").name, rows, seats, said)
    found.extend(said)
    return None if said.grave else _seat(folder, rows, seats, roots)


def _read_seats(
    folder: Folder,
    entries: list[TableRow],
    roots: tuple[Certificate, ...],
    times: tuple[datetime, datetime],
    found: Mistakes,
) -> list[_Seat]:
    file = folder.table("members").name
    ids: dict[str, int] = {}
    keys: dict[bytes, int] = {}
    seats = []
    if any(entry["certificate"].lower() != TRY for entry in entries) and not roots:
        found.note("no-roots", folder.roots.name)
    for entry in entries:
        line, certificate = entry.line, _read_certificate(folder, file, entry, found)
        if (first := ids.setdefault(entry["id"], line)) != line:
            found.note("doubled-id", file, line, cell=entry["id"], first=first)
        if certificate is not None:
            if (first := keys.setdefault(certificate.spki, line)) != line:
                found.note("doubled-certificate", file, line, first=first)
            elif roots:
                judge(certificate, entry["certificate"], roots, times, file, line, found)
        seats.append(_Seat(entry, certificate))
    return seats


def _read_certificate(folder: Folder, file: str, entry: TableRow, found: Mistakes) -> Certificate | None:
    name = entry["certificate"]
    if name.lower() == TRY:
        found.note("test-certificate", file, entry.line, member=entry["id"], password=trying.PASSWORD)
        return None
    if PurePath(name).name != name or name.startswith("."):
        found.note("certificate-path", file, entry.line, certificate=name)
        return None
    return read_member(folder.certificates / name, file, entry.line, found)


def _judge_tree(file: str, rows: list[TableRow], found: Mistakes) -> None:
    """One central commission, and above every other one of a higher level; where none is named, the central one."""
    ranks: dict[str, int] = {}
    lines: dict[str, int] = {}
    for row in rows:
        if row["id"] in ranks:
            found.note("doubled-id", file, row.line, cell=row["id"], first=lines[row["id"]])
        ranks.setdefault(row["id"], LEVELS.index(cast("Level", row["level"])))
        lines.setdefault(row["id"], row.line)
    central = [row for row in rows if row["level"] == "central"]
    if not central:
        found.note("no-central", file)
    for row in central[1:]:
        found.note("two-centrals", file, row.line, first=central[0].line)
    for row in rows:
        above, rank = row["above"], ranks[row["id"]]
        if rank == 0 and above:
            found.note("above-central", file, row.line, commission=row["id"])
        elif rank and above and above not in ranks:
            found.note("unknown-commission", file, row.line, commission=above)
        elif rank and above and ranks[above] >= rank:
            found.note("not-above", file, row.line, commission=row["id"], above=above)


def _judge_sizes(file: str, rows: list[TableRow], seats: list[_Seat], found: Mistakes) -> None:
    """Each commission has members, and a quorum of them that nobody makes alone."""
    sizes = Counter(seat.entry["commission"] for seat in seats)
    for row in rows:
        size, quorum = sizes[row["id"]], int(row["quorum"])
        if not size:
            found.note("no-members", file, row.line, commission=row["id"])
        elif size > MOST_MEMBERS:
            found.note("many-members", file, row.line, commission=row["id"], count=size, most=MOST_MEMBERS)
        elif quorum > size:
            found.note("large-quorum", file, row.line, commission=row["id"], quorum=quorum, count=size)
        if quorum < 2:
            found.note("quorum-of-one", file, row.line, commission=row["id"], quorum=quorum)


def _judge_seats(
    file: str, rows: list[TableRow], seats: list[_Seat], planned: Collection[str], found: Mistakes
) -> None:
    """Each member sits in a known commission, which has one chair and at most one secretary."""
    known = {*planned, *(row["id"] for row in rows)}
    held: dict[tuple[str, str], int] = {}
    for entry, _ in seats:
        commission, role = entry["commission"], entry["role"]
        if commission not in known:
            found.note("unknown-commission", file, entry.line, commission=commission)
        elif role in TWICE and (first := held.setdefault((commission, role), entry.line)) != entry.line:
            found.note(TWICE[role], file, entry.line, commission=commission, first=first)
    for commission in [row["id"] for row in rows]:
        if (commission, "chair") not in held and any(seat.entry["commission"] == commission for seat in seats):
            found.note("no-chair", file, commission=commission)


def _seat(folder: Folder, rows: list[TableRow], seats: list[_Seat], roots: tuple[Certificate, ...]) -> Commissions:
    members: dict[str, list[Member]] = {row["id"]: [] for row in rows}
    central = next(row["id"] for row in rows if row["level"] == "central")
    for entry, certificate in seats:
        der = certificate.der if certificate else trying.make_certificate(folder, entry["id"])
        members.setdefault(entry["commission"], []).append(Member(entry["id"], cast("Any", entry["role"]), der))
    commissions = tuple(
        Commission(
            row["id"],
            read_text(row),
            cast("Level", row["level"]),
            "" if row["id"] == central else row["above"] or central,
            int(row["quorum"]),
            len(members[row["id"]]),
        )
        for row in rows
    )
    trial = any(seat.certificate is None for seat in seats)
    made = (decode_anchor(trying.root(folder)),) if trial else ()
    rosters = tuple(Roster(id, tuple(seated)) for id, seated in members.items())
    return Commissions(commissions, rosters, (*roots, *made), trial)
