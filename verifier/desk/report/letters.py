"""Letters that people cannot see, or cannot tell apart: written out, or counted as one."""

from __future__ import annotations

import unicodedata

# They take room or none, and no ink: joiners, fillers of Hangul, Khmer and Mongolian, the empty pattern of Braille.
INKLESS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2028\u2029\u2800\u3164\uffa0")
SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
# Letters after case folding that look like the one below them, in small or in capital print.
LOOKALIKES = str.maketrans(
    "авеѕіјкмнорстухүһьԁԛԝзɵθαβεζηικμνορτυχɑıl1|0",
    "abesijkmhopctyxyhbdqw3өөabezhikmnoptyxaiiiio",
)


def visible(text: str) -> str:
    """The text with everything invisible written out: controls, marks of direction, fillers, lone surrogates."""
    return "".join(f"\\u{{{ord(sign):x}}}" if is_inkless(sign) else sign for sign in text)


def is_inkless(sign: str) -> bool:
    """Whether nobody sees the sign, not even as a blank between words."""
    return (
        sign in INKLESS or unicodedata.category(sign)[0] == "C" or any(ord(sign) in selected for selected in SELECTORS)
    )


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen."""
    return all(sign.isspace() or is_inkless(sign) for sign in text)


def skeleton(text: str) -> str:
    """What people see of a text: the same for texts that they would not tell apart."""
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if not is_inkless(sign))
    folded = unicodedata.normalize("NFKC", " ".join(seen.casefold().split()))
    return folded.translate(LOOKALIKES)
