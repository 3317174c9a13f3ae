"""The two properties: hostile bytes raise nothing but refusals, in time; one other bit of what is signed is refused."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

from tests.fuzzing.mutations import flip, mutate
from verifier.errors import VerifierError

if TYPE_CHECKING:
    from random import Random

    from tests.fuzzing.authentic import Authentic
    from tests.fuzzing.decoders import Decoder

SECONDS = 3.0  # of this process, for at most `mutations.MOST` bytes
SHOWN = 2_000


class Fault(AssertionError):
    """A property does not hold; says of which bytes."""


def feed(decoder: Decoder, raw: bytes) -> bool:
    """Whether the bytes were accepted; `Fault` if anything but a refusal came, or it came late."""
    began = process_time()
    accepted = False
    try:
        decoder.read(raw)
        accepted = True
    except VerifierError:
        pass
    except decoder.may:
        pass
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # what compiled code panics with is no Exception
        raise Fault(f"{decoder.name}: {type(error).__name__} ({error}) of {_shown(raw)}") from error
    if (took := process_time() - began) > SECONDS:
        raise Fault(f"{decoder.name}: {took:.1f} s for {_shown(raw)}")
    return accepted


def feed_mutant(decoder: Decoder, random: Random) -> bool:
    """A hostile neighbour of honest bytes, or bytes of no kind."""
    seed = random.choice(decoder.seeds) if random.randrange(16) else random.randbytes(random.randrange(300))
    return feed(decoder, mutate(random, seed))


def turn(told: Authentic, bit: int) -> bool:
    """Whether the bytes with this bit turned are still accepted, as the table says that they may be."""
    changed = flip(told.raw, bit)
    try:
        established = told.judge(changed)
    except VerifierError:
        return False
    except Exception as error:
        raise Fault(f"{told.name}: {type(error).__name__} ({error}) after bit {bit}") from error
    if bit // 8 not in told.free:
        raise Fault(f"{told.name}: accepted with bit {bit} turned, byte {bit // 8}")
    if established != told.judge(told.raw):
        raise Fault(f"{told.name}: establishes something else with bit {bit} turned, byte {bit // 8}")
    return True


def _shown(raw: bytes) -> str:
    hexed = raw.hex()
    return f"{len(raw)} bytes, {hexed[:SHOWN]}{'…' if len(hexed) > SHOWN else ''}"
