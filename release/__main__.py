"""`make release`: both wheels, built twice and compared, and what is published beside them, in build/release."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import click

from bulletin.office import served
from release import page, sbom, wheels
from release.wheels import HOUSE, Checkout, Unreproducible
from verifier.desk import program

OUT, WORK = HOUSE / "build/release", HOUSE / "build/release.work"
COPIES = ("a", "another/place")  # of different lengths, so that a path which got into a file would show


@click.command()
@click.option(
    "--wheels",
    "built",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Build nothing: take the wheels below this directory, where several machines have left theirs.",
)
def main(built: Path | None) -> None:
    """Make the files of a release from the last commit, in build/release."""
    for folder in (OUT, WORK):
        shutil.rmtree(folder, ignore_errors=True)
    if subprocess.check_output(["git", "status", "--porcelain"], cwd=HOUSE):
        print("what is not committed is not in the release", file=sys.stderr)
    try:
        sources = [wheels.lay_out(WORK / name) for name in COPIES]
        found = wheels.agree([built.resolve()] if built else [build(source) for source in sources])
        publish(sources[0], list(found.values()), OUT)
    except Unreproducible as error:
        sys.exit(f"no release: {error}")
    shutil.rmtree(WORK)
    print((OUT / "SHA256SUMS").read_text(), end="")


def build(source: Checkout) -> Path:
    """Build the wheels from sources; the directory that has them."""
    out = source.place / "build/wheels"
    wheels.build(source, out)
    wheels.refuse_paths(out.glob("*.whl"), source)
    return out


def publish(source: Checkout, built: list[Path], out: Path) -> None:
    """Leave in `out` what is published: the wheels, their pins, bill, checksums and page."""
    if sum(wheel.name.startswith("aikyn-") for wheel in built) != 1 or len(built) < 2:
        raise Unreproducible("a wheel of aikyn and at least one of its kernel are needed")
    out.mkdir(parents=True)
    version = tomllib.loads((source.place / "pyproject.toml").read_text())["project"]["version"]
    for wheel in built:
        shutil.copyfile(wheel, out / wheel.name)
    shutil.copyfile(source.place / "requirements/base.txt", out / "requirements.txt")
    (out / f"aikyn-{version}.cdx.json").write_text(sbom.bill(source.place, built, source.epoch), encoding="utf-8")
    files = sorted(out.iterdir())
    (out / "SHA256SUMS").write_text(page.checksums(files))
    [aikyn] = out.glob("aikyn-*.whl")
    said = page.compose(
        version,
        {
            "verifier": program.digest(zipfile.Path(aikyn, "verifier/")).hex(),
            "app": served.built_digest(zipfile.Path(aikyn, "bulletin/http/built/app/")),
        },
        files,
        (source.place / "CHANGELOG.md").read_text(encoding="utf-8"),
        subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=HOUSE, text=True).strip(),
        page.tools(source),
    )
    (out / "RELEASE.md").write_text(said, encoding="utf-8")


if __name__ == "__main__":
    main()
