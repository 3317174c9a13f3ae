"""The journal: one JSON object a line on standard error, in which no sender and no record can be found (api.md §14).

The message of an exception is left out, since it may quote others' bytes: a database's error repeats the record.
"""

import json
import logging
import sys
import threading
import traceback
from time import time
from types import TracebackType
from typing import Literal

from bulletin.log.archive import StoreFailed
from bulletin.log.database import DatabaseFailed
from bulletin.log.disk import NotDurable
from bulletin.log.rollback import CannotContinue, Overtaken

OURS = "aikyn"


def summary(error: BaseException) -> str:
    """An exception in one line: its kind, and its words if they are our own or the system's."""
    kind = type(error).__name__
    if isinstance(error, CannotContinue | DatabaseFailed | Overtaken | StoreFailed):
        return str(error)
    if isinstance(error, OSError) and not isinstance(error, NotDurable):
        return f"{kind}: {error.strerror}" if error.strerror else kind
    return f"{kind}: {error}" if isinstance(error, NotDurable) else kind


def trace(error: BaseException | None) -> str:
    """Where an exception came from, and what it followed from, with only a summary of each."""
    told: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
        told.insert(0, f"{frames}{summary(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nthen\n".join(told)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, event, and the event's own fields; for events of others only the name."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.partition(".")[0] == OURS
        said: dict[str, object] = {
            "time": round(time(), 3),
            "level": record.levelname.lower(),
            "event": record.getMessage() if ours else record.name,
            **(getattr(record, "fields", {}) if ours else {}),
        }
        if record.exc_info:
            said["trace"] = trace(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False)


def keep_journal(level: Literal["INFO", "WARNING"] = "INFO") -> None:
    """Write the journal to standard error, also what libraries and dying threads have to say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root, own = logging.getLogger(), logging.getLogger(OURS)
    root.handlers = own.handlers = [handler]
    own.propagate = False
    own.setLevel(level)
    sys.excepthook = _tell
    threading.excepthook = lambda died: _tell(died.exc_type, died.exc_value, died.exc_traceback)
    sys.unraisablehook = lambda lost: _tell(lost.exc_type, lost.exc_value, lost.exc_traceback)


def _tell(kind: type[BaseException], error: BaseException | None, at: TracebackType | None) -> None:
    logging.getLogger(OURS).critical("uncaught", exc_info=(kind, error or kind(), at))
