# noqa: INP001  a folder of Rust with one script
"""The kernel's crates, pinned: crates.txt holds the name, version and SHA-256 of each, the transitive ones too.

Cargo.lock names the registry's host, so git does not keep it: it is written from crates.txt, with the source that cargo
itself names.

    python kernel/crates.py                   writes Cargo.lock, unless it agrees already
    python kernel/crates.py --pin             writes crates.txt: what Cargo.toml asks for now, all else as it was
    python kernel/crates.py --pin --upgrade   writes crates.txt with the newest that Cargo.toml allows
"""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

ENTRY = """
[[package]]
name = "{}"
version = "{}"
checksum = "{}"
{source}
"""


class Crate(NamedTuple):
    """One line of crates.txt; the checksum is the SHA-256 of the packed crate in hexadecimal digits."""

    name: str
    version: str
    checksum: str


def pinned(kernel: Path) -> list[Crate]:
    """The crates in crates.txt."""
    return [Crate(*line.split()) for line in (kernel / "crates.txt").read_text().splitlines()]


def locked(lock: str) -> list[Crate]:
    """The crates in a Cargo.lock, in the order of crates.txt; without the kernel itself, which has no source."""
    packages = tomllib.loads(lock)["package"]
    return sorted(Crate(p["name"], p["version"], p["checksum"]) for p in packages if "source" in p)


def write_lock(kernel: Path) -> None:
    """Write Cargo.lock from crates.txt, unless it agrees already; SystemExit if Cargo.toml asks for other crates."""
    path = kernel / "Cargo.lock"
    if path.exists() and locked(path.read_text()) == pinned(kernel):
        return
    lock = resolve(kernel)
    if strangers := set(locked(lock)) ^ set(pinned(kernel)):
        raise SystemExit(f"kernel/crates.txt does not fit Cargo.toml, see `make pins`: {sorted(strangers)}")
    path.write_text(lock)


def write_pins(kernel: Path, *, upgrade: bool) -> None:
    """Write crates.txt, and Cargo.lock with it."""
    lock = resolve(kernel, upgrade=upgrade)
    (kernel / "crates.txt").write_text("".join(f"{' '.join(crate)}\n" for crate in locked(lock)))
    (kernel / "Cargo.lock").write_text(lock)


def resolve(kernel: Path, *, upgrade: bool = False) -> str:
    """A Cargo.lock with what crates.txt pins, as far as Cargo.toml allows, else with the newest.

    SystemExit where cargo fails: without the registry, or with another checksum than the registry's.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        (copy / "Cargo.toml").write_bytes((kernel / "Cargo.toml").read_bytes())
        (copy / "src").mkdir()
        (copy / "src/lib.rs").touch()
        cargo(copy, "generate-lockfile")
        lock = copy / "Cargo.lock"
        if not upgrade:
            source = next(line for line in lock.read_text().splitlines() if line.startswith("source = "))
            lock.write_text("version = 4\n" + "".join(ENTRY.format(*crate, source=source) for crate in pinned(kernel)))
            cargo(copy, "update", "--workspace")  # adds which crate needs which, and keeps the versions
        return lock.read_text()


def cargo(folder: Path, *arguments: str) -> None:
    """Run cargo; SystemExit where it fails, after what cargo has said itself."""
    command = ["cargo", "--quiet", *arguments]
    if subprocess.run(command, cwd=folder, check=False).returncode:  # noqa: S603  its words all stand in this file
        raise SystemExit(f"cargo {' '.join(arguments)} failed")


if __name__ == "__main__":
    here = Path(__file__).parent
    match sys.argv[1:]:
        case []:
            write_lock(here)
        case ["--pin", *rest] if rest in ([], ["--upgrade"]):
            write_pins(here, upgrade=bool(rest))
        case _:
            raise SystemExit(__doc__)
