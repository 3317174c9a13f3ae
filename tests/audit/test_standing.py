"""What has become of the record of a receipt: each standing, with what proves it (specs/receipt.md §4)."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import pytest
from nacl.signing import SigningKey

from tests.corpus.twin import Liar, bent, honest, phases, with_scalar
from tests.support.copies import Files, kept, publish, sheet
from tests.support.elections import AUTHORITY, LOG, Election, contest
from tests.support.receipts import bare, promise, promises, voted
from verifier.audit import standing, trust
from verifier.audit.audit import Audit
from verifier.audit.standing import Answer, AuditedBoard, Standing
from verifier.desk.commands import single
from verifier.desk.commands.single import STATUS
from verifier.election.logkey import LogKey
from verifier.errors import Rejected
from verifier.log import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Case(NamedTuple):
    """A board and the sheet it is judged by."""

    files: Files
    sheet: bytes

    @classmethod
    def of(cls, made: Election, by: SigningKey = LOG.key, /, **words: list[str]) -> Case:
        return cls(publish(made.records, made.blobs, by), sheet(made.records[0], [AUTHORITY.der], **words))

    def stand(self, folder: Path, **files: bytes) -> dict[str, Answer]:
        """The answers to who holds these receipts."""
        sheet = trust.decode(self.sheet)
        audit = Audit(self.files.get, sheet, kept=kept(self.files))
        audit.run()
        board = AuditedBoard(audit)
        folder.mkdir(exist_ok=True)
        for name, raw in files.items():
            (folder / name).write_bytes(raw)
        held = ((name, single._read(folder / name, None, sheet, audit.keys)) for name in files)
        return {answer.file: answer for answer in board.answer(held)}


@cache
def twin() -> Case:
    return Case.of(honest())


def test_of_an_honest_board_each_ballot_has_its_standing(tmp_path: Path) -> None:
    made = honest()
    answers = twin().stand(tmp_path, **{str(index): promise(made.records, index) for index, _ in voted(made)})
    standings = [answers[str(index)].standing for index, _ in voted(made)]
    # Voter 0 votes again, voter 2 on paper, voter 7 opens a ballot.
    assert standings == ["SUPERSEDED", "PRESENT", "OVERRIDDEN", *["PRESENT"] * 5, "CHALLENGED"]
    for index, record in voted(made):
        answer = answers[str(index)]
        assert (answer.record, answer.tracker) == (index, record.sealed.tracker(made.digest).hex())
    first, again = voted(made)[0][0], voted(made)[7][0]
    assert f"record {again} after it" in str(answers[str(first)].detail)
    assert answers[str(again)].detail == "it is in the counted set"


def test_before_the_freeze_nothing_is_said_to_be_counted(tmp_path: Path) -> None:
    made = Liar(honest(), phases()["voting"])
    made.vote(0, [1])
    index = len(made.records) - 1
    answer = Case.of(made).stand(tmp_path, mine=promise(made.records, index))["mine"]
    assert (answer.standing, answer.detail) == ("PRESENT", "the voter's latest so far")


def test_a_receipt_of_a_smaller_log_is_one_of_the_whole(tmp_path: Path) -> None:
    made = honest()
    index = voted(made)[0][0]
    sizes = {str(size): promise(made.records[:size], index) for size in (index + 1, 40, len(made.records))}
    answers = [twin().stand(tmp_path, **{name: raw})[name].standing for name, raw in sizes.items()]
    assert answers == ["SUPERSEDED"] * 3


def test_every_kind_of_record_stands(tmp_path: Path) -> None:
    made = honest()
    others = [index for index in range(len(made.records)) if index not in dict(voted(made))]
    answers = twin().stand(tmp_path, **{str(index): promise(made.records, index) for index in others})
    assert {answer.standing for answer in answers.values()} == {"PRESENT"}
    assert {answer.tracker for answer in answers.values()} == {""}
    assert str(answers["0"].detail) == "a manifest"


@pytest.mark.parametrize("how", ["its proof is false", "its credential is unknown", "it is there twice"])
def test_what_is_false_is_void(tmp_path: Path, how: str) -> None:
    liar = Liar(honest(), phases()["voting"])
    raw = liar.records[-1]
    match how:
        case "its proof is false":
            liar.post(liar.cast(1, nonce=bytes(16)))
        case "its credential is unknown":
            liar.post(liar.cast(1, credential=bytes(32)))
        case _:
            liar.write(raw)
    index = len(liar.records) - 1
    liar.vote(0, [1])
    answer = Case.of(liar).stand(tmp_path, mine=promise(liar.records, index))["mine"]
    assert (answer.standing, STATUS[answer.standing]) == ("VOID", 1)
    assert bool(answer.tracker) == (how != "it is there twice")


@pytest.mark.parametrize("how", ["signature", "proof"])
def test_a_void_vote_again_supersedes_nothing(tmp_path: Path, how: str) -> None:
    """C7: anybody can make a ballot of another's credential; it should not have been let in, and it does not count."""
    liar = Liar(honest(), phases()["voting"])
    liar.vote(0, [1])
    mine = len(liar.records) - 1
    again = liar.cast(0, (2,))
    false = bent(again, signature=with_scalar(again.signature, 1))
    liar.post(false if how == "signature" else liar.cast(0, (2,), nonce=bytes(16)))
    answer = Case.of(liar).stand(tmp_path, mine=promise(liar.records, mine))["mine"]
    assert (answer.standing, answer.detail) == ("PRESENT", "the voter's latest so far")
    forged = Case.of(liar).stand(tmp_path, mine=promise(liar.records, mine + 1))["mine"]
    assert forged.standing == "VOID"


def test_what_rests_on_a_void_record_is_void(tmp_path: Path) -> None:
    liar = Liar(honest(), phases()["voting"])
    liar.post(liar.cast(0, (2,), nonce=bytes(16)))
    liar.vote(0, [1])  # after the false one, which alone makes it the next
    answer = Case.of(liar).stand(tmp_path, mine=promise(liar.records, len(liar.records) - 1))["mine"]
    assert (answer.standing, answer.detail) == ("VOID", "it rests on a record that does not count")


@pytest.mark.parametrize("blob", range(len(honest().blobs)))
def test_whatever_blob_is_missing_there_is_an_answer(tmp_path: Path, blob: int) -> None:
    """C7: the registers' as well as the freeze's: nothing is said to stand that was not judged."""
    made = honest()
    files = Case.of(made).files
    lacking = [name for name in files if name.startswith("blobs")][blob]
    case = Case({name: raw for name, raw in files.items() if name != lacking}, Case.of(made).sheet)
    raw = {str(index): promise(made.records, index) for index in range(len(made.records))}
    answers = case.stand(tmp_path, **raw)
    assert {answer.standing for answer in answers.values()} == {"UNCHECKED"}


def test_what_another_history_promised_is_absent_and_both_checkpoints_prove_it(tmp_path: Path) -> None:
    made = honest()
    index = voted(made)[1][0]
    ours = Liar(made, index)
    ours.vote(1, [3])
    other = promise(ours.records, index)
    answer = twin().stand(tmp_path, mine=other)["mine"]
    assert (answer.standing, answer.record, STATUS[answer.standing]) == ("ABSENT", index, 1)
    assert isinstance(answer.refused, Rejected)
    assert answer.refused.id == "BRD.3"
    theirs, this = answer.refused.evidence
    assert other.endswith(theirs)
    assert this == twin().files["checkpoint"]
    sheet = trust.decode(twin().sheet)
    for raw in (theirs, this):
        checkpoint.check_log_signature("BRD.1", "", checkpoint.decode(raw), sheet.origin, sheet.log_keys)


def test_the_same_record_in_another_history_is_absent_too(tmp_path: Path) -> None:
    """The board cannot take back one voter's receipt by a history that has the ballot and differs elsewhere."""
    made = honest()
    index = voted(made)[0][0]
    ours = Liar(made, index + 1)
    ours.vote(2, [1])
    answers = twin().stand(tmp_path, other=promise(ours.records, index), mine=promise(made.records, index))
    assert {name: answer.standing for name, answer in answers.items()} == {"other": "ABSENT", "mine": "CLASH"}


def test_another_ballot_at_the_same_place_is_no_clash(tmp_path: Path) -> None:
    made = honest()
    index = voted(made)[1][0]
    ours = Liar(made, index)
    ours.vote(1, [3])
    answers = twin().stand(tmp_path, other=promise(ours.records, index), mine=promise(made.records, index))
    assert {name: answer.standing for name, answer in answers.items()} == {"other": "ABSENT", "mine": "PRESENT"}


@pytest.mark.parametrize(
    ("bend", "said"),
    [
        (lambda raw: raw[:0] + b"a letter", "receipt begins with the line"),
        (lambda raw: raw[:-1], ""),
        (lambda raw: raw.replace(b"index 3", b"index 2"), "RCP.2"),
        (lambda raw: raw.replace(b"/tests\n", b"/other\n", 1), "RCP.1"),
    ],
    ids=["no receipt", "cut off", "another place", "another log"],
)
def test_what_is_no_receipt_of_this_board_is_malformed(
    tmp_path: Path, bend: Callable[[bytes], bytes], said: str
) -> None:
    made = honest()
    index = voted(made)[0][0]
    assert 30 <= index < 40
    answer = twin().stand(tmp_path, mine=bend(promise(made.records, index)))["mine"]
    assert (answer.standing, answer.record, STATUS[answer.standing]) == ("MALFORMED", None, 2)
    assert said in str(answer.detail)


@pytest.mark.parametrize(
    ("given", "clause"),
    [({"witnesses": ()}, "RCP.3"), ({"by": SigningKey(b"s" * 32)}, "RCP.1")],
    ids=["no witnesses", "a stranger's"],
)
def test_a_promise_of_nobody_is_malformed(tmp_path: Path, given: dict[str, Any], clause: str) -> None:
    made = honest()
    answer = twin().stand(tmp_path, mine=promise(made.records, 30, **given))["mine"]
    assert answer.standing == "MALFORMED"
    assert isinstance(answer.refused, Rejected)
    assert answer.refused.id == clause


def test_what_cannot_be_said_is_unchecked(tmp_path: Path) -> None:
    made = honest()
    early = Liar(made, phases()["voting"] + 1)
    answers = Case.of(early).stand(
        tmp_path,
        later=promise(made.records, voted(made)[0][0]),
        bare=bare(promise(early.records, len(early.records) - 1)),
    )
    assert {answer.standing for answer in answers.values()} == {"UNCHECKED"}
    assert "fetch the copy again" in str(answers["later"].detail)
    assert "--record" in str(answers["bare"].detail)
    (tmp_path / "record").write_bytes(early.records[-1])
    sheet = trust.decode(Case.of(early).sheet)
    assert isinstance(single._read(tmp_path / "bare", tmp_path / "record", sheet, sheet.log_keys), standing.Promise)
    gone = single._read(tmp_path / "gone", None, sheet, sheet.log_keys)
    assert not isinstance(gone, standing.Promise)
    assert standing.refused("gone", gone).standing == "UNCHECKED"


def test_who_holds_one_ballot_together_clashes(tmp_path: Path) -> None:
    """For all standings but two, and however often the receipts were fetched."""
    made = honest()
    ballots = dict(voted(made))
    held = {f"{name}{index}": promise(made.records, index) for index in ballots for name in "ab"}
    held |= {f"late{index}": promise(made.records[:50], index) for index in ballots}
    answers = twin().stand(tmp_path, **held)
    assert Counter(answer.standing for answer in answers.values()) == {"CLASH": 3 * len(ballots)}
    first = next(iter(ballots))
    assert f"the same ballot as b{first}, late{first}:" in str(answers[f"a{first}"].detail)
    assert f"a{first}, late{first}:" in str(answers[f"b{first}"].detail)


def test_a_record_of_all_is_held_by_all(tmp_path: Path) -> None:
    raw = promise(honest().records, 0)
    answers = twin().stand(tmp_path, a=raw, b=raw)
    assert {answer.standing for answer in answers.values()} == {"PRESENT"}


def test_many_holders_are_not_all_named(tmp_path: Path) -> None:
    made = honest()
    raw = promise(made.records, voted(made)[0][0])
    answers = twin().stand(tmp_path, **{f"v{number}": raw for number in range(10)})
    assert "v1, v2, v3 and 6 more:" in str(answers["v0"].detail)
    assert "v0, v1, v2 and 6 more:" in str(answers["v9"].detail)


def test_a_key_that_the_log_introduced_promises_too(tmp_path: Path) -> None:
    new = SigningKey(b"n" * 32)
    liar = Liar(honest(), phases()["voting"])
    liar.enact(LogKey(b"", bytes(new.verify_key)))
    liar.vote(0, [1])
    case = Case.of(liar, new)
    raw = promise(liar.records, len(liar.records) - 1, by=new)
    assert case.stand(tmp_path, mine=raw)["mine"].standing == "PRESENT"
    alone = trust.decode(case.sheet)
    answer = standing.promised("mine", single._read(tmp_path / "mine", None, alone, alone.log_keys), alone)
    assert answer.standing == "MALFORMED"


def test_without_the_board_a_promise_is_a_promise(tmp_path: Path) -> None:
    made = honest()
    index, record = voted(made)[0]
    (tmp_path / "mine").write_bytes(promise(made.records, index))
    without: dict[str, list[str]] = {"witness": [], "group": [], "quorum": []}
    answers = []
    for case in (twin(), Case.of(made, **without), Case.of(made, manifest=[])):
        trusted = trust.decode(case.sheet)
        read = single._read(tmp_path / "mine", None, trusted, trusted.log_keys)
        answers.append(standing.promised("mine", read, trusted))
    assert [answer.standing for answer in answers] == ["PROMISED", "UNCHECKED", "PROMISED"]
    assert [answer.tracker for answer in answers] == [record.sealed.tracker(made.digest).hex(), "", ""]
    assert str(answers[0].detail) == "a ballot, 2 witnesses"


@pytest.mark.slow
def test_two_thousand_receipts(tmp_path: Path) -> None:
    """A thousand voters who all voted twice; their receipts are of ten checkpoints."""
    voters = 1000
    made = Election([contest("north")]).set_up().hold_ceremony().register(voters)
    liar = Liar(made, len(made.records))
    start = len(liar.records)
    for turn in range(2 * voters):
        liar.vote(turn % voters, [1])
    files: dict[str, bytes] = {}
    for part in range(10):
        size = start + (part + 1) * voters // 5
        files |= {f"{index}": raw for index, raw in promises(liar.records[:size], range(size - voters // 5, size))}
    answers = Case.of(liar).stand(tmp_path, **files)
    assert len(answers) == 2 * voters
    assert Counter(answer.standing for answer in answers.values()) == {"SUPERSEDED": voters, "PRESENT": voters}
    assert {answer.record for answer in answers.values() if answer.standing == "PRESENT"} == set(
        range(start + voters, start + 2 * voters)
    )


def test_each_standing_has_a_status() -> None:
    assert set(STATUS) == set(get_args(Standing))
