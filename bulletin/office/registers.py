"""The register of credentials, from the commission's table to the blobs of its records (specs/desk.md §1.2)."""

from __future__ import annotations

from collections.abc import Collection

from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.table import TableRow, read
from verifier.client.card import Card, read_groups
from verifier.election.register import MOST_CREDENTIALS, Credentials, Registered
from verifier.election.register import Row as Credential
from verifier.errors import Malformed, Rejected
from verifier.log.note import decode_base64
from verifier.place import Place
from verifier.proof.batch import Batch
from verifier.proof.group import IDENTITY


def read_registers(
    folder: Folder, commissions: Collection[str], styles: Collection[str], found: Mistakes
) -> dict[str, Credentials]:
    """Each commission's credentials in the order of their codes; what is wrong with `register.csv` is said.

    A row that names no style has the election's only one.
    """
    path = folder.table("register")
    only = next(iter(styles)) if len(styles) == 1 else ""
    credentials: list[tuple[TableRow, Credential]] = []
    codes: dict[tuple[str, str], int] = {}
    keys: dict[bytes, int] = {}
    for entry in read(path, "register", found):
        style, key = entry["style"] or only, _read_key(path.name, entry, found)
        if entry["commission"] not in commissions:
            found.note("unknown-commission", path.name, entry.line, commission=entry["commission"])
        elif style not in styles:
            found.note("unknown-style" if style else "no-style", path.name, entry.line, style=style)
        elif (first := codes.setdefault((entry["commission"], entry["code"]), entry.line)) != entry.line:
            found.note("doubled-code", path.name, entry.line, code=entry["code"], first=first)
        elif key and (first := keys.setdefault(key, entry.line)) != entry.line:
            found.note("doubled-voter-key", path.name, entry.line, first=first)
        elif key:
            credentials.append((entry, Credential(entry["code"], key, style)))
    _decode_keys(path.name, credentials, found)
    if len(credentials) > MOST_CREDENTIALS:
        found.note("many-credentials", path.name, most=MOST_CREDENTIALS)
    return _sort(credentials)


def _read_key(file: str, entry: TableRow, found: Mistakes) -> bytes:
    """The 32 bytes of a key; what is none is said."""
    try:
        key = decode_base64(entry["key"])
    except Malformed:
        key = b""
    if len(key) != 32:
        found.note("voter-key-form", file, entry.line)
        return b""
    if key == IDENTITY:
        found.note("identity-key", file, entry.line)
        return b""
    if entry["groups"]:
        _compare(file, entry, Card.of("voter", key), found)
    return key


def _compare(file: str, entry: TableRow, card: Card, found: Mistakes) -> None:
    """The groups that the voter read aloud are the key's."""
    try:
        if read_groups(entry["groups"]) != card.groups:
            found.note("voter-groups", file, entry.line)
    except Malformed:
        found.note("groups-form", file, entry.line, cell=entry["groups"])


def _decode_keys(file: str, credentials: list[tuple[TableRow, Credential]], found: Mistakes) -> None:
    """All keys are points, as the auditor will judge them (CFG.8)."""
    batch = Batch()
    Registered(where=Place(file), keys=b"".join(row.key for _, row in credentials)).check(batch)
    try:
        batch.settle()
    except Rejected as refused:
        for each in (refused, *refused.also):
            found.note("no-point", file, credentials[(each.where.row or 1) - 1][0].line)


def _sort(credentials: list[tuple[TableRow, Credential]]) -> dict[str, Credentials]:
    sorted_by: dict[str, list[Credential]] = {}
    for entry, row in credentials:
        sorted_by.setdefault(entry["commission"], []).append(row)
    return {
        commission: Credentials(tuple(sorted(rows, key=lambda row: row.code)))
        for commission, rows in sorted(sorted_by.items())
    }
