"""Which wards an address may mean by the names it gives, and how sure that is."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import geopandas as gpd
from rapidfuzz.distance import OSA

from basemap.address_text import find_key, has_accents, rank_key, same_figures, without_kind

_SHORTEST_MENDED_LETTERS = 6
_MOST_SLIPS_IN_KIND_COUNT = 2


class Certainty(StrEnum):
    """How well a name was recognised."""

    NOT_STATED = "not_stated"
    SURE = "sure"
    MENDED = "mended"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class WardsMeant:
    """Wards that an address may mean.

    Parameters
    ----------
    codes
        Ward codes of the ward layer; empty when none is stated or none is recognised.
    certainty
        MENDED: one letter differs, so the rest of the address must bear it out. UNVERIFIED: the name, or the district
        beside it, is not one that the ward layer can check.
    """

    codes: frozenset[str]
    certainty: Certainty


class AdministrativeUnits(Protocol):
    """Whoever knows administrative names: today's alone, or old ones with their conversion too."""

    def wards_meant(
        self, *, ward: str, district: str, is_former: bool, kind: str = "", province: str = ""
    ) -> WardsMeant:
        """Return the wards of the ward layer that these names may mean; an empty name was not written.

        Parameters
        ----------
        kind
            *phường*, *xã* or *thị trấn*, where it was written.
        province
            A province that became part of the city in 2025, where it was written.
        """


class CurrentWards:
    """The wards of the ward layer and nothing else: a district, or a former name, cannot be checked.

    Parameters
    ----------
    names
        Pairs of ward code and name, with or without *Phường*, *Xã*, *Đặc khu*.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._by_key: dict[str, list[tuple[str, str]]] = {}
        for code, name in names:
            bare = without_kind(name)
            self._by_key.setdefault(find_key(bare), []).append((rank_key(bare), code))

    @classmethod
    def of_layer(cls, wards: gpd.GeoDataFrame) -> "CurrentWards":
        """Return the names of a frame of the ward layer."""
        pairs = zip(wards["ward_code"].astype(str), wards["name"].astype(str), strict=True)
        return cls(pairs)

    def wards_meant(
        self,
        *,
        ward: str,
        district: str,
        is_former: bool,
        kind: str = "",  # noqa: ARG002 - today no two wards differ by their kind alone
        province: str = "",
    ) -> WardsMeant:
        """Return the wards of that name; accents decide where the writer uses any."""
        district = district or province
        if not ward:
            return WardsMeant(codes=frozenset(), certainty=Certainty.UNVERIFIED if district else Certainty.NOT_STATED)
        codes, certainty = self._found(without_kind(ward))
        if district or is_former:
            certainty = Certainty.UNVERIFIED
        return WardsMeant(codes=codes, certainty=certainty)

    def _found(self, name: str) -> tuple[frozenset[str], Certainty]:
        namesakes = self._by_key.get(find_key(name), [])
        if namesakes:
            same = [code for key, code in namesakes if key == rank_key(name) or not has_accents(name)]
            return frozenset(same), Certainty.SURE if same else Certainty.UNVERIFIED
        near = self._near(find_key(_without_misspelt_kind(name)))
        return near, Certainty.MENDED if near else Certainty.UNVERIFIED

    def _near(self, key: str) -> frozenset[str]:
        """Return the wards of the one name that differs by a letter; none when several do or figures differ."""
        if key in self._by_key:
            return frozenset(code for _, code in self._by_key[key])
        if len(key) < _SHORTEST_MENDED_LETTERS:
            return frozenset()
        near = [known for known in self._by_key if OSA.distance(key, known) <= 1 and same_figures(key, known)]
        return frozenset(code for _, code in self._by_key[near[0]]) if len(near) == 1 else frozenset()


def _without_misspelt_kind(name: str) -> str:
    """Return ``Bình Minh`` for ``Phừơgn Bình Minh``; no other first word is ever left out of a name."""
    first, _, others = name.partition(" ")
    return others if others and OSA.distance(find_key(first), "phuong") <= _MOST_SLIPS_IN_KIND_COUNT else name
