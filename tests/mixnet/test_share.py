"""Two shares of a credential: their files, and the commands that make and join them (specs/keysheet.md §4–8)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mixnet import credential, share
from mixnet.commands import main
from mixnet.speech import Trouble
from tests.support.house import read_vectors
from verifier.client.application import VoterApplication
from verifier.log.note import decode_base64
from verifier.proof.group import Points

KEYSHEETS = read_vectors("keysheet")
ELECTION = "village-2027"
SHEET = KEYSHEETS["sheets"][4]


def run(*words: object, said: str = "") -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], input=said)


@pytest.fixture
def applied(tmp_path: Path) -> Path:
    """A voter's application; the key sheet is in the file `voter`."""
    made = run("voter", "key", tmp_path / "voter", "--election", ELECTION)
    assert made.exit_code == 0, made.output
    file = tmp_path / "voter.application"
    written = run("voter", "apply", file, "--credential", tmp_path / "voter", "--words", " Асан   Үсөнов ")
    assert written.exit_code == 0, written.output
    return file


@pytest.mark.parametrize("v", KEYSHEETS["shares"], ids=lambda v: v["name"])
def test_a_share_is_read_if_its_keys_belong_together(v: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "share"
    file.touch(mode=0o600)
    file.write_text(v["file"])
    if v["holds"]:
        given = share.load(file)
        assert (given.election, given.first.hex()) == (ELECTION, SHEET["K1"])
    else:
        with pytest.raises(Trouble, match="holds no second share"):
            share.load(file)


def test_a_sheet_is_shown_when_it_is_made_and_restores_the_key(tmp_path: Path) -> None:
    file, again = tmp_path / "voter", tmp_path / "again"
    made = run("voter", "key", file, "--election", ELECTION)
    lines = [line.partition(": ")[2] for line in made.stderr.splitlines() if line.startswith("Line ")]
    assert len(lines) == 3
    assert file.stat().st_mode & 0o777 == 0o600
    assert not any(line in made.stdout for line in lines)
    shown = run("voter", "key", file, "--sheet", "--lang", "ky")
    assert all(line in shown.stderr for line in lines)
    assert "Line " not in run("voter", "key", file).stderr
    restored = run("voter", "key", again, "--election", ELECTION, "--restore", said="\n".join(lines) + "\n")
    assert (restored.exit_code, again.read_bytes()) == (0, file.read_bytes()), restored.output
    assert restored.stdout == made.stdout


def test_a_line_that_is_mistyped_is_named_and_asked_for_again(tmp_path: Path) -> None:
    one, two, three = SHEET["lines"]
    bent = two[:-1] + str((int(two[-1]) + 1) % 10)
    said = "\n".join([one, bent, two[:-1], two, f"O{three[1:]}", three]) + "\n"
    done = run("voter", "key", tmp_path / "voter", "--election", ELECTION, "--restore", said=said)
    assert done.exit_code == 0, done.output
    assert re.findall(r"Line (\d) is mistyped", done.stderr) == ["2", "2", "3"]
    assert credential.load_own(tmp_path / "voter").credential.key.hex() == SHEET["K1"]


def test_all_of_it_may_be_typed_at_once_and_too_large_a_number_is_refused(tmp_path: Path) -> None:
    done = run("voter", "key", tmp_path / "a", "--election", ELECTION, "--restore", said=f"{SHEET['qr']}\n")
    assert done.stdout.split()[0] == run("voter", "key", tmp_path / "a").stdout.split()[0]
    large = next(v["typed"] for v in KEYSHEETS["mistyped"] if v["name"] == "2^128")
    refused = run("voter", "key", tmp_path / "b", "--election", ELECTION, "--restore", said=f"{large}\n")
    assert (refused.exit_code, "not those of a key sheet" in refused.stderr) == (2, True), refused.output
    assert not (tmp_path / "b").exists()


def test_a_sheet_is_of_one_election(tmp_path: Path) -> None:
    for named in ((), ("--election", "Village 2027")):
        refused = run("voter", "key", tmp_path / "voter", *named)
        assert (refused.exit_code, "--election" in refused.stderr) == (2, True)
    run("voter", "key", tmp_path / "voter", "--election", ELECTION)
    other = run("voter", "key", tmp_path / "voter", "--election", "village-2028", "--lang", "ru")
    assert (other.exit_code, ELECTION in other.stderr) == (2, True)
    there = run("voter", "key", tmp_path / "voter", "--election", ELECTION, "--restore")
    assert (there.exit_code, "there already" in there.stderr) == (2, True)


def test_an_application_is_written_once_and_proves_the_key(applied: Path, tmp_path: Path) -> None:
    asked = VoterApplication.decode(applied.read_bytes())
    asked.check()
    own = credential.load_own(tmp_path / "voter")
    assert (asked.credential, asked.election, asked.words) == (own.credential.key, ELECTION, "Асан Үсөнов")
    again = run("voter", "apply", applied, "--credential", tmp_path / "voter")
    assert (again.exit_code, "cannot be written" in again.stderr) == (2, True)
    unfit = run("voter", "apply", tmp_path / "x", "--credential", tmp_path / "voter", "--style", "a b")
    assert (unfit.exit_code, "a b" in unfit.stderr, (tmp_path / "x").exists()) == (2, True, False)


def test_a_share_is_given_once_and_joins_with_its_sheet(applied: Path, tmp_path: Path) -> None:
    line = run("share", tmp_path / "shares", "--for", f"K7QM2WXB={applied}")
    code, key = line.stdout.split()
    file = tmp_path / "shares/K7QM2WXB.share"
    assert (line.exit_code, code, file.stat().st_mode & 0o777) == (0, "K7QM2WXB", 0o600)
    assert (tmp_path / "shares").stat().st_mode & 0o777 == 0o700
    before = file.read_bytes()
    assert run("share", tmp_path / "shares", "--for", f"K7QM2WXB={applied}").stdout == line.stdout
    assert file.read_bytes() == before
    own = credential.load_own(tmp_path / "voter").credential
    joined = credential.load(tmp_path / "voter", file)
    assert joined.key == decode_base64(key) != own.key == credential.load(tmp_path / "voter").key


def test_a_share_of_another_sheet_or_application_is_refused(applied: Path, tmp_path: Path) -> None:
    run("share", tmp_path / "shares", "--for", f"K7QM2WXB={applied}")
    run("voter", "key", tmp_path / "other", "--election", ELECTION)
    run("voter", "apply", tmp_path / "other.application", "--credential", tmp_path / "other")
    with pytest.raises(Trouble, match="not for the key sheet"):
        credential.load(tmp_path / "other", tmp_path / "shares/K7QM2WXB.share")
    taken = run("share", tmp_path / "shares", "--for", f"K7QM2WXB={tmp_path / 'other.application'}")
    assert (taken.exit_code, "another application" in taken.stderr) == (2, True)
    with pytest.raises(Trouble, match="no file"):
        credential.load(tmp_path / "voter", tmp_path / "shares/NOBODY.share")
    for pair in ("k7qm=x", "K7QM2WXB", f"K7QM2WXB={tmp_path / 'nothing'}"):
        assert run("share", tmp_path / "shares", "--for", pair).exit_code == 2


def test_a_rogue_key_gets_no_share(applied: Path, tmp_path: Path) -> None:
    """K1 = X − K2 would make the credential of two shares the key X of somebody else."""
    run("share", tmp_path / "shares", "--for", f"K7QM2WXB={applied}")
    given = share.load(tmp_path / "shares/K7QM2WXB.share")
    second = (Points.packed(given.key) - Points.packed(given.first)).point()
    own = credential.load_own(tmp_path / "voter").credential
    rogue = bytes((Points.packed(own.key) - second).point())
    asked = own.apply(VoterApplication(ELECTION))._replace(credential=rogue)
    file = tmp_path / "rogue.application"
    file.write_bytes(asked.encode())
    refused = run("share", tmp_path / "shares", "--for", f"R0GUE={file}")
    assert (refused.exit_code, "another key" in refused.stderr) == (1, True), refused.output
    assert not (tmp_path / "shares/R0GUE.share").exists()


def test_a_share_that_others_may_read_is_refused(applied: Path, tmp_path: Path) -> None:
    run("share", tmp_path / "shares", "--for", f"K7QM2WXB={applied}")
    (tmp_path / "shares/K7QM2WXB.share").chmod(0o640)
    with pytest.raises(Trouble, match="chmod 600"):
        credential.load(tmp_path / "voter", tmp_path / "shares/K7QM2WXB.share")
