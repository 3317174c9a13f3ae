"""The crash harness itself: an honest board passes, and a board that breaks a promise does not."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.crash.shared import FAULTS, STEPS, run_shared
from tests.crash.trial import AT_RANDOM, Broken, run

pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def test_an_honest_board_keeps_its_promises(tmp_path: Path) -> None:
    trial = run(tmp_path, [AT_RANDOM, "half of the tiles are there", "fsync fails"], seed=3)
    assert trial.clients.receipts.keys() == trial.clients.taken.keys() != set()


def test_boards_that_share_a_log_keep_their_promises(tmp_path: Path) -> None:
    faults = [*FAULTS, *random.Random(11).sample(STEPS, 2)]  # `make crash` has all steps
    trial = run_shared(tmp_path, faults, seed=11)
    assert trial.clients.receipts.keys() == trial.clients.taken.keys() != set()
    assert sum(trial.deaths.values()) == len(faults)


def test_a_broken_promise_of_boards_that_share_a_log_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(Broken, match=r"a true ballot was refused|taken"):
        run_shared(tmp_path, ["answered before the commit"], seed=3)


@pytest.mark.parametrize(
    ("lie", "noticed"),
    [
        ("answered before the commit", "a true ballot was refused|taken"),
        ("signed without a row", "was published that this database did not sign"),
    ],
)
def test_a_broken_promise_is_noticed(tmp_path: Path, lie: str, noticed: str) -> None:
    with pytest.raises(Broken, match=rf"{noticed}"):
        run(tmp_path, [lie, AT_RANDOM], seed=3)
