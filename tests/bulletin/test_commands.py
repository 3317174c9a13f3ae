"""`aikyn-board` as operators run it: real processes that start, answer, stop, start again, and explain themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.exceptions import UnsupportedAlgorithm

from bulletin import settings
from bulletin.operate.commands import main
from bulletin.settings import Unusable, load, load_key, make_key
from tests.support.commands import ORIGIN, PROGRAM, fail, run, started
from tests.support.serving import cast, elect, hand_in, sheet_of
from verifier.client.board import Board
from verifier.client.download import download
from verifier.client.files import Directory
from verifier.log import note, policy, receipt
from verifier.log.note import COSIGNATURE, ED25519, ML_DSA_44
from verifier.log.reading import Log
from verifier.records import encode


@pytest.mark.process
def test_a_board_with_two_witnesses_through_a_restart(tmp_path: Path) -> None:
    home = str(tmp_path / "board")
    log = note.decode_key(run("init", home, "--origin", ORIGIN))
    election = elect(log)
    ballot = encode(cast(election, 0))
    with ExitStack() as stack:
        lines = []
        for name, kind in (("w1.example", ()), ("w2.example", ("--ml-dsa",))):
            place = str(tmp_path / name)
            shown = run("witness-key", place, "--name", name, *kind)
            words = ("witness", place, "--name", name, "--log", note.encode_key(log))
            _, url = stack.enter_context(started(*words))
            lines.append(f"witness {name} {shown} {url}\n")
        trust = "".join([*lines, "group all all w1.example w2.example\nquorum all\n"])
        (tmp_path / "policy").write_text(trust)
        serve = ("serve", home, "--policy", str(tmp_path / "policy"), "--interval", "0.05")
        with started(*serve) as (process, url):
            hand_in(Board(url), election)
            leaf = Board(url).post(ballot)
            kept = Board(url).receipt(leaf)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        with started(*serve) as (_, url):
            board = Board(url)
            assert board.post(ballot) == leaf
            again = board.receipt(leaf)
            assert receipt.decode(again).index == receipt.decode(kept).index == len(election.records)
            for each in (kept, again):
                receipt.check(receipt.decode(each), leaf, ORIGIN, [log], policy.decode(trust.encode()))
            health = board.health()
            assert (health["size"], health["quorum"]) == (len(election.records) + 1, True)
            download(board, tmp_path / "copy", sheet_of(log))
    copy = Log(Directory(tmp_path / "copy"), ORIGIN, [log])
    copy.check_latest([log], policy.decode(trust.encode()))
    assert [raw for _, raw in copy.entries()] == [*election.records, ballot]


@pytest.mark.process
def test_a_killed_board_lost_nothing_that_it_had_answered(tmp_path: Path) -> None:
    home = str(tmp_path / "board")
    log = note.decode_key(run("init", home, "--origin", ORIGIN))
    (tmp_path / "policy").write_text("quorum none\n")
    election = elect(log)
    serve = ("serve", home, "--policy", str(tmp_path / "policy"), "--interval", "0.05")
    with started(*serve) as (process, url):
        hand_in(Board(url), election)
        leaf = Board(url).post(encode(cast(election, 0)))
        process.kill()
        process.wait(20)
    with started(*serve) as (_, url):
        assert receipt.decode(Board(url).receipt(leaf)).index == len(election.records)


@pytest.mark.process
def test_one_process_serves_a_directory(tmp_path: Path) -> None:
    home = str(tmp_path / "board")
    run("init", home, "--origin", ORIGIN)
    (tmp_path / "policy").write_text("quorum none\n")
    serve = ("serve", home, "--policy", str(tmp_path / "policy"))
    with started(*serve) as (process, _):
        second = subprocess.run(
            [sys.executable, "-c", PROGRAM, *serve, "--port", "0"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert second.returncode == 1
        assert "another process serves" in second.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


@pytest.mark.process
def test_a_signal_that_does_not_wake_the_main_thread_ends_a_board_too(tmp_path: Path) -> None:
    home = str(tmp_path / "board")
    run("init", home, "--origin", ORIGIN)
    (tmp_path / "policy").write_text("quorum none\n")
    taken_elsewhere = (
        "import signal; from threading import Timer, get_ident;"
        "Timer(4.0, lambda: signal.pthread_kill(get_ident(), signal.SIGTERM)).start();"
    )
    serve = ("serve", home, "--policy", str(tmp_path / "policy"), "--port", "0")
    ended = subprocess.run([sys.executable, "-c", taken_elsewhere + PROGRAM, *serve], check=False, timeout=60)
    assert ended.returncode == 0


@pytest.mark.process
def test_the_key_is_its_owners_alone_and_never_overwritten(tmp_path: Path) -> None:
    home = tmp_path / "board"
    shown = run("init", str(home), "--origin", ORIGIN)
    file = home / "log.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert note.encode_key(load_key(file, ED25519)[0]) == shown
    before = file.read_bytes()
    assert "never overwritten" in fail("init", str(home), "--origin", "other.example")
    assert file.read_bytes() == before
    file.chmod(0o640)
    (tmp_path / "policy").write_text("quorum none\n")
    assert "chmod 600" in fail("serve", str(home), "--policy", str(tmp_path / "policy"))


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb"])
def test_a_name_that_notes_cannot_carry_makes_no_key(tmp_path: Path, origin: str) -> None:
    assert "cannot be called" in fail("init", str(tmp_path), "--origin", origin)
    assert not (tmp_path / "log.key").exists()


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a", "PRIVATE+KEY+a+b+c", "PRIVATE+KEY+a+00000000+AQ==", "\u00e9"])
def test_a_damaged_key_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.key").write_text(text)
    (tmp_path / "log.key").chmod(0o600)
    with pytest.raises(Unusable, match="holds no key"):
        load_key(tmp_path / "log.key", ED25519)


def test_a_witness_keeps_its_key_and_its_name(tmp_path: Path) -> None:
    place = str(tmp_path / "witness")
    shown = run("witness-key", place, "--name", "w1.example")
    assert note.decode_key(shown).type == COSIGNATURE
    assert run("witness-key", place, "--name", "w1.example") == shown
    assert "is the key of w1.example" in fail("witness-key", place, "--name", "w2.example")
    with pytest.raises(Unusable, match="logs have 01"):
        load_key(tmp_path / "witness/witness.key", ED25519)


def test_a_witness_has_a_key_of_the_kind_that_was_asked_for_when_it_was_made(tmp_path: Path) -> None:
    plain, other = str(tmp_path / "plain"), str(tmp_path / "other")
    shown = run("witness-key", other, "--name", "w2.example", "--ml-dsa")
    assert note.decode_key(shown).type == ML_DSA_44
    assert run("witness-key", other, "--name", "w2.example") == shown
    assert len((tmp_path / "other/witness.key").read_text()) < 120  # the seed alone
    told = run("witness-key", other, "--name", "w2.example", "--fingerprint")
    assert told == sha256(note.decode_key(shown).public).hexdigest()
    key, sign = load_key(tmp_path / "other/witness.key", ML_DSA_44)
    note.check_signature("BRD.5", "", key, b"message", sign(b"message"))
    mine = note.decode_key(run("witness-key", plain, "--name", "w1.example"))
    assert run("witness-key", plain, "--name", "w1.example", "--fingerprint") == mine.public.hex()
    assert "type 04, not 06" in fail("witness-key", plain, "--name", "w1.example", "--ml-dsa")


def test_without_ml_dsa_no_such_key_is_made_or_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("witness-key", str(tmp_path / "made"), "--name", "w.example", "--ml-dsa")

    class Unsupported:
        @staticmethod
        def from_seed_bytes(_: bytes) -> None:
            raise UnsupportedAlgorithm("")

    for absent in (None, Unsupported):
        monkeypatch.setattr(settings, "MLDSA44PrivateKey", absent)
        for place in ("made", "new"):
            told = fail("witness-key", str(tmp_path / place), "--name", "w.example", "--ml-dsa")
            assert "`cryptography` 48 or newer" in told
        assert not (tmp_path / "new/witness.key").exists()


def test_a_policy_has_as_many_witnesses_as_a_checkpoint_has_room_for(tmp_path: Path) -> None:
    keys = [make_key(tmp_path / f"{n}", f"witness{n}.example", ML_DSA_44) for n in range(10, 31)]
    for count in range(16, 22):
        names = [f"w{n}" for n in range(count)]
        lines = [f"witness {name} {note.encode_key(key)}" for name, key in zip(names, keys, strict=False)]
        (tmp_path / "policy").write_text("\n".join([*lines, f"group g all {' '.join(names)}", "quorum g", ""]))
        if count < 20:
            assert f"overlap {count}:" in run("policy", str(tmp_path / "policy"))
            continue
        for words in (["policy"], ["serve", str(tmp_path / "home"), "--policy"]):
            assert "room for" in fail(*words, str(tmp_path / "policy"))


@pytest.mark.process
def test_mistakes_are_said_in_a_sentence(tmp_path: Path) -> None:
    home = str(tmp_path / "board")
    (tmp_path / "policy").write_text("quorum nobody\n")
    shown = run("init", home, "--origin", ORIGIN)
    assert "--policy FILE" in fail("serve", home)
    assert "policy, line 1" in fail("serve", home, "--policy", str(tmp_path / "policy"))
    assert "No such file" in fail("serve", home, "--policy", str(tmp_path / "absent"))
    assert "interval" in fail("serve", home, "--policy", str(tmp_path / "policy"), "--interval", "-1")
    other = make_key(tmp_path / "other.key", ORIGIN, ED25519)
    (tmp_path / "policy").write_text(f"log {note.encode_key(other)}\nquorum none\n")
    assert shown != note.encode_key(other)
    (tmp_path / "board/log.key").rename(tmp_path / "log.key")
    assert "aikyn-board init" in fail("serve", home, "--policy", str(tmp_path / "policy"))
    (tmp_path / "log.key").rename(tmp_path / "board/log.key")
    assert "another key" in fail("serve", home, "--policy", str(tmp_path / "policy"))
    assert "verifier key" in fail("witness", str(tmp_path / "w"), "--name", "w", "--log", "no-key")


def test_settings_come_from_the_file_the_environment_and_the_options(tmp_path: Path) -> None:
    file = tmp_path / "board.toml"
    file.write_text('host = "0.0.0.0"\nport = 1\ninterval = 2\nqueue = 7\n')
    found = load(file, {"AIKYN_PORT": "2", "AIKYN_INTERVAL": "0.5", "AIKYN_ELSE": "x"}, {"port": "3"})
    assert (found.host, found.port, found.interval, found.queue) == ("0.0.0.0", 3, 0.5, 7)
    assert load(tmp_path / "absent", {}, {}).port == 8080
    file.write_text('policy = "policy.txt"\n')
    assert load(file, {}, {}).policy == str(tmp_path / "policy.txt")
    assert load(file, {}, {"policy": "mine"}).policy == "mine"


@pytest.mark.parametrize(
    "text", ["port = 70000", "ports = 1", "port = [", "interval = 0", 'manifest = "abc"', "queue = 0"]
)
def test_settings_that_cannot_be_used_are_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "board.toml").write_text(text)
    with pytest.raises(Unusable):
        load(tmp_path / "board.toml", {}, {})


def test_an_unsafe_policy_is_refused_before_it_is_printed(tmp_path: Path) -> None:
    keys = [note.encode_key(make_key(tmp_path / name, name, COSIGNATURE)) for name in ("a", "b", "c", "d")]
    witnesses = "".join(f"witness w{number} {key}\n" for number, key in enumerate(keys, 1))
    file = tmp_path / "policy"
    for quorum, overlap in (("3 w1 w2 w3 w4", 2), ("all w1 w2 w3", 3), ("2 w1 w2 w3", 1)):
        file.write_text(f"{witnesses}group g {quorum}\nquorum g\n")
        assert f"overlap {overlap}:" in run("policy", str(file))
    for quorum in ("group g 2 w1 w2 w3 w4\nquorum g", "group g any w1 w2\nquorum g", "quorum none"):
        file.write_text(f"{witnesses}{quorum}\n")
        assert "not safe" in fail("policy", str(file))
    file.write_text("quorum nobody\n")
    assert "policy, line 1" in fail("policy", str(file))


@pytest.mark.parametrize(
    "words", [[], ["init"], ["serve"], ["witness"], ["witness-key"], ["operator-key"], ["mirror"], ["policy"]]
)
def test_every_command_explains_itself(words: list[str]) -> None:
    result = CliRunner().invoke(main, [*words, "--help"], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    assert "DIR" in result.output or words in ([], ["policy"], ["operator-key"])
    assert len(result.output.splitlines()) > 8
    assert os.sep + "root" not in result.output
