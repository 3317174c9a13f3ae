"""The bill of materials: what the wheels hold or stand on, by pinned version, as CycloneDX JSON.

Crates and npm packages come with their digests. A Python pin has one for each file that an index may offer: these stay
in requirements/, where pip reads them.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from release.wheels import APP, LOCK

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

REQUIRED, EXTRAS = "base", ("board", "dask", "libsodium", "pdf", "token")  # files of requirements/


class Bill:
    """Components by their reference, and which need which."""

    def __init__(self) -> None:
        self.components: dict[str, Component] = {}
        self.needs: defaultdict[str, set[str]] = defaultdict(set)

    def add(
        self, kind: str, name: str, version: str, digests: Iterable[HashType] = (), *, optional: bool = False
    ) -> str:
        """Enter a component of an ecosystem (`pypi`, `cargo`, `npm`) once; its reference, which is its package URL."""
        group, _, short = name.rpartition("/")
        url = PackageURL(kind, namespace=group or None, name=short, version=version)
        self.components.setdefault(
            str(url),
            Component(
                bom_ref=str(url),
                purl=url,
                group=group or None,
                name=short,
                version=version,
                hashes=digests,
                scope=ComponentScope.OPTIONAL if optional else ComponentScope.REQUIRED,
            ),
        )
        return str(url)

    def dump(self, root: str, time: datetime) -> str:
        """The bill of the component `root` as JSON, the same for the same bill."""
        main = self.components[root]
        main.type, main.scope = ComponentType.APPLICATION, None
        serial = uuid5(NAMESPACE_URL, " ".join([*self.components, *(digest.content for digest in main.hashes)]))
        bom = Bom(
            components=[component for ref, component in self.components.items() if ref != root],
            metadata=BomMetaData(component=main, timestamp=time),
            serial_number=serial,
        )
        for ref, component in self.components.items():
            bom.register_dependency(component, [self.components[needed] for needed in self.needs[ref]])
        return f"{JsonV1Dot6(bom).output_as_string(indent=2)}\n"


def bill(sources: Path, wheels: Iterable[Path], epoch: int) -> str:
    """The bill of the wheels of a release, as JSON; `sources` are laid out with the crates' lock file."""
    wheels = list(wheels)
    project, kernel = (
        tomllib.loads((sources / f"{folder}pyproject.toml").read_text())["project"] for folder in ("", "kernel/")
    )
    [aikyn] = [wheel for wheel in wheels if wheel.name.startswith("aikyn-")]
    kernels = [_sha256(wheel.read_bytes()) for wheel in wheels if wheel != aikyn]
    made = Bill()
    root = made.add("pypi", "aikyn", project["version"], [_sha256(aikyn.read_bytes())])
    binary = made.add("pypi", "aikyn-kernel", kernel["version"], kernels, optional=True)
    with zipfile.ZipFile(aikyn) as held:
        files = {name: held.read(name) for name in sorted(held.namelist()) if name.startswith(f"{APP}/")}
    listed = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in files.items())  # as sha256sum has it
    app = Component(bom_ref=APP, name=APP, type=ComponentType.FILE, hashes=[_sha256(listed.encode())])
    made.components[APP] = app
    made.needs[root] |= {binary, APP}
    for name in (REQUIRED, *EXTRAS):
        _add_pins(made, root, (sources / f"requirements/{name}.txt").read_text(), optional=name != REQUIRED)
    _add_crates(made, binary, tomllib.loads((sources / LOCK).read_text()))
    _add_packages(made, APP, json.loads((sources / "web/package-lock.json").read_text()))
    return made.dump(root, datetime.fromtimestamp(epoch, UTC))


def _add_pins(made: Bill, root: str, pins: str, *, optional: bool) -> None:
    """What pip installs; the comments of the pins say which of them asks for which."""
    found = re.findall(r"^([\w.-]+)==(\S+).*((?:\n +.*)*)", pins, re.MULTILINE)
    refs = {name: made.add("pypi", name, version, optional=optional) for name, version, _ in found}
    for name, _, below in found:
        for parent in re.findall(r"# +(?:via )?([\w.-]+)(?: \(pyproject.toml\))?$", below, re.MULTILINE):
            if parent != "via":
                made.needs[root if parent == "aikyn" else refs[parent]].add(refs[name])


def _add_crates(made: Bill, binary: str, lock: dict[str, list[dict[str, Any]]]) -> None:
    """What is linked into the kernel, on one system or another."""
    refs: dict[str, str] = {}
    for crate in lock["package"]:
        digest = [HashType(alg=HashAlgorithm.SHA_256, content=crate["checksum"])] if "checksum" in crate else []
        ref = made.add("cargo", crate["name"], crate["version"], digest) if digest else binary
        refs |= {crate["name"]: ref, f"{crate['name']} {crate['version']}": ref}
    for crate in lock["package"]:
        made.needs[refs[f"{crate['name']} {crate['version']}"]] |= {
            refs[each] for each in crate.get("dependencies", ())
        }


def _add_packages(made: Bill, app: str, lock: dict[str, dict[str, dict[str, Any]]]) -> None:
    """What is bundled into the app's scripts; what only builds or tests it is not."""
    bundled = {path: package for path, package in lock["packages"].items() if not package.get("dev")}
    refs = {"": app}
    for path, package in bundled.items():
        if path:
            digest = base64.b64decode(package["integrity"].removeprefix("sha512-")).hex()
            hashed = [HashType(alg=HashAlgorithm.SHA_512, content=digest)]
            refs[path] = made.add("npm", path.removeprefix("node_modules/"), package["version"], hashed)
    for path, package in bundled.items():
        made.needs[refs[path]] |= {refs[f"node_modules/{each}"] for each in package.get("dependencies", ())}


def _sha256(raw: bytes) -> HashType:
    return HashType(alg=HashAlgorithm.SHA_256, content=sha256(raw).hexdigest())
