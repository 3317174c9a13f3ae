"""What a practice election is about: names from tales, and as few key holders as show what there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bulletin.office.election import ZONE
from bulletin.office.folder import Folder, write
from bulletin.office.play import Casting
from bulletin.office.staging import HERE, write_table
from bulletin.office.wording import speak
from verifier.desk.report.language import LANGUAGES
from verifier.records import Text

ELECTION, ORIGIN = "practice-tales", "practice.example/tales"
CENTRAL, CONTEST = "tellers", "tale"
HOLDERS = {
    "trustee": ("trustee-1", "trustee-2"),
    "mixer": ("mixer-1",),
    "witness": ("witness-1", "witness-2", "witness-3"),
    "operator": ("operator",),
    "log": ("board",),
}


def parties() -> list[Casting]:
    """Those whose keys are made."""
    return [Casting(role, id) for role, ids in HOLDERS.items() for id in ids]


def write_folder(folder: Folder, telephone: str) -> None:
    """Write what the desk makes everything else from; `telephone` is whom the pages tell people to call."""
    write(folder.election, "\n\n".join([*_sections(telephone), ""]).encode())
    names = speak("en").names("tales")
    write_table(folder, "candidates", ({"contest": CONTEST, "id": id, **_names(_said(f"tales.{id}"))} for id in names))
    people = _said("practice.commission")
    write_table(folder, "commissions", [{"id": CENTRAL, "level": "central", "quorum": "2", **_names(people)}])
    seated = {"commission": CENTRAL, "name": people.en, "certificate": "test"}
    members = [{"id": f"{CENTRAL}-{number}", "role": role} for number, role in enumerate(("chair", "secretary"), 1)]
    write_table(folder, "members", [{**each, **seated} for each in members])
    rows = [{**party._asdict(), "name": people.en} for party in parties()]
    write_table(folder, "holders", [{**row, "address": HERE if row["role"] == "witness" else ""} for row in rows])


def _sections(telephone: str) -> Iterator[str]:
    """The election's file; its one date is the day from which it is open."""
    today, title = datetime.now(ZoneInfo(ZONE)).date(), _texts("title", _said("practice.title"))
    yield f'[election]\nid = "{ELECTION}"\n{title}\ntelephone = {json.dumps(telephone)}'
    yield f'[board]\nserver = "{ORIGIN.partition("/")[0]}"\norigin = "{ORIGIN}"'
    yield "[numbers]\nthreshold = 2\nleast_trustees = 2\nwitnesses = 2\nmixes = 1\nminimum = 0"
    yield f'[[contest]]\nid = "{CONTEST}"\n{_texts("title", _said("practice.asked"))}\nleast = 1\nmost = 1'
    words = _texts("words", _said("practice.date"))
    yield f'[[date]]\nid = "opened"\nwhat = "opening"\nfrom = {today}\n{words}'


def _said(key: str) -> Text:
    return Text(**{language: speak(language)[key] for language in LANGUAGES})


def _names(text: Text) -> dict[str, str]:
    return {"name_ky": text.ky, "name_ru": text.ru, "name_en": text.en}


def _texts(name: str, text: Text) -> str:
    spoken = {"ky": text.ky, "ru": text.ru, "en": text.en}
    return "\n".join(f"{name}.{language} = {json.dumps(said, ensure_ascii=False)}" for language, said in spoken.items())
