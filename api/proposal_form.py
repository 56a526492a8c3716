"""The form of a proposal on the page of a plot: what was typed, and the proposal that it means."""

import json
from collections.abc import Mapping

import shapely
from shapely import Polygon

from permits.findings import geojson
from permits.lookup_batch import number_typed
from permits.proposal import CRS_KEY, GEOMETRY_KEY, Proposal, read_proposal
from spatial.errors import InputError
from spatial.geometry import Located
from spatial.text import Text

CODES = ("building_type", "area_type", "former_province")
NUMBERS = ("floors", "building_height_m")
OUTLINE = "outline"
DRAWING, DRAWING_LAYER = "drawing", "drawing_layer"
FIELDS = (*CODES, *NUMBERS, OUTLINE, DRAWING_LAYER)
MOST_LETTERS = 50_000
_LEAST_CORNERS_COUNT = 3


def typed_proposal(typed: Mapping[str, str], *, crs: str) -> Proposal:
    """Return what the form means; ``outline`` is GeoJSON, or one corner a line as easting and northing in ``crs``.

    Raises
    ------
    InputError
        A figure or the outline cannot be used; the subject is the field.
    """
    given: dict[str, object] = {name: typed[name] for name in CODES if typed[name]}
    for name in NUMBERS:
        if typed[name]:
            number = number_typed(typed[name])
            given[name] = int(number) if number == int(number) else number
            read_proposal({name: given[name]}, subject=name)
    if typed[OUTLINE].strip():
        outline = _outline(typed[OUTLINE].strip(), crs=crs)
        read_proposal(outline, subject=OUTLINE)
        given |= outline
    return read_proposal(given, subject="floors")


def typed_outline(outline: Located, *, crs: str) -> str:
    """Return an outline as one types it: one corner a line where it is one ring, else as GeoJSON.

    Raises
    ------
    InputError
        It has more corners than the form takes.
    """
    shape = outline.to(crs).geometry
    if isinstance(shape, Polygon) and not shape.interiors:
        corners = shapely.get_coordinates(shape.exterior)[:-1]
        text = "\n".join(f"{x:.4f} {y:.4f}" for x, y in corners)
    else:
        text = json.dumps(geojson(outline))
    if len(text) > MOST_LETTERS:
        raise InputError(
            Text("Đường bao có quá nhiều đỉnh.", "The outline has too many corners."),
            hint=Text("Đơn giản hóa đường bao.", "Simplify the outline."),
            code="outline_too_long",
        )
    return text


def _outline(text: str, *, crs: str) -> dict[str, object]:
    if text.startswith("{"):
        try:
            return {GEOMETRY_KEY: json.loads(text)}
        except (ValueError, RecursionError) as error:
            raise InputError(Text("GeoJSON không đọc được.", "The GeoJSON cannot be read."), subject=OUTLINE) from error
    corners = [_corner(line) for line in text.splitlines() if line.strip()]
    if len(corners) < _LEAST_CORNERS_COUNT:
        raise InputError(
            Text("Đường bao cần ít nhất ba đỉnh.", "An outline needs three corners at least."), subject=OUTLINE
        )
    return {GEOMETRY_KEY: {"type": "Polygon", "coordinates": [[*corners, corners[0]]]}, CRS_KEY: crs}


def _corner(line: str) -> tuple[float, float]:
    parts = line.replace(";", " ").split()
    try:
        x, y = (float(part.replace(",", ".")) for part in parts)
    except ValueError as error:
        raise InputError(
            Text(f"Dòng {line!r} không phải hai số.", f"The line {line!r} is not two numbers."), subject=OUTLINE
        ) from error
    return x, y
