"""The three ways a check can end badly (specs/verification.md §1); nothing else is raised by verifier/."""

from typing import NoReturn

import msgspec

from verifier.place import NOWHERE, Place


class Said(msgspec.Struct, frozen=True):
    """An English sentence with a `{}` for each of its values; another language has its own sentence for them."""

    text: str
    values: "tuple[str | int | Said, ...]"

    def __str__(self) -> str:
        return self.text.format(*self.values)


Detail = str | Said


def say(text: str, *values: str | int | Said) -> Said:
    """What is to be said of these values."""
    return Said(text, values)


class VerifierError(Exception):
    """Base of every refusal; `where` is what it is about (nowhere: the caller knows). A string names a file."""

    def __init__(self, said: Detail, where: Place | str = NOWHERE) -> None:
        super().__init__(said, where)
        self.said = said
        self.detail = str(said)
        self.where = Place(where) if isinstance(where, str) else where

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}" if self.where else self.detail


class Malformed(VerifierError):
    """The bytes are not well formed: they cannot be read as what they claim to be."""


class Incomplete(VerifierError):
    """The check could not be made: something is missing, damaged or of an unknown version.

    `id` is the clause that this copy leaves open, "" if it is not known which.
    """

    def __init__(self, said: Detail, where: Place | str = NOWHERE, id: str = "") -> None:
        super().__init__(said, where)
        self.id = id


class Rejected(VerifierError):
    """Proved false: clause `id` fails at `where`; `evidence` holds the bytes that prove it to others.

    Where several statements were proved false together, `also` holds the others, in the order they were made.
    """

    def __init__(self, id: str, where: Place | str, said: Detail, evidence: tuple[bytes, ...] = ()) -> None:
        super().__init__(said, where)
        self.args = (id, where, said, evidence)
        self.id = id
        self.evidence = evidence
        self.also: tuple[Rejected, ...] = ()

    def __str__(self) -> str:
        return f"{self.id} {super().__str__()}"


def refuse(id: str, where: Place | str, said: Detail, *evidence: bytes) -> NoReturn:
    """Raise Rejected for clause `id`; besides `require` the only way to say that a clause is false."""
    raise Rejected(id, where, said, evidence)
