"""What is wrong with a board's settings, before it serves: each mistake in one line (specs/operation.md)."""

import os
import tomllib
from collections.abc import Generator, Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from shutil import disk_usage
from typing import Any, Literal, NamedTuple

import msgspec
import requests

from bulletin.board.feeder import check_room
from bulletin.http import server
from bulletin.http.gateway import claim
from bulletin.settings import PREFIX, SETTINGS, Settings, Unusable, load, load_key
from verifier.client.board import anonymous
from verifier.client.witness import monitoring_address
from verifier.errors import VerifierError
from verifier.log import policy
from verifier.log.note import ED25519, Key
from verifier.log.policy import Policy

NAMES = Settings.__struct_fields__
ASKING = 5.0  # seconds for a witness


class Finding(NamedTuple):
    """A mistake: where it is, what it is, what to do; a board with an error does not serve."""

    severity: Literal["error", "warning"]
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
) -> Iterator[Finding]:
    """All that is wrong with the board in `directory`; `ask` also visits its witnesses."""
    found = list(_inspect_settings(directory, environment))
    yield from found
    if any(finding.is_error for finding in found):
        return
    settings = load(directory / SETTINGS, environment, given or {})
    key = None
    try:
        key, _ = load_key(directory / server.KEY, ED25519)
    except Unusable as error:
        what, _, mend = str(error).partition(": ")
        yield Finding("error", server.KEY, what, mend or "restore it, or begin a new log with `aikyn-board init`")
    trust = yield from _inspect_policy(settings, key)
    yield from _inspect_machine(directory, settings)
    yield from _inspect_public(directory, settings)
    if ask and trust and key:
        yield from _ask_witnesses(trust, key)


def _inspect_settings(directory: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Names that nobody knows, and values that cannot be."""
    try:
        text = (directory / SETTINGS).read_text()
        read: dict[str, Any] = tomllib.loads(text)
    except FileNotFoundError:
        read = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        yield Finding("error", SETTINGS, f"it is not TOML ({error})", "see the example in specs/operation.md")
        return
    for name, value in read.items():
        if name not in NAMES:
            yield Finding("error", SETTINGS, f"no setting is called `{name}`", _suggest(name, NAMES))
        else:
            yield from _inspect_value(SETTINGS, name, value)
    for variable in environment:
        name = variable.removeprefix(PREFIX).lower()
        if variable.startswith(PREFIX) and name in NAMES:
            yield from _inspect_value(variable, name, environment[variable])
        elif variable.startswith(PREFIX) and get_close_matches(name, NAMES):
            yield Finding("warning", variable, "no setting is called so", _suggest(name, NAMES))


def _inspect_value(where: str, name: str, value: object) -> Iterator[Finding]:
    try:
        msgspec.convert({name: value}, Settings, strict=False)
        if name == "proxy" and value:
            ip_address(str(value))
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at ")[0]
        yield Finding("error", where, f"`{name}` cannot be {value!r}", f"{said[:1].lower()}{said[1:]}")
    except ValueError:
        yield Finding("error", where, f"`{name}` cannot be {value!r}", "give the proxy's address, as 127.0.0.1")


def _suggest(name: str, names: tuple[str, ...]) -> str:
    near = get_close_matches(name, names, 1, 0.5)
    return f"did you mean `{near[0]}`?" if near else f"the settings are {', '.join(names)}"


def _inspect_policy(settings: Settings, key: Key | None) -> Generator[Finding, None, Policy | None]:
    """The witnesses' policy, which is given back if it can be read."""
    where = settings.policy or "policy"
    if not settings.policy:
        yield Finding(
            "error", where, "no policy is given", "say which witnesses make the quorum: `policy` or --policy FILE"
        )
        return None
    try:
        trust = policy.decode(Path(settings.policy).read_bytes())
    except OSError as error:
        yield Finding(
            "error", where, f"the policy cannot be read ({error.strerror})", "give the path of a tlog-policy file"
        )
        return None
    except VerifierError as error:
        yield Finding("error", where, f"it is not a policy ({error})", "see specs/log.md §6")
        return None
    listed = trust.log_keys(key.name) if key else ()
    if key and listed and key not in listed:
        yield Finding(
            "error", where, f"it gives another key for {key.name} than {server.KEY}", "put the key's line in it"
        )
    if trust.quorum == policy.NONE:
        yield Finding(
            "warning", where, "no witness is needed", "name witnesses: without them nobody sees a second history"
        )
    elif not policy.overlap(trust):
        yield Finding(
            "error", where, "two histories could each have this quorum", "ask for more than half of the witnesses"
        )
    try:
        check_room(trust)
    except Unusable as error:
        what, _, mend = str(error).partition(": ")
        yield Finding("error", where, what, mend)
    return trust


def _inspect_machine(directory: Path, settings: Settings) -> Iterator[Finding]:
    """Directory, disk and port."""
    if not directory.is_dir() or not os.access(directory, os.W_OK | os.X_OK):
        yield Finding("error", str(directory), "it cannot be written", "give the board's user a directory of its own")
        return
    free = disk_usage(directory).free
    if free < settings.disk_reserve:
        yield Finding(
            "warning", str(directory), f"{free >> 20} MiB are free on its disk", "make room: no blob is taken"
        )
    try:
        with server.locked(directory):
            yield from _inspect_port(settings)
    except Unusable:
        return  # it serves already, and the port is its own


def _inspect_port(settings: Settings) -> Iterator[Finding]:
    try:
        claim(settings.host, settings.port)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        yield Finding("error", where, f"it cannot be listened on ({error.strerror})", "choose another `host` or `port`")


def _inspect_public(directory: Path, settings: Settings) -> Iterator[Finding]:
    """What the public meets, and what the first record may be."""
    for name, address in (("address", settings.address), *(("mirrors", each) for each in settings.mirrors)):
        if address.startswith("http://"):
            yield Finding(
                "warning", f"`{name}`", f"{address} is not https", "let a proxy end TLS: others can read along"
            )
    if not settings.manifest and not (directory / server.DATABASE).exists():
        yield Finding(
            "warning", "`manifest`", "anybody can post the first record, for ever", "give the SHA-256 of the manifest"
        )


def _ask_witnesses(trust: Policy, key: Key) -> Iterator[Finding]:
    for name, party in trust.witnesses.items():
        if not party.url:
            yield Finding(
                "warning", f"witness {name}", "the policy has no address of it", "it can never cosign: add one"
            )
            continue
        try:
            status = requests.get(
                monitoring_address(party.url, key.name), timeout=ASKING, allow_redirects=False, auth=anonymous
            ).status_code
        except requests.RequestException as error:
            yield Finding(
                "warning", f"witness {name}", f"not reached ({type(error).__name__})", f"ask who runs {party.url}"
            )
            continue
        if status not in {200, 404}:  # 404: it has cosigned nothing of this log so far
            yield Finding("warning", f"witness {name}", f"it answers with status {status}", f"ask who runs {party.url}")
