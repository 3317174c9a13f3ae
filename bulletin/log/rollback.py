"""What shows that a board has lost what it once signed: then it stays closed, and says why (specs/log.md §8.5)."""

from collections.abc import Callable, Sequence
from pathlib import Path

import requests

from verifier.client import merkle
from verifier.client.board import anonymous
from verifier.client.witness import monitoring_address
from verifier.errors import VerifierError
from verifier.log import checkpoint, tiles
from verifier.log.checkpoint import SignedCheckpoint
from verifier.log.note import Key
from verifier.log.policy import Policy

RESTORE = "restore the newest backup, or a mirror's copy, with `aikyn-board restore`"


class CannotContinue(Exception):
    """Going on would risk a second history; the sentence says what is wrong and what the operator must restore."""


class Overtaken(Exception):
    """Another process is the writer of this log by now: this one must end, and has promised nothing in between."""


def check_files(directory: Path, size: int) -> None:
    """Refuse if a tile or bundle of a tree of `size` entries is missing or cut short; reading finds other damage."""
    for tile in merkle.grown(0, size):
        lengths = {each: _length(directory / each.path) for each in tile.sources}
        if tile.level != tiles.ENTRIES and lengths[tile] not in (None, tile.width * tiles.HASH):
            raise CannotContinue(f"{tile.path} is cut short: {RESTORE}")
        if not any(lengths.values()):
            raise CannotContinue(f"{tile.path} is missing: {RESTORE}")


def check_witnesses(
    signed: SignedCheckpoint | None, root_at: Callable[[int], bytes], trust: Policy, keys: Sequence[Key]
) -> None:
    """Refuse if a witness shows a checkpoint that these keys signed and that this board no longer has.

    It finds what nothing on the board can show: that the database and the files were turned back together. A witness
    that does not answer, or shows what the board never signed, proves nothing.
    """
    size = signed.body.size if signed else 0
    for name, party in trust.witnesses.items():
        shown = _ask(party.url, keys) if party.url else None
        if shown is None:
            continue
        if shown.body.size > size:
            raise CannotContinue(
                f"{name} has cosigned {shown.body.size} entries under this board's signature, "
                f"and the board has signed {size} of them: it was turned back; {RESTORE}"
            )
        if root_at(shown.body.size) != shown.body.root:
            raise CannotContinue(
                f"{name} has cosigned another history of {shown.body.size} entries under this board's signature: "
                f"this directory is not the one that the board had; {RESTORE}"
            )


def _ask(url: str, keys: Sequence[Key]) -> SignedCheckpoint | None:
    """The witness's latest checkpoint, if one of the log's keys signed it."""
    origin = keys[0].name
    where = monitoring_address(url, origin)
    try:
        answer = requests.get(where, timeout=2.0, allow_redirects=False, auth=anonymous)
        shown = checkpoint.decode(answer.content[: 1 << 16])
        checkpoint.check_log_signature("BRD.1", where, shown, origin, keys)
    except (requests.RequestException, VerifierError):
        return None
    return shown


def _length(path: Path) -> int | None:
    """Bytes of a file, None if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None
