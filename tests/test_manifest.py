"""The manifest: the largest and the smallest elections that it may describe (specs/election.md §5)."""

from __future__ import annotations

import pytest

from tests.corpus.rules import NONE, ONE
from tests.corpus.twin import Liar, bent, honest
from verifier import election
from verifier.errors import Incomplete
from verifier.manifest import Contest, KeyHolder, Manifest, Option, Style, check_manifest
from verifier.records import encode
from verifier.state import State

TRUSTEES = tuple(KeyHolder(f"t-{number}", bytes([number]) * 32) for number in range(1, 33))


def contest(options: int, least: int, most: int, width: int) -> Contest:
    return Contest("one", NONE, tuple(Option(f"o-{number}", NONE) for number in range(options)), least, most, width)


def manifest(**changes: object) -> Manifest:
    made = bent(honest().manifest, contests=(ONE,), styles=(Style("one", ("one",)),))
    return bent(made, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"threshold": 1},
        {"threshold": 3},
        {"threshold": 32, "trustees": TRUSTEES},
        {"trustees": TRUSTEES[:1], "threshold": 1},
        {"contests": (contest(1, 0, 0, 1),)},
        {"contests": (contest(1, 1, 1, 1),)},
        {"contests": (contest(255, 0, 239, 8),)},
        {"contests": (contest(255, 29, 29, 1),)},
        {"contests": (contest(30, 0, 30, 2),)},
        {"contests": (contest(2, 0, 1, 8),)},
        {"minimum": 0},
        {"minimum": 2**53 - 1},
        {"styles": (Style("one", ("one",)), Style("two", ("one",)))},
        {"mixers": honest().manifest.mixers[:1]},
        {"commissions": tuple(bent(one, quorum=one.members) for one in honest().manifest.commissions)},
    ],
)
def test_the_edges_of_what_is_consistent(changes: dict[str, object]) -> None:
    check_manifest(manifest(**changes), "record 0")


def test_another_version_is_not_false_but_unknown() -> None:
    with pytest.raises(Incomplete, match="aikyn/2"):
        election.prepare(State(), 0, encode(manifest(spec="aikyn/2")), lambda _: None)


def test_its_digest_is_what_everything_is_bound_to() -> None:
    liar = Liar(honest(), 1)
    assert liar.state.digest == honest().digest
    assert liar.state.context.manifest == honest().digest
    assert liar.state.context.election == "test-election"
