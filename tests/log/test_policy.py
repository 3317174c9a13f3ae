"""Trust policies: what is a quorum, and how many must lie."""

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import read_vectors
from verifier.errors import Incomplete, Malformed, Rejected
from verifier.log import note, policy
from verifier.log.checkpoint import Cosignature
from verifier.log.policy import Group, Party, Policy

VECTORS = read_vectors("policy")
WITNESSES = [note.decode_key(vkey) for vkey in VECTORS["witnesses"]]


@pytest.mark.parametrize("vector", VECTORS["policies"], ids=lambda vector: vector["comment"])
def test_vectors(vector: dict[str, Any]) -> None:
    raw = vector["policy"].encode()
    if vector["result"] == "malformed":
        with pytest.raises(Malformed):
            policy.decode(raw)
        return
    trust = policy.decode(raw)
    assert policy.overlap(trust) == vector["overlap"]
    for numbers in vector["quorums"]:
        policy.check_quorum("BRD.4", "here", trust, sign(numbers))
    for numbers in vector["not_quorums"]:
        with pytest.raises(Rejected) as caught:
            policy.check_quorum("BRD.4", "here", trust, sign(numbers))
        assert (caught.value.id, str(caught.value.where)) == ("BRD.4", "here")


def sign(numbers: list[int]) -> list[Cosignature]:
    return [Cosignature(WITNESSES[number - 1], 1) for number in numbers]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Two groups over six witnesses, and a group of both with a seventh."""
    keys = [WITNESSES[0]._replace(name=f"w{number}", public=bytes([number]) * 32) for number in range(7)]
    witnesses = {key.name: Party(key, "") for key in keys}
    split = draw(st.integers(1, 5))
    groups = {
        "a": Group(draw(st.integers(1, split)), tuple(f"w{number}" for number in range(split))),
        "b": Group(draw(st.integers(1, 6 - split)), tuple(f"w{number}" for number in range(split, 6))),
        "all": Group(draw(st.integers(1, 3)), ("a", "b", "w6")),
    }
    return Policy("all", (), witnesses, groups)


@given(policies())
def test_overlap_is_the_smallest_meeting_of_two_quorums(trust: Policy) -> None:
    keys = trust.witness_keys
    subsets = [set(chosen) for count in range(8) for chosen in combinations(keys, count)]
    quorums = [chosen for chosen in subsets if policy.is_quorum(trust, chosen)]
    least = [chosen for chosen in quorums if not any(other < chosen for other in quorums)]
    assert policy.overlap(trust) == min(len(one & two) for one in least for two in least)


@given(policies(), st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), max_size=10))
def test_times_are_those_of_the_definition(trust: Policy, seen: list[tuple[int, int]]) -> None:
    cosignatures = [Cosignature(trust.witness_keys[number], time) for number, time in seen]

    def reached(chosen: list[Cosignature]) -> bool:
        return policy.is_quorum(trust, (cosignature.key for cosignature in chosen))

    early = [t for t in range(1, 10) if reached([c for c in cosignatures if c.time <= t])]
    late = [t for t in range(1, 10) if reached([c for c in cosignatures if c.time >= t])]
    assert policy.earliest(trust, cosignatures) == (min(early) if early else None)
    assert policy.latest(trust, cosignatures) == (max(late) if late else None)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_policy_or_refused(raw: bytes) -> None:
    try:
        policy.decode(raw)
    except (Malformed, Incomplete):
        return
    assert b"quorum" in raw


@given(st.lists(st.sampled_from(VECTORS["policies"][0]["policy"].split("\n")), max_size=9).map("\n".join))
def test_shuffled_lines_are_a_policy_or_malformed(text: str) -> None:
    try:
        trust = policy.decode(text.encode())
    except Malformed:
        return
    assert trust.quorum in trust.groups or trust.quorum in trust.witnesses


def test_names_are_octets() -> None:
    vkey = VECTORS["witnesses"][0].encode()
    trust = policy.decode(b"witness \xff " + vkey + b"\nquorum \xff\n")
    assert policy.is_quorum(trust, WITNESSES[:1])
    with pytest.raises(Malformed):
        policy.decode(b"witness \xff " + vkey + b"\nquorum \xfe\n")


def test_a_quorum_without_witnesses_overlaps_nowhere() -> None:
    assert policy.overlap(policy.decode(b"quorum none\n")) == 0
    policy.check_quorum("BRD.4", "here", policy.decode(b"quorum none\n"), [])


def test_a_policy_has_a_largest_size() -> None:
    def chain(groups: int) -> bytes:
        names = [b"w", *(b"g%d" % number for number in range(groups))]
        lines = [b"group %s any %s" % (name, member) for member, name in pairwise(names)]
        return b"\n".join([b"witness w " + VECTORS["witnesses"][0].encode(), *lines, b"quorum " + names[-1]])

    assert policy.is_quorum(policy.decode(chain(policy.MAX_DEFINITIONS - 1)), WITNESSES[:1])
    with pytest.raises(Malformed):
        policy.decode(chain(policy.MAX_DEFINITIONS))
    short = b"quorum none\n#"
    policy.decode(short + b"#" * (policy.MAX_POLICY - len(short)))
    with pytest.raises(Malformed):
        policy.decode(short + b"#" * (policy.MAX_POLICY + 1 - len(short)))


def test_a_key_has_a_name_in_utf8() -> None:
    with pytest.raises(Malformed):
        policy.decode(b"witness w w\xff" + VECTORS["witnesses"][0].encode() + b"\nquorum none\n")


def test_log_keys_are_found_by_origin() -> None:
    text = next(vector["policy"] for vector in VECTORS["policies"] if "a log" in vector["comment"])
    trust = policy.decode(text.encode())
    origin = trust.logs[0].key.name
    assert trust.log_keys(origin) == (trust.logs[0].key,)
    assert trust.log_keys(origin + "x") == ()
    assert trust.logs[0].url == "https://board.example/"


def test_a_url_may_be_left_out_and_is_one() -> None:
    text = next(vector["policy"] for vector in VECTORS["policies"] if "a log" in vector["comment"])
    log = policy.decode(text.encode()).logs[0]
    for kind, vkey in (("log", note.encode_key(log.key)), ("witness w", VECTORS["witnesses"][0])):
        for urls in ([], ["https://one.example/"], ["https://one.example/", "https://two.example/"]):
            raw = f"quorum none\n{kind} {' '.join([vkey, *urls])}\n".encode()
            if len(urls) > 1:
                with pytest.raises(Malformed) as caught:
                    policy.decode(raw)
                assert str(caught.value.where) == "policy, line 2"
            else:
                trust = policy.decode(raw)
                assert [party.url for party in (*trust.logs, *trust.witnesses.values())] == (urls or [""])


def test_a_rule_is_the_same_under_other_names_and_in_another_order() -> None:
    """E7: a key counts with its own name, whatever the policy calls it and its groups."""

    def rule(names: str, groups: str, quorum: str, keys: tuple[int, ...] = (0, 1, 2)) -> str:
        named = zip(names.split(), keys, strict=True)
        lines = [*(f"witness {name} {VECTORS['witnesses'][key]}" for name, key in named), groups, f"quorum {quorum}"]
        return policy.rule(policy.decode("\n".join(lines).encode()))

    asked = rule("a b c", "group g 2 a b c", "g")
    assert asked == rule("c b a", "group other 2 a c b", "other", (2, 1, 0))
    others = [
        *(rule("a b c", f"group g {threshold} a b c", "g") for threshold in (1, 3)),
        rule("a b c", "group g 2 a b c", "a"),
        rule("a b c", "group g 2 a b c", "b"),
        rule("a b c", "group g 2 a b c", "none"),
        rule("a b c", "group g 2 a b c", "g", (0, 1, 3)),
        rule("a b c", "group h 1 a b\ngroup g 2 h c", "g"),
    ]
    assert len({asked, *others}) == 1 + len(others)
    assert others[4] == policy.NONE
