"""An archive in a bucket of an S3-compatible store, with a copy on this machine's disk (specs/log.md §8.10).

The bucket is trusted with no more than a disk's files are. The keys to it come from the environment, by the names that
are usual: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from bulletin.log import disk
from bulletin.log.archive import StoreFailed
from bulletin.log.rollback import Overtaken
from verifier.log.reading import LATEST

CONNECTING = timedelta(seconds=5)
SMALL, GREAT = timedelta(seconds=10), timedelta(minutes=5)  # for a tile or checkpoint, for a blob
TRYING = timedelta(seconds=10)  # after which a failure is not tried again
ABREAST = 16  # requests at a time
EAGER = ("tile/", "checkpoints/")  # what the copy has from the start; blobs come when they are asked for


class Bucket:
    """The files of a log under `https://host/bucket/prefix`, each put if it is absent and never replaced.

    `checkpoint` alone is replaced, and only if it is the one that this process read or wrote last. A store that does
    not answer is StoreFailed.
    """

    def __init__(self, address: str, copy: Path) -> None:
        self.address, self.copy = address, copy
        disk.make_directory(copy)
        self._where = urlsplit(address).netloc
        self._small, self._great = _open(address, SMALL), _open(address, GREAT)
        self._tags: dict[str, str | None] = {}
        self._threads = ThreadPoolExecutor(ABREAST, "bucket")

    def refresh(self) -> None:
        """Make the copy what the bucket has, but for blobs and for what was changed within its length."""
        disk.clear(self.copy)
        kept = self._list()
        for path in [path for place in EAGER for path in (self.copy / place).rglob("*") if path.is_file()]:
            if kept.get(path.relative_to(self.copy).as_posix()) != path.stat().st_size:
                path.unlink()
        self._each(self.bring, kept)
        latest = self.look(LATEST)
        if latest is None:
            (self.copy / LATEST).unlink(missing_ok=True)
        else:
            disk.write(self.copy / LATEST, latest)

    def bring(self, name: str) -> bool:
        """Whether there is such a file; the copy has it from now on."""
        disk.check_name(name)
        path = self.copy / name
        if path.is_file():
            return True
        store = self._small if name.startswith(EAGER) else self._great
        with self._asking():
            try:
                pieces = obstore.get(store, name).stream()
            except FileNotFoundError:
                return False
            disk.make_directory(path.parent)
            temporary = path.with_name(f".{path.name}.{uuid4().hex}")
            try:
                with temporary.open("xb") as file:
                    file.writelines(pieces)
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
        return True

    def look(self, name: str) -> bytes | None:
        """Bytes of a file that is replaced, as the bucket has it now."""
        with self._asking():
            try:
                found = obstore.get(self._small, name)
            except FileNotFoundError:
                self._tags[name] = None
                return None
            self._tags[name] = found.meta["e_tag"]
            return bytes(found.bytes())

    def write(self, name: str, data: bytes) -> None:
        """Replace a file that nobody else has replaced since this process read or wrote it."""
        tag = self._tags.get(name)
        with self._asking():
            try:
                put = obstore.put(self._small, name, data, mode={"e_tag": tag} if tag else "create")
                self._tags[name] = put["e_tag"]
            except (AlreadyExistsError, PreconditionError):
                if self.look(name) != data:  # else the answer to our own request was lost
                    raise Overtaken(f"another process has written `{name}` to {self._where}") from None
        disk.write(self.copy / name, data)

    def write_once(self, files: Mapping[str, bytes]) -> None:
        """Put what is absent; other bytes under such a name raise Changed."""
        self._each(lambda name: self._create(name, files[name]), files)
        disk.write_once(self.copy, files)

    def take(self, name: str, file: Path) -> None:
        """Put a file that is whole, and move it to the copy."""
        with self._asking(), suppress(AlreadyExistsError):  # its name says what it is: these are the same bytes
            obstore.put(self._great, name, file, mode="create")
        disk.move(file, self.copy / name)

    def drop(self, directory: str) -> None:
        """Remove the files of a directory."""
        with self._asking():
            obsolete = [one["path"] for chunk in obstore.list(self._small, f"{directory}/") for one in chunk]
            if obsolete:
                obstore.delete(self._small, obsolete)
        rmtree(self.copy / directory, ignore_errors=True)

    def _create(self, name: str, data: bytes) -> None:
        with self._asking():
            try:
                obstore.put(self._small, name, data, mode="create")
            except AlreadyExistsError:
                if bytes(obstore.get(self._small, name).bytes()) != data:
                    raise disk.Changed(f"{name} exists with other bytes") from None

    def _list(self) -> dict[str, int]:
        """Tiles and kept checkpoints, with their lengths in bytes."""
        with self._asking():
            groups = [obstore.list(self._small, place) for place in EAGER]
            return {one["path"]: one["size"] for group in groups for chunk in group for one in chunk}

    def _each(self, work: Callable[[str], object], names: Iterable[str]) -> None:
        list(self._threads.map(work, names))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """The store's failure in a sentence, without the store's own words."""
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            kind = type(error).__name__
            raise StoreFailed(f"the store {self._where} fails ({kind}): see that it runs and can be reached") from error


def _open(address: str, patience: timedelta) -> S3Store:
    parts = urlsplit(address)
    bucket, _, prefix = parts.path.strip("/").partition("/")
    return S3Store(
        bucket,
        prefix=prefix or None,
        endpoint=f"{parts.scheme}://{parts.netloc}",
        region=os.environ.get("AWS_REGION", "us-east-1"),
        virtual_hosted_style_request=False,
        client_options={
            "connect_timeout": CONNECTING,
            "timeout": patience,
            "allow_http": parts.scheme == "http",  # for a store on this machine or behind a tunnel
        },
        retry_config={"max_retries": 3, "retry_timeout": TRYING},
    )
