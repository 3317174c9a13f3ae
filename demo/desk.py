"""What the pilot's commission writes down: its folder, from which the desk makes everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from bulletin.office.folder import Folder, write
from bulletin.office.play import Casting
from bulletin.office.staging import HERE, write_table
from demo import figures
from verifier.records import Text

ORIGIN = f"board.example/{figures.ELECTION}"
WITNESSES = [f"witness-{number}" for number in range(1, figures.WITNESSES + 1)]
TRUSTEES = [f"trustee-{number}" for number in range(1, figures.TRUSTEES + 1)]
PRESENT = [name for name in TRUSTEES if name != f"trustee-{figures.ABSENT}"]
MIXERS = [f"mixer-{number}" for number in range(1, figures.MIXERS + 1)]
ROLES = ("chair", "secretary", "member", "member", "member")
COMMISSIONS = {
    "central": ("central", "", 3, 5, figures.CENTRAL),
    **{f"precinct-{council}": ("precinct", "central", 2, 3, figures.precinct(council)) for council in figures.COUNCILS},
}


def parties() -> list[Casting]:
    """Those whose keys are made for the pilot."""
    return [Casting(row["role"], row["id"]) for row in _holders()]


def write_folder(folder: Folder) -> None:
    """Write the election and the tables."""
    write(folder.election, "\n\n".join(_sections()).encode())
    write_table(folder, "candidates", _candidates())
    write_table(folder, "commissions", _commissions())
    write_table(folder, "members", _members())
    write_table(folder, "holders", _holders())


def _sections() -> Iterator[str]:
    """The election's file; the pilot is played now, and so its one date is tomorrow."""
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date()
    yield f'[election]\nid = "{figures.ELECTION}"\n{_text("title", figures.TITLE)}'
    yield 'telephone = "+996 312 000000 (synthetic)"'
    yield f'[board]\nserver = "board.example"\norigin = "{ORIGIN}"'
    numbers = {
        "threshold": figures.THRESHOLD,
        "least_trustees": figures.LEAST_TRUSTEES,
        "witnesses": figures.QUORUM,
        "mixes": figures.MIXES,
        "minimum": figures.MINIMUM,
    }
    yield "[numbers]\n" + "\n".join(f"{name} = {number}" for name, number in numbers.items())
    for council in figures.COUNCILS:
        title = _text("title", figures.title(council))
        yield f'[[contest]]\nid = "{council}"\n{title}\nleast = 0\nmost = {figures.MARKS}'
        yield f'[[style]]\nid = "{council}"\ncontests = ["{council}"]'
    yield f'[[date]]\nid = "tally"\nwhat = "tally"\nby = {tomorrow}\n{_text("words", figures.DATE)}\n'


def _text(name: str, text: Text) -> str:
    spoken = {"ky": text.ky, "ru": text.ru, "en": text.en}
    return "\n".join(f"{name}.{language} = {json.dumps(said, ensure_ascii=False)}" for language, said in spoken.items())


def _named(text: Text) -> Mapping[str, str]:
    return {"name_ky": text.ky, "name_ru": text.ru, "name_en": text.en}


def _candidates() -> Iterator[dict[str, str]]:
    for council in figures.COUNCILS:
        for number in range(1, figures.CANDIDATES + 1):
            name = _named(figures.candidate(number))
            yield {"contest": council, "id": f"{council}-{number}", **name}


def _commissions() -> Iterator[dict[str, str]]:
    for id, (level, above, quorum, _, name) in COMMISSIONS.items():
        yield {"id": id, "level": level, "above": above, "quorum": str(quorum), **_named(name)}


def _members() -> Iterator[dict[str, str]]:
    for commission, (_, _, _, members, _) in COMMISSIONS.items():
        for number, role in enumerate(ROLES[:members], 1):
            id = f"{commission}-{number}"
            yield {"commission": commission, "id": id, "role": role, "name": "synthetic", "certificate": "test"}


def _holders() -> Iterator[dict[str, str]]:
    holders = {"trustee": TRUSTEES, "mixer": MIXERS, "witness": WITNESSES, "operator": ["operator"], "log": ["board"]}
    for role, ids in holders.items():
        for id in ids:
            yield {"role": role, "id": id, "name": "synthetic", "address": HERE if role == "witness" else ""}
