"""What can be a Vietnamese syllable, accents aside: it tells a slip of the pen from another name."""

import re

_ONSET = r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx])?"
_RIMES = (
    "a ac ach ai am an ang anh ao ap at au ay e ec em en eng enh eo ep et eu i ia ich iec iem ien ieng iep iet "
    "ieu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oen oeo oet oi om on ong "
    "ooc oong op ot u ua uac uan uang uat uay uc ue uech uenh ui um un ung uoc uoi uom uon uong uop uot uou up "
    "ut uu uy uya uych uyen uyet uynh uyt uyu y ya ych yem yen yet yeu ynh yt"
)
_SYLLABLE = re.compile(rf"{_ONSET}(?:{'|'.join(sorted(_RIMES.split(), key=len, reverse=True))})")
_FEWEST_LEFTOVERS_COUNT = 2
_DOUBLED = re.compile(r"([aeod])\1")
_TONE_LETTERS = re.compile(r"(?<=[aeiouy])([a-z]*?)[sfrxj](?=[a-z]*$)")


def is_syllable(word: str) -> bool:
    """Tell whether ``word``, small letters without accents, can be a syllable: *nguyen* can, *nguyeenx* cannot."""
    return _SYLLABLE.fullmatch(word) is not None


def without_telex(text: str) -> str:
    """Return ``text`` with what Telex left behind taken out: ``Nguyeenx Hueej`` is ``Nguyen Hue``.

    A word is touched only if it is no syllable as it stands and one without the keys of accents, and if it is not the
    only one: a single odd word is a slip. A text that has accents was typed with a working keyboard and stays as it is.
    """
    if not text.isascii():
        return text
    words = set(re.findall(r"[A-Za-z]{3,}", text))
    plain = {word: _plain(word) for word in words if _plain(word) != word}
    if len(plain) < _FEWEST_LEFTOVERS_COUNT:
        return text
    return re.sub(r"[A-Za-z]{3,}", lambda match: plain.get(match[0], match[0]), text)


def _plain(word: str) -> str:
    small = word.lower()
    if is_syllable(small):
        return word
    bare = _DOUBLED.sub(r"\1", small).replace("w", "")
    plain = next((each for each in (bare, _TONE_LETTERS.sub(r"\1", bare, count=1)) if is_syllable(each)), "")
    if not plain:
        return word
    return plain.capitalize() if word[0].isupper() else plain
