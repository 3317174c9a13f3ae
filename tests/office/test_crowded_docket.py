"""A docket of many papers: however many there are, each folder is looked through once, and each file read once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from bulletin.office import docket as docket_
from bulletin.office import signatory
from bulletin.office.acts import Enactment
from bulletin.office.asking import ask
from bulletin.office.docket import read_docket
from bulletin.office.enacting import enact
from bulletin.office.folder import Folder
from bulletin.office.keyfile import OpenedKey
from bulletin.office.request import read_request
from bulletin.office.signatory import OpenRequest
from bulletin.office.standing import Docket
from bulletin.office.teller import Known
from tests.support.returns import ON_PAPER, PaperElection, counted, made
from verifier.records import encode

UNIT = "p-1"


class Effort:
    """How often something is done, while it is asked."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.counts: Counter[str] = Counter()
        for module in (docket_, signatory):
            patch.setattr(module, "read_request", self._count("read", read_request))
        patch.setattr(Path, "glob", self._count("glob", Path.glob))

    def _count(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted_(*given: Any) -> Any:
            self.counts[name] += 1
            return function(*given)

        return counted_

    def take(self) -> Counter[str]:
        taken, self.counts = self.counts, Counter()
        return taken


@pytest.fixture(scope="module")
def election() -> PaperElection:
    return PaperElection().set_up()


def crowd(place: Path, election: PaperElection, papers: int) -> Folder:
    """A docket with so many papers of a precinct, each signed by one member."""
    folder, known = Folder(place), Known(election.manifest, plan=ON_PAPER)
    filed = read_docket(folder)
    ask(folder, election.manifest, election.manifest, election.central.roster, [encode(ON_PAPER)], known, filed)
    lines, votes = counted(UNIT)
    for number in range(papers):
        paper = replace(made(UNIT, "protocol", lines, votes), held=1_700_000_000 + number)
        ask(folder, paper, election.manifest, election.seated[UNIT].roster, (), known, filed)
    person = election.seated[UNIT].people[0]
    for opened in OpenRequest.read_all([each.path for each in filed[1:]]):
        signatory.sign(opened, OpenedKey(person.key, (person.member.certificate,)))
    return folder


def test_how_requests_stand(tmp_path: Path, election: PaperElection, monkeypatch: pytest.MonkeyPatch) -> None:
    """G11: as many looks for many papers as for few."""
    folders = {many: crowd(tmp_path / str(many), election, many) for many in (4, 24)}
    effort = Effort(monkeypatch)
    found = {}
    for many, folder in folders.items():
        docket = Docket.read(folder, election.state)
        stands = docket.stands()
        found[many] = effort.take()
        assert {len(stand.signatures) for stand in stands if stand.filed.request.kind == "paper"} == {1}
        assert found[many]["read"] == many + 1
    assert found[4]["glob"] == found[24]["glob"]


def test_what_is_signed_since_is_seen(tmp_path: Path, election: PaperElection) -> None:
    docket = Docket.read(crowd(tmp_path, election, 2), election.state)
    assert [len(stand.signatures) for stand in docket.stands()] == [0, 1, 1]
    person = election.seated[UNIT].people[1]
    signatory.sign(OpenRequest.read(docket.filed[2].path), OpenedKey(person.key, (person.member.certificate,)))
    assert [len(stand.signatures) for stand in docket.stands()] == [0, 1, 2]


def test_what_requests_say(tmp_path: Path, election: PaperElection, monkeypatch: pytest.MonkeyPatch) -> None:
    """G11: as many looks for many papers as for few."""
    folders = {many: crowd(tmp_path / str(many), election, many) for many in (4, 24)}
    effort = Effort(monkeypatch)
    found = {}
    for many, folder in folders.items():
        paths = sorted(folder.docket.glob("*.request"))
        effort.take()
        papers = OpenRequest.read_all(paths)
        found[many] = effort.take()
        assert "PAPER: protocol (protocol) of p-1 (p-1)" in papers[-1].tell("en")
        assert found[many]["read"] == many + 1
    assert found[4]["glob"] == found[24]["glob"]


def test_many_are_asked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G11: what an act files is taken into the docket that it has read: nothing is read again for each request."""
    election = PaperElection().set_up()  # its state is spent here
    folder = crowd(tmp_path, election, 3)
    filed = read_docket(folder)
    effort = Effort(monkeypatch)
    lines, votes = counted(UNIT)
    people = tuple(person.member.id for person in election.seated[UNIT].people)
    for number in range(5):
        paper = replace(made(UNIT, "protocol", lines, votes), held=1_800_000_000 + number, present=people)
        enact(folder, election.state, Enactment(paper), filed)
    assert (len(filed), effort.take()["read"]) == (9, 0)
    assert [each.number for each in read_docket(folder)] == list(range(1, 10))
