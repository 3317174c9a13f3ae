"""What a log proves of its tree: the proofs that RFC 6962 defines, from subtrees and tiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.trees import Tree
from verifier.client import merkle
from verifier.errors import Malformed
from verifier.log import tree

LEAVES = [tree.hash_leaf(b"%d" % number) for number in range(4096)]
ROWS = [LEAVES, [tree.compute_root(LEAVES[at : at + 256]) for at in range(0, 4096, 256)]]


def node(level: int, index: int) -> bytes:
    return tree.compute_root(LEAVES[index << level : (index + 1) << level])


@given(st.integers(1, 600), st.data())
def test_inclusion_is_the_definition(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert merkle.prove_inclusion(index, size, node) == Tree(LEAVES[:size]).inclusion(index)


@given(st.integers(1, 600), st.data())
def test_consistency_is_the_definition(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    assert merkle.prove_consistency(old, size, node) == Tree(LEAVES[:size]).consistency(old)


@given(st.integers(0, 11), st.data())
def test_nodes_come_from_tiles(level: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, (4096 >> level) - 1))
    found = merkle.compute_node(lambda row, number: ROWS[row][number * 256 : number * 256 + 256], level, index)
    assert found == node(level, index)


@pytest.mark.parametrize(("old", "size"), [(4, 3), (-1, 3)])
def test_no_consistency_with_a_shrunken_tree(old: int, size: int) -> None:
    with pytest.raises(Malformed):
        merkle.prove_consistency(old, size, node)


@pytest.mark.parametrize(("index", "size"), [(3, 3), (0, 0), (-1, 2)])
def test_no_inclusion_beyond_the_tree(index: int, size: int) -> None:
    with pytest.raises(Malformed):
        merkle.prove_inclusion(index, size, node)
