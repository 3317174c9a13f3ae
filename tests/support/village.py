"""A commission's folder in which nothing is wrong, as a village's commission writes it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from nacl.signing import SigningKey

from bulletin.office.folder import Folder
from bulletin.office.mistake import Mistakes
from bulletin.office.people import Authority
from bulletin.office.plans.planning import make_plan
from verifier.client.card import Card
from verifier.log.note import COSIGNATURE, ED25519, Key, encode_key
from verifier.proof import backend
from verifier.records import encode

NOW = datetime(2027, 2, 1, 6, 0, tzinfo=UTC)
ORIGIN = "board.example/village-2027"
MEMBERS = [f"{commission}-{number}" for commission in ("central", "precinct-1") for number in (1, 2, 3)]
ROLES = ("chair", "secretary", "member")
HOLDERS = [
    *(("trustee", f"trustee-{number}", "") for number in range(1, 6)),
    *(("mixer", f"mixer-{number}", "") for number in range(1, 4)),
    *(("witness", f"witness-{number}", f"https://witness{number}.example") for number in range(1, 4)),
    ("mirror", "mirror-1", "https://mirror.example"),
    ("operator", "operator", ""),
    ("log", "log", ""),
]
VOTERS = 4

ELECTION = """\
[election]
id = "village-2027"
title.ky = "Айылдык кеңеш"
title.ru = "Айылный кенеш"
title.en = "Village council"
telephone = "+996 312 000000"
zone = "Asia/Bishkek"

[board]
server = "board.example"
origin = "board.example/village-2027"

[numbers]
threshold = 3
least_trustees = 4
witnesses = 2
mixes = 2
minimum = 2

[[contest]]
id = "council"
title.ky = "Айылдык кеңештин депутаттары"
title.ru = "Депутаты айылного кенеша"
title.en = "Deputies of the council"
least = 0
most = 2

[[date]]
id = "register-by"
what = "register"
by = 2027-03-24
inclusive = true
words.ky = "24-мартты кошо эсептегенде"
words.ru = "по 24 марта включительно"
words.en = "by 24 March, inclusive"

[[date]]
id = "open"
what = "close"
from = 2027-04-09T08:00:00
words.ky = "9-апрель саат 8.00"
words.ru = "9 апреля в 8.00"
words.en = "9 April at 8.00"

[[date]]
id = "close"
what = "close"
by = 2027-04-09T20:00:00
words.ky = "9-апрель саат 20.00"
words.ru = "9 апреля в 20.00"
words.en = "9 April at 20.00"
"""
CANDIDATES = """\
contest;id;name_ky;name_ru;name_en
council;aidai;Айдай Асанова;Айдай Асанова;Aidai Asanova
council;bek;Бек Токтоев;Бек Токтоев;Bek Toktoev
council;cholpon;Чолпон Осмонова;Чолпон Осмонова;Cholpon Osmonova
"""
COMMISSIONS = """\
id;level;above;quorum;name_ky;name_ru;name_en
central;central;;2;Борбордук шайлоо комиссиясы;Центральная избирательная комиссия;Central Election Commission
precinct-1;precinct;central;2;Участкалык комиссия;Участковая комиссия;Precinct commission
"""

UNITS = """\
id;level;above;contests;members;quorum;electronic;ahead;behind;name_ky;name_ru;name_en
central;central;;;9;7;;;;БШК;ЦИК;CEC
tec-1;territorial;central;president;9;7;;;;АШК;ТИК;TEC
precinct-1;precinct;tec-1;president;9;7;;;;УШК;УИК;PEC
p-abroad;precinct;tec-1;;9;7;;;10800;Мөскө;Москва;Moscow
"""


class Hands(NamedTuple):
    """What others hand in: the authority's certificate, those of the members, key cards, voters' keys."""

    root: bytes
    certificates: dict[str, bytes]
    cards: dict[str, Card]
    voters: list[bytes]


@cache
def hands() -> Hands:
    """Keys that are drawn once for all tests."""
    authority = Authority("Root of the tests")
    certificates = {id: authority.certify(id, ec.generate_private_key(ec.SECP256R1())) for id in MEMBERS}
    cards = {id: card(role, id) for role, id, _ in HOLDERS if role != "mirror"}
    keys = backend.hash_to_group(hashlib.shake_256(b"voters").digest(64 * VOTERS))
    return Hands(authority.der, certificates, cards, [keys[32 * i : 32 * i + 32] for i in range(VOTERS)])


def card(role: str, id: str, seed: bytes = b"") -> Card:
    """The card of a holder whose key follows from its id."""
    public = bytes(SigningKey(hashlib.sha256(seed or id.encode()).digest()).verify_key)
    if role == "witness":
        return Card(role, encode_key(Key(f"{id}.example", COSIGNATURE, public)))
    return Card(role, encode_key(Key(ORIGIN, ED25519, public))) if role == "log" else Card.of(role, public)


def members() -> str:
    """The table of members, each with a certificate."""
    rows = [f"{id[:-2]};{id};{role};Асан Үсөнов;{id}.cer" for id, role in zip(MEMBERS, ROLES * 2, strict=True)]
    return "\n".join(["commission;id;role;name;certificate", *rows]) + "\n"


def holders() -> str:
    """The table of key holders, the first of whom has read the groups by telephone."""
    cards = hands().cards
    rows = [f"{role};{id};Азамат;{url};{cards[id].groups if id == 'trustee-1' else ''}" for role, id, url in HOLDERS]
    return "\n".join(["role;id;name;address;groups", *rows]) + "\n"


def register() -> str:
    """The table of voters, of whom the first has read the groups by telephone."""
    keys = [b64encode(key).decode() for key in hands().voters]
    groups = [Card.of("voter", hands().voters[0]).groups, *[""] * (VOTERS - 1)]
    rows = [f"precinct-1;CODE{n};;{key};{read}" for n, (key, read) in enumerate(zip(keys, groups, strict=True))]
    return "\n".join(["commission;code;style;key;groups", *rows]) + "\n"


def build(path: Path, near: datetime | None = None) -> Folder:
    """Write the folder, in a folder that is made if it is not there; its dates are after NOW, or after `near`."""
    folder = Folder(path)
    path.mkdir(exist_ok=True)
    later = near - NOW if near else timedelta()
    dated = re.sub(r"2027-\d\d-\d\d", lambda found: str(date.fromisoformat(found[0]) + later), ELECTION)
    texts = {"candidates": CANDIDATES, "commissions": COMMISSIONS, "members": members()}
    for name, text in {**texts, "holders": holders(), "register": register()}.items():
        folder.table(name).write_text(text, encoding="utf-8")
    folder.election.write_text(dated, encoding="utf-8")
    for place in (folder.certificates, folder.roots, folder.card("").parent):
        place.mkdir()
    (folder.roots / "root.cer").write_bytes(hands().root)
    for id, der in hands().certificates.items():
        (folder.certificates / f"{id}.cer").write_bytes(der)
    for id, each in hands().cards.items():
        folder.card(id).write_bytes(each.encode())
    return folder


def name_app(folder: Folder, **more: str) -> Folder:
    """Let voters be given an app from vote.example, with these other lines of `[board]`."""
    lines = "".join(f'{name} = "{said}"\n' for name, said in {"vote": "vote.example", **more}.items())
    text = folder.election.read_text(encoding="utf-8")
    folder.election.write_text(text.replace("\n[numbers]", f"{lines}\n[numbers]"), encoding="utf-8")
    return folder


def on_paper(place: Path) -> Folder:
    """A commission's folder of an election on paper: no candidates, trustees, mix servers, voters or dates."""
    folder = build(place / "desk")
    (place / "units.csv").write_text(UNITS.replace(";9;7;", ";3;2;"), encoding="utf-8")
    made = make_plan("president-2017", place / "units.csv", None, Mistakes(), {"": 2})
    (folder.path / "plan.json").write_bytes(encode(made))
    text = folder.election.read_text(encoding="utf-8").partition("[[contest]]")[0]
    for number in ("threshold = 3", "least_trustees = 4", "mixes = 2", "minimum = 2"):
        text = text.replace(number, f"{number.partition(' = ')[0]} = 0")
    folder.election.write_text(text.replace("zone =", 'plan = "plan.json"\nzone ='), encoding="utf-8")
    table = folder.table("holders")
    rows = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(row for row in rows if not row.startswith(("trustee", "mixer"))), encoding="utf-8")
    for name in ("candidates", "register"):
        folder.table(name).unlink()
    table = folder.table("commissions")
    table.write_text(
        table.read_text(encoding="utf-8").replace("precinct-1;precinct;central", "tec-1;territorial;central")
    )
    table = folder.table("members")
    table.write_text(table.read_text(encoding="utf-8").replace("precinct-1;", "tec-1;"), encoding="utf-8")
    return folder
