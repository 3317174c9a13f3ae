"""A long run: `python -m tests.fuzzing [--seconds N] [--only NAME] [--seed S] [--list]`.

A third of the time for mutants of honest bytes, a third for single bits of what is authenticated, a third guided by
coverage where atheris is installed. Then parties quarrel over an election, as often as `--walks` says. The same seed
tries the same things in the same order.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import warnings
from importlib.util import find_spec
from itertools import count
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from cryptography.utils import CryptographyDeprecationWarning

from tests.fuzzing.authentic import AUTHENTIC, Authentic
from tests.fuzzing.decoders import DECODERS, Decoder
from tests.fuzzing.history import nobody_asks_who_signed
from tests.fuzzing.properties import Fault, feed, feed_mutant, turn
from tests.fuzzing.walks import walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T", Decoder, Authentic)
ROUND = 64  # tries between two looks at the clock, of something as dear as a note


def mutants(decoder: Decoder, seed: str, seconds: float) -> tuple[int, int]:
    """Neighbours of honest bytes: how many were tried, how many accepted."""
    random = Random(f"{seed} {decoder.name}")
    accepted = sum(feed(decoder, raw) for raw in decoder.seeds)
    tried, more = _until(seconds, max(1, ROUND // decoder.cost), lambda: feed_mutant(decoder, random))
    return tried + len(decoder.seeds), accepted + more


def bits(told: Authentic, seed: str, seconds: float) -> tuple[int, int]:
    """Every bit once, in any order, as far as the time goes: how many, and how many of them are free."""
    order = list(range(8 * len(told.raw)))
    Random(f"{seed} {told.name}").shuffle(order)
    turned = iter(order)
    return _until(seconds, max(1, ROUND // told.cost), lambda: turn(told, next(turned)))


def guided(only: str, seed: str, seconds: float) -> int:
    """The decoders guided by coverage; the exit status, nothing without atheris."""
    if find_spec("atheris") is None:
        print("guided by coverage: not without atheris (pip install atheris)")
        return 0
    number = str(Random(seed).randrange(1, 2**31))
    run = [sys.executable, "-m", "tests.fuzzing.guided", only, str(int(seconds)), number]
    return subprocess.run(run, check=False).returncode


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzzing", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="for everything (300)")
    parser.add_argument("--only", default="", help="only what has this in its name")
    parser.add_argument("--seed", default="0", help="of everything that is drawn")
    parser.add_argument("--walks", type=int, default=10_000, help="of quarrelling parties, after all else (10,000)")
    parser.add_argument("--list", action="store_true", help="print the tables and stop")
    asked = parser.parse_args()
    decoders = [decoder for decoder in DECODERS if asked.only in decoder.name]
    authentic = [told for told in AUTHENTIC if asked.only in told.name]
    if asked.list:
        _list(decoders, authentic)
        return 0
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)
    share = asked.seconds / (1 + bool(decoders) + bool(authentic))
    with nobody_asks_who_signed():
        faults = [_said(mutants, decoder, asked.seed, share / len(decoders)) for decoder in decoders]
    faults += [_said(bits, told, asked.seed, share / len(authentic)) for told in authentic]
    status = guided(asked.only, asked.seed, share) if decoders else 0
    if asked.walks and asked.only in "walks":
        walk(asked.walks, asked.seed)
        print(f"{'walks':36} {asked.walks:8,} finished", flush=True)
    return 1 if any(faults) else status


def _said(attempts: Callable[[T, str, float], tuple[int, int]], of: T, seed: str, seconds: float) -> bool:
    """Print what came of the attempts; whether there is a fault, after which the others still have their turn."""
    try:
        tried, accepted = attempts(of, seed, seconds)
    except Fault as fault:
        print(f"FAULT {fault}", flush=True)
        return True
    print(f"{of.name:36} {tried:8,} tried, {accepted:7,} accepted", flush=True)
    return False


def _until(seconds: float, round_: int, attempt: Callable[[], bool]) -> tuple[int, int]:
    """Rounds of attempts until the time is over or they run out: how many, how many said yes."""
    deadline, accepted = monotonic() + seconds, 0
    for tried in count():
        if tried % round_ == 0 and tried and monotonic() > deadline:
            return tried, accepted
        try:
            accepted += attempt()
        except StopIteration:
            return tried, accepted
    raise AssertionError("count ends")


def _list(decoders: Sequence[Decoder], authentic: Sequence[Authentic]) -> None:
    for decoder in decoders:
        print(f"{decoder.name:36} {len(decoder.seeds)} honest")
    for told in authentic:
        print(f"{told.name:36} {len(told.raw)} bytes" + (f"; free: {told.freedom}" if told.free else ""))


if __name__ == "__main__":
    sys.exit(main())
