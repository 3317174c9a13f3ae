"""Workers behind a dask scheduler (specs/workers.md §2–3): the same report, also if one dies; TLS; who is refused."""

from __future__ import annotations

import json
import re
import shutil
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from distributed.security import Security

from mixnet.commands import main as mix
from mixnet.vault import Vault
from tests.corpus.twin import honest
from tests.support import copies
from tests.support.cluster import cluster
from tests.support.desk import SHEET, Desk, files
from tests.support.house import HOUSE
from verifier.desk.cluster import NoWorkers, Scheduler, connected
from verifier.desk.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

ROWS = 8


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def keys(place: Path) -> Path:
    """An authority of a cluster, with one certificate for all its machines."""
    made = Security.temporary()
    place.mkdir()
    for name, text in zip(
        ("ca.pem", "cert.pem", "key.pem"), (made.tls_ca_file, made.tls_client_cert, made.tls_client_key), strict=True
    ):
        (place / name).write_text(text)
    return place


def options(place: Path) -> tuple[str, ...]:
    return (
        *("--tls-ca-file", str(place / "ca.pem")),
        *("--tls-cert", str(place / "cert.pem")),
        *("--tls-key", str(place / "key.pem")),
    )


@pytest.fixture
def small_parcels(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small election has many."""
    monkeypatch.setattr("verifier.desk.workers.Workers", partial(Workers, rows=ROWS))


@pytest.mark.process
@pytest.mark.slow
def test_a_worker_that_dies_on_the_way_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(3) as made, connected(Scheduler.of(f"dask://localhost:{made.port}", None)) as (executor, _):
        lost: list[str] = []
        workers = Workers(executor, 3, lost.append, rows=ROWS)
        submit, asked = executor.submit, 0

        def kill_on_the_way(fn: Callable[..., Any], /, *args: Any) -> Future[Any]:
            nonlocal asked
            asked += 1
            if asked == 10:
                made.kill(1)
            return submit(fn, *args)

        monkeypatch.setattr(executor, "submit", kill_on_the_way)
        with workers.multiplying():
            report = copies.audit(files(honest()), SHEET)
    assert report == copies.audit(files(honest()), SHEET)
    assert (lost, workers.redone) == ([], 0)
    assert workers.answered == asked > 20


@pytest.mark.process
@pytest.mark.slow
def test_when_all_are_gone_this_machine_goes_on_alone() -> None:
    with cluster(2) as made, connected(Scheduler.of(f"dask://127.0.0.1:{made.port}", None)) as (executor, _):
        lost: list[str] = []
        workers = Workers(executor, 2, lost.append, rows=ROWS, patience=3)
        for number in range(2):
            made.kill(number)
        with workers.multiplying():
            report = copies.audit(files(honest()), SHEET)
    assert report == copies.audit(files(honest()), SHEET)
    assert (workers.answered, lost) == (0, ["TimeoutError"])


def report_of(desk: Desk, *line: str) -> dict[str, Any]:
    done = desk.ask("election", desk.copy(files(honest())), "--json", *line)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.usefixtures("small_parcels")
def test_by_tls_the_command_gives_the_same_report(desk: Desk) -> None:
    place = keys(desk.place / "keys")
    with cluster(2, *options(place)) as made:
        address = f"dask://127.0.0.1:{made.port}"
        told = report_of(desk, "--executor", address, "--executor-tls", str(place))
        alone = report_of(desk)
        stranger = keys(desk.place / "strange")
        for line in (("--executor-tls", str(stranger)), ()):
            refused = desk.ask("election", str(desk.place / "copy"), "--executor", address, *line)
            assert (refused.exit_code, refused.stdout) == (2, "")
            assert "no workers at" in refused.stderr
    environment = told.pop("environment")
    assert "executor" not in alone.pop("environment")
    assert told == alone
    assert re.fullmatch(
        re.escape(address) + r", workers: [12]; parcels there: [1-9]\d*, here instead: 0", environment["executor"]
    )


@pytest.mark.process
@pytest.mark.slow
def test_a_worker_with_another_verifier_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(HOUSE / "verifier", other / "verifier", ignore=shutil.ignore_patterns("__pycache__"))
    (other / "verifier/rules.py").write_text((other / "verifier/rules.py").read_text() + "\n")
    with cluster(1, code=other) as made:
        address = Scheduler.of(f"dask://127.0.0.1:{made.port}", None)
        with pytest.raises(NoWorkers, match="differ"), connected(address):
            pass


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("--executor", "ray://here"), "takes dask://HOST"),
        (("--executor", "dask://10.0.0.1"), "10.0.0.1 is another machine"),
        (("--executor", "dask://localhost.example"), "is another machine"),
        (("--executor", "dask+plain://10.0.0.1", "--executor-tls", "."), "asks for no TLS"),
        (("--executor", "dask://10.0.0.1", "--executor-tls", "."), "lacks ca.pem, cert.pem, key.pem"),
        (("--executor-tls", "."), "goes with --executor"),
    ],
)
def test_an_address_that_is_unsafe_or_none_is_said(desk: Desk, line: tuple[str, ...], said: str) -> None:
    done = desk.ask("election", desk.copy(files(honest())), *line)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())


@pytest.mark.parametrize("text", ["dask://h", "dask://h:99", "dask://[fe80::1]:9", "dask://10.0.0.1/"])
def test_an_address_is_read(text: str, tmp_path: Path) -> None:
    plain = text.replace("dask://", "dask+plain://")
    assert str(Scheduler.of(plain, None)).startswith("tcp://")
    place = keys(tmp_path / "keys")
    address = Scheduler.of(text, place)
    assert str(address).startswith("tls://")
    assert address.port in {8786, 99, 9}
    security = address.security()
    assert security is not None
    assert security.require_encryption


def test_without_dask_a_sentence_says_what_to_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "verifier.desk.cluster", None)
    done = desk.ask("election", desk.copy(files(honest())), "--executor", "dask://localhost")
    assert (done.exit_code, "pip install 'aikyn[dask]'" in done.stderr) == (2, True)


def test_a_mix_server_has_the_options_and_a_trustee_has_not(desk: Desk) -> None:
    Vault.make(desk.place / "vault").close()
    line = ["--board", "http://127.0.0.1:9", "--trust", str(desk.place / "trust.txt"), "--executor", "dask://10.0.0.1"]
    for role, said in (("mixer", "10.0.0.1 is another machine"), ("trustee", "No such option")):
        done = CliRunner().invoke(mix, [role, *line, "--vault", str(desk.place / "vault")])
        assert (done.exit_code, said in done.stderr) == (2, True), done.output
