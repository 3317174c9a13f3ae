"""The trust sheet: what an auditor takes from the commission on paper, as a file (specs/verification.md §2)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable

from verifier.audit.trust import HEADER
from verifier.commission.certificate import Certificate
from verifier.records import Text

SHEET = "trust.txt"


def write_sheet(
    title: Text, manifest: bytes, roots: Iterable[Certificate], policy: str, verifier: str = "", app: str = ""
) -> bytes:
    """The sheet: for people its title, then the manifest's digest, the roots, and the log with its witnesses.

    `verifier` and `app` are digests in hexadecimal, "" where the sheet has no such line.
    """
    lines = [HEADER, *(f"# {each}" for each in (title.ky, title.ru, title.en)), f"manifest {manifest.hex()}"]
    lines += [f"root {b64encode(root.der).decode()}" for root in roots]
    lines += [f"{name} {said}" for name, said in (("verifier", verifier), ("app", app)) if said]
    return ("\n".join(lines) + "\n" + policy).encode()
