"""Hostile bytes: no decoder raises anything but a refusal, and no other bit of what is authenticated is accepted.

A seeded share of `make fuzz` (tests/fuzzing), and that its tables hold every decoder there is.
"""

from __future__ import annotations

import inspect
import sys
import tracemalloc
from collections import defaultdict
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from importlib import import_module
from pkgutil import walk_packages
from random import Random
from types import CodeType, FrameType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import verifier
from tests.fuzzing.authentic import AUTHENTIC, Authentic
from tests.fuzzing.decoders import DECODERS, Decoder
from tests.fuzzing.history import nobody_asks_who_signed
from tests.fuzzing.mutations import BOMBS
from tests.fuzzing.properties import feed, feed_mutant, turn
from verifier.client.board import Response

EXAMPLES, BITS = 50, 300  # of something as dear as a note
MEMORY = 64 << 20
VERBS = ("decode", "load", "parse", "read")
OCTETS = ("bytes", "bytes | bytearray", "bytes | None", "str | bytes", "Octets", "<class 'bytes'>")
FED = 5  # different bytes that a decoder must have met

NOT_FED = {  # what the rule below finds, and is no decoder of others' bytes
    "verifier.proof.packed.*": "stands below the state, which hands over whole keys; test_packed.py compares it",
    "verifier.proof._sodium.*": "stands below group.py, which hands over whole items; test_backend.py compares it",
    "verifier.audit.audit.Audit._blob": "is asked for a digest of 32 bytes, and reads nothing",
    "verifier.election.course.CastBallots.read": "is given a value of a map that the state has made",
    "verifier.election.register.Listings.code": "is given a key that a record has, and looks it up in the state",
    "verifier.election.ballot.Sealed.tracker": "hashes what has been read",
    "verifier.desk.[!r]*": "opens files, which the readers of verifier/ take; what boards answer is the client's",
    "verifier.client.board.Board.*": "asks a board; what is answered goes to the functions that are fed",
    "verifier.client.text.read": "opens a file, whose bytes `plain` reads",
    "verifier.client.tracking.[!r]*": "is given a tracker, a hash",
    "verifier.client.board.*ed_bytes": "makes the bytes that are signed",
    "verifier.client.declaration._code": "is given a digest that was computed",
    "verifier.client.board.Sender.authorize": "signs bytes that it is given",
    "verifier.log.evidence.decode": "asks for files by name; each of them is fed in place of the honest one",
    "verifier.log.reading.*blob*": "is asked for a digest of 32 bytes; what is found must have it",
    "verifier.log.reading.*read_[thbe]*": "names a tile, whose bytes tiles.py reads",
    "verifier.audit.standing.read": "opens a receipt, which receipt.py reads, and its record, which the codec does",
    "verifier.client.files.Bounded.read": "is asked for so many bytes of a zip file, which zipfile reads",
    "verifier.records.check_key_holder": "is given a key and a record that have been read",
    "verifier.records.signed_bytes": "makes the bytes that are signed",
    "verifier.paper.decisions.observer_bytes": "makes the bytes that are signed",
    "verifier.paper.fitting.read*": "is given a record; its blob's bytes go to their codec",
    "verifier.election.register.read_register": "is given a record; the register's bytes go to its codec",
}


pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning"),
]


@pytest.fixture
def anyone_signs() -> Iterator[None]:
    with nobody_asks_who_signed():
        yield


@pytest.mark.usefixtures("anyone_signs")
@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_hostile_bytes_are_refused_or_read(decoder: Decoder) -> None:
    @settings(
        derandomize=True,
        max_examples=max(4, EXAMPLES // decoder.cost),
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(st.randoms(use_true_random=False))
    def hostile(random: Random) -> None:
        feed_mutant(decoder, random)

    accepted = [feed(decoder, raw) for raw in decoder.seeds]
    assert any(accepted) or decoder.may
    hostile()


@pytest.mark.usefixtures("anyone_signs")
@pytest.mark.parametrize("decoder", DECODERS, ids=lambda one: one.name)
def test_small_bytes_cost_little(decoder: Decoder) -> None:
    tracemalloc.start()
    try:
        for raw in BOMBS:
            tracemalloc.reset_peak()
            feed(decoder, raw)
            assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("told", AUTHENTIC, ids=lambda told: told.name)
def test_another_bit_is_refused(told: Authentic) -> None:
    bits = range(8 * len(told.raw))
    free = [bit for bit in bits if bit // 8 in told.free]
    random = Random(told.name)
    most = max(8, BITS // told.cost)
    for bit in random.sample(bits, min(len(bits), most)):
        turn(told, bit)
    accepted = [turn(told, bit) for bit in random.sample(free, min(len(free), most))]
    assert any(accepted) == bool(told.freedom)


@pytest.mark.usefixtures("anyone_signs")
def test_every_decoder_is_fed() -> None:
    readers = found()
    met = {name: len(values) for name, values in watched(readers).items()}
    starved = {name for name in readers if met.get(name, 0) < FED}
    unknown = {name for name in starved if not any(fnmatch(name, pattern) for pattern in NOT_FED)}
    assert unknown == set(), "a function that reads bytes is not in tests/fuzzing/decoders.py"
    assert [pattern for pattern in NOT_FED if not any(fnmatch(name, pattern) for name in readers)] == []
    assert all(len(reason) > 16 for reason in NOT_FED.values())
    assert len({decoder.name for decoder in DECODERS}) == len(DECODERS)


def test_what_is_free_says_why() -> None:
    assert all(bool(told.free) == (len(told.freedom) > 20) for told in AUTHENTIC)


def found() -> dict[str, CodeType]:
    """The functions of verifier/ whose first argument is bytes, or whose name says that they read."""
    every = {}
    for module in walk_packages(verifier.__path__, "verifier."):
        for name, function in _functions(import_module(module.name), module.name):
            first = next(
                (p for p in inspect.signature(function).parameters.values() if p.name not in {"self", "cls"}), None
            )
            verb = name.rpartition(".")[2].lstrip("_").split("_")[0]
            if first is not None and (str(first.annotation) in OCTETS or verb in VERBS):
                every[name] = function.__code__
    return every


def _functions(owner: object, name: str) -> Iterator[tuple[str, Callable[..., object]]]:
    module = getattr(owner, "__module__", name)
    for key, value in vars(owner).items():
        plain = value.__func__ if isinstance(value, classmethod | staticmethod) else value
        if inspect.isfunction(plain) and plain.__module__ == module:
            yield f"{name}.{key}", plain
        elif inspect.isclass(plain) and plain.__module__ == name:
            yield from _functions(plain, f"{name}.{key}")


def watched(readers: dict[str, CodeType]) -> dict[str, set[object]]:
    """The different bytes that each of them meets while every decoder is fed."""
    names = {code: name for name, code in readers.items()}
    met: dict[str, set[object]] = defaultdict(set)

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and (name := names.get(frame.f_code)) is not None:
            met[name].update(_octets(value) for value in list(frame.f_locals.values()))

    for decoder in DECODERS:
        random = Random(decoder.name)
        sys.setprofile(watch)
        try:
            for _ in range(max(6, 24 // decoder.cost)):
                feed_mutant(decoder, random)
        finally:
            sys.setprofile(None)
    return met


def _octets(value: object) -> object:
    if isinstance(value, Response):
        return value.body, value.headers.get("Retry-After")
    return bytes(value) if isinstance(value, bytearray) else value if isinstance(value, bytes | str) else None
