"""Key cards: what a party hands in so that the commission can name its key (specs/card.md). Nothing is proved here."""

from __future__ import annotations

from base64 import b32encode
from hashlib import sha256
from typing import NamedTuple, Self

from verifier.client import text, tracking
from verifier.election.manifest import SPEC
from verifier.errors import Malformed, VerifierError, say
from verifier.log import note
from verifier.log.note import COSIGNATURE, ED25519, ML_DSA_44
from verifier.place import Place

HEADER = f"{SPEC} card"
NAMED = {"witness": (COSIGNATURE, ML_DSA_44), "log": (ED25519,)}  # types of keys that have a name
ROLES = ("trustee", "mixer", "witness", "log", "operator", "voter")
SIZE = 32
DIGEST, LETTERS, GROUP = 15, 24, 4  # 120 bits in base32, in groups of four
MAX_CARD = 1 << 14


class Card(NamedTuple):
    """Who holds which key: a role, and the public key of 32 bytes in base64, or the vkey of a witness or log."""

    role: str
    key: str

    @classmethod
    def of(cls, role: str, public: bytes) -> Self:
        """The card of a key that has no name, 32 bytes."""
        return cls(role, note.encode_base64(public))

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read a card as people's programs save it; `Malformed` says which line and what is wrong."""
        shown = text.plain(raw[:MAX_CARD]).data.decode("utf-8", "replace").rstrip()
        header, role, key, groups, *rest = [*(line.strip(" \t") for line in shown.split("\n")), "", "", ""]
        if header != HEADER:
            raise Malformed(say("a key card begins with the line “{}”", HEADER), _line(1))
        if role not in ROLES:
            raise Malformed(say("a key card names one of these roles: {}", ", ".join(ROLES)), _line(2))
        card = cls(role, key)
        _check_key(card)
        if read_groups(groups, _line(4)) != card.groups:
            raise Malformed("the six groups are not those of this role and key: ask for the card again", _line(4))
        if any(rest):
            raise Malformed("a key card has four lines", _line(5))
        return card

    def encode(self) -> bytes:
        """The card's file."""
        return f"{HEADER}\n{self.role}\n{self.key}\n{self.groups}\n".encode()

    @property
    def groups(self) -> str:
        """What is read aloud and compared: six groups of four that stand for role and key together."""
        digest = sha256(f"{HEADER}\n{self.role}\n{self.key}\n".encode()).digest()
        return _group(b32encode(digest[:DIGEST]).decode())

    @property
    def public(self) -> bytes:
        """The bytes of the key, without a witness's or log's name."""
        return note.decode_key(self.key).public if self.role in NAMED else note.decode_base64(self.key)


def read_groups(typed: str, where: Place | str = "six groups") -> str:
    """Six groups as they stand on a card, however somebody typed them; `Malformed` if they cannot be that."""
    letters = tracking.tidy(typed).translate(tracking.MISREAD)
    if len(letters) != LETTERS or not set(letters) <= tracking.ALPHABET:
        raise Malformed("these are not six groups of four letters and digits from 2 to 7", where)
    return _group(letters)


def _check_key(card: Card) -> None:
    """Whether the line can be the key of somebody with this role."""
    try:
        if card.role in NAMED:
            fits = note.decode_key(card.key).type in NAMED[card.role]
        else:
            fits = len(note.decode_base64(card.key)) == SIZE
    except VerifierError as error:
        raise Malformed(say("the key on the card cannot be read: {}", error.said), _line(3)) from error
    if not fits:
        raise Malformed(say("this is not a key of the role “{}”", card.role), _line(3))


def _group(letters: str) -> str:
    return "-".join(letters[at : at + GROUP] for at in range(0, LETTERS, GROUP))


def _line(number: int) -> Place:
    return Place("key card", line=number)
