"""Two stored versions of a layer, compared; and the difference as a file that QGIS shows."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from sqlalchemy.orm import Session

from basemap import store
from basemap.diff import LayerDiff, diff_layers
from basemap.model import LAYERS, Kind, LayerName, LayerVersionId
from basemap.timeline import share_no_day
from spatial.errors import InputError
from spatial.files import whole_file
from spatial.text import Text


def versions_to_compare(
    session: Session, layer: LayerName, *, before: LayerVersionId | None, after: LayerVersionId | None
) -> tuple[LayerVersionId, LayerVersionId]:
    """Return which two versions are meant: without words, what publishing the newest one would change.

    When the newest is published already, it is compared with the one that was published before it.

    Raises
    ------
    InputError
        The layer has no second version to compare.
    """
    known = [version.version_id for version in store.list_versions(session, layer)]
    later = after if after is not None else max(known, default=None)
    versions = {version.version_id: version for version in store.list_versions(session, layer)}
    seen = [act.version_id for act in store.publications(session, layer) if not act.is_withdrawn]
    others = [one for one in reversed(seen) if one != later]
    if later in versions:
        # What it would displace holds on a day of its own; wards of another time only when there is nothing else.
        others.sort(key=lambda one: share_no_day(versions[one], versions[later]))
    earlier = before if before is not None else next(iter(others), None)
    if earlier is None:
        earlier = next((one for one in known if later is not None and one < later), None)
    if later is None or earlier is None:
        raise InputError(
            Text(f"Lớp {layer} chưa có hai phiên bản để so sánh.", f"The layer {layer} has no two versions yet."),
            hint=Text("Xem: diaban basemap list.", "See: diaban basemap list."),
            subject=layer.value,
        )
    return earlier, later


def compare_versions(session: Session, layer: LayerName, *, before: LayerVersionId, after: LayerVersionId) -> LayerDiff:
    """Return what changed from one stored version of a layer to another.

    Between wards of before and after July 2025 a code tells nothing: there land is compared with land.

    Raises
    ------
    NotFoundError
        The layer has no such version.
    """
    old, new = (store.read_layer(session, layer, version_id=number) for number in (before, after))
    versions = {one.version_id: one for one in store.list_versions(session, layer)}
    return diff_layers(old, new, layer=layer, other_times=share_no_day(versions[before], versions[after]))


def write_diff(path: Path, diff: LayerDiff) -> None:
    """Write a difference as a GeoPackage with the layers ``added``, ``changed``, ``removed`` and ``attribute_changes``.

    Raises
    ------
    InputError
        The name does not end in ``.gpkg``.
    """
    if path.suffix.lower() != ".gpkg":
        raise InputError(
            Text("Sự khác biệt được ghi vào tệp .gpkg.", "A difference is written to a .gpkg file."),
            hint=Text("Đặt tên tệp .gpkg.", "Name it .gpkg."),
            subject=path.name,
        )
    shape = LAYERS[diff.layer].shape.value
    with whole_file(path) as temporary:
        temporary.unlink()
        for name in ("added", "changed", "removed"):
            frame: gpd.GeoDataFrame = getattr(diff, name)
            pyogrio.write_dataframe(
                _writable(frame, diff.layer), temporary, driver="GPKG", layer=name, geometry_type=shape
            )
        values = diff.attribute_changes.map(_text_of)
        pyogrio.write_dataframe(values, temporary, driver="GPKG", layer="attribute_changes")


def _writable(frame: gpd.GeoDataFrame, layer: LayerName) -> gpd.GeoDataFrame:
    days = [one.name for one in LAYERS[layer].attributes if one.kind is Kind.DATE and one.name in frame]
    return frame.assign(**{name: frame[name].map(_text_of).astype(object) for name in days})


def _text_of(value: object) -> str | None:
    return None if value is None or value is pd.NA else str(value)
