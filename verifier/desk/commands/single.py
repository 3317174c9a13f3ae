"""Commands that ask about single things: receipts, an opened ballot, a transcript, two copies."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verifier.audit import standing
from verifier.audit.audit import Audit
from verifier.audit.compare import compare
from verifier.audit.verdict import Line
from verifier.client import text, tracking
from verifier.client.copy import opened
from verifier.client.evidence import gather
from verifier.desk.commands import closeup
from verifier.desk.commands.options import (
    BACKEND,
    BOARD,
    EVIDENCE,
    FILE,
    REJECTED,
    TRUST,
    UNCHECKED,
    Bars,
    ending,
    keep,
    read_sheet,
)
from verifier.desk.commands.speech import LANG, explained, spoken, stated, tell, told, warn
from verifier.desk.report.letters import visible
from verifier.desk.report.report import EXIT
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError, say
from verifier.log.reading import LATEST
from verifier.log.receipt import MAX_RECEIPT
from verifier.place import NOWHERE
from verifier.records import kind
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verifier.audit.standing import Answer, Promise, Standing
    from verifier.audit.trust import TrustSheet
    from verifier.client.files import Directory, Zip
    from verifier.log.note import Key
    from verifier.log.reading import Log

# fmt: off
STATUS: dict[Standing, int] = {  # the exit status of each
    "PROMISED": 0, "PRESENT": 0, "SUPERSEDED": 0, "OVERRIDDEN": 0, "CHALLENGED": 0,
    "VOID": REJECTED, "ABSENT": REJECTED, "CLASH": REJECTED, "MALFORMED": UNCHECKED, "UNCHECKED": UNCHECKED,
}
# fmt: on
LITTER = {
    "Thumbs.db",
    "desktop.ini",
    "ehthumbs.db",
}  # what Windows leaves in folders; hidden files are passed over, too


def worst(*statuses: int) -> int:
    """The exit status of several: what is false stands above what could not be checked."""
    return max(statuses, key=(0, UNCHECKED, REJECTED).index)


@click.command("receipt")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE_OR_FOLDER…", type=click.Path(exists=True, path_type=Path)
)
@TRUST
@BACKEND
@EVIDENCE
@click.option("--board", metavar="DIR_ZIP_OR_URL", help="A copy of the board: say what has become of each record.")
@click.option("--record", type=FILE, help="The record of a receipt that does not carry it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@LANG
def receipt_(
    files: tuple[Path, ...],
    sheet: Path,
    evidence: Path | None,
    board: str | None,
    record: Path | None,
    *,
    as_json: bool,
    **_: object,
) -> None:
    """Verify receipts, one or thousands.

    A true receipt shows that the board promised, before the witnesses, to keep its record. With --board: what has
    become of the record.
    """
    every = list(_files(files))
    if record and len(every) > 1:
        raise click.BadParameter(spoken()["asked.record"], param_hint="--record")
    trust = read_sheet(sheet)
    with ending():
        status, answers = _stand(board, trust, every, record, evidence) if board else _promised(trust, every, record)
        for answer in answers:
            click.echo(_object(answer) if as_json else _line(answer))
    if not as_json:
        _sum_up(answers, known=board is not None)
    unknown = UNCHECKED if trust.witnesses is None or not answers else 0
    if trust.witnesses is None:
        warn("ended.incomplete", said=spoken()["receipts.quorum"])
    sys.exit(worst(status, unknown, *(STATUS[answer.standing] for answer in answers)))


def _files(given: tuple[Path, ...]) -> Iterator[Path]:
    """Each file once; in a folder, all files except hidden ones and those that systems leave there."""
    met = set()
    for path in given:
        for file in sorted(path.rglob("[!.]*")) if path.is_dir() else [path]:
            if path.is_dir() and file.name in LITTER:
                warn("receipts.passed", path=file)
            elif file.is_file() and (real := file.resolve()) not in met:
                met.add(real)
                yield file


def _stand(
    board: str, trust: TrustSheet, files: list[Path], record: Path | None, evidence: Path | None
) -> tuple[int, list[Answer]]:
    with Bars() as bars, opened(board, trust, None, bars) as copy:
        status, audit = _audit(copy, trust, bars)
        held = ((str(file), _read(file, record, trust, audit.keys)) for file in files)
        answers = standing.AuditedBoard(audit).answer(held)
        refused = [answer.refused for answer in answers if isinstance(answer.refused, Rejected)]
        keep(gather([*refused, *audit.notes.refused], copy), evidence)
    return status, answers


def _audit(copy: Directory | Zip, trust: TrustSheet, bars: Bars, name: str = "") -> tuple[int, Audit]:
    """Audit the whole board before answering a question about it; what is wrong with it comes above the answer."""
    audit = Audit(copy, trust, bars, kept=copy.kept)
    outcome = audit.run()
    skipped = [Line(check.id, NOWHERE, check.detail) for check in outcome.checks if check.status == "SKIPPED"]
    for line in (*outcome.failures, *outcome.notes.missing, *skipped)[:1]:
        said = stated(line.id, line.where.within(copy=name), line.detail)
        warn("ended.rejected" if outcome.failures else "ended.incomplete", said=said)
        warn("ended.first")
    return EXIT[outcome.verdict], audit


def _log(audit: Audit) -> Log:
    """The log, which has signed this copy of the board."""
    if audit.log is None:
        raise Incomplete("the log is not known to have signed this copy of the board", LATEST)
    return audit.log


def _read(file: Path, record: Path | None, trust: TrustSheet, keys: Sequence[Key]) -> Promise | VerifierError:
    """A receipt from its file, or what is wrong with it."""
    try:
        return standing.read(text.plain(_beginning(file)).data, _beginning(record) if record else b"", trust, keys)
    except VerifierError as error:
        return error
    except OSError as error:
        return Incomplete(say("this file cannot be read: {}", error.strerror or str(error)))


def _beginning(file: Path) -> bytes:
    """A file, or as much of it as shows that it is too long for a receipt."""
    with file.open("rb") as opened_:
        return opened_.read(MAX_RECEIPT + 1)


def _promised(trust: TrustSheet, files: list[Path], record: Path | None) -> tuple[int, list[Answer]]:
    """The answers without a copy of the board: whether it has promised."""
    held = ((str(file), _read(file, record, trust, trust.log_keys)) for file in files)
    return 0, [standing.promised(*one, trust) for one in held]


def _line(answer: Answer) -> str:
    w = spoken()
    number = "" if answer.record is None else w.say("place.record", number=str(answer.record))
    code = w.say("receipts.code", code=tracking.encode(bytes.fromhex(answer.tracker))) if answer.tracker else ""
    said = explained(answer.refused) if answer.refused else told(answer.detail)
    stands = w.name("standings", answer.standing)
    return visible(f"{stands:10} {answer.file}: {', '.join(filter(None, (number, said, code)))}")


def _object(answer: Answer) -> str:
    shown = {name: value for name, value in answer._asdict().items() if name != "refused"}
    code = tracking.encode(bytes.fromhex(answer.tracker)) if answer.tracker else ""
    return json.dumps(shown | {"detail": str(answer.detail), "code": code})


def _sum_up(answers: list[Answer], *, known: bool) -> None:
    counts = Counter(spoken().name("standings", answer.standing) for answer in answers)
    shown = ", ".join(f"{spoken().number(count)} {stands}" for stands, count in counts.items())
    click.echo(shown or spoken()["receipts.none"])
    tell("receipts.votes" if known else "receipts.promised")


def _read_tracker(_context: click.Context, _option: click.Parameter, typed: str) -> str:
    """The code or tracker as it was typed, if it is one."""
    try:
        tracking.read(typed)
    except Malformed as error:
        raise click.BadParameter(explained(error)) from error
    return typed


@click.command()
@BOARD
@TRUST
@BACKEND
@click.option(
    "--tracker",
    required=True,
    callback=_read_tracker,
    help="The tracking code on the voter's screen (26 letters and digits), or its first characters.",
)
@LANG
def challenge(board: str, sheet: Path, tracker: str, **_: object) -> None:
    """Open a challenged ballot: show what the device had sealed.

    Compare it with what the voter chose.
    """
    trust = read_sheet(sheet)
    with ending(), Bars() as bars, opened(board, trust, None, bars) as copy:
        status, audit = _audit(copy, trust, bars)
        found = closeup.open_challenge(copy, _log(audit), tracker, audit.notes.void | audit.loose)
    w = spoken()
    place, code = w.say("place.record", number=str(found.record)), tracking.encode(found.tracker)
    tell("challenge.found", record=place, code=code, tracker=found.tracker.hex(), title=w.text(found.contest.title))
    for mark in found.choice:
        click.echo(visible(f"  {mark}. {w.text(found.contest.options[mark - 1].name)}"))
    if not found.choice:
        tell("challenge.none")
    tell("challenge.right")
    sys.exit(status)


@click.command()
@BOARD
@click.argument("number", metavar="RECORD", type=click.IntRange(min=0))
@TRUST
@BACKEND
@LANG
def trace(board: str, number: int, sheet: Path, **_: object) -> None:
    """Print what the proofs of a record hash, line by line.

    It shows where another program differs. RECORD is the record's number on the log; the first is 0.
    """
    trust = read_sheet(sheet)
    with ending(), Bars() as bars, opened(board, trust, None, bars) as copy:
        status, audit = _audit(copy, trust, bars)
        claims = closeup.trace(copy, _log(audit), number, click.echo, audit.notes.void | audit.loose)
    warn("trace.claims" if claims else "trace.nothing")
    sys.exit(status)


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@TRUST
@EVIDENCE
@LANG
def diff(first: str, second: str, sheet: Path, evidence: Path | None) -> None:
    """Compare two copies of one log.

    They are equal, or one is the beginning of the other, or they are a fork, which proves that the log lied.
    """
    trust = read_sheet(sheet)
    with ending(), Bars() as bars, opened(first, trust, None, bars) as one, opened(second, trust, None, bars) as other:
        (a, log), (b, later) = (
            (status, _log(audit)) for status, audit in (_audit(one, trust, bars, "A"), _audit(other, trust, bars, "B"))
        )
        try:
            found = compare(log, later)
        except Rejected as error:
            keep(gather([error], one, other), evidence)
            raise
    tell(f"diff.{found.relation}", size=found.size, other=found.other)
    for name, count in Counter(_kind(raw) for raw in found.added).items():
        tell("diff.more", count=count, kind=spoken().name("kinds", name))
    sys.exit(worst(a, b))


def _kind(raw: bytes) -> str:
    try:
        return kind(CODEC.decode(raw))
    except VerifierError:
        return "?"


COMMANDS = (receipt_, challenge, trace, diff)
