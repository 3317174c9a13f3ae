"""A board with three witnesses on this machine, whose clock the rehearsal sets, and the trust sheet for them."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from time import monotonic, sleep

from cryptography.hazmat.primitives.serialization import Encoding

from bulletin.http.server import ARCHIVE, KEY
from bulletin.office.nation import clockwork
from bulletin.office.nation.people import Host, Nation
from bulletin.office.processes import Failed, Processes
from bulletin.office.sheet import SHEET
from bulletin.settings import POLICY, ROOTS, SETTINGS, make_key
from verifier import fold
from verifier.client.board import Board
from verifier.client.files import Directory
from verifier.log import checkpoint, policy
from verifier.log.note import COSIGNATURE, ED25519, encode_key
from verifier.log.policy import latest
from verifier.log.reading import LATEST, Log, blob_path
from verifier.records import encode
from verifier.state import State

CLOCK = "clock"  # the file by which a rehearsal is known
ORIGIN = "rehearsal.invalid/papers"
WITNESSES = ("w1", "w2", "w3")
PATIENCE = 60.0  # seconds until a checkpoint must be there
LOOK = 0.02
REPUBLISH, RETRY = 0.2, 0.1  # seconds after which an idle board asks the witnesses again, and one that they refused


class RehearsalStage:
    """Where a rehearsal is played: `directory` has the board's, the witnesses' and the clock's files."""

    def __init__(self, directory: Path, processes: Processes) -> None:
        self.directory, self.processes, self.url = directory, processes, ""
        for place in ("board", *WITNESSES):
            (directory / place).mkdir(parents=True)
        self.clock, self.home = directory / CLOCK, directory / "board"
        self.log = make_key(self.home / KEY, ORIGIN, ED25519)
        self.witnesses = [
            make_key(directory / name / clockwork.KEY, f"{name}.invalid", COSIGNATURE) for name in WITNESSES
        ]
        self.policy = policy.decode(self._write_policy(dict.fromkeys(WITNESSES, "")).encode())

    @property
    def host(self) -> Host:
        """The log for which a nation is made."""
        return Host(ORIGIN, self.log.public)

    @property
    def archive(self) -> Directory:
        """The board's public files."""
        return Directory(self.home / ARCHIVE)

    def _write_policy(self, urls: dict[str, str]) -> str:
        named = zip(WITNESSES, self.witnesses, strict=True)
        lines = [f"witness {name} {encode_key(key)} {urls[name]}".rstrip() for name, key in named]
        return "\n".join([*lines, f"group all 2 {' '.join(WITNESSES)}", "quorum all", ""])

    @property
    def sheet(self) -> Path:
        """The trust sheet, once it is written."""
        return self.directory / SHEET

    def write_sheet(self, nation: Nation) -> None:
        """The trust sheet of the rehearsal."""
        named = zip(WITNESSES, self.witnesses, strict=True)
        lines = [
            "aikyn/1 trust",
            f"log {encode_key(self.log)}",
            f"manifest {nation.digest.hex()}",
            f"root {b64encode(nation.authority.der).decode()}",
            *(f"witness {name} {encode_key(key)}" for name, key in named),
            f"group all 2 {' '.join(WITNESSES)}",
            "quorum all",
        ]
        self.sheet.write_text("\n".join(lines) + "\n")

    def open(self, nation: Nation, now: int) -> None:
        """Start the witnesses, then the board, at addresses that are free."""
        clockwork.set_clock(self.clock, now)
        for name in WITNESSES:
            place = (self.directory / name, encode_key(self.log), self.clock)
            self.processes.start(name, "python", "-m", clockwork.__name__, *place)
        urls = {name: self.processes.listen(name) for name in WITNESSES}
        (self.home / POLICY).write_text(self._write_policy(urls))
        (self.home / ROOTS).write_bytes(nation.authority.certificate.public_bytes(Encoding.PEM))
        settings = {"republish": REPUBLISH, "retry": RETRY, "queue": 4096, "requests": 1024}
        (self.home / SETTINGS).write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        plan = self.directory / "plan.json"
        plan.write_bytes(encode(nation.plan))
        options = ("--port", 0, "--interval", RETRY, "--plan", plan)
        self.processes.start("board", "aikyn-board", "serve", self.home, *options)
        self.url = self.processes.listen("board")

    def count_records(self) -> int:
        """How many records the log has, once all of them are cosigned and published."""
        end, board = monotonic() + PATIENCE, Board(self.url)
        while (health := board.health())["published"] != health["size"]:
            self.processes.check()
            if monotonic() > end:
                raise Failed("the board does not publish what it has")
            sleep(LOOK)
        return int(str(health["size"]))

    def read_state(self) -> State:
        """What stands on the log, all of it."""
        self.count_records()
        state, log = State(), Log(self.archive, ORIGIN, [self.log])
        for _ in fold.replay(state, log.hashed(), lambda digest: self.archive(blob_path(digest))):
            pass
        return state

    def set_clock(self, told: int | None) -> None:
        """Set the witnesses' clock; None lets them see nothing."""
        clockwork.set_clock(self.clock, clockwork.BLIND if told is None else told)

    def await_seen(self, at: int, size: int) -> None:
        """Until a quorum of witnesses has cosigned a log of this size at this time; `Failed` if they do not."""
        end = monotonic() + PATIENCE
        while not self._is_seen(at, size):
            self.processes.check()
            if monotonic() > end:
                raise Failed(f"the witnesses do not cosign {size} records in time")
            sleep(LOOK)

    def _is_seen(self, at: int, size: int) -> bool:
        raw = self.archive(LATEST)
        if raw is None:
            return False
        signed = checkpoint.decode(raw)
        told = checkpoint.check_cosignatures("BRD.5", LATEST, signed, self.policy.witness_keys)
        return signed.body.size == size and (latest(self.policy, told) or 0) >= at
