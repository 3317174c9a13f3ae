"""How often one credential casts and one sender posts (specs/api.md §12): a bounded number of buckets in memory.

No address is kept: a bucket is named by the hash of one, under a secret that ends with the process.
"""

import hashlib
import ipaddress
import os
from collections.abc import Callable
from math import ceil
from threading import Lock
from time import monotonic

from bulletin.board.admission import Refusal
from bulletin.settings import Settings, Unusable

MOST = 1 << 16  # buckets of a kind that are held
HOUR, MINUTE = 3600.0, 60.0
OWN = {"127.0.0.1", "::1"}  # known without being read


class Quota:
    """So many in so many seconds for each key, at once or spread; beyond MOST the bucket longest unused is forgotten.

    A bucket is one number: the time at which it is full again.
    """

    def __init__(self, amount: int, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._step, self._most, self._clock = seconds / amount, seconds, clock
        self._full: dict[bytes, float] = {}
        self._lock = Lock()

    def wait(self, key: bytes) -> float:
        """Seconds until there is one for this key, 0 if there is."""
        full = self._full.get(key)
        return 0.0 if full is None else max(0.0, full + self._step - self._most - self._clock())

    def spend(self, key: bytes) -> None:
        """Take one, also where there is none."""
        with self._lock:
            now = self._clock()
            self._full[key] = max(now, self._full.pop(key, now)) + self._step
            if len(self._full) > MOST:
                del self._full[next(iter(self._full))]


class Senders:
    """The quota of each address that posts; for the proxy in the settings, of each address that it names."""

    def __init__(self, settings: Settings) -> None:
        self._proxy, self._secret = settings.proxy, os.urandom(32)
        self._quota = Quota(settings.sender_rate, MINUTE)
        if self._proxy and _read(self._proxy) is None:
            raise Unusable(f"`proxy` is the address of the proxy before this board, as 127.0.0.1, not {self._proxy!r}")

    def take(self, peer: str, forwarded: str) -> None:
        """Refuse if whoever sends this has posted too much; `forwarded` is the X-Forwarded-For of the request."""
        told = forwarded.rpartition(",")[2].strip() if peer == self._proxy else ""
        address = None if not told and peer in OWN else _read(told or peer)
        if address is None or address.is_loopback:
            return  # this machine itself, or a proxy that no setting names: it would stand for everybody
        network = address.packed if address.version == 4 else address.packed[:8]  # whoever has one /64 has all of it
        key = hashlib.blake2b(network, key=self._secret, digest_size=16).digest()
        wait = self._quota.wait(key)
        if wait:
            raise slow_down("too much was posted from your network; send it again", wait)
        self._quota.spend(key)


class Voters:
    """The quota of each credential: what is placed counts, so that nobody can use up another's."""

    def __init__(self, settings: Settings) -> None:
        self._quota = Quota(settings.ballot_rate, HOUR)

    def check(self, credential: bytes) -> None:
        """Refuse if this credential has cast too much."""
        wait = self._quota.wait(credential)
        if wait:
            raise slow_down("this credential has cast as many ballots as it may for now; send it again", wait)

    def count(self, credential: bytes) -> None:
        """One ballot of it was placed."""
        self._quota.spend(credential)


def slow_down(detail: str, seconds: float) -> Refusal:
    """The refusal of what comes too often."""
    return Refusal("busy", detail, retry=ceil(seconds), status=429)


def _read(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
