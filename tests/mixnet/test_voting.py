"""`aikyn-mix voter` against a real board with a real witness: as a voter without a page types it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result

from mixnet.commands import main
from mixnet.outbox import WAITING
from mixnet.vault import Vault
from tests.support.elections import AUTHORITY, Election
from tests.support.fronts import witnessed
from tests.support.serving import Running, hand_in, operator_of, running, set_up
from verifier.client.board import Board, Refused
from verifier.client.card import Card
from verifier.desk.commands.main import main as verify
from verifier.election.counting import Close
from verifier.election.register import Opening, Row
from verifier.log import policy
from verifier.log.note import encode_base64, encode_key
from verifier.records import encode

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
VOTERS = 7
HERE = ("--election", "example-2027")


class Hall(NamedTuple):
    """A board on which the voting is open, its sheet, and the credentials of its voters as files."""

    run: Running
    election: Election
    sheet: Path
    credentials: list[Path]

    def ask(self, voter: int, command: str, *words: object, said: str = "") -> Result:
        where = ("--credential", self.credentials[voter], "--board", self.run.client.url, "--trust", self.sheet)
        return run(command, *where, *words, said=said)

    def kept(self, voter: int, *names: str) -> list[Path]:
        place = self.credentials[voter].with_name(f"{self.credentials[voter].name}.kept")
        return sorted(file for name in names for file in place.glob(name))


def run(*words: object, said: str = "") -> Result:
    return CliRunner().invoke(main, ["voter", *map(str, words)], input=said)


def prepare(place: Path) -> tuple[list[Path], list[Row]]:
    """Credentials made by the command, and their rows in a register made from what it printed."""
    files = [place / f"voter-{number}" for number in range(VOTERS)]
    rows = []
    for number, file in enumerate(files):
        key, groups = run("key", file, *HERE).stdout.split()
        card = Card("voter", key)
        assert card.groups == groups
        rows.append(Row(f"C{number:05d}", card.public, "north" if number < VOTERS - 1 else "south"))
    return files, rows


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    place = tmp_path_factory.mktemp("hall")
    log = set_up(place / "board")
    with witnessed(place / "witness", log) as lines:
        asked = policy.decode(("\n".join(lines) + "\n").encode())
        election = Election(origin=log.name, log_key=log.public, policy="\n".join(lines) + "\n")
        election.set_up().hold_ceremony()
        files, rows = prepare(place)
        election.list("precinct", rows)
        election.enact(Opening(election.state.key, len(rows)))
        sheet = place / "trust.txt"
        roots = f"root {encode_base64(AUTHORITY.der)}\nmanifest {election.digest.hex()}\n"
        sheet.write_text(f"aikyn/1 trust\nlog {encode_key(log)}\n{roots}" + "\n".join(lines) + "\n")
        with running(place / "board", asked) as board:
            hand_in(board.client, election)
            board.client.receipt(board.client.post(election.records[-1], operator_of(election)))
            yield Hall(board, election, sheet, files)


def code_of(result: Result) -> str:
    found = re.search(r"racking code: ([A-Z2-7 ]+)", result.stdout)
    assert found, result.output
    return found[1].strip()


def test_a_ballot_is_shown_with_its_numbers_in_three_languages(hall: Hall) -> None:
    for language, word in (("en", "marks"), ("ky", "белги"), ("ru", "отметок")):
        shown = hall.ask(0, "show", "--lang", language)
        assert shown.exit_code == 0, shown.output
        assert all(part in shown.stdout for part in (word, "north", "   1  Option 1", "   3  Option 3"))
        assert "south" not in shown.stdout


def test_a_ballot_is_cast_cast_again_and_looked_up(hall: Hall) -> None:
    first = hall.ask(0, "cast", "--choose", "2")
    assert first.exit_code == 0, first.output
    assert "Option 2" in first.stdout
    second = hall.ask(0, "cast", "--choose", "3")
    assert (second.exit_code, code_of(first) in second.stdout) == (0, True), second.output
    blank = hall.ask(0, "cast", "--blank")
    assert blank.exit_code == 0
    receipts = hall.kept(0, "receipts/*.tlog-proof")
    assert len(receipts) == 3
    checked = CliRunner().invoke(verify, ["receipt", *map(str, receipts), "--trust", str(hall.sheet)])
    assert checked.exit_code == 0, checked.output
    found = hall.ask(0, "look-up")
    lines = found.stdout.splitlines()
    assert ["SUPERSEDED" in line for line in lines[:2]] == [True, True]
    assert [code_of(one) in line for one, line in zip((first, second), lines, strict=False)] == [True, True]
    assert "PRESENT" in lines[2]
    assert found.exit_code == 0, found.output
    assert "Not checked" in found.stdout


def test_a_new_device_votes_again_from_what_the_log_says(hall: Hall, tmp_path: Path) -> None:
    """BAL.8: without the first device's receipts, the latest tracker is taken from the verified log."""
    first = hall.ask(1, "cast", "--choose", "1")
    moved = tmp_path / "moved"
    moved.touch(mode=0o600)
    moved.write_bytes(hall.credentials[1].read_bytes())
    where = ("--credential", moved, "--board", hall.run.client.url, "--trust", hall.sheet)
    again = run("cast", *where, "--choose", "2", "--receipts", tmp_path / "own")
    assert (again.exit_code, code_of(first) in again.stdout) == (0, True), again.output
    assert len(list((tmp_path / "own").glob("*.tlog-proof"))) == 1


def test_a_challenge_is_opened_for_all_and_checked_on_another_machine(hall: Hall, tmp_path: Path) -> None:
    opened = hall.ask(2, "challenge", "--choose", "3")
    assert (opened.exit_code, "Option 3" in opened.stdout) == (0, True), opened.output
    code = code_of(opened).replace(" ", "")
    said = CliRunner().invoke(
        verify,
        ["challenge", hall.run.client.url, "--tracker", code, "--trust", str(hall.sheet)],
        env={"TMPDIR": str(tmp_path)},
    )
    assert (said.exit_code, "Option 3" in said.stdout) == (0, True), said.output
    assert "CHALLENGED" in hall.ask(2, "look-up").stdout
    cast = hall.ask(2, "cast", "--choose", "3")
    assert cast.exit_code == 0, cast.output


@pytest.mark.parametrize(
    ("answer", "word"), [("cast", "Cast."), ("test", "never counts"), ("stop", "Nothing was sent")]
)
def test_the_computer_learns_after_the_seal_whether_it_is_tested(hall: Hall, answer: str, word: str) -> None:
    done = hall.ask(3, "vote", "--choose", "1", said=f"{answer}\n")
    assert done.exit_code == 0, done.output
    assert done.stdout.index(code_of(done)) < done.stdout.index(word)


def test_what_was_signed_and_not_sent_is_sent_as_it_stands(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash before sending, and one before the receipt: the same bytes, once on the log."""
    sent: list[bytes] = []

    def crash(_board: object, raw: bytes, _wait: float) -> bytes:
        sent.append(raw)
        raise KeyboardInterrupt

    def crash_later(board: Board, raw: bytes, _wait: float) -> bytes:
        board.post(raw)
        raise KeyboardInterrupt

    with monkeypatch.context() as moment:
        moment.setattr("verifier.client.board.Board.hand_in", crash)
        assert hall.ask(4, "cast", "--choose", "2").exit_code != 0
    [waiting] = hall.kept(4, f"receipts/.*{WAITING}")
    assert waiting.read_bytes() == sent[0]
    with monkeypatch.context() as moment:
        moment.setattr("verifier.client.board.Board.hand_in", crash_later)
        assert hall.ask(4, "receipt").exit_code != 0
    done = hall.ask(4, "receipt")
    assert (done.exit_code, hall.kept(4, f"receipts/.*{WAITING}")) == (0, []), done.output
    assert "Nothing is waiting" in hall.ask(4, "receipt").stdout
    lines = [line for line in hall.ask(4, "look-up").stdout.splitlines() if line.startswith("entry ")]
    assert (len(lines), "PRESENT" in lines[0]) == (1, True)


def test_a_ballot_without_the_witnesses_is_said_to_be_unpromised(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpromised(*_: object) -> bytes:
        raise Refused(503, "busy", "", "no quorum")

    with monkeypatch.context() as moment:
        moment.setattr("verifier.client.board.Board.receipt", unpromised)
        early = hall.ask(5, "cast", "--choose", "2", "--wait", "0")
    assert (early.exit_code, "aikyn-mix voter receipt" in early.stderr) == (2, True), early.output
    fetched = hall.ask(5, "receipt")
    assert (fetched.exit_code, len(hall.kept(5, "receipts/*.tlog-proof"))) == (0, 1), fetched.output


def test_a_ballot_that_was_overtaken_is_refused_in_writing_and_not_sent_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BAL.8: another device of the same voter cast between this one's look at the log and its ballot."""
    assert hall.ask(6, "cast", "--choose", "1").exit_code == 0
    with monkeypatch.context() as moment:
        moment.setattr("mixnet.commands.booth.latest_of", lambda _state, _key: {})
        done = hall.ask(6, "cast", "--choose", "2", "--lang", "ru")
    [file] = hall.kept(6, "refusals/*.json")
    assert (done.exit_code, str(file) in done.stderr, "другой бюллетень" in done.stderr) == (1, True, True)
    assert json.loads(file.read_bytes())["clause"] == "BAL.8"
    assert hall.kept(6, f"receipts/.*{WAITING}") == []
    assert hall.ask(6, "cast", "--choose", "2").exit_code == 0


def test_what_nobody_signed_settles_nothing(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that answers in the board's place: the ballot waits, and is sent by the next command."""

    def meddle(*_: object) -> bytes:
        raise Refused(404, "unknown", "", "no such page", b"<html>")

    with monkeypatch.context() as moment:
        moment.setattr("verifier.client.board.Board.hand_in", meddle)
        done = hall.ask(5, "cast", "--choose", "3")
    assert (done.exit_code, "did not sign" in done.stderr) == (2, True), done.output
    assert len(hall.kept(5, f"receipts/.*{WAITING}")) == 1
    shown = hall.ask(5, "show")
    assert (shown.exit_code, "as it was signed before" in shown.stdout) == (0, True), shown.output
    assert hall.kept(5, f"receipts/.*{WAITING}") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--choose", "1,2,3"), "1 to 2 marks, not 3"),
        (("--choose", "9"), "options 1 to 4"),
        (("--choose", "2,2"), "ascend"),
        (("--choose", "two"), "numbers with commas"),
        (("--blank",), "1 to 2 marks, not 0"),
        ((), "say --blank"),
        (("--blank", "--choose", "1"), "either"),
        (("--choose", "1", "--contest", "north"), "--contest"),
    ],
)
def test_a_choice_that_the_ballot_does_not_allow_is_said(hall: Hall, words: tuple[str, ...], said: str) -> None:
    done = hall.ask(VOTERS - 1, "cast", *words)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert hall.kept(VOTERS - 1, f"receipts/.*{WAITING}") == []


def test_the_election_key_is_printed_as_the_report_prints_it(hall: Hall, tmp_path: Path) -> None:
    where = ("--board", hall.run.client.url, "--trust", str(hall.sheet))
    shown = CliRunner().invoke(main, ["election-key", *where])
    printed = shown.stdout.splitlines()[-1]
    assert (shown.exit_code, printed.replace(" ", "")) == (0, hall.election.state.key.hex()), shown.output
    report = CliRunner().invoke(verify, ["election", hall.run.client.url, "--trust", str(hall.sheet), "--full"])
    assert printed in " ".join(report.output.split())
    vault = Vault.make(tmp_path / "vault")
    vault.note_election_key(bytes(32))
    vault.close()
    differ = CliRunner().invoke(main, ["election-key", *where, "--vault", str(tmp_path / "vault")])
    assert (differ.exit_code, "tell all trustees" in differ.stderr) == (1, True), differ.output


def test_a_stranger_is_told_to_ask_the_commission(hall: Hall, tmp_path: Path) -> None:
    assert run("key", tmp_path / "stranger", *HERE).exit_code == 0
    where = ("--credential", tmp_path / "stranger", "--board", hall.run.client.url, "--trust", hall.sheet)
    for language, word in (("en", "not on the register"), ("ky", "реестрде жок"), ("ru", "нет в реестре")):
        done = run("cast", *where, "--blank", "--lang", language)
        assert (done.exit_code, word in done.stderr) == (2, True), done.output


def test_who_comes_too_late_holds_the_board_s_signed_word(hall: Hall) -> None:
    election = hall.election
    close = encode(election.operator.sign(Close(b""), election.digest))
    hall.run.client.receipt(hall.run.client.post(close))
    late = hall.ask(0, "cast", "--choose", "1")
    assert (late.exit_code, "the voting is over" in late.stderr) == (1, True), late.output
    [file] = hall.kept(0, "refusals/*.json")
    assert json.loads(file.read_bytes())["clause"] == "CFG.6"
    assert str(file) in late.stderr
    judged = CliRunner().invoke(verify, ["refusal", str(file), "--trust", str(hall.sheet)])
    assert judged.exit_code == 0, judged.output
    assert hall.kept(0, f"receipts/.*{WAITING}") == []


def test_nobody_votes_before_the_opening(tmp_path: Path) -> None:
    log = set_up(tmp_path / "board")
    with witnessed(tmp_path / "witness", log) as lines:
        text = "\n".join(lines) + "\n"
        election = Election(origin=log.name, log_key=log.public, policy=text).set_up()
        sheet = tmp_path / "trust.txt"
        roots = f"root {encode_base64(AUTHORITY.der)}\nmanifest {election.digest.hex()}\n"
        sheet.write_text(f"aikyn/1 trust\nlog {encode_key(log)}\n{roots}{text}")
        run("key", tmp_path / "voter", *HERE)
        with running(tmp_path / "board", policy.decode(text.encode())) as board:
            hand_in(board.client, election)
            board.client.receipt(board.client.post(election.records[-1], operator_of(election)))
            where = ("--credential", tmp_path / "voter", "--board", board.client.url, "--trust", sheet)
            done = run("cast", *where, "--blank")
    assert (done.exit_code, "not been opened" in done.stderr) == (2, True), done.output


def test_a_credential_is_made_once_and_shown_again(tmp_path: Path) -> None:
    file, card = tmp_path / "voter", tmp_path / "card"
    made = run("key", file, *HERE)
    assert (made.exit_code, file.stat().st_mode & 0o777) == (0, 0o600)
    kept = file.read_bytes()
    assert kept.startswith(b"aikyn/1 credential: keep this file secret")
    again = run("key", file, "--card", card, "--lang", "ky")
    assert (again.stdout, file.read_bytes()) == (made.stdout, kept)
    assert "Телефон аркылуу" in again.stderr
    assert Card.decode(card.read_bytes()).groups in made.stdout


@pytest.mark.parametrize("bent", [b"", b"hello\n", b"aikyn/1 credential: keep this file secret\n", None])
def test_what_is_no_credential_is_not_taken_for_one(tmp_path: Path, bent: bytes | None) -> None:
    file = tmp_path / "voter"
    run("key", file, *HERE)
    whole = file.read_bytes()
    file.write_bytes(whole[:-10] if bent is None else bent)
    assert (run("key", file, *HERE).exit_code, "holds no credential" in run("key", file, *HERE).stderr) == (2, True)
    file.write_bytes(whole.replace(whole[-65:-1], b"f" * 64))
    assert "holds no credential" in run("key", file, *HERE).stderr


def test_a_credential_that_others_may_read_is_refused(tmp_path: Path) -> None:
    run("key", tmp_path / "voter", *HERE)
    (tmp_path / "voter").chmod(0o644)
    refused = run("key", tmp_path / "voter", *HERE)
    assert (refused.exit_code, "chmod 600" in refused.stderr) == (2, True)
