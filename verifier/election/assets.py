"""The app on the log: which bytes voters are served, by a record of the central commission (specs/assets.md)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from verifier.commission.quorum import central
from verifier.election.manifest import ManifestState
from verifier.errors import Detail, refuse, say
from verifier.log.tree import hash_leaf
from verifier.place import Place
from verifier.records import Blob, Blobs, Bytes32, Part, Record, Text, encode
from verifier.rule import Effect, Rule, Step

MOST_FILES = 400
NAMES = r"(/\.well-known)?(/[A-Za-z0-9_-][A-Za-z0-9._-]*)"
PATH, PREFIX = re.compile(NAMES + "+"), re.compile(NAMES + "*/")
MEDIA = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+(; charset=utf-8)?")
BESIDE = ("/trust.txt", "/manifest.json", "/site.json")  # which election it is
UNRUN = ("text/plain; charset=utf-8", "application/json", "application/waict-integrity-manifest")  # by no browser
DIRECTIVE = re.compile(r"[a-z-]+( [!-+\--:<-~]+)*")  # of printable ASCII without , and ;
NONE, TYPED = ("default-src", "base-uri", "frame-ancestors", "trusted-types"), "require-trusted-types-for"
ALWAYS = {f"{TYPED} 'script'", *(f"{name} 'none'" for name in NONE)}
OWN = {name: {"'self'"} for name in ("style-src", "font-src", "manifest-src", "worker-src")}
OWN["script-src"] = {"'self'", "'wasm-unsafe-eval'"}
KNOWN = {*NONE, TYPED, *OWN, "connect-src", "form-action", "img-src", "media-src"}
FIRST = bytes(32)


class ServedFile(Part, frozen=True):
    """One file of the app: at which path its bytes are served, as which media type."""

    path: str
    type: str
    blob: Blob


class ServedPolicy(Part, frozen=True):
    """The Content-Security-Policy of all that is asked for under a prefix."""

    prefix: str
    csp: str


class Assets(Record, frozen=True, tag="assets"):
    """The app from now on; `app` is the digest of the files that every election has (§1.2)."""

    app: Bytes32
    files: tuple[ServedFile, ...]
    headers: tuple[ServedPolicy, ...]
    reason: Text
    replaces: Bytes32

    @property
    def entries(self) -> dict[str, ServedFile | ServedPolicy]:
        """All that it lists, by path; a prefix is the path of its policy."""
        return {file.path: file for file in self.files} | {policy.prefix: policy for policy in self.headers}


@dataclass
class AssetsState(ManifestState):
    """Part of the election's state: the app in effect."""

    assets: Assets | None = None


def app_digest(files: Iterable[ServedFile]) -> bytes:
    """The SHA-256 of the files that are the same for every election (§1.2)."""
    return sha256(encode([file for file in files if not file.path.endswith(BESIDE)])).digest()


def leaf_of(assets: Assets | None) -> bytes:
    """What the next record replaces."""
    return hash_leaf(encode(assets)) if assets else FIRST


def list_changes(former: Assets, record: Assets) -> tuple[list[str], list[str], list[str]]:
    """The paths that were added, removed and changed."""
    old, new = former.entries, record.entries
    changed = [path for path in old.keys() & new.keys() if old[path] != new[path]]
    return sorted(new.keys() - old.keys()), sorted(old.keys() - new.keys()), sorted(changed)


def is_safe(csp: str) -> bool:
    """Whether pages under this policy run files of their own origin alone, and nobody frames them (§1.4)."""
    told = csp.split("; ")
    sources = {name: set(words) for name, *words in (one.split(" ") for one in told)}
    whole = all(map(DIRECTIVE.fullmatch, told)) and len(sources) == len(told) and ALWAYS.issubset(told)
    bound = {"script-src"} <= sources.keys() <= KNOWN
    return whole and bound and all(sources.get(name, own) <= own for name, own in OWN.items())


def prepare_assets(state: AssetsState, record: Assets, where: Place, _blobs: Blobs) -> Step:
    """The list is well formed and its policies are safe (ART.1); it replaces what is in effect (ART.2)."""
    for complaint in _complaints(record):
        refuse("ART.1", where, complaint)
    if record.replaces != leaf_of(state.assets):
        refuse("ART.2", where, "the app that it replaces is not the one in effect")
    return Step(record)


def complete_assets(state: AssetsState, record: Assets, where: Place, blobs: Blobs) -> Effect:
    """The central commission's quorum has signed; what replaces an app while people vote is a finding (ART.3)."""
    prepare_assets(state, record, where, blobs)
    former = state.assets

    def apply() -> None:
        state.assets = record
        if former and state.phase == "voting":
            paths = (", ".join(listed) or "–" for listed in list_changes(former, record))
            said = say("the app was changed: added {}; removed {}; changed {}", *paths)
            state.find("ART.3", "warning", where, said)

    return apply


def _complaints(record: Assets) -> Iterator[Detail]:
    paths, prefixes = [file.path for file in record.files], [policy.prefix for policy in record.headers]
    if not 1 <= len(paths) <= MOST_FILES or paths != sorted(set(paths)):
        yield say("its paths do not ascend, one stands twice, or they are not 1 to {}", MOST_FILES)
    for path, media in ((file.path, file.type) for file in record.files):
        if not PATH.fullmatch(path) or not MEDIA.fullmatch(media) or (path.endswith(BESIDE) and media not in UNRUN):
            yield say("no file can have the path {} and the type {}", path, media)
    if prefixes[:1] != ["/"] or prefixes != sorted(set(prefixes)) or not all(map(PREFIX.fullmatch, prefixes)):
        yield "its prefixes do not begin with /, do not ascend, or one is no folder"
    for policy in (policy for policy in record.headers if not is_safe(policy.csp)):
        yield say("the policy of {} is not safe", policy.prefix)
    if record.app != app_digest(record.files):
        yield "its digest is not that of its files"


ASSETS = Rule(Assets, ("ceremony", "registration", "voting"), prepare_assets, central, complete_assets)
