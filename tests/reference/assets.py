"""The app on the log: a second reading of its record, written from specs/assets.md alone."""

from __future__ import annotations

import hashlib
from string import ascii_letters, ascii_lowercase, digits

from tests.reference.coding import Record, code
from tests.reference.commissions import Commissions, distinct
from tests.reference.log import leaf_hash, unbase64
from tests.reference.proofs import refuse_unless

LEFT_OUT = ("/trust.txt", "/manifest.json", "/site.json")
PLAIN = "; charset=utf-8"
UNRUN = ("text/plain" + PLAIN, "application/json", "application/waict-integrity-manifest")
FIXED = {
    "default-src": ["'none'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": ["'none'"],
}
BOUND = ("style-src", "font-src", "manifest-src", "worker-src")
FREE = ("connect-src", "form-action", "img-src", "media-src")


def is_parts(path: str, *, folder: bool) -> bool:
    """Whether these are the parts of a path, or of a prefix."""
    before, *parts = path.split("/")
    if folder:
        if before or parts[-1:] != [""]:
            return False
        parts.pop()
    if parts[:1] == [".well-known"] and (folder or len(parts) > 1):
        parts = parts[1:] or ["known"]
    letters = {*ascii_letters, *digits, *"-._"}
    return not before and (folder or parts != []) and all(p and p[0] != "." and letters.issuperset(p) for p in parts)


def is_media(said: str) -> bool:
    words = said.removesuffix(PLAIN).split("/")
    return len(words) == 2 and all(word and {*ascii_lowercase, *digits, *".+-"}.issuperset(word) for word in words)


def is_safe(csp: str) -> bool:
    directives = [directive.split(" ") for directive in csp.split("; ")]
    sources = {name: given for name, *given in directives}
    return (
        len(sources) == len(directives)
        and all(name and {*ascii_lowercase, "-"}.issuperset(name) for name in sources)
        and all(
            source and all("!" <= c <= "~" and c not in ",;" for c in source) for g in sources.values() for source in g
        )
        and all(sources.get(name) == given for name, given in FIXED.items())
        and "script-src" in sources
        and set(sources["script-src"]) <= {"'self'", "'wasm-unsafe-eval'"}
        and all(set(sources.get(name, [])) <= {"'self'"} for name in BOUND)
        and sources.keys() <= {*FIXED, "script-src", *BOUND, *FREE}
    )


def check_assets(record: Record) -> None:
    files, headers = record["files"], record["headers"]
    of_app = [file for file in files if not file["path"].endswith(LEFT_OUT)]
    conditions = (
        1 <= len(files) <= 400,
        all(is_parts(file["path"], folder=False) and is_media(file["type"]) for file in files),
        all(file in of_app or file["type"] in UNRUN for file in files),
        is_ascending([file["path"] for file in files]),
        headers != [] and headers[0]["prefix"] == "/",
        all(is_parts(policy["prefix"], folder=True) and is_safe(policy["csp"]) for policy in headers),
        is_ascending([policy["prefix"] for policy in headers]),
        hashlib.sha256(code(of_app)).digest() == unbase64(record["app"]),
    )
    refuse_unless("ART.1", all(conditions))


def is_ascending(listed: list[str]) -> bool:
    return distinct(listed) and listed == sorted(listed)


class Served(Commissions):
    """What the log says of the app."""

    app: Record | None = None

    def admit_assets(self, record: Record, _index: int) -> list[str]:
        check_assets(record)
        self.check_former(record)
        return []

    def effect_assets(self, record: Record, index: int) -> None:
        self.check_former(record)
        if self.app and self.phase == "voting":
            self.findings.append(("ART.3", index))
        self.app = record

    def check_former(self, record: Record) -> None:
        former = leaf_hash(code(self.app)) if self.app else bytes(32)
        refuse_unless("ART.2", unbase64(record["replaces"]) == former)
