"""All parcels that a drawn polygon meets, each with the share that lies in it, page by page."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from basemap import store
from basemap.model import LayerName
from permits.coordinates import the_reading
from permits.drawn_area import area_of_geojson, drawn_area, ways_to_read
from permits.lookup import Desk
from permits.overlap import mended
from permits.parcels import Parcel, parcels_of
from spatial.db import storage_crs
from spatial.errors import InputError
from spatial.text import Text

MOST_ON_A_PAGE_COUNT = 1_000
USUAL_PAGE_COUNT = 100
_LEAST_OVERLAP_M2 = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """One parcel and its part inside the polygon; the share is that of the drawn parcel."""

    parcel: Parcel
    overlap_m2: float
    share_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapPage:
    """Some of the parcels in the order of their keys, and how many there are in all."""

    overlaps: tuple[Overlap, ...]
    total_count: int
    offset_count: int
    area_m2: float
    note: Text


def parcels_within(
    desk: Desk,
    document: object,
    *,
    crs: str | None = None,
    limit_count: int = USUAL_PAGE_COUNT,
    offset_count: int = 0,
) -> OverlapPage:
    """Return the parcels that share at least a square decimetre with the one area of a GeoJSON document.

    Parameters
    ----------
    crs
        Of the coordinates; None: found out, as for a point.

    Raises
    ------
    InputError
        The area or the page cannot be used, or the coordinates may be meant in several ways.
    DataUnavailableError
        No parcels are published.
    """
    if not (0 < limit_count <= MOST_ON_A_PAGE_COUNT and offset_count >= 0):
        raise InputError(
            Text(
                f"Mỗi trang từ 1 đến {MOST_ON_A_PAGE_COUNT} thửa.", f"A page has 1 to {MOST_ON_A_PAGE_COUNT} parcels."
            ),
            code="page_unusable",
        )
    session = desk.session
    area = area_of_geojson(document)
    readings = ways_to_read(area, crs=crs, storage_crs=storage_crs(session))
    reading, _ = the_reading(readings, is_in_city=desk.is_in_city)
    placed = drawn_area(area, reading, storage_crs=storage_crs(session))
    frame = store.read_layer(session, LayerName.PARCEL, bounds=placed.bounds, valid_on=desk.valid_on)
    shapes = mended(np.asarray(frame.geometry.array, dtype=object))
    overlap_m2 = _overlaps_m2(shapes, placed)
    frame = frame.assign(overlap_m2=overlap_m2, share_ratio=overlap_m2 / shapely.area(shapes).clip(1e-9))
    met = frame[frame["overlap_m2"] >= _LEAST_OVERLAP_M2].sort_values("feature_id", kind="stable")
    page = met.iloc[offset_count : offset_count + limit_count]
    overlaps = tuple(
        Overlap(parcel=parcel, overlap_m2=float(part_m2), share_ratio=min(float(share), 1.0))
        for parcel, part_m2, share in zip(parcels_of(page), page["overlap_m2"], page["share_ratio"], strict=True)
    )
    return OverlapPage(
        overlaps=overlaps,
        total_count=len(met),
        offset_count=offset_count,
        area_m2=float(placed.area),
        note=reading.sentence,
    )


def _overlaps_m2(
    shapes: "np.ndarray[tuple[int], np.dtype[np.object_]]", area: BaseGeometry
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    shapely.prepare(area)
    is_whole = shapely.contains_properly(area, shapes)
    meets = shapely.intersects(area, shapes) & ~is_whole
    found = np.where(is_whole, shapely.area(shapes), 0.0)
    found[meets] = shapely.area(shapely.intersection(shapes[meets], area))
    return found
