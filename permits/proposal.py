"""What somebody wants to build, as it arrives: figures, a footprint as GeoJSON, and what the officer knows."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

import shapely
from shapely.errors import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from permits.fact_sheet import FACT_FIELDS, read_facts
from permits.model import BuildingType, Facts
from spatial.crs import WGS84, is_geographic, is_vn2000, known_crs
from spatial.errors import InputError
from spatial.geometry import Located
from spatial.text import Text

GEOMETRY_KEY, CRS_KEY, USES_KEY = "footprint", "footprint_crs", "uses"
_MOST_DEGREES, _MOST_LATITUDE_DEGREES = 180, 90
_MOST_EASTING_M = 850_000  # in Viet Nam every easting is smaller and every northing larger
_AREAL = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal.

    Parameters
    ----------
    facts
        Figures of the proposal, and facts of the plot that a person states; they go before those of the map.
    footprint
        Outline on the ground, if one was drawn.
    further_uses
        Uses of the building beside ``building_type``.
    """

    facts: Facts
    footprint: Located | None = None
    further_uses: tuple[BuildingType, ...] = ()


def read_proposal(given: object, *, subject: str = "") -> Proposal:
    """Read a proposal from what JSON holds: any fact, ``footprint`` as GeoJSON, ``footprint_crs`` (else WGS84).

    ``uses`` may name several kinds of building; the first of them is ``building_type`` where that is not stated.

    Raises
    ------
    InputError
        A name is unknown, a value cannot be right, or the footprint is no area.
    """
    if not isinstance(given, Mapping):
        facts = read_facts(given, subject=subject)
        return Proposal(facts=facts)
    rest = {name: value for name, value in given.items() if name not in (GEOMETRY_KEY, CRS_KEY, USES_KEY)}
    uses = _uses(given.get(USES_KEY), subject=subject)
    if uses and rest.get("building_type") is None:
        rest["building_type"] = uses[0].value
    facts = read_facts(rest, subject=subject, only=(*FACT_FIELDS,))
    further = tuple(use for use in uses if use is not facts.building_type)
    outline = given.get(GEOMETRY_KEY)
    if outline is None:
        return Proposal(facts=facts, further_uses=further)
    crs = given.get(CRS_KEY, WGS84)
    if not isinstance(crs, str):
        raise InputError(Text("footprint_crs cần dạng EPSG:n.", "footprint_crs should be EPSG:n."), subject=subject)
    known_crs(crs)
    area = _area(outline, subject=subject)
    _must_suit(area, crs, subject=subject)
    return Proposal(facts=facts, footprint=Located(geometry=area, crs=crs), further_uses=further)


def _uses(given: object, *, subject: str) -> tuple[BuildingType, ...]:
    if given is None:
        return ()
    codes = {use.value: use for use in BuildingType}
    if not isinstance(given, list) or not given or not all(isinstance(code, str) and code in codes for code in given):
        named = ", ".join(codes)
        raise InputError(
            Text(f"uses cần danh sách trong: {named}.", f"uses should be a list of: {named}."), subject=subject
        )
    return tuple(dict.fromkeys(codes[code] for code in given))


def _must_suit(area: BaseGeometry, crs: str, *, subject: str) -> None:
    """Refuse degrees under the name of a system in metres, metres under that of degrees, and axes the wrong way round.

    Raises
    ------
    InputError
        The message says which it looks like.
    """
    min_x, min_y, max_x, max_y = area.bounds
    in_degrees = max(abs(min_x), abs(max_x)) <= _MOST_DEGREES and max(abs(min_y), abs(max_y)) <= _MOST_DEGREES
    swapped = Text(
        "footprint có hai trục bị đảo: x (kinh độ, hướng đông) đứng trước y.",
        "footprint has its axes swapped: x (longitude, easting) comes before y.",
    )
    wrong: Text | None = None
    if is_geographic(crs):
        if not in_degrees:
            wrong = Text(
                f"footprint giống tọa độ mét, không phải độ ({crs}); ghi footprint_crs, ví dụ EPSG:9210.",
                f"footprint looks like metres, not degrees ({crs}); state footprint_crs, e.g. EPSG:9210.",
            )
        elif max(abs(min_y), abs(max_y)) > _MOST_LATITUDE_DEGREES:
            wrong = swapped
    elif in_degrees:
        wrong = Text(
            f"footprint giống tọa độ độ, nhưng {crs} tính bằng mét; bỏ footprint_crs hoặc ghi EPSG:4326.",
            f"footprint looks like degrees, but {crs} is in metres; leave footprint_crs out, or state EPSG:4326.",
        )
    elif min_x > _MOST_EASTING_M > max_y > 0 and is_vn2000(crs):
        wrong = swapped
    if wrong is not None:
        raise InputError(wrong, subject=subject, code="footprint_coordinates")


def _area(outline: object, *, subject: str) -> BaseGeometry:
    if isinstance(outline, Mapping) and outline.get("type") == "Feature":
        outline = outline.get("geometry")
    wrong = InputError(
        Text("footprint phải là Polygon của GeoJSON.", "footprint should be a GeoJSON Polygon."),
        hint=Text("Tọa độ theo thứ tự x (kinh độ), y (vĩ độ).", "Coordinates are x (longitude), y (latitude)."),
        subject=subject,
    )
    if not isinstance(outline, Mapping) or outline.get("type") not in _AREAL:
        raise wrong
    try:
        geometry = shapely.force_2d(shape(outline))
    except (AttributeError, GEOSException, IndexError, KeyError, TypeError, ValueError) as error:
        raise wrong from error
    if geometry.is_empty or not all(math.isfinite(edge) for edge in geometry.bounds):
        raise wrong
    if not geometry.is_valid:
        raise InputError(_where_it_fails(geometry), subject=subject)
    return geometry


def _where_it_fails(geometry: BaseGeometry) -> Text:
    """Say where an outline is no area; GEOS writes the place as ``Self-intersection[106.66 10.77]``."""
    place = re.search(r"\[(\S+) (\S+)\]", shapely.is_valid_reason(geometry))
    at = "" if place is None else f"{float(place[1]):.6f}, {float(place[2]):.6f}"
    return Text(
        f"footprint tự cắt hoặc có lỗ nằm ngoài{at and f', gần điểm {at}'}.",
        f"footprint crosses itself, or has a hole outside{at and f', near {at}'}.",
    )
