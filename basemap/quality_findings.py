"""What a quality check is given, and what it hands back: findings that name features and a place on the map."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

Geometries = npt.NDArray[np.object_]
Positions = npt.NDArray[np.intp]

OF_THE_STORE = -1
"""Index of features that the new ones are held against: what they are to one another is not asked."""

_IDS_SHOWN_COUNT = 4
_MOST_OUTLINE_CORNERS_COUNT = 10_000


class TimeIsUpError(Exception):
    """The check has used up its time; what was found so far stands, and the rule counts as not checked."""


class NotCheckedError(Exception):
    """A rule cannot be carried out, for the reason ``why``; nobody may read its silence as *nothing found*."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


ONLY_IN_VIETNAM = Text("chỉ xét ở kho dữ liệu của Việt Nam", "it is looked for in stores of Viet Nam only")

Published = Callable[[LayerName, tuple[float, float, float, float]], gpd.GeoDataFrame | None]
"""Reads what is published of a layer within a box, in the system of the frame that is checked; None: nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What features are held against beside one another, all in the system of the frame that is checked.

    Parameters
    ----------
    wards
        Published wards; None when there are none.
    published
        Reads the published layers; None when there is no store.
    """

    wards: gpd.GeoDataFrame | None = None
    published: Published | None = None


ALONE = Surroundings()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """One issue, the features it is about, and where it lies.

    Parameters
    ----------
    geometry
        In the coordinate system of the frame that was checked.
    area_m2, distance_m
        What was measured on that plane, where the rule measures it.
    rule
        Code of the rule that found it.
    is_about_new
        A feature that comes to the store now is among those concerned, or the file as a whole is meant.
    """

    issue: Issue
    feature_ids: tuple[str, ...]
    geometry: BaseGeometry
    area_m2: float | None = None
    distance_m: float | None = None
    rule: str = ""
    is_about_new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOutcome:
    """What became of one rule.

    Parameters
    ----------
    found_count
        Findings, of which a report may list only the largest.
    area_m2
        Their areas in all, where the rule measures areas.
    why_not_checked
        Empty when the rule was carried through; otherwise nobody may read silence as *nothing found*.
    """

    code: str
    label: Text
    found_count: int
    area_m2: float | None = None
    why_not_checked: Text = NO_TEXT

    @property
    def is_checked(self) -> bool:
        """Whether the rule was carried through."""
        return self.why_not_checked == NO_TEXT

    def sentence(self) -> Text:
        """Return the outcome in words."""
        if not self.is_checked:
            why = self.why_not_checked
            return Text(f"{self.label.vi}: chưa kiểm tra ({why.vi})", f"{self.label.en}: not checked ({why.en})")
        area = "" if self.area_m2 is None else f" ({self.area_m2:.2f} m²)"
        return Text(f"{self.label.vi}: {self.found_count}{area}", f"{self.label.en}: {self.found_count}{area}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityReport:
    """The outcome of every rule of a layer, and the findings: of each rule the largest first.

    Parameters
    ----------
    crs
        Coordinate system of every geometry here.
    outline
        Where the layer lies, roughly: to find one's way on a map of findings.
    features
        What was checked, to be drawn beneath the findings.
    """

    layer: LayerName
    crs: str
    outline: BaseGeometry
    features: gpd.GeoDataFrame
    feature_count: int
    outcomes: tuple[RuleOutcome, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, object]:
        """Return the outcomes as plain values, without the single findings."""
        return {
            "crs": self.crs,
            "feature_count": self.feature_count,
            "rules": [
                {
                    "code": outcome.code,
                    "label_vi": outcome.label.vi,
                    "label_en": outcome.label.en,
                    "is_checked": outcome.is_checked,
                    "why_not_checked_vi": outcome.why_not_checked.vi,
                    "why_not_checked_en": outcome.why_not_checked.en,
                    "found_count": outcome.found_count,
                    "area_m2": None if outcome.area_m2 is None else round(outcome.area_m2, 4),
                }
                for outcome in self.outcomes
            ],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Ground:
    """The features to be checked, and what stands beside them.

    Parameters
    ----------
    frame
        ``feature_id``, the attributes of the layer and geometry, in a metric coordinate system.
    file
        Name that the issues carry.
    first_row_count
        Row of the feature with index 0 as a person counts; None when the features come from no file. A feature with
        the index `OF_THE_STORE` stands there already.
    around
        What the features are held against beside one another.
    ends_at_s
        Reading of the monotonic clock at which the check stops.
    """

    layer: LayerName
    frame: gpd.GeoDataFrame
    file: str
    first_row_count: int | None = None
    around: Surroundings = ALONE
    ends_at_s: float = field(default=float("inf"))

    @cached_property
    def geometries(self) -> Geometries:
        """The geometries, in the order of the frame."""
        return np.asarray(self.frame.geometry.array, dtype=object)

    @cached_property
    def ids(self) -> npt.NDArray[np.object_]:
        """The feature ids, in the order of the frame."""
        return np.asarray(self.frame["feature_id"], dtype=object)

    @cached_property
    def is_new(self) -> npt.NDArray[np.bool_]:
        """Whether each feature comes to the store now."""
        return np.asarray(self.frame.index != OF_THE_STORE, dtype=np.bool_)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the geometries' boxes."""
        return shapely.STRtree(self.geometries)

    @cached_property
    def union(self) -> BaseGeometry:
        """All areas as one; computed once, it is the dearest step of all."""
        self.must_have_time()
        return shapely.disjoint_subset_union_all(self.geometries)

    @cached_property
    def twin_of(self) -> Positions:
        """For each feature the first one with the same geometry; itself when there is no earlier one."""
        forms = np.asarray(shapely.to_wkb(shapely.normalize(self.geometries)), dtype=object)
        _, first, number = np.unique(forms, return_index=True, return_inverse=True)
        return np.asarray(first[number.ravel()], dtype=np.intp)

    def outline(self) -> BaseGeometry:
        """Return the outer border to a thousandth of its extent where it is known, else the box."""
        west, south, east, north = self.frame.total_bounds
        box = shapely.box(west, south, east, north)
        if "union" not in self.__dict__:
            return box
        rough = self.union.simplify(max(east - west, north - south) / 1_000)
        rings = shapely.get_exterior_ring(shapely.get_parts(rough))
        border = shapely.multipolygons(
            [shapely.polygons(ring) for ring in rings if ring is not None and len(ring.coords)]
        )
        return border if shapely.get_num_coordinates(border) <= _MOST_OUTLINE_CORNERS_COUNT else box

    def must_have_time(self) -> None:
        """Raise TimeIsUpError when the time is used up."""
        if time.monotonic() > self.ends_at_s:
            raise TimeIsUpError

    def chunks(self, count: int, *, size: int = 20_000) -> Iterator[slice]:
        """Yield slices that cover ``count`` items, as long as there is time."""
        for begin in range(0, count, size):
            self.must_have_time()
            yield slice(begin, begin + size)

    def finding(  # noqa: PLR0913 - the parts of a finding, each by its name
        self,
        code: str,
        positions: Positions | list[int],
        *,
        geometry: BaseGeometry,
        message: Text,
        hint: Text,
        area_m2: float | None = None,
        distance_m: float | None = None,
    ) -> Finding:
        """Return a warning about the features at ``positions``."""
        ids = tuple(str(self.ids[position]) for position in positions)
        what = ", ".join(ids[:_IDS_SHOWN_COUNT]) + (" …" if len(ids) > _IDS_SHOWN_COUNT else "")
        row = None
        new = [position for position in positions if self.is_new[position]]
        if self.first_row_count is not None and new:
            row = int(self.frame.index[new[0]]) + self.first_row_count
        return Finding(
            issue=Issue(
                severity=Severity.WARNING,
                code=code,
                file=self.file,
                row=row,
                field="feature_id",
                value=what,
                message=message,
                hint=hint,
            ),
            feature_ids=ids,
            geometry=geometry,
            area_m2=area_m2,
            distance_m=distance_m,
            is_about_new=bool(new) or not len(positions),
        )
