"""A log of two histories: the checkpoints that it signed of either, and evidence of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.copies import body, sign
from tests.support.trees import Tree
from verifier.client.evidence import pair
from verifier.log import checkpoint
from verifier.log.checkpoint import Checkpoint, SignedCheckpoint
from verifier.log.evidence import Evidence
from verifier.log.tree import compute_root, hash_leaf

if TYPE_CHECKING:
    from nacl.signing import SigningKey

SIZES = [(1, 2), (3, 7), (4, 8), (8, 9), (5, 40)]


def leaves(branch: int) -> list[bytes]:
    return [hash_leaf(b"%d of %d" % (index, branch if index else 0)) for index in range(64)]


def signed(size: int, branch: int = 0, by: SigningKey | None = None) -> SignedCheckpoint:
    root = compute_root(leaves(branch)[:size])
    tree = Checkpoint(body([]).origin, size, root)
    return checkpoint.decode(sign(tree, by=by) if by else sign(tree))


def proved(old: int, size: int, first: int, second: int) -> Evidence:
    """The log signed `old` entries of one branch, `size` of another; the proof is of the second."""
    hashes = leaves(second)
    proof = Tree(hashes[:size]).consistency(old)
    return pair(signed(size, second), signed(old, first))._replace(start=compute_root(hashes[:old]), proof=proof)
