"""A board that knows the authorities of the trust sheet refuses members whom they have not certified."""

from __future__ import annotations

import logging
from base64 import b64encode
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import pytest
from click.testing import CliRunner

from bulletin.board import anchors
from bulletin.office.people import Authority, Sitting
from bulletin.operate.commands import main
from bulletin.settings import ROOTS, SETTINGS, Unusable, load
from tests.support.elections import AUTHORITY, Election
from tests.support.serving import hand_in, operator_of, running, set_up
from verifier.client.board import Refused
from verifier.commission.certificate import decode_anchor
from verifier.commission.roster import Roster
from verifier.records import encode

pytestmark = [pytest.mark.usefixtures("stores"), pytest.mark.filterwarnings("ignore::ResourceWarning")]
OTHER = Authority("Another Root")


def pem(*ders: bytes) -> str:
    return "".join(map(DER_cert_to_PEM_cert, ders))


def save(place: Path, *authorities: Authority) -> str:
    """The authorities' certificates as the operator has them: with words between them, and lines that end in CR LF."""
    file = place / ROOTS
    place.mkdir(parents=True, exist_ok=True)
    file.write_bytes(
        "\n".join(f"Subject: a root\n{pem(each.der)}" for each in authorities).replace("\n", "\r\n").encode()
    )
    return str(file)


def begun(place: Path) -> Election:
    key = set_up(place)
    return Election(origin=key.name, log_key=key.public).set_up().seat_others()


def mixed(election: Election) -> Roster:
    """The precinct's roster with one member whom another authority certified."""
    stranger = Sitting.seat(election.precinct.commission, OTHER).roster.members[1]
    return Roster(election.precinct.commission.id, (election.precinct.roster.members[0], stranger))


@pytest.mark.process
def test_members_whom_a_root_certified_are_taken(tmp_path: Path) -> None:
    """G10: any of several roots will do, for rosters of all commissions."""
    election = begun(tmp_path)
    with running(tmp_path, roots=save(tmp_path, OTHER, AUTHORITY)) as run:
        hand_in(run.client, election)
        assert run.board.sequencer.state.rosters.keys() == {"central", "precinct", "district", "suburb"}


@pytest.mark.process
def test_an_election_of_other_roots_is_refused_at_the_desk(tmp_path: Path) -> None:
    """G10: at the first roster, with the clause that the audit would break, and signed by the board."""
    election = begun(tmp_path)
    with running(tmp_path, roots=save(tmp_path, OTHER)) as run:
        run.client.post(election.records[0])
        with pytest.raises(Refused) as caught:
            run.client.post(election.records[1], operator_of(election))
        assert run.board.sequencer.log.size == 1
    answer = caught.value
    assert (answer.status, answer.code, answer.clause) == (403, "not-signed", "CRT.4")
    assert "central-1: no trusted root has the key that signed it; its issuer is CN=Test Root" in str(answer)


@pytest.mark.process
def test_one_stranger_among_members_is_named(tmp_path: Path) -> None:
    """G10: also on a later roster; the right one is taken afterwards."""
    election = begun(tmp_path)
    with running(tmp_path, roots=save(tmp_path, AUTHORITY)) as run:
        run.client.post(election.records[0])
        run.client.post(election.records[1], operator_of(election))
        with pytest.raises(Refused, match=r"precinct-2: no trusted root .* CN=Another Root"):
            run.client.post(encode(mixed(election)), operator_of(election))
        run.client.post(election.records[2], operator_of(election))


@pytest.mark.process
def test_without_roots_a_board_takes_them_and_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """G10: one line at the start, and the board goes on as before; with roots there is no such line."""
    election = begun(tmp_path)
    with caplog.at_level(logging.WARNING, "aikyn.board"), running(tmp_path) as run:
        run.client.post(election.records[0])
        for raw in (election.records[1], encode(mixed(election))):
            run.client.post(raw, operator_of(election))
    assert [record.getMessage() for record in caplog.records] == ["no roots"]
    caplog.clear()
    with caplog.at_level(logging.WARNING, "aikyn.board"), running(tmp_path, roots=save(tmp_path, AUTHORITY)):
        assert caplog.records == []


@pytest.mark.process
def test_what_is_on_the_log_stays_there(tmp_path: Path) -> None:
    """G10: a board that is given other roots later starts, and answers a retry as it did."""
    election = begun(tmp_path)
    with running(tmp_path) as run:
        hand_in(run.client, election)
    with running(tmp_path, roots=save(tmp_path, OTHER)) as run:
        assert run.board.sequencer.log.size == len(election.records)
        run.client.post(election.records[1], operator_of(election))


def check(home: Path, *words: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(main, ["check-config", str(home), *words], env={"AIKYN_PORT": "0"})
    return done.exit_code, [
        line for line in done.output.splitlines() if "policy" not in line and "`manifest`" not in line
    ]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A board of one witness too few, which is only a warning."""
    place = tmp_path / "board"
    set_up(place)
    (place / "policy").write_text("quorum none\n")
    return place


@pytest.mark.process
def test_rosters_are_judged_before_they_are_posted(home: Path, tmp_path: Path) -> None:
    """G10: each stranger in one line; a board without roots cannot say."""
    election, right, wrong = begun(home), tmp_path / "right", tmp_path / "wrong"
    right.write_bytes(encode(election.central.roster))
    wrong.write_bytes(encode(mixed(election)))
    assert check(home, "--roster", str(right))[0] == 1
    save(home, AUTHORITY)
    assert check(home, "--roster", str(right)) == (0, [])
    status, said = check(home, "--roster", str(right), "--roster", str(wrong))
    assert (status, len(said)) == (1, 1)
    assert said[0].startswith(f"error: {wrong}, precinct: precinct-2: no trusted root has the key")
    save(home, OTHER)
    assert len(check(home, "--roster", str(right), "--roster", str(wrong))[1]) == 3 + 1
    wrong.write_bytes(election.records[0])
    assert "it is no roster" in check(home, "--roster", str(wrong))[1][0]


@pytest.mark.process
def test_rosters_on_the_log_are_judged_too(home: Path) -> None:
    """G10: they are warnings, for what is on the log cannot be mended there."""
    with running(home) as run:
        hand_in(run.client, begun(home))
    save(home, AUTHORITY)
    assert check(home) == (0, [])
    save(home, OTHER)
    status, said = check(home)
    assert (status, len(said)) == (0, 3 + 2 + 1 + 1)
    assert said[0].startswith("warning: record 1, central: central-1: no trusted root has the key")


def test_roots_are_authorities_in_pem(tmp_path: Path) -> None:
    """G10: what no trust sheet may have, no board takes as a root."""
    file = tmp_path / ROOTS
    save(tmp_path, AUTHORITY, OTHER)
    assert anchors.read(file) == (decode_anchor(AUTHORITY.der), decode_anchor(OTHER.der))
    member = begun(tmp_path / "board").central.roster.members[0].certificate
    for text, said in {
        "": "no certificate in PEM",
        b64encode(AUTHORITY.der).decode(): "no certificate in PEM",
        pem(AUTHORITY.der, member): "certificate 2: .* not say that it is an authority's",
        pem(AUTHORITY.der + b"0"): "certificate 1: not the DER of a certificate",
        pem(AUTHORITY.der).replace("M", "*"): "certificate 1 is not in base64",
    }.items():
        file.write_text(text)
        with pytest.raises(Unusable, match=said):
            anchors.read(file)
    file.unlink()
    with pytest.raises(Unusable, match="cannot be read"):
        anchors.read(file)


def test_where_the_roots_are_looked_for(tmp_path: Path) -> None:
    """Beside the settings, where these name them or by their usual name; an empty name means none."""
    assert load(tmp_path / SETTINGS, {}, {}).roots == ""
    save(tmp_path, AUTHORITY)
    assert load(tmp_path / SETTINGS, {}, {}).roots == str(tmp_path / ROOTS)
    (tmp_path / SETTINGS).write_text('roots = "ca/all.pem"\n')
    assert load(tmp_path / SETTINGS, {}, {}).roots == str(tmp_path / "ca/all.pem")
    (tmp_path / SETTINGS).write_text('roots = ""\n')
    assert load(tmp_path / SETTINGS, {}, {}).roots == ""
    assert load(tmp_path / SETTINGS, {"AIKYN_ROOTS": "mine"}, {}).roots == "mine"
