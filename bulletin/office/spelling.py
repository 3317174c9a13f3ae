"""Letters of another alphabet that look like their neighbours, mended as one reads them (specs/desk.md §1.3)."""

from __future__ import annotations

import re
import unicodedata

from verifier.desk.report.language import Language

# і and І stand in no language of ours: they are read as Latin letters, and no Latin letter is read as them.
_CYRILLIC = str.maketrans("ABCEHKMOPTXYaceokpxy", "АВСЕНКМОРТХУасеокрху")
_LATIN = str.maketrans("АВСЕНІКМОРТХУасеікорху", "ABCEHIKMOPTXYaceikopxy")
_KYRGYZ = str.maketrans("Y", "Ү")  # stands for Ү where a keyboard has none
_NEAR = str.maketrans("ѳѲɵƟ", "өӨөӨ")
_WORD = re.compile(r"[^\W\d_]+")


def mend_name(name: str, language: Language) -> str:
    """A name in this language whose words are each of one alphabet, as far as look-alike letters allow."""
    if name.isascii():
        return name
    return _WORD.sub(lambda word: _mend_word(word[0], language), unicodedata.normalize("NFC", name))


def mend_id(id: str) -> str:
    """An id or a code in Latin letters, as far as look-alike letters allow."""
    return id if id.isascii() else id.translate(_LATIN)


def is_mixed(name: str) -> bool:
    """Whether a word has letters of both alphabets."""
    return any(_alphabets(word) == {"LATIN", "CYRILLIC"} for word in _WORD.findall(name))


def _mend_word(word: str, language: Language) -> str:
    near = word.translate(_NEAR)
    word = near if "CYRILLIC" in _alphabets(near) else word
    if _alphabets(word) != {"LATIN", "CYRILLIC"}:
        return word
    cyrillic = (word.translate(_KYRGYZ) if language == "ky" else word).translate(_CYRILLIC)
    ways = (word.translate(_LATIN), cyrillic) if language == "en" else (cyrillic, word.translate(_LATIN))
    return next((way for way in ways if len(_alphabets(way)) == 1), word)


def _alphabets(word: str) -> set[str]:
    return {unicodedata.name(letter, "").split(" ")[0] for letter in word}
