"""What a thread of another process executes, instruction by instruction, and what memory each instruction names."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
from array import array
from pathlib import Path
from typing import IO, NamedTuple

# fmt: off
# The kernel's own struct of a thread's registers, user_regs_struct of x86-64.
REGISTERS = ("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi",
             "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs")
# fmt: on
PEEK, POKE, CONTINUE, STEP, READ, WRITE, SEIZE, INTERRUPT = 2, 5, 7, 9, 12, 13, 0x4206, 0x4207
BREAKPOINT = 0xCC
ANY_THREAD = 0x40000000
WORD = 2**64 - 1

INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\s+(\S+)\s*(.*)")
OPERAND = re.compile(r"\[([^\]]+)\]")
PART = re.compile(r"([+-]?)(?:(r[a-z0-9]+)(?:\*(\d))?|(0x[0-9a-f]+))")
NO_ACCESS = re.compile(r"\b(lea|nop)\b")  # written like an address, but nothing is read there


class Registers(ctypes.Structure):
    """A thread's registers."""

    _fields_ = [(name, ctypes.c_uint64) for name in REGISTERS]


class Function(NamedTuple):
    """Where a function of a library lies, and the address that each instruction names: Σ factor · register + number."""

    start: int
    end: int
    addresses: dict[int, list[tuple[str, int]]]

    @classmethod
    def of(cls, library: Path, name: str) -> Function:
        """The function whose mangled name ends so, before its hash; LookupError if there is not exactly one."""
        symbols = [line.split() for line in run("nm", "-S", library).splitlines()]
        found = [symbol for symbol in symbols if re.search(rf"{name}17h[0-9a-f]{{16}}E$", symbol[-1])]
        if len(found) != 1:
            raise LookupError(f"{library} has {len(found)} functions {name}")
        start, size = (int(digits, 16) for digits in found[0][:2])
        span = (f"--start-address={start}", f"--stop-address={start + size}")
        listing = run("objdump", "-d", "-M", "intel", "--no-show-raw-insn", *span, library)
        addresses = {}
        for line in listing.splitlines():
            instruction = INSTRUCTION.match(line)
            if instruction is None or NO_ACCESS.search(instruction[0]):
                continue
            operand = OPERAND.search(instruction[3])
            if operand and "rip" not in operand[1]:
                addresses[int(instruction[1], 16)] = [
                    (part[2], int(f"{part[1]}{int(part[3] or part[4] or '1', 0)}"))
                    for part in PART.finditer(operand[1])
                ]
        return cls(start, start + size, addresses)


def run(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def ptrace(request: int, thread: int, address: int = 0, data: int = 0) -> int:
    """The system call; OSError if it fails."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
    libc.ptrace.restype = ctypes.c_long
    ctypes.set_errno(0)
    answer: int = libc.ptrace(request, thread, address, data)
    if answer == -1 and ctypes.get_errno():
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return answer & WORD


def path(process: subprocess.Popen[str], thread: int, library: Path, name: str, go: IO[str], limit: int) -> array[int]:
    """The first `limit` steps of one call of a function, from when `go` gets a line; then the process is killed.

    Each step in the function itself is an offset into the library, followed by the address that the instruction names.
    """
    function = Function.of(library, name)
    maps = Path(f"/proc/{process.pid}/maps").read_text().splitlines()
    base = min(int(line.split("-")[0], 16) for line in maps if line.endswith(str(library)))
    ptrace(SEIZE, thread)
    ptrace(INTERRUPT, thread)
    os.waitpid(thread, ANY_THREAD)
    word = ptrace(PEEK, thread, base + function.start)
    ptrace(POKE, thread, base + function.start, word & ~0xFF | BREAKPOINT)
    ptrace(CONTINUE, thread)
    go.write("\n")
    go.flush()
    _, status = os.waitpid(thread, ANY_THREAD)
    if os.WSTOPSIG(status) != signal.SIGTRAP:
        raise ChildProcessError(f"the thread stops by {status:#x} and not at the function")
    ptrace(POKE, thread, base + function.start, word)
    registers = Registers()
    ptrace(READ, thread, 0, ctypes.addressof(registers))
    registers.rip = base + function.start
    ptrace(WRITE, thread, 0, ctypes.addressof(registers))
    steps = walk(thread, function, base, registers, limit)
    process.kill()
    os.waitpid(thread, ANY_THREAD)
    process.wait()
    return steps


def walk(thread: int, function: Function, base: int, registers: Registers, limit: int) -> array[int]:
    steps, stack = array("Q"), registers.rsp
    for _ in range(limit):
        at = registers.rip - base
        if function.start <= at < function.end:
            steps.append(at)
            if named := function.addresses.get(at):
                steps.append(sum(factor * (getattr(registers, name) if name else 1) for name, factor in named) & WORD)
        elif registers.rsp > stack:
            break  # returned
        ptrace(STEP, thread)
        os.waitpid(thread, ANY_THREAD)
        ptrace(READ, thread, 0, ctypes.addressof(registers))
    return steps
