"""A desk of an election on paper: its folder, a real board, the members' keys."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from bulletin.log.database import open_witness
from bulletin.office.asking import ask
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.office.people import Person
from bulletin.office.teller import Known
from bulletin.settings import load_key, make_key, make_operator
from bulletin.witness.app import create_app
from bulletin.witness.witness import Witness
from tests.support.dockets import PASSWORD, lock, run, told
from tests.support.elections import AUTHORITY
from tests.support.returns import NIGHT, ON_PAPER, PaperElection
from tests.support.serving import operator_of, running, serving, set_up
from verifier.log.note import COSIGNATURE, ED25519, encode_key
from verifier.log.policy import Policy, decode
from verifier.records import encode


class PaperDesk(NamedTuple):
    """A folder, where the secrets are, and the election whose members act; `url` is the board's."""

    folder: Folder
    private: Path
    election: PaperElection
    url: str

    def act(self, *words: object, code: int = 0, language: str = "en") -> str:
        """`act` at this desk, with a look at the board; what it prints."""
        return told(run("act", self.folder.path, *words, "--lang", language, "--board", self.url), code)

    def sign(self, unit: str, numbers: Sequence[int] = (1, 2), language: str = "en") -> str:
        """Members of a unit sign the last request; what the last of them read."""
        said = ""
        for number in numbers:
            said = self.sign_by(self.election.seated[unit].people[number - 1], language)
        return said

    def sign_by(self, person: Person, language: str = "en", code: int = 0) -> str:
        """A member or observer signs the last request; what was read."""
        secret = ("--password-file", self.private / "password")
        return told(run("sign", self.last(), "--key", self.key(person), *secret, "--yes", "--lang", language), code)

    def key(self, person: Person) -> Path:
        """The file of a key."""
        key = self.private / f"{person.member.id}.p12"
        if not key.exists():
            lock(person, key)
        return key

    def last(self) -> Path:
        return read_docket(self.folder)[-1].path

    def post(self, code: int = 0) -> str:
        words = ("post", "--lang", "en", "--board", self.url, "--key", self.private / "operator.key")
        return told(run("act", self.folder.path, *words), code)

    def template(self, *words: object, again: bool = False) -> Path:
        """A draft that the desk wrote; `again` in the place of a former one."""
        if again:
            (self.folder.path / "papers" / f"{words[0]}.toml").unlink()
        said = self.act(*words, "--template")
        return Path(said.removeprefix("Written: ").partition(". Fill it in")[0])


def fill(file: Path, figures: dict[str, int], **others: str) -> Path:
    """Write figures into a template."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        name, equals, _ = line.partition(" = ")
        value = str(figures[name]) if name in figures else others.get(name)
        lines.append(f"{name} = {value}" if equals and value is not None else line)
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file


def make_witness(private: Path) -> Path:
    make_key(private / "witness.key", "witness.example", COSIGNATURE)
    return private / "witness.key"


def _policy(lines: list[str], address: str) -> Policy:
    return decode("\n".join([lines[0], f"{lines[1]} {address}", lines[2], ""]).encode())


@contextmanager
def papered(place: Path, reported: Sequence[str] = ()) -> Iterator[PaperDesk]:
    """The board has the manifest, the rosters and the papers of the units that have `reported`."""
    board, private, folder = place / "board", place / "private", Folder(place / "desk")
    for each in (private, folder.made(""), folder.docket):
        each.mkdir(parents=True)
    (private / "password").write_text(PASSWORD, encoding="utf-8")
    key, plan = set_up(board), encode(ON_PAPER)
    (board / "plan.json").write_bytes(plan)
    operator = make_operator(private / "operator.key")
    assert load_key(private / "operator.key", ED25519)[0] == operator
    election = PaperElection()
    manifest = replace(election.manifest, origin=key.name, log_key=key.public, operator=operator.public)
    election.manifest = manifest
    election.set_up()
    for unit in reported:
        election.report(unit)
    secret = load_key(make_witness(private), COSIGNATURE)
    root, digest = b64encode(AUTHORITY.der).decode(), sha256(encode(manifest)).hexdigest()
    lines = [f"log {encode_key(key)}", f"witness w {encode_key(secret[0])}", "quorum w"]
    sheet = "\n".join(["aikyn/1 trust", f"manifest {digest}", f"root {root}", *lines, ""])
    folder.made("trust.txt").write_text(sheet)
    known = Known(manifest, plan=ON_PAPER)
    ask(folder, manifest, manifest, election.central.roster, [plan], known)
    memory = open_witness(private / "witness.db")
    clock = lambda: NIGHT  # noqa: E731  the members' certificates are valid then
    witness = Witness(*secret, {key.name: [key]}, memory, private / "evidence", clock)
    with (
        serving(create_app(witness)) as address,
        running(board, _policy(lines, address), plan=str(board / "plan.json"), sender_rate=10**6) as run_,
    ):
        sender = operator_of(election)._replace(sign=load_key(private / "operator.key", ED25519)[1])
        run_.client.post(election.records[0])
        for raw in election.records[1:]:
            run_.client.post(raw, sender)
        yield PaperDesk(folder, private, election, run_.client.url)
