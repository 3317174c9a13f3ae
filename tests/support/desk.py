"""An auditor's desk for tests: a folder with copies and sheets, the command line, and two histories of one log."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from click.testing import CliRunner, Result

from tests.corpus.twin import Liar, honest, phases
from tests.support.copies import Files, publish, sheet
from tests.support.elections import AUTHORITY
from verifier.desk.commands.main import main

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.support.elections import Election

SHEET = sheet(honest().records[0], [AUTHORITY.der])
UNWITNESSED = sheet(honest().records[0], [AUTHORITY.der], witness=[], group=[], quorum=[])


class Desk:
    """A folder with copies and sheets, and the command line."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.trust(SHEET)

    def trust(self, raw: bytes) -> None:
        (self.place / "trust.txt").write_bytes(raw)

    def copy(self, files: Mapping[str, bytes], name: str = "copy") -> str:
        for file, data in files.items():
            (self.place / name / file).parent.mkdir(parents=True, exist_ok=True)
            (self.place / name / file).write_bytes(data)
        return str(self.place / name)

    def ask(self, *line: str) -> Result:
        sheet = ["--trust", str(self.place / "trust.txt")]
        return CliRunner().invoke(main, [*line, *sheet], env={"COLUMNS": "120"})


def files(made: Election) -> Files:
    return publish(made.records, made.blobs)


@cache
def branch() -> Liar:
    """Another history, as long: voter 0 chose otherwise."""
    liar = Liar(honest(), phases()["voting"])
    liar.vote(0, [3])
    for raw in honest().records[phases()["voting"] + 1 :]:
        liar.write(raw)
    return liar
