"""No branch and no address depends on a secret, in the machine code as it is installed (specs/decisions/lanes.md)."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import steps
from tests.support.needs import lacking

if TYPE_CHECKING:
    from array import array

kernel: Any = pytest.importorskip("aikyn_kernel", reason="the kernel is not installed: no machine code to look at")
pytestmark = [
    pytest.mark.process,
    pytest.mark.slow,
    pytest.mark.skipif(os.uname().machine != "x86_64", reason="the registers and the lanes are those of x86-64"),
]

ORDER = 2**252 + 27742317777372353535851937790883648493
# Each step changes between two processes. So many go through the loop over digits several times.
LIMIT = 25_000
# Says when it is ready, and works with the secret when it gets a line.
CHILD = """
import ctypes, mmap, sys
import aikyn_kernel as kernel

lanes, work, count, secret, poison = sys.argv[1:]
count, secret = int(count), bytearray.fromhex(secret)
kernel.set_threads(1)
kernel.set_lanes(lanes)
points = kernel.derive(bytes(range(64)) * count)

def run(scalars):
    if work == "fixed": kernel.rows([(kernel.BASE, scalars)], count)
    if work == "table": kernel.rows([(kernel.BASE, None), (points.encode()[:32], scalars)], count)
    if work == "variable": kernel.rows([(points, scalars), (points, None)], count)
    if work == "product": kernel.msm_secret(points, scalars)
    if work == "public": kernel.msm([(points, scalars, None)])

run(bytearray([1] + 31 * [0]) * count)
maps = [line.split() for line in open("/proc/self/maps")]
print("ready", min(int(line[0].split("-")[0], 16) for line in maps if "/aikyn_kernel." in line[-1]), flush=True)
sys.stdin.readline()
if poison == "poisoned":
    # A client request of valgrind, which is machine code that does nothing elsewhere: MAKE_MEM_UNDEFINED of memcheck.
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3"))
    request = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    buffer = ctypes.addressof(ctypes.c_char.from_buffer(secret))
    request(ctypes.addressof((ctypes.c_uint64 * 6)(ord("M") << 24 | ord("C") << 16 | 1, buffer, len(secret))))
run(secret)
print("done", flush=True)
"""


LIBRARY = next(Path(kernel.__file__).parent.glob("aikyn_kernel*.so")).resolve()


def secret(seed: int, count: int) -> str:
    """As many scalars, all different, in hexadecimal."""
    numbers = [pow(seed + 3, 5**i + 2**200 + i, ORDER) for i in range(count)]
    return "".join(number.to_bytes(32, "little").hex() for number in numbers)


def command(lanes: str, work: str, seed: int, count: int, poison: str = "plain") -> list[str]:
    return [sys.executable, "-c", CHILD, lanes, work, str(count), secret(seed, count), poison]


COMPLAINT = re.compile(r"(?:at|by) 0x([0-9A-F]+): (.*?)(?: \(in|$)", re.MULTILINE)
# The check that scalars are canonical answers yes or no for all of them, and is allowed to.
ALLOWED = "aikyn_kernel::scalar::position"


def complaints(lanes: str, work: str, count: int, log: Path) -> list[list[str]]:
    """What memcheck says of secrets that it takes for undefined: the functions of each complaint about the kernel."""
    if shutil.which("valgrind") is None:
        lacking("valgrind is not installed")
    watched = [
        "valgrind",
        "--error-limit=no",
        "--num-callers=30",
        f"--log-file={log}",
        *command(lanes, work, 1, count, "poisoned"),
    ]
    child = subprocess.run(
        watched, input="\n", capture_output=True, text=True, check=False, env=os.environ | {"PYTHONMALLOC": "malloc"}
    )
    ready = re.fullmatch(r"ready (\d+)\ndone\n", child.stdout)
    assert ready, child.stderr
    said = [re.findall(COMPLAINT, part) for part in re.split(r"==\d+== \n", log.read_text())]
    named = [([name for _, name in part], int(part[0][0], 16) - int(ready[1])) for part in said if part]
    return [
        names
        for names, at in named
        if any(name.startswith("aikyn_kernel::") for name in names)
        and not any(name.startswith(ALLOWED) for name in names)
        and not sets_a_bit(at)
        and not asserts(at)
    ]


def instructions(at: int, count: int) -> list[str]:
    """The instructions that begin here; none if this is not in the kernel."""
    span = (f"--start-address={at}", f"--stop-address={at + 15 * count}")
    listing = steps.run("objdump", "-d", "-C", "-M", "intel", "--no-show-raw-insn", *span, LIBRARY)
    return re.findall(r"^ *[0-9a-f]+:\s+(.*)$", listing, re.MULTILINE)[:count]


def sets_a_bit(at: int) -> bool:
    """Whether this instruction sets a bit of a register, for which memcheck, but no processor, goes to memory."""
    return any(re.fullmatch(r"bt[src]?\s+r\w+,r\w+", line) for line in instructions(at, 1))


def asserts(at: int) -> bool:
    """Whether this is a jump of which one way leads to a panic alone: an assertion, which every secret meets."""
    jump = re.match(r"j\w+\s+([0-9a-f]+) ", "".join(instructions(at, 1)))
    ways = [instructions(int(jump[1], 16), 4), instructions(at, 5)[1:]] if jump else []
    return any("core::panicking::" in line for way in ways for line in way if line.startswith("call"))


@pytest.mark.parametrize("lanes", ["avx2", "dalek"])
@pytest.mark.parametrize(("work", "count"), [("fixed", 9), ("table", 33), ("variable", 9), ("product", 11)])
def test_poisoned_secrets_decide_nothing(work: str, count: int, lanes: str, tmp_path: Path) -> None:
    assert complaints(lanes, work, count, tmp_path / "log") == []


@pytest.mark.parametrize("lanes", ["avx2", "dalek"])
def test_poison_is_seen(lanes: str, tmp_path: Path) -> None:
    """The leaky twin, of the same source: a product of public values, whose digits choose addresses."""
    found = complaints(lanes, "public", 40, tmp_path / "log")
    where = {"avx2": "aikyn_kernel::lanes::engine::x86_64::avx2::fill", "dalek": "aikyn_kernel::product"}[lanes]
    assert any(name.startswith(where) for part in found for name in part), found


def taken(lanes: str, work: str, name: str, seed: int, count: int) -> array[int]:
    """The steps of one call of an engine's function, always at the same addresses."""
    if lanes not in kernel.LANES:
        pytest.skip(f"this processor has no {lanes}")
    for tool in ("setarch", "nm", "objdump"):
        if shutil.which(tool) is None:
            lacking(f"{tool} is not installed")
    child = subprocess.Popen(
        ["setarch", "-R", *command(lanes, work, seed, count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdin, child.stdout:
        assert child.stdout.readline().startswith("ready ")
        threads = Path(f"/proc/{child.pid}/task").iterdir()
        [thread] = [int(task.name) for task in threads if (task / "comm").read_text().startswith("kernel-")]
        module = {"avx512ifma": "4ifma", "avx2": "4avx2"}[lanes]
        name = f"6x86_64{module}{len(name)}{name}5inner"
        return steps.path(child, thread, LIBRARY, name, child.stdin, LIMIT)


@pytest.mark.parametrize("lanes", ["avx512ifma", "avx2"])
@pytest.mark.parametrize(
    ("work", "name"), [("fixed", "rows"), ("fixed", "encode"), ("variable", "rows"), ("product", "product")]
)
def test_every_secret_takes_the_same_steps(work: str, name: str, lanes: str) -> None:
    """No tool that follows poison executes IFMA: here the processor itself does, one instruction at a time."""
    one = taken(lanes, work, name, 1, 8)
    assert len(one) > 1_000
    assert taken(lanes, work, name, 2, 8) == one


@pytest.mark.parametrize("lanes", ["avx512ifma", "avx2"])
def test_other_steps_are_seen(lanes: str) -> None:
    """The leaky twin takes the same steps again for the same scalars, and others for others."""
    one = taken(lanes, "public", "fill", 1, 40)
    assert taken(lanes, "public", "fill", 1, 40) == one
    assert taken(lanes, "public", "fill", 2, 40) != one
