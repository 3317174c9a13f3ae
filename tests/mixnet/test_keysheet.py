"""Key sheets: the vectors of specs/keysheet.md, every mistyping there is, and what the reference makes of them."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from click.testing import CliRunner

from mixnet import keysheet, practice
from mixnet.ballot import Credential
from mixnet.commands import main as mix
from mixnet.keysheet import LINE, LINES, Mistyped
from tests.reference.keysheet import judge_keysheets
from tests.reference.keysheet import read as read_by_reference
from tests.support.house import read_vectors
from tests.support.randomness import given
from tests.vectors import keysheets
from verifier.client.application import VoterApplication
from verifier.log.note import decode_base64

KEYSHEETS = read_vectors("keysheet")
GROUPS = [group for group in KEYSHEETS.values() if isinstance(group, list)]


def test_the_reference_agrees() -> None:
    names = [v["name"] for group in GROUPS for v in group]
    assert len(set(names)) == len(names)
    agrees = judge_keysheets(KEYSHEETS)
    assert set(agrees) == set(names)
    assert [name for name, agreed in agrees.items() if not agreed] == []


def test_the_committed_vectors_are_those_that_are_made() -> None:
    assert keysheets.make() == KEYSHEETS


@pytest.mark.parametrize("v", KEYSHEETS["sheets"], ids=lambda v: v["name"])
def test_a_sheet_and_its_key(v: dict[str, Any]) -> None:
    seed = bytearray.fromhex(v["seed"])
    assert keysheet.encode(seed).decode() == "".join(v["lines"]) == v["qr"].removeprefix("AIKYN1:")
    k1 = keysheet.derive(v["election"], seed)
    assert (k1.expose().hex(), Credential(k1).key.hex()) == (v["k1"], v["K1"])
    assert keysheet.read(v["qr"]) == keysheet.read("\n".join(v["lines"])) == seed


@pytest.mark.parametrize("v", KEYSHEETS["typed"], ids=lambda v: v["name"])
def test_a_sheet_is_read_as_people_type_it(v: dict[str, Any]) -> None:
    assert keysheet.read(v["typed"]).hex() == v["seed"]


@pytest.mark.parametrize("v", KEYSHEETS["mistyped"], ids=lambda v: v["name"])
def test_a_mistyped_sheet_is_refused_with_its_lines(v: dict[str, Any]) -> None:
    with pytest.raises(Mistyped) as refused:
        keysheet.read(v["typed"])
    assert [list(slip) for slip in refused.value.slips] == v["slips"]


@pytest.mark.parametrize("v", KEYSHEETS["applications"], ids=lambda v: v["name"])
def test_an_application_is_made_byte_for_byte(v: dict[str, Any]) -> None:
    own = Credential(keysheet.derive(v["election"], bytearray.fromhex(v["seed"])))
    asked = VoterApplication(v["election"], bytes.fromhex(v["manifest"]), v["commission"], v["style"], v["words"])
    with given(bytes.fromhex(v["random"])):
        assert own.apply(asked).encode().decode() == v["file"]
    afresh = own.apply(asked)
    assert afresh.proof.hex() != v["proof"]
    afresh.check()


@pytest.mark.parametrize("v", KEYSHEETS["practice"], ids=lambda v: v["name"])
def test_a_practice_key(v: dict[str, Any]) -> None:
    seed = practice.seed_of(v["election"], v["number"])
    own = Credential(keysheet.derive(v["election"], seed))
    assert (practice.code_of(v["number"]), seed.hex(), own.key.hex()) == (v["code"], v["seed"], v["K1"])
    assert lines_of(seed) == v["lines"]


def test_the_voters_of_a_practice_election_are_printed() -> None:
    done = CliRunner().invoke(mix, ["voter", "practice", "practice-tales", "--keys", "42"])
    printed = dict(line.split() for line in done.stdout.splitlines())
    assert (done.exit_code, len(printed)) == (0, 42)
    for v in KEYSHEETS["practice"][:2]:
        assert decode_base64(printed[v["code"]]).hex() == v["K1"]
    done = CliRunner().invoke(mix, ["voter", "practice", "village-2027", "--lang", "en"])
    assert (done.exit_code, "no practice election" in done.stderr) == (2, True)
    assert done.stdout == ""


@pytest.mark.parametrize("number", [0, -1, practice.MOST + 1])
def test_there_is_no_practice_key_of_another_number(number: int) -> None:
    for make in (practice.code_of, lambda n: practice.seed_of("practice-tales", n)):
        with pytest.raises(ValueError, match="1 to 99999"):
            make(number)


def test_no_other_election_has_practice_keys() -> None:
    for election in ("village-2027", "practice", "a-practice-tales"):
        with pytest.raises(ValueError, match="no practice election"):
            practice.seed_of(election, 1)


def lines_of(seed: bytearray) -> list[str]:
    sheet = keysheet.encode(seed).decode()
    return [sheet[LINE * number : LINE * (number + 1)] for number in range(LINES)]


def test_every_changed_digit_and_every_swap_is_found_in_its_line() -> None:
    chance = random.Random("sheets")
    for _ in range(20):
        lines = lines_of(bytearray(chance.randbytes(16)))
        for number, line in enumerate(lines):
            bent = [line[:at] + digit + line[at + 1 :] for at in range(LINE) for digit in "0123456789"]
            bent += [line[:at] + two + one + line[at + 2 :] for at, (one, two) in enumerate(pairwise(line))]
            bent += [other for other in lines if other != line]
            for twin in {*bent} - {line}:
                typed = "\n".join([*lines[:number], twin, *lines[number + 1 :]])
                with pytest.raises(Mistyped) as refused:
                    keysheet.read(typed)
                assert refused.value.slips == ((number + 1, "check"),)
                assert read_by_reference(typed)[1] == [[number + 1, "check"]]


def test_drawn_seeds_are_of_their_own_and_come_back() -> None:
    seeds = [keysheet.draw() for _ in range(200)]
    assert len({bytes(seed) for seed in seeds}) == len(seeds)
    for seed in seeds:
        assert keysheet.read("\n".join(lines_of(seed))) == seed
        assert read_by_reference("\n".join(lines_of(seed))) == (bytes(seed), [])


def test_a_line_is_judged_alone() -> None:
    lines = lines_of(keysheet.draw())
    for number, line in enumerate(lines, 1):
        assert keysheet.read_line(number, f" {line[:5]} {line[5:10]}-{line[10:]}\n") == line
        for typed, kind in ((line[:-1], "count"), (f"O{line[1:]}", "sign"), (lines[number % 3], "check")):
            with pytest.raises(Mistyped) as refused:
                keysheet.read_line(number, typed)
            assert refused.value.slips == ((number, kind),)
