import ipaddress
import os
import sys
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("short", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("short"), max_examples=10)
settings.register_profile("ci", settings.get_profile("short"), derandomize=True, print_blob=True)
settings.register_profile("long", settings.get_profile("short"), max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "short"))

STARTS = {
    *("subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system"),
    *("socket.bind", "socket.connect"),
}
alone = False  # whether the test that runs now may start nothing


def refuse_network(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: this process may reach nothing but its own machine."""
    if event not in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        return
    address = args[1]
    if isinstance(address, tuple) and address[0] != "localhost" and not ipaddress.ip_address(address[0]).is_loopback:
        raise PermissionError(f"a test must not leave this machine: {address}")


def refuse_processes(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: what `make quick` runs starts no process and listens to nobody."""
    if alone and event in STARTS:
        pytest.fail(f"a test that starts a process or listens is marked `process`: {event} {args[:2]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    global alone  # noqa: PLW0603  audit hooks are given nothing of ours
    alone = item.get_closest_marker("process") is None
    try:
        return (yield)
    finally:
        alone = False


sys.addaudithook(refuse_network)
sys.addaudithook(refuse_processes)
