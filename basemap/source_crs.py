"""Which coordinate system a file is in: what it says, what the person says, and what neither may be.

VN-2000 that was written down without its datum is the trap here. The projection looks right, PROJ takes the
datum for WGS84 without a word, and the city moves by 226 m (196 m west-east, 113 m north-south).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.exceptions import CRSError, ProjError

from spatial.crs import HCMC, VIETNAM_BOUNDS_DEGREES, VN2000, WGS84, is_vn2000, known_crs
from spatial.errors import InputError, UnknownCrsError
from spatial.issues import Issue, Severity
from spatial.text import Text

_TM3_SCALE_RATIO = 0.9999
_TM3_FALSE_EASTING_M = 500_000.0
_EPSG_NAME = re.compile(r"EPSG:\d{4,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCrs:
    """The coordinate system that a file is read in.

    Parameters
    ----------
    name
        ``EPSG:n``, or WKT where no code exists.
    is_asserted
        A person named it; then only places outside the country speak against it.
    """

    name: str
    is_asserted: bool
    issues: tuple[Issue, ...] = ()


def settle_crs(label: str | None, given: str | None, *, file: str) -> SourceCrs:
    """Return the coordinate system to read ``file`` in: ``given`` by a person, else the file's own ``label``.

    Raises
    ------
    InputError
        There is none, it is unknown, or its datum is.
    """
    if given is not None:
        name = _named_by_person(given, file=file)
        return SourceCrs(name=name, is_asserted=True, issues=_disagreement(label, name, file=file))
    if label is None:
        raise _nameless(file)
    try:
        crs = CRS.from_user_input(label).to_2d()
    except CRSError as error:
        raise InputError(
            Text("Không hiểu hệ tọa độ ghi trong tệp.", "The coordinate system written in the file is not understood."),
            hint=_state_it(),
            subject=file,
            code="crs_unreadable",
        ) from error
    return _from_label(crs, file=file)


def tm3_codes() -> Mapping[float, str]:
    """Return the VN-2000 / TM-3 systems of EPSG by central meridian in degrees."""
    return _tm3_codes()


@lru_cache(maxsize=1)
def _tm3_codes() -> dict[float, str]:
    vietnam = AreaOfInterest(*VIETNAM_BOUNDS_DEGREES)
    codes: dict[float, str] = {}
    for info in query_crs_info("EPSG", area_of_interest=vietnam):
        if info.name.startswith("VN-2000 / TM-3"):
            name = f"EPSG:{info.code}"
            codes.setdefault(_parameters(known_crs(name))["Longitude of natural origin"], name)
    return codes


def _state_it() -> Text:
    return Text(
        f"Ghi rõ bằng --crs, ví dụ --crs {HCMC} (VN-2000 105°45') hoặc --crs {WGS84} (kinh vĩ độ WGS84).",
        f"State it with --crs, e.g. --crs {HCMC} (VN-2000 105-45) or --crs {WGS84} (longitude and latitude).",
    )


def _nameless(file: str) -> InputError:
    return InputError(
        Text("Tệp không ghi hệ tọa độ.", "The file does not say its coordinate system."),
        hint=_state_it(),
        subject=file,
        code="crs_missing",
    )


def _named_by_person(given: str, *, file: str) -> str:
    name = given.strip().upper()
    if not _EPSG_NAME.fullmatch(name):
        raise UnknownCrsError(
            Text(f"--crs {given!r} không đúng dạng.", f"--crs {given!r} is not of the right form."),
            hint=Text(f"Ghi dạng --crs {HCMC}.", f"Write it like --crs {HCMC}."),
            subject=file,
        )
    try:
        crs = known_crs(name)
    except UnknownCrsError as error:
        raise UnknownCrsError(error.message, hint=error.hint, subject=file) from error
    if not (crs.is_geographic or crs.is_projected):
        raise UnknownCrsError(
            Text(f"{name} không phải hệ tọa độ bản đồ.", f"{name} is no system of map coordinates."),
            hint=_state_it(),
            subject=file,
        )
    return name


def _disagreement(label: str | None, name: str, *, file: str) -> tuple[Issue, ...]:
    if label is None:
        return ()
    try:
        own = CRS.from_user_input(label)
    except CRSError:
        return ()
    if own.to_2d().equals(known_crs(name), ignore_axis_order=True):
        return ()
    message = Text(
        f"Tệp ghi {own.name!r}; dùng {name} theo --crs.",
        f"The file says {own.name!r}; {name} was taken, as --crs says.",
    )
    return (Issue(severity=Severity.WARNING, code="crs_overridden", message=message, file=file),)


def _from_label(crs: CRS, *, file: str) -> SourceCrs:
    own = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    if not (own.is_geographic or own.is_projected):
        raise _nameless(file)
    code = _code(own)
    has_datum = _has_way_to_wgs84(own)
    if code is not None and has_datum:
        return SourceCrs(name=f"EPSG:{code}", is_asserted=False)
    if is_vn2000(own.to_wkt()):
        return SourceCrs(name=own.to_wkt(), is_asserted=False)
    if _has_tm3_shape(own):
        return _tm3_without_datum(own, carries_shift=crs.is_bound, file=file)
    if not crs.is_bound and not has_datum:
        raise InputError(
            Text(
                f"Hệ tọa độ {own.name!r} không cho biết mốc trắc địa.",
                f"The coordinate system {own.name!r} does not say its datum.",
            ),
            hint=_state_it(),
            subject=file,
            code="datum_missing",
        )
    return SourceCrs(name=crs.to_wkt(), is_asserted=False)


def _code(crs: CRS) -> int | None:
    """Return the EPSG code; ESRI's form of a geographic system differs from EPSG's in its axis order alone."""
    code = crs.to_epsg()
    if code is not None or not crs.is_geographic:
        return code
    known = (known_crs(WGS84), known_crs(VN2000))
    return next((one.to_epsg() for one in known if crs.equals(one, ignore_axis_order=True)), None)


def _parameters(crs: CRS) -> dict[str, float]:
    operation = crs.coordinate_operation
    return {} if operation is None else {parameter.name: float(parameter.value) for parameter in operation.params}


def _has_tm3_shape(crs: CRS) -> bool:
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return False
    parameters = _parameters(crs)
    west, _, east, _ = VIETNAM_BOUNDS_DEGREES
    return (
        math.isclose(parameters["Scale factor at natural origin"], _TM3_SCALE_RATIO, abs_tol=1e-7)
        and math.isclose(parameters["False easting"], _TM3_FALSE_EASTING_M)
        and west <= parameters["Longitude of natural origin"] <= east
    )


def _tm3_without_datum(crs: CRS, *, carries_shift: bool, file: str) -> SourceCrs:
    """Take VN-2000 written with its own seven parameters for VN-2000; refuse it without any."""
    meridian_degrees = _parameters(crs)["Longitude of natural origin"]
    code = next((name for known, name in tm3_codes().items() if math.isclose(known, meridian_degrees)), None)
    if carries_shift and code is not None:
        message = Text(
            f"Hệ tọa độ ghi theo 7 tham số riêng được đọc là {code}.",
            f"A coordinate system written with seven parameters of its own is read as {code}.",
        )
        issue = Issue(severity=Severity.INFO, code="crs_recognised", message=message, file=file)
        return SourceCrs(name=code, is_asserted=False, issues=(issue,))
    advice = code or HCMC
    raise InputError(
        Text(
            f"Hệ tọa độ có dạng VN-2000 (kinh tuyến trục {meridian_degrees:g}°) nhưng không ghi mốc VN-2000; "
            "đọc như vậy sẽ lệch 226 m.",
            f"The coordinate system has the shape of VN-2000 (central meridian {meridian_degrees:g} degrees) but "
            "not its datum; read as it stands everything moves by 226 m.",
        ),
        hint=Text(f"Nếu là VN-2000, ghi --crs {advice}.", f"If it is VN-2000, give --crs {advice}."),
        subject=file,
        code="datum_missing",
    )


def _has_way_to_wgs84(crs: CRS) -> bool:
    try:
        Transformer.from_crs(crs, known_crs(WGS84), always_xy=True, allow_ballpark=False)
    except ProjError:
        return False
    return True
