"""`holders.csv` and the key cards: trustees, mix servers, witnesses, mirrors, the operator and the log."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from bulletin.office.election import Draft
from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.table import TableRow, read
from verifier.client.card import Card, read_groups
from verifier.election.manifest import MOST_TRUSTEES, KeyHolder
from verifier.errors import Malformed, VerifierError
from verifier.log.note import Key, decode_key

ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[!-~]*)?")
KEYLESS = ("mirror",)  # whoever serves a copy signs nothing


class Holders(NamedTuple):
    """Who holds which key; witnesses and mirrors with their addresses, "" where none is known."""

    trustees: tuple[KeyHolder, ...]
    mixers: tuple[KeyHolder, ...]
    witnesses: tuple[tuple[Key, str], ...]
    mirrors: tuple[str, ...]
    operator: bytes
    log: Key


def read_invited(folder: Folder, draft: Draft, found: Mistakes) -> list[TableRow]:
    """The rows of the table: who is asked to hold which key; what is wrong with them is said."""
    said = Mistakes()
    path = folder.table("holders")
    rows = read(path, "holders", said)
    if not said.grave:
        _judge_rows(path.name, rows, said)
        _judge_counts(path.name, rows, draft, said)
    found.extend(said)
    return rows


def read_holders(folder: Folder, draft: Draft, rows: list[TableRow], found: Mistakes) -> Holders | None:
    """Read the cards of those who were invited; None if one is wrong or has not come yet, which is said."""
    said = Mistakes()
    cards = _read_cards(folder, folder.table("holders").name, rows, said)
    holders = None if said.grave else _sort(rows, cards)
    if holders is not None and holders.log.name != draft.origin:
        line = draft.toml.line("board", "origin")
        said.note("foreign-log", draft.toml.file, line, origin=draft.origin, name=holders.log.name)
    found.extend(said)
    return None if said.grave else holders


def _judge_rows(file: str, entries: list[TableRow], found: Mistakes) -> None:
    """Ids are distinct, addresses are addresses, and there is one operator and one log."""
    lines: dict[str, int] = {}
    for entry in entries:
        if (first := lines.setdefault(entry["id"], entry.line)) != entry.line:
            found.note("doubled-id", file, entry.line, cell=entry["id"], first=first)
        if entry["address"] and not ADDRESS.fullmatch(entry["address"]):
            found.note("address-form", file, entry.line, cell=entry["address"])
        elif entry["role"] == "witness" and not entry["address"]:
            found.note("no-address", file, entry.line, holder=entry["id"])
    for role, none, two in (("operator", "no-operator", "two-operators"), ("log", "no-log", "two-logs")):
        seats = [entry for entry in entries if entry["role"] == role]
        if not seats:
            found.note(none, file)
        for entry in seats[1:]:
            found.note(two, file, entry.line, first=seats[0].line)


def _judge_counts(file: str, entries: list[TableRow], draft: Draft, found: Mistakes) -> None:
    """There are enough trustees and mix servers for the election's numbers."""
    toml, counts = draft.toml, Counter(entry["role"] for entry in entries)
    trustees, mixers = counts["trustee"], counts["mixer"]

    def note(kind: str, number: str, **values: int) -> None:
        found.note(kind, toml.file, toml.line("numbers", number), **values)

    if trustees > MOST_TRUSTEES:
        found.note("many-trustees", file, count=trustees, most=MOST_TRUSTEES)
    if draft.on_paper and not trustees and not mixers:
        return
    if draft.threshold < 2:
        note("threshold-of-one", "threshold")
    elif draft.threshold > trustees:
        note("large-threshold", "threshold", threshold=draft.threshold, count=trustees)
    elif not draft.threshold <= draft.least_trustees <= trustees:
        note("least-trustees", "least_trustees", threshold=draft.threshold, count=trustees)
    if not 1 <= draft.mixes <= mixers:
        note("many-mixes", "mixes", mixes=draft.mixes, count=mixers)


def _read_cards(folder: Folder, file: str, entries: list[TableRow], found: Mistakes) -> dict[str, Card]:
    """Each holder's card, by id; the key is of one holder only, and is the one read by telephone."""
    cards: dict[str, Card] = {}
    keys: dict[bytes, int] = {}
    for entry in entries:
        if entry["role"] in KEYLESS or entry["id"] in cards:
            continue
        path = folder.card(entry["id"])
        name = f"{path.parent.name}/{path.name}"
        if not path.exists():
            found.note("no-card", file, entry.line, holder=entry["id"], card=name)
            continue
        try:
            card = Card.decode(path.read_bytes())
        except VerifierError as error:
            found.note("card-form", name, error.where.line or 0, reason=error.said)
            continue
        if card.role != entry["role"]:
            found.note("card-role", file, entry.line, card=name, role=card.role)
        elif (first := keys.setdefault(card.public, entry.line)) != entry.line:
            found.note("doubled-key", file, entry.line, first=first)
        elif entry["groups"]:
            _compare(file, entry, card, name, found)
        cards[entry["id"]] = card
    return cards


def _compare(file: str, entry: TableRow, card: Card, name: str, found: Mistakes) -> None:
    """The groups that the owner read aloud are the card's."""
    try:
        if read_groups(entry["groups"]) != card.groups:
            found.note("card-groups", file, entry.line, card=name)
    except Malformed:
        found.note("groups-form", file, entry.line, cell=entry["groups"])


def _sort(entries: list[TableRow], cards: dict[str, Card]) -> Holders:
    def holders(role: str) -> tuple[KeyHolder, ...]:
        return tuple(KeyHolder(entry["id"], cards[entry["id"]].public) for entry in entries if entry["role"] == role)

    def logs(role: str) -> list[tuple[Key, str]]:
        return [(decode_key(cards[entry["id"]].key), entry["address"]) for entry in entries if entry["role"] == role]

    return Holders(
        trustees=holders("trustee"),
        mixers=holders("mixer"),
        witnesses=tuple(logs("witness")),
        mirrors=tuple(entry["address"] for entry in entries if entry["role"] == "mirror"),
        operator=holders("operator")[0].key,
        log=logs("log")[0][0],
    )
