"""What a secret leaves behind when it is wiped: nothing that another process, which may read all memory, can find."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from mixnet import credential, keysheet
from mixnet.vault import Vault
from tests.support.backends import BACKENDS
from tests.support.needs import lacking
from verifier.proof import backend

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux shows a process's memory as a file"),
]

MASK = 0x5A
WORD = 8  # of so many bytes: an arithmetic spills its registers one by one
CHILD = """
import sys
from pathlib import Path

from mixnet import credential, secrets
from mixnet.secrets import Secrets
from mixnet.vault import Vault
from verifier.proof import backend
from verifier.proof.group import Points, G, Scalars

backend.choose(sys.argv[1])
WORK, COUNT, WHICH, MASK, FOLDER = sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), Path(sys.argv[6])

def fill(buffer):  # a pattern without a copy, so that its traces are traces of what is done with it
    for i in range(len(buffer)):
        buffer[i] = (i * 73 + 41) % 251

def vault():  # a vault that keeps a secret and has it again
    vault, kept = Vault(FOLDER / "vault"), secret.expose()
    vault.keep("share-1", [kept])
    kept[:] = bytes(len(kept))
    return Secrets.take(vault.load("share-1"))

if WORK == "patterned":
    secrets._fill = fill

secret = Secrets.draw(COUNT)
made = [secret]
if WORK == "added": made += [secret + secret, secret - Scalars.of([7]) , -secret]
if WORK == "multiplied": made += [secret * secret, secret.products()]
if WORK == "summed": made += [secret.sum(), secret @ secret]
if WORK == "inverted": made += [Secrets(backend.scalars_invert(secret._buffer))]
if WORK == "shifted": made += [secret.permuted(range(COUNT)[::-1]), secret[WHICH]]
if WORK == "shifted" and WHICH: made += [secret.after(Scalars.of([1]))]
if WORK == "points": (secret * G).points()
if WORK == "rows": (secret * (Secrets.draw(COUNT) * G).points()).points()
if WORK == "product": (secret @ (Secrets.draw(COUNT) * G).points()).points()
if WORK == "taken": made += [Secrets.take(secret.expose())]
if WORK == "kept": made += [vault()]
if WORK == "filed": made += [credential.load(FOLDER / "credential")._k]  # a credential that is read from its file
if WORK == "copied": copy = bytes(secret._buffer)
for each in made:
    first = (32 * WHICH) % len(each._buffer)
    print("".join(f"{each._buffer[first + i] ^ MASK:02x}" for i in range(32)), end=" ")
print(flush=True)
sys.stdin.readline()
for each in made: each.wipe()
del made, secret, each
print("wiped", flush=True)
sys.stdin.readline()
"""
PATTERN = bytes((i * 73 + 41) % 251 for i in range(64))  # what the first scalar is reduced from


def found(process: int, needles: list[bytes]) -> list[int]:
    """How often a process has these bytes in its memory."""
    counts = [0] * len(needles)
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            span, modes = re.match(r"([0-9a-f]+-[0-9a-f]+) (\S+)", line).groups()  # type: ignore[union-attr]
            if modes.startswith("rw"):
                start, end = (int(number, 16) for number in span.split("-"))
                memory.seek(start)
                content = memory.read(end - start)
                counts = [count + content.count(needle) for count, needle in zip(counts, needles, strict=True)]
    return counts


def traces(arithmetic: str, work: str, count: int, which: int, folder: Path = Path()) -> tuple[list[int], list[int]]:
    """How often secrets are in memory while they are used, and their words or digits after they were wiped."""
    run = [sys.executable, "-c", CHILD, arithmetic, work, str(count), str(which), str(MASK), str(folder)]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        secrets = [bytes(byte ^ MASK for byte in bytes.fromhex(digits)) for digits in child.stdout.readline().split()]
        before = found(child.pid, secrets)
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "wiped\n"
        words = [secret[i : i + WORD] for secret in secrets for i in range(0, len(secret), WORD)]
        words += [PATTERN[i : i + WORD] for i in range(0, len(PATTERN), WORD) if work == "patterned"]
        after = found(child.pid, [*words, *(word.hex().encode() for word in words)])
        child.stdin.write("\n")
        child.stdin.flush()
        return before, after


@pytest.mark.parametrize("arithmetic", BACKENDS)
@pytest.mark.parametrize(("count", "which"), [(1, 0), (4, 0), (4, 3), (16, 15), (40, 33), (1500, 1499)])
@pytest.mark.parametrize(
    "work",
    [
        *("drawn", "patterned", "added", "multiplied", "summed", "inverted", "shifted"),
        *("points", "rows", "product", "taken", "kept", "filed"),
    ],
)
def test_nothing_is_left_of_a_secret(work: str, count: int, which: int, arithmetic: str, tmp_path: Path) -> None:
    if arithmetic == "kernel" and find_spec("aikyn_kernel") is None:
        lacking("the kernel is not installed")
    credential.make(tmp_path / "credential", "example-2027")
    Vault.make(tmp_path / "vault").close()
    before, after = traces(arithmetic, work, count, which, tmp_path)
    assert min(before) >= 1
    assert sum(after) == 0


SHEET = """
import sys
from pathlib import Path

from mixnet import credential

own = credential.load_own(Path(sys.argv[1]))
print("read", flush=True)
sys.stdin.readline()
"""


def test_nothing_is_left_of_a_key_sheet_but_the_key(tmp_path: Path) -> None:
    """Neither the seed, nor its digits, nor the digest that the key is reduced from."""
    file, seed = tmp_path / "credential", keysheet.draw()
    kept = bytes(seed)
    credential.make(file, "example-2027", seed)
    lines = file.read_bytes().split()[-3:]
    digest = hashlib.sha512(keysheet.LABEL + b"\x0cexample-2027" + kept).digest()
    numbers = b"".join(bytes(digit - ord("0") for digit in line) for line in lines)
    secrets = [kept, *(digest[at : at + WORD] for at in range(0, 64, WORD)), *(line[:WORD] for line in lines)]
    key = bytes(credential.load_own(file).credential._k.expose())
    with subprocess.Popen(
        [sys.executable, "-c", SHEET, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "read\n"
        assert found(child.pid, [key])[0] >= 1
        assert found(child.pid, [*secrets, kept[:WORD], kept[WORD:], numbers[:WORD], numbers[20:28]]) == [0] * (
            len(secrets) + 4
        )
        child.stdin.write("\n")


def test_a_copy_is_seen() -> None:
    _, after = traces(backend.NAME.split()[0], "copied", 4, 3)
    assert sum(after) >= 4
