"""What the maps beside the pages show: whole documents, drawn from the published layers, without any home.

What a map is about is written into it; wards, water and streets stand on the pictures beneath. A missing layer leaves
its lines out; a map never fails because one layer is not published.
"""

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from allocation.model import LEVEL_LABELS
from allocation.public_figures import AdmissionRound
from api.assets import map_assets
from api.i18n import speech
from api.map_ground import Ground, lay_ground, tell_ground
from basemap import cartography as draw
from basemap import map_styles as look
from basemap import store
from basemap.map_labels import draw_label, draw_street_names
from basemap.model import LAYERS, LayerName, LayerVersion, Shape
from basemap.preview import LocalMap
from permits import service as permits
from permits.parcels import ParcelName
from spatial.db import Bounds, storage_crs
from spatial.errors import DataUnavailableError, NotFoundError
from spatial.text import Text

_SCHOOL_IN_VIEW_M = 320.0
_SCHOOL_NAMES_APART_M = 110.0
_PARCEL_SURROUNDINGS_M = 60.0
_PARCEL_IN_VIEW_M = 14.0
_TOLD_IN_WORDS = (LayerName.COVERAGE, LayerName.SPECIAL_AREA, LayerName.AIRPORT_SURFACE)
_POINT_DRAWN_M = 1.5
_WITHHELD_RATIO = float("nan")


def school_map(session: Session, school_code: str, *, ground: Ground, language: str) -> str:
    """Return the map of one school and the streets around it.

    Raises
    ------
    NotFoundError
        The published layer has no such school.
    """
    schools = store.read_layer(session, LayerName.SCHOOL)
    school = schools[schools["school_code"] == school_code]
    if school.empty:
        raise NotFoundError(Text("Không có trường này.", "There is no such school."), subject=school_code)
    name = str(school["name"].iloc[0])
    made = LocalMap(
        title=Text(f"Bản đồ vị trí {name}", f"Map of {name}"),
        language=language,
        source=source_line(session, (LayerName.SCHOOL, *ground.layers)),
        assets=map_assets(),
    )
    lay_ground(made, ground)
    draw.draw_schools(made, school, circles=draw.SchoolCircles(fields={"address": _ADDRESS}))
    tell_ground(made, ground)
    seen = _box_around(school, _SCHOOL_IN_VIEW_M)
    streets = read_or_nothing(session, LayerName.STREET, bounds=seen)
    if streets is not None:
        here = tuple(school.geometry)
        draw_street_names(made, streets, within=seen, limit=10, apart_m=_SCHOOL_NAMES_APART_M, clear_of=here)
    draw_label(made, school, name)
    made.look_at(draw.bounds_of(school, margin_m=_SCHOOL_IN_VIEW_M))
    return made.document()


def round_map(session: Session, admission_round: AdmissionRound, *, ground: Ground, language: str) -> str:
    """Return the map of all schools of a round: the size tells capacity, the colour how full they are.

    Parameters
    ----------
    admission_round
        As the reader may see it; withheld figures stay withheld here too.
    """
    title = admission_round.title
    made = LocalMap(
        title=Text(f"Bản đồ các trường, {title.vi}", f"Map of the schools, {title.en}"),
        language=language,
        source=source_line(session, ground.layers),
        assets=map_assets(),
    )
    schools = _school_frame(admission_round, crs=storage_crs(session), language=language)
    lay_ground(made, ground)
    if not schools.empty:
        circles = draw.SchoolCircles(size_column="capacity", fill_ratio_column="fill_ratio", fields={"told": _PLACED})
        draw.draw_schools(made, schools, circles=circles)
        made.look_at(draw.bounds_of(schools, margin_m=300))
    tell_ground(made, ground)
    return made.document()


def parcel_map(session: Session, name: ParcelName, *, ground: Ground, language: str) -> str:
    """Return the map of a parcel: its neighbours, the buildings, the plan, and what a road reservation takes of it.

    Raises
    ------
    NotFoundError, ConflictError
        There is no such parcel, or several.
    """
    found = permits.facts_of_parcel(session, permits.parcel_named(session, name))
    parcel, crs = found.parcel, storage_crs(session)
    title = Text(
        f"Bản đồ thửa {parcel.parcel_no}, tờ {parcel.map_sheet}",
        f"Map of parcel {parcel.parcel_no}, {parcel.map_sheet}",
    )
    shown = (LayerName.PARCEL, LayerName.STREET, LayerName.ROAD_RESERVATION, LayerName.ZONE, LayerName.BUILDING)
    made = LocalMap(
        title=title, language=language, source=source_line(session, (*shown, *ground.layers)), assets=map_assets()
    )
    own = gpd.GeoDataFrame(geometry=[parcel.place.geometry], crs=crs)
    around = _box_around(own, _PARCEL_SURROUNDINGS_M)
    layers = {layer: read_or_nothing(session, layer, bounds=around) for layer in shown}
    lay_ground(made, ground)
    _draw_restrictions(made, session, around)
    _draw_plot_surroundings(made, layers)
    bites = [each.geometry.geometry for each in found.reservations if each.area_m2 > 0]
    draw.draw(made, own, look.PARCEL)
    draw.draw(made, gpd.GeoDataFrame(geometry=bites, crs=crs), look.RESERVATION_BITE)
    tell_ground(made, ground, without=LayerName.BUILDING)
    if layers[LayerName.STREET] is not None:
        draw_street_names(
            made, layers[LayerName.STREET], within=_box_around(own, _PARCEL_IN_VIEW_M), limit=5, apart_m=25.0
        )
    draw_label(made, own, Text(f"Thửa {parcel.parcel_no}", f"Parcel {parcel.parcel_no}").in_language(language))
    made.look_at(draw.bounds_of(own, margin_m=_PARCEL_IN_VIEW_M), max_zoom=21)
    return made.document()


def _draw_restrictions(made: LocalMap, session: Session, around: Bounds) -> None:
    """Draw what restricts building near the parcel, the widest first; what lies everywhere is told in words alone."""
    for layer in (layer for layer in look.GROUND_STYLES if layer not in _TOLD_IN_WORDS):
        frame = read_or_nothing(session, layer, bounds=around)
        if frame is None or frame.empty:
            continue
        near = shapely.clip_by_rect(frame.geometry.array, *around)
        if LAYERS[layer].shape is Shape.POINT:
            near = shapely.buffer(near, _POINT_DRAWN_M)
        title = "plan_name" if layer is LayerName.DETAILED_PLAN else "street_name"
        name = frame[title if title in frame else "name"].fillna("")
        told = gpd.GeoDataFrame({"told": name}, geometry=near, crs=frame.crs)
        draw.draw(made, told, look.GROUND_STYLES[layer], fields={"told": LAYERS[layer].label})


def _draw_plot_surroundings(made: LocalMap, layers: dict[LayerName, gpd.GeoDataFrame | None]) -> None:
    zones = layers[LayerName.ZONE]
    tooltips = {
        LayerName.PARCEL: {"map_sheet": _SHEET, "parcel_no": _NUMBER},
        LayerName.BUILDING: {"floors": _FLOORS},
        LayerName.ROAD_RESERVATION: {"road_name": _ROAD, "planned_width_m": _WIDTH},
    }
    if zones is not None:
        draw.draw(made, zones, look.ZONES, fields={"zone_code": _ZONE, "land_use": _USE})
    for layer, style in (
        (LayerName.PARCEL, look.NEIGHBOUR_PARCELS),
        (LayerName.BUILDING, look.BUILDINGS),
        (LayerName.ROAD_RESERVATION, look.RESERVATIONS),
    ):
        frame = layers[layer]
        if frame is not None:
            draw.draw(made, frame, style, fields=tooltips[layer])


def ground_versions(session: Session) -> tuple[int | None, ...]:
    """Return the published version of every layer, in the order of `LayerName`; None where none is."""
    published = [store.current_version(session, layer) for layer in LayerName]
    return tuple(version.version_id if version else None for version in published)


def source_line(session: Session, layers: Sequence[LayerName]) -> Text | None:
    """Return one line that names the published versions of ``layers``; None when none is published."""
    named = dict.fromkeys(layers)
    versions = [version for layer in named if (version := store.current_version(session, layer)) is not None]
    if not versions:
        return None

    def told(language: str) -> str:
        spoken = speech(language)
        names = ", ".join(_version_name(version, language=language) for version in versions)
        moments = sorted(version.imported_at for version in versions)
        return f"{names} ({', '.join(dict.fromkeys(spoken.day(moment) for moment in moments))})"

    return Text(f"Nguồn: bản đồ nền Địa Bàn; {told('vi')}.", f"Source: Địa Bàn basemap; {told('en')}.")


def _version_name(version: LayerVersion, *, language: str) -> str:
    label = LAYERS[version.layer].label.in_language(language)
    return f"{label} {Text('bản', 'version').in_language(language)} {version.version_id}"


_ADDRESS = Text("Địa chỉ", "Address")
_SHEET, _NUMBER = Text("Tờ", "Sheet"), Text("Thửa", "Parcel")
_ROAD, _WIDTH = Text("Đường", "Road"), Text("Lộ giới (m)", "Planned width (m)")
_ZONE, _USE, _FLOORS = Text("Ô quy hoạch", "Plan cell"), Text("Chức năng", "Land use"), Text("Số tầng", "Floors")
_PLACED = Text("Đã xếp", "Placed")


def read_or_nothing(session: Session, layer: LayerName, *, bounds: Bounds | None) -> gpd.GeoDataFrame | None:
    """Return the features of a layer; None where it is not published, which is not the same as empty."""
    try:
        return store.read_layer(session, layer, bounds=bounds)
    except DataUnavailableError:
        return None


def _box_around(frame: gpd.GeoDataFrame, margin_m: float) -> Bounds:
    min_x, min_y, max_x, max_y = frame.total_bounds
    return (min_x - margin_m, min_y - margin_m, max_x + margin_m, max_y + margin_m)


def _school_frame(admission_round: AdmissionRound, *, crs: str, language: str) -> gpd.GeoDataFrame:
    """One row a school: its seat pools of all levels together."""
    pools = pd.DataFrame(
        {
            "school_code": school.school_code,
            "name": school.name,
            "capacity": school.capacity,
            "placed": school.placed,
            "x": school.x,
            "y": school.y,
            "told": _told(school.level, school.placed, capacity=school.capacity, language=language),
        }
        for school in admission_round.schools
        if school.x is not None and school.y is not None
    )
    if pools.empty:
        return gpd.GeoDataFrame({"name": [], "capacity": []}, geometry=[], crs=crs)
    rows = pools.groupby("school_code", sort=True).agg(
        name=("name", "first"),
        capacity=("capacity", "sum"),
        placed=("placed", lambda counts: counts.sum(skipna=False)),
        x=("x", "first"),
        y=("y", "first"),
        told=("told", "; ".join),
    )
    ratio = rows["placed"].astype(float) / rows["capacity"].where(rows["capacity"] > 0)
    points = shapely.points(rows["x"].to_numpy(dtype=float), rows["y"].to_numpy(dtype=float))
    return gpd.GeoDataFrame(rows.assign(fill_ratio=ratio.fillna(_WITHHELD_RATIO)), geometry=points, crs=crs)


def _told(level: str, placed: int | None, *, capacity: int, language: str) -> str:
    label = LEVEL_LABELS.get(level, Text(level, level)).in_language(language)
    count = Text("không công bố", "withheld").in_language(language) if placed is None else str(placed)
    return f"{label} {count}/{capacity}"
