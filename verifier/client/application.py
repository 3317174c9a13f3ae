"""Applications for a credential: what a voter hands in, with a proof of the key (specs/keysheet.md §5–6).

It is not a record of the log. What is checked here is for whoever takes applications, not for auditors.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple, Self

from verifier.client import text
from verifier.election.manifest import SPEC
from verifier.errors import Detail, Malformed, VerifierError, say
from verifier.log.note import decode_base64, encode_base64
from verifier.place import Place
from verifier.proof.group import IDENTITY, SIZE, G, Points, Scalars
from verifier.proof.transcript import Context, Transcript

HEADER = f"{SPEC} application"
NAME = "application"  # of the proof
FIELDS = ("election", "manifest", "commission", "style", "words", "credential", "proof")
MAX_APPLICATION = 1 << 14
MOST_WORDS = 1_000  # bytes
CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f]")
ID = re.compile(r"[a-z0-9-]{1,40}")


class Unproved(VerifierError):
    """Whoever made the application has not shown that the key is theirs, or not for this text."""


class VoterApplication(NamedTuple):
    """What is applied for; "" and no bytes where something is not said. `credential` is K1."""

    election: str
    manifest: bytes = b""
    commission: str = ""
    style: str = ""
    words: str = ""
    credential: bytes = b""
    proof: bytes = b""

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read a file as people's programs save it; `Malformed` says which line and what is wrong."""
        if len(raw) > MAX_APPLICATION:
            raise Malformed(say("an application has at most {} bytes", MAX_APPLICATION), _line(1))
        try:
            shown = text.plain(raw).data.decode().rstrip(" \t\n")
        except UnicodeDecodeError as error:
            raise Malformed("an application is text in UTF-8", _line(1)) from error
        header, *lines = (line.strip(" \t") for line in shown.split("\n"))
        if header != HEADER:
            raise Malformed(say("an application begins with the line “{}”", HEADER), _line(1))
        said = {}
        for number, name in enumerate(FIELDS, 2):
            line = lines[number - 2] if number - 2 < len(lines) else ""
            label, _, value = line.partition(" ")
            if label != name:
                raise Malformed(say("this line of an application begins with the word “{}”", name), _line(number))
            said[name] = _accept(name, value.strip(" \t"), number)
        if len(lines) > len(FIELDS):
            raise Malformed(say("an application has {} lines", 1 + len(FIELDS)), _line(len(FIELDS) + 2))
        manifest = bytes.fromhex(said["manifest"])
        keyed = {name: decode_base64(said[name]) for name in ("credential", "proof")}
        return cls(said["election"], manifest, said["commission"], said["style"], said["words"], **keyed)

    def encode(self) -> bytes:
        """The application's file."""
        return self.text + f"proof {encode_base64(self.proof)}\n".encode()

    @property
    def text(self) -> bytes:
        """What is applied with: every line before the proof."""
        values = (self.election, self.manifest.hex(), self.commission, self.style, self.words)
        named = zip(FIELDS, (*values, encode_base64(self.credential)), strict=False)
        return "".join([f"{HEADER}\n", *(f"{name} {value}".rstrip(" ") + "\n" for name, value in named)]).encode()

    @property
    def digest(self) -> bytes:
        """SHA-256 of the text, which the proof is bound to."""
        return sha256(self.text).digest()

    @property
    def context(self) -> Context:
        """What the proof's transcript begins with."""
        return Context(self.election, self.manifest)

    def check(self) -> None:
        """`Unproved` unless its maker knows k1 with K1 = k1·G, and has said so of this text (specs/keysheet.md §6)."""
        commitment, response = self.proof[:SIZE], self.proof[SIZE:]
        if IDENTITY in {self.credential, commitment}:
            raise Unproved("the key of an application is not the identity, nor is a point of its proof")
        try:
            s = Scalars.decode(response)
        except Malformed as error:
            raise Unproved("a scalar of the application's proof is not canonical") from error
        t = Transcript(NAME, self.context, "", "")
        t.absorb("credential", self.credential)
        t.absorb("text", self.digest)
        t.absorb("T", commitment)
        z = t.challenge("z")
        try:
            holds = (s * G).point() == (Points.packed(commitment) + z * Points.packed(self.credential)).point()
        except Malformed as error:
            raise Unproved("a point of the application does not decode") from error
        if not holds:
            raise Unproved("the proof of the application is of another key, or of another text")


def _accept(name: str, value: str, number: int) -> str:
    """A line's value; `Malformed` if it cannot be one of this name."""
    fault = _fault(name, value)
    if fault is not None:
        raise Malformed(fault, _line(number))
    return value


def _fault(name: str, value: str) -> Detail | None:
    if name == "manifest":
        return None if re.fullmatch(r"([0-9a-f]{64})?", value) else "a manifest's digest has 64 digits of hexadecimal"
    if name == "words":
        fits = not CONTROL.search(value) and len(value.encode()) <= MOST_WORDS
        return None if fits else say("the words of an application are one line of at most {} bytes", MOST_WORDS)
    if name in {"credential", "proof"}:
        size = SIZE if name == "credential" else 2 * SIZE
        return None if _is_coded(value, size) else say("these are not {} bytes in base64", size)
    optional = name != "election" and not value
    return (
        None if optional or ID.fullmatch(value) else say("“{}” is no name of an election, commission or style", value)
    )


def _is_coded(value: str, size: int) -> bool:
    try:
        return len(decode_base64(value)) == size
    except Malformed:
        return False


def _line(number: int) -> Place:
    return Place(NAME, line=number)
