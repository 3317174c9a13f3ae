"""What became of whole elections on the way to an auditor: what vectors/archives is packed from."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import ZIP_STORED

from msgspec.structs import replace

from bulletin.office.people import BORN, LIFE
from tests.corpus.odd import DAY, LATER
from tests.support import copies
from tests.support.copies import KEY, NEXT_LOG, NOW, body, sign, tiled, witness_key
from tests.vectors import packing
from tests.vectors.copies import STRANGER, false, lines, third
from tests.vectors.logs import (
    BROKEN,
    GOING_ON,
    HELD,
    HONEST,
    REFUSED,
    SHEETS,
    SO_FAR,
    WHOLE,
    Log,
    held,
    long,
    sheet,
    until,
    void,
)
from tests.vectors.packing import deflated
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import encode_key
from verifier.log.reading import LATEST
from verifier.records import encode
from verifier.rules import CODEC

if TYPE_CHECKING:
    from tests.support.copies import Files

FIRST, SECOND = "checkpoints/0", "checkpoints/1"
EARLY, LATE = int(BORN.timestamp()) - 1, int((BORN + LIFE).timestamp()) + 1
BEYOND = ("checkpoints/2", "checkpoints/3")
Changes = dict[str, bytes | None]
OPEN, FALSE, FOUND, ACCEPTED = "could not be checked", "rejected", "accepted with findings", "accepted"


class Said(NamedTuple):
    """The verdict, the phase ("": any), and a clause that is told, if one is, with place and perhaps severity."""

    verdict: str
    phase: str
    clause: str = ""
    place: str = ""
    severity: str = ""


class Archive(NamedTuple):
    """A packed copy, its sheet, and what must be said of it."""

    name: str
    raw: bytes
    sheet: str
    said: Said

    @classmethod
    def of(cls, name: str, files: Files, *said: str, sheet: str = SHEETS[WHOLE]) -> Archive:
        return cls(name, deflated(files), sheet, Said(*said))


def plain(name: str) -> Archive:
    """An election as it is in vectors/election.json."""
    vector, log = HELD[name], held(name)
    trusted = SHEETS[WHOLE] if log.records[0] == HONEST[0] else sheet(log.records[0])
    told = (vector["expect"], f"record {vector['at']}") if "expect" in vector else ()
    return Archive.of(name, log.files, vector.get("verdict", FALSE), vector.get("phase", ""), *told, sheet=trusted)


def bent(name: str, files: Files, changes: Changes, *said: str) -> Archive:
    """A copy in which some files are others, or gone."""
    changed = {one: data for one, data in (files | changes).items() if data is not None}
    return Archive.of(name, changed, *said)


def flipped(data: bytes, at: int = 40) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def carried() -> list[Archive]:
    """What a keeper of the copy did to it without any key; the log itself is as it should be."""
    log = until("ceremony")
    files, latest, kept = log.files, log.files[LATEST], log.files[FIRST]
    bundle, tile = (name for name in files if name.startswith("tile"))
    strange: Changes = {"checkpoints/x": kept, "checkpoints/007": kept, "blobs/00/00": b"", "Thumbs.db": b"\1"}
    strangers = copies.publish([*HONEST[:9], b"{", *HONEST[9:25]], {}, STRANGER)  # void records, and a blob that lacks
    made_up: Changes = {tile: None, bundle: None, **strangers}
    cut: Changes = {tile: None, bundle: None, **tiled(log.records[:3]), LATEST: kept}
    told: list[tuple[str, Changes, Said]] = [
        ("files that nobody asked for", strange, Said(ACCEPTED, "ceremony")),
        ("no checkpoint", {LATEST: None}, Said(OPEN, "setup", "BRD.1", LATEST)),
        ("a log that a stranger made up", made_up, Said(OPEN, "setup", "BRD.1", LATEST)),
        ("a false signature of the log", {LATEST: false(latest, 0)}, Said(OPEN, "setup", "BRD.1", LATEST)),
        ("a kept checkpoint that cannot be read", {FIRST: b"\n"}, Said(OPEN, "ceremony", "BRD.1", FIRST)),
        ("a gap in the checkpoints", {FIRST: None}, Said(OPEN, "ceremony", "BRD.3", FIRST)),
        ("the last kept checkpoint gone", {SECOND: None}, Said(OPEN, "ceremony", "BRD.3", SECOND)),
        ("the newest entries cut off", cut, Said(OPEN, "setup", "BRD.3", SECOND)),
        ("no hashes", {tile: None}, Said(OPEN, "ceremony", "BRD.2", tile)),
        ("no entries", {bundle: None}, Said(OPEN, "setup", "BRD.2", bundle)),
        ("a flipped bit in the entries", {bundle: flipped(files[bundle])}, Said(OPEN, "setup", "BRD.2", bundle)),
        ("no line of a witness", {LATEST: lines(latest, keep=1)}, Said(OPEN, "ceremony", "BRD.4", LATEST)),
        ("a line of the quorum spoiled", {LATEST: false(latest, 2)}, Said(OPEN, "ceremony", "BRD.4", LATEST)),
        ("a line to spare spoiled", {LATEST: lines(latest, third())}, Said(FOUND, "ceremony", "BRD.5", LATEST)),
    ]
    return [bent(name, files, changes, *said) for name, changes, said in told]


def tiles() -> list[Archive]:
    """A log of three tiles, of which some are gone, or more is there than was asked for."""
    log = long(520, [])
    files, early = log.files, sign(body(log.records[:300]))
    hashes, bundle, top = "tile/0/001", "tile/entries/001", "tile/1/000.p/2"
    part: Changes = {LATEST: early, FIRST: early, SECOND: None, "tile/1/000.p/1": files[top][:32]}
    told: list[tuple[str, Changes, Said]] = [
        ("full tiles where parts of them are asked for", part, Said(ACCEPTED, "ceremony")),
        ("no hashes above the tiles", {top: None}, Said(OPEN, "ceremony", "BRD.2", top)),
        ("no hashes of the second tile", {hashes: None}, Said(OPEN, "ceremony", "BRD.2", hashes)),
        ("no entries of the second tile", {bundle: None}, Said(OPEN, "ceremony", "BRD.2", bundle)),
        ("nothing of the second tile", {hashes: None, bundle: None}, Said(OPEN, "ceremony", "BRD.2", bundle)),
    ]
    return [bent(name, files, changes, *said) for name, changes, said in told]


def torn() -> list[Archive]:
    """Blobs that are gone or damaged; what is false before them stays false."""
    log, nobody, refused = until("certified"), held("no ballot at all"), void("a ballot without a proof")
    files = log.files
    register, mix, freeze, tally = map(log.blob, ("register", "mix", "freeze", "tally"))
    damaged, empty = {mix: flipped(files[mix])}, {nobody.blob("freeze"): None}
    return [
        bent("a register's blob gone", files, {register: None}, OPEN, "registration", "BRD", "record 27"),
        bent("a freeze's blob gone", files, {freeze: None}, OPEN, "closed", "BRD", "record 47"),
        bent("a mix damaged", files, {**damaged}, OPEN, "mixing", "BRD", "record 51"),
        bent("a blob of no bytes gone", nobody.files, {**empty}, OPEN, "closed", "BRD", "record 35"),
        bent("a void ballot, and a blob gone", refused.files, {tally: None}, FALSE, "decrypting", "BAL.2", "record 32"),
    ]


def forked() -> list[Archive]:
    """The log signed two histories, whatever else became of the copy."""
    log = until("ceremony")
    fork = sign(body([*log.records[:2], b"what others saw"]))
    larger = [sign(Checkpoint(KEY.name, 12, bytes([number]) * 32)) for number in (1, 2)]
    forged = sign(body(log.records)._replace(root=bytes(32)))
    beyond = dict(zip(BEYOND, larger, strict=True))
    told: list[tuple[str, Changes, str, str]] = [
        ("two histories", {FIRST: fork}, "ceremony", FIRST),
        ("two histories behind a gap", {"checkpoints/9": fork}, "ceremony", "checkpoints/9"),
        ("two histories beyond the copy", {**beyond}, "ceremony", BEYOND[1]),
        ("two trees of one size", {LATEST: forged}, "setup", SECOND),
    ]
    return [bent(name, log.files, changes, FALSE, phase, "BRD.3", where) for name, changes, phase, where in told]


def dated() -> list[Archive]:
    """When witnesses saw what members had signed with certificates that are valid for a time."""
    log = until("ceremony")
    early, whole = body(log.records[:3]), body(log.records)
    told: list[tuple[str, Checkpoint, tuple[int, ...], str]] = [
        ("certificates that were not yet valid", early, (EARLY,) * 3, FALSE),
        ("certificates that had expired", early, (LATE,) * 3, FALSE),
        ("one witness who dates back", early, (NOW, LATE, LATE), FALSE),
        ("nobody who shows that members signed in time", whole, (LATE,) * 3, FOUND),
    ]
    made = []
    for name, first, times, verdict in told:
        kept, latest = sign(first, times=(LATE,) * 3 if LATE in times else times), sign(whole, times=times)
        changes: Changes = {FIRST: kept, SECOND: latest, LATEST: latest}
        made.append(bent(name, log.files, changes, verdict, "ceremony", "CRT.5", "record 3"))
    return [*made, surplus()]


def timed() -> list[Archive]:
    """Records that took effect in the first or the last second that is allowed, one too early or one too late.

    The registers take effect at records 26 and 28, the opening at 31, the operator's close at 35.
    """
    log = held("an election that keeps its timetable")
    last, opened, closed = NOW + DAY, 32, 36
    late, early, day = "DUT.3", "DUT.4", "DUT.9"
    told: list[tuple[str, int, list[tuple[int, int]], tuple[str, ...]]] = [
        ("a register on the day that is included", opened, [(26, NOW + 1), (32, NOW + 1)], (day, "26", "information")),
        ("a register that may be of that day", opened, [(26, NOW), (32, NOW + 1)], (day, "26", "information")),
        ("a register in the last second of that day", opened, [(26, last), (32, last)], (day, "26", "information")),
        ("a register that may be late", opened, [(26, last), (32, last + 1)], (late, "26", "warning")),
        ("a register a second late", opened, [(26, last + 1), (32, last + 1)], (late, "26", "error")),
        ("an opening a second too early", opened, [(31, NOW - 2), (32, NOW - 1)], (early, "31", "error")),
        ("an opening that may be too early", opened, [(31, NOW - 1), (32, NOW)], (early, "31", "warning")),
        ("a close in the last second", closed, [(32, NOW), (35, NOW), (36, LATER - 1)], ()),
        ("a close that may be late", closed, [(35, NOW), (35, LATER - 1), (36, LATER)], (late, "35", "warning")),
        ("a close a second late", closed, [(35, NOW), (35, LATER), (36, LATER)], (late, "35", "error")),
    ]
    made = []
    for name, size, stamps, (clause, place, severity) in ((*one[:3], one[3] or ("",) * 3) for one in told):
        part = Log.of(log.records[:size], log.blobs)
        files = copies.stamped(*part, (24, NOW - DAY if clause == early else NOW), *stamps)
        said = (FOUND, "voting" if size == opened else "closed", clause, f"record {place}", severity)
        right = (ACCEPTED, "closed")
        made.append(Archive.of(name, files, *(said if clause else right), sheet=sheet(log.records[0])))
    return made


def surplus() -> Archive:
    """After the end a member signs once more, with a certificate that has expired."""
    log = held("more signatures than the quorum takes")
    before, latest = body(log.records[:-1]), sign(body(log.records), times=(LATE,) * 3)
    changes: Changes = {FIRST: sign(before), SECOND: sign(before, times=(LATE,) * 3), BEYOND[0]: latest, LATEST: latest}
    last = f"record {len(log.records) - 1}"
    return bent("a surplus signature that comes too late", log.files, changes, FOUND, "certified", "CRT.5", last)


def manifests() -> list[Archive]:
    """Logs of one record: what the manifest has in common with the sheet, and what this version cannot read."""
    record = CODEC.decode(HONEST[0])
    asked = "".join([f"witness {name} {encode_key(witness_key(n))}\n" for n, name in enumerate("abc")])
    another = asked + "group g 3 a b c\nquorum g\n"
    unknown = f"{asked}witness d {unknown_key()}\ngroup g 3 a b c d\nquorum g\n"
    foreign = {"log_key": bytes(STRANGER.verify_key), "policy": another}
    told: list[tuple[str, dict[str, Any], str, str]] = [
        ("a manifest of another log", {"origin": "other.example/log"}, FALSE, "CFG.11"),
        ("a manifest that asks for another quorum", {"policy": another}, FALSE, "CFG.12"),
        ("a manifest that has nothing of the sheet", foreign, FALSE, "CFG.10"),
        ("a manifest of another version", {"spec": "aikyn/2"}, OPEN, "BRD"),
        ("a manifest with a witness of an unknown type", {"policy": unknown}, OPEN, "BRD"),
    ]
    made = [bent("a log without records", copies.publish([], {}), {}, OPEN, "setup", "BRD", "record 0")]
    for name, fields, verdict, clause in told:
        raw = encode(replace(record, **fields))
        trusted = sheet(raw, manifest=["00" * 32]) if clause == "CFG.10" else sheet(raw)
        files = copies.publish([raw], {})
        made.append(Archive.of(name, files, verdict, "setup", clause, "record 0", sheet=trusted))
    return made


def unknown_key() -> str:
    """A key in the form of a note, of a type that there is not yet."""
    name, data = "w4.example", b"\x07" + bytes(32)
    id_ = sha256(name.encode() + b"\n" + data).hexdigest()[:8]
    return f"{name}+{id_}+{b64encode(data).decode()}"


def trusted() -> list[Archive]:
    """One whole election by many sheets."""
    told = {
        WHOLE: Said(ACCEPTED, "certified"),
        "typed by hand": Said(ACCEPTED, "certified"),
        "without witnesses": Said(OPEN, "certified"),
        "without roots": Said(OPEN, "certified"),
        "without a manifest": Said(OPEN, "certified"),
        "of another manifest": Said(FALSE, "certified", "CFG.10", "record 0"),
        "of another log key": Said(OPEN, "setup", "BRD.1", LATEST),
        "of another root": Said(FALSE, "certified", "CRT.4", "record 3"),
        "of another version": Said(OPEN, "setup"),
    }
    files = until("certified").files
    return [Archive.of(f"a whole election by a sheet {name}", files, *told[name], sheet=SHEETS[name]) for name in told]


def lasting() -> list[Archive]:
    """The log goes on: under another key, beyond a tile, over void records, after a false proof."""
    changes, grown = held("a log that changes its key"), long(260, HONEST[7:])
    latest = sign(body(changes.records), by=NEXT_LOG)
    keyed: Changes = {LATEST: latest, SECOND: latest}
    unnamed = bent("a new log key that no sheet answers for", changes.files, keyed, OPEN, "setup", "BRD.1", LATEST)
    many, false_proof = void(*REFUSED), void("another nonce")
    return [
        bent("a log that changes its key", changes.files, keyed, ACCEPTED, "certified"),
        unnamed._replace(sheet=SHEETS["without a manifest"]),
        bent("a log of two tiles", grown.files, {}, ACCEPTED, "certified"),
        bent("void records in every phase", many.files, {}, FALSE, "certified", "CFG.3", "record 4"),
        bent("what follows from a false proof", false_proof.files, {}, FALSE, "closed", "BAL.6", "record 32"),
    ]


def packed() -> list[Archive]:
    """Zip files, from the usual ones to those that nobody should write."""
    files, before = until("ceremony").files, copies.publish(HONEST[:3], {})
    tile = next(name for name in files if name.startswith("tile/0"))
    bzip, link = packing.otherwise(files, FIRST), packing.otherwise(files, LATEST, ZIP_STORED, packing.LINK)
    told: list[tuple[str, bytes, Said]] = [
        ("packed without compression", packing.stored(files), Said(ACCEPTED, "ceremony")),
        ("packed as a stream", packing.streamed(files), Said(ACCEPTED, "ceremony")),
        ("packed with dots and folders", packing.dotted(files), Said(ACCEPTED, "ceremony")),
        ("packed with backslashes", packing.backslashed(files), Said(ACCEPTED, "ceremony")),
        ("packed in a folder above another copy", packing.foldered(files, before), Said(ACCEPTED, "ceremony")),
        ("two copies side by side", packing.side_by_side(files, before), Said(OPEN, "setup")),
        ("a tile of two readings", packing.twice(files, tile, files[tile]), Said(OPEN, "ceremony", "BRD.2", tile)),
        ("a kept checkpoint that is packed otherwise", bzip, Said(OPEN, "ceremony", "BRD.1", FIRST)),
        ("a checkpoint that is a link", link, Said(OPEN, "setup", "BRD.1", LATEST)),
    ]
    return [Archive(name, raw, SHEETS[WHOLE], said) for name, raw, said in told]


def every() -> list[Archive]:
    """All archives, each of a name of its own."""
    held_as_they_are = [plain(name) for name in (*SO_FAR, *GOING_ON, *BROKEN)]
    carriers = (carried(), tiles(), torn(), packed())
    parts = (trusted(), held_as_they_are, lasting(), *carriers, forked(), dated(), timed(), manifests())
    return [archive for part in parts for archive in part]
