"""`aikyn-board` hands in key cards: of the log, of a witness, of the operator."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path

import pytest
from click.testing import CliRunner
from nacl.signing import VerifyKey

from bulletin.operate.commands import main
from bulletin.settings import Unusable, load_operator
from tests.support.commands import ORIGIN, fail
from verifier.client.card import Card


def shown(*words: object) -> str:
    """What a command prints; what it says beside that is in its place too."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def handed(file: Path) -> Card:
    return Card.decode(file.read_bytes())


def test_the_log_s_card_is_written_with_its_key_and_again(tmp_path: Path) -> None:
    home, card = tmp_path / "board", tmp_path / "log.card"
    line = shown("init", home, "--origin", ORIGIN, "--card", card)
    assert handed(card) == Card("log", line)
    secret = (home / "log.key").read_bytes()
    card.unlink()
    assert shown("init", home, "--origin", ORIGIN, "--card", card) == line
    assert (handed(card).key, (home / "log.key").read_bytes()) == (line, secret)
    assert "is the key of" in fail("init", str(home), "--origin", "other.example", "--card", str(card))
    assert "never overwritten" in fail("init", str(home), "--origin", ORIGIN)


@pytest.mark.parametrize("kind", [(), ("--ml-dsa",)])
def test_a_witness_s_card_is_of_its_vkey(tmp_path: Path, kind: tuple[str, ...]) -> None:
    words = ("witness-key", tmp_path / "w", "--name", "w.example", *kind, "--card", tmp_path / "card")
    line = shown(*words)
    assert handed(tmp_path / "card") == Card("witness", line)
    assert shown(*words, "--fingerprint") != line
    assert handed(tmp_path / "card") == Card("witness", line)


def test_the_operator_s_key_is_made_once_shown_again_and_signs(tmp_path: Path) -> None:
    file, card = tmp_path / "operator.key", tmp_path / "operator.card"
    line = shown("operator-key", file)
    assert file.stat().st_mode & 0o777 == 0o600
    secret = file.read_bytes()
    said = CliRunner().invoke(main, ["operator-key", str(file), "--card", str(card)])
    assert (said.exit_code, said.stdout.strip()) == (0, line)
    assert handed(card).groups in said.stderr
    assert handed(card) == Card.of("operator", b64decode(line))
    assert file.read_bytes() == secret
    key, sign = load_operator(file)
    VerifyKey(key.public).verify(b"closed", sign(b"closed"))
    assert key.public == b64decode(line)


def test_a_log_s_key_is_not_the_operator_s(tmp_path: Path) -> None:
    shown("init", tmp_path, "--origin", ORIGIN)
    assert "not of the operator" in fail("operator-key", str(tmp_path / "log.key"))
    with pytest.raises(Unusable, match="not of the operator"):
        load_operator(tmp_path / "log.key")


def test_an_operator_s_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    shown("operator-key", tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    assert "chmod 600" in fail("operator-key", str(tmp_path / "key"))
