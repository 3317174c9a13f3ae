"""What sealing takes in a browser: `python -m tests.benchmarks.sealing`.

Bytes of the bundled modules, compressed, and ms from a choice to its tracker in Chromium, which is not slowed down: of
many seals on one page, and of the first one on fresh pages, each after one dummy seal. The page's own processor time
stands beside the clock's, which on a machine that has other work says more of that work. Limits: web/README.md.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from statistics import median, quantiles
from typing import NamedTuple

from playwright.sync_api import Browser, CDPSession, sync_playwright

from tests.support.house import HOUSE
from tests.support.reader import CHROMIUM, FLAGS
from verifier.proof.backend import BASE

WEB = HOUSE / "web"
SEALS, PAGES, OPTIONS = 200, 20, 255
WIDTHS = {1: 1, 2: 40, 8: 239}  # and the marks in each
MOST_BYTES, LONGEST = 60_000, 50.0  # compressed; ms, which 95 of 100 seals keep
PARTS = {
    "sealing and its libraries": ["credential"],
    "checking and its libraries": ["ballot"],
    "today's page": ["page"],
    "today's page, sealing and checking": ["page", "credential", "ballot"],
}
PREPARE = """([key, options]) => {
  const context = {election: 'example', manifest: new Uint8Array(32)};
  const voter = new built.credential.Credential(new Uint8Array(32).fill(1, 0, 16));
  window.take = ([width, marks]) => {
    const choice = Array.from({length: marks}, (_, at) => options - marks + at + 1);
    const contest = {id: 'contest', options: Array(options), least: 0, most: marks, width};
    const begun = performance.now();
    voter.seal(context, new Uint8Array(key), contest, 'style', choice);
    return performance.now() - begun;
  };
}"""


class Taken(NamedTuple):
    """One seal in ms: of the page's processor time, and by the clock."""

    processor: float
    clock: float


def bundle(modules: list[str]) -> str:
    """These modules and what they import, built as the page's script is."""
    entry = "".join(f"export * as {name} from './src/{name}.js';" for name in modules)
    flags = ["--bundle", "--minify", "--format=iife", "--target=es2020", "--charset=utf8", "--global-name=built"]
    run = [str(WEB / "node_modules/.bin/esbuild"), *flags]
    return subprocess.run(run, cwd=WEB, input=entry, capture_output=True, text=True, check=True).stdout


def measure_sizes() -> bool:
    """Print the table of bytes; whether the whole page keeps its limit."""
    print(f"{'bytes of':40}{'raw':>10}{'compressed':>12}")
    packed = 0
    for name, modules in PARTS.items():
        raw = bundle(modules).encode()
        packed = len(gzip.compress(raw, 9, mtime=0))
        print(f"{name:40}{len(raw):>10,}{packed:>12,}")
    print(f"limit of the last one {MOST_BYTES:>40,}")
    return packed <= MOST_BYTES


def spent(session: CDPSession) -> float:
    """Seconds of processor time that the page's thread has spent."""
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["ThreadTime"])


def seal(browser: Browser, script: str, *widths: int) -> list[Taken]:
    """On a fresh page, seals of so many columns, one after the other."""
    page = browser.new_context().new_page()
    page.add_script_tag(content=script)
    page.evaluate(PREPARE, [list(BASE), OPTIONS])
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    taken = []
    for width in widths:
        before = spent(session)
        clock: float = page.evaluate("take", [width, WIDTHS[width]])
        taken.append(Taken(1000 * (spent(session) - before), clock))
    page.context.close()
    return taken


def show(name: str, taken: Sequence[Taken]) -> bool:
    """Print what it took; whether the limit is kept, by the clock only where the machine has no other work."""
    figures = []
    for each in zip(*taken, strict=True):
        figures += [median(each), quantiles(each, n=20)[-1], max(each)]
    print(f"{name:30}{len(taken):>5}" + "".join(f"{figure:>13.1f}" for figure in figures))
    idle = os.getloadavg()[0] < (os.cpu_count() or 1)
    return figures[1] < LONGEST and (not idle or figures[4] < LONGEST)


def measure_times() -> bool:
    """Print the table of times; whether all but the dummies keep their limit."""
    columns = [f"{what} {of}" for of in ("cpu", "clock") for what in ("median", "p95", "most")]
    print(f"\n{'ms of one':30}{'N':>5}" + "".join(f"{column:>13}" for column in columns))
    kept = True
    with sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        script = bundle(["credential"])
        for width in WIDTHS:
            dummies, firsts = zip(*(seal(browser, script, 1, width) for _ in range(PAGES)), strict=True)
            show("dummy seal of a fresh page", dummies)
            kept &= show(f"its first seal, width {width}", firsts)
            kept &= show(f"any seal, width {width}", seal(browser, script, 1, *[width] * SEALS)[1:])
        print(f"limit of p95: {LONGEST:.0f}, by the clock too where there is no other work")
        print(f"Chromium {browser.version}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        browser.close()
    return kept


def main() -> None:
    """Print sizes, times and limits; status 1 if one of them is passed."""
    if CHROMIUM is None or shutil.which("node") is None or not (WEB / "node_modules").is_dir():
        sys.exit("sealing is measured where Chromium, node and the page's libraries are: make .venv/web")
    if not all([measure_sizes(), measure_times()]):
        sys.exit("a limit is passed")


if __name__ == "__main__":
    main()
