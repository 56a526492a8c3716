"""Whether a file lies 226 m off although its label is right: WGS84 taken for VN-2000, or the reverse.

Such coordinates carry no sign of it. What is published does: moved by the datum vector (about 196 m west-east and 113 m
south-north), the file fits very much better than as it stands. A file that fits as it stands can never be suspected,
since nothing can fit *much* better; where the published layers tell neither way, the rule is *not checked*.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from basemap.model import LAYERS
from basemap.quality_findings import ONLY_IN_VIETNAM, Finding, Geometries, Ground, NotCheckedError
from basemap.quality_fit import MEASURES, Measure
from spatial.crs import VN2000, WGS84, is_vn2000, known_crs, transformer
from spatial.territory import territory_of
from spatial.text import Text

LEAST_GAIN_RATIO = 0.08
"""So much fewer of the features must fit badly, at least, for one place to be better than another…"""

MOST_LEFT_RATIO = 0.5
"""…at most this share of the misfits may be left…"""

_STANDARD_ERRORS = 4.0
"""…and the difference must be so many times what chance makes of a sample of this size."""

_WINDOWS_COUNT, _WINDOW_HALF_M, _MOST_IN_WINDOW_COUNT = 8, 150.0, 100
_REACH_M = 320.0
_HERE, _AS_WGS84, _AS_VN2000, _CONTROLS = 0, 1, 2, (3, 4)
_NOTHING_PUBLISHED = Text("chưa công bố lớp nào để so", "nothing is published to compare with")
_TELLS_NOTHING = Text(
    "các lớp đã công bố quanh đây không đủ để phân biệt", "the layers published here cannot tell the places apart"
)
_ADVICE = {
    (WGS84, _AS_VN2000): VN2000,
    (VN2000, _AS_WGS84): WGS84,
    ("EPSG:32648", _AS_VN2000): "EPSG:3405",
    ("EPSG:3405", _AS_WGS84): "EPSG:32648",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """Of one measure: how many features were compared, and how many fit badly at each of the five places."""

    measure: Measure
    compared_count: int
    misfit_counts: npt.NDArray[np.int64]

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        return self.misfit_counts / max(self.compared_count, 1)

    def is_better(self, one: int, other: int) -> bool:
        """Tell whether the features fit very much better at place ``one`` than at ``other``."""
        if self.compared_count < self.measure.fewest_count:
            return False
        good, bad = self.shares[one], self.shares[other]
        chance = np.sqrt((good * (1 - good) + bad * (1 - bad)) / self.compared_count)
        gain_ratio = max(LEAST_GAIN_RATIO, _STANDARD_ERRORS * chance)
        return bool(bad - good >= gain_ratio and good <= MOST_LEFT_RATIO * bad)

    def suspected(self) -> int | None:
        """Return the place where they fit very much better than here and than at places that mean nothing."""
        for place in (_AS_WGS84, _AS_VN2000):
            if all(self.is_better(place, other) for other in (_HERE, *_CONTROLS)):
                return place
        return None

    def is_right_here(self) -> bool:
        """Tell whether they fit very much better here than moved either way."""
        return self.is_better(_HERE, _AS_WGS84) and self.is_better(_HERE, _AS_VN2000)


def shifted_by_the_datum(ground: Ground, *, source_crs: str) -> Iterator[Finding]:
    """Find a file that fits what is published only when it is moved by the datum vector.

    Parameters
    ----------
    source_crs
        The label of the file: it decides what can be done.

    Raises
    ------
    NotCheckedError
        Nothing is published to compare with, or it tells neither way, or the store is of another country.
    """
    if not territory_of(ground.frame.crs.to_wkt()).is_vietnam:
        raise NotCheckedError(ONLY_IN_VIETNAM)
    counts = [found for measure in MEASURES[ground.layer] if (found := _count(ground, measure)) is not None]
    if not counts:
        raise NotCheckedError(_NOTHING_PUBLISHED)
    suspicions = [(each, place) for each in counts if (place := each.suspected()) is not None]
    is_right = any(each.is_right_here() for each in counts)
    for each, place in suspicions[:1]:
        yield _suspicion(ground, each, place, source_crs=source_crs, is_certain=not is_right)
    if not suspicions and not is_right:
        raise NotCheckedError(_TELLS_NOTHING)


def datum_vector_m(place: tuple[float, float], *, crs: str) -> npt.NDArray[np.float64]:
    """Return by how much (x, y) coordinates must move that are WGS84 and were taken for VN-2000, near ``place``."""
    here = np.array([place], dtype=np.float64)
    if is_vn2000(crs):
        numbers = transformer(crs, VN2000)(here)
    else:
        numbers = transformer(WGS84, VN2000)(transformer(crs, WGS84)(here))
    moved: npt.NDArray[np.float64] = transformer(WGS84, crs)(numbers)[0] - here[0]
    return moved


def _count(ground: Ground, measure: Measure) -> _Counts | None:
    """Count misfits in some windows of the file; None where the layer is not published."""
    if ground.around.published is None:
        return None
    compared_count, misfit_counts, is_known = 0, np.zeros(5, dtype=np.int64), False
    for window, positions in _windows(ground):
        ground.must_have_time()
        published = ground.around.published(measure.against, window.buffer(_REACH_M, join_style="mitre").bounds)
        if published is None:
            return None
        is_known = True
        if len(published):
            misfits, is_compared = _misfits(ground, positions, measure, published=published)
            compared_count += int(is_compared.sum())
            misfit_counts += (misfits & is_compared).sum(axis=1)
    return _Counts(measure=measure, compared_count=compared_count, misfit_counts=misfit_counts) if is_known else None


def _windows(ground: Ground) -> Iterator[tuple[shapely.Polygon, npt.NDArray[np.intp]]]:
    """Yield small boxes spread over the file, each with some of the new features in it."""
    new = np.flatnonzero(ground.is_new)
    seeds = new[np.linspace(0, len(new) - 1, min(_WINDOWS_COUNT, len(new))).astype(np.intp)]
    seen = np.zeros(len(ground.geometries), dtype=np.bool_)
    for seed in seeds:
        centre = shapely.point_on_surface(ground.geometries[seed])
        window = centre.buffer(_WINDOW_HALF_M, cap_style="square")
        found = np.sort(ground.tree.query(window))
        found = found[ground.is_new[found] & ~seen[found]]
        found = found[:: max(1, len(found) // _MOST_IN_WINDOW_COUNT)]
        seen[found] = True
        if len(found):
            yield window, found


def _misfits(
    ground: Ground, positions: npt.NDArray[np.intp], measure: Measure, *, published: gpd.GeoDataFrame
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return misfits (5, n) at each place, and which features can be compared at all of them."""
    shapes, frame = ground.geometries[positions], ground.frame.iloc[positions]
    at = shapely.centroid(shapes[0])
    vector = datum_vector_m((at.x, at.y), crs=ground.frame.crs.to_wkt())
    across = np.array([-vector[1], vector[0]])
    shifts = (np.zeros(2), vector, -vector, across, -across)
    results = [measure.is_misfit(_moved(shapes, shift), frame, published) for shift in shifts]
    return np.stack([each[0] for each in results]), np.all([each[1] for each in results], axis=0)


def _moved(shapes: Geometries, shift: npt.NDArray[np.float64]) -> Geometries:
    return np.asarray(shapely.transform(shapes, lambda points: points + shift), dtype=object)


def _suspicion(ground: Ground, counts: _Counts, place: int, *, source_crs: str, is_certain: bool) -> Finding:
    here, moved = counts.shares[_HERE], counts.shares[place]
    label, what = LAYERS[counts.measure.against].label, counts.measure.what
    cause = {
        _AS_WGS84: Text("số liệu WGS84 bị coi là VN-2000", "WGS84 numbers were taken for VN-2000"),
        _AS_VN2000: Text("số liệu VN-2000 bị coi là WGS84", "VN-2000 numbers were taken for WGS84"),
    }[place]
    return ground.finding(
        "datum_suspected" if is_certain else "datum_ambiguous",
        [],
        geometry=shapely.box(*ground.frame.total_bounds),
        message=Text(
            f"Có lẽ lệch khoảng 226 m vì {cause.vi}: so với lớp {label.vi} đã công bố, {here:.0%} đối tượng {what.vi};"
            f" dời đi thì chỉ còn {moved:.0%} ({counts.compared_count} đối tượng được so).",
            f"Probably some 226 m off because {cause.en}: against the published layer {label.en}, {here:.0%} of the"
            f" features are {what.en}; moved, {moved:.0%} ({counts.compared_count} compared).",
        ),
        hint=_advice(source_crs, place),
    )


def _advice(source_crs: str, place: int) -> Text:
    other = next((crs for (label, at), crs in _ADVICE.items() if at == place and _is(source_crs, label)), None)
    own = source_crs if source_crs.startswith("EPSG:") else "EPSG:n"
    right = Text(
        f"Nếu tệp đúng và lớp đã công bố sai, ghi --crs {own}.",
        f"If the file is right and what is published is wrong, give --crs {own}.",
    )
    if other is not None:
        return Text(
            f"Xem trên bản đồ; nếu vậy, ghi --crs {other}. {right.vi}",
            f"Look at the map; if so, give --crs {other}. {right.en}",
        )
    return Text(
        f"Xem trên bản đồ; nếu vậy, xuất lại từ dữ liệu gốc với phép chuyển hệ quy chiếu EPSG:6960. {right.vi}",
        f"Look at the map; if so, export it again from its origin with the datum operation EPSG:6960. {right.en}",
    )


def _is(name: str, label: str) -> bool:
    return bool(known_crs(name).equals(CRS.from_user_input(label), ignore_axis_order=True))
