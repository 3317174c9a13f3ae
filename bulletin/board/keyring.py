"""Whose signature lets something be handed in at the board, by the name in `Authorization` (specs/api.md §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from verifier.commission.certificate import PublicKey, decode_member

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.state import State

OPERATOR, OBSERVER = "operator", "observer:"


def keys_of(state: State, name: str, *, observers: bool) -> Iterator[PublicKey]:
    """The key of a key holder `operator` or `mixer-1`, a member `p-8101/m1`, an observer `observer:kloop`.

    A name leads to one key at most, or to two where a trustee and a mix server are called alike: a false name costs
    little, however many commissions there are. Members are those of now; observers, where they may, those of now too.
    """
    commission, member, id = name.partition("/")
    if member:
        seated = state.rosters.get(commission)
        found = seated[-1].roster.member(id) if seated else None
        if found is not None:
            yield decode_member(found.certificate).key
    elif name.startswith(OBSERVER):
        accredited = name.removeprefix(OBSERVER)
        observer = state.observers.get(accredited)
        if observers and observer is not None and accredited not in state.withdrawn:
            yield decode_member(observer.certificate).key
    elif state.manifest is not None:
        holders = (*state.rules.trustees, *state.rules.mixers)
        named = [(OPERATOR, state.rules.operator), *((holder.id, holder.key) for holder in holders)]
        yield from (Ed25519PublicKey.from_public_bytes(key) for holder, key in named if holder == name)
