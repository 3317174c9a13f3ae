"""`specs/vectors/records.json`: records in the canonical coding, and what is not that."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.corpus import apps, decisions, papers
from tests.corpus.keys import complaint
from tests.corpus.twin import Liar, honest, phases
from tests.support.house import VECTORS
from tests.support.papers import register
from tests.support.returns import made
from verifier.election.ceremony import Restart
from verifier.election.counting import Override
from verifier.election.logkey import LogKey
from verifier.election.manifest import SPEC, Manifest
from verifier.election.shuffle import Skip
from verifier.election.timetable import TimeLimit
from verifier.paper.papers import Appeal, Intake, PaperBatch, Unshown
from verifier.records import Blob, Text, encode

PATH = VECTORS / "records.json"
COMMENT = "`rejected` records are refused with CFG.4 wherever they stand; `hex` is given where the bytes are not UTF-8."
CLOSE = b'{"signature":"' + b"A" * 86 + b'==","type":"close"}'
PLEDGE = (
    b'{"attempt":1,"digest":"' + b"A" * 43 + b'=","sealing_key":"' + b"A" * 43 + b'=","signature":"' + b"A" * 86
    + b'==","trustee":1,"type":"pledge"}'
)  # fmt: skip
PAPER = encode(made("p-1", "copies", register(2)))
LOG_KEY = b'{"key":"' + b"A" * 43 + b'=","signature":"","type":"log-key"}'
APP = encode(apps.make())
OVERRIDE = b'{"commission":"precinct","credentials":[],"type":"override"}'
ROSTER = b'{"commission":"precinct","members":[{"certificate":"AAAA","id":"m","role":"chair"}],"type":"roster"}'
OPENING = b'{"count":9007199254740991,"key":"' + b"A" * 43 + b'=","type":"opening"}'
NONE = Text("", "", "")
TIMED = encode(
    Manifest(
        *(SPEC, "test", NONE, bytes(32), "", bytes(32), bytes(32), "", (), (), (), "central", bytes(32), (), 1, 1, ()),
        *(1, 0, "", (TimeLimit("list-closed", "register", "by", 1, inclusive=True, words=NONE),)),
    )
)


def accepted() -> dict[str, bytes]:
    """A record of each kind, and the edges of what a coding may hold."""
    found: dict[str, bytes] = {}
    for raw in (*honest().records, *papers.twin()[0].records):
        found.setdefault(f"a {json.loads(raw)['type']}", raw)
    dealt = Liar(honest(), phases()["ceremony"] + 9)
    others = {
        "a complaint": complaint(dealt),
        "a restart": Restart(2, (1,)),
        "a skip": Skip("mixer-1"),
        "a log key without the old one's signature": LogKey(b"", bytes(32)),
        "an app": apps.make(),
        "an override": Override("precinct", (bytes(32),)),
        "a batch": PaperBatch("tec-1", "protocol", "scans", 0, Blob.of(b'{"papers":[]}')),
        "a decision": decisions.decision(),
        "a decision with its text": decisions.decision(blob=Blob.of(b"a text")),
        "an appeal": Appeal("p-1", (), "voter", bytes(32), "17", 1, "", b""),
        "an intake": Intake(0, Blob.of(b""), (Unshown(bytes(32), "a face is on it"),), bytes(64)),
        "an election on paper alone": papers.twin()[0].manifest,
    }
    edges = {
        "the largest number": OPENING,
        "an id of forty letters": OVERRIDE.replace(b"precinct", b"a-0" + b"z" * 37),
        "an empty list": OVERRIDE,
        "a close without a signature": b'{"signature":"","type":"close"}',
        "a day that is included": TIMED,
        "a day that is not included": TIMED.replace(b"true", b"false"),
        "the largest ordinal": PLEDGE.replace(b'"trustee":1', b'"trustee":2147483647'),
        "letters of three scripts, unescaped": _titled("Талапкер Ү ө «ң» 😀 \u2028 \x7f /"),
        "what must be escaped": _titled('" \\ \b \f \n \r \t \x00 \x1f'),
    }
    return found | {name: encode(record) for name, record in others.items()} | edges


def _titled(words: str) -> bytes:
    manifest: Manifest = honest().manifest
    one = manifest.contests[:1]
    return encode(
        Manifest(
            **{name: getattr(manifest, name) for name in manifest.__struct_fields__}
            | {"title": Text(words, words, words), "contests": one, "styles": (), "trustees": (), "mixers": ()}
        )
    )


def other_forms() -> dict[str, bytes]:
    """What reads as a record, or almost, and is put in another way."""
    members = {"a": b'"type":"close"', "b": b'"signature":"' + b"A" * 86 + b'=="'}
    title = _titled("\u04ae/\x1f")
    return {
        "nothing": b"",
        "no JSON": b"close",
        "a list": b"[]",
        "a string": b'"close"',
        "null": b"null",
        "no type": CLOSE.replace(b',"type":"close"', b""),
        "an unknown type": CLOSE.replace(b'"close"', b'"open"'),
        "a type that is no string": CLOSE.replace(b'"close"', b"1"),
        "members in another order": b"{" + members["a"] + b"," + members["b"] + b"}",
        "a missing member": b'{"type":"close"}',
        "an unknown member": CLOSE.replace(b'{"s', b'{"reason":1,"s'),
        "an unknown member in a part": ROSTER.replace(b'"id"', b'"age":1,"id"'),
        "a member twice": CLOSE.replace(b"{", b"{" + members["b"] + b",", 1),
        "the type twice": CLOSE.replace(b"}", b',"type":"close"}'),
        "white space after a colon": CLOSE.replace(b":", b": ", 1),
        "white space after a comma": CLOSE.replace(b",", b", "),
        "a line feed at the end": CLOSE + b"\n",
        "a space at the beginning": b" " + CLOSE,
        "a byte order mark": b"\xef\xbb\xbf" + CLOSE,
        "another record after it": CLOSE + CLOSE,
        "a zero byte at the end": CLOSE + b"\0",
        "an escaped letter": CLOSE.replace(b'"close"', b'"cl\\u006fse"'),
        "an escaped letter in a name": CLOSE.replace(b'"type"', b'"typ\\u0065"'),
        "an escaped letter of another script": title.replace("\u04ae".encode(), b"\\u04ae"),
        "an escaped slash": title.replace(b"/", b"\\/"),
        "an escape in capitals": title.replace(b"\\u001f", b"\\u001F"),
        "half of a surrogate pair": title.replace(b"\\u001f", b"\\ud800"),
        "a control character, not escaped": title.replace(b"\\u001f", b"\x1f"),
        "bytes that are not UTF-8": title.replace("\u04ae".encode(), b"\xd2"),
    }


def other_values() -> dict[str, bytes]:
    """Values of a wrong type, out of their bounds, or in a second spelling."""
    return {
        "null for a plan that there is not": encode(papers.twin()[0].manifest).replace(
            encode(papers.twin()[0].manifest.paper), b"null"
        ),
        "null for a table that there is not": PAPER.replace(b',"type"', b',"table":null,"type"'),
        "a line's key in capitals": PAPER.replace(b'"given":', b'"Given":'),
        "a line below zero": PAPER.replace(b'"given":', b'"given":-').replace(b":-2", b":-1"),
        "a reason that nobody knows": PAPER.replace(b'"code":"first"', b'"code":"again"'),
        "an explanation of two letters": PAPER.replace(b'"explains":[]', b'"explains":[{"ratio":"C1","text":"no"}]'),
        "null for a number": PLEDGE.replace(b'"attempt":1', b'"attempt":null'),
        "null for bytes": re.sub(rb'"signature":"[^"]*"', b'"signature":null', CLOSE),
        "a string for a number": PLEDGE.replace(b'"attempt":1', b'"attempt":"1"'),
        "a number for bytes": re.sub(rb'"signature":"[^"]*"', b'"signature":0', CLOSE),
        "true for a number": PLEDGE.replace(b'"attempt":1', b'"attempt":true'),
        "a float": PLEDGE.replace(b'"attempt":1', b'"attempt":1.5'),
        "a whole float": PLEDGE.replace(b'"attempt":1', b'"attempt":1.0'),
        "an exponent": PLEDGE.replace(b'"attempt":1', b'"attempt":1e0'),
        "a leading zero": PLEDGE.replace(b'"attempt":1', b'"attempt":01'),
        "a plus sign": PLEDGE.replace(b'"attempt":1', b'"attempt":+1'),
        "a minus sign": PLEDGE.replace(b'"attempt":1', b'"attempt":-1'),
        "minus zero": OPENING.replace(b"9007199254740991", b"-0"),
        "zero for an ordinal": PLEDGE.replace(b'"attempt":1', b'"attempt":0'),
        "an ordinal above its limit": PLEDGE.replace(b'"attempt":1', b'"attempt":2147483648'),
        "a number of 2^53": OPENING.replace(b"9007199254740991", b"9007199254740992"),
        "a number of 2^64": OPENING.replace(b"9007199254740991", b"18446744073709551616"),
        "a negative number": OPENING.replace(b"9007199254740991", b"-1"),
        "bytes without padding": CLOSE.replace(b"==", b""),
        "bytes with bits after their end": CLOSE.replace(b"A==", b"B=="),
        "bytes in the alphabet of URLs": PLEDGE.replace(b"A" * 43, b"-" + b"A" * 42, 1),
        "a letter that is not of base64": CLOSE.replace(b"AA==", b"A!=="),
        "a line feed in bytes": CLOSE.replace(b"AA==", b"AA==\\n"),
        "a byte too few": PLEDGE.replace(b"A" * 43 + b"=", b"A" * 42 + b"==", 1),
        "half a signature of the operator": CLOSE.replace(b"A" * 86, b"A" * 42),
        "a signature of the operator that is a byte too long": CLOSE.replace(b"A==", b"AA="),
        "half a signature of the log": LOG_KEY.replace(b'signature":"', b'signature":"' + b"A" * 44),
        "a digest of the app that is a byte short": re.sub(rb'"app":"[^"]*"', b'"app":"' + b"A" * 42 + b'=="', APP),
        "a file of the app without its type": APP.replace(b',"type":"text/html; charset=utf-8"', b""),
        "a file of the app with a name": APP.replace(b'"path":"/group.wasm"', b'"name":"","path":"/group.wasm"'),
        "a policy of the app without its prefix": APP.replace(b',"prefix":"/"', b""),
        "a reason in two languages": re.sub(rb',"ky":"[^"]*"', b"", APP),
        "a byte too many": PLEDGE.replace(b"A" * 43 + b"=", b"A" * 44, 1),
        "an empty id": OVERRIDE.replace(b"precinct", b""),
        "an id of 41 letters": OVERRIDE.replace(b"precinct", b"a" * 41),
        "a capital in an id": OVERRIDE.replace(b"precinct", b"Precinct"),
        "an underscore in an id": OVERRIDE.replace(b"precinct", b"pre_cinct"),
        "another script in an id": OVERRIDE.replace(b"precinct", "пречинкт".encode()),
        "an id that ends with a line feed": OVERRIDE.replace(b"precinct", b"precinct\\n"),
        "an object for a list": OVERRIDE.replace(b"[]", b"{}"),
        "a list in a list": OVERRIDE.replace(b"[]", b"[[]]"),
        "a comma at a list's end": OVERRIDE.replace(b"[]", b"[,]"),
        "a number for yes": TIMED.replace(b"true", b"1"),
        "a word for yes": TIMED.replace(b"true", b'"true"'),
        "an unknown bound": TIMED.replace(b'"by"', b'"until"'),
        "a time limit for a kind that has none": TIMED.replace(b'"register"', b'"ballot"'),
        "a time before 1970": TIMED.replace(b'"instant":', b'"instant":-'),
        "an unknown role": ROSTER.replace(b"chair", b"guest"),
        "nesting without end": b"[" * 5000,
    }


def build() -> dict[str, Any]:
    """The file."""
    return {
        "comment": COMMENT,
        "accepted": [{"name": name, **_shown(raw)} for name, raw in accepted().items()],
        "rejected": [
            {"name": name, **_shown(raw), "expect": "CFG.4"} for name, raw in (other_forms() | other_values()).items()
        ],
    }


def read(vector: dict[str, Any]) -> bytes:
    """The bytes of a vector."""
    return bytes.fromhex(vector["hex"]) if "hex" in vector else str(vector["record"]).encode()


def _shown(raw: bytes) -> dict[str, str]:
    try:
        return {"record": raw.decode()}
    except UnicodeDecodeError:
        return {"hex": raw.hex()}
