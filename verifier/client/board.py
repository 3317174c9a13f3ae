"""A board over HTTP: reading its files, handing it records and blobs, and copying it (specs/api.md)."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import msgspec
import requests

from verifier.errors import Incomplete, Malformed
from verifier.log import checkpoint, note, tiles
from verifier.log.reading import LATEST, blob_path
from verifier.log.tiles import ENTRIES, WIDTH, Tile
from verifier.log.tree import hash_leaf
from verifier.records import Blob
from verifier.rules import CODEC

ATTEMPTS = 6
PATIENCE = 600.0  # seconds for which a busy board is asked again
LONGEST_WAIT = 25.0
CHUNK = 1 << 16
TRANSIENT = {408, 429, 502, 503, 504}
Progress = Callable[[str, int, int], None]
Keep = Callable[[Iterable[bytes]], None]


class Refused(Exception):
    """The board refused a request; `code` and `clause` are those of specs/api.md §6, `detail` says what to do.

    `raw` is the answer as it came: keep it, `verifier.log.refusal` checks whose word it is.
    """

    def __init__(self, status: int, code: str, clause: str, detail: str, raw: bytes = b"") -> None:
        super().__init__(status, code, clause, detail)
        self.status, self.code, self.clause, self.detail, self.raw = status, code, clause, detail, raw

    def __str__(self) -> str:
        return f"{self.code}{f' ({self.clause})' if self.clause else ''}: {self.detail}"


class Sender(NamedTuple):
    """Who hands in blobs and commissions' records: `id` is on the manifest, whose digest this is, or on a roster."""

    manifest: bytes
    id: str
    sign: Callable[[bytes], bytes]

    def authorize(self, message: bytes) -> dict[str, str]:
        """The header that goes with what is handed in."""
        return {"Authorization": f"Aikyn {self.id} {note.encode_base64(self.sign(message))}"}


class Board:
    """A board at `url`; every request may be repeated, and is when the board is busy or out of reach (`Incomplete`)."""

    def __init__(self, url: str, timeout: float = 30.0) -> None:
        self.url, self._timeout = url.rstrip("/"), timeout
        self._session = requests.Session()

    def read(self, path: str) -> bytes | None:
        """A file of the archive, None if the board does not have it."""
        answer = self._ask("GET", path)
        return None if answer.status_code == 404 else _accept(answer).content

    def save(self, path: str, keep: Keep) -> bool:
        """Hand a file of the archive to `keep` piece by piece; False if the board does not have it."""
        with self._ask("GET", path, stream=True) as answer:
            if answer.status_code == 404:
                return False
            try:
                keep(_accept(answer).iter_content(CHUNK))
            except requests.RequestException as error:
                raise Incomplete(f"the board stopped sending: {error}", path) from error
        return True

    def post(self, raw: bytes, sender: Sender | None = None) -> bytes:
        """Post a record; its leaf hash once the record is durable in its place, `Refused` if it is not admitted.

        What a commission has yet to sign is taken from a `sender` alone.
        """
        leaf = hash_leaf(raw)
        headers = sender.authorize(posted_bytes(sender.manifest, leaf)) if sender else {}
        said = _read_object(_accept(self._ask("POST", "records", raw, headers | {"Content-Type": "application/json"})))
        if said.get("leaf") != leaf.hex():
            raise Incomplete("this is not a board's answer", f"{self.url}/records")
        return leaf

    def put_blob(self, data: bytes, sender: Sender) -> Blob:
        """Put a blob."""
        blob = Blob.of(data)
        headers = sender.authorize(authorized_bytes(sender.manifest, blob.sha256, blob.length))
        headers["Content-Type"] = "application/octet-stream"
        _accept(self._ask("PUT", f"blobs/{blob.sha256.hex()}", data, headers))
        return blob

    def receipt(self, leaf: bytes, wait: float = LONGEST_WAIT) -> bytes:
        """The record's receipt, for which this waits at most `wait` seconds; it is yet to be checked."""
        deadline = time.monotonic() + wait
        while True:
            left = max(0.0, deadline - time.monotonic())
            held = min(LONGEST_WAIT, self._timeout / 2, left)
            answer = self._ask("GET", f"receipts/{leaf.hex()}?wait={held:.2f}", again=False)
            if answer.status_code not in TRANSIENT or not left:
                return _accept(answer).content
            time.sleep(min(left, 0.2))

    def health(self) -> dict[str, object]:
        """What the board says of itself (specs/api.md §5), be it well or not."""
        said = _read_object(self._ask("GET", "health", again=False))
        if "phase" not in said:
            raise Incomplete("this is not a board's answer", f"{self.url}/health")
        return said

    def _ask(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        again: bool = True,
        stream: bool = False,
    ) -> requests.Response:
        """One request, repeated while the board is out of reach (ATTEMPTS) or, with `again`, busy (PATIENCE)."""
        url, deadline, lost = f"{self.url}/{path}", time.monotonic() + PATIENCE, 0
        for attempt in range(1 << 16):
            pause = min(5.0, 0.1 * 2.0**attempt)
            try:
                answer = self._session.request(
                    method, url, data=data, headers=headers, timeout=self._timeout, stream=stream, allow_redirects=False
                )
            except requests.RequestException as error:
                lost += 1
                if lost == ATTEMPTS:
                    raise Incomplete(f"the board cannot be reached ({type(error).__name__})", url) from error
            else:
                if answer.status_code not in TRANSIENT or not again or time.monotonic() > deadline:
                    return answer
                pause = _read_pause(answer, pause)
                answer.close()
            time.sleep(pause)
        raise Incomplete("the board is busy", url)


def authorized_bytes(manifest: bytes, digest: bytes, length: int) -> bytes:
    """What is signed by who puts a blob (specs/api.md §2)."""
    return b"aikyn/1 blob\n" + manifest + digest + length.to_bytes(8, "big")


def posted_bytes(manifest: bytes, leaf: bytes) -> bytes:
    """What is signed by who posts a commission's record (specs/api.md §1)."""
    return b"aikyn/1 post\n" + manifest + leaf


def download(board: Board, directory: Path, progress: Progress | None = None) -> None:
    """Copy a board's public files to `directory`; full tiles, kept checkpoints and blobs that are there stay.

    What the board lacks is left out: the check of the copy then names it. The checkpoint is written last, so that an
    interrupted copy is still the former one.
    """
    raw = board.read(LATEST)
    if raw is None:
        raise Incomplete("the board has not published anything yet", board.url)
    size = _size_of(raw, LATEST)
    tell = progress or (lambda _what, _done, _all: None)
    wanted = sum(-(-(size >> 8 * max(level, 0)) // WIDTH) for level in range(ENTRIES, tiles.levels(size)))
    for done, tile in enumerate(tiles.grown(0, size)):
        tell("tiles", done, wanted)
        if not _copy_tile(board, directory, tile):
            break  # nobody has verified the size yet: a false one must not be followed for ever
    _copy_kept(board, directory, size, tell)
    named = {blob.sha256: blob for entry in _entries(directory, size) for blob in named_blobs(entry)}
    for done, blob in enumerate(named.values()):
        tell("blobs", done, len(named))
        _copy_blob(board, directory, blob)
    tell("blobs", len(named), len(named))
    _write(directory / LATEST, [raw])


def directory_reader(directory: Path) -> Callable[[str], bytes | None]:
    """Reads files of a copy by their name in the archive, None for those it lacks."""

    def read(name: str) -> bytes | None:
        if any(part in {"", ".", ".."} for part in name.split("/")) or "\0" in name:
            raise Incomplete("this is not a file of the archive", name)
        try:
            return (directory / name).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise Incomplete(f"this file cannot be read: {error.strerror}", name) from error

    return read


def _accept(answer: requests.Response) -> requests.Response:
    """The answer, if it is a success; else `Refused`."""
    if 200 <= answer.status_code < 300:
        return answer
    told = {key: str(value) for key, value in _read_object(answer).items()}
    detail = told.get("detail", "the answer is not a board's")
    code, clause = told.get("code", "unknown"), told.get("clause", "")
    raise Refused(answer.status_code, code, clause, detail, answer.content)


def _read_object(answer: requests.Response) -> dict[str, object]:
    """The JSON object in the answer, empty if it holds none."""
    try:
        said = answer.json()
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _read_pause(answer: requests.Response, otherwise: float) -> float:
    shown = answer.headers.get("Retry-After", "")
    return min(60.0, float(shown)) if shown.isdecimal() and len(shown) < 6 else otherwise


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
            raise Incomplete(f"the board's file is damaged: {error.detail}", source.path) from error
        _write(directory / source.path, [raw])
        return True
    return False


def _copy_kept(board: Board, directory: Path, size: int, tell: Progress) -> None:
    """Fetch `checkpoints/`, as far as they were published when the copied checkpoint was."""
    number = 0
    while True:
        tell("checkpoints", number, number)
        name = f"checkpoints/{number}"
        if not (directory / name).is_file():
            raw = board.read(name)
            if raw is None or _size_of(raw, name) > size:
                return
            _write(directory / name, [raw])
        number += 1


def _size_of(raw: bytes, name: str) -> int:
    try:
        return checkpoint.decode(raw).body.size
    except Malformed as error:
        raise Incomplete(f"the board's file is damaged: {error.detail}", name) from error


def _copy_blob(board: Board, directory: Path, blob: Blob) -> None:
    """Fetch a blob that is not there; its digest is checked as it is written."""
    name = blob_path(blob.sha256)
    if (directory / name).is_file():
        return

    def keep(pieces: Iterable[bytes]) -> None:
        _write(directory / name, checked(pieces, blob, name))

    board.save(name, keep)


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


def _entries(directory: Path, size: int) -> Iterator[bytes]:
    """The copied records, as far as they are there and whole."""
    read = directory_reader(directory)
    for first in range(0, size, WIDTH):
        bundle = tiles.at(ENTRIES, first, size)
        for source in bundle.sources:
            raw = read(source.path)
            if raw is not None:
                with suppress(Malformed):
                    yield from tiles.decode_bundle(raw, source.width)[: bundle.width]
                break


def named_blobs(entry: bytes) -> Iterator[Blob]:
    """The blobs that a record names, wherever in it; none of what is not a record."""
    if b'"sha256"' not in entry:
        return
    try:
        yield from _find_blobs(CODEC.decode(entry))
    except Malformed:
        return


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
