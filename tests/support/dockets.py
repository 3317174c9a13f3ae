"""A small election whose commissions act from a desk's folder: real board, witness, trustees and mix servers."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from ssl import DER_cert_to_PEM_cert
from typing import NamedTuple

from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from bulletin.office.commissions import Commissions
from bulletin.office.docket import read_docket
from bulletin.office.folder import Folder
from bulletin.office.people import Person, Sitting
from bulletin.office.processes import Processes
from bulletin.office.requesting import request_first
from bulletin.operate.commands import main
from mixnet.ballot import Credential
from mixnet.voter import Voter, read_opening
from tests.support.elections import AUTHORITY, contest, text
from verifier.audit import trust
from verifier.client.board import Board
from verifier.commission.roster import Commission
from verifier.election.manifest import KeyHolder, Manifest, Style
from verifier.log import note
from verifier.log.tree import hash_leaf
from verifier.records import encode

ORIGIN = "board.example/village"
WITNESS = "witness.example"
PASSWORD = "сырсөз"
TRUSTEES = ("trustee-1", "trustee-2", "trustee-3")
MIXERS = ("mixer-1", "mixer-2")
CODES = ("AAAA1", "AAAA2", "AAAA3", "AAAA4")
CENTRAL = Sitting.seat(Commission("central", text("Central"), "central", "", 2, 3), AUTHORITY)
PRECINCT = Sitting.seat(Commission("precinct-1", text("Precinct"), "precinct", "central", 2, 2), AUTHORITY)


class Office(NamedTuple):
    """A desk's folder, the folder where everybody keeps what is secret, and what runs."""

    folder: Folder
    private: Path
    processes: Processes
    manifest: Manifest
    credentials: tuple[Credential, ...]
    url: str

    def run(self, *words: object) -> Result:
        return run(*words)

    def act(self, *words: object, code: int = 0) -> str:
        """`act` at this desk, with a look at the board; what it prints."""
        return told(run("act", self.folder.path, *words, "--lang", "en", "--board", self.url), code)

    def sign(self, name: str, *people: Person) -> None:
        """These sign the request of this kind that was filed last."""
        path = self.request(name)
        for person in people:
            told(run("sign", path, "--key", self.key(person), *self.secret, "--yes", "--lang", "en"))

    def request(self, name: str) -> Path:
        return [each.path for each in read_docket(self.folder) if each.request.kind == name][-1]

    def post(self, code: int = 0) -> str:
        return told(
            run("act", self.folder.path, "post", "--lang", "en", "--board", self.url, "--key", self.operator), code
        )

    def enact(self, name: str, sitting: Sitting, *words: object) -> str:
        """Act, have the quorum sign, send."""
        said = self.act(name, *words)
        self.sign(name, *sitting.people[: sitting.commission.quorum])
        self.post()
        return said

    def key(self, person: Person) -> Path:
        return self.private / f"{person.member.id}.p12"

    @property
    def digest(self) -> str:
        return hashlib.sha256(encode(self.manifest)).hexdigest()

    @property
    def operator(self) -> Path:
        return self.private / "operator.key"

    @property
    def secret(self) -> tuple[str, Path]:
        return "--password-file", self.private / "password"

    def employ(self, role: str, names: Sequence[str], *options: str) -> None:
        sheet = self.folder.made("trust.txt")
        for name in names:
            where = ("--board", self.url, "--trust", sheet, "--vault", self.private / name)
            self.processes.start(name, "aikyn-mix", role, *where, "--every", "0.1", *options)
        for name in names:
            self.processes.finish(name)

    def vote(self, *choices: int) -> None:
        """Each voter casts a choice, once the opening is published."""
        self.act("status")
        sheet = trust.decode(self.folder.made("trust.txt").read_bytes())
        board, receipts = Board(self.url), self.private / "receipts"
        receipts.mkdir()
        opened = read_opening(board.read, sheet)
        for credential, choice in zip(self.credentials, choices, strict=False):
            voter = Voter(board, sheet, opened, credential, receipts)
            voter.cast(voter.seal(voter.contests[0], [choice]))


def run(*words: object, input: str | None = None) -> Result:
    """`aikyn-board`, with what is typed when it asks."""
    return CliRunner().invoke(main, [str(word) for word in words], input=input)


def told(result: Result, code: int = 0) -> str:
    """What a command printed; it ended with this status."""
    assert (result.exit_code, result.exception is None or isinstance(result.exception, SystemExit)) == (code, True), (
        result.output,
        result.exception,
    )
    return result.output


def lock(person: Person, path: Path) -> None:
    """The member's key file, as a certification service gives it."""
    certificate = x509.load_der_x509_certificate(person.member.certificate)
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            person.member.id.encode(), person.key, certificate, None, BestAvailableEncryption(PASSWORD.encode())
        )
    )


def seat(folder: Folder, people: Mapping[str, Sequence[Person]]) -> None:
    """Write who sits in which commission into the desk's tables."""
    for place in (folder.roots, folder.certificates):
        place.mkdir(exist_ok=True)
    (folder.roots / "root.cer").write_bytes(AUTHORITY.der)
    heads = ("id;level;above;quorum;name_ky;name_ru;name_en", "commission;id;role;name;certificate")
    levels = (("central", ""), ("precinct", "central"))
    rows = [f"{id};{level};{above};2;Айыл;Село;Village" for id, (level, above) in zip(people, levels, strict=True)]
    seats = []
    for commission, sitting in people.items():
        for person in sitting:
            member = person.member
            (folder.certificates / f"{member.id}.cer").write_bytes(member.certificate)
            seats.append(f"{commission};{member.id};{member.role};Асан;{member.id}.cer")
    folder.table("commissions").write_text("\n".join([heads[0], *rows, ""]), encoding="utf-8")
    folder.table("members").write_text("\n".join([heads[1], *seats, ""]), encoding="utf-8")


@contextmanager
def opened(place: Path) -> Iterator[Office]:
    """The board waits for its manifest; the docket has the first requests."""
    private, folder = place / "private", Folder(place / "desk")
    private.mkdir()
    folder.made("").mkdir(parents=True)
    (private / "password").write_text(PASSWORD, encoding="utf-8")
    for person in (*CENTRAL.people, *PRECINCT.people):
        lock(person, private / f"{person.member.id}.p12")
    with Processes(place / "journals") as processes:
        manifest, policy = _compose(processes, private)
        root = f"root {b64encode(AUTHORITY.der).decode()}"
        digest = hashlib.sha256(encode(manifest)).hexdigest()
        folder.made("trust.txt").write_text(f"aikyn/1 trust\nmanifest {digest}\n{root}\n{policy}")
        credentials = tuple(Credential() for _ in CODES)
        rows = [
            f"precinct-1;{code};;{b64encode(one.key).decode()};" for code, one in zip(CODES, credentials, strict=True)
        ]
        folder.table("register").write_text("\n".join(["commission;code;style;key;groups", *rows]) + "\n")
        seated = (CENTRAL.roster, PRECINCT.roster)
        list(request_first(folder, manifest, Commissions(manifest.commissions, seated, (), trial=False)))
        yield Office(folder, private, processes, manifest, credentials, _serve(processes, private, policy, digest))


def _compose(processes: Processes, private: Path) -> tuple[Manifest, str]:
    for name in (*TRUSTEES, *MIXERS):
        processes.start(name, "aikyn-mix", "key", private / name)
    processes.start("init", "aikyn-board", "init", private / "board", "--origin", ORIGIN)
    processes.start("witness-key", "aikyn-board", "witness-key", private / "witness", "--name", WITNESS)
    processes.start("operator-key", "aikyn-board", "operator-key", private / "operator.key")
    log, witness = processes.finish("init").strip(), processes.finish("witness-key").strip()
    policy = f"log {log}\nwitness w {witness}\nquorum w\n"
    holders = {name: KeyHolder(name, b64decode(processes.finish(name))) for name in (*TRUSTEES, *MIXERS)}
    manifest = Manifest(
        spec="aikyn/1",
        election="village",
        title=text("Village"),
        nonce=secrets.token_bytes(32),
        origin=ORIGIN,
        log_key=note.decode_key(log).public,
        operator=b64decode(processes.finish("operator-key")),
        policy=policy,
        contests=(contest("council"),),
        styles=(Style("all", ("council",)),),
        commissions=(CENTRAL.commission, PRECINCT.commission),
        central="central",
        roster=hash_leaf(encode(CENTRAL.roster)),
        trustees=tuple(holders[name] for name in TRUSTEES),
        threshold=2,
        least_trustees=2,
        mixers=tuple(holders[name] for name in MIXERS),
        mixes=1,
        minimum=0,
        telephone="+996 312 000000",
        timetable=(),
    )
    return manifest, policy


def _serve(processes: Processes, private: Path, policy: str, digest: str) -> str:
    """Start witness and board; the board's URL."""
    log = policy.split()[1]
    processes.start(
        "witness", "aikyn-board", "witness", private / "witness", "--name", WITNESS, "--log", log, "--port", 0
    )
    lines = policy.splitlines()
    asked = private / "policy.txt"
    asked.write_text("\n".join([lines[0], f"{lines[1]} {processes.listen('witness')}", lines[2], ""]))
    roots = private / "roots.pem"
    roots.write_text(DER_cert_to_PEM_cert(AUTHORITY.der))
    trusted = ("--policy", asked, "--roots", roots, "--manifest", digest)
    processes.start("board", "aikyn-board", "serve", private / "board", *trusted, "--port", 0, "--interval", 0.05)
    return processes.listen("board")
