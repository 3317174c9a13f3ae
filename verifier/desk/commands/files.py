"""Files that a command writes, whole or not at all; a failure to write is reported and changes no verdict."""

from __future__ import annotations

import os
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from verifier.desk.commands.speech import spoken, warn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def put(path: Path, make: Callable[[], bytes], said: str = "put.written") -> None:
    """Write to a file beside the place, move it there, and say so; a pipe or device is written to directly."""
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(make())
        else:
            _replace(path.resolve(), make())
    except OSError as error:
        warn("put.lost", path=path, reason=error.strerror or str(error))
    except Exception:  # noqa: BLE001  a fault of this program's in setting a report is not one of the election
        traceback.print_exc()
        warn("put.lost", path=path, reason=spoken()["ended.fault"])
    else:
        if said:
            warn(said, path=path)


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
