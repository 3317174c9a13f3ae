"""What a board is set up with: its settings (one TOML file, above it AIKYN_ variables) and its key file.

The settings are trusted: whoever can change them can make the board refuse everyone. The key file is secret: whoever
reads it can sign a second history, which the witnesses then refuse to cosign.
"""

import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from nacl.signing import SigningKey

from verifier.client.text import read as read_text
from verifier.errors import VerifierError
from verifier.log import note
from verifier.log.note import ED25519, ML_DSA_44, Key

try:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
except ImportError:  # `cryptography` before 47
    MLDSA44PrivateKey = None  # type: ignore[assignment, misc]

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Amount = Annotated[int, msgspec.Meta(ge=1)]
Digest = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
ADDRESS = r"https?://[A-Za-z0-9.:\[\]-]+"
Address = Annotated[str, msgspec.Meta(pattern=rf"^({ADDRESS})?\Z")]
PREFIX = "AIKYN_"
SETTINGS, POLICY, ROOTS, PLAN = "board.toml", "policy", "roots.pem", "plan.json"
KEY_PREFIX = "PRIVATE+KEY+"
OPERATOR = "operator"
SEED = 32
NO_ML_DSA = "for an ML-DSA-44 key install `cryptography` 48 or newer, with OpenSSL 3.5 or newer"
Sign = Callable[[bytes], bytes]


class Unusable(Exception):
    """A setting or key file that cannot be used; the sentence says what to change."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a board runs.

    Seconds: `interval` between rounds of ballots, `republish` between checkpoints of an idle log, `retry` after too few
    cosignatures, `witness_timeout` for all witnesses, `patience` that a POST is held. `queue`, `requests`: most
    records that wait for their place, requests held. `uploads`: most blobs received at a time. `blob_limit`: bytes
    of one. `disk_reserve`: bytes of the disk that no blob may take. `ballot_rate`: ballots of one credential in an
    hour. `sender_rate`: posts from one network address in a minute; many voters may share one. `proxy`: the address
    of the proxy before this board, whose X-Forwarded-For is believed. `policy`: a file; by default the one called
    `policy` beside the settings. `roots`: a file of PEM with the authorities of the trust sheet; by default the one
    called `roots.pem` there. Without one no roster's certificates are judged. `plan`: the file of the plan that the
    manifest names, needed before the first record only; by default the one called `plan.json` there. `manifest`:
    the SHA-256 of the only manifest that may come first, or "".
    `address`, `mirrors` and `app`: where the public reaches this board, its mirrors and the voter's app, as
    `https://name`; `mirrors` stand in the file alone. `app_of_log`: whether the board serves the app that the log
    names. `archive`: the address of a bucket, or "" for files in the board's directory;
    `database`: that of a PostgreSQL database which several boards share, or "" for a file there, and `lease` the
    seconds after which a writer that is silent is replaced.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65_535)] = 8080
    policy: str = ""
    roots: str = ""
    plan: str = ""
    manifest: Digest = ""
    address: Address = ""
    mirrors: tuple[Address, ...] = ()
    app: Address = ""
    app_of_log: bool = False
    interval: Seconds = 0.25
    republish: Seconds = 60.0
    retry: Seconds = 2.0
    witness_timeout: Seconds = 2.0
    patience: Seconds = 25.0
    queue: Amount = 1024
    requests: Amount = 512
    uploads: Amount = 8
    blob_limit: Amount = 512 << 20
    disk_reserve: Amount = 256 << 20
    ballot_rate: Amount = 60
    sender_rate: Amount = 6000
    proxy: str = ""
    database: Annotated[str, msgspec.Meta(pattern=r"^(postgresql://\S+)?\Z")] = ""
    lease: Seconds = 5.0
    archive: Annotated[str, msgspec.Meta(pattern=r"^(https?://[^/\s]+/[^\s?#]+)?\Z")] = ""


def load(file: Path, environment: Mapping[str, str], given: Mapping[str, object]) -> Settings:
    """Settings from `file` if it exists, overruled by AIKYN_PORT and the like, overruled by what is `given`."""
    try:
        found = tomllib.loads(read_text(file).decode()) if file.exists() else {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, VerifierError) as error:
        raise Unusable(f"{file}: {error}") from error
    for name, usual in (("policy", POLICY), ("roots", ROOTS), ("plan", PLAN)):
        named = found.get(name, usual if (file.parent / usual).is_file() else "")
        if isinstance(named, str) and named:
            found[name] = str(file.parent / named)
    known = Settings.__struct_fields__
    said = {name: environment[PREFIX + name.upper()] for name in known if PREFIX + name.upper() in environment}
    try:
        return msgspec.convert({**found, **said, **given}, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise Unusable(f"a setting cannot be used: {error}") from error


def is_address(said: str) -> bool:
    """Whether this is an address, as `https://name`."""
    return re.fullmatch(ADDRESS, said) is not None


def make_key(file: Path, name: str, kind: int) -> Key:
    """Draw a key of this type for `name` and keep its seed, readable by its owner alone; never overwrites."""
    seed = secrets.token_bytes(SEED)
    key, _ = _open_key(name, kind, seed)
    try:
        note.decode_key(note.encode_key(key))
    except VerifierError as error:
        raise Unusable(f"a key cannot be called {name!r}: {error}") from error
    text = f"{KEY_PREFIX}{name}+{key.id.hex()}+{note.encode_base64(bytes([kind]) + seed)}\n"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Unusable(f"{file} exists already, and a key is never overwritten") from error
    with os.fdopen(descriptor, "w") as kept:
        kept.write(text)
        kept.flush()
        os.fsync(kept.fileno())
    return key


def load_key(file: Path, *kinds: int) -> tuple[Key, Sign]:
    """The key in the file, of one of these types, and the function that signs with it and hides the secret."""
    try:
        text, mode = file.read_text(), file.stat().st_mode
    except FileNotFoundError as error:
        raise Unusable(f"there is no key {file}: run `aikyn-board init` first") from error
    if mode & 0o077:
        raise Unusable(f"others may read {file}: run `chmod 600` on it, and think about whether they did")
    try:
        name, _, rest = text.removeprefix(KEY_PREFIX).rstrip("\n").partition("+")
        blob = note.decode_base64(rest.partition("+")[2])
        key, sign = _open_key(name, blob[0], blob[1:])
    except (VerifierError, ValueError, IndexError) as error:
        raise Unusable(f"{file} holds no key") from error
    if not text.startswith(KEY_PREFIX) or len(blob) != 1 + SEED or key.id.hex() != rest.partition("+")[0]:
        raise Unusable(f"{file} holds no key")
    if key.type not in kinds:
        asked = " or ".join(f"{kind:02x}" for kind in kinds)
        raise Unusable(f"{file} holds a key of type {key.type:02x}, not {asked}: logs have 01, witnesses 04 or 06")
    return key, sign


def make_operator(file: Path) -> Key:
    """Draw the key with which the operator posts and may end the voting, as `make_key` does."""
    return make_key(file, OPERATOR, ED25519)


def load_operator(file: Path) -> tuple[Key, Sign]:
    """The operator's key in the file, and the function that signs with it; a log's key is not taken for it."""
    key, sign = load_key(file, ED25519)
    if key.name != OPERATOR:
        raise Unusable(f"{file} is the key of {key.name}, not of the operator: run `aikyn-board operator-key`")
    return key, sign


def _open_key(name: str, kind: int, seed: bytes) -> tuple[Key, Sign]:
    """The key of a seed of 32 bytes, ML-DSA-44 for type 06 and Ed25519 for others, and how it signs."""
    if kind != ML_DSA_44:
        secret = SigningKey(seed)
        return Key(name, kind, bytes(secret.verify_key)), lambda message: secret.sign(message).signature
    if MLDSA44PrivateKey is None:
        raise Unusable(NO_ML_DSA)
    try:
        private = MLDSA44PrivateKey.from_seed_bytes(seed)
    except UnsupportedAlgorithm as error:
        raise Unusable(NO_ML_DSA) from error
    return Key(name, kind, private.public_key().public_bytes_raw()), private.sign
