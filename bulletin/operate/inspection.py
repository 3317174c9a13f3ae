"""What is wrong with a board's settings, before it serves: each defect in one line (specs/operation.md)."""

import os
import tomllib
from collections.abc import Generator, Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal, NamedTuple

import msgspec
import requests

from bulletin.board import anchors
from bulletin.board.feeder import check_room
from bulletin.http import server
from bulletin.http.gateway import claim
from bulletin.log import bundles, disk
from bulletin.operate.backup import read_entries
from bulletin.settings import PREFIX, SETTINGS, Settings, Unusable, load
from verifier.client.board import anonymous
from verifier.client.text import read as read_text
from verifier.client.witness import monitoring_address
from verifier.commission.certificate import Certificate
from verifier.commission.roster import Roster
from verifier.errors import VerifierError
from verifier.log import checkpoint, policy
from verifier.log.note import Key
from verifier.log.policy import Policy
from verifier.log.reading import LATEST
from verifier.records import Codec

NAMES = Settings.__struct_fields__
KEEPING = (server.DATABASE, f"{server.ARCHIVE}/{LATEST}")  # what a board has that has begun
ASKING = 5.0  # seconds for a witness
ROSTER = b'"type":"roster"}'  # how a roster's coding ends
DefectSeverity = Literal["error", "warning"]


class Defect(NamedTuple):
    """A defect: where it is, what it is, what to do; a board with an error does not serve."""

    severity: DefectSeverity
    where: str
    what: str
    mend: str

    @property
    def is_error(self) -> bool:
        """Whether it keeps the board from serving."""
        return self.severity == "error"

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.what}; {self.mend}"


def inspect(
    directory: Path, environment: Mapping[str, str], given: Mapping[str, object] | None = None, *, ask: bool = False
) -> Iterator[Defect]:
    """All that is wrong with the board in `directory`; `ask` also visits its witnesses."""
    found = list(_inspect_settings(directory, environment))
    yield from found
    if any(finding.is_error for finding in found):
        return
    settings = load(directory / SETTINGS, environment, given or {})
    key = None
    try:
        key = server.load_signers(directory)[0][0]
    except Unusable as error:
        what, _, mend = str(error).partition(": ")
        yield Defect("error", server.KEY, what, mend or "restore it, or begin a new log with `aikyn-board init`")
    trust = yield from _inspect_policy(settings, key)
    yield from _inspect_roots(settings)
    yield from _inspect_plan(directory, settings)
    yield from _inspect_stores(settings)
    yield from _inspect_machine(directory, settings)
    yield from _inspect_public(directory, settings)
    if ask and trust and key:
        yield from _ask_witnesses(trust, key)


def inspect_rosters(directory: Path, settings: Settings, files: Iterable[Path]) -> Iterator[Defect]:
    """Members whom none of the roots certified, on the log's rosters and on those in `files`, which shall be posted."""
    named = [(str(file), file.read_bytes()) for file in files]
    if not settings.roots:
        yield from (Defect("error", file, "there are no roots to judge it by", "give `roots`") for file, _ in named)
        return
    roots = anchors.read(Path(settings.roots))
    for index, raw in enumerate(_read_log(directory)):
        if raw.endswith(ROSTER):
            yield from _inspect_roster("warning", f"record {index}", raw, roots)
    for file, raw in named:
        yield from _inspect_roster("error", file, raw, roots)


def _read_log(directory: Path) -> Iterator[bytes]:
    """The log's entries, from the database that is a file here, or from the copy that a shared log has here."""
    if (directory / server.DATABASE).exists():
        yield from read_entries(directory / server.DATABASE)
    elif raw := disk.read(directory / server.ARCHIVE, LATEST):
        size = checkpoint.decode(raw).body.size
        yield from (entry for _, entry in bundles.read_entries(directory / server.ARCHIVE, 0, size))


def _inspect_roster(
    severity: DefectSeverity, where: str, raw: bytes, roots: tuple[Certificate, ...]
) -> Iterator[Defect]:
    try:
        roster = Codec[Roster](Roster).decode(raw)
    except VerifierError as error:
        yield Defect(severity, where, f"it is no roster ({error.detail})", "give the very bytes that will be posted")
        return
    for stranger in anchors.find_strangers(roster, roots):
        mend = "give that authority to board and trust sheet, or have the member certified anew"
        yield Defect(severity, f"{where}, {roster.commission}", stranger.detail, mend)


def _inspect_roots(settings: Settings) -> Iterator[Defect]:
    if not settings.roots:
        yield Defect(
            "warning", "`roots`", "no roster's certificates are judged", "give the trust sheet's roots in a PEM file"
        )
        return
    try:
        anchors.read(Path(settings.roots))
    except Unusable as error:
        what = str(error).removeprefix(f"{settings.roots}: ")
        yield Defect("error", settings.roots, what, "see specs/certificates.md §6.2: authorities' certificates in PEM")


def _inspect_plan(directory: Path, settings: Settings) -> Iterator[Defect]:
    """The plan is needed before the first record, and stands among the blobs from then on."""
    if not settings.plan or next(_read_log(directory), None) is not None:
        return
    try:
        server.read_plan(Path(settings.plan))
    except Unusable as error:
        what = str(error).removeprefix(f"{settings.plan}: ")
        yield Defect("error", settings.plan, what, "see specs/plan.md: give the very bytes that the manifest names")


def _inspect_settings(directory: Path, environment: Mapping[str, str]) -> Iterator[Defect]:
    """Names that nobody knows, and values that cannot be."""
    try:
        read: dict[str, Any] = tomllib.loads(read_text(directory / SETTINGS).decode())
    except FileNotFoundError:
        read = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, VerifierError) as error:
        yield Defect("error", SETTINGS, f"it is not TOML ({error})", "see the example in specs/operation.md")
        return
    for name, value in read.items():
        if name not in NAMES:
            yield Defect("error", SETTINGS, f"no setting is called `{name}`", _suggest(name, NAMES))
        else:
            yield from _inspect_value(SETTINGS, name, value)
    for variable in environment:
        name = variable.removeprefix(PREFIX).lower()
        if variable.startswith(PREFIX) and name in NAMES:
            yield from _inspect_value(variable, name, environment[variable])
        elif variable.startswith(PREFIX) and get_close_matches(name, NAMES):
            yield Defect("warning", variable, "no setting is called so", _suggest(name, NAMES))


def _inspect_value(where: str, name: str, value: object) -> Iterator[Defect]:
    try:
        msgspec.convert({name: value}, Settings, strict=False)
        if name == "proxy" and value:
            ip_address(str(value))
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at ")[0]
        yield Defect("error", where, f"`{name}` cannot be {value!r}", f"{said[:1].lower()}{said[1:]}")
    except ValueError:
        yield Defect("error", where, f"`{name}` cannot be {value!r}", "give the proxy's address, as 127.0.0.1")


def _suggest(name: str, names: tuple[str, ...]) -> str:
    near = get_close_matches(name, names, 1, 0.5)
    return f"did you mean `{near[0]}`?" if near else f"the settings are {', '.join(names)}"


def _inspect_policy(settings: Settings, key: Key | None) -> Generator[Defect, None, Policy | None]:
    """The witnesses' policy, which is given back if it can be read."""
    where = settings.policy or "policy"
    if not settings.policy:
        yield Defect(
            "error", where, "no policy is given", "say which witnesses make the quorum: `policy` or --policy FILE"
        )
        return None
    try:
        trust = policy.decode(read_text(Path(settings.policy)))
    except OSError as error:
        yield Defect(
            "error", where, f"the policy cannot be read ({error.strerror})", "give the path of a tlog-policy file"
        )
        return None
    except VerifierError as error:
        yield Defect("error", where, f"it is not a policy ({error})", "see specs/log.md §6")
        return None
    listed = trust.log_keys(key.name) if key else ()
    if key and listed and key not in listed:
        yield Defect(
            "error", where, f"it gives another key for {key.name} than {server.KEY}", "put the key's line in it"
        )
    if trust.quorum == policy.NONE:
        yield Defect(
            "warning", where, "no witness is needed", "name witnesses: without them nobody sees a second history"
        )
    elif not policy.overlap(trust):
        yield Defect(
            "error", where, "two histories could each have this quorum", "ask for more than half of the witnesses"
        )
    try:
        check_room(trust)
    except Unusable as error:
        what, _, mend = str(error).partition(": ")
        yield Defect("error", where, what, mend)
    return trust


def _inspect_stores(settings: Settings) -> Iterator[Defect]:
    """What a shared log needs."""
    if settings.database and not settings.archive:
        yield Defect(
            "error", "`archive`", "other boards cannot find the log's files", "give the bucket that they share"
        )
    if (settings.database and not find_spec("psycopg")) or (settings.archive and not find_spec("obstore")):
        yield Defect("error", "`database`, `archive`", "packages are missing", "install `aikyn[scale]`")


def _inspect_machine(directory: Path, settings: Settings) -> Iterator[Defect]:
    """Directory, disk and port."""
    if not directory.is_dir() or not os.access(directory, os.W_OK | os.X_OK):
        yield Defect("error", str(directory), "it cannot be written", "give the board's user a directory of its own")
        return
    free = disk_usage(directory).free
    if free < settings.disk_reserve:
        yield Defect("warning", str(directory), f"{free >> 20} MiB are free on its disk", "make room: no blob is taken")
    try:
        with server.locked(directory):
            yield from _inspect_port(settings)
    except Unusable:
        return  # it serves already, and the port is its own


def _inspect_port(settings: Settings) -> Iterator[Defect]:
    try:
        claim(settings.host, settings.port)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        yield Defect("error", where, f"it cannot be listened on ({error.strerror})", "choose another `host` or `port`")


def _inspect_public(directory: Path, settings: Settings) -> Iterator[Defect]:
    """What the public meets, and what the first record may be."""
    for name, address in (("address", settings.address), *(("mirrors", each) for each in settings.mirrors)):
        if address.startswith("http://"):
            yield Defect(
                "warning", f"`{name}`", f"{address} is not https", "let a proxy end TLS: others can read along"
            )
    if not settings.manifest and not any((directory / name).exists() for name in KEEPING):
        yield Defect(
            "warning", "`manifest`", "anybody can post the first record, for ever", "give the SHA-256 of the manifest"
        )


def _ask_witnesses(trust: Policy, key: Key) -> Iterator[Defect]:
    for name, party in trust.witnesses.items():
        if not party.url:
            yield Defect(
                "warning", f"witness {name}", "the policy has no address of it", "it can never cosign: add one"
            )
            continue
        try:
            status = requests.get(
                monitoring_address(party.url, key.name), timeout=ASKING, allow_redirects=False, auth=anonymous
            ).status_code
        except requests.RequestException as error:
            yield Defect(
                "warning", f"witness {name}", f"not reached ({type(error).__name__})", f"ask who runs {party.url}"
            )
            continue
        if status not in {200, 404}:  # 404: it has cosigned nothing of this log so far
            yield Defect("warning", f"witness {name}", f"it answers with status {status}", f"ask who runs {party.url}")
