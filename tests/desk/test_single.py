"""`aikyn-verify` asked about single things: receipts, a challenge, a transcript, two copies."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from tests.corpus.twin import Liar, honest, phases
from tests.support.copies import body, publish, sheet, sign
from tests.support.desk import UNWITNESSED, Desk, branch, files
from tests.support.elections import AUTHORITY, Election, contest
from tests.support.receipts import promise, voted
from verifier.client import tracking
from verifier.election.manifest import Option
from verifier.records import Text


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# Receipts.


def receipts(desk: Desk, made: Election, indices: list[int], folder: str = "receipts") -> str:
    (desk.place / folder).mkdir(exist_ok=True)
    for index in indices:
        (desk.place / folder / f"{index:03}.tlog-proof").write_bytes(promise(made.records, index))
    return str(desk.place / folder)


def test_a_folder_of_receipts_against_a_board(desk: Desk) -> None:
    folder = receipts(desk, honest(), [index for index, _ in voted(honest())])
    done = desk.ask("receipt", folder, "--board", desk.copy(files(honest())))
    assert done.exit_code == 0, done.output
    *lines, counts, last = done.stdout.splitlines()
    assert Counter(line.split()[0] for line in lines) == {
        "PRESENT": 6,
        "SUPERSEDED": 1,
        "OVERRIDDEN": 1,
        "CHALLENGED": 1,
    }
    assert all("tracking code" in line and ".tlog-proof: record" in line for line in lines)
    assert counts == "1 SUPERSEDED, 6 PRESENT, 1 OVERRIDDEN, 1 CHALLENGED"
    assert last == "This does not show how anyone voted."


def test_receipts_as_json_lines(desk: Desk) -> None:
    index, record = voted(honest())[0]
    folder = receipts(desk, honest(), [0, index])
    (desk.place / "receipts/letter").write_text("dear voter")
    (desk.place / "receipts/.hidden").write_text("of no concern")
    done = desk.ask("receipt", folder, "--board", desk.copy(files(honest())), "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 2  # the letter: nobody has said anything false
    assert [(one["standing"], one["record"]) for one in told] == [
        ("PRESENT", 0),
        ("SUPERSEDED", index),
        ("MALFORMED", None),
    ]
    assert told[1]["tracker"] == record.sealed.tracker(honest().digest).hex()
    assert all(set(one) == {"file", "standing", "record", "detail", "tracker", "code"} for one in told)


def test_receipts_without_a_board_are_promises(desk: Desk) -> None:
    folder = receipts(desk, honest(), [0, 40])
    done = desk.ask("receipt", folder)
    assert (done.exit_code, done.stdout.count("PROMISED ")) == (0, 2)
    assert "2 PROMISED" in done.stdout
    assert "PRESENT" not in done.stdout
    desk.trust(UNWITNESSED)
    for line in ((), ("--board", desk.copy(files(honest())))):
        done = desk.ask("receipt", folder, *line)
        assert (done.exit_code, "no quorum of witnesses" in done.stderr) == (2, True)


def test_an_absent_record_leaves_both_checkpoints(desk: Desk) -> None:
    folder = receipts(desk, branch(), [phases()["voting"]])
    line = ("receipt", folder, "--board", desk.copy(files(honest())))
    done = desk.ask(*line)
    assert (done.exit_code, done.stdout.split()[0]) == (1, "ABSENT")
    assert "--evidence DIR writes them" in done.stderr
    done = desk.ask(*line, "--evidence", str(desk.place / "proofs"))
    [place] = (desk.place / "proofs").iterdir()
    assert {(place / name).read_bytes() for name in ("first", "second")} == {
        files(honest())["checkpoint"],
        files(branch())["checkpoint"],
    }
    assert desk.ask("evidence", str(place)).exit_code == 1


def test_the_same_file_twice_is_one_receipt(desk: Desk) -> None:
    folder = receipts(desk, honest(), [phases()["voting"]])
    file = next(Path(folder).iterdir())
    done = desk.ask("receipt", folder, str(file), str(file), "--board", desk.copy(files(honest())))
    assert (done.exit_code, len(done.stdout.splitlines())) == (0, 3)
    (desk.place / "other").write_bytes(file.read_bytes())
    done = desk.ask("receipt", folder, str(desk.place / "other"), "--board", desk.copy(files(honest())))
    assert (done.exit_code, done.stdout.count("CLASH ")) == (1, 2)


def test_a_receipt_without_end_is_none(desk: Desk) -> None:
    """C6: a receipt is read within bounds."""
    folder = Path(receipts(desk, honest(), [30]))
    (folder / "huge").touch()
    os.truncate(folder / "huge", 1 << 40)
    os.mkfifo(folder / "pipe")
    done = desk.ask("receipt", str(folder), str(folder / "pipe"))
    assert (done.exit_code, [line.split()[0] for line in done.stdout.splitlines()[:2]]) == (
        2,
        ["PROMISED", "MALFORMED"],
    )


def test_a_receipt_without_its_record(desk: Desk) -> None:
    folder = Path(receipts(desk, honest(), [30]))
    file, bare = next(folder.iterdir()), desk.place / "bare"
    bare.write_bytes(b"\n".join(line for line in file.read_bytes().split(b"\n") if not line.startswith(b"extra")))
    assert desk.ask("receipt", str(bare)).exit_code == 2
    (desk.place / "record").write_bytes(honest().records[30])
    assert desk.ask("receipt", str(bare), "--record", str(desk.place / "record")).exit_code == 0
    done = desk.ask("receipt", str(bare), str(file), "--record", str(desk.place / "record"))
    assert (done.exit_code, "goes with one receipt" in done.stderr) == (2, True)


def test_no_receipt_at_all_is_not_well(desk: Desk) -> None:
    (desk.place / "empty").mkdir()
    done = desk.ask("receipt", str(desk.place / "empty"))
    assert (done.exit_code, "no receipts here" in done.stdout) == (2, True)


@pytest.mark.slow
def test_the_state_of_the_board_stands_above_the_answer(desk: Desk) -> None:
    """C5: rejected, unwitnessed, damaged, of another manifest: that is said first, and is in the status."""
    made = honest()
    index, record = voted(made)[-1]
    folder, tracker = receipts(desk, made, [30]), record.sealed.tracker(made.digest).hex()
    liar = Liar(made, len(made.records))
    liar.write(made.records[30])
    good = files(made)
    lonely = sign(body(made.records), ())
    asked = {"false": files(liar), "lonely": good | {"checkpoint": lonely, "checkpoints/1": lonely}}
    hashes = next(name for name in good if name.startswith("tile/0"))
    asked["damaged"] = {name: raw for name, raw in good.items() if name != hashes}
    sides = {
        "false": (1, f"REJECTED: CFG.5 record {len(made.records)}"),
        "lonely": (2, "COULD NOT BE CHECKED: BRD.4 the latest checkpoint"),
    }
    sides |= {
        "damaged": (2, f"COULD NOT BE CHECKED: BRD.2 {hashes}"),
        "good": (0, ""),
        "other": (1, "REJECTED: CFG.10"),
    }
    for name, board in (asked | {"good": good, "other": good}).items():
        if name == "other":
            desk.trust(sheet(b"another manifest", [AUTHORITY.der]))
        place, (status, said) = desk.copy(board, name), sides[name]
        for line in (
            ("receipt", folder, "--board", place),
            ("challenge", place, "--tracker", tracker),
            ("trace", place, str(index)),
            ("diff", place, place),
        ):
            done = desk.ask(*line)
            assert done.exit_code == status, (name, line, done.output)
            assert said in done.stderr.replace("A, ", "")
            assert done.stdout


def test_what_nobody_signed_is_not_answered_from(desk: Desk) -> None:
    """C5: whoever keeps the copy has made it up."""
    index, record = voted(honest())[-1]
    folder, tracker = receipts(desk, honest(), [30]), record.sealed.tracker(honest().digest).hex()
    stranger = SigningKey(b"s" * 32)
    place = desk.copy(files(honest()) | {"checkpoint": sign(body(honest().records), by=stranger)})
    done = desk.ask("receipt", folder, "--board", place)
    assert (done.exit_code, done.stdout.split()[0]) == (2, "UNCHECKED")
    for line in (("challenge", place, "--tracker", tracker), ("trace", place, str(index)), ("diff", place, place)):
        done = desk.ask(*line)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "COULD NOT BE CHECKED: BRD.1" in done.stderr


def test_what_others_wrote_cannot_paint_the_terminal(desk: Desk) -> None:
    """Origins, file names and options' names come from others: their control characters are written out."""
    red = "\x1b[31m"
    raw = promise(honest().records, 30).replace(b"board.example/tests\n", f"board{red}\n".encode(), 1)
    (desk.place / f"re{red}ceipt").write_bytes(raw)
    done = desk.ask("receipt", str(desk.place / f"re{red}ceipt"))
    assert done.exit_code == 2
    assert "\x1b" not in done.output
    painted = contest("north")
    option = Option("red", Text(red, red, red))
    made = Election([type(painted)("north", Text(red, red, red), (option, *painted.options), 0, 1, 1)])
    made.set_up().hold_ceremony().register(1).vote(0, [1], challenge=True)
    desk.trust(sheet(made.records[0], [AUTHORITY.der]))
    [(_, record)] = voted(made)
    done = desk.ask(
        "challenge", desk.copy(files(made), "painted"), "--tracker", record.sealed.tracker(made.digest).hex()
    )
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.output
    assert "\\u{1b}[31m" in done.output


# Single records, and two copies.


def test_a_challenge_is_opened_by_its_tracker_however_it_is_written(desk: Desk) -> None:
    board = desk.copy(files(honest()))
    index, record = voted(honest())[-1]
    tracker = record.sealed.tracker(honest().digest).hex()
    grouped = " ".join(tracker[start : start + 4] for start in range(0, 64, 4)).upper()
    code = tracking.encode(bytes.fromhex(tracker))
    for written in (tracker, tracker[:20], grouped, code, code[:10].lower(), f"{code[:13]}-{code[13:]}"):
        done = desk.ask("challenge", board, "--tracker", written)
        assert done.exit_code == 0, done.output
        assert f"record {index}, tracking code {code}\n(tracker {tracker})\n" in done.stdout
        assert "Option 3" in done.stdout
    for wrong in ("", "xyz!", "0" * 65):
        done = desk.ask("challenge", board, "--tracker", wrong)
        assert (done.exit_code, "64 hexadecimal digits" in done.stderr) == (2, True)
    done = desk.ask("challenge", board, "--tracker", tracker[:20] + "0" * 44)
    assert (done.exit_code, "no ballot among these" in done.stderr) == (2, True)


def test_an_empty_challenge_says_so(desk: Desk) -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.vote(0, [], challenge=True)
    [(_, record)] = voted(liar)
    tracker = record.sealed.tracker(liar.digest).hex()
    done = desk.ask("challenge", desk.copy(files(liar)), "--tracker", tracker)
    assert (done.exit_code, "no option is marked" in done.stdout) == (0, True)


def test_a_trace_is_printed_and_judged(desk: Desk) -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.vote(0, [1])
    liar.post(liar.cast(1, nonce=bytes(16)))
    board = desk.copy(files(liar))
    done = desk.ask("trace", board, str(phases()["voting"]))
    assert done.exit_code == 1  # the board has a false record, though not this one
    assert done.stdout.startswith("protocol 7 61696b796e2f31\nproof 6 62616c6c6f74\n")
    assert "what it claims holds" in done.stderr
    done = desk.ask("trace", board, str(phases()["voting"] + 1))
    assert (done.exit_code, "REJECTED: BAL.6" in done.stderr) == (1, True)
    assert "z challenge" in done.stdout
    done = desk.ask("trace", board, "0")
    assert (done.exit_code, done.stdout, "claims nothing that takes a proof" in done.stderr) == (1, "", True)
    whole = desk.copy(files(honest()), "whole")
    assert desk.ask("trace", whole, "0").exit_code == 0
    assert desk.ask("trace", whole, "9999").exit_code == 2


def test_two_copies_are_compared(desk: Desk) -> None:
    whole, part = desk.copy(files(honest())), desk.copy(publish(honest().records[:40], honest().blobs), "part")
    other = desk.copy(files(branch()), "other")
    size = len(honest().records)
    for first, second, word in ((whole, whole, "EQUAL"), (part, whole, "PREFIX"), (whole, part, "EXTENSION")):
        done = desk.ask("diff", first, second)
        assert (done.exit_code, done.stdout.split(":")[0]) == (0, word)
        added = sum(int(line.split()[0]) for line in done.stdout.splitlines()[1:])
        assert added == (0 if word == "EQUAL" else size - 40)
    done = desk.ask("diff", whole, other, "--evidence", str(desk.place / "proofs"))
    assert done.exit_code == 1
    assert f"entry {phases()['voting']} is not the same in both copies" in done.stderr
    [place] = (desk.place / "proofs").iterdir()
    assert {path.name for path in place.iterdir()} == {"first", "second", "README"}
    assert desk.ask("evidence", str(place)).exit_code == 1
