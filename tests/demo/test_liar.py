"""The demo's lies are as good as lies can be: all that can be recomputed is right, and the one clause still fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo.liar import Colluders, Lie, flip_bit
from demo.trial import LIES
from tests.support import archives
from tests.support.boards import make_vault
from tests.support.copies import KEY
from tests.support.elections import LOG, Election, contest, whole
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client.files import Directory
from verifier.desk.report.report import Report, compose
from verifier.log import policy

UNREACHABLE = b"\n".join(
    line
    for line in archives.sheet(Election(trustees=1, threshold=1)).splitlines()[1:]
    if line.split()[0] not in (b"root", b"manifest")
)

# What must follow from the lie when the board signs on regardless: nothing; no freeze, so no mixing; no such tally.
CONSEQUENCES = {"MIX.8": set[str](), "SEL.2": {"CFG.6", "CRT.2"}, "TAL.5": {"CRT.2"}}


@pytest.fixture(scope="module")
def honest() -> Election:
    return whole(contests=(contest("north"), contest("wide", 3, 0, 2, 2)), trustees=3)


def audited(directory: Path, sheet: bytes) -> Report:
    return compose(Audit(Directory(directory), trust.decode(sheet), kept=Directory(directory).kept).run())


def colluders(election: Election, root: Path) -> Colluders:
    trustees = {n: make_vault(root / f"trustee-{n}", f"trustee-{n}") for n in (1, 2)}
    for n, vault in trustees.items():
        vault.keep("share-1", [election.x[n].expose()])
    mixers = {mixer.id: make_vault(root / mixer.id, mixer.id) for mixer in election.mixers}
    signer = (KEY, lambda message: LOG.key.sign(message).signature)
    return Colluders(mixers, trustees, election.central, signer)


@pytest.mark.parametrize("about", ["north", "wide"])
@pytest.mark.parametrize("name", [name for name, *_ in LIES])
def test_only_what_the_lie_is_about_gives_it_away(honest: Election, tmp_path: Path, name: str, about: str) -> None:
    [(clause, tell)] = [(clause, tell) for known, _, clause, tell in LIES if known == name]
    archives.write(honest, tmp_path / "honest")
    lie = Lie(honest.records, honest.state, colluders(honest, tmp_path))
    tell(lie, about)
    lie.publish(tmp_path / "honest", tmp_path / "lie", policy.decode(UNREACHABLE))
    report = audited(tmp_path / "lie", archives.sheet(honest, witnessed=False))
    failed = {check.id for check in report.checks if check.status == "FAIL"}
    assert (report.exit, clause in failed, failed - {clause}) == (1, True, failed & CONSEQUENCES[clause])
    assert report.stands is False
    witnessed = audited(tmp_path / "lie", archives.sheet(honest))
    assert clause in {check.id for check in witnessed.checks if check.status == "FAIL"}
    assert [line.id for line in witnessed.incomplete] == ["BRD.4"]


def test_a_flipped_bit_is_no_lie(honest: Election, tmp_path: Path) -> None:
    archives.write(honest, tmp_path / "honest")
    damaged = flip_bit(tmp_path / "honest", tmp_path / "damaged")
    report = audited(tmp_path / "damaged", archives.sheet(honest))
    assert (report.exit, [str(line.where) for line in report.incomplete]) == (2, [damaged])
    assert audited(tmp_path / "honest", archives.sheet(honest)).exit == 0
