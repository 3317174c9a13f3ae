"""The two wheels, from the sources of a commit alone: the same commit and tools give the same bytes.

Times are those of the commit, nothing built before is used, and no path of the machine goes into a file.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOUSE = Path(__file__).parents[1]
LOCK = "kernel/Cargo.lock"  # written from kernel/crates.txt; git ignores it, since it names a registry
APP = "bulletin/http/built/app"
STRAY = ("RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_", "CARGO_PROFILE_", "CARGO_TARGET_", "PYTHON", "MAKE")


class Unreproducible(Exception):
    """This is not a release; the sentence says why."""


class Checkout(NamedTuple):
    """The sources of a commit in a directory of their own; `epoch` is the commit's time, in seconds since 1970."""

    place: Path
    epoch: int

    def run(self, folder: str, *command: str) -> str:
        """Run a command in a folder of the sources; what it prints."""
        known = {name: value for name, value in os.environ.items() if not name.startswith(STRAY)}
        environment = known | {"SOURCE_DATE_EPOCH": str(self.epoch), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        done = subprocess.run(
            command, cwd=self.place / folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Unreproducible(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout


def lay_out(place: Path, commit: str = "HEAD") -> Checkout:
    """Lay the sources of a commit into a new directory."""
    packed = subprocess.check_output(["git", "archive", commit], cwd=HOUSE)
    epoch = subprocess.check_output(["git", "show", "--no-patch", "--format=%ct", commit], cwd=HOUSE, text=True)
    place.mkdir(parents=True)
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(place, filter="data")
    return Checkout(place, int(epoch))


def build(source: Checkout, out: Path) -> None:
    """Build the voter's app and both wheels, which are left in `out`."""
    build_app(source)
    build_aikyn(source, out)
    build_kernel(source, out)


def build_app(source: Checkout) -> None:
    """Build the voter's app with what package-lock.json pins."""
    source.run("web", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    source.run("web", "node", "build.js")


def build_aikyn(source: Checkout, out: Path) -> None:
    """Build the wheel `aikyn`, for every machine; the voter's app must be built."""
    if not (source.place / APP / "index.html").is_file():
        raise Unreproducible(f"{APP} is not built")
    source.run(".", sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out))


def build_kernel(source: Checkout, out: Path) -> None:
    """Build the wheel `aikyn-kernel` for this machine's system and processor, with the crates that the commit pins."""
    source.run("kernel", sys.executable, "crates.py")
    source.run("kernel", "cargo", "fetch", "--locked")
    flags = [f"--remap-path-prefix={path}={name}" for path, name in _names(source).items()]
    setting = f"target.'cfg(all())'.rustflags={flags}"  # joined to those of .cargo/config.toml, as RUSTFLAGS is not
    options = ("--release", "--strip", "--config", setting, "--out", str(out))
    source.run("kernel", sys.executable, "-m", "maturin", "build", "--locked", *options)


def _names(source: Checkout) -> dict[Path, str]:
    """What stands in a binary for a path of this machine; of two that fit, the later is taken."""
    cargo, rust = _tools(source)
    crates = dict.fromkeys(sorted(cargo.glob("registry/src/*")), "crates")
    return {cargo: "cargo", rust / "lib/rustlib/src/rust": "rust", **crates, source.place / "kernel": "kernel"}


def _tools(source: Checkout) -> tuple[Path, Path]:
    cargo = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return cargo, Path(source.run("kernel", "rustc", "--print", "sysroot").strip())


def refuse_paths(wheels: Iterable[Path], source: Checkout) -> None:
    """Unfit if a file of a wheel names a folder of this machine."""
    folders = [str(path).encode() for path in (source.place, HOUSE, *_tools(source), Path.home()) if path != Path("/")]
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as held:
            for name in held.namelist():
                if found := [folder.decode() for folder in folders if folder in held.read(name)]:
                    raise Unreproducible(f"{wheel.name}: {name} names {found[0]}, a folder of this machine")


def agree(folders: Iterable[Path]) -> dict[str, Path]:
    """The wheels in the folders by name; Unfit unless those of one name have the same bytes."""
    found: dict[str, Path] = {}
    for wheel in sorted(path for folder in folders for path in folder.rglob("*.whl")):
        first = found.setdefault(wheel.name, wheel)
        if first.read_bytes() != wheel.read_bytes():
            raise Unreproducible(
                f"{wheel.name} was built twice and differs: {', '.join(_differing(first, wheel)) or 'its zip'}"
            )
    return found


def _differing(one: Path, other: Path) -> list[str]:
    """The files that only one of two wheels has, or that differ."""
    a, b = (_digests(wheel) for wheel in (one, other))
    return sorted(name for name in a.keys() | b.keys() if a.get(name) != b.get(name))


def _digests(wheel: Path) -> Mapping[str, bytes]:
    with zipfile.ZipFile(wheel) as held:
        return {name: sha256(held.read(name)).digest() for name in held.namelist()}
