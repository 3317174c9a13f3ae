"""The desk's pages of a folder, served on the day of the village's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from threading import Thread

from bulletin.office.folder import Folder
from bulletin.office.web import deeds, pages
from bulletin.office.web.loopback import Loopback, serve
from bulletin.office.web.wizard import Wizard
from tests.support import village


@contextmanager
def served(folder: Folder) -> Iterator[Wizard]:
    """The pages of a folder, on the day of the village's tests."""
    wizard, links = Wizard(folder, lambda: village.NOW), Queue[str]()
    app = Loopback(wizard.door, [*pages.ROUTES, *deeds.ROUTES], wizard)
    thread = Thread(target=serve, args=(app, links.put))
    thread.start()
    links.get(timeout=30)
    try:
        yield wizard
    finally:
        wizard.door.ended.set()
        thread.join(20)
