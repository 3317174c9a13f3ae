"""Copying a board, no further than a key on the trust sheet has signed and the board goes (specs/log.md §7)."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from uuid import uuid4

import msgspec

from verifier.audit.settlement import Progress
from verifier.audit.trust import TrustSheet
from verifier.client import merkle
from verifier.client.board import Board, Refused
from verifier.client.files import Directory
from verifier.errors import Incomplete, Malformed, Rejected, VerifierError, say
from verifier.log import checkpoint, tiles
from verifier.log.checkpoint import Cosignature, SignedCheckpoint
from verifier.log.note import Key
from verifier.log.reading import LATEST, Log, blob_path
from verifier.log.tiles import ENTRIES, WIDTH, Tile
from verifier.records import Blob
from verifier.rules import CODEC


def download(board: Board, directory: Path, trust: TrustSheet, progress: Progress | None = None) -> None:
    """Copy a board's public files to `directory`; full tiles, kept checkpoints and blobs that are there stay.

    What the board lacks is left out: the check of the copy then names it. The checkpoint is written last, so that an
    interrupted copy is still the former one. `Incomplete` if no key on the sheet signed it: nothing else would bound
    what is copied.
    """
    raw = board.read(LATEST)
    if raw is None:
        raise Incomplete("the board has not published anything yet", board.url)
    signed = _read_signed(raw, trust)
    size, tell = signed.body.size, progress or (lambda _what, _done, _all: None)
    wanted = sum(-(-(size >> 8 * max(level, 0)) // WIDTH) for level in range(ENTRIES, tiles.levels(size)))
    for done, tile in enumerate(merkle.grown(0, size)):
        tell("tiles", done, wanted)
        if not _copy_tile(board, directory, tile):
            break
    _copy_kept(board, directory, size, trust, tell)
    copy = Directory(directory)
    named = _named(Log(lambda name: raw if name == LATEST else copy(name), trust.origin, trust.log_keys, _pass_over))
    for done, blob in enumerate(named):
        tell("blobs", done, len(named))
        _copy_blob(board, directory, blob)
    tell("blobs", len(named), len(named))
    _write(directory / LATEST, [raw])


def named_blobs(entry: bytes) -> Iterator[Blob]:
    """The blobs that a record names, anywhere in it; none if these bytes are not a record."""
    if b'"sha256"' not in entry:
        return
    try:
        yield from _find_blobs(CODEC.decode(entry))
    except Malformed:
        return


def checked(pieces: Iterable[bytes], blob: Blob, name: str) -> Iterator[bytes]:
    """The pieces of a blob as they come; `Incomplete` at their end if they are not what its record names."""
    digest, length = hashlib.sha256(), 0
    for piece in pieces:
        length += len(piece)
        if length > blob.length:
            break
        digest.update(piece)
        yield piece
    if length != blob.length or digest.digest() != blob.sha256:
        raise Incomplete("the board's file has another digest or length than the record says", name)


def _read_signed(raw: bytes, trust: TrustSheet) -> SignedCheckpoint:
    """The board's checkpoint, which one of the sheet's keys signed."""
    try:
        signed = checkpoint.decode(raw)
        checkpoint.check_log_signature("BRD.1", LATEST, signed, trust.origin, trust.log_keys)
    except Malformed as error:
        raise Incomplete(say("the board's file is damaged: {}", error.said), LATEST) from error
    except Rejected as error:
        raise Incomplete(
            say("{}; if the log has a new key, take a sheet with it", error.said), LATEST, error.id
        ) from error
    return signed


def _copy_tile(board: Board, directory: Path, tile: Tile) -> bool:
    """Fetch a tile that is not there, False if the board lacks it."""
    for source in tile.sources:
        if (directory / source.path).is_file():
            return True
        raw = board.read(source.path)
        if raw is None:
            continue
        try:
            (tiles.decode_bundle if tile.level == ENTRIES else tiles.decode_hashes)(raw, source.width)
        except Malformed as error:
            raise Incomplete(say("the board's file is damaged: {}", error.said), source.path) from error
        _write(directory / source.path, [raw])
        return True
    return False


def _copy_kept(board: Board, directory: Path, size: int, trust: TrustSheet, tell: Progress) -> None:
    """Fetch `checkpoints/`, as far as they were published when the copied checkpoint was.

    Without a key, a board can repeat for ever what was signed, but can say something new only a limited number of
    times. So a checkpoint that says nothing new ends the copying. So does one that no key on the sheet signed; the
    check of the copy then names it.
    """
    heard, copy = set[object](), Directory(directory)
    for number in count():
        tell("checkpoints", number, number)
        name = f"checkpoints/{number}"
        if (directory / name).is_file():
            heard |= _said(copy(name), trust)
            continue
        try:
            raw = board.read(name)
        except Refused as error:
            if error.status != 403:  # so a store says that it does not have it, or would not say
                raise
            return
        if raw is None:
            return
        try:
            signed = _read_signed(raw, trust)
        except Incomplete:
            _write(directory / name, [raw])
            return
        good, _ = checkpoint.judge_cosignatures("BRD.5", name, signed, _witnesses(trust))
        news = {signed.note.text, *((signed.note.text, line) for line in good)} - heard
        if signed.body.size > size or not news:
            return
        heard |= news
        _write(directory / name, [raw])


def _said(raw: bytes | None, trust: TrustSheet) -> set[object]:
    """What a checkpoint says; it was checked when it was fetched."""
    with suppress(Malformed):
        signed = checkpoint.decode(raw or b"")
        lines = checkpoint.matching_lines(signed.note, _witnesses(trust))
        times = [Cosignature(key, int.from_bytes(line.blob[:8], "big")) for key, line in lines]
        return {signed.note.text, *((signed.note.text, line) for line in times)}
    return set()


def _witnesses(trust: TrustSheet) -> tuple[Key, ...]:
    return trust.witnesses.witness_keys if trust.witnesses is not None else ()


def _named(log: Log) -> list[Blob]:
    """The blobs that the copied records name, as far as these are there and lead to the signed root."""
    named = dict[bytes, Blob]()
    with suppress(Incomplete):
        for _, entry in log.entries():
            named |= {blob.sha256: blob for blob in named_blobs(entry)}
    return list(named.values())


def _pass_over(_: VerifierError) -> None:
    """Ignore what is wrong with the copy: the check of the copy tells it."""


def _copy_blob(board: Board, directory: Path, blob: Blob) -> None:
    """Fetch a blob that is not there; its digest is checked as it is written."""
    name = blob_path(blob.sha256)
    if (directory / name).is_file():
        return

    def keep(pieces: Iterable[bytes]) -> None:
        _write(directory / name, checked(pieces, blob, name))

    board.save(name, keep)


def _find_blobs(value: object) -> Iterator[Blob]:
    if isinstance(value, Blob):
        yield value
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _find_blobs(getattr(value, name))
    elif isinstance(value, tuple):
        for part in value:
            yield from _find_blobs(part)


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file under its name only when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            for piece in pieces:
                file.write(piece)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
