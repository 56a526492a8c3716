"""Vietnamese text from before Unicode, recognised and put right: TCVN3 (one byte a letter) and VNI (two).

Such text stands in old Shapefiles and drawings as bytes that a reader takes for West European letters: *NguyÔn* is
TCVN3 and *Nguyeãn* is VNI for *Nguyễn*. It is read as ISO-8859-1, so that no byte is lost, and mapped here. Which of
the two it is shows in the words: one mapping makes Vietnamese syllables of them and the other does not.

References
----------
TCVN 5712:1993 (VN3 for the fonts named .Vn…; the capitals with tones of VN1 are mapped too); the VNI-Windows keyboard
tables.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from spatial.text import to_nfc


class Encoding(StrEnum):
    """The ways to write Vietnamese that are recognised besides Unicode."""

    TCVN3 = "TCVN3"
    VNI = "VNI"


_TCVN3_LOWER = {
    "aàảãáạ": "a\xb5\xb6\xb7\xb8\xb9",
    "ăằẳẵắặ": "\xa8\xbb\xbc\xbd\xbe\xc6",
    "âầẩẫấậ": "\xa9\xc7\xc8\xc9\xca\xcb",
    "eèẻẽéẹ": "e\xcc\xce\xcf\xd0\xd1",
    "êềểễếệ": "\xaa\xd2\xd3\xd4\xd5\xd6",
    "iìỉĩíị": "i\xd7\xd8\xdc\xdd\xde",
    "oòỏõóọ": "o\xdf\xe1\xe2\xe3\xe4",
    "ôồổỗốộ": "\xab\xe5\xe6\xe7\xe8\xe9",
    "ơờởỡớợ": "\xac\xea\xeb\xec\xed\xee",
    "uùủũúụ": "u\xef\xf1\xf2\xf3\xf4",
    "ưừửữứự": "\xad\xf5\xf6\xf7\xf8\xf9",
    "yỳỷỹýỵ": "y\xfa\xfb\xfc\xfd\xfe",
    "đ": "\xae",
}
_TCVN3_UPPER = {
    "ĂÂÊÔƠƯĐ": "\xa1\xa2\xa3\xa4\xa5\xa6\xa7",
    # Only VN1 has these; the fonts of VN3 draw the small letters as capitals.
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨ": "\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f",
    "ÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ": "\x90\x91\x92\x93\x94\x95\x96\x97\x98\x99\x9a\x9b\x9c\x9d\x9e\x9f",
    "ẰẲẴẮẦẨẪẤỀỂỄẾỒỔỖỐ": "\xaf\xba\xbf\xc0\xc1\xc2\xc3\xc4\xc5\xcd\xd9\xda\xdb\xe0\xf0\xff",
}
_VNI_TONES = {"̀": "ø", "̉": "û", "̃": "õ", "́": "ù", "̣": "ï"}
_VNI_BREVE = dict(zip("ăằẳẵắặ", "êèúüéë", strict=True))
_VNI_CIRCUMFLEX = dict(zip(("", "̀", "̉", "̃", "́", "̣"), "âàåãáä", strict=True))
_VNI_SINGLE = {
    "í": "í",
    "ì": "ì",
    "ỉ": "æ",
    "ĩ": "ó",
    "ị": "ò",
    "ỵ": "î",
    "đ": "ñ",
    "ơ": "ô",
    "ư": "ö",
}


def _tcvn3_table() -> dict[str, str]:
    table = {}
    for letters, codes in (_TCVN3_LOWER | _TCVN3_UPPER).items():
        table.update({code: letter for letter, code in zip(letters, codes, strict=True) if letter != code})
    return table


def _vni_table() -> dict[str, str]:
    of_letter = dict(_VNI_SINGLE)
    of_letter |= {letter: f"a{mark}" for letter, mark in _VNI_BREVE.items()}
    for base in "aeo":
        for tone, mark in _VNI_CIRCUMFLEX.items():
            of_letter[unicodedata.normalize("NFC", f"{base}\u0302{tone}")] = f"{base}{mark}"
    for base in "aeouyơư":
        for tone, mark in _VNI_TONES.items():
            letter = unicodedata.normalize("NFC", f"{base}{tone}")
            of_letter.setdefault(letter, f"{_VNI_SINGLE.get(base, base)}{mark}")
    table = {}
    for letter, code in of_letter.items():
        # The mark of a capital may be written small or large.
        table.update(
            {
                code: letter,
                code.upper(): letter.upper(),
                code[0].upper() + code[1:]: letter.upper(),
            }
        )
    return table


TABLES: Mapping[Encoding, Mapping[str, str]] = MappingProxyType(
    {
        Encoding.TCVN3: MappingProxyType(_tcvn3_table()),
        Encoding.VNI: MappingProxyType(_vni_table()),
    }
)
"""The Unicode letter (NFC) of each code; a code of VNI has one or two characters. ``ý`` of TCVN3 is its own code."""

_PATTERNS = {
    encoding: re.compile("|".join(re.escape(code) for code in sorted(table, key=len, reverse=True)))
    for encoding, table in TABLES.items()
}
_LATIN_1_END = "\xff"
_NUCLEI = (
    "a|ă|â|e|ê|i|o|ô|ơ|u|ư|y|ai|ao|au|ay|âu|ây|eo|êu|ia|iu|iê|yê|oa|oă|oe|oi|ôi|ơi|oo|ua|uâ|uê|ui|uô|uơ|uy|ưa|ưi|ươ|ưu|"
    "iêu|yêu|oai|oao|oay|oeo|uai|uao|uây|uôi|ươi|ươu|uya|uyê|uyu"
)
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdđghklmnpqrstvx])?"
    rf"(?:{_NUCLEI})(?:ch|ng|nh|[cmnpt])?"
)
_TONES = frozenset("̣̀̉̃́")
_LEAST_SHARE, _FEWEST_WORDS_COUNT = 0.8, 2
_FEWEST_CAPITALS_OF_WORD_COUNT, _FEWEST_CAPITALS_OF_TEXT_COUNT = 2, 3


class Recognised(NamedTuple):
    """The encoding of a body of text, and how many of its words with marks it explains."""

    encoding: Encoding
    word_count: int
    explained_ratio: float


def decode(text: str, encoding: Encoding) -> str:
    """Return ``text``, whose characters stand for bytes, as Unicode (NFC)."""
    table = TABLES[encoding]
    mapped = _PATTERNS[encoding].sub(lambda found: table[found.group()], text)
    return to_nfc(_capitals(mapped) if encoding is Encoding.TCVN3 else mapped)


def could_be_legacy(text: str) -> bool:
    """Tell whether ``text`` has marks, all of them inside the first 256 characters, as bytes read one by one have."""
    return not text.isascii() and max(text) <= _LATIN_1_END


def recognise(texts: Iterable[str]) -> Recognised | None:
    """Return which encoding explains the words of ``texts``; None when they are Unicode, or nothing Vietnamese."""
    words = [word for text in set(texts) if could_be_legacy(text) for word in text.split() if not word.isascii()]
    if len(words) < _FEWEST_WORDS_COUNT:
        return None
    as_it_stands = _share(words, str)
    shares = {encoding: _share(words, _decoder(encoding)) for encoding in Encoding}
    best = max(shares, key=lambda encoding: shares[encoding])
    if shares[best] < _LEAST_SHARE or shares[best] <= as_it_stands:
        return None
    return Recognised(best, len(words), shares[best])


def _decoder(encoding: Encoding) -> Callable[[str], str]:
    return lambda word: decode(word, encoding)


def _share(words: list[str], read: Callable[[str], str]) -> float:
    return sum(_is_vietnamese(read(word)) for word in words) / len(words)


def _is_vietnamese(word: str) -> bool:
    """Tell whether every run of letters in ``word`` is a syllable that Vietnamese can form, with one tone at most."""
    runs = re.findall(r"[^\W\d_]+", word)
    if any(not character.isascii() and not character.isalpha() for character in word):
        return False
    return bool(runs) and all(_is_syllable(run.casefold()) for run in runs)


def _is_syllable(run: str) -> bool:
    apart = unicodedata.normalize("NFD", run)
    if sum(character in _TONES for character in apart) > 1:
        return False
    bare = unicodedata.normalize("NFC", "".join(character for character in apart if character not in _TONES))
    return _SYLLABLE.fullmatch(bare) is not None


def _capitals(text: str) -> str:
    """Return ``text`` with the capitals that TCVN3 cannot write: those with a tone, as the letters around them tell.

    ``HUÖ`` is *HUỆ* since H and U are capitals. One capital alone tells nothing: ``Hå`` is *Hồ*.
    """
    if _is_in_capitals(text, fewest_count=_FEWEST_CAPITALS_OF_TEXT_COUNT):
        return text.upper()
    return re.sub(r"[^\W\d_]+", lambda found: _as_neighbours(found.group()), text)


def _as_neighbours(word: str) -> str:
    return word.upper() if _is_in_capitals(word, fewest_count=_FEWEST_CAPITALS_OF_WORD_COUNT) else word


def _is_in_capitals(text: str, *, fewest_count: int) -> bool:
    plain = [letter for letter in text if letter.isascii() and letter.isalpha()]
    return len(plain) >= fewest_count and all(letter.isupper() for letter in plain)
