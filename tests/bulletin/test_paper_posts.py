"""Commissions' papers at a real board: what is taken, and every lie of the corpus, refused without a trace."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests
from msgspec.structs import replace

from bulletin.board.keyring import keys_of
from bulletin.http.server import read_plan
from bulletin.office.signing import sign
from bulletin.settings import Unusable
from tests.corpus import decisions
from tests.corpus.papers import PAPER_LIES, PaperLiar, PaperLie, again
from tests.support.commands import started
from tests.support.returns import ON_PAPER, PRECINCTS, PaperElection
from tests.support.serving import Running, operator_of, running, set_up, start
from verifier.client.board import Board, Refused, Sender, posted_bytes
from verifier.log.tree import hash_leaf
from verifier.paper.papers import Accreditation
from verifier.records import encode

if TYPE_CHECKING:
    from bulletin.office.people import Person

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]
JSON = {"Content-Type": "application/json"}
STATUS = {"CFG.4": 400, "CRT.1": 403, "CRT.2": 403, "CRT.3": 403, "PRT.2": 403}
CODES = {400: "malformed", 403: "not-signed", 422: "rejected"}
PLAN = encode(ON_PAPER)
LIES = [lie for lie in PAPER_LIES if lie.expect != "PRT.1"]  # those come first on a log, and are below


class Town(NamedTuple):
    """A board on which an election on paper is, and the election."""

    run: Running
    election: PaperElection

    def post(self, raw: bytes) -> requests.Response:
        headers = JSON | operator_of(self.election).authorize(posted_bytes(self.election.digest, hash_leaf(raw)))
        return requests.post(f"{self.run.client.url}/records", raw, headers=headers, timeout=10)

    def hand_in(self, election: PaperElection, records: list[bytes]) -> None:
        """Put the election's blobs, then post these records of it."""
        for data in election.blobs.values():
            if data != PLAN:
                self.run.client.put_blob(data, operator_of(election))
        for raw in records:
            self.run.client.post(raw, operator_of(election))

    def size(self) -> int:
        return self.run.board.sequencer.log.size


def called(place: Path) -> PaperElection:
    """An election on paper for the log in this directory, which has the plan; nothing is posted."""
    key = set_up(place)
    (place / "plan.json").write_bytes(PLAN)
    election = PaperElection()
    election.manifest = replace(election.manifest, origin=key.name, log_key=key.public)
    return election


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[bool, tuple[Path, Town]]]:
    """Boards whose precincts have reported and, by True, one whose election is over; each has a copy that rests."""
    made: dict[bool, tuple[Path, Town]] = {}
    with ExitStack() as stack:
        for whole in (False, True):
            place = tmp_path_factory.mktemp("town")
            election = called(place).set_up()
            election.accredit()
            for unit in PRECINCTS:
                election.report(unit)
            if whole:
                election.post(election.observe("p-1"))
                election.conclude()
            with running(place, plan=str(place / "plan.json"), sender_rate=10**6) as run:
                run.client.post(election.records[0])
                Town(run, election).hand_in(election, election.records[1:])
            resting = tmp_path_factory.mktemp("resting") / "town"
            shutil.copytree(place, resting)
            made[whole] = resting, Town(stack.enter_context(running(place, sender_rate=10**6)), election)
        yield made


@pytest.mark.parametrize("lie", LIES, ids=[lie.name for lie in LIES])
def test_lies_on_paper_are_refused_and_leave_nothing(
    places: dict[bool, tuple[Path, Town]], tmp_path: Path, lie: PaperLie
) -> None:
    """Each with its clause and a sentence; the board goes on from where it was."""
    resting, town = places[lie.whole]
    liar = PaperLiar(town.election, len(town.election.records))
    told = lie.tell(liar)
    if told is not None:
        liar.lie(told)  # type: ignore[arg-type]
    *honest, false = liar.records[len(town.election.records) :]
    if not honest:
        refuse(town, liar, false, lie.expect)
        return
    shutil.copytree(resting, tmp_path / "town")
    with running(tmp_path / "town") as run:
        apart = Town(run, town.election)
        apart.hand_in(liar, honest)
        refuse(apart, liar, false, lie.expect)


def refuse(town: Town, liar: PaperLiar, false: bytes, clause: str) -> None:
    """The board refuses this by this clause, and keeps nothing of it."""
    town.hand_in(liar, [])
    size = town.size()
    answer = town.post(false)
    said, status = answer.json(), STATUS.get(clause, 422)
    assert (answer.status_code, said["code"], said["clause"]) == (status, CODES[status], clause)
    assert said["detail"]
    assert town.size() == size
    with pytest.raises(Refused, match="does not have this record"):
        town.run.client.receipt(hash_leaf(false), 0)


NUMBERS = {
    "negative": (b'"spoiled":1', b'"spoiled":-1'),
    "huge": (b'"spoiled":1', b'"spoiled":9007199254740993'),
    "a part": (b'"spoiled":1', b'"spoiled":1.5'),
    "text": (b'"spoiled":1', b'"spoiled":"1"'),
    "twice": (b'"spoiled":1', b'"spoiled":1,"spoiled":1'),
    "no date": (b'"held":', b'"held":-'),
}


@pytest.mark.parametrize(("old", "new"), NUMBERS.values(), ids=list(NUMBERS))
def test_figures_that_are_no_numbers(places: dict[bool, tuple[Path, Town]], old: bytes, new: bytes) -> None:
    _, town = places[True]
    raw = encode(again(PaperLiar(town.election, len(town.election.records))))
    assert raw.count(old) == 1
    size, answer = town.size(), town.post(raw.replace(old, new))
    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (400, "malformed", "CFG.4")
    assert town.size() == size


def test_a_table_that_has_not_been_put(places: dict[bool, tuple[Path, Town]]) -> None:
    _, town = places[False]
    liar = PaperLiar(town.election, len(town.election.records))
    first, *others = liar.table("tec-1", "protocol-tec").rows
    raw = encode(decisions.tabled(liar, rows=(replace(first, votes=(1, 2, 3, 4)), *others)))
    size, answer = town.size(), town.post(raw)
    assert (answer.status_code, answer.json()["code"]) == (424, "blob-missing")
    assert town.size() == size
    town.hand_in(liar, [])
    assert town.post(raw).status_code == 202


class TestThePlan:
    @pytest.mark.usefixtures("stores")
    def test_without_it_the_manifest_is_refused(self, tmp_path: Path) -> None:
        election = called(tmp_path).set_up()
        with running(tmp_path) as run:
            with pytest.raises(Refused, match="the board lacks the plan") as caught:
                run.client.post(election.records[0])
            assert (caught.value.status, caught.value.code) == (424, "blob-missing")
            assert "--plan FILE" in caught.value.detail
            assert run.board.sequencer.log.size == 0
        with running(tmp_path, plan=str(tmp_path / "plan.json")) as run:
            run.client.post(election.records[0])
        (tmp_path / "plan.json").unlink()
        assert start(tmp_path).sequencer.state.plan == ON_PAPER  # it stands among the blobs now

    def test_the_command_takes_it_as_a_file(self, tmp_path: Path) -> None:
        election = called(tmp_path / "board").set_up()
        plan = (tmp_path / "board" / "plan.json").rename(tmp_path / "the.plan")
        (tmp_path / "policy").write_text("quorum none\n")
        serve = ("serve", str(tmp_path / "board"), "--policy", str(tmp_path / "policy"))
        with started(*serve) as (_, url), pytest.raises(Refused, match="the board lacks the plan"):
            Board(url).post(election.records[0])
        with started(*serve, "--plan", str(plan)) as (_, url):
            Board(url).post(election.records[0])
            assert Board(url).health()["size"] == 1

    @pytest.mark.parametrize("data", [b"", b"{}", PLAN + b"\n", PLAN.replace(b'"offset":360', b'"offset":-1')])
    def test_a_file_that_is_none(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "plan.json").write_bytes(data)
        with pytest.raises(Unusable, match="it is no plan"):
            read_plan(tmp_path / "plan.json")

    @pytest.mark.usefixtures("stores")
    def test_with_a_circle_of_duties_or_an_unknown_key(self, tmp_path: Path) -> None:
        first, *others = ON_PAPER.duties
        ratio = replace(ON_PAPER.ratios[0], left={"carried": 1})
        for number, plan in enumerate(
            (
                replace(ON_PAPER, duties=(replace(first, after=("B9",)), *others)),
                replace(ON_PAPER, ratios=(ratio, *ON_PAPER.ratios[1:])),
            )
        ):
            place = tmp_path / str(number)
            election = called(place)
            (place / "plan.json").write_bytes(encode(plan))
            manifest = replace(election.manifest, paper=election.put(encode(plan)))
            with running(place, plan=str(place / "plan.json")) as run:
                with pytest.raises(Refused) as caught:
                    run.client.post(encode(manifest))
                assert (caught.value.status, caught.value.clause) == (422, "PRT.1")
                assert run.board.sequencer.log.size == 0


class TestWhoHandsIn:
    def sender(self, election: PaperElection, name: str, person: Person) -> Sender:
        return Sender(election.digest, name, lambda message: sign(person.key, message))

    def test_members_under_their_commissions_name(self, places: dict[bool, tuple[Path, Town]]) -> None:
        _, town = places[True]
        member = town.election.seated["p-1"].people[0]
        town.run.client.put_blob(b"a photo", self.sender(town.election, "p-1/p-1-1", member))
        for name in ("p-1-1", "p-2/p-1-1", "p-1/p-1-2", "p-9/p-1-1", "observer:p-1-1", "p-1/", "/p-1-1"):
            with pytest.raises(Refused, match="not-signed"):
                town.run.client.put_blob(b"another", self.sender(town.election, name, member))

    def test_a_name_costs_one_certificate(self, places: dict[bool, tuple[Path, Town]]) -> None:
        state = places[True][1].run.board.sequencer.state
        for name, many in {"p-1/p-1-1": 1, "m1": 0, "operator": 1, "observer:kloop": 1, "observer:nobody": 0}.items():
            assert len(list(keys_of(state, name, observers=True))) == many

    @pytest.mark.usefixtures("stores")
    def test_observers_put_photos_until_they_are_withdrawn(self, tmp_path: Path) -> None:
        election = called(tmp_path).set_up()
        election.accredit()
        kloop = self.sender(election, "observer:kloop", election.watcher[0])
        with running(tmp_path, plan=str(tmp_path / "plan.json")) as run:
            for raw in election.records:
                run.client.post(raw, operator_of(election))
            run.client.put_blob(b"a photo", kloop)
            with pytest.raises(Refused, match="not-signed"):  # for the commissions' records their own people sign
                run.client.post(encode(again(PaperLiar(election, len(election.records)))), kloop)
            known = len(election.records)
            election.enact(Accreditation((), ("kloop",)))
            for raw in election.records[known:]:
                run.client.post(raw, operator_of(election))
            with pytest.raises(Refused, match="not-signed"):
                run.client.put_blob(b"another photo", kloop)
