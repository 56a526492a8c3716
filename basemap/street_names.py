"""Which streets of the map an address may mean by the name it gives, and how sure that is."""

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from basemap.address_index import AddressIndex
from basemap.address_text import clean, find_key, has_accents, rank_key, same_figures, shadow
from basemap.syllables import is_syllable
from basemap.ward_names import Certainty

_SHORTEST_MENDED_LETTERS = 8
_MOST_SLIPS_COUNT = 2
_MOST_NEAR_COUNT = 5
_SYLLABLES_FOR_ONE_WRONG_ACCENT = 3
_KEPT_SEARCHES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetsMeant:
    """Streets that a name may mean.

    Parameters
    ----------
    streets
        Their numbers in the index.
    certainty
        SURE: that name, accents included where the writer used any. MENDED: one slip of the pen, and nothing else is
        near. UNVERIFIED: look-alikes only, to be offered and never to be taken.
    likeness_ratio
        1 for the very name.
    words_left
        What followed the name without a comma, as ``ben nghe`` in ``12 nguyen hue ben nghe``.
    """

    streets: tuple[int, ...] = field(default=())
    certainty: Certainty = Certainty.UNVERIFIED
    likeness_ratio: float = 0.0
    words_left: str = ""


class StreetFinder:
    """Finds streets by name; remembers what it has looked for, since a batch asks for the same ones again."""

    def __init__(self, index: AddressIndex) -> None:
        self._index = index
        self._keys = list(index.by_find_key)
        self.find = lru_cache(maxsize=_KEPT_SEARCHES)(self._find)

    def _find(self, name: str) -> StreetsMeant:
        if not name:
            return StreetsMeant(certainty=Certainty.NOT_STATED)
        return self._by_name(name) or self._by_beginning(name) or self._by_likeness(name)

    def _by_name(self, name: str) -> StreetsMeant | None:
        namesakes = self._index.by_find_key.get(find_key(name), ())
        if not namesakes:
            return None
        same = tuple(at for at in namesakes if rank_key(self._index.streets[at]) == rank_key(name))
        if same or not has_accents(name):
            return StreetsMeant(streets=same or namesakes, certainty=Certainty.SURE, likeness_ratio=1.0)
        is_slip = len(namesakes) == 1 and _one_accent_wrong(name, self._index.streets[namesakes[0]])
        certainty = Certainty.MENDED if is_slip else Certainty.UNVERIFIED
        return StreetsMeant(streets=namesakes, certainty=certainty, likeness_ratio=0.9)

    def _by_beginning(self, name: str) -> StreetsMeant | None:
        """Find a street at the beginning of words that ran together: the longest name counts."""
        words = name.split()
        for count in range(len(words) - 1, 1, -1):
            found = self._by_name(" ".join(words[:count]))
            if found and found.certainty is Certainty.SURE:
                left = " ".join(words[count:])
                return StreetsMeant(streets=found.streets, certainty=found.certainty, likeness_ratio=1, words_left=left)
        return None

    def _by_likeness(self, name: str) -> StreetsMeant:
        key = find_key(name)
        hits = process.extract(
            key, self._keys, scorer=OSA.distance, score_cutoff=_MOST_SLIPS_COUNT, limit=_MOST_NEAR_COUNT
        )
        near = [(known, slips) for known, slips, _ in hits if same_figures(key, known)]
        if not near:
            return StreetsMeant()
        streets = tuple(at for known, _ in near for at in self._index.by_find_key[known])
        # A stray letter before the name may belong to the number: 2 ABến Sông Mây is perhaps 2A.
        is_same_start = near[0][0][0] == key[0]
        is_long = len(key) >= _SHORTEST_MENDED_LETTERS
        is_slip = len(streets) == 1 and near[0][1] == 1 and is_long and is_same_start
        if is_slip and _may_be_another_name(name, self._index.streets[streets[0]]):
            is_slip = False
        likeness_ratio = 1 - near[0][1] / max(len(key), 1)
        certainty = Certainty.MENDED if is_slip else Certainty.UNVERIFIED
        return StreetsMeant(streets=streets, certainty=certainty, likeness_ratio=likeness_ratio)


def _may_be_another_name(written: str, known: str) -> bool:
    """Tell whether the two differ by syllables that both exist: Nguyễn Huy may be no Nguyễn Huệ at all."""
    one, other = shadow(clean(written)).split(), shadow(clean(known)).split()
    if len(one) != len(other):
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return any(is_syllable(a) for a, _ in differing)


def _one_accent_wrong(written: str, known: str) -> bool:
    """Tell whether one syllable of a long name lacks an accent: Trần Hưng Đao, but not Tân Quy for Tân Quý.

    An accent that the name does not have makes another name: Phan Đình Phụng is no Phan Đình Phùng.
    """
    one, other = written.split(), known.split()
    if len(one) != len(other) or len(one) < _SYLLABLES_FOR_ONE_WRONG_ACCENT:
        return False
    differing = [(a, b) for a, b in zip(one, other, strict=True) if rank_key(a) != rank_key(b)]
    return len(differing) == 1 and _accents(differing[0][0]) <= _accents(differing[0][1])


def _accents(syllable: str) -> frozenset[str]:
    """Return the marks over and under the letters, and the bar of đ."""
    apart = unicodedata.normalize("NFD", syllable.casefold())
    return frozenset(letter for letter in apart if unicodedata.combining(letter) or letter == "đ")
