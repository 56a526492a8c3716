"""What stands in a parcel's row against what is drawn: its number, its area, its namesake."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import shapely

from basemap.model import LAYERS
from basemap.quality_findings import Finding, Ground
from spatial.territory import territory_of
from spatial.text import Text

_HAS_A_COUNTING_DIGIT = r"[1-9]"
_HAS_A_LETTER_OR_COUNTING_DIGIT = r"[1-9A-Za-z]"
_LOOK_IT_UP = Text("Đối chiếu với hồ sơ địa chính.", "Compare with the cadastral records.")


def without_number(ground: Ground) -> Iterator[Finding]:
    """Find parcels whose sheet or number holds a sign for *none* (``0``, ``?``, ``chưa có``).

    Sheets have numbers in Viet Nam; in a store of another country letters may name them, like a French section.
    """
    is_vietnam = territory_of(ground.frame.crs.to_wkt()).is_vietnam
    for name in ("map_sheet", "parcel_no"):
        may_be_letters = name == "map_sheet" and not is_vietnam
        told = _HAS_A_LETTER_OR_COUNTING_DIGIT if may_be_letters else _HAS_A_COUNTING_DIGIT
        values = ground.frame[name].astype("string").fillna("")
        for position in np.flatnonzero(~values.str.contains(told, regex=True).to_numpy(dtype=bool)):
            value = values.iloc[position]
            label = next(one.label for one in LAYERS[ground.layer].attributes if one.name == name)
            yield ground.finding(
                "parcel_without_number",
                [int(position)],
                geometry=ground.geometries[position],
                message=Text(
                    f"{label.vi} ghi {value!r}, không phải một số.", f"{label.en} is {value!r}, which is no number."
                ),
                hint=_LOOK_IT_UP,
            )


def repeated_numbers(ground: Ground) -> Iterator[Finding]:
    """Find parcels of one ward that bear the same sheet and number."""
    key = list(LAYERS[ground.layer].key)
    groups = pd.DataFrame(ground.frame[key]).reset_index(drop=True).groupby(key, sort=True).indices
    for name, positions in groups.items():
        if len(positions) == 1:
            continue
        places = ground.geometries[positions]
        apart_m = float(shapely.distance(places[0], places[1:]).max())
        ward, sheet, number = name
        yield ground.finding(
            "repeated_key",
            [int(position) for position in positions],
            geometry=shapely.multipolygons(shapely.get_parts(places)),
            distance_m=apart_m,
            message=Text(
                f"{len(positions)} thửa cùng phường {ward}, tờ {sheet}, thửa {number}; cách nhau tới {apart_m:.0f} m.",
                f"{len(positions)} parcels of ward {ward} bear sheet {sheet}, number {number}; up to {apart_m:.0f} m "
                "apart.",
            ),
            hint=_LOOK_IT_UP,
        )


def registered_against_measured(ground: Ground, *, tolerance_ratio: float, tolerance_m2: float) -> Iterator[Finding]:
    """Find parcels whose registered area is off the measured one by more than both tolerances."""
    registered_m2 = ground.frame["registered_area_m2"].to_numpy(dtype=np.float64)
    measured_m2 = shapely.area(ground.geometries)
    difference_m2 = np.nan_to_num(np.abs(registered_m2 - measured_m2))
    is_off = difference_m2 > np.maximum(tolerance_m2, tolerance_ratio * np.nan_to_num(registered_m2))
    for position in np.flatnonzero(is_off):
        paper_m2, ground_m2 = float(registered_m2[position]), float(measured_m2[position])
        yield ground.finding(
            "area_disagrees",
            [int(position)],
            geometry=ground.geometries[position],
            area_m2=float(difference_m2[position]),
            message=Text(
                f"Diện tích trên giấy {paper_m2:.1f} m², đo trên bản đồ {ground_m2:.1f} m².",
                f"Registered {paper_m2:.1f} m², measured on the map {ground_m2:.1f} m².",
            ),
            hint=_LOOK_IT_UP,
        )
