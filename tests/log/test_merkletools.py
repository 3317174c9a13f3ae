"""Why the log does not stand on merkletools 1.0.3 (specs/decisions/merkletools.md): the attack that it allows."""

import warnings
from hashlib import sha256

import pytest

from verifier.log import tree

ENTRIES = [b"a", b"b", b"c"]
RECORDED = "7075152d03a5cd92104887b476862778ec0c87be5c2fa1c0a90f87c49fad6eff"  # merkletools 1.0.3 for a, b, c


def unseparated(entry: bytes) -> bytes:
    return sha256(entry).digest()


def unseparated_root(hashes: list[bytes]) -> bytes:
    """The root as merkletools defines it: leaves and nodes are hashed alike."""
    while len(hashes) > 1:
        whole = len(hashes) - len(hashes) % 2
        pairs = zip(hashes[0:whole:2], hashes[1:whole:2], strict=True)
        hashes = [*(unseparated(left + right) for left, right in pairs), *hashes[whole:]]
    return hashes[0]


def test_the_definition_above_is_merkletools() -> None:
    assert unseparated_root([unseparated(entry) for entry in ENTRIES]).hex() == RECORDED
    assert tree.compute_root([tree.hash_leaf(entry) for entry in ENTRIES]).hex() != RECORDED


def test_a_forged_leaf_of_64_bytes_is_in_their_tree_and_not_in_ours() -> None:
    theirs = [unseparated(entry) for entry in ENTRIES]
    forged = theirs[0] + theirs[1]  # an "entry" that nobody posted
    assert unseparated_root([unseparated(forged), theirs[2]]) == unseparated_root(theirs)

    ours = [tree.hash_leaf(entry) for entry in ENTRIES]
    root = tree.compute_root(ours)
    for entry in (ours[0] + ours[1], b"\x01" + ours[0] + ours[1]):
        assert tree.compute_root([tree.hash_leaf(entry), ours[2]]) != root
        assert tree.root_from_inclusion(0, 2, tree.hash_leaf(entry), [ours[2]]) != root


def test_no_leaf_is_a_node() -> None:
    left, right = tree.hash_leaf(b"a"), tree.hash_leaf(b"b")
    assert tree.hash_leaf(left + right) != tree.hash_node(left, right)


def test_the_library_itself_accepts_the_forged_leaf() -> None:
    """Runs where someone has installed the library by hand (`pip install --no-deps merkletools==1.0.3`)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that its SHA-3 is missing
        merkletools = pytest.importorskip("merkletools", reason="merkletools 1.0.3 cannot be installed the usual way")
    tools = merkletools.MerkleTools()
    tools.add_leaf([entry.decode() for entry in ENTRIES], True)  # noqa: FBT003  the library's own signature
    tools.make_tree()
    assert tools.get_merkle_root() == RECORDED
    forged = unseparated(unseparated(b"a") + unseparated(b"b")).hex()
    assert tools.validate_proof([{"right": unseparated(b"c").hex()}], forged, RECORDED)
    assert not any("consistency" in name for name in dir(tools))
