"""A client's randomness given instead of drawn, for vectors: mixnet/ has no parameter for it, so it is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch


@contextmanager
def given(random: bytes) -> Iterator[None]:
    """Inside, sealing and signing take these bytes in their order (specs/ballot.md §14), and all of them."""
    rest = bytearray(random)

    def take(count: int) -> bytes:
        taken = bytes(rest[:count])
        assert len(taken) == count, "more randomness is asked for than is given"
        del rest[:count]
        return taken

    def fill(buffer: bytearray) -> None:
        buffer[:] = take(len(buffer))

    with patch("mixnet.secrets._fill", fill), patch("mixnet.ballot.system", SimpleNamespace(token_bytes=take)):
        yield
    assert not rest, "less randomness is asked for than is given"
