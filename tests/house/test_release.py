"""How a release is made: the same bytes each time, with all that runs and nothing else, told completely and plainly."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from bulletin.office import served
from release import __main__ as make
from release import page, sbom, wheels
from release.wheels import APP, HOUSE, LOCK, Checkout, Unreproducible
from tests.support.sources import MACHINES, TEXTS
from verifier.desk import program

pytestmark = pytest.mark.process

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
KERNEL = tomllib.loads((HOUSE / "kernel/pyproject.toml").read_text())["project"]
README = (HOUSE / "README.md").read_text()
AIKYN = f"aikyn-{PROJECT['version']}-py3-none-any.whl"
INFO = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")


def lay_out(place: Path) -> Checkout:
    """The sources as they are here, committed or not, with one page in the place of the app."""
    if not (HOUSE / LOCK).is_file():
        pytest.skip("without Rust no crates are locked")
    for name in (*TEXTS, LOCK):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HOUSE / name, place / name)
    (place / APP).mkdir(parents=True)
    (place / APP / "index.html").write_bytes(b"a page")
    return Checkout(place, 1_700_000_000)


def pack(wheel: Path, held: Mapping[str, bytes]) -> Path:
    wheel.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w") as file:
        for name, data in held.items():
            file.writestr(zipfile.ZipInfo(name), data)
    return wheel


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return lay_out(tmp_path_factory.mktemp("release") / "one")


@pytest.fixture(scope="module")
def aikyn(source: Checkout) -> Path:
    wheels.build_aikyn(source, source.place / "out")
    return source.place / "out" / AIKYN


@pytest.fixture(scope="module")
def published(source: Checkout, aikyn: Path) -> Path:
    kernels = [pack(source.place / f"aikyn_kernel-1-{machine}.whl", {"a": b""}) for machine in ("x86_64", "aarch64")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page, "tools", lambda _: "rustc 1.90")
        make.publish(source, [aikyn, *kernels], source.place / "published")
    return source.place / "published"


def test_a_release_is_of_a_commit_and_of_its_time(tmp_path: Path) -> None:
    if not (HOUSE / LOCK).is_file():
        pytest.skip("without Rust no crates are locked")
    source = wheels.lay_out(tmp_path / "one", "HEAD")
    asked = {"listed": ["ls-tree", "-r", "--name-only", "HEAD"], "time": ["show", "--no-patch", "--format=%ct", "HEAD"]}
    told = {name: subprocess.check_output(["git", *words], cwd=HOUSE, text=True) for name, words in asked.items()}
    laid = {str(path.relative_to(source.place)) for path in source.place.rglob("*") if path.is_file()}
    assert laid - {LOCK} == set(told["listed"].splitlines()) - {LOCK}
    assert source.epoch == int(told["time"])


def test_two_builds_in_two_places_agree(aikyn: Path, tmp_path: Path) -> None:
    usual = os.umask(0o077)
    try:
        other = lay_out(tmp_path / "another" / "place")
        wheels.build_aikyn(other, tmp_path / "out")
    finally:
        os.umask(usual)
    assert wheels.agree([aikyn.parent, tmp_path / "out"]) == {AIKYN: aikyn}


def test_the_wheel_has_all_that_runs_and_nothing_else(source: Checkout, aikyn: Path) -> None:
    rooms = [path for room in ("verifier", "mixnet", "bulletin") for path in (source.place / room).rglob("*")]
    expected = {str(path.relative_to(source.place)) for path in rooms if path.is_file()}
    expected |= {f"aikyn-{PROJECT['version']}.dist-info/{name}" for name in INFO}
    filled_in = [path for path in (source.place / "deploy").iterdir() if path.suffix not in {".md", ".yml"}]
    expected |= {f"bulletin/{path.relative_to(source.place)}" for path in filled_in}
    with zipfile.ZipFile(aikyn) as held:
        assert set(held.namelist()) == expected
    assert f"{APP}/index.html" in expected


def test_a_wheel_without_the_app_is_not_built(tmp_path: Path) -> None:
    bare = Checkout(tmp_path, 0)
    with pytest.raises(Unreproducible, match="app is not built"):
        wheels.build_aikyn(bare, tmp_path / "out")


def test_wheels_that_differ_are_no_release(tmp_path: Path) -> None:
    held = {"a.py": b"1", "b.py": b"2"}
    for place in ("one", "two"):
        pack(tmp_path / place / "x.whl", held)
    pack(tmp_path / "two" / "y.whl", held)
    assert set(wheels.agree([tmp_path])) == {"x.whl", "y.whl"}
    for other, differing in ((held | {"b.py": b"3"}, "b.py"), (held | {"c.py": b""}, "c.py")):
        pack(tmp_path / "two" / "x.whl", other)
        with pytest.raises(Unreproducible, match=f"x.whl was built twice and differs: {differing}$"):
            wheels.agree([tmp_path / "one", tmp_path / "two"])
    pack(tmp_path / "two" / "x.whl", dict(reversed(held.items())))
    with pytest.raises(Unreproducible, match="its zip"):
        wheels.agree([tmp_path])


def test_a_folder_of_the_machine_in_a_wheel_is_noticed(aikyn: Path, tmp_path: Path) -> None:
    place = Checkout(tmp_path / "sources", 0)
    (place.place / "kernel").mkdir(parents=True)
    wheels.refuse_paths([aikyn], place)
    traced = pack(tmp_path / "x.whl", {"x.so": b"\0" + bytes(place.place / "kernel/src/lib.rs") + b"\0"})
    with pytest.raises(Unreproducible, match=r"x\.whl: x\.so names .*sources, a folder of this machine"):
        wheels.refuse_paths([traced], place)


def test_what_the_caller_s_environment_says_does_not_reach_the_build(
    source: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RUSTFLAGS", "CARGO_PROFILE_RELEASE_LTO", "PYTHONPATH"):
        monkeypatch.setenv(name, "stray")
    seen = dict(line.split("=", 1) for line in source.run(".", "env").splitlines() if "=" in line)
    assert "stray" not in seen.values()
    assert seen["SOURCE_DATE_EPOCH"] == str(source.epoch)


# The bill of materials.


@pytest.fixture(scope="module")
def bill(published: Path) -> dict[str, Any]:
    return json.loads((published / f"aikyn-{PROJECT['version']}.cdx.json").read_text())  # type: ignore[no-any-return]


def test_the_bill_is_cyclonedx_and_names_no_registry(published: Path, bill: dict[str, Any]) -> None:
    text = (published / f"aikyn-{PROJECT['version']}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert MACHINES.search(text) is None
    assert bill["metadata"]["component"]["hashes"] == [digest(published / AIKYN)]


def test_the_bill_is_the_same_each_time(source: Checkout, published: Path) -> None:
    made = sorted(published.glob("*.whl"))
    again = sbom.bill(source.place, made, source.epoch)
    assert again == (published / f"aikyn-{PROJECT['version']}.cdx.json").read_text()
    assert sbom.bill(source.place, list(reversed(made)), source.epoch) == again


def test_the_bill_lists_every_pin_crate_and_package(bill: dict[str, Any]) -> None:
    listed = {each["purl"] for each in bill["components"] if "purl" in each}
    files = ("base", "board", "dask", "libsodium", "pdf", "token")
    pins = [(HOUSE / f"requirements/{name}.txt").read_text() for name in files]
    pinned = {
        f"pkg:pypi/{name}@{version}"
        for text in pins
        for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)
    }
    crates = tomllib.loads((HOUSE / LOCK).read_text())["package"]
    linked = {f"pkg:cargo/{each['name']}@{each['version']}" for each in crates if "source" in each}
    packages = json.loads((HOUSE / "web/package-lock.json").read_text())["packages"]
    bundled = {
        f"pkg:npm/{path.removeprefix('node_modules/').replace('@', '%40')}@{each['version']}"
        for path, each in packages.items()
        if path and not each.get("dev")
    }
    assert min(map(len, (pinned, linked, bundled))) > 3
    assert listed == pinned | linked | bundled | {f"pkg:pypi/aikyn-kernel@{KERNEL['version']}"}


def test_everything_in_the_bill_is_there_for_something(bill: dict[str, Any]) -> None:
    needs = {each["ref"]: set(each.get("dependsOn", ())) for each in bill["dependencies"]}
    reached, new = set(), {bill["metadata"]["component"]["bom-ref"]}
    while new:
        reached |= new
        new = set().union(*(needs[ref] for ref in new)) - reached
    assert reached == {each["bom-ref"] for each in bill["components"]} | {bill["metadata"]["component"]["bom-ref"]}


# What is published.


def test_what_is_published_is_this_and_nothing_else(published: Path) -> None:
    names = {AIKYN, "aikyn_kernel-1-aarch64.whl", "aikyn_kernel-1-x86_64.whl", "requirements.txt", "SHA256SUMS"}
    assert {path.name for path in published.iterdir()} == names | {f"aikyn-{PROJECT['version']}.cdx.json", "RELEASE.md"}
    lines = [line.split("  ") for line in (published / "SHA256SUMS").read_text().splitlines()]
    sums = {name: found for found, name in lines}
    assert sums == {path.name: digest(path)["content"] for path in published.iterdir() if path.name in sums}
    assert {path.name for path in published.iterdir()} - sums.keys() == {"SHA256SUMS", "RELEASE.md"}


def test_the_page_tells_auditors_in_three_languages_what_the_readme_tells(published: Path) -> None:
    told = (published / "RELEASE.md").read_text()
    assert f"`verifier {program.digest(zipfile.Path(published / AIKYN, 'verifier/')).hex()}`" in told
    app = served.built_digest(zipfile.Path(published / AIKYN, "bulletin/http/built/app/"))
    assert f"`app {app}`" in told
    for file in (line.split("  ") for line in (published / "SHA256SUMS").read_text().splitlines()):
        assert re.search(rf"\| {re.escape(file[1])} \| [\d,]+ \| `{file[0]}` \|", told)
    for commands in (page.COMPARE, page.INSTALL):
        block = page.block(commands, AIKYN)
        assert told.count(block) == len(page.LANGUAGES) == 3
        assert block in README
    assert f"./{AIKYN}" in README
    for heading in ("Аудиторлорго", "Аудиторам", "For auditors", "Changes"):
        assert f"\n## {heading}\n" in told
    assert "$" not in told


def test_the_page_has_the_changes_of_its_version_alone() -> None:
    log = "# Changes\n\n## 0.3.0\n\n- later\n\n## 0.2.0, a date\n\n- one\n- two\n\n## 0.1.0\n\n- earlier\n"
    assert page.changes(log, "0.2.0") == "- one\n- two"
    assert page.changes(log, "0.1.0") == "- earlier"
    with pytest.raises(Unreproducible, match=r"says nothing of 0\.4\.0"):
        page.changes(log, "0.4.0")
    assert page.changes((HOUSE / "CHANGELOG.md").read_text(), PROJECT["version"])


def test_a_release_without_a_kernel_is_refused(source: Checkout, aikyn: Path, tmp_path: Path) -> None:
    with pytest.raises(Unreproducible, match="at least one of its kernel"):
        make.publish(source, [aikyn], tmp_path / "out")


def test_versions_fit() -> None:
    cargo = tomllib.loads((HOUSE / "kernel/Cargo.toml").read_text())["package"]
    assert cargo["version"] == KERNEL["version"]
    [wanted] = PROJECT["optional-dependencies"]["kernel"]
    lowest, bound = re.fullmatch(r"aikyn-kernel>=([\d.]+),<([\d.]+)", wanted).groups()  # type: ignore[union-attr]
    parts = [tuple(map(int, version.split("."))) for version in (lowest, KERNEL["version"], bound)]
    assert parts[0] <= parts[1] < parts[2]


def digest(path: Path) -> dict[str, str]:
    return {"alg": "SHA-256", "content": sha256(path.read_bytes()).hexdigest()}
