"""RFC 6962 trees: roots, proofs, the edge, and that nothing else passes."""

from collections.abc import Callable
from typing import Any

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import read_vectors
from tests.support.trees import Tree
from verifier.errors import Malformed
from verifier.log import tree

VECTORS = read_vectors("tree")
Vector = dict[str, Any]
Proof = tuple[bytes, ...]
SIZES = st.integers(1, 600)
LEAVES = [tree.hash_leaf(b"%d" % number) for number in range(600)]


def test_roots_of_the_vectors() -> None:
    leaves = [tree.hash_leaf(bytes.fromhex(entry)) for entry in VECTORS["entries"]]
    for size, root in enumerate(VECTORS["roots"]):
        assert tree.compute_root(leaves[:size]).hex() == root


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda vector: vector["comment"])
def test_inclusion_vectors(vector: Vector) -> None:
    check_vector(vector, follow_inclusion)


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda vector: vector["comment"])
def test_consistency_vectors(vector: Vector) -> None:
    check_vector(vector, follow_consistency)


def follow_inclusion(vector: Vector) -> bool:
    path = [bytes.fromhex(value) for value in vector["path"]]
    root = tree.root_from_inclusion(vector["index"], vector["size"], bytes.fromhex(vector["leaf_hash"]), path)
    return bool(root.hex() == vector["root"])


def follow_consistency(vector: Vector) -> bool:
    proof = [bytes.fromhex(value) for value in vector["proof"]]
    roots = tree.roots_from_consistency(vector["old"], vector["size"], bytes.fromhex(vector["old_root"]), proof)
    return [root.hex() for root in roots] == [vector["old_root"], vector["root"]]


def check_vector(vector: Vector, follow: Callable[[Vector], bool]) -> None:
    if vector["result"] == "malformed":
        with pytest.raises(Malformed):
            follow(vector)
    else:
        assert follow(vector) == (vector["result"] == "accepted")


@given(SIZES)
def test_root_is_the_definition(size: int) -> None:
    assert tree.compute_root(LEAVES[:size]) == Tree(LEAVES[:size]).root()


@given(SIZES)
def test_root_is_pymerkles(size: int) -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for number in range(size):
        other.append_entry(b"%d" % number)
    assert tree.compute_root(LEAVES[:size]) == other.get_root()


@given(SIZES, st.data())
def test_inclusion_holds_for_this_leaf_index_and_size_only(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = Tree(LEAVES[:size]).inclusion(index)
    root = tree.compute_root(LEAVES[:size])
    assert tree.root_from_inclusion(index, size, LEAVES[index], path) == root
    assert tree.root_from_inclusion(index, size, tree.hash_leaf(b"other"), path) != root
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else None
    if other is not None:
        try:
            assert tree.root_from_inclusion(other, size, LEAVES[index], path) != root
        except Malformed:
            assert len(Tree(LEAVES[:size]).inclusion(other)) != len(path)


@given(st.integers(2, 600), st.data())
def test_consistency_leads_to_both_roots(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    proof = Tree(LEAVES[:size]).consistency(old)
    roots = (tree.compute_root(LEAVES[:old]), tree.compute_root(LEAVES[:size]))
    assert tree.roots_from_consistency(old, size, roots[0], proof) == roots
    bent = [bytes(32), *proof[1:]]
    assert tree.roots_from_consistency(old, size, roots[0], bent) != roots
    forged = tree.hash_leaf(b"another past")
    assert tree.roots_from_consistency(old, size, forged, proof) != (forged, roots[1])


@pytest.mark.parametrize("bend", [lambda p: p[:-1], lambda p: (*p, bytes(32)), lambda p: (p[0][:31], *p[1:])])
def test_proofs_have_one_length(bend: Callable[[Proof], Proof]) -> None:
    with pytest.raises(Malformed):
        tree.root_from_inclusion(5, 11, LEAVES[5], bend(Tree(LEAVES[:11]).inclusion(5)))
    with pytest.raises(Malformed):
        tree.roots_from_consistency(5, 11, LEAVES[5], bend(Tree(LEAVES[:11]).consistency(5)))


@given(st.lists(st.integers(0, 90), max_size=6))
def test_an_edge_grows_like_the_tree(steps: list[int]) -> None:
    edge, size = tree.Frontier(), 0
    for step in steps:
        edge.extend(LEAVES[size : size + step])
        size += step
        assert (edge.size, edge.root()) == (size, Tree(LEAVES[:size]).root())


def test_an_edge_with_a_tail_is_the_longer_tree() -> None:
    edge = tree.Frontier()
    edge.extend(LEAVES[:512])
    assert edge.root(tree.compute_root(LEAVES[512:600])) == tree.compute_root(LEAVES[:600])


@pytest.mark.parametrize(("index", "size"), [(3, 3), (0, 0), (-1, 2)])
def test_no_inclusion_beyond_the_tree(index: int, size: int) -> None:
    with pytest.raises(Malformed):
        tree.root_from_inclusion(index, size, LEAVES[0], ())
