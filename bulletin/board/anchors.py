"""The authorities that certify commissions' members, as the operator gives them to a board (specs/operation.md §7)."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from pathlib import Path

from bulletin.settings import Unusable
from verifier.client.text import read as read_text
from verifier.commission.certificate import Certificate, Unfit, decode_anchor
from verifier.commission.roster import Roster, check_chain
from verifier.errors import Malformed, Rejected
from verifier.place import Place

PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s(.*?)-----END CERTIFICATE-----", re.DOTALL)


def read(file: Path) -> tuple[Certificate, ...]:
    """The anchors in a file of PEM, one or more; `Unusable` says which of them is not taken, and why."""
    try:
        found = PEM.findall(read_text(file))
    except OSError as error:
        raise Unusable(f"{file}: it cannot be read ({error.strerror})") from error
    except Malformed as error:
        raise Unusable(f"{file}: {error}") from error
    if not found:
        raise Unusable(f"{file}: it has no certificate in PEM")
    return tuple(_read_anchor(file, number, block) for number, block in enumerate(found, 1))


def find_strangers(roster: Roster, anchors: tuple[Certificate, ...]) -> Iterator[Rejected]:
    """Each member whose certificate none of these anchors issued, and why (CRT.4)."""
    for member in roster.members:
        try:
            check_chain(member, anchors, Place("roster", unit=roster.commission))
        except Rejected as error:
            yield error


def _read_anchor(file: Path, number: int, block: bytes) -> Certificate:
    try:
        return decode_anchor(b64decode(b"".join(block.split()), validate=True))
    except NotBase64 as error:
        raise Unusable(f"{file}: certificate {number} is not in base64") from error
    except Unfit as error:
        raise Unusable(f"{file}: certificate {number}: {error.detail}") from error
