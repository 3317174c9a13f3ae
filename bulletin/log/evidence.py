"""Where witnesses and mirrors keep what a log signed against itself, durable before anything is answered."""

from collections.abc import Iterator
from pathlib import Path

from bulletin.log import disk
from verifier.client.evidence import encode, name, proves
from verifier.errors import VerifierError
from verifier.log import evidence
from verifier.log.evidence import Evidence


def keep(folder: Path, found: Evidence) -> Path:
    """File two checkpoints under `folder`, once; what proves nothing yet is replaced by what proves it.

    Gives the directory, which has the files of specs/witness.md §3.
    """
    place = folder / name(found)
    if not (place / evidence.README).exists() or (proves(found) and not proves(read(place))):
        files = encode(found)
        told = files.pop(evidence.README)
        for file, raw in files.items():
            disk.write(place / file, raw)
        disk.write(place / evidence.README, told)
    return place


def read(place: Path) -> Evidence:
    """The evidence in a directory."""
    return evidence.decode(lambda file: disk.read(place, file))


def proofs(folder: Path) -> Iterator[tuple[Path, Evidence]]:
    """What is kept in `folder` and proves two histories, oldest first."""
    return ((place, found) for place, found in kept(folder) if proves(found))


def kept(folder: Path) -> Iterator[tuple[Path, Evidence]]:
    """What is kept in `folder`, whether it proves anything yet or not, oldest first."""
    whole = [place for place in folder.iterdir() if (place / evidence.README).is_file()] if folder.is_dir() else []
    for place in sorted(whole, key=lambda place: (place / evidence.README).stat().st_mtime):
        try:
            yield place, read(place)
        except VerifierError:
            continue  # damaged by somebody: the operator has a backup or has not
