"""Commands that ask about single things: receipts, an opened ballot, a transcript, two copies."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verifier.audit import standing
from verifier.audit.audit import Audit
from verifier.audit.compare import compare
from verifier.client.copy import opened
from verifier.desk.commands import closeup
from verifier.desk.commands.options import (
    BACKEND,
    BOARD,
    EVIDENCE,
    FILE,
    TRUST,
    UNCHECKED,
    Bars,
    ending,
    keep,
    read_sheet,
)
from verifier.desk.report.language import LANGUAGES, Language, visible, words
from verifier.errors import Incomplete, VerifierError
from verifier.records import kind
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verifier.audit.standing import Answer, Promise
    from verifier.audit.trust import TrustSheet
    from verifier.log.note import Key

WORST = (0, UNCHECKED, 1)


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
    """Verify receipts, one or thousands: the board has promised, before the witnesses, to keep these records."""
    every = list(_files(files))
    if record and len(every) > 1:
        raise click.BadParameter("goes with one receipt", param_hint="--record")
    trust = read_sheet(sheet)
    with ending(evidence):
        answers = _stand(board, trust, every, record) if board else _promised(trust, every, record)
        for answer in answers:
            click.echo(_object(answer) if as_json else _line(answer))
        keep((answer.refused for answer in answers if answer.refused), evidence)
    if not as_json:
        _sum_up(answers, known=board is not None)
    unknown = UNCHECKED if trust.witnesses is None or not answers else 0
    if trust.witnesses is None:
        click.echo(
            "COULD NOT BE CHECKED: the trust sheet has no quorum of witnesses; others may see another log", err=True
        )
    sys.exit(max((unknown, *(standing.STATUS[answer.standing] for answer in answers)), key=WORST.index))


def _files(given: tuple[Path, ...]) -> Iterator[Path]:
    """Each file once; of a folder all but the hidden ones."""
    met = set()
    for path in given:
        for file in sorted(path.rglob("[!.]*")) if path.is_dir() else [path]:
            if file.is_file() and (real := file.resolve()) not in met:
                met.add(real)
                yield file


def _stand(board: str, trust: TrustSheet, files: list[Path], record: Path | None) -> list[Answer]:
    with Bars() as bars, opened(board, None, bars) as read:
        audit = Audit(read, trust, bars)
        log = audit.replay()
        log.check_latest(audit.keys, trust.witnesses)
        audit.check_manifest()
        held = ((str(file), _read(file, record, trust, audit.keys)) for file in files)
        return standing.Board(audit, log).answer(held)


def _read(file: Path, record: Path | None, trust: TrustSheet, keys: Sequence[Key]) -> Promise | VerifierError:
    """A receipt from its file, or what is wrong with it."""
    try:
        return standing.read(file.read_bytes(), record.read_bytes() if record else b"", trust, keys)
    except VerifierError as error:
        return error
    except OSError as error:
        return Incomplete(f"the file cannot be read: {error.strerror}")


def _promised(trust: TrustSheet, files: list[Path], record: Path | None) -> list[Answer]:
    """Without the board: whether it has promised."""
    held = ((str(file), _read(file, record, trust, trust.log_keys)) for file in files)
    return [standing.promised(*one, trust) for one in held]


def _line(answer: Answer) -> str:
    number = "" if answer.record is None else f"record {answer.record}, "
    tracker = f", tracker {answer.tracker}" if answer.tracker else ""
    return visible(f"{answer.standing:10} {answer.file}: {number}{answer.detail}{tracker}")


def _object(answer: Answer) -> str:
    return json.dumps({name: value for name, value in answer._asdict().items() if name != "refused"})


def _sum_up(answers: list[Answer], *, known: bool) -> None:
    counts = Counter(answer.standing for answer in answers)
    click.echo(
        ", ".join(f"{count:,} {standing}" for standing, count in counts.items()) or "There are no receipts here."
    )
    if known:
        click.echo("This does not show how anyone voted.")
    else:
        click.echo("PROMISED: part of the log that everyone sees. With --board: what has become of each record.")


def _read_tracker(_context: click.Context, _option: click.Parameter, tracker: str) -> str:
    """The digits, however they were grouped."""
    digits = re.sub(r"[\s:-]", "", tracker).lower()
    if not re.fullmatch("[0-9a-f]{1,64}", digits):
        raise click.BadParameter("a tracker is 64 hexadecimal digits, of which the first are enough")
    return digits


@click.command()
@BOARD
@TRUST
@BACKEND
@click.option(
    "--tracker",
    required=True,
    callback=_read_tracker,
    help="The tracker on the voter's screen, or its first characters.",
)
@click.option("--lang", "language", type=click.Choice(LANGUAGES), default="en", help="Language of the options.")
def challenge(board: str, sheet: Path, tracker: str, language: Language, **_: object) -> None:
    """Open a challenged ballot: what the voter's device had sealed, to compare with what the voter chose."""
    trust = read_sheet(sheet)
    with ending(), opened(board) as read:
        found = closeup.open_challenge(read, trust, tracker)
    text = words(language).text
    click.echo(f"record {found.record}, tracker {found.tracker.hex()}\n{visible(text(found.contest.title))}:")
    for mark in found.choice:
        click.echo(f"  {visible(text(found.contest.options[mark - 1].name))}")
    if not found.choice:
        click.echo("  (no option is marked)")
    click.echo("The opening is right: this and nothing else was sealed. A challenged ballot is never counted.")


@click.command()
@BOARD
@click.argument("number", metavar="RECORD", type=click.IntRange(min=0))
@TRUST
@BACKEND
def trace(board: str, number: int, sheet: Path, **_: object) -> None:
    """Print what the transcripts of a record's proofs hash, line by line, to find where another program differs."""
    trust = read_sheet(sheet)
    with ending(), opened(board) as read:
        claims = closeup.trace(read, trust, number, click.echo)
    holds = "and what it claims holds" if claims else "and claims nothing that takes a proof"
    click.echo(f"The record is admissible, {holds}.", err=True)


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@TRUST
@EVIDENCE
def diff(first: str, second: str, sheet: Path, evidence: Path | None) -> None:
    """Compare two copies of one log: equal, one the beginning of the other, or a fork, which proves the log a liar."""
    trust = read_sheet(sheet)
    with ending(evidence), opened(first) as one, opened(second) as other:
        found = compare(one, other, trust)
    said = {
        "equal": f"EQUAL: both copies have the same {found.size:,} entries.",
        "prefix": f"PREFIX: A, {found.size:,} entries, is the beginning of B, which has {found.other:,}:",
        "extension": f"EXTENSION: A, {found.size:,} entries, goes on where B ends, at {found.other:,}:",
    }
    click.echo(said[found.relation])
    for name, count in Counter(_kind(raw) for raw in found.added).items():
        click.echo(f"  {count:,} more of {name}")


def _kind(raw: bytes) -> str:
    try:
        return kind(CODEC.decode(raw))
    except VerifierError:
        return "no known kind"


COMMANDS = (receipt_, challenge, trace, diff)
