"""Text that people read: every sentence in Vietnamese and in English, always in NFC."""

import unicodedata
from typing import NamedTuple

_MARKS = dict.fromkeys(range(0x0300, 0x0370))
_CROSSED = str.maketrans("đĐ", "dD")


class Text(NamedTuple):
    """One sentence in both languages of the product, Vietnamese first."""

    vi: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the sentence in ``language``: ``"en"`` is English, anything else Vietnamese."""
        return self.en if language == "en" else self.vi


NO_TEXT = Text("", "")


def to_nfc(text: str) -> str:
    """Return ``text`` composed (NFC) and trimmed.

    The same Vietnamese name has 20 code points in NFC and 26 in NFD and does not compare equal,
    so everything that comes from outside passes through here once.
    """
    return unicodedata.normalize("NFC", text).strip()


def without_accents(text: str) -> str:
    """Return ``text`` lower-cased and without Vietnamese accents, for finding, never for ranking."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def in_small_letters(text: str) -> str:
    """Return ``text`` in small letters, as ``CASEI`` of CQL2 compares it on both stores."""
    return text.lower()


def without_marks(text: str) -> str:
    """Return ``text`` without accents and tones, đ as d, capitals kept, as ``ACCENTI`` of CQL2 compares it."""
    bare = unicodedata.normalize("NFD", text).translate(_MARKS).translate(_CROSSED)
    return unicodedata.normalize("NFC", bare)
