"""A commission's papers at its desk: from a template to the board, computed sums, results, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.papered import PaperDesk, fill, papered
from tests.support.returns import PRECINCTS, counted

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperDesk]:
    with papered(tmp_path_factory.mktemp("papers"), PRECINCTS[1:]) as desk:
        yield desk


def test_the_papers_of_an_evening(desk: PaperDesk) -> None:
    for part in (an_act_and_a_protocol, a_second_version, sums_and_the_result):
        part(desk)


def an_act_and_a_protocol(desk: PaperDesk) -> None:
    lines, votes = counted("p-1")
    act = desk.template("paper", "--unit", "p-1", "--form", "act-unused")
    said = desk.act("paper", act, code=1)
    assert "line 14: lines.unused is “”; write a whole number in digits" in said
    said = desk.act("paper", fill(act, {key: lines[key] for key in ("unused", "spoiled")}))
    assert "PAPER: act-unused (act-unused) of p-1 (p-1)" in said
    assert "1. unused: " in said
    desk.sign("p-1")
    assert "Everything is sent" in desk.post()
    protocol = desk.template("paper", "--unit", "p-1", "--form", "protocol")
    options = dict(zip(("anar", "bolot", "cholpon", "against"), votes, strict=True))
    wrong = lines | options | {"unused": lines["unused"] + 1}
    said = desk.act("paper", fill(protocol, wrong))
    assert "Does not hold: C1: received" in said
    assert "Careful: protocol differs from another paper. M1: act-unused says" in said
    desk.last().unlink()
    said = desk.act("paper", fill(protocol, lines | options))
    assert "Does not hold" not in said
    assert f"anar: {votes[0]}" in said
    read = desk.sign("p-1")
    assert "It is the first version" in read
    assert "Everything is sent" in desk.post()
    assert "in effect" in desk.act("status")


def a_second_version(desk: PaperDesk) -> None:
    lines, votes = counted("p-1")
    (desk.folder.path / "papers" / "paper-p-1-protocol.toml").rename(desk.private / "first.toml")
    protocol = desk.template("paper", "--unit", "p-1", "--form", "protocol")
    text = protocol.read_text(encoding="utf-8")
    assert 'reason = "typing"' in text
    options = dict(zip(("anar", "bolot", "cholpon", "against"), (votes[0] - 1, votes[1] + 1, *votes[2:]), strict=True))
    fill(protocol, lines | options)
    false = desk.private / "false.toml"
    false.write_text(protocol.read_text(encoding="utf-8").replace('reason = "typing"', 'reason = "first"'))
    assert "PRT.5" in desk.act("paper", false, code=1)
    desk.act("paper", protocol)
    words = (("en", "the version in force says"), ("ru", "в действующей версии"), ("ky", "версияда"))
    for number, (language, word) in enumerate(words, 1):
        said = desk.sign("p-1", (number,), language)
        assert f"anar: {votes[0] - 1} (" in said
        assert word in said
    assert "Everything is sent" in desk.post()


def sums_and_the_result(desk: PaperDesk) -> None:
    votes = [counted(unit)[1] for unit in PRECINCTS[:3]]
    anar = sum(each[0] for each in votes) - 1
    assert f"the papers beneath give {anar}" in desk.act("sum", "tec-1", "--typed", f"anar={anar + 1}", code=1)
    said = desk.act("sum", "tec-1", "--typed", f"anar={anar}", "--by", "tec-1-1,tec-1-2")
    assert f"anar: {anar}" in said
    assert "The table adds up 3 papers" in said
    desk.sign("tec-1")
    desk.post()
    assert "has no sum of president in force" in desk.act("result", "--contest", "president", code=1)
    desk.act("sum", "tec-2", "--contest", "president")
    desk.sign("tec-2")
    desk.post()
    desk.act("sum", "cec", "--form", "protocol-cec")
    desk.sign("cec")
    desk.post()
    assert "nothing is to be decided by lot" in desk.act("result", "--contest", "president", "--option", "anar", code=1)
    said = desk.act("result", "--contest", "president")
    assert "Outcome: elected" in said
    desk.sign("cec")
    assert f"{desk.last().name}: sent" in desk.post()


def test_a_batch_of_a_whole_level(desk: PaperDesk) -> None:
    table = desk.template("batch", "--form", "protocol", "--unit", "tec-1")
    heading, names, *rows = table.read_text(encoding="utf-8").splitlines()
    assert [row.partition(";")[0] for row in rows] == ["p-1", "p-2", "p-3"]
    columns = heading.split(";")

    def row(unit: str, **changes: str) -> str:
        lines, votes = counted(unit)
        options = zip(("anar", "bolot", "cholpon", "against"), votes, strict=True)
        cells = {"unit": unit, "contest": "president", **lines, **{f"votes:{id}": n for id, n in options}} | changes
        return ";".join(str(cells[column]) for column in columns)

    before = desk.last()
    table.write_text("\n".join([heading, names, row("p-1", listed="-1"), row("p-9"), row("p-2", valid=""), row("p-2")]))
    for language, words in (
        (
            "en",
            ("line 3: listed is “-1”", "line 4: no paper of p-9", "line 5: the cell valid is empty", "line 6: the id"),
        ),
        ("ru", ("строка 3", "строка 4", "строка 5")),
        ("ky", ("3-сап", "4-сап", "5-сап")),
    ):
        said = desk.act("batch", table, "--form", "protocol", "--unit", "tec-1", code=1, language=language)
        assert [word for word in words if word not in said] == []
    assert desk.last() == before
    table.write_text("\n".join([heading, names, row("p-2"), row("p-1", spoiled="77")]))
    said = desk.act("batch", table, "--form", "protocol", "--unit", "tec-1", "--source", "scans")
    assert "line 4: p-1 does not hold: C1" in said
    assert "Source: scans. Papers: 2" in said
    desk.last().unlink()
    said = desk.act("batch", table, "--form", "protocol-tec", code=1)
    assert "protocol-tec cannot be entered from above" in said


def test_decisions_complaints_stands_and_observers(desk: PaperDesk, tmp_path: Path) -> None:
    decision = desk.template("decision", "--unit", "cec")
    said = desk.act("decision", decision, code=1)
    assert "basis is empty" in said
    fill(decision, {}, what='"annul"', units='["p-2"]', contest='"president"', basis='"article 44"')
    assert "DECISION of cec (cec): annulled" in desk.act("decision", decision)
    desk.sign("cec")
    desk.post()
    fill(decision, {}, what='"strike"')
    assert "PRT.4" in desk.act("decision", decision, code=1)
    complaint = desk.template("appeal", "--unit", "p-1")
    assert "complaint.txt cannot be read" in desk.act("appeal", complaint, code=1)
    (complaint.parent / "complaint.txt").write_text("Я видел")
    said = desk.act("appeal", fill(complaint, {}, number='"17"'))
    assert "Я видел" not in desk.last().read_text(encoding="utf-8")
    assert "COMPLAINT to p-1 (p-1), number 17" in said
    desk.sign("p-1", (2,))
    stand = desk.template("attestation", "--unit", "p-1")
    assert "duty B11" in desk.act("attestation", stand)
    desk.sign("p-1", (1,))
    (tmp_path / "kloop.cer").write_bytes(desk.election.watcher[0].member.certificate)
    observers = desk.template("accreditation")
    fill(observers, {}, id='"kloop"', organisation='"Kloop"', certificate=f'"{tmp_path}/kloop.cer"')
    assert "kloop (Kloop): CN=" in desk.act("accreditation", observers)
    desk.sign("cec")
    assert f"{desk.last().name}: sent" in desk.post()
