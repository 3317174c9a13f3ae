"""A credential of two shares on a real board: either of them alone, or a rogue key, casts nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result

from mixnet import credential, share
from mixnet.ballot import Credential
from mixnet.commands import main
from mixnet.voter import read_election
from tests.support import village
from tests.support.dockets import CENTRAL, PRECINCT, TRUSTEES, Office, opened
from verifier.audit import trust
from verifier.client.application import VoterApplication
from verifier.client.board import Board, Refused
from verifier.log.note import decode_base64, encode_base64
from verifier.proof.group import Points
from verifier.records import encode
from verifier.state import State

pytestmark = [pytest.mark.process, pytest.mark.slow]
NAMES = ("asan", "beki")


class Polls(NamedTuple):
    """A board on which the voting is open; two voters have a key sheet and a second share each."""

    office: Office
    state: State
    place: Path

    def own(self, name: str) -> Credential:
        """The credential of the sheet alone."""
        return credential.load_own(self.place / name).credential

    def second(self, name: str) -> share.SecondShare:
        return share.load(self.share(name))

    def share(self, name: str) -> Path:
        table = self.office.folder.table("applications").read_text(encoding="utf-8-sig")
        code = next(line.split(";")[0] for line in table.splitlines() if f"{name}.application" in line)
        return self.office.folder.share(code)

    def cast(self, one: Credential, name: bytes) -> tuple[int, str]:
        """Cast a ballot sealed and signed with a key in the name of another; status and clause of the refusal."""
        one.key = name
        [contest] = self.state.rules.contests
        prepared = one.seal(self.state.context, self.state.key, contest, "all", [1])
        with pytest.raises(Refused) as refused:
            Board(self.office.url).post(encode(one.cast(self.state.context, prepared)))
        return refused.value.status, refused.value.clause

    def size(self) -> int:
        return int(str(Board(self.office.url).health()["size"]))


def mix(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def write_election(office: Office) -> None:
    later = datetime.now(UTC) + timedelta(days=30)
    text = re.sub(r"2027-\d\d-\d\d", f"{later:%Y-%m-%d}", village.ELECTION)
    text = re.sub(r"\[\[date\]\]\nid = \"open\".*?\n\n", "", text, flags=re.DOTALL)
    office.folder.election.write_text(
        text.replace("\n[board]", 'second_share = "file"\n\n[board]', 1), encoding="utf-8"
    )


@pytest.fixture(scope="module")
def polls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Polls]:
    place = tmp_path_factory.mktemp("village")
    with opened(place) as office:
        for name in ("manifest", "roster"):
            office.sign(name, *CENTRAL.people[:2])
        office.post()
        office.employ("trustee", TRUSTEES, "--only", "ceremony")
        write_election(office)
        office.folder.applications.mkdir()
        for name in NAMES:
            where = ("--credential", place / name, "--trust", office.folder.made("trust.txt"))
            assert mix("voter", "key", place / name, "--election", "village").exit_code == 0
            file = office.folder.applications / f"{name}.application"
            assert mix("voter", "apply", file, *where, "--commission", "precinct-1").exit_code == 0
        assert "2 applications are not entered" in office.act("opening", code=1)
        rogue_keys_are_refused(office, place)
        said = office.enact("register", PRECINCT)
        assert said.count("entered in register.csv with the code") == said.count("For the voter alone") == 2
        office.enact("opening", CENTRAL)
        office.act("status")
        sheet = trust.decode(office.folder.made("trust.txt").read_bytes())
        yield Polls(office, read_election(Board(office.url), sheet, place / "copy"), place)


def rogue_keys_are_refused(office: Office, place: Path) -> None:
    """Whoever had K1 = X − K2 registered would vote with the key of X alone. Nothing of it is entered."""
    own, other = credential.load_own(place / "asan").credential, credential.load_own(place / "beki").credential
    rogue = bytes((Points.packed(own.key) - Points.packed(other.key)).point())
    digest = hashlib.sha256(encode(office.manifest)).digest()
    asked = own.apply(VoterApplication("village", digest, "precinct-1"))
    file, before = office.folder.applications / "rogue.application", office.folder.table("register").read_bytes()
    elsewhere = own.apply(VoterApplication("village-2", digest, "precinct-1"))
    for bent in (
        asked._replace(credential=rogue),
        asked._replace(words="another text"),
        asked._replace(credential=rogue, proof=other.apply(asked).proof),
        elsewhere._replace(election="village"),
    ):
        file.write_bytes(bent.encode())
        assert "rogue.application, line 8: the application does not prove its key" in office.act("register", code=1)
    file.write_bytes(asked.encode().partition(b"proof")[0])
    assert "rogue.application, line 8: this is no application" in office.act("register", code=1)
    file.write_bytes(elsewhere.encode())
    assert "rogue.application, line 2" in office.act("register", code=1)
    file.unlink()
    assert office.folder.table("register").read_bytes() == before
    assert not office.folder.shares.exists()


def test_a_sheet_alone(polls: Polls) -> None:
    """k1 signs in K's name, and in its own."""
    before, own = polls.size(), polls.own("asan").key
    assert polls.cast(polls.own("asan"), polls.second("asan").key) == (403, "BAL.7")
    assert polls.cast(polls.own("asan"), own) == (422, "BAL.1")
    assert polls.size() == before


def test_a_second_share_alone_and_with_the_sheet_of_another(polls: Polls) -> None:
    before, given = polls.size(), polls.second("asan")
    second, mixed = Credential(given.k2), polls.own("beki").joined(given.k2)
    assert polls.cast(Credential(given.k2), given.key) == (403, "BAL.7")
    assert polls.cast(Credential(given.k2), second.key) == (422, "BAL.1")
    assert polls.cast(polls.own("beki").joined(given.k2), given.key) == (403, "BAL.7")
    assert polls.cast(polls.own("beki").joined(given.k2), mixed.key) == (422, "BAL.1")
    assert polls.cast(polls.own("beki").joined(given.k2), polls.second("beki").key) == (403, "BAL.7")
    assert polls.size() == before


def test_both_shares_vote(polls: Polls) -> None:
    trusted = ("--board", polls.office.url, "--trust", polls.office.folder.made("trust.txt"))
    where = ("--credential", polls.place / "asan", *trusted)
    before = polls.size()
    for more in ((), ("--share", polls.share("beki"))):
        refused = mix("voter", "cast", *where, "--choose", "1", *more)
        assert refused.exit_code == 2, refused.output
    assert polls.size() == before
    whole = (*where, "--share", polls.share("asan"))
    for act in ("challenge", "cast"):
        done = mix("voter", act, *whole, "--choose", "2")
        assert done.exit_code == 0, done.output
    assert polls.size() == before + 2
    found = mix("voter", "look-up", *whole)
    assert ("CHALLENGED" in found.stdout, "PRESENT" in found.stdout) == (True, True), found.output


def test_the_register_has_the_joint_keys_and_the_log_nothing_of_the_shares(polls: Polls) -> None:
    rows = polls.office.folder.table("register").read_text(encoding="utf-8-sig").splitlines()[-2:]
    assert {decode_base64(row.split(";")[3]) for row in rows} == {polls.second(name).key for name in NAMES}
    assert {polls.second(name).key for name in NAMES} <= set(polls.state.credentials)
    board = polls.office.private / "board"
    kept = b"".join(path.read_bytes() for path in board.rglob("*") if path.is_file())
    for name in NAMES:
        given = polls.second(name)
        secret = bytes(given.k2.expose())
        assert given.key in decode_base64(rows[0].split(";")[3]) + decode_base64(rows[1].split(";")[3])
        hidden = (secret, secret.hex().encode(), encode_base64(secret).encode(), given.first)
        assert not any(part in kept for part in (*hidden, encode_base64(given.first).encode()))
