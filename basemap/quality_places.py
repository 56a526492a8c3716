"""Whether features lie where the published wards say the city is."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import shapely

from basemap.quality_findings import ONLY_IN_VIETNAM, Finding, Ground, NotCheckedError
from basemap.whereabouts import Reading
from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WGS84, is_vn2000, known_crs, transformer
from spatial.territory import territory_of
from spatial.text import Text

_UTM_48N = "EPSG:32648"
_NO_WARDS = Text("chưa công bố lớp phường", "no wards are published")
_LOOKED_AT_COUNT = 2_000
_LOST_RATIO, _FOUND_RATIO = 0.5, 0.9
_READINGS = (
    Reading(crs=_UTM_48N),
    Reading(crs=BA_RIA_VUNG_TAU),
    Reading(crs=HCMC),
    Reading(crs=HCMC, is_swapped=True),
)


def outside_every_ward(ground: Ground) -> Iterator[Finding]:
    """Find features that no published ward contains."""
    wards = _wards(ground)
    inside, _ = wards.query(ground.geometries, predicate="intersects")
    lost = np.setdiff1d(np.arange(len(ground.geometries)), inside)
    (_, _), away_m = wards.query_nearest(ground.geometries[lost], return_distance=True, all_matches=False)
    for position, distance_m in zip(lost, away_m, strict=True):
        yield ground.finding(
            "outside_every_ward",
            [int(position)],
            geometry=ground.geometries[position],
            distance_m=float(distance_m),
            message=Text(
                f"Nằm ngoài mọi phường, cách phường gần nhất {distance_m:.0f} m.",
                f"It lies outside every ward, {distance_m:.0f} m from the nearest.",
            ),
            hint=Text("Kiểm tra tọa độ.", "Check its coordinates."),
        )


def numbers_of_another_system(ground: Ground, *, source_crs: str) -> Iterator[Finding]:
    """Find a file whose numbers, read in another system than its VN-2000 label, lie in the wards.

    UTM metres, or those of the other zone, may land inside the city's box under a VN-2000 label, where a rough look
    at the box cannot catch them.

    Parameters
    ----------
    source_crs
        The label; the numbers of the file are recovered from it.
    """
    storage = ground.frame.crs.to_wkt()
    if not territory_of(storage).is_vietnam:
        raise NotCheckedError(ONLY_IN_VIETNAM)
    wards = _wards(ground)
    geometries = ground.geometries[ground.is_new]
    if not is_vn2000(source_crs) or not len(geometries):
        return
    step = max(1, len(geometries) // _LOOKED_AT_COUNT)
    looked_at = geometries[::step]
    centres = shapely.get_coordinates(shapely.centroid(looked_at))
    as_labelled = _share_inside(wards, centres)
    numbers = transformer(storage, source_crs)(centres)
    label = known_crs(source_crs)  # the store and many files write it out in full, not as EPSG:n
    for reading in _READINGS:
        if not reading.is_swapped and label.equals(known_crs(reading.crs), ignore_axis_order=True):
            continue
        places = transformer(WGS84, storage)(reading.longitude_latitude(numbers))
        share = _share_inside(wards, places)
        if share >= _FOUND_RATIO:
            yield _suspicion(ground, reading, shares=(as_labelled, share))


def _suspicion(ground: Ground, reading: Reading, *, shares: tuple[float, float]) -> Finding:
    labelled, other = shares
    words, advice = reading.words(), reading.advice()
    is_lost = labelled < _LOST_RATIO
    code = "crs_suspected" if is_lost else "crs_ambiguous"
    outline = shapely.box(*ground.frame.total_bounds)
    return ground.finding(
        code,
        [],
        geometry=outline,
        message=Text(
            f"Theo nhãn, {labelled:.0%} đối tượng nằm trong các phường đã công bố; đọc là {words.vi} thì {other:.0%}.",
            f"As labelled, {labelled:.0%} of the features lie in published wards; read as {words.en}, {other:.0%} do.",
        ),
        hint=Text(f"Xem trên bản đồ. {advice.vi}", f"Look at the map. {advice.en}"),
    )


def _wards(ground: Ground) -> shapely.STRtree:
    if ground.around.wards is None:
        raise NotCheckedError(_NO_WARDS)
    return shapely.STRtree(np.asarray(ground.around.wards.geometry.array, dtype=object))


def _share_inside(wards: shapely.STRtree, places: npt.NDArray[np.float64]) -> float:
    is_known = np.isfinite(places).all(axis=1)
    inside, _ = wards.query(shapely.points(places[is_known]), predicate="intersects")
    return float(len(np.unique(inside)) / len(places))
