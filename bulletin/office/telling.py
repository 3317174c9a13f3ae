"""What a record says, in three languages, computed from the record and its blobs (specs/desk.md §2)."""

from __future__ import annotations

from bulletin.office.wording import speak
from verifier.desk.report.language import Language
from verifier.election.manifest import Manifest
from verifier.records import Blobs, Record, kind


def tell(record: Record, manifest: Manifest | None, blobs: Blobs, language: Language) -> list[str]:
    """The lines that a member reads before signing; with the manifest ids have their names."""
    return [speak(language)[f"act.{kind(record)}"]]
