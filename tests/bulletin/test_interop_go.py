"""Go's own sumdb packages read a log that our writer made, and refuse it once a byte is changed."""

import os
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from bulletin.log import database
from bulletin.log.archive import Files
from bulletin.log.tilelog import TileLog
from tests.support.house import HOUSE
from tests.support.needs import lacking
from verifier.log import note
from verifier.log.note import ED25519, Key

pytestmark = pytest.mark.process

PROGRAM = HOUSE / "tests/interop"
SECRET = SigningKey(bytes(range(32)))
KEY = Key("log.example/interop", ED25519, bytes(SECRET.verify_key))
SIZES = (0, 1, 255, 256, 257, 700, 66_000)


@pytest.fixture(scope="module")
def interop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built without the network; `go mod download` in tests/interop fetches its one module."""
    if shutil.which("go") is None:
        lacking("Go is not installed")
    binary = tmp_path_factory.mktemp("go") / "interop"
    offline = {**os.environ, "GOFLAGS": "-mod=readonly", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    command = ["go", "build", "-o", str(binary), "."]
    built = subprocess.run(command, cwd=PROGRAM, env=offline, capture_output=True, text=True, check=False)
    if "GOPROXY=off" in built.stderr:
        lacking("run `go mod download` in tests/interop first")
    assert built.returncode == 0, built.stderr
    return binary


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("log")
    signer = (KEY, lambda message: SECRET.sign(message).signature)
    log = TileLog(Files(place / "log"), database.open_log(place / "log.db"), KEY.name, [signer])
    for size in SIZES:
        log.append([b"entry %d" % index * (index % 7) for index in range(log.size, size)])
        log.publish(log.integrate().raw)
    (place / "receipts").mkdir()
    for index in (0, 255, 256, 65_535, 65_536, 65_999):
        (place / f"receipts/{index}.tlog-proof").write_bytes(log.receipt(index))
    pairs = [(old, size) for old in SIZES[1:] for size in SIZES if old <= size]
    proofs = [(old, size, *(b64encode(value).decode() for value in log.consistency(old, size))) for old, size in pairs]
    (place / "proofs").write_text("".join(" ".join(map(str, words)) + "\n" for words in proofs))
    return place


def read(interop: Path, place: Path, log: Path) -> subprocess.CompletedProcess[str]:
    command = [str(interop), str(log), note.encode_key(KEY), str(place / "receipts"), str(place / "proofs")]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_go_reads_and_authenticates_our_log(interop: Path, place: Path) -> None:
    done = read(interop, place, place / "log")
    assert (done.stdout, done.stderr) == ("66000 entries, 7 checkpoints, 6 receipts, 21 proofs\n", "")


@pytest.mark.parametrize(
    "name", ["checkpoint", "checkpoints/3", "tile/entries/100", "tile/0/100", "tile/1/000", "tile/2/000.p/1"]
)
def test_go_refuses_our_log_with_one_bit_changed(interop: Path, place: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "log"
    shutil.copytree(place / "log", copy)
    raw = bytearray((copy / name).read_bytes())
    raw[25] ^= 1
    (copy / name).write_bytes(raw)
    assert read(interop, place, copy).returncode != 0
