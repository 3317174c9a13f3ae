"""The report as a value: what it adds to the verdict, its one JSON, its digest, and the commands that put it out."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus import boards
from tests.support import copies
from tests.support.copies import NOW, witness_key
from verifier.audit import trust
from verifier.audit.timeline import Event, Timeline, Witnessed
from verifier.audit.verdict import Line
from verifier.desk.commands import output
from verifier.desk.commands.main import main
from verifier.desk.report import report
from verifier.desk.report.events import date, events
from verifier.desk.report.report import Archive
from verifier.election.register import Register
from verifier.election.tally import Tally
from verifier.errors import Malformed
from verifier.log import policy
from verifier.log.checkpoint import Checkpoint, Cosignature, SignedCheckpoint
from verifier.log.note import Note
from verifier.log.reading import Kept
from verifier.place import Place
from verifier.proof import backend
from verifier.rule import Step
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICY = trust.decode(boards.honest().sheet).witnesses


def whole() -> report.Report:
    board = boards.honest()
    return copies.audit(board.files, board.sheet)


def archive(directory: Path, files: Mapping[str, bytes], sheet: bytes) -> tuple[str, str]:
    """The board and its sheet on disk."""
    for name, data in files.items():
        path = directory / "board" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (directory / "trust.txt").write_bytes(sheet)
    return str(directory / "board"), str(directory / "trust.txt")


# Fingerprints.


def test_fingerprints_are_those_of_the_records_and_the_sheet() -> None:
    board, told = boards.honest(), whole()
    held = [(raw, CODEC.decode(raw)) for raw in board.records]
    sheet = trust.decode(board.sheet)
    prints = told.fingerprints
    assert prints["log key"] == sheet.log_keys[0].public.hex()
    assert prints["manifest"] == sha256(board.records[0]).hexdigest()
    registers = {
        f"register {record.commission}": record.blob.sha256.hex() for _, record in held if isinstance(record, Register)
    }
    assert registers
    assert registers.items() <= prints.items()
    assert prints["tally"] == next(sha256(raw).hexdigest() for raw, record in held if isinstance(record, Tally))
    assert [prints[f"witness w{n + 1}"] for n in range(3)] == [witness_key(n).public.hex() for n in range(3)]
    assert prints["root"] == sha256(sheet.roots[0].der).hexdigest()
    assert all(len(value) == 64 for value in prints.values())


def test_the_verifier_on_the_sheet_has_a_fingerprint_of_its_own() -> None:
    board = boards.honest()
    told = copies.audit(board.files, board.sheet + b"verifier " + b"ab" * 32 + b"\n")
    assert told.fingerprints == whole().fingerprints | {"verifier": "ab" * 32}


def test_the_archive_is_named_by_its_checkpoint_and_by_who_vouches_for_it() -> None:
    board, told = boards.honest(), whole()
    assert told.archive == Archive(
        told.archive.origin if told.archive else "",
        len(board.records),
        copies.body(board.records).root.hex(),
        sha256(board.files["checkpoint"]).hexdigest(),
        "witnesses",
    )
    words: dict[str, list[str]] = {"witness": [], "group": [], "quorum": []}
    bare = copies.audit(board.files, copies.sheet(board.records[0], [], **words))
    others = [boards.judge(next(told for told in boards.LIES if told.expect == id)) for id in ("BRD.4", "BRD.1")]
    assert [one.archive.vouched for one in (bare, *others) if one.archive] == ["log", "log", "nobody"]
    assert copies.audit({}, board.sheet).archive is None


# The time line.


def test_the_time_line_has_each_step_at_the_record_that_took_it() -> None:
    board, told = boards.honest(), whole()
    kinds = [type(CODEC.decode(raw)).__name__.lower() for raw in board.records]
    steps = [event.step for event in told.timeline]
    once = ["manifest", "opening", "first ballot", "last ballot", "close", "freeze", "tally"]
    assert [step for step in steps if step in once] == once
    assert (steps.count("mix"), steps.count("share")) == (kinds.count("mix"), kinds.count("share"))
    at = {event.step: event.record for event in told.timeline}
    assert at["first ballot"] == kinds.index("ballot")
    assert at["last ballot"] == len(kinds) - 1 - kinds[::-1].index("ballot")
    assert at["close"] == kinds.index("close")
    assert kinds[at["opening"]] == kinds[at["freeze"]] == kinds[at["tally"]] == "signature"
    assert at["opening"] < at["first ballot"]
    assert [event.record for event in told.timeline] == sorted(event.record for event in told.timeline)


def test_without_witnesses_no_times_are_shown() -> None:
    board = boards.honest()
    words: dict[str, list[str]] = {"witness": [], "group": [], "quorum": []}
    told = copies.audit(board.files, copies.sheet(board.records[0], [], **words))
    assert told.timeline
    assert {(event.after, event.before) for event in told.timeline} == {(None, None)}
    seen = whole().timeline
    half = len(board.records) // 2
    assert {event.before for event in seen} == {NOW}
    assert {event.after for event in seen} == {None, NOW}
    assert all((event.after is None) == (event.record < half) for event in seen)


def kept(size: int, times: Mapping[int, int]) -> Kept:
    """A checkpoint of this size that witnesses cosigned at these times."""
    lines = tuple(Cosignature(witness_key(number), time) for number, time in times.items())
    return Kept("", SignedCheckpoint(Checkpoint("", size, b""), Note(b"", ()), b""), lines)


checkpoints = st.lists(
    st.builds(kept, st.integers(0, 9), st.dictionaries(st.integers(0, 2), st.integers(1, 99))), max_size=6
)


@given(checkpoints, st.integers(0, 9))
def test_bounds_are_those_of_the_definition(held: list[Kept], index: int) -> None:
    """E9: `up` from a checkpoint that covers the record, `low` from one that does not (specs/log.md §6.5)."""
    assert POLICY is not None
    dated = date(Event("close", index), Witnessed.of(POLICY, held))
    ups = [policy.earliest(POLICY, one.cosignatures) for one in held if one.signed.body.size > index]
    lows = [policy.latest(POLICY, one.cosignatures) for one in held if one.signed.body.size <= index]
    assert dated.before == min((time for time in ups if time is not None), default=None)
    assert dated.after == max((time for time in lows if time is not None), default=None)


def test_a_freeze_after_which_nothing_is_mixed_is_still_a_freeze() -> None:
    board, line = boards.honest(), Timeline()
    kept = list(map(CODEC.decode, board.records))
    signature = next(held for held in kept if type(held).__name__ == "Signature")
    taken = [next(held for held in kept if type(held).__name__ == name) for name in ("Opening", "Close", "Freeze")]
    for index, record in enumerate(taken):
        line.see(index, Step(signature, effective=record))
    line.see(len(taken), Step(signature))
    assert [event.step for event in events(line, None, [])] == ["opening", "close", "freeze"]


# JSON and digest.


def test_the_report_reads_back_what_it_writes() -> None:
    told = whole()
    assert report.decode(report.encode(told)) == told
    assert report.encode(report.decode(report.encode(told))) == report.encode(told)


@given(st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b'{"verdict": "accepted"}', b"\xff"]))
def test_what_is_no_report_is_malformed(raw: bytes) -> None:
    with pytest.raises(Malformed, match="not the report"):
        report.decode(raw)


def test_the_digest_covers_everything_but_the_environment() -> None:
    told = whole()
    same = msgspec.structs.replace(told, environment={"time": "2023-04-09T00:00:00Z"})
    assert report.digest(same) == report.digest(told)
    changes = {"phase": "voting", "void": 1, "stands": True, "findings": (Line("KEY.7", Place(), ""),), "results": ()}
    others = {report.digest(msgspec.structs.replace(told, **{name: value})) for name, value in changes.items()}
    assert len(others | {report.digest(told)}) == len(changes) + 1


def test_withheld_contests_are_named() -> None:
    told = whole()
    named = {result.contest for result in told.results} | {contest.contest for contest in told.withheld}
    assert len(told.results) + len(told.withheld) == len(named) == told.figures["contests"]
    counted = [result.counted for result in told.results] + [contest.counted for contest in told.withheld]
    assert sum(counted) == told.figures["counted"]
    for result in told.results:
        assert result.options.keys() == result.votes.keys()


# Commands.


def run(*line: str) -> subprocess.CompletedProcess[bytes]:
    command = [str(Path(sys.executable).with_name("aikyn-verify")), *line]
    return subprocess.run(command, capture_output=True, check=False, env={**os.environ, "COLUMNS": "120"})


@pytest.mark.process
@pytest.mark.skipif(not backend.NAME.startswith("kernel"), reason="compares the kernel with libsodium")
def test_kernel_and_libsodium_give_the_same_report(tmp_path: Path) -> None:
    board = boards.honest()
    directory, sheet = archive(tmp_path, board.files, board.sheet)
    told = [
        run("election", directory, "--trust", sheet, "--json", "--backend", name) for name in ("kernel", "libsodium")
    ]
    assert [one.returncode for one in told] == [0, 0]
    by_kernel, by_libsodium = (report.decode(one.stdout) for one in told)
    assert by_kernel.environment["backend"] != by_libsodium.environment["backend"]
    assert report.digest(by_kernel) == report.digest(by_libsodium) == report.digest(whole())
    bare = [msgspec.structs.replace(one, environment={}) for one in (by_kernel, by_libsodium)]
    assert report.encode(bare[0]) == report.encode(bare[1])


@pytest.mark.parametrize(("language", "word"), [("en", "ACCEPTED"), ("ky", "КАБЫЛ АЛЫНДЫ"), ("ru", "ПРИНЯТО")])
def test_a_kept_report_is_put_out_again_as_it_was(tmp_path: Path, language: str, word: str) -> None:
    file, html = tmp_path / "report.json", tmp_path / "report.html"
    file.write_bytes(report.encode(whole()))
    done = CliRunner().invoke(main, ["report", str(file), "--lang", language, "--html", str(html)])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{word} · ")
    assert f'lang="{language}"' in html.read_text()
    again = CliRunner().invoke(main, ["report", str(file), "--json"])
    assert again.stdout_bytes == file.read_bytes()


def test_a_kept_report_that_rejects_ends_so(tmp_path: Path) -> None:
    told = boards.judge(next(lie for lie in boards.LIES if lie.expect == "BRD.3"))
    file = tmp_path / "report.json"
    file.write_bytes(report.encode(told))
    done = CliRunner().invoke(main, ["report", str(file)])
    assert done.exit_code == 1
    assert "BRD.3" in done.output
    assert "REJECTED" in done.output
    file.write_bytes(b"{}")
    assert CliRunner().invoke(main, ["report", str(file)]).exit_code == 2


def test_where_typst_is_missing_that_is_said_before_the_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "find_spec", lambda _name: None)
    file = tmp_path / "report.json"
    file.write_bytes(report.encode(whole()))
    done = CliRunner().invoke(main, ["report", str(file), "--pdf", str(tmp_path / "report.pdf")])
    assert done.exit_code == 2
    assert "pip install 'aikyn[pdf]'" in done.output
    assert not (tmp_path / "report.pdf").exists()
