"""Other people's programs for tlog-tiles and tlog-witness meet our board and our witness over HTTP, unchanged."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from bulletin.board.feeder import Feeder
from bulletin.log import database
from bulletin.log.archive import Files
from bulletin.log.database import open_witness
from bulletin.log.tilelog import TileLog
from bulletin.settings import load_key, make_key
from bulletin.witness.app import create_app
from bulletin.witness.witness import Witness
from tests.support.browsing import archived
from tests.support.house import HOUSE
from tests.support.needs import lacking
from tests.support.serving import serving
from verifier.log import checkpoint, note, policy
from verifier.log.note import COSIGNATURE, ED25519, ML_DSA_44, Key

PROGRAM = HOUSE / "tests/interop/network"
SECRET = SigningKey(b"l" * 32)
LOG = Key("log.example/network", ED25519, bytes(SECRET.verify_key))
SIZES = (1, 255, 256, 700)
# What the witness calls for signatures that we never ask for stands in a version that the module proxy lacks.
LACKING = """package proof

import (
	"errors"

	"github.com/transparency-dev/merkle"
)

func VerifySubtreeConsistency(merkle.LogHasher, uint64, uint64, uint64, [][]byte, []byte, []byte) error {
	return errors.New("not asked for here")
}
"""
KINDS = pytest.mark.parametrize("kind", [COSIGNATURE, ML_DSA_44], ids=["Ed25519", "ML-DSA-44"])
pytestmark = [pytest.mark.process, pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, built without the network; `go mod download` in tests/interop/network fetches its modules."""
    if shutil.which("go") is None:
        lacking("Go is not installed")
    place = tmp_path_factory.mktemp("go") / "network"
    shutil.copytree(PROGRAM, place)
    offline = {**os.environ, "GOFLAGS": "", "GOPROXY": "off", "GOTOOLCHAIN": "local"}

    def go(*words: str) -> None:
        done = subprocess.run(["go", *words], cwd=place, env=offline, capture_output=True, text=True, check=False)
        if "GOPROXY=off" in done.stderr:
            lacking("run `go mod download` in tests/interop/network first")
        assert done.returncode == 0, done.stderr

    go("mod", "vendor")
    (place / "vendor/github.com/transparency-dev/merkle/proof/lacking.go").write_text(LACKING)
    go("build", "-mod=vendor", "-o", "network", ".")
    return place / "network"


@contextmanager
def witness_of_ours(place: Path, kind: int) -> Iterator[tuple[str, Key]]:
    make_key(place / "witness.key", "witness.example/ours", kind)
    key, sign = load_key(place / "witness.key", kind)
    memory = open_witness(place / "witness.db")
    made = Witness(key, sign, {LOG.name: [LOG]}, memory, place / "evidence", lambda: int(time.time()))
    with serving(create_app(made)) as url:
        yield url, key


@pytest.fixture
def log(tmp_path: Path) -> TileLog:
    signer = (LOG, lambda message: SECRET.sign(message).signature)
    return TileLog(Files(tmp_path / "log"), database.open_log(tmp_path / "log.db"), LOG.name, [signer])


@contextmanager
def board(log: TileLog) -> Iterator[str]:
    """The log's files as our board serves them."""
    with serving(archived(log.directory)) as url:
        yield url


def run(network: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(network), *words], capture_output=True, text=True, timeout=60, check=False)


def grow(log: TileLog, size: int) -> None:
    log.append([b"entry %d" % index * (index % 5) for index in range(log.size, size)])


@KINDS
def test_tessera_reads_our_board_and_our_witness_is_fed_by_the_transparency_devs(
    network: Path, log: TileLog, tmp_path: Path, kind: int
) -> None:
    key, old = note.encode_key(LOG), 0
    with board(log) as url, witness_of_ours(tmp_path, kind) as (place, ours):
        for size in SIZES:
            grow(log, size)
            log.publish(log.integrate().raw)
            done = run(network, "read", url, key)
            assert (done.stdout, done.returncode) == (f"{size} entries\n", 0), done.stderr
            done = run(network, "feed", url, key, place, note.encode_key(ours))
            assert (done.stdout, done.returncode) == (f"from {old} to {size}\n", 0), done.stderr
            old = size
        path = log.directory / "tile/entries/001"
        path.write_bytes(path.read_bytes().replace(b"entry 301", b"entry 310", 1))
        assert run(network, "read", url, key).returncode != 0


@KINDS
def test_the_transparency_devs_witness_cosigns_our_log(network: Path, log: TileLog, tmp_path: Path, kind: int) -> None:
    key = make_key(tmp_path / "witness.key", "witness.example/theirs", kind)
    words = [str(network), "witness", note.encode_key(LOG), str(tmp_path / "witness.key")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        trust = policy.decode(f"witness theirs {note.encode_key(key)} {url}\nquorum theirs\n".encode())
        for feeder in (Feeder(trust), Feeder(trust)):  # the second one has to learn what the witness has seen
            for size in SIZES:
                grow(log, size + log.size)
                cosigned = checkpoint.decode(feeder.feed(log.integrate(), log.consistency))
                assert [line.key for line in checkpoint.check_cosignatures("BRD.5", "", cosigned, [key])] == [key]
                log.publish(cosigned.raw)
        process.communicate()
    assert process.returncode == 0
