"""From the files of a district to the files of a simulated round: applicants, schools and streets to walk on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from allocation.simulate import (
    Points,
    SimulationRules,
    merge_school_points,
    simulate_applicants,
    simulate_seats,
)
from basemap.intake import read_layer_file
from basemap.model import LayerName
from spatial.errors import ConflictError, InputError
from spatial.files import whole_directory
from spatial.geometry import reproject_frame
from spatial.text import Text, to_nfc

APPLICANTS_FILE = "applicants.csv"
SCHOOLS_FILE = "schools.csv"
STREETS_FILE = "streets.gpkg"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The features of a file whose ``column`` has the value ``value``."""

    column: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictFiles:
    """The files of a district: GeoPackage, Shapefile or GeoJSON, each in its own coordinate system.

    Parameters
    ----------
    homes
        Which buildings are homes; several conditions are alternatives.
    not_walked
        Which lines of ``streets`` are none for walkers: waterways, tunnels, motorways.
    surroundings_m
        Streets within this distance of homes and schools are kept: the way may lead out of the district and back.
    """

    buildings: Path
    school_points: tuple[Path, ...]
    streets: tuple[Path, ...]
    homes: tuple[Chosen, ...]
    not_walked: tuple[Chosen, ...] = ()
    surroundings_m: float = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedRound:
    """The frames of a simulated round, in the storage coordinate system.

    Parameters
    ----------
    home_count, school_point_count, street_line_count
        What was found in the files of the district; of the streets, what is left for walkers nearby.
    """

    applicants: pd.DataFrame
    schools: pd.DataFrame
    streets: gpd.GeoDataFrame
    home_count: int
    school_point_count: int
    street_line_count: int


def simulate_round(files: DistrictFiles, rules: SimulationRules, *, storage_crs: str) -> SimulatedRound:
    """Return a round simulated on the ground that ``files`` describe.

    Raises
    ------
    InputError
        A file is not what its name or label says, a column is missing, or nothing is left of homes, schools or
        streets.
    """
    buildings = _features(files.buildings, storage_crs=storage_crs)
    homes = buildings[_is_chosen(buildings, files.homes, file=files.buildings)]
    homes_xy = _centres(homes)
    school_xy = np.concatenate([_centres(_features(path, storage_crs=storage_crs)) for path in files.school_points])
    _must_be_some(len(homes_xy), files.buildings, what=Text("nhà ở", "homes"))
    _must_be_some(len(school_xy), files.school_points[0], what=Text("điểm trường", "school points"))
    nearby = shapely.box(*_bounds(np.concatenate([homes_xy, school_xy]))).buffer(files.surroundings_m)
    streets = pd.concat([_walked(path, files, nearby, storage_crs=storage_crs) for path in files.streets])
    _must_be_some(len(streets), files.streets[0], what=Text("đường đi bộ gần đó", "streets to walk on nearby"))
    applicants = simulate_applicants(homes_xy, rules)
    merged = merge_school_points(school_xy, within_m=rules.merge_within_m)
    return SimulatedRound(
        applicants=applicants,
        schools=simulate_seats(merged, applicants, seats_per_applicant_ratio=rules.seats_per_applicant_ratio),
        streets=streets.reset_index(drop=True),
        home_count=len(homes_xy),
        school_point_count=len(school_xy),
        street_line_count=len(streets),
    )


def write_simulated_round(simulated: SimulatedRound, directory: Path) -> None:
    """Write applicants.csv, schools.csv and streets.gpkg, all or none.

    Raises
    ------
    ConflictError
        ``directory`` holds anything but an earlier simulated round, which would be lost.
    """
    _must_be_replaceable(directory)
    with whole_directory(directory) as folder:
        simulated.applicants.to_csv(folder / APPLICANTS_FILE, index=False, float_format="%.3f", lineterminator="\n")
        simulated.schools.to_csv(folder / SCHOOLS_FILE, index=False, float_format="%.3f", lineterminator="\n")
        simulated.streets.to_file(folder / STREETS_FILE, driver="GPKG", engine="pyogrio", layer="street")


def _must_be_replaceable(directory: Path) -> None:
    own = {APPLICANTS_FILE, SCHOOLS_FILE, STREETS_FILE}
    if not directory.exists() or (directory.is_dir() and {path.name for path in directory.iterdir()} <= own):
        return
    raise ConflictError(
        Text("Thư mục ghi đã có tệp khác.", "The target folder holds other files."),
        hint=Text("Chọn một thư mục mới.", "Choose a new folder."),
        subject=str(directory),
    )


def _features(path: Path, *, storage_crs: str) -> gpd.GeoDataFrame:
    # No layer of the basemap describes a district's loose files. The layer of buildings requires no column, so
    # the file is checked like every import, and all its columns come back.
    intake = read_layer_file(path, LayerName.BUILDING)
    original = intake.original
    return reproject_frame(original[~(original.geometry.isna() | original.geometry.is_empty)], storage_crs)


def _is_chosen(
    frame: gpd.GeoDataFrame, conditions: Sequence[Chosen], *, file: Path
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(len(frame), dtype=bool)
    for condition in conditions:
        if condition.column not in frame.columns:
            names = ", ".join(str(name) for name in frame.columns if name != frame.geometry.name)
            raise InputError(
                Text(f"Tệp không có cột {condition.column!r}.", f"The file has no column {condition.column!r}."),
                hint=Text(f"Các cột trong tệp: {names}.", f"Its columns: {names}."),
                subject=file.name,
            )
        values = frame[condition.column].map(lambda value: to_nfc(str(value)))
        found |= (values == to_nfc(condition.value)).to_numpy()
    return found


def _centres(frame: gpd.GeoDataFrame) -> Points:
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(frame.geometry.array)), dtype=np.float64)


def _bounds(points_xy: Points) -> tuple[float, float, float, float]:
    (west, south), (east, north) = points_xy.min(axis=0), points_xy.max(axis=0)
    return float(west), float(south), float(east), float(north)


def _walked(path: Path, files: DistrictFiles, nearby: shapely.Polygon, *, storage_crs: str) -> gpd.GeoDataFrame:
    lines = _features(path, storage_crs=storage_crs)
    kept = ~_is_chosen(lines, files.not_walked, file=path) & shapely.intersects(lines.geometry.array, nearby)
    return lines.loc[kept, [lines.geometry.name]]


def _must_be_some(count: int, file: Path, *, what: Text) -> None:
    if count == 0:
        raise InputError(
            Text(f"Không còn {what.vi} nào.", f"There are no {what.en}."),
            hint=Text("Kiểm tra điều kiện chọn và tọa độ.", "Check the conditions and the coordinates."),
            subject=file.name,
        )
