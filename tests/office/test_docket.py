"""An election held from the docket: each act asked for, signed, sent and in effect on a real board."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bulletin.office.people import Sitting
from tests.support.dockets import CENTRAL, MIXERS, ORIGIN, PRECINCT, TRUSTEES, Office, lock, opened, run, seat, told
from tests.support.elections import AUTHORITY

pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with opened(tmp_path_factory.mktemp("village")) as office:
        yield office


def the_manifest_and_the_rosters(office: Office) -> None:
    said = told(run("act", office.folder.path, "status", "--lang", "en"))
    assert "01-manifest.request: waits for signatures" in said
    office.sign("manifest", *CENTRAL.people[:1])
    assert "2 signatures are needed; missing: central-2, central-3" in office.post()
    office.sign("manifest", *CENTRAL.people[1:2])
    office.sign("roster", *CENTRAL.people[:2])
    assert "Everything is sent" in office.post()
    assert "Everything is sent" in office.post()
    said = office.act("status")
    assert said.count("in effect") == 3
    assert "waits for the first step (pledge) of: trustee-1, trustee-2, trustee-3" in said


def too_early(office: Office) -> None:
    said = office.act("opening", code=1)
    assert "not now" in said


def a_ceremony_begun_again(office: Office) -> None:
    assert "no trustee trustee-9" in office.act("restart", "--without", "trustee-9", code=1)
    assert "KEY.10" in office.act("restart", "--without", "1", "--without", "2", code=1)
    assert "without trustee 3 (trustee-3)" in office.enact("restart", CENTRAL, "--without", "trustee-3")
    office.employ("trustee", TRUSTEES[:2], "--only", "ceremony")


def register_and_opening(office: Office) -> None:
    assert "no commission" in office.act("register", "precinct-9", code=1)
    assert "Codes from AAAA1 to AAAA4" in office.act("register", "precinct-1")
    assert "05-register.request" in office.act("register")
    assert "4 voters of register.csv are not registered yet (precinct-1)" in office.act("opening", code=1)
    assert "no voter is registered" in office.act("opening", "--anyway", code=1)
    office.enact("register", PRECINCT, "precinct-1")
    assert "on the log already" in office.act("register", "precinct-1", code=1)
    assert "on the log already" in office.act("register", code=1)
    assert "with 4 credentials" in office.enact("opening", CENTRAL)
    office.vote(1, 2, 2, 3)


def codes_of_those_who_voted_on_paper(office: Office, tmp_path: Path) -> None:
    codes = tmp_path / "codes.txt"
    for written, told_ in (
        ("AAAA9\n", "has these codes: AAAA9"),
        ("AAAA1\nАААА1", "twice: AAAA1"),
        ("\n", "no codes"),
    ):
        codes.write_text(written, encoding="utf-8")
        assert told_ in office.act("override", "precinct-1", "--codes", codes, code=1)
    codes.write_text("aaaa4; Asan\n")
    (office.private / "codes.txt").write_text("AAAA3")
    assert "Codes: AAAA4" in office.enact("override", PRECINCT, "precinct-1", "--codes", codes)
    assert "before: AAAA4" in office.act("override", "precinct-1", "--codes", codes, code=1)


def another_member_sits_in_the_precinct(office: Office) -> None:
    other = Sitting.seat(PRECINCT.commission, AUTHORITY).people[0]
    seat(office.folder, {"central": CENTRAL.people, "precinct-1": (other, PRECINCT.people[1])})
    assert "CN=precinct-1-1" in office.enact("roster", CENTRAL, "precinct-1")
    assert "no commission" in office.act("roster", "precinct-9", code=1)
    assert "in effect already" in office.act("roster", "precinct-1", code=1)
    office.act("override", "precinct-1", "--codes", office.private / "codes.txt")
    lock(other, office.key(other))
    former = office.private / "former.p12"
    lock(PRECINCT.people[0], former)
    refused = run("sign", office.request("override"), "--key", former, *office.secret, "--yes", "--lang", "en")
    assert "nobody who is asked" in told(refused, 1)
    office.sign("override", other, PRECINCT.people[1])
    assert "Everything is sent" in office.post()


def the_next_key_of_the_log(office: Office) -> None:
    card, next_, old = office.private / "log.card", office.private / "next", office.private / "board" / "log.key"
    told(run("init", next_, "--origin", "board.example/other", "--card", card))
    assert "this log is board.example/village" in office.act("log-key", card, code=1)
    shutil.rmtree(next_)
    told(run("init", next_, "--origin", ORIGIN, "--card", card))
    assert "it is lost" in office.act("log-key", card)
    office.request("log-key").unlink()
    assert "The present key signed this too" in office.act("log-key", card, "--old-key", old)
    office.request("log-key").unlink()
    operator = office.private / "operator.card"
    told(run("operator-key", office.operator, "--card", operator))
    assert "a card of this role: operator" in office.act("log-key", operator, code=1)


def close_and_freeze(office: Office) -> None:
    assert "Nobody needs to sign it" in office.act("close", "--key", office.operator)
    office.post()
    assert "is fixed, 2 ballots" in office.enact("freeze", CENTRAL)


def a_mix_server_is_left_out(office: Office) -> None:
    assert "MIX.10" in office.act("skip", "mixer-9", code=1)
    office.enact("skip", CENTRAL, "mixer-2")
    office.employ("mixer", MIXERS[:1])


def the_tally_is_computed(office: Office) -> None:
    assert "has the shares of 0 trustees and needs 2" in office.act("tally", code=1)
    office.employ("trustee", TRUSTEES[:2], "--only", "decryption")
    said = office.enact("tally", CENTRAL)
    assert "counted 2, valid 2, invalid 0" in said
    assert "    Option 2: 1" in said
    assert "in effect" in office.act("status").splitlines()[-1]


def test_an_election_by_its_docket(office: Office, tmp_path: Path) -> None:
    """One election, act after act: each scene stands on the one before it."""
    the_manifest_and_the_rosters(office)
    too_early(office)
    a_ceremony_begun_again(office)
    register_and_opening(office)
    codes_of_those_who_voted_on_paper(office, tmp_path)
    another_member_sits_in_the_precinct(office)
    the_next_key_of_the_log(office)
    close_and_freeze(office)
    a_mix_server_is_left_out(office)
    the_tally_is_computed(office)
