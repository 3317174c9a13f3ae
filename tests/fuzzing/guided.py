"""`-m tests.fuzzing.guided ONLY SECONDS SEED`: the decoders under atheris, which keeps what reaches new lines.

The first byte of an input chooses the decoder. Atheris never returns: a fault ends the process with status 77.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from importlib import import_module
from pathlib import Path
from random import Random

atheris = import_module("atheris")  # where there is a wheel of it
with atheris.instrument_imports(include=["verifier"]):
    from tests.fuzzing.decoders import DECODERS
    from tests.fuzzing.history import nobody_asks_who_signed
    from tests.fuzzing.mutations import MOST, mutate
    from tests.fuzzing.properties import feed

DEAREST = 24  # how dear a decoder may be


def main(only: str, seconds: str, seed: str) -> None:
    chosen = [decoder for decoder in DECODERS if only in decoder.name and decoder.cost <= DEAREST]

    def one(data: bytes) -> None:
        if data:
            feed(chosen[data[0] % len(chosen)], data[1:])

    def other(data: bytes, most: int, number: int) -> bytes:
        """Half of the mutations are ours, which know of JSON and base64, half are atheris's."""
        random = Random(number)
        if random.randrange(2) or len(data) < 2:
            return bytes(atheris.Mutate(data, most))
        return (data[:1] + mutate(random, data[1:]))[:most]

    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        for number, decoder in enumerate(chosen):
            for place, raw in enumerate(decoder.seeds):
                (Path(folder) / f"{number}-{place}").write_bytes(bytes([number]) + raw)
        limits = [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={MOST}", "-timeout=30", "-verbosity=1"]
        atheris.Setup([sys.argv[0], folder, f"-artifact_prefix={folder}/", *limits], one, custom_mutator=other)
        with nobody_asks_who_signed():
            atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
