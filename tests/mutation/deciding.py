"""What decides about a mutant: every committed vector, in a few seconds; `python -m tests.mutation.deciding [first]`.

Whoever runs it with a changed `verifier/` on the path learns by the exit status whether a vector notices. What is
judged here was not made by the code that is being judged.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from tests.corpus import boards, replay
from tests.support import certificates
from tests.support.house import read_vectors
from tests.vectors import archives
from tests.vectors import check as check_vectors
from tests.vectors.copies import changed, judged
from verifier.errors import Malformed
from verifier.rules import CODEC

if TYPE_CHECKING:
    from collections.abc import Callable


def decide_proofs(name: str) -> None:
    """The vectors of one proof."""
    assert check_vectors.disagreements(name) == []


def decide_records() -> None:
    """What is a record's coding and what is not."""
    file = read_vectors("records")
    for vector in file["accepted"]:
        CODEC.decode(vector["record"].encode())
    for vector in file["rejected"]:
        raw = bytes.fromhex(vector["hex"]) if "hex" in vector else vector["record"].encode()
        try:
            CODEC.decode(raw)
        except Malformed:
            continue
        raise AssertionError(vector["name"])


def decide_certificates() -> None:
    """Certificates and members' signatures."""
    agreed = certificates.judge(read_vectors("certificates"))
    assert [name for name, agrees in agreed.items() if not agrees] == []


def decide_elections() -> None:
    """The honest, the odd and the broken elections."""
    for file in map(replay.load, ("election", "papers", "evenings", "joined", "assets")):
        for vector in reversed(file["accepted"]):
            replay.check_accepted(file, vector)
        for vector in file["rejected"]:
            replay.check_rejected(file, vector)


def decide_copies() -> None:
    """Copies of a small log, and every clause that is false, open or found in each."""
    file = read_vectors("copy")
    for vector in file["rejected"]:
        assert {**vector, **judged(*changed(vector, file))} == vector, vector["name"]


def decide_boards() -> None:
    """Copies of a board whose operator lies, or whose keeper spoiled it."""
    for told in boards.LIES:
        report = boards.judge(told)
        assert (report.verdict, *boards.first(report)) == (told.verdict, told.expect, told.where), told.name


def decide_archives() -> None:
    """Whole packed archives, with the sheet of each."""
    assert archives.disagreements() == []


def main(first: str) -> None:
    """Decide, beginning with what concerns the module `first`."""
    steps: dict[str, Callable[[], None]] = {
        name: lambda name=name: decide_proofs(name)  # type: ignore[misc]
        for name in check_vectors.NAMES
    }
    steps |= {"records": decide_records, "elections": decide_elections, "copies": decide_copies, "log": decide_boards}
    steps["archives"] = decide_archives
    steps |= dict.fromkeys(("certificate", "der", "ed25519"), decide_certificates)
    concerned = [first] if first in steps else []
    others = ["records", "certificate", "elections", "copies", "log", *check_vectors.NAMES, "archives"]
    for step in dict.fromkeys([*concerned, *others]):
        steps[step]()


if __name__ == "__main__":
    main(*sys.argv[1:2] or [""])
