"""Homes and schools from their columns to metres in the storage coordinate system."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from allocation.record_checks import RecordChecks
from spatial.crs import VIETNAM_BOUNDS_DEGREES, WGS84, transformer
from spatial.errors import InputError
from spatial.issues import Issue, Severity
from spatial.text import Text

COORDINATE_COLUMNS = ("lon", "lat", "x", "y")
_SHARE_OUTSIDE_THAT_CONDEMNS_A_FILE = 0.5

Points = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
ByAddress = Callable[[RecordChecks, Mask], Points]
"""Places the marked records by their address: points (n, 2) in the storage system, NaN for all others."""


def located(
    checks: RecordChecks, *, crs: str | None, storage_crs: str, needed: bool, by_address: ByAddress | None = None
) -> Points:
    """Return the points (n, 2) of a table in ``storage_crs``, metres; NaN where there is none.

    Parameters
    ----------
    crs
        Coordinate system of the columns ``x``, ``y``; by default ``storage_crs``. ``lon``, ``lat`` are EPSG:4326.
    needed
        Whether a record without a point stands aside, or only loses its place on the map.
    by_address
        Who places the records that have no coordinates but an ``address``.

    Raises
    ------
    InputError
        Points are needed and there are no coordinate columns, or most points lie outside the country.
    UnknownCrsError
        ``crs`` is unknown.
    """
    table = checks.table
    names, source = (("x", "y"), crs or storage_crs) if table.has("x", "y") else (("lon", "lat"), WGS84)
    nowhere = np.full((len(table.frame), 2), np.nan)
    if not table.has(*names):
        if by_address is not None and table.has("address"):
            return by_address(checks, np.ones(len(table.frame), dtype=bool))
        if needed:
            checks.require("lon", "lat")
        return nowhere
    has_address = np.zeros(len(table.frame), dtype=bool)
    if by_address is not None and table.has("address"):
        is_blank = (table.column(names[0]) == "") & (table.column(names[1]) == "")
        has_address = (is_blank & (table.column("address") != "")).to_numpy()
    given = np.column_stack([_numbers(table.column(name)) for name in names])
    missing = np.isnan(given).any(axis=1)
    for record in np.flatnonzero(missing & ~has_address):
        value = ", ".join(table.frame.loc[record, list(names)])
        checks.note(int(record), _missing(names, value, Severity.ERROR if needed else Severity.WARNING))
    outside = _outside_the_country(checks, given, names=names, source=source, needed=needed)
    if outside is None:
        return nowhere
    points = by_address(checks, has_address) if by_address is not None and has_address.any() else nowhere
    good = ~missing & ~outside
    points[good] = transformer(source, storage_crs)(given[good])
    return points


def _outside_the_country(
    checks: RecordChecks, given: Points, *, names: tuple[str, str], source: str, needed: bool
) -> Mask | None:
    """Note the points outside the country and return which they are; None when they are most of a file."""
    missing = np.isnan(given).any(axis=1)
    degrees = np.full_like(given, np.nan)
    degrees[~missing] = transformer(source, WGS84)(given[~missing])
    outside = np.asarray(~missing & ~_in_country(degrees))
    if outside.sum() > _SHARE_OUTSIDE_THAT_CONDEMNS_A_FILE * (~missing).sum():
        _refuse_or_warn(checks, given[outside], names=names, source=source, needed=needed)
        return None
    severity = Severity.ERROR if needed else Severity.WARNING
    swapped = _in_country(transformer(source, WGS84)(np.where(outside[:, None], given[:, ::-1], np.nan)))
    for record in np.flatnonzero(outside):
        value = f"{given[record, 0]:.6f}, {given[record, 1]:.6f}"
        checks.note(int(record), _outside(names, value, severity, is_swapped=bool(swapped[record])))
    return outside


def _numbers(text: pd.Series) -> npt.NDArray[np.float64]:
    numbers = pd.to_numeric(text.str.replace(",", ".", regex=False), errors="coerce").to_numpy(dtype=np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _in_country(degrees: Points) -> npt.NDArray[np.bool_]:
    west, south, east, north = VIETNAM_BOUNDS_DEGREES
    x, y = degrees[:, 0], degrees[:, 1]
    return (x >= west) & (x <= east) & (y >= south) & (y <= north)


def _missing(names: tuple[str, str], value: str, severity: Severity) -> Issue:
    return Issue(
        severity=severity,
        code="coordinates_missing",
        field=", ".join(names),
        value=value.strip(", "),
        message=Text("Không có tọa độ đọc được.", "No readable coordinates."),
        hint=Text("Ghi hai số thập phân, ví dụ 106.70098 và 10.77653.", "Give two numbers, e.g. 106.70098, 10.77653."),
    )


def _outside(names: tuple[str, str], value: str, severity: Severity, *, is_swapped: bool) -> Issue:
    return Issue(
        severity=severity,
        code="coordinates_outside",
        field=", ".join(names),
        value=value,
        message=Text("Tọa độ nằm ngoài Việt Nam.", "The point lies outside Viet Nam."),
        hint=Text(f"{names[0]} và {names[1]} bị đảo.", f"{names[0]} and {names[1]} are swapped.")
        if is_swapped
        else Text("Kiểm tra điểm này.", "Check this point."),
    )


def _refuse_or_warn(
    checks: RecordChecks, outside: Points, *, names: tuple[str, str], source: str, needed: bool
) -> None:
    swapped = _in_country(transformer(source, WGS84)(outside[:, ::-1])).mean() > _SHARE_OUTSIDE_THAT_CONDEMNS_A_FILE
    message = Text(
        f"Đa số tọa độ {', '.join(names)} nằm ngoài Việt Nam.", f"Most points {', '.join(names)} lie outside Viet Nam."
    )
    if swapped:
        hint = Text(f"Hai cột {' và '.join(names)} bị đảo.", f"The columns {' and '.join(names)} are swapped.")
    else:
        hint = Text("Kiểm tra hệ tọa độ, ghi bằng --crs EPSG:n.", "Check the coordinate system; state it with --crs.")
    if needed:
        raise InputError(message, hint=hint, subject=checks.table.file)
    checks.note_file(
        Issue(
            severity=Severity.WARNING,
            code="coordinates_outside",
            field=", ".join(names),
            message=message,
            hint=hint,
        )
    )
