"""A mirror at work: it looks at its board again and again, and serves what it holds (specs/mirror.md)."""

import logging
from pathlib import Path
from shutil import disk_usage
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple

from bulletin.board.limits import Senders
from bulletin.board.overview import Overview
from bulletin.http import assets, files, front, opening
from bulletin.http.app import Application, Warrant
from bulletin.http.exchange import HttpRequest, Reply, say
from bulletin.http.front import Mirroring
from bulletin.http.headers import SHARED, public
from bulletin.http.metrics import Metric, fingerprints, metered, moment_of
from bulletin.http.pages import Pinned
from bulletin.http.routes import Route
from bulletin.journal import summary
from bulletin.log.sightings import Sightings
from bulletin.mirror import relay as relays
from bulletin.mirror.mirror import Mirror
from bulletin.mirror.relay import Relay
from bulletin.mirror.surveyor import Surveyor
from bulletin.mirror.watcher import Watcher
from verifier.election.assets import Assets
from verifier.errors import VerifierError
from verifier.log import evidence
from verifier.log.policy import NONE, Policy

LOGGER = logging.getLogger("aikyn.mirror")


class Follower:
    """Visits a mirror's board every so many seconds, in a thread of its own; `ended` is set if that has a fault."""

    def __init__(self, mirror: Mirror, every: float) -> None:
        self._mirror, self._every = mirror, every
        self._surveyor = Surveyor(mirror.archive)
        self._unread = ""
        self._seen: float | None = None
        self._problem = "not asked yet"
        self._stopping = Event()
        self.ended = Event()
        self.fault: BaseException | None = None
        self._thread = Thread(target=self._run, name="follower", daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end; the next process goes on with what is half done."""
        self._stopping.set()
        self._thread.join(self._every)

    def visit(self) -> None:
        """Look once, and remember what came of it."""
        before = self._problem
        try:
            changed = self._mirror.visit()
        except VerifierError as error:
            self._problem = str(error)
            if self._problem != before:
                LOGGER.warning("not followed", extra={"fields": {"problem": self._problem}})
        else:
            self._problem, self._seen = "", monotonic()
            if changed or before:
                LOGGER.info("followed", extra={"fields": {"size": self.size, "lacking": self._mirror.lacking}})
        self._read_on()

    def _read_on(self) -> None:
        """Read on for the page; whatever goes wrong there keeps nobody from following."""
        before, self._unread = self._unread, ""
        try:
            self._surveyor.advance(self.size)
        except Exception as error:
            self._unread = summary(error)
            if self._unread != before:
                LOGGER.exception("not read")

    def report(self) -> dict[str, object]:
        """The mirror's health (specs/mirror.md §4)."""
        return {
            "origin": self._mirror.origin,
            "board": self._mirror.board,
            "size": self.size,
            "seen": None if self._seen is None else round(monotonic() - self._seen, 1),
            "lacking": self._mirror.lacking,
            "problem": self._problem,
            "refused": self._refused(),
        }

    @property
    def seen(self) -> float | None:
        """When the board was last followed, by the monotonic clock."""
        return self._seen

    @property
    def size(self) -> int:
        """Entries held."""
        try:
            latest = self._mirror.latest
        except VerifierError:
            return 0
        return latest.body.size if latest else 0

    @property
    def lacking(self) -> int:
        """Blobs that the board lacked."""
        return self._mirror.lacking

    @property
    def overview(self) -> Overview:
        """The election at a glance, as far as the copy has been read."""
        return self._surveyor.overview

    @property
    def mirroring(self) -> Mirroring:
        """What the mirror's page says of it."""
        forked, board = self._mirror.refused is not None, self._mirror.board
        return Mirroring(board, "forked" if forked else "unfollowed" if self._problem else "followed")

    @property
    def pinned(self) -> Pinned:
        """What the trust sheet says of the log, and where the board is."""
        trust = self._mirror.trust
        digest = trust.manifest.hex() if trust.manifest else ""
        return Pinned(trust.origin, trust.log_keys, trust.witnesses or Policy(NONE), digest, self._mirror.board)

    @property
    def healthy(self) -> bool:
        """Whether the copy is what the board last showed."""
        return not self._problem

    def _refused(self) -> dict[str, object] | None:
        if self._mirror.refused is None:
            return None
        place, found = self._mirror.refused
        since = int((place / evidence.README).stat().st_mtime)
        return {"since": since, "sizes": [found.first.body.size, found.second.body.size], "evidence": place.name}

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self.visit()
                self._stopping.wait(self._every)
        except BaseException as fault:
            self.fault = fault
            LOGGER.exception("fault")
        finally:
            self.ended.set()


class Copy(NamedTuple):
    """What a mirror's rows answer from; `address` is the mirror's own, or ""; `app` the folder of the voter's app.

    `of_log`: without a folder, the app is the one in effect on the log.
    """

    follower: Follower
    archive: Path
    sightings: Sightings
    address: str
    app: Path | None = None
    relay: Relay | None = None
    of_log: bool = False
    watcher: Watcher | None = None

    def bring(self, name: str) -> None:
        """Nothing comes from elsewhere: what a mirror has is checked."""

    @property
    def listed(self) -> Assets | None:
        """The app in effect on the log, if the mirror is to serve it."""
        return self.overview.assets if self.of_log else None

    @property
    def overview(self) -> Overview:
        """The election at a glance."""
        return self.follower.overview

    @property
    def pinned(self) -> Pinned:
        """What the mirror trusts."""
        return self.follower.pinned._replace(app=assets.UNDER if self.app or self.listed else "")

    @property
    def mirroring(self) -> Mirroring:
        """What the mirror says of itself."""
        return self.follower.mirroring._replace(own=self.address)


async def get_health(mirror: Copy, _: HttpRequest) -> Reply:
    """Say how the mirror does."""
    watched = {"app": mirror.watcher.report()} if mirror.watcher else {}
    return say({**mirror.follower.report(), **watched}, 200 if mirror.follower.healthy else 503)


METRICS = (
    Metric("aikyn_mirror_entries", "Entries held.", lambda mirror: mirror.follower.size),
    Metric("aikyn_mirror_followed_timestamp_seconds", "When this process last saw the copy equal the board.",
        lambda mirror: moment_of(mirror.follower.seen)),
    Metric("aikyn_mirror_following", "1 if the copy is what the board last showed.",
        lambda mirror: int(mirror.follower.healthy)),
    Metric("aikyn_mirror_fork", "1 if the log has signed two histories.",
        lambda mirror: int(mirror.mirroring.state == "forked")),
    Metric("aikyn_mirror_lacking_blobs", "Blobs that the board lacked.", lambda mirror: mirror.follower.lacking),
    Metric("aikyn_mirror_disk_free_bytes", "Free bytes of the copy's disk.",
        lambda mirror: disk_usage(mirror.archive).free),
    Metric("aikyn_mirror_key_info", "The log's keys on the trust sheet, by their fingerprints.",
        lambda mirror: fingerprints(mirror.pinned.keys), "key"),
)  # fmt: skip
ROUTES = (
    *files.ROUTES,
    *assets.routes(assets.UNDER),
    *front.ROUTES,
    *opening.ROUTES,
    *relays.ROUTES,
    metered(METRICS),
    Route("GET", "/health", get_health, "How the mirror does.", {200: None, 503: None}),
)


def create_app(
    follower: Follower,
    archive: Path,
    address: str = "",
    app: Path | None = None,
    relay: Relay | None = None,
    senders: Senders | None = None,
    *,
    of_log: bool = False,
    watcher: Watcher | None = None,
) -> Application:
    """The mirror over HTTP: the archive's files as the board serves them, its page, `GET /health`, app and relay."""
    sightings = Sightings(archive, follower.pinned.policy)
    copy = Copy(follower, archive, sightings, address, app, relay, of_log, watcher)
    return Application(ROUTES, copy, (*public(address), *SHARED), Warrant(senders) if senders else None)
