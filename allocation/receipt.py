"""Receipt codes: the proof of having applied, without which nobody's result can be read.

A personal ID and a date of birth can be guessed in some 5,000 tries; sixty random bits cannot. The letters are
Crockford's: no I, L, O or U, so that a code read aloud or copied by hand comes back the same.

References
----------
Douglas Crockford, *Base 32*, https://www.crockford.com/base32.html
"""

import unicodedata

from spatial.errors import InputError
from spatial.text import Text

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECEIPT_BITS_COUNT = 60

_BITS_PER_LETTER = 5
_LETTER_COUNT = RECEIPT_BITS_COUNT // _BITS_PER_LETTER
_GROUP_LETTER_COUNT = 4
_RANDOM_BYTE_COUNT = 8
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_receipt_code(random_bytes: bytes) -> str:
    """Return the receipt code made of the first 60 bits of ``random_bytes``, e.g. ``7K3M-9QXA-2B4C``.

    Parameters
    ----------
    random_bytes
        At least eight bytes from a source nobody can predict (``secrets.token_bytes(8)``).

    Raises
    ------
    ValueError
        Fewer than eight bytes were given.
    """
    if len(random_bytes) < _RANDOM_BYTE_COUNT:
        message = f"a receipt code needs {_RANDOM_BYTE_COUNT} random bytes, not {len(random_bytes)}"
        raise ValueError(message)
    number = int.from_bytes(random_bytes[:_RANDOM_BYTE_COUNT]) >> (8 * _RANDOM_BYTE_COUNT - RECEIPT_BITS_COUNT)
    letters = [
        ALPHABET[(number >> (_BITS_PER_LETTER * place)) & (len(ALPHABET) - 1)]
        for place in reversed(range(_LETTER_COUNT))
    ]
    return _in_groups("".join(letters))


def normalise(text: str) -> str:
    """Return a receipt code as a person typed it in the one way it is written.

    Small letters, spaces, dashes, dots, full-width letters and the look-alikes O, I and L are forgiven.

    Raises
    ------
    InputError
        What remains is no receipt code.
    """
    composed = unicodedata.normalize("NFKC", text).upper()
    letters = "".join(letter for letter in composed if unicodedata.category(letter)[0] in "LN")
    letters = letters.translate(_LOOK_ALIKES)
    if len(letters) != _LETTER_COUNT or any(letter not in ALPHABET for letter in letters):
        raise InputError(
            Text(
                "Mã biên nhận không đúng dạng.",
                "The receipt code does not have the right form.",
            ),
            hint=Text(
                f"Mã gồm {_LETTER_COUNT} chữ và số, ví dụ 7K3M-9QXA-2B4C, in trên giấy biên nhận hồ sơ.",
                f"It has {_LETTER_COUNT} letters and digits, e.g. 7K3M-9QXA-2B4C, and stands on the receipt.",
            ),
            subject="receipt_code",
        )
    return _in_groups(letters)


def _in_groups(letters: str) -> str:
    starts = range(0, len(letters), _GROUP_LETTER_COUNT)
    return "-".join(letters[start : start + _GROUP_LETTER_COUNT] for start in starts)
