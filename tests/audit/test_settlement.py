"""Claims in blocks: however large a block is, the same is found false, and nothing is settled twice or never."""

from __future__ import annotations

import threading
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpus import boards, replay
from tests.corpus.twin import Liar, honest, phases
from tests.support import copies
from tests.support.copies import publish, sheet
from tests.support.elections import AUTHORITY
from verifier import fold
from verifier.audit import audit, settlement, trust
from verifier.audit.settlement import Settlement
from verifier.desk.report.report import compose
from verifier.errors import Incomplete, Rejected
from verifier.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verifier.desk.report.report import Report

FILE = replay.load()
SHARE = Random("settlement").sample(FILE["rejected"], len(FILE["rejected"]) // 3)
SIZES = (1, 3_000, 30_000)


@pytest.mark.slow
@pytest.mark.parametrize("block", SIZES)
def test_the_report_does_not_depend_on_the_block(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    vectors = [*FILE["accepted"], *SHARE][:: len(SIZES)] if block > 1 else [*FILE["accepted"], *SHARE]
    made = [replay.Replay(FILE, vector) for vector in vectors]
    whole = [one.audit() for one in made]
    monkeypatch.setattr(settlement, "BLOCK", block)
    assert [one.audit() for one in made] == whole
    assert {report.exit for report in whole} == {0, 1}


def test_many_false_ballots_are_all_named(monkeypatch: pytest.MonkeyPatch) -> None:
    liar = Liar(honest(), phases()["voting"])
    for voter in (0, 3, 1, 6, 4):
        liar.post(liar.cast(voter, nonce=bytes(16)))
        liar.vote(voter + 1 if voter in (1, 4) else 8, [1])
    files, trusted = publish(liar.records, liar.blobs), sheet(liar.records[0], [AUTHORITY.der])
    whole = copies.audit(files, trusted)
    assert replay.failures(whole) == [("BAL.6", phases()["voting"] + 2 * number) for number in range(5)]
    for block in (1, 1_000, 2_000, 5_000):
        monkeypatch.setattr(settlement, "BLOCK", block)
        assert copies.audit(files, trusted) == whole


# What is settled, and when.


class Book:
    """Stands for the claims' settling, and writes down what it is given."""

    def __init__(self) -> None:
        self.settled: list[list[Any]] = []
        self.asked: list[frozenset[str]] = []
        self.refused: list[str] = []
        self.threads: set[threading.Thread] = set()
        self.told: list[tuple[str, int, int]] = []

    def settle(self, claims: Sequence[Any], only: frozenset[str]) -> None:
        self.settled.append(list(claims))
        self.asked.append(only)
        self.threads.add(threading.current_thread())
        false = [Rejected("TST.1", claim, "") for claim in claims if claim.startswith("false")]
        if false:
            false[0].also = tuple(false[1:])
            raise false[0]

    def refuse(self, error: Rejected) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.refused.append(str(error.where))

    def open(self, only: frozenset[str] = frozenset()) -> Any:
        """A settlement that takes anything for a claim."""
        return Settlement(self.refuse, only, lambda *step: self.told.append(step))


@pytest.fixture
def book(monkeypatch: pytest.MonkeyPatch) -> Iterator[Book]:
    made = Book()
    monkeypatch.setattr(fold, "settle", made.settle)
    monkeypatch.setattr(settlement, "BLOCK", 100)
    yield made
    assert threading.main_thread() not in made.threads


@given(st.lists(st.tuples(st.lists(st.sampled_from(["true", "false"]), max_size=3), st.integers(1, 150)), max_size=12))
def test_every_claim_is_settled_once_in_order(owed: list[tuple[list[str], int]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        book = Book()
        patch.setattr(fold, "settle", book.settle)
        patch.setattr(settlement, "BLOCK", 100)
        every: list[str] = []
        blocks: list[list[str]] = [[]]
        size = 0
        with book.open(frozenset({"MIX"})) as settling:
            for number, (kinds, bytes_) in enumerate(owed):
                claims = [f"{kind} {number}.{place}" for place, kind in enumerate(kinds)]
                every += claims
                blocks[-1] += claims
                size += bytes_
                if size >= 100:
                    blocks, size = [*blocks, []], 0
                settling.owe(claims, bytes_)
    assert book.settled == blocks
    assert book.refused == [claim for claim in every if claim.startswith("false")]
    assert set(book.asked) == {frozenset({"MIX"})}
    total = sum(bytes_ for _, bytes_ in owed)
    assert book.told[-1] == ("proofs", total, total)
    assert [done for _, done, _ in book.told] == sorted(done for _, done, _ in book.told)


def test_the_log_is_read_on_while_a_block_is_settled(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    read_on = threading.Event()

    def wait(claims: Sequence[Any], only: frozenset[str]) -> None:
        assert read_on.wait(10)
        book.settle(claims, only)

    monkeypatch.setattr(fold, "settle", wait)
    with book.open() as settling:
        settling.owe(["true"], 100)
        settling.owe(["true"], 50)
        assert book.settled == []
        read_on.set()
    assert book.settled == [["true"], ["true"]]


def test_nothing_is_read_while_a_large_claim_is_settled(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mixes of an election of the whole country would need twice the memory."""
    monkeypatch.setattr(settlement, "LARGE", 300)
    with book.open() as settling:
        settling.owe(["true"], 100)
        settling.owe(["false 1"], 300)
        assert book.settled == [["true"], ["false 1"]]
        assert book.refused == ["false 1"]


def test_what_is_owed_is_kept_by_nobody_else(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof's bytes are let go before the next record is read."""
    election = honest()
    monkeypatch.setattr(book, "settle", lambda claims, _: book.settled.append([*claims]))
    monkeypatch.setattr(fold, "settle", book.settle)
    with book.open() as settling:
        for judged in settling.follow(State(), enumerate(election.records), election.blobs.get):
            assert judged.taken().claims == ()
    settled = [claim for block in book.settled for claim in block]
    again = fold.replay(State(), enumerate(election.records), election.blobs.get)
    assert settled == [claim for judged in again for claim in judged.taken().claims]
    assert {"Voted", "Shuffled", "Decrypted", "Plain"} <= {type(claim).__name__ for claim in settled}


def test_a_missing_file_does_not_hide_what_was_read(book: Book) -> None:
    def read() -> None:
        with book.open() as settling:
            settling.owe(["true", "false 1"], 10)
            raise Incomplete("this file is missing")

    with pytest.raises(Incomplete):
        read()
    assert book.refused == ["false 1"]


def test_who_breaks_off_does_not_wait(book: Book) -> None:
    def read() -> None:
        with book.open() as settling:
            settling.owe(["false 1"], 10)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read()
    assert (book.settled, book.told) == ([], [])


def test_a_fault_in_settling_is_not_swallowed(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(fold, "settle", fail)
    settling = book.open()
    settling.owe(["true"], 100)
    with pytest.raises(MemoryError), settling:
        pass


# Only some blocks.


def judge(only: set[str], lie: str = "") -> Report:
    board = boards.honest()
    files = board.files
    if lie:
        told = next(vector for vector in FILE["rejected"] if vector["expect"] == lie)
        made = replay.Replay(FILE, told)
        files = publish(made.records, made.blobs)
    return compose(audit.Audit(files.get, trust.decode(board.sheet), only=frozenset(only)).run())


def test_what_was_not_asked_for_is_said_once() -> None:
    report = judge({"MIX", "BAL"})
    assert (report.verdict, report.complete, report.failures) == ("could not be checked", False, ())
    [line] = report.incomplete
    assert (line.id, str(line.where)) == ("", "")
    assert (
        str(line.detail)
        == "only BAL, MIX was asked for; not checked: BRD, CFG, CRT, KEY, SEL, DEC, TAL, SPL, PRT, DUT, ART"
    )
    assert {check.id.split(".")[0] for check in report.checks} == {"BAL", "MIX"}
    assert {check.id for check in report.checks if check.status != "PASS"} == {"MIX.10"}  # nobody is skipped
    assert report.results == judge(set()).results


@pytest.mark.parametrize(
    ("only", "lie", "exit"),
    [("MIX", "MIX.8", 1), ("MIX", "BAL.6", 2), ("BAL", "BAL.6", 1), ("DEC", "MIX.8", 2), ("DEC", "SEL.2", 1)],
)
def test_claims_of_other_blocks_are_not_settled_and_what_is_seen_to_be_false_is_said(
    only: str, lie: str, exit: int
) -> None:
    report = judge({only}, lie)
    assert report.exit == exit
    failed = {check.id for check in report.checks if check.status == "FAIL"}
    assert failed == {line.id for line in report.failures}
    assert (lie in failed) == (exit == 1)
