"""What observers say, and what is handed in without a key: drafted, signed, on a real board, found by an audit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bulletin.office.folder import Folder
from bulletin.settings import make_operator
from tests.support.dockets import run, told
from tests.support.papered import PaperDesk, fill, papered
from tests.support.papers import RACE
from tests.support.returns import PRECINCTS, counted
from verifier.audit import trust
from verifier.audit.audit import Audit
from verifier.client.files import Directory
from verifier.rule import Finding

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
OPTIONS = ("anar", "bolot", "cholpon", "against")
COPY = ("observation", "--form", "protocol", "--contest", RACE)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperDesk]:
    with papered(tmp_path_factory.mktemp("observers"), PRECINCTS) as desk:
        yield desk


def figures(unit: str, **changes: int) -> dict[str, int]:
    lines, votes = counted(unit)
    return lines | dict(zip(OPTIONS, votes, strict=True)) | {"copy": 1} | changes


def findings(desk: PaperDesk, clause: str) -> list[Finding]:
    """What an audit of the desk's copy finds under a clause, once the copy has all that was sent."""
    desk.act("status")
    sheet = trust.decode(desk.folder.made("trust.txt").read_bytes())
    return [one for one in Audit(Directory(desk.folder.board), sheet).run().findings if one.id == clause]


def test_observers_and_what_is_handed_in(desk: PaperDesk, tmp_path: Path) -> None:
    """One log, and scene after scene on it."""
    two_are_accredited(desk, tmp_path)
    mistakes_of_a_draft(desk)
    a_copy_that_differs(desk)
    a_copy_that_was_refused(desk)
    an_observers_own_desk(desk, tmp_path)
    handed_in_without_a_key(desk, tmp_path)
    a_complaint_and_a_stand(desk)
    one_is_an_observer_no_more(desk)


def two_are_accredited(desk: PaperDesk, place: Path) -> None:
    draft = desk.template("accreditation")
    blocks = ["withdrawn = []"]
    for person, id, units in zip(desk.election.watcher, ("kloop", "school"), ([], ["p-1"]), strict=True):
        (place / f"{id}.cer").write_bytes(person.member.certificate)
        named = (f'id = "{id}"', f'organisation = "{id}"', f'certificate = "{place}/{id}.cer"')
        blocks += ["[[observer]]", *named, f"units = {units}".replace("'", '"')]
    draft.write_text("\n".join([*blocks, ""]), encoding="utf-8")
    desk.act("accreditation", draft)
    desk.sign("cec")
    desk.post()


def mistakes_of_a_draft(desk: PaperDesk) -> None:
    draft = desk.template(*COPY, "--unit", "p-2", "--observer", "school")
    text = draft.read_text(encoding="utf-8")
    assert 'observer = "school"  # kloop school' in text
    assert f"# 1: {desk.election.head('p-2', 'protocol').hex()}" in text
    fill(draft, {"listed": 1}, stamped='"yes"', refused="true")
    for language, words in (
        ("en", ("line 15: lines.listed has a figure", "line 5: observer is “school”", "line 9: stamped is “yes”")),
        ("ru", ("строка 15: в lines.listed", "строка 5: observer — «school»", "строка 9:")),
        ("ky", ("15-сап", "5-сап: observer — «school»", "9-сап")),
    ):
        said = desk.act("observation", draft, code=1, language=language)
        assert [word for word in words if word not in said] == [], said
    draft.unlink()
    assert "give either DRAFT or --template" in desk.act("observation", code=2)


def a_copy_that_differs(desk: PaperDesk) -> None:
    draft = desk.template(*COPY, "--unit", "p-2", "--observer", "kloop")
    assert "lines.listed is “”" in desk.act("observation", draft, code=1)
    copied = figures("p-2")
    fill(draft, copied | {"cholpon": copied["cholpon"] + 43}, stamped="true")
    said = desk.act("observation", draft)
    assert "COPY of protocol (protocol) of p-2 (p-2)" in said
    assert "Request: " in said
    assert "The observer kloop is asked to sign" in said
    assert "nobody who is asked to sign" in desk.sign_by(desk.election.watcher[1], code=1)
    assert "missing: kloop" in desk.act("status")
    assert "not sent, signatures are missing" in desk.post()
    assert "Заявляет наблюдатель kloop" in desk.sign_by(desk.election.watcher[0], "ru")
    assert "Signed before" in desk.sign_by(desk.election.watcher[0])
    assert "Муну kloop байкоочусу айтат" in desk.last().read_text(encoding="utf-8")
    assert f"{desk.last().name}: sent" in desk.post()
    assert f"{desk.last().name}: in effect" in desk.act("status")
    assert f"{desk.last().name}: was sent before" in desk.post()
    (found,) = findings(desk, "PRT.28")
    assert (found.severity, found.where.unit, found.where.form) == ("error", "p-2", "protocol")


def a_copy_that_was_refused(desk: PaperDesk) -> None:
    draft = desk.template(*COPY, "--unit", "p-3", "--observer", "kloop")
    said = desk.act("observation", fill(draft, {}, refused="true"))
    assert "COPY REFUSED: protocol (protocol) of p-3 (p-3)" in said
    desk.sign_by(desk.election.watcher[0])
    desk.post()
    assert [found.where.unit for found in findings(desk, "PRT.30")] == ["p-3"]


def an_observers_own_desk(desk: PaperDesk, place: Path) -> None:
    """All that an observer needs is a trust sheet: the board gives the rest, and takes photos from the key."""
    own = desk._replace(folder=Folder(place / "observer"))
    own.folder.made("").mkdir(parents=True)
    own.folder.made("trust.txt").write_bytes(desk.folder.made("trust.txt").read_bytes())
    draft = own.template(*COPY, "--unit", "p-1", "--observer", "school")
    (draft.parent / "photo.jpg").write_bytes(b"a photo")
    own.act("observation", fill(draft, figures("p-1"), stamped="true", photos='["photo.jpg"]'))
    said = own.sign_by(desk.election.watcher[1])
    assert "anar: " in said
    key, secret = own.key(desk.election.watcher[1]), ("--password-file", own.private / "password")
    words = ("post", "--lang", "en", "--board", own.url, "--key", key, *secret)
    assert f"{own.last().name}: sent" in told(run("act", own.folder.path, *words))
    assert f"{own.last().name}: in effect" in own.act("status")
    assert [found.where.unit for found in findings(desk, "PRT.28")] == ["p-2"]


def handed_in_without_a_key(desk: PaperDesk, place: Path) -> None:
    operator, other = desk.private / "operator.key", place / "other.key"
    make_operator(other)
    draft = fill(desk.template(*COPY, "--unit", "p-4"), figures("p-4", anar=1))
    for language, word in (("en", "so the operator signs"), ("ru", "оператор"), ("ky", "оператор кол коёт")):
        assert word in desk.act("observation", draft, code=1, language=language)
    assert "is not the key of this election's operator" in desk.act("observation", draft, "--key", other, code=1)
    said = desk.act("observation", draft, "--key", operator)
    assert "Handed in at the board without a key" in said
    assert "Nobody needs to sign it" in said
    taken = desk.last()
    intake = desk.template("intake")
    text = intake.read_text(encoding="utf-8")
    (leaf,) = [line.split('"')[1] for line in text.splitlines() if f"p-4, protocol, {RACE}" in line]
    intake.write_text(f'leaves = ["{leaf}", "{leaf}"]\n[[withheld]]\nleaf = ""\nreason = "a name"\n', encoding="utf-8")
    said = desk.act("intake", intake, "--key", operator, code=1)
    assert f"line 1: leaves names the leaf {leaf} twice" in said
    assert "line 3: withheld.leaf is empty" in said
    hidden, lost = "ab" * 32, "cd" * 32
    leaves = f'leaves = ["{leaf}", "{hidden}", "{lost}"]'
    intake.write_text(f'{leaves}\n[[withheld]]\nleaf = "{hidden}"\nreason = "a name"\n', encoding="utf-8")
    assert "TAKEN IN: 3 copies" in desk.act("intake", intake, "--key", operator)
    assert f"{desk.last().name}: sent" in desk.post()
    assert f"{taken.name}: in effect" in desk.act("status")
    severities = {found.severity for found in findings(desk, "PRT.31")}
    assert severities == {"information", "warning"}
    differ = [(found.severity, found.where.unit) for found in findings(desk, "PRT.28")]
    assert sorted(differ) == [("error", "p-2"), ("warning", "p-4")]
    assert "leaves = [\n]" in desk.template("intake", again=True).read_text(encoding="utf-8")


def a_complaint_and_a_stand(desk: PaperDesk) -> None:
    watcher = desk.election.watcher[0]
    complaint = fill(desk.template("appeal", "--unit", "p-2"), {}, number='"17"', observer='"kloop"', by='"observer"')
    (complaint.parent / "complaint.txt").write_text("I saw it")
    assert "Said by the observer kloop" in desk.act("appeal", complaint)
    desk.sign_by(watcher)
    stand = fill(desk.template("attestation", "--unit", "p-2"), {}, observer='"kloop"')
    assert "Said by the observer kloop" in desk.act("attestation", stand)
    desk.sign_by(watcher)
    assert "Everything is sent" in desk.post()
    assert [found.severity for found in findings(desk, "PRT.32")] == ["information"]


def one_is_an_observer_no_more(desk: PaperDesk) -> None:
    """Kloop is withdrawn while a copy of theirs waits: the signature does not count, and no other is asked for."""
    draft = fill(desk.template(*COPY, "--unit", "p-5", "--observer", "kloop"), figures("p-5"))
    desk.act("observation", draft)
    desk.sign_by(desk.election.watcher[0])
    copied = desk.last()
    withdrawn = desk.template("accreditation", again=True)
    withdrawn.write_text('withdrawn = ["kloop"]\n')
    desk.act("accreditation", withdrawn)
    desk.sign("cec")
    desk.post()
    assert f"{copied.stem}.kloop.signed does not count" in desk.act("status")
    assert "nobody of this id is accredited at p-5" in desk.act("observation", draft, code=1)
