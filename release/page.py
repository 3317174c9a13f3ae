"""The draft of a release's page: the digests first, then what auditors do with them in three languages."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from importlib.metadata import version as installed
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from release.wheels import Unreproducible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from release.wheels import Checkout

LANGUAGES = ("ky", "ru", "en")
WORDS = Path(__file__).parent / "words"
COMPARE = """\
sha256sum --check --ignore-missing SHA256SUMS
python3 -m zipfile -e $aikyn unpacked
(cd unpacked && find verifier -type f | LC_ALL=C sort | xargs sha256sum) | sha256sum
"""
INSTALL = """\
python3 -m venv aikyn
aikyn/bin/pip install --require-hashes --requirement requirements.txt
aikyn/bin/pip install --no-deps $aikyn aikyn_kernel-*.whl
aikyn/bin/aikyn-verify --version --digest
"""
PAGE = """\
# Aikyn $version

`verifier $verifier`

`app $app`

| file | bytes | SHA-256 |
|---|---|---|
$files

$auditors
## Changes

$changes

## To build it again

`make release` at commit `$commit` makes the same files for this system and processor. It was run
with $tools.
"""


def compose(
    version: str, digests: Mapping[str, str], files: Iterable[Path], changelog: str, commit: str, tools: str
) -> str:
    """The page; `digests` has the trust sheet's lines `verifier` and `app`, `changelog` is the whole CHANGELOG.md."""
    files = list(files)
    [aikyn] = [file.name for file in files if file.name.startswith("aikyn-") and file.suffix == ".whl"]
    return Template(PAGE).substitute(
        version=version,
        **digests,
        files="\n".join(f"| {file.name} | {file.stat().st_size:,} | `{_digest(file)}` |" for file in files),
        auditors="\n".join(_auditors(language, aikyn) for language in LANGUAGES),
        changes=changes(changelog, version),
        commit=commit,
        tools=tools,
    )


def changes(changelog: str, version: str) -> str:
    """What the changelog says of a version."""
    section = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if section is None:
        raise Unreproducible(f"CHANGELOG.md says nothing of {version}")
    return section[1].strip()


def checksums(files: Iterable[Path]) -> str:
    """The files' digests as `sha256sum --check` reads them."""
    return "".join(f"{_digest(file)}  {file.name}\n" for file in files)


def tools(source: Checkout) -> str:
    """What builds, with its versions: another one may give other bytes."""
    rust, node, npm = (source.run("web", name, "--version").strip() for name in ("rustc", "node", "npm"))
    lock = json.loads((source.place / "web/package-lock.json").read_text())
    esbuild = lock["packages"]["node_modules/esbuild"]["version"]
    python = (f"{name} {installed(name)}" for name in ("hatchling", "maturin"))
    return ", ".join((rust, *python, f"Node {node}", f"npm {npm}", f"esbuild {esbuild}"))


def _auditors(language: str, aikyn: str) -> str:
    said = Template((WORDS / f"auditors.{language}.md").read_text(encoding="utf-8"))
    return said.substitute(aikyn=aikyn, compare=block(COMPARE, aikyn), install=block(INSTALL, aikyn))


def block(commands: str, aikyn: str) -> str:
    """The commands with the wheel's name, to be copied."""
    return f"```console\n{Template(commands).substitute(aikyn=aikyn)}```"


def _digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
