"""`aikyn-board check-config` names every mistake in one line, and `serve` does not begin with an error."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import msgspec
import pytest
from click.testing import CliRunner
from nacl.signing import SigningKey

from bulletin.http import server
from bulletin.operate.commands import main
from bulletin.operate.inspection import inspect
from bulletin.settings import ROOTS, SETTINGS, Settings, load, make_key
from bulletin.witness.app import create_app
from tests.support.elections import AUTHORITY, ORIGIN
from tests.support.house import read_page
from tests.support.serving import serving, set_up
from tests.support.witnesses import make
from verifier.log.note import COSIGNATURE, ED25519, Key, encode_key

PAGE = read_page("operation")
EXAMPLE = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]
NAMES = ("a", "b", "c", "d")
KEYS = [
    Key(name, COSIGNATURE, bytes(SigningKey(bytes([number]) * 32).verify_key)) for number, name in enumerate(NAMES, 1)
]
WITNESSES = "".join(f"witness {key.name} {encode_key(key)}\n" for key in KEYS)
SAFE = f"{WITNESSES}group g 3 a b c d\nquorum g\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A board with which nothing is wrong but that it has no manifest's digest."""
    place = tmp_path / "board"
    set_up(place)
    (place / "policy.txt").write_text(SAFE)
    (place / ROOTS).write_text(DER_cert_to_PEM_cert(AUTHORITY.der))
    write(place, 'policy = "policy.txt"\nport = 0\n')
    return place


def write(home: Path, text: str) -> None:
    (home / SETTINGS).write_text(text)


def add(home: Path, text: str) -> None:
    write(home, (home / SETTINGS).read_text() + text)


def check(home: Path, *words: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(main, ["check-config", str(home), *words], env={"AIKYN_PORT": "0"})
    return done.exit_code, done.output.splitlines()


def put_policy(text: str) -> Callable[[Path], object]:
    return lambda home: (home / "policy.txt").write_text(text)


OTHER = Key(ORIGIN, ED25519, bytes(SigningKey(bytes([9]) * 32).verify_key))
MISTAKES: dict[str, tuple[Callable[[Path], object], str]] = {
    "an unknown setting": (lambda home: add(home, "intervall = 1\n"), "error: board.toml: .*did you mean `interval`"),
    "a strange setting": (lambda home: add(home, "zzzzzz = 1\n"), "error: board.toml: .*the settings are host"),
    "out of range": (
        lambda home: add(home, "queue = 0\n"),
        "error: board.toml: `queue` cannot be 0; expected `int` >= 1",
    ),
    "of another type": (lambda home: add(home, 'interval = "x"\n'), "error: board.toml: `interval` cannot be 'x'"),
    "no address": (lambda home: add(home, 'address = "board"\n'), "error: board.toml: `address` cannot be 'board'"),
    "no proxy": (lambda home: add(home, 'proxy = "nginx"\n'), "error: board.toml: `proxy` cannot be 'nginx'"),
    "no TOML": (lambda home: write(home, "port = ["), "error: board.toml: it is not TOML"),
    "a plan that is none": (lambda home: (home / "plan.json").write_text("{}"), "error: .*plan.json: it is no plan"),
    "no such plan": (lambda home: add(home, 'plan = "p.json"\n'), "error: .*p.json: it cannot be read"),
    "no policy": (lambda home: write(home, "port = 0\n"), "error: policy: no policy is given"),
    "a policy that is not there": (lambda home: (home / "policy.txt").unlink(), "error: .*policy.txt: .*No such file"),
    "no policy at all": (put_policy("quorum most\n"), "error: .*policy.txt: it is not a policy"),
    "an unsafe quorum": (put_policy(f"{WITNESSES}group g 2 a b c d\nquorum g\n"), "error: .*: two histories could"),
    "another key": (put_policy(f"log {encode_key(OTHER)}\n{SAFE}"), "error: .*policy.txt: it gives another key for"),
    "no roots": (
        lambda home: add(home, 'roots = "other.pem"\n'),
        "error: .*other.pem: it cannot be read .No such file",
    ),
    "roots of another form": (lambda home: (home / ROOTS).write_text("x"), "error: .*roots.pem: it has no certificate"),
    "no key": (lambda home: (home / server.KEY).unlink(), "error: log.key: there is no key .*aikyn-board init"),
    "a key for all": (lambda home: (home / server.KEY).chmod(0o644), "error: log.key: others may read .*chmod 600"),
    "a damaged key": (lambda home: (home / server.KEY).write_text("x"), "error: log.key: .*holds no key"),
    "a former key of another log": (
        lambda home: make_key(home / server.FORMER, "other.example", ED25519),
        "error: log.key: .*log.former.key is the key of another log",
    ),
    "no host": (lambda home: add(home, 'host = "192.0.2.1"\n'), "error: 192.0.2.1:0: it cannot be listened on"),
}
WARNINGS: dict[str, tuple[Callable[[Path], object], str]] = {
    "without TLS": (lambda home: add(home, 'address = "http://x.example"\n'), "warning: `address`: .* is not https"),
    "a mirror without TLS": (lambda home: add(home, 'mirrors = ["http://m"]\n'), "warning: `mirrors`: .* is not https"),
    "a full disk": (lambda home: add(home, "disk_reserve = 999999999999999\n"), "warning: .*: .* MiB are free"),
    "roots that are not given": (lambda home: (home / ROOTS).unlink(), "warning: `roots`: no roster's certificates"),
    "no witness": (put_policy("quorum none\n"), "warning: .*policy.txt: no witness is needed"),
}


@pytest.mark.process
def test_nothing_is_wrong_with_a_board_that_is_set_up(home: Path) -> None:
    assert check(home) == (
        0,
        ["warning: `manifest`: anybody can post the first record, for ever; give the SHA-256 of the manifest"],
    )
    add(home, f'manifest = "{"0" * 64}"\n')
    assert check(home) == (0, [f"nothing is wrong with {home}"])


@pytest.mark.process
@pytest.mark.parametrize("name", MISTAKES)
def test_errors_are_said_and_the_board_does_not_begin(home: Path, name: str) -> None:
    spoil, said = MISTAKES[name]
    spoil(home)
    status, lines = check(home)
    assert status == 1
    assert [line for line in lines if re.match(said, line)], lines
    assert all(re.match(r"(error|warning): .+: .+; .+", line) for line in lines)
    done = CliRunner().invoke(main, ["serve", str(home)])
    assert done.exit_code == 1
    assert re.search(said, done.output), done.output


@pytest.mark.process
@pytest.mark.parametrize("name", WARNINGS)
def test_warnings_keep_nobody_from_serving(home: Path, name: str) -> None:
    spoil, said = WARNINGS[name]
    spoil(home)
    status, lines = check(home)
    assert (status, len([line for line in lines if re.match(said, line)])) == (0, 1), lines


def test_several_mistakes_are_said_at_once(home: Path) -> None:
    add(home, 'ports = 1\nqueue = -1\naddress = "x"\n')
    assert len(check(home)[1]) == 3


@pytest.mark.process
def test_a_taken_port_and_a_board_that_serves_already(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        write(home, f'policy = "policy.txt"\nport = {other.getsockname()[1]}\n')
        found = [each for each in inspect(home, {}) if each.is_error]
        assert [each.what for each in found] == ["it cannot be listened on (Address already in use)"]
        with server.locked(home):
            assert [each for each in inspect(home, {}) if each.is_error] == []


def test_a_directory_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert [each.what for each in inspect(home, {}) if each.is_error] == ["it cannot be written"]


def test_variables_are_checked_too(home: Path) -> None:
    found = list(inspect(home, {"AIKYN_QUEUE": "0", "AIKYN_INTERVALL": "1", "AIKYN_XYZ": "1", "PORT": "x"}))
    assert [(each.severity, each.where) for each in found] == [("error", "AIKYN_QUEUE"), ("warning", "AIKYN_INTERVALL")]


@pytest.mark.process
def test_witnesses_are_asked_only_if_wanted(home: Path, tmp_path: Path) -> None:
    with serving(create_app(make(tmp_path))) as url:
        lines = [
            f"witness w{n} {encode_key(KEYS[n])} {where}" for n, where in enumerate((url, "http://127.0.0.1:9", ""))
        ]
        lines.append(f"witness w3 {encode_key(KEYS[3])} {url}/elsewhere")
        (home / "policy.txt").write_text("\n".join([*map(str.strip, lines), "group g all w0 w1 w2 w3", "quorum g", ""]))
        assert [line for line in check(home)[1] if "witness" in line] == []
        status, said = check(home, "--ask-witnesses")
    assert status == 0
    found = [line for line in said if line.startswith("warning: witness")]
    assert [line.split(":")[1].split()[1] for line in found] == ["w1", "w2"]
    assert "not reached" in found[0]
    assert "no address" in found[1]


def test_the_example_has_every_setting_with_its_value(tmp_path: Path) -> None:
    """All but what each board has of its own."""
    (tmp_path / "board.toml").write_text(EXAMPLE)
    found, plain = load(tmp_path / "board.toml", {}, {}), Settings()
    assert set(re.findall(r"^(\w+) =", EXAMPLE, re.MULTILINE)) == set(Settings.__struct_fields__)
    own = {"policy", "roots", "plan", "address", "mirrors", "proxy"}
    assert {k: v for k, v in msgspec.structs.asdict(found).items() if k not in own} == {
        k: v for k, v in msgspec.structs.asdict(plain).items() if k not in own
    }
    assert all(re.search(r"#\s\w", line) or line.startswith("port") for line in EXAMPLE.splitlines())
    for name in Settings.__struct_fields__:
        assert f"`{name}`" in (Settings.__doc__ or "") or name in {"host", "port"}
