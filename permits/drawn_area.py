"""A polygon drawn by somebody, as GeoJSON: a sound area of usable size, or one sentence that refuses it. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from permits.coordinates import Reading, readings_of
from spatial.errors import InputError
from spatial.geometry import reproject
from spatial.text import Text

MOST_CORNERS_COUNT = 10_000
LARGEST_AREA_M2 = 5_000_000.0
SMALLEST_AREA_M2 = 0.1

_AREAS = ("Polygon", "MultiPolygon")
_DRAW_AGAIN = Text("Vẽ lại, hoặc xuất một vùng duy nhất dạng GeoJSON.", "Draw it again, or export one area as GeoJSON.")


def area_of_geojson(document: object) -> BaseGeometry:
    """Return the one area of a GeoJSON geometry, feature or collection, in its own coordinates.

    Raises
    ------
    InputError
        It is no GeoJSON area, empty, has too many corners, or numbers that are none.
    """
    shapes = list(_geometries(document, depth=0))
    if len(shapes) != 1 or shapes[0].get("type") not in _AREAS:
        why = Text("Cần đúng một vùng (Polygon) trong GeoJSON.", "Exactly one area (Polygon) is needed in the GeoJSON.")
        raise _refused(why, code="area_unread")
    _must_be_small(shapes[0].get("coordinates"))
    try:
        area = shapely.force_2d(shapely.geometry.shape(dict(shapes[0])))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, shapely.errors.ShapelyError) as error:
        why = Text("Tọa độ của vùng không đọc được.", "The coordinates of the area cannot be read.")
        raise _refused(why, code="area_unread") from error
    if area.is_empty:
        raise _refused(Text("Vùng này rỗng.", "The area is empty."), code="area_empty")
    if not np.isfinite(shapely.get_coordinates(area)).all():
        raise _refused(
            Text("Vùng có tọa độ không phải là số.", "A coordinate of the area is no number."), code="area_unread"
        )
    return area


def ways_to_read(area: BaseGeometry, *, crs: str | None, storage_crs: str) -> tuple[Reading, ...]:
    """Return every way to understand the coordinates, by those of a corner. Raises InputError as `readings_of`."""
    first, second = shapely.get_coordinates(area)[0].tolist()
    return readings_of((first, second), crs=crs, storage_crs=storage_crs)


def drawn_area(area: BaseGeometry, reading: Reading, *, storage_crs: str) -> BaseGeometry:
    """Return the area in the storage coordinate system.

    Raises
    ------
    InputError
        It crosses itself (the message says where), is larger than `LARGEST_AREA_M2`, or is no area at all.
    """
    upright = shapely.transform(area, lambda points: points[:, ::-1]) if reading.is_swapped else area
    placed = reproject(upright, source=reading.crs, target=storage_crs)
    if not shapely.is_valid(placed):
        reason = shapely.is_valid_reason(placed)
        where = reason.partition("[")[2].rstrip("]")
        at = Text(f" tại {where}", f" at {where}") if where else Text("", "")
        why = Text(f"Vùng tự cắt hoặc không khép kín{at.vi}.", f"The area crosses itself or is not sound{at.en}.")
        raise _refused(why, code="area_crosses_itself")
    area_m2 = float(placed.area)
    if area_m2 > LARGEST_AREA_M2:
        why = Text(
            f"Vùng rộng {area_m2 / 1e6:.1f} km², vượt {LARGEST_AREA_M2 / 1e6:.0f} km².".replace(".", ","),
            f"The area has {area_m2 / 1e6:.1f} km², more than {LARGEST_AREA_M2 / 1e6:.0f} km².",
        )
        raise _refused(why, code="area_too_large")
    if area_m2 < SMALLEST_AREA_M2:
        raise _refused(Text("Vùng không có diện tích.", "The area has no extent."), code="area_empty")
    return placed


def _geometries(document: object, *, depth: int) -> Sequence[Mapping[str, object]]:
    if not isinstance(document, Mapping) or depth > 2:  # noqa: PLR2004 - a collection, a feature, a geometry
        return []
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features")
        few = features[:2] if isinstance(features, list) else []
        return [shape for feature in few for shape in _geometries(feature, depth=depth + 1)]
    if kind == "Feature":
        return _geometries(document.get("geometry"), depth=depth + 1)
    return [document]


def _must_be_small(coordinates: object) -> None:
    """Count the numbers before anything is built of them; without recursion, whatever the nesting."""
    waiting, count = [coordinates], 0
    while waiting:
        here = waiting.pop()
        if isinstance(here, list | tuple):
            waiting.extend(here)
        count += 1
        if count > 4 * MOST_CORNERS_COUNT:
            why = Text("Vùng có hơn 10.000 đỉnh.", f"The area has more than {MOST_CORNERS_COUNT:,} corners.")
            raise _refused(why, code="area_too_many_corners")


def _refused(why: Text, *, code: str) -> InputError:
    return InputError(why, hint=_DRAW_AGAIN, subject="polygon", code=code)
