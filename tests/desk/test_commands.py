"""`aikyn-verify` as people meet it: exit statuses, sentences, JSON, evidence, and what it says when asked wrongly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Response, request
from nacl.signing import SigningKey

from bulletin.operate.commands import main as board
from mixnet.commands import main as mix
from tests.corpus import boards
from tests.corpus.odd import ODD, hold
from tests.corpus.twin import Liar, honest, phases
from tests.support import copies
from tests.support.copies import body, publish, sheet, sign
from tests.support.desk import SHEET, UNWITNESSED, Desk, branch, files
from tests.support.elections import AUTHORITY
from tests.support.serving import answering
from verifier.audit.clauses import CLAUSES
from verifier.desk.commands import single, visitor
from verifier.desk.commands.main import main
from verifier.desk.report import report
from verifier.desk.report.catalogue import BLOCKS, CATALOGUE, MANUAL, SENTENCES, SERVED
from verifier.proof import backend


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# The election.


def test_status_0_is_accepted(desk: Desk) -> None:
    done = desk.ask("election", desk.copy(files(honest())))
    assert done.exit_code == 0
    assert done.output.startswith("ACCEPTED · the tally is certified\n")
    assert "--evidence" not in done.stderr


def test_status_1_is_rejected_and_evidence_is_written(desk: Desk) -> None:
    board = desk.copy(files(honest()) | {"checkpoints/2": files(branch())["checkpoint"]})
    done = desk.ask("election", board)
    assert done.exit_code == 1
    assert "BRD.3" in done.stdout
    assert "--evidence DIR writes them" in done.stderr
    evidence = desk.place / "proofs"
    done = desk.ask("election", board, "--evidence", str(evidence))
    [place] = evidence.iterdir()
    proofs = {(place / name).read_bytes() for name in ("first", "second")}
    assert proofs == {files(honest())["checkpoint"], files(branch())["checkpoint"]}
    assert done.stderr.count("Evidence: ") == 1


@pytest.mark.slow
def test_what_is_written_is_evidence_to_others_and_nothing_else_is_written(desk: Desk) -> None:
    """Trees of two sizes need a proof: it is made from the copy's tiles. What proves nothing leaves no file."""
    cut = publish(branch().records[:40], {})["checkpoint"]
    evidence = desk.place / "proofs"
    desk.ask("election", desk.copy(files(honest()) | {"checkpoints/2": cut}), "--evidence", str(evidence))
    [place] = evidence.iterdir()
    assert {path.name for path in place.iterdir()} == {"first", "second", "proof", "README"}
    done = desk.ask("evidence", str(place))
    assert (done.exit_code, "REJECTED: BRD.3" in done.stderr) == (1, True)
    assert "two histories" in (place / "README").read_text()
    for told in boards.LIES:
        if told.expect == "BRD.3":
            continue
        board = told.tell(boards.honest())
        desk.trust(board.sheet)
        other = desk.place / "none"
        desk.ask("election", desk.copy(board.files, told.name), "--evidence", str(other))
        assert not other.exists()


def test_evidence_that_cannot_be_written_is_said_and_the_status_stays(desk: Desk) -> None:
    board = desk.copy(files(honest()) | {"checkpoints/2": files(branch())["checkpoint"]})
    (desk.place / "file").write_text("not a folder")
    done = desk.ask("election", board, "--evidence", str(desk.place / "file" / "proofs"))
    assert (done.exit_code, "NOT WRITTEN: " in done.stderr) == (1, True)


def test_evidence_never_replaces_other_evidence(desk: Desk) -> None:
    evidence = desk.place / "proofs"
    for number in range(3):
        liar = Liar(honest(), phases()["voting"])
        liar.vote(number, [1])
        files_ = files(honest()) | {"checkpoints/2": files(liar)["checkpoint"]}
        desk.ask("election", desk.copy(files_, f"copy {number}"), "--evidence", str(evidence))
    assert len(list(evidence.iterdir())) == 3


def test_status_2_could_not_be_checked(desk: Desk) -> None:
    whole = files(honest())
    lacking = next(name for name in whole if name.startswith("blobs"))
    done = desk.ask("election", desk.copy({name: data for name, data in whole.items() if name != lacking}))
    assert done.exit_code == 2
    assert lacking.rpartition("/")[2][:20] in done.output.replace("\n", "")
    done = desk.ask("election", str(desk.place / "nowhere"))
    assert (done.exit_code, "no URL of a board" in done.stderr) == (2, True)
    desk.trust(UNWITNESSED)
    assert desk.ask("election", desk.copy(whole, "whole")).exit_code == 2


def test_strict_makes_findings_fail(desk: Desk) -> None:
    held = hold(next(odd for odd in ODD if "cheats" in odd.name))
    board = desk.copy(files(held))
    desk.trust(sheet(held.records[0], [AUTHORITY.der]))
    assert desk.ask("election", board).exit_code == 0
    assert desk.ask("election", board, "--strict").exit_code == 1


def test_json_is_the_report_and_nothing_else(desk: Desk) -> None:
    done = desk.ask("election", desk.copy(files(honest())), "--json")
    told = report.decode(done.stdout_bytes)
    assert report.digest(told) == report.digest(copies.audit(files(honest()), SHEET))
    assert told.environment["options"] == ""
    assert done.stderr == ""


def test_only_a_block_is_never_accepted(desk: Desk) -> None:
    board = desk.copy(files(honest()))
    done = desk.ask("election", board, "--only", "mix", "--only", "BAL", "--json")
    told = report.decode(done.stdout_bytes)
    assert (done.exit_code, told.verdict) == (2, "could not be checked")
    unasked = "not checked: BRD, CFG, CRT, KEY, SEL, DEC, TAL, SPL, PRT, DUT, ART"
    assert [str(line.detail) for line in told.incomplete] == [f"only BAL, MIX was asked for; {unasked}"]
    assert told.environment["options"] == "--only MIX --only BAL"
    shown = desk.ask("election", board, "--only", "MIX").stdout
    assert shown.count("not checked: BRD") == 1
    assert shown.startswith("COULD NOT BE CHECKED")
    full = desk.ask("election", board, "--only", "MIX", "--full").stdout
    assert set(re.findall(r"^([A-Z]{3})\.\d+ +(?:HOLDS|FALSE)", full, re.MULTILINE)) == {"MIX"}


def test_only_blocks_that_an_election_has(desk: Desk) -> None:
    board = desk.copy(files(honest()))
    for block in ("RCP", "MAN", "XYZ"):
        assert desk.ask("election", board, "--only", block).exit_code == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--only", "MIX", "--resume", "mine"), "too little to go on from"),
        (("--watch", "5"), "needs --keep DIR"),
        (("--watch", "5", "--keep", "kept"), "a board at a URL"),
        (("--keep", "kept"), "a board at a URL"),
        (("--watch", "0", "--keep", "kept"), "0"),
        (("--backend", "abacus"), "abacus"),
    ],
)
def test_what_is_asked_wrongly_is_said(desk: Desk, line: tuple[str, ...], said: str) -> None:
    done = desk.ask("election", desk.copy(files(honest())), *line)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output


def test_a_sheet_that_is_none_is_said(desk: Desk) -> None:
    desk.trust(b"dear auditor")
    done = desk.ask("election", desk.copy(files(honest())))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "NOT WELL FORMED: trust sheet" in done.stderr
    assert CliRunner().invoke(main, ["election", str(desk.place / "copy")]).exit_code == 2


@pytest.mark.process
def test_a_fork_at_a_url_leaves_its_evidence_beside_the_copy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {"files": files(honest())}

    def fork(_: int) -> None:
        shown["files"] = files(branch())

    def answer() -> Response:
        found = shown["files"].get(request.path.removeprefix("/"))
        return Response(status=404) if found is None else Response(found)

    monkeypatch.setattr(visitor, "sleep", fork)
    kept = desk.place / "kept"
    with answering(answer) as board:
        done = desk.ask("election", board.url, "--keep", str(kept), "--watch", "1")
    assert done.exit_code == 1, done.output
    assert [line for line in done.stdout.splitlines() if "ACCEPTED" in line or "REJECTED" in line] == [
        *("ACCEPTED · the tally is certified", "REJECTED · voting is closed"),
    ]
    places = list((kept / "evidence").iterdir())
    assert places
    for place in places:
        both = {(place / name).read_bytes() for name in ("first", "second")}
        assert both & {files(branch())[name] for name in ("checkpoint", "checkpoints/1")}
        assert both & {files(honest())[name] for name in ("checkpoint", "checkpoints/0", "checkpoints/1")}
        assert desk.ask("evidence", str(place)).exit_code == 1


@pytest.mark.process
def test_a_watch_ends_with_the_status_of_the_last_report(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(visitor, "sleep", stop)
    served = files(honest())
    with answering(
        lambda: Response(served.get(request.path[1:], b""), 200 if request.path[1:] in served else 404)
    ) as b:
        done = desk.ask("election", b.url, "--keep", str(desk.place / "kept"), "--watch", "1")
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError, MemoryError])
def test_status_1_is_for_nothing_but_what_is_false(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(single, "compare", fail)
    board = desk.copy(files(honest()))
    done = desk.ask("diff", board, board)
    assert done.exit_code == 2
    assert "COULD NOT BE CHECKED" in done.stderr
    assert ("Traceback" in done.stderr) == (error is not KeyboardInterrupt)


# The catalogue.


def test_checks_lists_every_clause_and_the_manual_sheet() -> None:
    done = CliRunner().invoke(main, ["checks"])
    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert [line.split()[0] for line in lines if line.startswith("  ")] == [
        *(clause.id for clause in CATALOGUE),
        *(item.id for item in (*SERVED, *MANUAL)),
    ]
    assert [line.split()[0] for line in lines if not line.startswith("  ")] == [block.id for block in BLOCKS]
    assert all(SENTENCES[id].text in done.stdout for id in CLAUSES)


def test_explain_says_what_to_do() -> None:
    done = CliRunner().invoke(main, ["explain", "mix.8"])
    assert (done.exit_code, done.stdout.split("\n\n")[0]) == (0, f"MIX.8: {SENTENCES['MIX.8'].text}")
    assert len(done.stdout.strip().split("\n\n")) == 3
    done = CliRunner().invoke(main, ["explain", "mixed"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "there is no clause MIXED: `aikyn-verify checks` lists them" in done.stderr


def test_every_command_explains_itself() -> None:
    for name in main.commands:
        done = CliRunner().invoke(main, [name, "--help"])
        assert (done.exit_code, "Usage: " in done.stdout) == (0, True)
        assert main.commands[name].help


def test_the_list_of_commands_cuts_no_sentence() -> None:
    for program in (main, board, mix):
        listed = CliRunner().invoke(program, ["--help"], env={"COLUMNS": "80"}).stdout.split("Commands:\n")[1]
        assert [line for line in listed.splitlines() if not line.endswith(".") or line.endswith("..")] == []


def test_a_backend_that_is_not_here_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(_: str) -> None:
        raise ImportError

    monkeypatch.setattr(backend, "choose", lacking)
    done = desk.ask("election", desk.copy(files(honest())), "--backend", "kernel")
    assert (done.exit_code, "kernel is not installed here" in done.stderr) == (2, True)


def test_a_stranger_who_signs_is_named(desk: Desk) -> None:
    forged = files(honest()) | {"checkpoint": sign(body(honest().records), by=SigningKey(b"s" * 32))}
    done = desk.ask("election", desk.copy(forged))
    assert (done.exit_code, "BRD.1" in done.stdout) == (2, True)
    done = desk.ask("diff", desk.copy(files(honest()), "true"), desk.copy(forged))
    assert (done.exit_code, "COULD NOT BE CHECKED: BRD.1 B, the latest checkpoint" in done.stderr) == (2, True)
