"""What a secret leaves behind when it is wiped: nothing that another process, which may read all memory, can find."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mixnet import credential
from verifier.proof import backend

pytestmark = pytest.mark.process

MASK = 0x5A
CHILD = """
import sys
from pathlib import Path

from mixnet import credential, secrets
from mixnet.secrets import Secrets
from verifier.proof import backend
from verifier.proof.group import Points, G, Scalars

backend.choose(sys.argv[1])
WORK = sys.argv[2]

def fill(buffer):  # a pattern without a copy, so that its traces are traces of what is done with it
    for i in range(len(buffer)):
        buffer[i] = (i * 73 + 41) % 251

if WORK == "drawn":
    secrets._fill = fill

secret = Secrets.draw(4)
needle = secret._buffer[32:64]
made = [secret]
if WORK == "added": made += [secret + secret, secret - Scalars.of([7]) , -secret]
if WORK == "multiplied": made += [secret * secret, secret.sum(), secret.products(), secret @ secret]
if WORK == "shifted": made += [secret.after(Scalars.of([1])), secret.permuted([3, 2, 1, 0]), secret[1]]
if WORK == "points": (secret * G).points()
if WORK == "filed":  # a credential that is read from its file
    made += [credential.load(Path(sys.argv[4]))._k]
    needle[:] = made[-1]._buffer
if WORK == "copied": kept = bytes(needle)
print("".join(f"{byte ^ int(sys.argv[3]):02x}" for byte in needle), flush=True)
needle[:] = bytes(32)
sys.stdin.readline()
for each in made: each.wipe()
del made, secret
print("wiped", flush=True)
sys.stdin.readline()
"""
WIDE = bytes((i * 73 + 41) % 251 for i in range(64, 128))  # what the second scalar is reduced from


def found(process: int, needle: bytes) -> int:
    """How often a process has these bytes in its memory."""
    count = 0
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            span, modes = re.match(r"([0-9a-f]+-[0-9a-f]+) (\S+)", line).groups()  # type: ignore[union-attr]
            if modes.startswith("rw"):
                start, end = (int(number, 16) for number in span.split("-"))
                memory.seek(start)
                count += memory.read(end - start).count(needle)
    return count


def traces(work: str, arithmetic: str, file: Path = Path()) -> tuple[int, int]:
    """How often a secret is in memory while it is used, and after it was wiped; its digits too."""
    run = [sys.executable, "-c", CHILD, arithmetic, work, str(MASK), str(file)]
    with subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        needle = bytes(byte ^ MASK for byte in bytes.fromhex(child.stdout.readline()))
        before = found(child.pid, needle)
        child.stdin.write("\n")
        child.stdin.flush()
        assert child.stdout.readline() == "wiped\n"
        after = found(child.pid, needle) + found(child.pid, needle.hex().encode())
        after += found(child.pid, WIDE) if work == "drawn" else 0
        child.stdin.write("\n")
        child.stdin.flush()
        return before, after


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux shows a process's memory as a file")
@pytest.mark.parametrize("work", ["drawn", "added", "multiplied", "shifted", "points", "filed"])
def test_nothing_is_left_of_a_secret(work: str, tmp_path: Path) -> None:
    credential.make(tmp_path / "credential")
    before, after = traces(work, backend.NAME.split()[0], tmp_path / "credential")
    assert before >= 1
    assert after == 0


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="only Linux shows a process's memory as a file")
def test_a_copy_is_seen() -> None:
    assert traces("copied", backend.NAME.split()[0])[1] >= 1
