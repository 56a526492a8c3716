"""Many addresses at once: a row an address, and which share of them reached which grade."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from basemap.address_index import Place
from basemap.geocode import Answer, Candidate, Grade
from spatial.crs import WGS84, transformer
from spatial.issues import neutral_in_spreadsheets
from spatial.text import Text

RESULT_COLUMNS = (
    "geocode_grade",
    "geocode_address",
    "geocode_feature_id",
    "geocode_ward_code",
    "geocode_score",
    "geocode_x",
    "geocode_y",
    "geocode_lon",
    "geocode_lat",
    "geocode_reason",
    "geocode_reason_text",
    "geocode_candidates",
)
"""Columns that stand beside what was asked; the candidates are one text, best first, with their scores."""

GRADE_LABELS: Mapping[Grade, Text] = {
    Grade.EXACT: Text("đúng số nhà", "exact"),
    Grade.ALLEY_MOUTH: Text("đầu hẻm", "alley mouth"),
    Grade.STREET: Text("đường", "street"),
    Grade.WARD: Text("phường", "ward"),
    Grade.NONE: Text("không định vị được", "none"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """How many addresses of a batch reached each grade; every grade is named, also at zero."""

    count: int
    count_by_grade: Mapping[Grade, int]

    def share_ratio(self, grade: Grade) -> float:
        """Return the share of a grade; 0 for an empty batch."""
        return self.count_by_grade[grade] / self.count if self.count else 0.0

    def sentence(self) -> Text:
        """Return the shares in one line, as ``exact 93.1 % (931)``."""
        shares = [
            (grade, f"{100 * self.share_ratio(grade):.1f} %", count) for grade, count in self.count_by_grade.items()
        ]
        vi = "; ".join(f"{GRADE_LABELS[grade].vi} {share} ({count})" for grade, share, count in shares)
        en = "; ".join(f"{GRADE_LABELS[grade].en} {share} ({count})" for grade, share, count in shares)
        return Text(f"{self.count} địa chỉ: {vi.replace('.', ',')}.", f"{self.count} addresses: {en}.")

    def to_json(self) -> dict[str, object]:
        """Return counts and shares for programs."""
        return {
            "count": self.count,
            "grades": {
                grade.value: {"count": count, "share_ratio": round(self.share_ratio(grade), 6)}
                for grade, count in self.count_by_grade.items()
            },
        }


def report_of(answers: Sequence[Answer]) -> BatchReport:
    """Return the shares of the grades of a batch."""
    counts = Counter(answer.grade for answer in answers)
    return BatchReport(count=len(answers), count_by_grade={grade: counts[grade] for grade in Grade})


def answers_frame(answers: Sequence[Answer], *, crs: str, language: str) -> pd.DataFrame:
    """Return a row an answer with the columns `RESULT_COLUMNS`; coordinates are NaN where there is no place.

    Parameters
    ----------
    crs
        Coordinate system of the index that answered.
    language
        Of the reasons in words.
    """
    places = [answer.place for answer in answers]
    xy = np.array([(place.x, place.y) if place else (np.nan, np.nan) for place in places]).reshape(-1, 2)
    known = np.isfinite(xy).all(axis=1)
    lon_lat = np.full_like(xy, np.nan)
    if known.any():
        lon_lat[known] = shapely.get_coordinates(shapely.transform(shapely.points(xy[known]), transformer(crs, WGS84)))
    values = {
        "geocode_grade": [answer.grade.value for answer in answers],
        "geocode_address": [neutral_in_spreadsheets(place.label) if place else "" for place in places],
        "geocode_feature_id": [place.feature_id if place else "" for place in places],
        "geocode_ward_code": [" ".join(sorted(place.ward_codes)) if place else "" for place in places],
        "geocode_score": [answer.candidates[0].score if answer.candidates else 0 for answer in answers],
        "geocode_x": xy[:, 0].round(3),
        "geocode_y": xy[:, 1].round(3),
        "geocode_lon": lon_lat[:, 0].round(8),
        "geocode_lat": lon_lat[:, 1].round(8),
        "geocode_reason": [answer.reason_code for answer in answers],
        "geocode_reason_text": [answer.reason.in_language(language) for answer in answers],
        "geocode_candidates": [neutral_in_spreadsheets(candidates_text(answer.candidates)) for answer in answers],
    }
    return pd.DataFrame(values, columns=list(RESULT_COLUMNS))


def candidates_text(candidates: Sequence[Candidate]) -> str:
    """Return the candidates in one line, best first, with their scores."""
    return "; ".join(f"{candidate.place.label} ({candidate.score})" for candidate in candidates)


def answer_json(answer: Answer, *, crs: str) -> dict[str, object]:
    """Return an answer for programs: what was read, the grade with its reason, the place, the candidates."""
    parsed = answer.parsed
    names = [name for name in parsed.__slots__ if name != "raw"]
    return {
        "raw": parsed.raw,
        "parsed": {name: getattr(parsed, name) for name in names if getattr(parsed, name)},
        "grade": answer.grade.value,
        "reason": answer.reason_code,
        "reason_text": answer.reason._asdict(),
        "crs": crs,
        "place": None if answer.place is None else place_json(answer.place, crs=crs),
        "candidates": [
            {"grade": candidate.grade.value, "score": candidate.score, **place_json(candidate.place, crs=crs)}
            for candidate in answer.candidates
        ],
    }


def place_json(place: Place, *, crs: str) -> dict[str, object]:
    """Return a place for programs, in metres of the map and in degrees of WGS84."""
    lon, lat = transformer(crs, WGS84)(np.array([[place.x, place.y]]))[0].tolist()
    return {
        "address": place.label,
        "feature_id": place.feature_id,
        "ward_codes": sorted(place.ward_codes),
        "x": round(place.x, 3),
        "y": round(place.y, 3),
        "lon": round(lon, 8),
        "lat": round(lat, 8),
    }
