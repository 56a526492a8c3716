"""Where an address lies, with a grade that says how far the answer can be trusted.

An answer that is wrong and sure of itself is the worst outcome. So *exact* is said only where one house bears that
number, on a street of that very name, in a ward that does not contradict; everything else gets a lower grade, a reason
in words and candidates from which a person can choose.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely

from basemap.address import ParsedAddress, parse_address
from basemap.address_index import AddressIndex, Place
from basemap.address_words import HOME_PROVINCE, MERGED_PROVINCES
from basemap.geocode_reasons import REASONS
from basemap.street_names import StreetFinder, StreetsMeant
from basemap.ward_names import Certainty, WardsMeant
from spatial.text import Text

USUAL_CANDIDATES_COUNT = 5
_NUMBER_WEIGHT, _STREET_WEIGHT, _WARD_WEIGHT = 45, 35, 20
_OTHER_LETTER_SHARE, _MOUTH_SHARE = 0.6, 0.5


class Grade(StrEnum):
    """How near the answer is to the door, best first."""

    EXACT = "exact"
    ALLEY_MOUTH = "alley_mouth"
    STREET = "street"
    WARD = "ward"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place that the address may mean.

    Parameters
    ----------
    grade
        What kind of place it is.
    score
        0 to 100: number, street and ward as far as each agrees. It orders candidates, it is no probability.
    """

    place: Place
    grade: Grade
    score: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where an address lies.

    Parameters
    ----------
    place
        None when the grade is NONE.
    reason_code
        Stable word of `basemap.geocode_reasons.REASONS`.
    candidates
        Best first; with an exact answer it stands first among them.
    """

    parsed: ParsedAddress
    grade: Grade
    place: Place | None
    reason_code: str
    candidates: tuple[Candidate, ...]

    @property
    def reason(self) -> Text:
        """Why this grade, in words."""
        return REASONS[self.reason_code]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestAddress:
    """The address nearest to a point, and how far away it is."""

    place: Place
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """An address with what its names may mean."""

    parsed: ParsedAddress
    streets: StreetsMeant
    wards: WardsMeant


class Geocoder:
    """Answers addresses from one index."""

    def __init__(self, index: AddressIndex) -> None:
        self.index = index
        self._streets = StreetFinder(index)

    def geocode(self, text: str, *, most_candidates_count: int = USUAL_CANDIDATES_COUNT) -> Answer:
        """Return where an address lies; whatever the text, there is an answer."""
        question = self._question(parse_address(text))
        province = question.parsed.province
        if province not in ("", HOME_PROVINCE, *MERGED_PROVINCES):
            return Answer(
                parsed=question.parsed,
                grade=Grade.NONE,
                place=None,
                reason_code="other_province",
                candidates=(),
            )
        candidates = self._candidates(question)[:most_candidates_count]
        grade, place, reason = self._decide(question)
        return Answer(
            parsed=question.parsed,
            grade=grade,
            place=place,
            reason_code=reason,
            candidates=candidates,
        )

    def geocode_many(self, texts: Iterable[str]) -> list[Answer]:
        """Return an answer for each text; the same text is looked up once."""
        known: dict[str, Answer] = {}
        answers = []
        for text in texts:
            if text not in known:
                known[text] = self.geocode(text)
            answers.append(known[text])
        return answers

    def nearest(self, x: float, y: float, *, limit_m: float) -> NearestAddress | None:
        """Return the address nearest to a point of the index's coordinate system, None beyond the limit."""
        if not (np.isfinite([x, y]).all() and len(self.index.all_houses)):
            return None
        point = shapely.Point(x, y)
        found, away_m = self.index.points.query_nearest(
            point, max_distance=limit_m, return_distance=True, all_matches=True
        )
        if not len(found):
            return None
        return NearestAddress(place=self.index.all_houses[int(found.min())], distance_m=float(away_m[0]))

    def _question(self, parsed: ParsedAddress) -> _Question:
        streets, units = self._streets.find(parsed.street), self.index.units
        ward = parsed.ward or streets.words_left
        wards = units.wards_meant(
            ward=ward,
            district=parsed.district,
            is_former=parsed.is_former,
            kind=parsed.ward_kind,
            province=parsed.province if parsed.province in MERGED_PROVINCES else "",
        )
        if (parsed.ward and streets.words_left) or self._landmark_doubts(parsed):
            wards = WardsMeant(codes=wards.codes, certainty=Certainty.UNVERIFIED)
        return _Question(parsed=parsed, streets=streets, wards=wards)

    def _landmark_doubts(self, parsed: ParsedAddress) -> bool:
        """Tell whether a name before the number may be a place of its own: *Nha Trang, 12 Nguyễn Huệ*."""
        if not parsed.landmark:
            return False
        known = self.index.units.wards_meant(ward=parsed.landmark, district="", is_former=False)
        return not parsed.ward or bool(known.codes)

    def _decide(self, question: _Question) -> tuple[Grade, Place | None, str]:
        """Return grade, place and reason: the door, the mouth of its alley, the street, the ward, in this order."""
        streets, wards = question.streets, question.wards
        if streets.certainty in (Certainty.NOT_STATED, Certainty.UNVERIFIED):
            return self._by_ward(question)
        houses = self._houses(question)
        house = self._the_one(question, houses)
        if house:
            is_mended = Certainty.MENDED in (streets.certainty, wards.certainty)
            return Grade.EXACT, house, "exact_mended" if is_mended else "exact"
        if not houses:
            for mouths in self._mouths(question):
                mouth = self._the_one(question, mouths)
                if mouth:
                    return Grade.ALLEY_MOUTH, mouth, "alley_mouth"
        stretches = [piece for street in streets.streets for piece in self.index.stretches[street]]
        stretch = self._the_stretch(question, stretches)
        if stretch:
            return Grade.STREET, stretch, self._why_street_only(question, houses)
        if wards.certainty is Certainty.UNVERIFIED:
            return Grade.NONE, None, "area_unknown"
        is_here = any(piece.ward_codes & wards.codes for piece in stretches) or not wards.codes
        return Grade.NONE, None, "several_streets" if is_here else "street_elsewhere"

    def _the_one(self, question: _Question, places: tuple[Place, ...]) -> Place | None:
        """Return the only place that agrees with everything written; None as soon as there is any doubt."""
        streets, wards = question.streets, question.wards
        if len(streets.streets) != 1 and not self._others_are_away(question):
            return None
        within = [place for place in places if place.ward_codes & wards.codes]
        if wards.certainty is Certainty.NOT_STATED:
            is_one = streets.certainty is Certainty.SURE and self.index.is_one_street[streets.streets[0]]
            return places[0] if is_one and len(places) == 1 else None
        if wards.certainty is Certainty.UNVERIFIED or len(within) != 1:
            return None
        is_mended = Certainty.MENDED in (streets.certainty, wards.certainty)
        is_all_mended = streets.certainty is wards.certainty is Certainty.MENDED
        return None if is_all_mended or (is_mended and len(places) != 1) else within[0]

    def _others_are_away(self, question: _Question) -> bool:
        """Tell whether only one of several namesakes (Tân Quý, Tân Quy) runs through the wards meant."""
        here = [
            street
            for street in question.streets.streets
            if any(piece.ward_codes & question.wards.codes for piece in self.index.stretches[street])
        ]
        return len(here) == 1

    def _the_stretch(self, question: _Question, stretches: list[Place]) -> Place | None:
        wards = question.wards
        if wards.codes:
            within = [piece for piece in stretches if piece.ward_codes & wards.codes]
            return within[0] if len(within) == 1 else None
        if wards.certainty is Certainty.UNVERIFIED or len(question.streets.streets) != 1 or len(stretches) != 1:
            return None
        return stretches[0] if self.index.is_one_street[question.streets.streets[0]] else None

    def _why_street_only(self, question: _Question, houses: tuple[Place, ...]) -> str:
        if question.wards.certainty is Certainty.UNVERIFIED:
            return "area_unverified"
        if not (question.parsed.house_number or question.parsed.alley):
            return "no_number"
        if question.wards.codes and houses and not any(house.ward_codes & question.wards.codes for house in houses):
            return "number_in_other_ward"
        if not houses:
            return "number_unknown"
        return "name_mended" if question.streets.certainty is Certainty.MENDED else "several_houses"

    def _by_ward(self, question: _Question) -> tuple[Grade, Place | None, str]:
        wards = question.wards
        is_stated = question.streets.certainty is not Certainty.NOT_STATED
        if wards.certainty is Certainty.SURE and len(wards.codes) == 1:
            code = next(iter(wards.codes))
            return (
                Grade.WARD,
                self.index.wards[code],
                "street_unknown" if is_stated else "no_street",
            )
        if wards.certainty is Certainty.UNVERIFIED:
            return Grade.NONE, None, "area_unknown"
        return (
            Grade.NONE,
            None,
            "street_unknown_anywhere" if is_stated else "nothing_recognised",
        )

    def _houses(self, question: _Question) -> tuple[Place, ...]:
        number = question.parsed.house_number
        return tuple(
            house for street in question.streets.streets for house in self.index.houses.get((street, number), ())
        )

    def _mouths(self, question: _Question) -> list[tuple[Place, ...]]:
        """Return the mouths of the alleys that lead to the house, the innermost first."""
        path = question.parsed.alley.split("/") if question.parsed.alley else list(question.parsed.number_path[:-1])
        streets = question.streets.streets
        return [
            tuple(mouth for street in streets for mouth in self.index.alleys.get((street, "/".join(path[:depth])), ()))
            for depth in range(len(path), 0, -1)
        ]

    def _candidates(self, question: _Question) -> tuple[Candidate, ...]:
        found = [(house, Grade.EXACT, 1.0) for house in self._houses(question)]
        found += [(house, Grade.EXACT, _OTHER_LETTER_SHARE) for house in self._other_letters(question)]
        found += [(mouth, Grade.ALLEY_MOUTH, _MOUTH_SHARE) for mouths in self._mouths(question)[:1] for mouth in mouths]
        found += [
            (piece, Grade.STREET, 0.0) for street in question.streets.streets for piece in self.index.stretches[street]
        ]
        scored = [
            Candidate(
                place=place,
                grade=grade,
                score=_score(question, place, number_share_ratio=share),
            )
            for place, grade, share in found
        ]
        return tuple(sorted(scored, key=_by_score))

    def _other_letters(self, question: _Question) -> list[Place]:
        """Return the house without the letter, or beyond the dash, that was written: 7 for 7C, 12 for 12-14."""
        number = question.parsed.house_number
        bare = number.partition("-")[0].rstrip("ABCDEFGHIKLMNOPQRSTUVXYZ")
        if bare in ("", number):
            return []
        return [house for street in question.streets.streets for house in self.index.houses.get((street, bare), ())]


def _score(question: _Question, place: Place, *, number_share_ratio: float) -> int:
    is_free = question.wards.certainty is Certainty.NOT_STATED
    ward_share = 1.0 if place.ward_codes & question.wards.codes else 0.5 if is_free else 0.0
    likeness = question.streets.likeness_ratio * _STREET_WEIGHT
    return round(number_share_ratio * _NUMBER_WEIGHT + likeness + ward_share * _WARD_WEIGHT)


def _by_score(candidate: Candidate) -> tuple[int, str, float]:
    return -candidate.score, candidate.place.label, candidate.place.x
