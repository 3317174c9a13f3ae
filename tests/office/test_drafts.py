"""Drafts and tables that people fill in: each mistake with its line in three languages, and nothing half made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from bulletin.office import blanks, drafts, levels, reckoning
from bulletin.office.acts import Enactment
from bulletin.office.caution import find_mismatches
from bulletin.office.objection import Objection
from bulletin.office.tables import Mistaken
from bulletin.office.wording import speak
from tests.support.papers import PLAN, RACE, decide, file, form, paper, state_of
from tests.support.returns import counted
from verifier.desk.report.language import LANGUAGES
from verifier.paper.fitting import BATCH, TABLE
from verifier.paper.papers import NONE, Decision, Effective, ElectionResult, Of, Paper, PaperBatch
from verifier.paper.results import determine, judge_results
from verifier.paper.standing import Judgement, Papers
from verifier.paper.sums import judge_sums

NOW = datetime(2017, 10, 15, 15, 30, tzinfo=UTC)
PROTOCOL = """form = "protocol"
unit = "p-1"
held = 2017-10-15T21:30:00
reason = "first"
present = ["m1", "m2"]
typed = ["m1", "m2"]
[lines]
"""
LEAF = "ab" * 32


def protocol(**changes: str) -> str:
    """A protocol as somebody filled it in; a figure is at the same line in each."""
    lines, votes = counted("p-1")
    figures = {key: str(number) for key, number in lines.items()} | changes
    options = dict(zip(("anar", "bolot", "cholpon", "against"), map(str, votes), strict=True))
    whole = [f"{key} = {value}" for key, value in figures.items()]
    return PROTOCOL + "\n".join([*whole, "[votes]", *(f"{key} = {value}" for key, value in options.items()), ""])


DECISION = f"""unit = "cec"
what = "annul"
units = ["p-1"]
contest = "{RACE}"
basis = "article 44"
"""
ATTEST = 'unit = "p-1"\nduty = "B11"\nheld = 2017-10-15\n'
Read = Callable[[Papers, Path], Enactment]
MISTAKES: dict[str, tuple[Read, str, str, int]] = {
    "a figure in words": (drafts.read_paper, protocol(listed='"many"'), "no-number", 8),
    "a figure below nothing": (drafts.read_paper, protocol(listed="-1"), "no-number", 8),
    "a huge figure": (drafts.read_paper, protocol(listed="9007199254740992"), "no-number", 8),
    "a part of a voter": (drafts.read_paper, protocol(listed="1.5"), "no-number", 8),
    "true voters": (drafts.read_paper, protocol(listed="true"), "no-number", 8),
    "a line too many": (drafts.read_paper, protocol(carried="1"), "unknown-field", 18),
    "a line that is missing": (drafts.read_paper, protocol().replace("listed = 1011\n", ""), "missing-field", 7),
    "an option that is missing": (drafts.read_paper, protocol().replace("against = 9\n", ""), "missing-field", 18),
    "no moment": (drafts.read_paper, protocol().replace("2017-10-15T21:30:00", '"half past nine"'), "no-date", 3),
    "no such reason": (drafts.read_paper, protocol().replace('"first"', '"mood"'), "unknown-word", 4),
    "present is a name": (drafts.read_paper, protocol().replace('["m1", "m2"]\nt', '"Асан"\nt'), "no-ids", 5),
    "a name that nobody knows": (drafts.read_paper, "weather = 1\n" + protocol(), "unknown-field", 1),
    "a part that is no leaf": (drafts.read_paper, 'parts = ["act"]\n' + protocol(), "no-leaves", 1),
    "a photo that is not there": (drafts.read_paper, 'photos = ["p.jpg"]\n' + protocol(), "unread", 1),
    "photos by number": (drafts.read_paper, "photos = 3\n" + protocol(), "no-files", 1),
    "no TOML": (drafts.read_paper, 'form = "protocol\n', "toml", 1),
    "another ratio": (drafts.read_paper, protocol() + '[explains]\nC9 = "rain"\n', "unknown-field", 24),
    "a long reason": (drafts.read_decision, DECISION.replace("article", "article" * 80), "long-cell", 5),
    "no ground": (drafts.read_decision, DECISION.replace("article 44", ""), "empty-field", 5),
    "two files": (drafts.read_decision, DECISION + 'files = ["one", "one"]\n', "one-file", 6),
    "revokes a number": (drafts.read_decision, DECISION + "revokes = 7\n", "no-leaves", 6),
    "a unit in capitals": (drafts.read_decision, DECISION.replace('"cec"', '"CEC"'), "no-id", 1),
    "no text of a complaint": (drafts.read_appeal, 'unit = "p-1"\nby = "voter"\n', "missing-field", 0),
    "an address by number": (drafts.read_attestation, ATTEST + "address = 7\n", "no-line", 4),
}


@pytest.mark.parametrize(("read", "text", "kind", "line"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_of_a_draft_is_named_with_its_line(
    tmp_path: Path, read: Read, text: str, kind: str, line: int
) -> None:
    draft = tmp_path / "draft.toml"
    (tmp_path / "one").write_bytes(b"a file")
    draft.write_text(text, encoding="utf-8")
    with pytest.raises(Mistaken) as caught:
        read(state_of(), draft)
    found = caught.value.found[0]
    assert (found.kind, found.file, found.line) == (kind, "draft.toml", line)
    assert len({found.tell(language) for language in LANGUAGES}) == len(LANGUAGES)


OBJECTIONS = {
    "unknown-unit": (drafts.read_paper, protocol().replace('"p-1"', '"p-9"')),
    "unknown-form": (drafts.read_paper, protocol().replace('"protocol"', '"protocol-tec"')),
    "which-contest": (drafts.read_paper, 'contest = "judge"\n' + protocol()),
    "computed-form": (
        drafts.read_paper,
        protocol().replace('"protocol"', '"protocol-tec"').replace('"p-1"', '"tec-1"'),
    ),
    "without-papers": (drafts.read_decision, DECISION),
}


@pytest.mark.parametrize(("kind", "case"), OBJECTIONS.items(), ids=list(OBJECTIONS))
def test_what_the_plan_lacks(tmp_path: Path, kind: str, case: tuple[Read, str]) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(case[1], encoding="utf-8")
    with pytest.raises(Objection) as caught:
        case[0](Papers() if kind == "without-papers" else state_of(), draft)
    assert caught.value.kind == kind
    assert len({caught.value.tell(language) for language in LANGUAGES}) == len(LANGUAGES)


def test_a_template_that_is_filled_in_is_a_paper(tmp_path: Path) -> None:
    state, draft = state_of(), tmp_path / "draft.toml"
    text = blanks.blank_paper(state, speak("en"), NOW, "p-1", "protocol")
    assert "held = 2017-10-15T21:30:00" in text
    assert "# C3 = " in text
    lines, votes = counted("p-1")
    for key, number in {**lines, **dict(zip(("anar", "bolot", "cholpon", "against"), votes, strict=True))}.items():
        text = text.replace(f'\n{key} = ""', f"\n{key} = {number}")
    draft.write_text(text, encoding="utf-8")
    record = drafts.read_paper(state, draft).record
    assert isinstance(record, Paper)
    assert (record.lines, record.votes, record.supersedes) == (lines, votes, NONE)
    assert record.held == int(NOW.timestamp())


def test_a_units_own_clock(tmp_path: Path) -> None:
    units = tuple(replace(unit, behind=7_200) if unit.id == "p-1" else unit for unit in PLAN.units)
    state, draft = state_of(replace(PLAN, units=units)), tmp_path / "draft.toml"
    draft.write_text(protocol(), encoding="utf-8")
    record = drafts.read_paper(state, draft).record
    assert isinstance(record, Paper)
    assert record.held == int(NOW.timestamp()) + 7_200


def test_a_decision_with_a_file(tmp_path: Path) -> None:
    draft = tmp_path / "draft.toml"
    (tmp_path / "one").write_bytes(b"signed and stamped")
    draft.write_text(DECISION + f'files = ["one"]\nrevokes = "{LEAF}"\n', encoding="utf-8")
    made = drafts.read_decision(state_of(), draft)
    assert made.blobs == (b"signed and stamped",)
    assert isinstance(made.record, Decision)
    assert made.record.revokes.hex() == LEAF


class TestBatches:
    def table(self, place: Path, *rows: str) -> Path:
        columns, _ = levels.heading(state_of(), speak("en"), "protocol")
        table = place / "figures.csv"
        table.write_text("\r\n".join([";".join(columns), *rows, ""]), encoding="utf-8-sig")
        return table

    def row(self, unit: str, **changes: str) -> str:
        lines, votes = counted(unit)
        cells = {"unit": unit, "contest": RACE} | {key: str(number) for key, number in lines.items()} | changes
        return ";".join([*cells.values(), *map(str, votes)])

    @pytest.mark.parametrize(
        ("rows", "kind", "line"),
        [
            (["p-9;president" + ";1" * 14], "no-row-of", 2),
            (["p-4;president" + ";1" * 14], "no-row-of", 2),
            (["p-1;judge" + ";1" * 14], "no-row-of", 2),
            (["# a remark", "", "p-1;president;1"], "ragged", 4),
            (["p-1;president" + ";1" * 13 + ";-1"], "no-number", 2),
            (["p-1;president" + ";1" * 13 + ";1234567890123456"], "no-number", 2),
            (["p-1;president" + ";1" * 13 + ";"], "empty-cell", 2),
            (["p-1;president" + ";1" * 14] * 2, "doubled-id", 3),
            ([], "no-rows", 0),
        ],
    )
    def test_a_mistake_is_named_with_its_line(self, tmp_path: Path, rows: list[str], kind: str, line: int) -> None:
        with pytest.raises(Mistaken) as caught:
            levels.read_batch(state_of(), "tec-1", "protocol", self.table(tmp_path, *rows), "scans")
        found = caught.value.found[0]
        assert (found.kind, found.file, found.line) == (kind, "figures.csv", line)
        assert len({found.tell(language) for language in LANGUAGES}) == len(LANGUAGES)

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("", "empty-file"),
            ("contest;listed\n", "missing-column"),
            ("unit;unit\n", "doubled-column"),
            ('unit;contest\n"p-1;x', "quotes"),
        ],
    )
    def test_a_table_that_is_none(self, tmp_path: Path, text: str, kind: str) -> None:
        (tmp_path / "figures.csv").write_text(text)
        with pytest.raises(Mistaken) as caught:
            levels.read_batch(state_of(), "tec-1", "protocol", tmp_path / "figures.csv", "scans")
        assert kind in [found.kind for found in caught.value.found]

    def test_rows_are_put_in_order_and_ratios_are_looked_at(self, tmp_path: Path) -> None:
        table = self.table(tmp_path, self.row("p-3"), "# p-2 is still out", self.row("p-1", spoiled="1 001"))
        read = levels.read_batch(state_of(), "tec-1", "protocol", table, "scans")
        record = read.made.record
        assert isinstance(record, PaperBatch)
        assert (record.count, record.source) == (2, "scans")
        rows = BATCH.decode(read.made.blobs[0]).papers
        assert [(row.unit, row.lines["spoiled"]) for row in rows] == [("p-1", 1_001), ("p-3", 3)]
        assert [(found.line, found.values["unit"]) for found in read.cautions] == [(4, "p-1")]

    def test_only_what_is_counted_at_the_bottom(self) -> None:
        for id in ("protocol-tec", "no-form"):
            with pytest.raises(Objection) as caught:
                levels.heading(state_of(), speak("en"), id)
            assert caught.value.kind == "no-batch-form"


class TestSums:
    def reported(self) -> Papers:
        state = state_of()
        for unit in ("p-1", "p-2", "p-3", "p-4", "p-5"):
            file(state, paper(unit, "protocol", *counted(unit)))
        file(
            state, paper("e-1", "e-protocol", dict.fromkeys(("e-listed", "e-counted", "invalid", "valid"), 4), [0] * 4)
        )
        return state

    def test_the_table_has_each_paper_in_force(self) -> None:
        state = self.reported()
        made = reckoning.make_sum(state, "tec-1", reckoning.add_up(state, "tec-1"), 7, (("m1", "m2"), ()))
        record = made.record
        assert isinstance(record, Paper)
        assert record.votes == tuple(map(sum, zip(*(counted(unit)[1] for unit in ("p-1", "p-2", "p-3")), strict=True)))
        assert (record.lines["units"], record.lines["annulled"], record.lines["electronic"]) == (3, 0, 0)
        heads = [state.versions[Of(unit, RACE, "protocol")][-1].leaf for unit in ("p-1", "p-2", "p-3")]
        assert [row.paper for row in TABLE.decode(made.blobs[0]).rows] == heads

    def sum_up(self, state: Papers) -> None:
        """All three sums, in effect with their tables."""
        for unit, id in (("tec-1", ""), ("tec-2", ""), ("cec", "protocol-cec")):
            made = reckoning.make_sum(state, unit, reckoning.add_up(state, unit, id), 7, (("m1", "m2"), ()))
            assert isinstance(made.record, Paper)
            state.tables[file(state, made.record)] = TABLE.decode(made.blobs[0]).rows

    def test_an_auditor_finds_nothing_in_what_was_computed(self) -> None:
        state = self.reported()
        annulment = Decision("cec", "annul", ("p-2",), RACE, "", "", 0, (), NONE, "article 44")
        decide(state, annulment, 0)
        self.sum_up(state)
        rows = state.tables[state.versions[Of("tec-1", RACE, "protocol-tec")][-1].leaf]
        assert [(row.unit, bool(row.lines)) for row in rows] == [("p-1", True), ("p-2", False), ("p-3", True)]
        top = state.versions[Of("cec", RACE, "protocol-cec")][-1].paper
        assert (top.lines["units"], top.lines["annulled"]) == (5, 1)
        result = reckoning.determine_result(state, RACE).record
        assert isinstance(result, ElectionResult)
        state.results.append(Effective(bytes(32), 100, result))
        judgement = Judgement(state, PLAN)
        judge_sums(judgement)
        judge_results(judgement)
        found = [one for one in judgement.findings if one.id != "PRT.22"]  # nobody has voted electronically here
        assert found == []
        assert {"PRT.18", "PRT.19", "PRT.20", "PRT.21", "PRT.25", "PRT.26"} <= judgement.counts.keys()

    def test_equal_votes_are_decided_by_lot(self) -> None:
        plan = replace(PLAN, contests=(replace(PLAN.contests[0], rule="plurality"),))
        state, lot = state_of(plan), bytes([7]) * 32
        for unit in ("p-1", "p-2", "p-3", "p-4", "p-5"):
            file(state, paper(unit, "protocol", counted(unit)[0], (7, 7, 1, 0)))
        self.sum_up(state)
        for told, kind in (
            ({}, "lots-needed"),
            ({"options": ("anar",)}, "lots-needed"),
            ({"options": ("cholpon",), "lots": (lot,)}, "not-allowed"),
        ):
            with pytest.raises(Objection) as caught:
                reckoning.determine_result(state, RACE, anyway=True, **told)
            assert caught.value.kind == kind
        result = reckoning.determine_result(state, RACE, ("bolot",), (lot,), anyway=True).record
        assert isinstance(result, ElectionResult)
        assert (result.options, result.lots, result.denominator) == (("bolot",), (lot,), ("valid",))

    def test_the_list_of_those_who_took_part(self) -> None:
        listed = form("participants", "central", "participants", table="participants")
        state = state_of(replace(PLAN, forms=(*PLAN.forms, listed)))
        file(state, paper("p-1", "protocol", *counted("p-1")))
        summed = reckoning.add_up(state, "cec", "participants")
        inside, outside = (counted("p-1")[0][key] for key in ("issued-inside", "issued-outside"))
        assert summed.lines == {"participants": inside + outside}
        assert [row.lines["participants"] for row in summed.table.rows] == [inside + outside, 0, 0, 0, 0]

    def test_typed_figures_are_compared(self) -> None:
        state = self.reported()
        summed = reckoning.add_up(state, "tec-1")
        reckoning.compare(state, summed, {"units": 3, "anar": summed.votes[0]})
        for typed, kind in (({"units": 4}, "other-sum"), ({"dinara": 1}, "no-such-line")):
            with pytest.raises(Objection) as caught:
                reckoning.compare(state, summed, typed)
            assert caught.value.kind == kind

    def test_who_has_nothing_to_add(self) -> None:
        for unit, kind in (("p-1", "no-sum"), ("tec-1", "nothing-beneath"), ("p-9", "unknown-unit")):
            with pytest.raises(Objection) as caught:
                reckoning.add_up(state_of(), unit)
            assert caught.value.kind == kind

    def test_a_result_stands_on_a_sum_in_force_and_all_papers(self) -> None:
        state = self.reported()
        with pytest.raises(Objection, match="in force yet"):
            reckoning.determine_result(state, RACE)
        for unit, id in (("tec-1", ""), ("tec-2", ""), ("cec", "protocol-cec")):
            made = reckoning.make_sum(state, unit, reckoning.add_up(state, unit, id), 7, (("m1", "m2"), ()))
            assert isinstance(made.record, Paper)
            file(state, made.record)
        result = reckoning.determine_result(state, "").record
        votes = [sum(column) for column in zip(*(counted(f"p-{n}")[1] for n in range(1, 6)), [4, 0, 0, 0], strict=True)]
        assert result.options == determine(PLAN.contests[0], votes, 1).options  # type: ignore[attr-defined]
        del state.versions[Of("p-2", RACE, "protocol")]
        with pytest.raises(Objection) as caught:
            reckoning.determine_result(state, RACE)
        assert (caught.value.kind, caught.value.values["count"]) == ("missing-papers", 1)
        reckoning.determine_result(state, RACE, anyway=True)


def test_a_paper_that_differs_from_the_units_other_papers() -> None:
    state = state_of()
    lines, votes = counted("p-1")
    file(state, paper("p-1", "act-unused", {"unused": lines["unused"], "spoiled": lines["spoiled"]}))
    file(state, paper("p-2", "act-unused", {"unused": 1, "spoiled": 1}))
    honest = paper("p-1", "protocol", lines, votes)
    assert find_mismatches(state, honest).findings == []
    other = replace(honest, lines=lines | {"unused": lines["unused"] + 1})
    found = find_mismatches(state, other).findings
    assert [(one.id, one.where.unit, one.where.key) for one in found] == [("PRT.11", "p-1", "unused")]
    assert not state.versions.get(Of("p-1", RACE, "protocol"))
