"""A board that counts where its processor time goes: `python -m tests.benchmarks.measured FILE serve DIR …`.

Each function counts its own thread's time; proofs also that of the kernel's threads. What it took to start is left out.
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
from bulletin.http import server
from bulletin.log import tilelog
from bulletin.operate.commands import main
from verifier import fold, rules

SPENT: defaultdict[str, float] = defaultdict(float)
_inside = local()


def measure(owner: Any, name: str, what: str) -> None:
    """Count the thread's time in this function as `what`, but not what a measured function inside it takes."""
    kept: Callable[..., Any] = getattr(owner, name)

    def measured(*given: Any, **named: Any) -> Any:
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
    SPENT.clear()
    begun = time.process_time()
    try:
        run(*given)
    finally:
        SPENT["proofs"] += of_kernel()
        SPENT["HTTP and the rest"] = time.process_time() - begun - sum(SPENT.values())
        Path(sys.argv[1]).write_text(json.dumps(SPENT))


if __name__ == "__main__":
    install()
    run, vars(server)["run"] = server.run, serve
    main(sys.argv[2:], prog_name="aikyn-board")
