"""The register of the demonstration city's plots: sheets, numbers, areas, land use, national identifiers."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from basemap.demo_blocks import Use
from basemap.demo_ground import Floats, Integers
from basemap.demo_plots import Plots
from spatial.crs import HCMC, WGS84, transformer

SHEET_SIDE_M = 250.0

_STRIP_M = 14.0
_DUPLICATED_NUMBER_RATIO, _FEWEST_DUPLICATES_COUNT = 0.0006, 2
_AREA_WRONG_RATIO = 0.02
_SHOP_STREET_FROM_M = 12.0
_SHOP_RATIO, _GARDEN_RATIO = 0.06, 0.015
_LAND_USE = {Use.HOUSE: "ODT", Use.SCHOOL: "DGD", Use.PARK: "DKV", Use.FARM: "CLN"}
_IDENTIFIER_LETTERS = np.array(list("0123456789bcdefghjkmnpqrstuvwxyz"))
_IDENTIFIER_CHARACTERS = 12


def register_parcels(
    plots: Plots, *, ward: Integers, ward_codes: npt.NDArray[np.object_], rng: np.random.Generator
) -> pd.DataFrame:
    """Return the attributes of the layer ``parcel`` but for the address, one row a plot.

    A few neighbours bear the same number, and a few registered areas are far from the measured ones, as in any
    register.
    """
    centre_xy = plots.ring.mean(axis=1)
    frame = number_parcels(ward, centre_xy)
    frame["ward_code"] = ward_codes[ward]
    key = ["ward_code", "map_sheet", "parcel_no"]
    count = max(_FEWEST_DUPLICATES_COUNT, round(_DUPLICATED_NUMBER_RATIO * len(frame)))
    twice = rng.choice(len(frame) - 1, size=count, replace=False)
    frame.loc[twice + 1, key] = frame.loc[twice, key].to_numpy()
    frame["registered_area_m2"] = _registered_area_m2(plots, rng)
    frame["land_use_code"] = _land_use(plots.frame, rng)
    frame["national_parcel_id"] = national_parcel_ids(centre_xy)
    return frame


def _registered_area_m2(plots: Plots, rng: np.random.Generator) -> Floats:
    measured_m2 = shapely.area(shapely.polygons(plots.ring))
    count = len(measured_m2)
    is_wrong = rng.random(count) < _AREA_WRONG_RATIO
    wrong = rng.choice([-1.0, 1.0], count) * rng.uniform(0.05, 0.18, count)
    return np.asarray(np.round(measured_m2 * (1 + np.where(is_wrong, wrong, rng.normal(0.0, 0.003, count))), 1))


def _land_use(frame: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.object_]:
    """ODT for houses but for a few shops, and gardens that became houses without permission."""
    use = frame["use"].to_numpy()
    code = np.array([_LAND_USE[each] for each in Use], dtype=object)[use]
    draw = rng.random(len(frame))
    is_house = use == int(Use.HOUSE)
    on_shop_street = frame["road_width_m"].to_numpy() >= _SHOP_STREET_FROM_M
    code[is_house & on_shop_street & (draw < _SHOP_RATIO)] = "TMD"
    code[is_house & (draw > 1 - _GARDEN_RATIO)] = "CLN"
    return np.asarray(code, dtype=object)


def number_parcels(ward: Integers, centre_xy: Floats) -> pd.DataFrame:
    """Return ``map_sheet`` and ``parcel_no``: sheets restart in each ward, numbers in each sheet.

    Sheets are squares of `SHEET_SIDE_M`, counted from the north-west; parcels are counted along strips, as a
    surveyor walks.
    """
    east, north = np.floor(centre_xy / SHEET_SIDE_M).astype(np.int64).T
    squares, square = np.unique(np.column_stack([ward, -north, east]), axis=0, return_inverse=True)
    sheet_no = _rank_within(squares[:, 0])[square.ravel()]
    strip = np.floor(-centre_xy[:, 1] / _STRIP_M)
    order = np.lexsort([centre_xy[:, 0], strip, square.ravel()])
    parcel_no = np.empty(len(ward), dtype=np.int64)
    parcel_no[order] = _rank_within(square.ravel()[order])
    return pd.DataFrame({"map_sheet": sheet_no.astype(str), "parcel_no": parcel_no.astype(str)})


def _rank_within(group: Integers) -> Integers:
    """Count 1, 2, 3 … within runs of equal values."""
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    lengths = np.diff(np.append(starts, len(group)))
    return np.arange(len(group)) - np.repeat(starts, lengths) + 1


def national_parcel_ids(xy: Floats) -> list[str]:
    """Return the 12-character identifier of parcels: the geohash of a point inside, in WGS84.

    Parameters
    ----------
    xy
        Points (n, 2) in EPSG:9210, metres.

    References
    ----------
    Thông tư 19/2026/TT-BNNMT (mã định danh thửa đất); Niemeyer, *Geohash* (2008).
    """
    lon, lat = transformer(HCMC, WGS84)(xy).T
    return geohash(lon, lat)


def geohash(lon: Floats, lat: Floats) -> list[str]:
    """Return 12-character geohashes of points in degrees: 60 bits, longitude and latitude in turn."""
    half_bits = 5 * _IDENTIFIER_CHARACTERS // 2
    column = np.floor((lon + 180.0) / 360.0 * 2**half_bits).astype(np.int64)
    row = np.floor((lat + 90.0) / 180.0 * 2**half_bits).astype(np.int64)
    places = np.arange(half_bits - 1, -1, -1)
    bits = np.stack([column[:, None] >> places & 1, row[:, None] >> places & 1], axis=2)
    digits = bits.reshape(-1, _IDENTIFIER_CHARACTERS, 5) @ (1 << np.arange(4, -1, -1))
    return ["".join(letters) for letters in _IDENTIFIER_LETTERS[digits]]
