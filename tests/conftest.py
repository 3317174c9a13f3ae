import ipaddress
import os
import sys

from hypothesis import HealthCheck, settings

settings.register_profile("short", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("short"), derandomize=True, print_blob=True)
settings.register_profile("long", settings.get_profile("short"), max_examples=20_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "short"))


def refuse_network(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: this process may reach nothing but its own machine."""
    if event not in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        return
    address = args[1]
    if isinstance(address, tuple) and address[0] != "localhost" and not ipaddress.ip_address(address[0]).is_loopback:
        raise PermissionError(f"a test must not leave this machine: {address}")


sys.addaudithook(refuse_network)
