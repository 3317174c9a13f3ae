"""`GET /metrics`: what a machine watches, in the text form of Prometheus (specs/operation.md §8).

Written here: it is a table and ten lines. A reader that others wrote looks at the lines in the tests, so that the
library would add no second opinion to the board, only its registry. Nothing names a voter, a sender or a record.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic, time
from typing import Any, NamedTuple

from bulletin.http.exchange import HttpRequest, Reply
from bulletin.http.routes import Route
from verifier.log.note import Key

TEXT = "text/plain; version=0.0.4; charset=utf-8"
Gauge = float | None  # None: there is nothing to tell yet


class Metric(NamedTuple):
    """One row: its name, which ends in its unit, or in `_total` if it only grows; what it is; where it is read.

    A row with a `label` reads a value for each that the label may have.
    """

    name: str
    help: str
    read: Callable[[Any], Gauge | Mapping[str, Gauge]]
    label: str = ""


def expose(metrics: Sequence[Metric], at: object) -> bytes:
    """The metrics of a service, as they are now."""
    return "".join(line for metric in metrics for line in _write(metric, metric.read(at))).encode()


def metered(metrics: Sequence[Metric]) -> Route:
    """The row that tells these metrics; nginx keeps it from the public (deploy/nginx.conf)."""

    def get_metrics(at: object, _: HttpRequest) -> Reply:
        return Reply(200, {"content-type": TEXT}, expose(metrics, at))

    return Route("GET", "/metrics", get_metrics, "What a machine watches.", {200: (TEXT, str)})


def moment_of(seen: float | None) -> Gauge:
    """The POSIX time of a moment of the monotonic clock."""
    return None if seen is None else round(time() - (monotonic() - seen), 3)


def fingerprints(keys: Sequence[Key]) -> dict[str, Gauge]:
    """The keys by their fingerprints, so that a change shows."""
    return {key.fingerprint.hex(): 1 for key in keys}


def _write(metric: Metric, read: Gauge | Mapping[str, Gauge]) -> Iterator[str]:
    yield f"# HELP {metric.name} {_escape(metric.help)}\n"
    yield f"# TYPE {metric.name} {'counter' if metric.name.endswith('_total') else 'gauge'}\n"
    for name, value in read.items() if isinstance(read, Mapping) else [("", read)]:
        quoted = _escape(name).replace('"', r"\"")
        shown = f'{{{metric.label}="{quoted}"}}' if metric.label else ""
        if value is not None:
            yield f"{metric.name}{shown} {value}\n"


def _escape(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")
