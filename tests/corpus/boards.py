"""Lies about the log itself and what is on the trust sheet: copies of a board that a competent operator publishes."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace
from nacl.signing import SigningKey

from bulletin.office.people import BORN, LIFE, Authority
from tests.corpus import replay
from tests.corpus.odd import DAY
from tests.support import copies
from tests.support.copies import KEY, NOW, WITNESSES, Files, body, publish, sheet, sign, stamped, witness_key
from verifier.election.ballot import Ballot
from verifier.log import checkpoint, note
from verifier.log.checkpoint import Checkpoint
from verifier.log.note import COSIGNATURE, Key, Note, SignatureLine
from verifier.log.tree import compute_root, hash_leaf
from verifier.records import encode
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.audit.verdict import Line, Verdict
    from verifier.desk.report.report import Report
    from verifier.rule import Finding

STRANGER = SigningKey(b"a key that nobody has introduced")
LATEST, KEPT, LAST = "checkpoint", "checkpoints/0", "checkpoints/1"


class Board(NamedTuple):
    """A copy of the honest twin's board and the sheet it is judged by."""

    records: list[bytes]
    files: Files
    sheet: bytes


class Lie(NamedTuple):
    """What the operator does, or whoever keeps the copy; the clause that is told first, where, and the verdict."""

    name: str
    expect: str
    where: str
    verdict: Verdict
    tell: Callable[[Board], Board]


def audit(board: Board, **files: bytes | None) -> Report:
    """The audit of a copy in which some files are others, or gone."""
    changed = {name: data for name, data in (board.files | files).items() if data is not None}
    return copies.audit(changed, board.sheet)


LIES: list[Lie] = []


def lie(expect: str, where: str, verdict: Verdict = "rejected") -> Callable[[Callable[[Board], Board]], None]:
    """Enter a lie."""

    def enter(tell: Callable[[Board], Board]) -> None:
        LIES.append(Lie(tell.__name__.replace("_", " "), expect, where, verdict, tell))

    return enter


def open_(expect: str, where: str) -> Callable[[Callable[[Board], Board]], None]:
    """Enter what a carrier without a key could have done: it accuses nobody."""
    return lie(expect, where, "could not be checked")


def found(expect: str, where: str) -> Callable[[Callable[[Board], Board]], None]:
    """Enter what is left out, and reported."""
    return lie(expect, where, "accepted with findings")


@cache
def honest() -> Board:
    """The whole election's board."""
    file = replay.load()
    whole = replay.Replay(file, {"log": [[0, len(file["honest"]["records"])]]})
    return Board(whole.records, publish(whole.records, whole.blobs), sheet(whole.records[0], whole.roots))


def judge(told: Lie) -> Report:
    """What an auditor says of the copy."""
    return audit(told.tell(honest()))


def first(report: Report) -> tuple[str, str]:
    """The clause that is told first, and where: what is false, else what is open, else what was found."""
    every: tuple[Line | Finding, ...] = (*report.failures, *report.incomplete, *report.findings)
    line = every[0]
    return line.id, str(line.where)


def _with(board: Board, **files: bytes) -> Board:
    """The copy with other checkpoints: `latest`, or `kept`, the first one."""
    named = {"latest": LATEST, "kept": KEPT}
    return board._replace(files=board.files | {named[name]: data for name, data in files.items()})


def _lines(board: Board, *more: SignatureLine, drop: int = 0, file: str = LATEST) -> bytes:
    """A checkpoint with lines added, or the last `drop` left away."""
    opened = note.decode(board.files[file])
    return note.encode(Note(opened.text, (*opened.signatures[: len(opened.signatures) - drop], *more)))


def _forged(board: Board) -> Checkpoint:
    """The right size with another root."""
    return body(board.records)._replace(root=bytes(32))


def _false(board: Board, file: str = LATEST) -> bytes:
    """A checkpoint whose log signature is not one."""
    opened = note.decode(board.files[file])
    first, *others = opened.signatures
    return note.encode(Note(opened.text, (first._replace(blob=bytes(64)), *others)))


@open_("BRD.1", LATEST)
def a_checkpoint_that_a_stranger_signed(board: Board) -> Board:
    return _with(board, latest=sign(body(board.records), by=STRANGER))


@open_("BRD.1", LATEST)
def a_log_that_a_stranger_made_up(board: Board) -> Board:
    """Records that break every rule, under a signature that binds nobody."""
    records = [board.records[5], *board.records[30:]]
    return board._replace(files=board.files | publish(records, {}, STRANGER))


@open_("BRD.1", LATEST)
def a_checkpoint_with_a_false_signature(board: Board) -> Board:
    return _with(board, latest=_false(board))


@open_("BRD.1", LATEST)
def a_false_signature_under_another_root(board: Board) -> Board:
    """Who signs wrongly is not asked about the tree."""
    forged = _with(board, latest=sign(_forged(board)))
    return _with(board, latest=_false(forged))


@open_("BRD.1", LATEST)
def a_checkpoint_of_another_log(board: Board) -> Board:
    return _with(board, latest=sign(body(board.records)._replace(origin="other.example")))


@open_("BRD.1", KEPT)
def a_kept_checkpoint_that_a_stranger_signed(board: Board) -> Board:
    return _with(board, kept=sign(body(board.records[:9]), by=STRANGER))


@open_("BRD.1", KEPT)
def a_kept_checkpoint_with_a_false_signature(board: Board) -> Board:
    return _with(board, kept=_false(board, KEPT))


@open_("BRD.2", LATEST)
def another_root_than_the_entries_lead_to(board: Board) -> Board:
    forged = sign(_forged(board))
    return board._replace(files=board.files | {LATEST: forged, LAST: forged})


@open_("BRD.2", LATEST)
def a_record_replaced_under_a_signed_root(board: Board) -> Board:
    """Entries and tiles agree with each other, and contradict what the log signed: anybody can make such files."""
    files = publish([*board.records[:30], b"another record", *board.records[31:]], {})
    return board._replace(files=board.files | {name: data for name, data in files.items() if name.startswith("tile")})


@lie("BRD.3", LAST)
def two_trees_of_one_size(board: Board) -> Board:
    """Signatures alone show it, whatever the files lead to."""
    return _with(board, latest=sign(_forged(board)))


@lie("BRD.3", KEPT)
def two_histories(board: Board) -> Board:
    other = [*board.records[:20], b"what others saw"]
    return _with(board, kept=sign(Checkpoint(KEY.name, 21, compute_root(map(hash_leaf, other)))))


@lie("BRD.3", KEPT)
def a_ballot_dated_back(board: Board) -> Board:
    """The last ballot is moved to before what the witnesses had seen; nothing else is wrong with the log."""
    number = max(index for index, record in enumerate(board.records) if isinstance(CODEC.decode(record), Ballot))
    early = [*board.records[: number - 2], board.records[number], *board.records[number - 2 : number]]
    blobs = {name: data for name, data in board.files.items() if name.startswith("blobs")}
    files = blobs | publish([*early, *board.records[number + 1 :]], {})
    return board._replace(files=files | {KEPT: sign(body(board.records[:number]))})


@lie("BRD.3", "checkpoints/9")
def two_histories_behind_a_gap(board: Board) -> Board:
    other = [*board.records[:20], b"what others saw"]
    fork = sign(Checkpoint(KEY.name, 21, compute_root(map(hash_leaf, other))))
    return board._replace(files=board.files | {"checkpoints/9": fork})


@lie("BRD.3", "checkpoints/3")
def two_histories_of_more_than_the_copy_has(board: Board) -> Board:
    """The copy ends before both of them."""
    size = len(board.records) + 3
    forks = [sign(Checkpoint(KEY.name, size, bytes([number]) * 32)) for number in (1, 2)]
    return board._replace(files=board.files | {"checkpoints/2": forks[0], "checkpoints/3": forks[1]})


@lie("BRD.3", KEPT)
def two_histories_beside_damage(board: Board) -> Board:
    """The tiles are gone; what the log signed of one size is enough."""
    files = {name: data for name, data in board.files.items() if not name.startswith("tile")}
    return _with(board._replace(files=files), kept=sign(_forged(board)))


@open_("BRD.4", LATEST)
def a_log_cut_short(board: Board) -> Board:
    """The operator hides the end, and what it had published of it; witnesses cosign no shorter log."""
    cut = board.records[:-9]
    alone = sign(body(cut), ())
    return board._replace(files=board.files | copies.tiled(cut) | {LATEST: alone, LAST: alone})


@open_("BRD.4", LATEST)
def one_witness_of_two(board: Board) -> Board:
    return _with(board, latest=sign(body(board.records), (2,)))


@open_("BRD.4", LATEST)
def one_witness_twice(board: Board) -> Board:
    return _with(board, latest=sign(body(board.records), (2, 2)))


@open_("BRD.4", LATEST)
def a_witness_that_nobody_knows(board: Board) -> Board:
    text = note.decode(board.files[LATEST]).text
    key = Key("w9.example", COSIGNATURE, bytes(STRANGER.verify_key))
    signature = STRANGER.sign(checkpoint.cosigned_message(key, text, NOW)).signature
    return _with(board, latest=_lines(board, checkpoint.encode_cosignature(key, NOW, signature), drop=1))


@open_("BRD.4", LATEST)
def a_cosignature_with_another_time(board: Board) -> Board:
    signature = note.decode(board.files[LATEST]).signatures[1].blob[8:]
    return _with(board, latest=_lines(board, checkpoint.encode_cosignature(witness_key(1), NOW + 1, signature), drop=1))


@found("BRD.5", LATEST)
def a_third_cosignature_that_is_false(board: Board) -> Board:
    return _with(board, latest=_lines(board, checkpoint.encode_cosignature(witness_key(2), NOW, bytes(64))))


@found("BRD.5", LATEST)
def a_third_cosignature_with_another_time(board: Board) -> Board:
    signature = note.decode(sign(body(board.records), (2,))).signatures[1].blob[8:]
    return _with(board, latest=_lines(board, checkpoint.encode_cosignature(witness_key(2), NOW + 1, signature)))


@found("BRD.5", LATEST)
def a_cosignature_without_a_time(board: Board) -> Board:
    return _with(board, latest=_lines(board, SignatureLine(witness_key(2).name, witness_key(2).id, bytes(72))))


@found("BRD.5", KEPT)
def a_kept_checkpoint_with_a_false_cosignature(board: Board) -> Board:
    line = checkpoint.encode_cosignature(witness_key(2), NOW, bytes(64))
    return _with(board, kept=_lines(board, line, file=KEPT))


# The sheet.


def _sheet(board: Board, **lines: list[str]) -> Board:
    return board._replace(sheet=sheet(board.records[0], replay.Replay(replay.load(), {"log": []}).roots, **lines))


@lie("CFG.10", "record 0")
def another_manifest_than_on_the_sheet(board: Board) -> Board:
    return _sheet(board, manifest=["00" * 32])


def _renamed(board: Board, **changes: object) -> Board:
    """A log of one record: a manifest that names another log."""
    records = [encode(replace(CODEC.decode(board.records[0]), **changes))]
    return _sheet(Board(records, publish(records, {}), b""))


@lie("CFG.11", "record 0")
def a_manifest_of_another_origin(board: Board) -> Board:
    return _renamed(board, origin="other.example/log")


@lie("CFG.11", "record 0")
def a_manifest_with_another_log_key(board: Board) -> Board:
    return _renamed(board, log_key=bytes(STRANGER.verify_key))


def _asking(k: int) -> str:
    """A policy that asks for k of the sheet's three witnesses."""
    witnesses = [f"witness {name} {note.encode_key(witness_key(number))}" for number, name in enumerate("abc")]
    return "\n".join([*witnesses, f"group most {k} c b a", "quorum most", ""])


@lie("CFG.12", "record 0")
def a_manifest_that_asks_for_another_quorum(board: Board) -> Board:
    return _renamed(board, policy=_asking(3))


# The timetable, by an election that ends before LATER; its registers take effect at records 26 and 28.

OPENED, END = 32, NOW + DAY + 1


def _timed(*stamps: tuple[int, int]) -> Board:
    """The election up to its opening, which takes effect with the last record, seen by witnesses at these times."""
    file = replay.load()
    vector = next(vector for vector in file["accepted"] if vector["name"] == "an election that keeps its timetable")
    held = replay.Replay(file, vector)
    records = held.records[:OPENED]
    return Board(records, stamped(records, held.blobs, *stamps), sheet(records[0], held.roots))


@found("DUT.3", "record 26")
def registers_a_second_late(_: Board) -> Board:
    return _timed((24, END), (OPENED, END))


@found("DUT.4", "record 31")
def an_opening_a_second_early(_: Board) -> Board:
    return _timed((24, NOW - 1), (OPENED, NOW - 1))


@found("DUT.9", "record 26")
def registers_on_the_day_that_is_included(_: Board) -> Board:
    return _timed((24, NOW), (OPENED, END - DAY))


def _rooted(board: Board, *roots: bytes) -> Board:
    return _sheet(board, root=[b64encode(root).decode() for root in roots])


EXPIRED = int((BORN + LIFE).timestamp())
LATE = "record 30"  # the first signature that the kept checkpoint does not cover


def seen(board: Board, *times: int, file: str) -> Board:
    """The checkpoint, cosigned by the first witnesses at these times."""
    opened = note.decode(board.files[file])
    lines = [opened.signatures[0]]
    for number, time in enumerate(times):
        signature = (
            WITNESSES[number].sign(checkpoint.cosigned_message(witness_key(number), opened.text, time)).signature
        )
        lines.append(checkpoint.encode_cosignature(witness_key(number), time, signature))
    return board._replace(files=board.files | {file: note.encode(Note(opened.text, tuple(lines)))})


@lie("CRT.5", LATE)
def certificates_that_had_expired(board: Board) -> Board:
    """Voting lasts until the members' certificates are no longer valid; then the commission signs on."""
    board = seen(board, EXPIRED + 1, EXPIRED + 1, file=KEPT)
    return seen(seen(board, EXPIRED + 9, EXPIRED + 9, file="checkpoints/1"), EXPIRED + 9, EXPIRED + 9, file=LATEST)


@lie("CRT.5", LATE)
def one_witness_dates_back(board: Board) -> Board:
    """Two of three are a quorum: one who dates back does not bring a late signature into time."""
    board = seen(board, EXPIRED + 1, EXPIRED + 1, file=KEPT)
    return seen(seen(board, NOW, EXPIRED + 9, file="checkpoints/1"), NOW, EXPIRED + 9, file=LATEST)


@lie("CRT.5", "record 3")
def certificates_that_were_not_yet_valid(board: Board) -> Board:
    """Signatures that witnesses saw before any of the certificates began."""
    early = int(BORN.timestamp()) - 1
    return seen(board, early, early, file=KEPT)


@lie("CRT.4", "record 3")
def members_of_another_root(board: Board) -> Board:
    return _rooted(board, Authority("Another Root").der)


@lie("CRT.4", "record 3")
def a_root_of_the_same_name_with_another_key(board: Board) -> Board:
    return _rooted(board, Authority("Test Root").der)


@lie("CRT.4", "record 3")
def a_root_that_was_not_asked(board: Board) -> Board:
    """The right root is not on the sheet, two others are."""
    return _rooted(board, Authority("First Root").der, Authority("Second Root").der)
