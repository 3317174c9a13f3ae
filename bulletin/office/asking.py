"""Asking for signatures: the record goes into the docket, with what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bulletin.office.docket import Filed, file_request, read_docket
from bulletin.office.folder import Folder
from bulletin.office.request import compose, digest
from bulletin.office.teller import Known
from bulletin.office.telling import tell_all
from verifier.commission.roster import Roster
from verifier.election.manifest import Manifest
from verifier.paper.papers import Observer
from verifier.records import Record


def ask(
    folder: Folder,
    record: Record,
    manifest: Manifest,
    by: Roster | Observer | None,
    blobs: Sequence[bytes] = (),
    known: Known | None = None,
    filed: list[Filed] | None = None,
) -> Filed:
    """Ask those on the roster, or an observer, to sign the record; None for a record that nobody needs to sign.

    Asked again, it is the request that stands. `known` has the names of what the record tells of, by default those of
    the manifest. `filed` is the docket, if it was read before.
    """
    held = {hashlib.sha256(data).digest(): data for data in blobs}
    says = tell_all(record, held.get, known or Known(manifest))
    request = compose(record, digest(manifest), by, says)
    return file_request(read_docket(folder) if filed is None else filed, folder, request, blobs)
