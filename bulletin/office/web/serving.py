"""Serving a folder's pages until a person ends them."""

from __future__ import annotations

from collections.abc import Callable

from bulletin.office import templates
from bulletin.office.folder import Folder
from bulletin.office.web import deeds, pages
from bulletin.office.web.loopback import Loopback, serve
from bulletin.office.web.wizard import Wizard
from verifier.desk.report.language import Language


def keep_pages(folder: Folder, language: Language, tell: Callable[[str], None]) -> None:
    """Serve the pages of a folder until a person ends them; an empty one is filled with templates first."""
    folder.path.mkdir(parents=True, exist_ok=True)
    if templates.is_empty(folder):
        templates.begin(folder, language)
    wizard = Wizard(folder)
    serve(Loopback(wizard.door, [*pages.ROUTES, *deeds.ROUTES], wizard), tell)
