"""The server set-up that deploy/ documents: a real nginx with the very file, before a real board process."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bulletin.http import server
from bulletin.log import disk
from bulletin.operate.commands import main
from tests.support.commands import PROGRAM
from tests.support.elections import Election
from tests.support.house import HOUSE
from tests.support.needs import lacking
from tests.support.serving import cast, elect, set_up, tile_log
from verifier.log.note import Key, encode_key
from verifier.log.reading import blob_path
from verifier.records import encode

DEPLOY = HOUSE / "deploy"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
HOST, ARCHIVE = "127.0.0.1", server.ARCHIVE


class Front(NamedTuple):
    """A running nginx: plain and TLS addresses, the port that only redirects, its directory, its process."""

    url: str
    tls: str
    redirecting: str
    place: Path
    process: subprocess.Popen[bytes]


def fill(place: Path, voters: int, ballots: int) -> Election:
    """A board's directory in which voting has begun, with the first ballots published; it does not run yet."""
    election = elect(set_up(place), voters=-(-voters // 2))
    log = tile_log(place)
    for digest, data in election.blobs.items():
        disk.write_once(log.directory, {blob_path(digest): data})
    log.append(election.records)
    log.publish(log.integrate().raw)
    log.append([encode(cast(election, voter)) for voter in range(ballots)])
    log.publish(log.integrate().raw)
    log.close()
    return election


@contextmanager
def serving(*words: str | Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """URL and process of an `aikyn-board` command that serves."""
    command = [sys.executable, "-c", PROGRAM, *map(str, words), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().split()[-1], process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                process.kill()


@contextmanager
def witnessed(place: Path, log: Key) -> Iterator[list[str]]:
    """The lines of a policy whose one witness is a process that cosigns this log."""
    words = [str(place), "--name", "witness.example"]
    told = CliRunner().invoke(main, ["witness-key", *words]).output.strip()
    with serving("witness", *words, "--log", encode_key(log)) as (url, _):
        yield [f"witness w1 {told} {url}", "quorum w1"]


SHARED = {"try_files $uri =404;": "try_files $uri @board;"}  # as deploy/three-machines.md has it


def configure(place: Path, file: str, own: Mapping[str, str]) -> list[int]:
    """Write a file of deploy/ with other paths and ports and nothing else changed; ports: plain, TLS, redirecting."""
    ports = free_ports(3)
    place.mkdir()
    (place / "logs").mkdir()
    (place / "temp").mkdir()
    certify(place)
    text = (DEPLOY / file).read_text()
    for former, put in {
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "/run/nginx.pid": f"{place}/nginx.pid",
        "/var/log/nginx/": f"{place}/logs/",
        **own,
        "listen 80;": f"listen {HOST}:{ports[2]};",
        "listen 443 ssl http2": f"listen {HOST}:{ports[1]} ssl http2; listen {HOST}:{ports[0]}",
        "listen [::]:80;": "",
        "listen [::]:443 ssl http2 backlog=4096;": "",
    }.items():
        assert former in text, former
        text = text.replace(former, put)
    (place / "nginx.conf").write_text(text)
    return ports


def free_ports(count: int) -> list[int]:
    held = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def certify(place: Path) -> None:
    """A certificate for this machine, signed by itself."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (place / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (place / "privkey.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))


@contextmanager
def fronted(place: Path, board: str, archive: Path, *, shared: bool = False) -> Iterator[Front]:
    """nginx before the board at this URL, which may be one of several that share a log."""
    own = {
        "/var/lib/nginx/": f"{place}/temp/",
        "/var/lib/aikyn/archive": str(archive),
        "/etc/letsencrypt/live/board.example/": f"{place}/",
        "/var/www/acme": str(place / "acme"),
        "127.0.0.1:8080": board.removeprefix("http://"),
        **(SHARED if shared else {}),
    }
    with _running(place, configure(place, "nginx.conf", own)) as front:
        yield front


@contextmanager
def fronted_results(place: Path, site: Path) -> Iterator[Front]:
    """nginx before the pages of results in this directory."""
    own = {"/var/lib/aikyn-results": str(site), "/etc/letsencrypt/live/results.example/": f"{place}/"}
    with _running(place, configure(place, "nginx-results.conf", own)) as front:
        yield front


@contextmanager
def fronted_app(place: Path, app: Path) -> Iterator[Front]:
    """nginx before the voter's app in this directory."""
    own = {"/var/lib/aikyn-app": str(app), "/etc/letsencrypt/live/vote.example/": f"{place}/"}
    with _running(place, configure(place, "nginx-app.conf", own)) as front:
        yield front


@contextmanager
def _running(place: Path, ports: list[int]) -> Iterator[Front]:
    """The nginx that is configured here."""
    if NGINX is None:
        lacking("nginx is not installed")
    plain, tls, redirecting = ports
    words = [NGINX, "-p", str(place), "-c", str(place / "nginx.conf"), "-g", "daemon off;"]
    with (place / "told").open("wb") as told, subprocess.Popen(words, stdout=told, stderr=told) as process:
        try:
            await_listening(plain, process, place / "told")
            yield Front(
                f"http://{HOST}:{plain}", f"https://localhost:{tls}", f"http://{HOST}:{redirecting}", place, process
            )
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def await_listening(port: int, process: subprocess.Popen[bytes], told: Path) -> None:
    for _ in range(500):
        assert process.poll() is None, told.read_text()
        with suppress(OSError), socket.create_connection((HOST, port), 1.0):
            return
        time.sleep(0.02)
    raise AssertionError(told.read_text())
