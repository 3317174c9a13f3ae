"""The group's vectors hold for our verifier and for the reference (specs/vectors/group.json)."""

import pytest

from tests.reference.group import Fails, G, decode, decode_scalars, generator, inner, map_to_group
from tests.support.house import read_vectors
from verifier.errors import Malformed
from verifier.proof import backend, group

VECTORS = read_vectors("group")


def test_multiples() -> None:
    for number, encoding in enumerate(VECTORS["multiples"]):
        assert bytes((group.Scalars.of([number]) * group.G).point()).hex() == encoding
        assert bytes(inner([number], [G])).hex() == encoding


def test_refused_encodings() -> None:
    for encoding in map(bytes.fromhex, VECTORS["refused"]):
        assert backend.first_undecodable(encoding) == 0
        with pytest.raises(Fails):
            decode(encoding, "P")


def test_the_map() -> None:
    for first, second, encoding in VECTORS["mapped"]:
        data = bytes.fromhex(first + second)
        assert backend.hash_to_group(data).hex() == bytes(map_to_group(data)).hex() == encoding


def test_generators() -> None:
    label, points = VECTORS["generators"]["label"], VECTORS["generators"]["points"]
    assert bytes(group.generators(label, len(points))).hex() == "".join(points)
    assert [bytes(generator(label, i)).hex() for i in range(len(points))] == points


def test_scalars() -> None:
    for scalar in map(bytes.fromhex, VECTORS["scalars"]["accepted"]):
        assert int(group.Scalars.decode(scalar)) == decode_scalars(scalar)[0]
    for scalar in map(bytes.fromhex, VECTORS["scalars"]["refused"]):
        with pytest.raises(Malformed):
            group.Scalars.decode(scalar)
        with pytest.raises(Fails):
            decode_scalars(scalar)
