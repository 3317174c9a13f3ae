"""A board that counts where its processor time goes: `python -m tests.benchmarks.measured FILE serve DIR …`.

Each function counts its own thread's time; proofs also that of the kernel's threads. What it took to start is left out,
and what counting takes stands apart.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import local
from typing import Any

from bulletin.board.feeder import Feeder
from bulletin.board.sequencer import Sequencer
from bulletin.http import server
from bulletin.http.gateway import Gateway
from bulletin.log import tilelog
from bulletin.operate.commands import main
from verifier import fold, rules

SPENT: defaultdict[str, float] = defaultdict(float)
CALLS: defaultdict[str, int] = defaultdict(int)
HTTP = "HTTP, from bytes to bytes"
TRIALS = 20_000
_inside = local()


def measure(owner: Any, name: str, what: str) -> None:
    """Count the thread's time in this function as `what`, but not what a measured function inside it takes."""
    kept: Callable[..., Any] = getattr(owner, name)

    def measured(*given: Any, **named: Any) -> Any:
        CALLS[what] += 1
        outer, _inside.spent = getattr(_inside, "spent", 0.0), 0.0
        begun = time.thread_time()
        try:
            return kept(*given, **named)
        finally:
            took = time.thread_time() - begun
            SPENT[what] += took - _inside.spent
            _inside.spent = outer + took

    setattr(owner, name, measured)


def install() -> None:
    measure(fold, "settle", "proofs")
    measure(fold, "prepare_read", "rules of admission")
    measure(fold, "apply", "rules of admission")
    measure(rules.CODEC, "decode", "JSON")
    measure(tilelog.TileLog, "append", "database")
    measure(tilelog.TileLog, "find", "database")
    measure(tilelog.TileLog, "integrate", "tiles and signatures")
    measure(tilelog.TileLog, "publish", "tiles and signatures")
    measure(tilelog.TileLog, "receipt", "receipts")
    measure(Feeder, "feed", "witnesses")
    measure(Gateway, "serve_forever", HTTP)
    measure(Sequencer, "_run", "rounds")


class Nothing:
    def happens(self) -> None: ...


def cost_of_counting() -> float:
    """Seconds that a call takes more if it is counted, outside of what is counted for it."""
    kept = Nothing.happens
    measure(Nothing, "happens", "")
    nothing, began = Nothing(), time.thread_time()
    for _ in range(TRIALS):
        nothing.happens()
    took = time.thread_time() - began - SPENT.pop("")
    Nothing.happens = kept  # type: ignore[method-assign]
    return took / TRIALS


def of_kernel() -> float:
    """Seconds that the kernel's own threads have spent."""
    spent = 0
    for task in Path("/proc/self/task").iterdir():
        try:
            name, _, rest = (task / "stat").read_text().partition(" (")[2].rpartition(") ")
        except OSError:
            continue  # a thread that has ended meanwhile
        if name.startswith("kernel-"):
            spent += sum(map(int, rest.split()[11:13]))
    return spent / os.sysconf("SC_CLK_TCK")


def serve(*given: Any) -> None:
    each = cost_of_counting()
    SPENT.clear()
    CALLS.clear()
    begun = time.process_time()
    try:
        run(*given)
    finally:
        SPENT["proofs"] += of_kernel()
        for name, within in {"JSON": HTTP, "receipts": HTTP, "rules of admission": "rounds"}.items():
            SPENT["counting all this"] += CALLS[name] * each
            SPENT[within] -= CALLS[name] * each
        SPENT["the rest"] = time.process_time() - begun - sum(SPENT.values())
        Path(sys.argv[1]).write_text(json.dumps(SPENT))


if __name__ == "__main__":
    install()
    run, vars(server)["run"] = server.run, serve
    main(sys.argv[2:], prog_name="aikyn-board")
