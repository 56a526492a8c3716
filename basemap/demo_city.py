"""A demonstration city, drawn by chance from a seed: nobody lives there, and every feature of a real one is.

A river with two bridges, so that straight lines lie; streets, alleys and sub-alleys; narrow plots with map sheets
and numbers; plans whose zones cut across plots and whose road reservations bite into them; schools near the
children. Coordinates lie inside the real city, in EPSG:9210.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import shapely

from basemap.demo_addresses import Numbering, name_axes, number_houses
from basemap.demo_blocks import Use
from basemap.demo_buildings import Buildings, build
from basemap.demo_ground import Floats, Ground, Integers, make_ground
from basemap.demo_names import SCHOOL_KINDS, SCHOOL_NAMES, unique_names
from basemap.demo_parcels import register_parcels
from basemap.demo_plans import make_reservations, make_zones
from basemap.demo_plots import Plots, divide, prepare_lots
from basemap.demo_restrictions import make_restrictions
from basemap.demo_schools import Sites, choose_sites
from basemap.demo_streets import draw_streets
from basemap.demo_wards import Wards, make_wards
from basemap.model import LAYERS, LayerName, Shape
from spatial.crs import HCMC
from spatial.errors import InputError
from spatial.files import whole_file
from spatial.text import Text

FEWEST_HOUSEHOLDS_COUNT, MOST_HOUSEHOLDS_COUNT = 500, 200_000

_DOOR_INSIDE_M = 1.5
_FILE_DATE = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoCity:
    """A generated city.

    Parameters
    ----------
    layers
        Every layer of the basemap in EPSG:9210 with exactly the attributes of its schema.
    homes
        One row a household: ``home_id, x, y, address, ward_code``; several may share a house.
    households, seed
        What it was made from.
    """

    households: int
    seed: int
    layers: Mapping[LayerName, gpd.GeoDataFrame]
    homes: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cadastre:
    """What the layers of plots have in common, one entry a plot."""

    plots: Plots
    ward: Integers
    wards: Wards
    numbering: Numbering
    address: list[str]
    door_xy: Floats


def make_city(*, households: int, seed: int) -> DemoCity:
    """Return the city of that many households; the same seed gives the same city.

    Raises
    ------
    InputError
        Fewer than 500 or more than 200,000 households.
    """
    _check_size(households)
    chance = [np.random.default_rng([seed, households, stream]) for stream in range(11)]
    ground = make_ground(households, chance[0])
    streets = draw_streets(ground, chance[1])
    lots = prepare_lots(ground, streets)
    sites = choose_sites(ground, lots, households=households, rng=chance[2])
    plots = divide(lots, streets, single=sites.single, rng=chance[3])
    wards = make_wards(
        ground, households=households, plots_per_quarter=_plots_per_quarter(ground, plots), rng=chance[4]
    )
    axis_names = name_axes(
        streets.axes, ward_of_quarter=wards.of_quarter, river_column=ground.river_column, rng=chance[5]
    )
    cadastre = _cadastre(plots, wards, axis_names=axis_names, rng=chance[5])
    kind = ground.settlement[plots.frame["column"], plots.frame["row"]]
    buildings = build(plots, households=households, kind=kind, rng=chance[6])
    courses = _courses(plots)
    layers = {
        LayerName.WARD: wards.frame,
        LayerName.STREET: _street_layer(plots, courses, cadastre.numbering.line_name),
        LayerName.SCHOOL: _school_layer(cadastre, sites, rng=chance[7]),
        LayerName.BUILDING: _building_layer(buildings),
        LayerName.ADDRESS: _address_layer(cadastre, buildings),
        LayerName.ZONE: make_zones(ground, wards, chance[8]),
        LayerName.ROAD_RESERVATION: make_reservations(
            plots.lines, courses, names=cadastre.numbering.line_name, rng=chance[8]
        ),
        LayerName.PARCEL: _parcel_layer(cadastre, rng=chance[9]),
        **make_restrictions(
            ground, wards, lines=plots.lines, courses=courses, names=cadastre.numbering.line_name, rng=chance[10]
        ),
    }
    return DemoCity(
        households=households,
        seed=seed,
        layers={name: _as_declared(name, frame) for name, frame in layers.items()},
        homes=_homes(cadastre, buildings),
    )


def write_city(city: DemoCity, directory: Path) -> Mapping[LayerName, Path]:
    """Write one GeoPackage a layer into ``directory``, each whole or not at all, and return their paths.

    The same city gives the same bytes.
    """
    paths = {}
    for name, frame in city.layers.items():
        path = directory / f"{name.value}.gpkg"
        with whole_file(path) as temporary:
            temporary.unlink()
            pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _FILE_DATE})
            try:
                pyogrio.write_dataframe(
                    frame, temporary, layer=name.value, driver="GPKG", geometry_type=LAYERS[name].shape.value
                )
            finally:
                pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
        paths[name] = path
    return paths


def _check_size(households: int) -> None:
    if not FEWEST_HOUSEHOLDS_COUNT <= households <= MOST_HOUSEHOLDS_COUNT:
        raise InputError(
            Text(
                f"Không dựng được thành phố {households} hộ.",
                f"A city of {households} households cannot be made.",
            ),
            hint=Text(
                f"Chọn từ {FEWEST_HOUSEHOLDS_COUNT} đến {MOST_HOUSEHOLDS_COUNT} hộ.",
                f"Choose between {FEWEST_HOUSEHOLDS_COUNT} and {MOST_HOUSEHOLDS_COUNT} households.",
            ),
        )


def _plots_per_quarter(ground: Ground, plots: Plots) -> Floats:
    columns, rows = ground.shape
    is_house = plots.frame["use"].to_numpy() == int(Use.HOUSE)
    cell = (plots.frame["column"].to_numpy() * rows + plots.frame["row"].to_numpy())[is_house]
    return np.bincount(cell, minlength=columns * rows).reshape(columns, rows).astype(np.float64)


def _cadastre(plots: Plots, wards: Wards, *, axis_names: list[str], rng: np.random.Generator) -> _Cadastre:
    frame = plots.frame
    ward = wards.of_quarter[frame["column"], frame["row"]]
    numbering = number_houses(plots, axis_names=axis_names, rng=rng)
    ward_names = wards.names
    address = [
        f"{number} {street}, {ward_names[at]}" if number else ""
        for number, street, at in zip(numbering.house_number, numbering.street_name, ward.tolist(), strict=True)
    ]
    door = frame[["door_x", "door_y"]].to_numpy()
    inward = plots.ring.mean(axis=1) - door
    length_m = np.hypot(*inward.T)
    door_xy = door + inward * np.minimum(_DOOR_INSIDE_M / length_m, 0.5)[:, None]
    return _Cadastre(plots=plots, ward=ward, wards=wards, numbering=numbering, address=address, door_xy=door_xy)


def _courses(plots: Plots) -> npt.NDArray[np.object_]:
    """Centre lines with a vertex wherever another street or alley joins."""
    lines, points = plots.lines, plots.points
    every = np.arange(len(lines))
    owner = np.concatenate([every, points["line"].to_numpy(), every])
    position_m = np.concatenate([lines["start_m"], points["position_m"], lines["end_m"]])
    before, between, after = 0, 1, 2
    rank = np.repeat([before, between, after], [len(lines), len(points), len(lines)])
    xy = np.concatenate([lines[["x0", "y0"]], points[["x", "y"]], lines[["x1", "y1"]]])
    order = np.lexsort([position_m, rank == after, rank > before, owner])
    owner, xy = owner[order], xy[order]
    same_m = 0.001
    repeats = np.concatenate([[False], (np.diff(owner) == 0) & (np.hypot(*np.diff(xy, axis=0).T) < same_m)])
    return np.asarray(shapely.linestrings(xy[~repeats], indices=owner[~repeats]))


def _street_layer(plots: Plots, courses: npt.NDArray[np.object_], names: list[str]) -> gpd.GeoDataFrame:
    columns = plots.lines[["street_class", "width_m", "sidewalk_width_m"]]
    return gpd.GeoDataFrame(columns.assign(name=names), geometry=courses, crs=HCMC)


def _school_layer(cadastre: _Cadastre, sites: Sites, *, rng: np.random.Generator) -> gpd.GeoDataFrame:
    frame = cadastre.plots.frame
    at = np.flatnonzero(frame["use"].to_numpy() == int(Use.SCHOOL))
    types = np.array([sites.school_type[block] for block in frame["block"].to_numpy()[at]])
    parts = []
    for school_type, (code, kind) in SCHOOL_KINDS.items():
        chosen = at[types == school_type]
        names = rng.permutation(unique_names(SCHOOL_NAMES, len(chosen)))
        attributes = {
            "school_code": [f"{code}-{number:03d}" for number in range(1, len(chosen) + 1)],
            "name": [f"{kind} {name}" for name in names],
            "school_type": school_type,
            "address": [cadastre.address[plot] for plot in chosen],
        }
        parts.append(gpd.GeoDataFrame(attributes, geometry=shapely.points(cadastre.door_xy[chosen]), crs=HCMC))
    return pd.concat(parts, ignore_index=True)


def _building_layer(buildings: Buildings) -> gpd.GeoDataFrame:
    attributes = {"building_use": buildings.use, "floors": buildings.floors, "height_m": buildings.height_m}
    return gpd.GeoDataFrame(attributes, geometry=shapely.polygons(buildings.ring), crs=HCMC)


def _address_layer(cadastre: _Cadastre, buildings: Buildings) -> gpd.GeoDataFrame:
    at = np.unique(buildings.plot)
    codes = np.array(cadastre.wards.codes, dtype=object)
    attributes = {
        "address": [cadastre.address[plot] for plot in at],
        "house_number": [cadastre.numbering.house_number[plot] for plot in at],
        "street_name": [cadastre.numbering.street_name[plot] for plot in at],
        "ward_code": codes[cadastre.ward[at]],
    }
    return gpd.GeoDataFrame(attributes, geometry=shapely.points(cadastre.door_xy[at]), crs=HCMC)


def _parcel_layer(cadastre: _Cadastre, *, rng: np.random.Generator) -> gpd.GeoDataFrame:
    codes = np.array(cadastre.wards.codes, dtype=object)
    frame = register_parcels(cadastre.plots, ward=cadastre.ward, ward_codes=codes, rng=rng)
    frame["address"] = [address or None for address in cadastre.address]
    return gpd.GeoDataFrame(frame, geometry=shapely.polygons(cadastre.plots.ring), crs=HCMC)


def _homes(cadastre: _Cadastre, buildings: Buildings) -> pd.DataFrame:
    at = np.repeat(np.arange(len(buildings.households)), buildings.households)
    return pd.DataFrame(
        {
            "home_id": [f"H{number:06d}" for number in range(1, len(at) + 1)],
            "x": cadastre.door_xy[at, 0],
            "y": cadastre.door_xy[at, 1],
            "address": [cadastre.address[plot] for plot in at],
            "ward_code": np.array(cadastre.wards.codes, dtype=object)[cadastre.ward[at]],
        }
    )


def _as_declared(name: LayerName, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring a frame to the columns of its schema and its geometry to multi-part form."""
    schema = LAYERS[name]
    geometry = frame.geometry.array
    if schema.shape is not Shape.POINT:
        parts, owner = shapely.get_parts(np.asarray(geometry), return_index=True)
        gather = shapely.multipolygons if schema.shape is Shape.AREA else shapely.multilinestrings
        geometry = gather(parts, indices=owner)
    columns = frame[list(schema.attribute_names)].reset_index(drop=True)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=HCMC)
