"""How badly features fit a published layer, here and moved: what tells whether a file lies 226 m off.

Each measure says of every sampled feature whether it can be compared at all, and whether it then fits badly: a parcel
that a street runs through, a building across two parcels, a house far from the street of its address.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from basemap.model import LayerName
from spatial.text import Text

Geometries = npt.NDArray[np.object_]
Truths = npt.NDArray[np.bool_]

_SAME_PLACE_M = 20.0
_TWIN_M, _TWIN_SIZE_RATIO = 5.0, 0.05
_NEAR_M = 60.0
_WITHIN_ONE_PARCEL_RATIO = 0.8
_ALONG_STREET_RATIO = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One way to hold features against a published layer.

    Parameters
    ----------
    against
        The published layer.
    what
        What is counted as a bad fit.
    fewest_count
        Fewer comparable features prove nothing.
    is_misfit
        Takes moved geometries, their attributes and the published features (never empty), all in one metric system;
        returns for each feature whether it fits badly, and whether it can be compared.
    """

    against: LayerName
    what: Text
    is_misfit: Callable[[Geometries, gpd.GeoDataFrame, gpd.GeoDataFrame], tuple[Truths, Truths]]
    fewest_count: int = 30


def _shapes(frame: gpd.GeoDataFrame) -> Geometries:
    return np.asarray(frame.geometry.array, dtype=object)


def _near(moved: Geometries, published: Geometries) -> Truths:
    near = np.zeros(len(moved), dtype=np.bool_)
    near[shapely.STRtree(published).query(moved, predicate="dwithin", distance=_NEAR_M)[0]] = True
    return near


def _away_from_namesake(
    column: str,
) -> Callable[[Geometries, gpd.GeoDataFrame, gpd.GeoDataFrame], tuple[Truths, Truths]]:
    """Fit badly: the published feature of the same name lies elsewhere. Names that stand twice are left aside."""

    def measure(moved: Geometries, frame: gpd.GeoDataFrame, published: gpd.GeoDataFrame) -> tuple[Truths, Truths]:
        known = published.drop_duplicates(column, keep=False)
        places = dict(zip(known[column], shapely.centroid(_shapes(known)), strict=True))
        own = [places.get(name) if isinstance(name, str) and name else None for name in frame[column]]
        there = np.array(own, dtype=object)
        distance_m = shapely.distance(shapely.centroid(moved), there)
        return distance_m > _SAME_PLACE_M, ~np.isnan(distance_m)

    return measure


def _without_twin(moved: Geometries, _frame: gpd.GeoDataFrame, published: gpd.GeoDataFrame) -> tuple[Truths, Truths]:
    """Fit badly: no published feature of this size lies here."""
    known = _shapes(published)
    centres = shapely.centroid(moved)
    here, there = shapely.STRtree(shapely.centroid(known)).query(centres, predicate="dwithin", distance=_TWIN_M)
    own, other = _size(moved)[here], _size(known)[there]
    lonely = np.ones(len(moved), dtype=np.bool_)
    lonely[here[np.abs(own - other) <= _TWIN_SIZE_RATIO * np.maximum(own, other)]] = False
    return lonely, _near(moved, known)


def _size(shapes: Geometries) -> npt.NDArray[np.float64]:
    is_area = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004  dimensions of an area
    return np.asarray(np.where(is_area, shapely.area(shapes), shapely.length(shapes)), dtype=np.float64)


def _crossed(moved: Geometries, _frame: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> tuple[Truths, Truths]:
    """Fit badly: the middle line of a street runs through the feature."""
    lines = _shapes(streets)
    crossed = np.zeros(len(moved), dtype=np.bool_)
    crossed[shapely.STRtree(lines).query(moved, predicate="intersects")[0]] = True
    return crossed, _near(moved, lines)


def _off_the_ground(moved: Geometries, _frame: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> tuple[Truths, Truths]:
    """Fit badly: the point lies in no parcel."""
    areas = _shapes(parcels)
    outside = np.ones(len(moved), dtype=np.bool_)
    outside[shapely.STRtree(areas).query(shapely.centroid(moved), predicate="intersects")[0]] = False
    return outside, _near(moved, areas)


def _through_parcels(moved: Geometries, frame: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> tuple[Truths, Truths]:
    """Fit badly: the middle of the street lies in a parcel."""
    longest = [max(shapely.get_parts(each), key=shapely.length) for each in moved]
    middles = shapely.line_interpolate_point(np.array(longest, dtype=object), 0.5, normalized=True)
    outside, is_near = _off_the_ground(middles, frame, parcels)
    return ~outside, is_near


def _astride(moved: Geometries, _frame: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> tuple[Truths, Truths]:
    """Fit badly: no parcel holds most of the building."""
    areas = _shapes(parcels)
    here, there = shapely.STRtree(areas).query(moved, predicate="intersects")
    held_m2 = np.zeros(len(moved))
    np.maximum.at(held_m2, here, shapely.area(shapely.intersection(moved[here], areas[there])))
    return held_m2 < _WITHIN_ONE_PARCEL_RATIO * shapely.area(moved), _near(moved, areas)


def _without_street(moved: Geometries, _frame: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> tuple[Truths, Truths]:
    """Fit badly: no street runs along the reserved strip."""
    lines = _shapes(streets)
    here, there = shapely.STRtree(lines).query(moved, predicate="intersects")
    inside_m = np.zeros(len(moved))
    np.add.at(inside_m, here, shapely.length(shapely.intersection(moved[here], lines[there])))
    return inside_m < _ALONG_STREET_RATIO * shapely.length(moved) / 2, _near(moved, lines)


def _far_from_own_street(
    moved: Geometries, frame: gpd.GeoDataFrame, streets: gpd.GeoDataFrame
) -> tuple[Truths, Truths]:
    """Fit badly: the street that the address names does not run near."""
    distance_m = np.full(len(moved), np.nan)
    names = frame["street_name"].to_numpy(dtype=object)
    lines = {name: shapely.union_all(_shapes(same)) for name, same in streets.groupby("name")}
    for name, line in lines.items():
        same = names == name
        distance_m[same] = shapely.distance(moved[same], line)
    return distance_m > _NEAR_M, ~np.isnan(distance_m)


def _same(layer: LayerName, column: str = "feature_id") -> Measure:
    return Measure(
        against=layer,
        what=Text("không ở chỗ của đối tượng cùng tên", "not where their namesakes lie"),
        is_misfit=_away_from_namesake(column),
        fewest_count=3,
    )


def _twins(layer: LayerName) -> Measure:
    what = Text("không trùng đối tượng nào", "on no feature of that size")
    return Measure(against=layer, what=what, is_misfit=_without_twin, fewest_count=5)


_CROSSED = Measure(
    against=LayerName.STREET, what=Text("bị tim đường cắt qua", "crossed by a street"), is_misfit=_crossed
)
_ASTRIDE = Measure(
    against=LayerName.PARCEL, what=Text("không nằm gọn trong một thửa", "within no single parcel"), is_misfit=_astride
)
_THROUGH = Measure(
    against=LayerName.PARCEL, what=Text("chạy giữa thửa đất", "running through parcels"), is_misfit=_through_parcels
)
_OFF_THE_GROUND = Measure(
    against=LayerName.PARCEL, what=Text("không nằm trong thửa nào", "in no parcel"), is_misfit=_off_the_ground
)
_OWN_STREET = Measure(
    against=LayerName.STREET,
    what=Text("xa con đường ghi trong địa chỉ", "far from the street of their address"),
    is_misfit=_far_from_own_street,
)
_ALONG = Measure(
    against=LayerName.STREET,
    what=Text("không có đường nào chạy dọc", "without a street along"),
    is_misfit=_without_street,
)

MEASURES: Mapping[LayerName, tuple[Measure, ...]] = MappingProxyType(
    {layer: (_twins(layer),) for layer in LayerName}
    | {
        LayerName.WARD: (_same(LayerName.WARD),),
        LayerName.STREET: (_twins(LayerName.STREET), _THROUGH),
        LayerName.SCHOOL: (_same(LayerName.SCHOOL), _OFF_THE_GROUND),
        LayerName.BUILDING: (_twins(LayerName.BUILDING), _ASTRIDE, _CROSSED),
        LayerName.ADDRESS: (_same(LayerName.ADDRESS, "address"), _OFF_THE_GROUND, _OWN_STREET),
        LayerName.ROAD_RESERVATION: (_twins(LayerName.ROAD_RESERVATION), _ALONG),
        LayerName.PARCEL: (_same(LayerName.PARCEL), _CROSSED),
    }
)
"""What each layer is held against, its twins unless named here; the distances are our own choice, not law."""
