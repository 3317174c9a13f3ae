"""Asking a commission for its signatures: the record goes into the docket, with what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from bulletin.office.docket import Filed, file_request
from bulletin.office.folder import Folder
from bulletin.office.request import compose
from bulletin.office.telling import tell
from verifier.commission.roster import Roster
from verifier.election.manifest import Manifest
from verifier.records import Record, Text, encode


def ask(
    folder: Folder, record: Record, manifest: Manifest, roster: Roster | None, blobs: Sequence[bytes] = ()
) -> Filed:
    """Ask those on the roster to sign the record; None for a record that nobody needs to sign.

    Asked again, it is the request that stands.
    """
    held = {hashlib.sha256(data).digest(): data for data in blobs}
    says = Text(**{language: "\n".join(tell(record, manifest, held.get, language)) for language in ("en", "ky", "ru")})
    digest = hashlib.sha256(encode(manifest)).digest()
    return file_request(folder, compose(record, digest, roster, says), blobs)
