"""The manifest: the largest and the smallest elections that it may describe (specs/election.md §5)."""

from __future__ import annotations

import pytest
from nacl.signing import SigningKey

from tests.corpus.rules import NONE, ONE, POLICIES, SAFE, TWIN, WITNESSES
from tests.corpus.twin import Liar, bent, honest
from verifier import fold
from verifier.election.manifest import Contest, KeyHolder, Manifest, Option, Style, check_manifest
from verifier.errors import Incomplete, Rejected
from verifier.log.note import ED25519, Key, encode_key
from verifier.place import Place
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
        {"threshold": 3, "least_trustees": 3},
        {"threshold": 32, "least_trustees": 32, "trustees": TRUSTEES},
        {"threshold": 1, "least_trustees": 1, "trustees": TRUSTEES[:1]},
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
    check_manifest(manifest(**changes), Place("record 0"))


OWN = f"log {encode_key(Key(TWIN.origin, ED25519, TWIN.log_key))}"
OTHER = f"log {encode_key(Key('other.example', ED25519, bytes(SigningKey(b'o' * 32).verify_key)))}"


@pytest.mark.parametrize(
    "lines",
    [
        [*WITNESSES, SAFE],
        [OWN, *WITNESSES, SAFE],
        [OTHER, OWN, *WITNESSES, SAFE],
        [WITNESSES[0], "quorum w1", ""],
        [*WITNESSES, "group pair all w1 w2", "group g all pair w3", "quorum g", ""],
    ],
)
def test_policies_that_prevent_two_histories(lines: list[str]) -> None:
    check_manifest(manifest(policy="\n".join(lines)), Place("record 0"))


@pytest.mark.parametrize("asked", POLICIES.values(), ids=POLICIES)
def test_a_board_refuses_a_policy_that_does_not(asked: str) -> None:
    """Without a sheet to compare with."""
    with pytest.raises(Rejected) as caught:
        check_manifest(manifest(policy=asked), Place("record 0"))
    assert caught.value.id == "CFG.12"


def test_a_witness_of_a_kind_that_is_not_known_is_not_false() -> None:
    """E7: such a policy cannot be judged, hence neither can the manifest."""
    asked = WITNESSES[0].rpartition("+")[0] + "+BwAA"
    with pytest.raises(Incomplete, match="type 07"):
        check_manifest(manifest(policy=f"{asked}\nquorum w1\n"), Place("record 0"))


def test_another_version_is_not_false_but_unknown() -> None:
    with pytest.raises(Incomplete, match="aikyn/2"):
        fold.prepare(State(), 0, encode(manifest(spec="aikyn/2")), lambda _: None)


def test_its_digest_is_what_everything_is_bound_to() -> None:
    liar = Liar(honest(), 1)
    assert liar.state.digest == honest().digest
    assert liar.state.context.manifest == honest().digest
    assert liar.state.context.election == "test-election"
