"""What changed between two versions of a layer: features added, changed and removed, value by value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basemap.geometry_match import Pairs, match_by_geometry, same_geometry
from basemap.model import LAYERS, LayerName
from spatial.errors import InputError
from spatial.text import Text

_DECIMALS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerDiff:
    """The difference between two states of a layer.

    Parameters
    ----------
    added, removed
        Features that only the later, only the earlier state has, with their attributes.
    changed
        Features in their later shape: ``feature_id``, ``feature_id_before`` (another one only where features
        are matched by geometry), ``changed_attributes`` joined by commas, ``geometry_changed``, ``area_change_m2``,
        ``length_change_m`` (of a line's course or an area's outline), ``moved_m`` (between the centroids).
    attribute_changes
        One row a value: ``feature_id``, ``attribute``, ``old``, ``new``; None where there was or is no value.
    unchanged_count
        Features that are the same in both: every value, and the geometry within a millimetre.
    """

    layer: LayerName
    added: gpd.GeoDataFrame
    removed: gpd.GeoDataFrame
    changed: gpd.GeoDataFrame
    attribute_changes: pd.DataFrame
    unchanged_count: int

    @property
    def counts(self) -> Mapping[str, int]:
        """How many features were added, changed, removed, and are unchanged."""
        return {
            "added": len(self.added),
            "changed": len(self.changed),
            "removed": len(self.removed),
            "unchanged": self.unchanged_count,
        }

    def to_json(self) -> dict[str, object]:
        """Return the difference as plain values; metres and square metres to the millimetre."""
        values = dict(iter(self.attribute_changes.groupby("feature_id", sort=False)))
        return {
            "layer": self.layer.value,
            "counts": dict(self.counts),
            "added": _records(self.added, self.layer),
            "removed": _records(self.removed, self.layer),
            "changed": [_change(row, values.get(row["feature_id"])) for row in self.changed.to_dict("records")],
        }


def diff_layers(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, *, layer: LayerName, other_times: bool = False
) -> LayerDiff:
    """Compare two states of a layer.

    Features of a layer with keys are matched by ``feature_id``; those of a numbered layer by their geometry, because
    the number is only the row of a file.

    Parameters
    ----------
    before, after
        ``feature_id``, the attributes of the layer and ``geometry``, in one metric coordinate system.
    other_times
        The two hold on no common day: where keys are given anew, as ward codes were, a key then tells nothing, and
        features are matched by their geometry.

    Raises
    ------
    InputError
        The two are in different coordinate systems.
    """
    if before.crs != after.crs:
        raise InputError(
            Text("Hai phiên bản ở hai hệ tọa độ khác nhau.", "The two versions are in different coordinate systems."),
            hint=Text("Chuyển về một hệ trước.", "Bring both into one first."),
            subject=layer.value,
        )
    names = list(LAYERS[layer].attribute_names)
    before, after = (frame[["feature_id", *names, "geometry"]].reset_index(drop=True) for frame in (before, after))
    pairs = _pairs(before, after, layer, by_key=not (other_times and LAYERS[layer].key_is_reused))
    ours, theirs = (frame.iloc[pairs[:, side]] for side, frame in enumerate((before, after)))
    attribute_changes = _attribute_changes(ours, theirs, names)
    same_place = same_geometry(ours.geometry, theirs.geometry)
    is_changed = ~same_place | theirs["feature_id"].isin(attribute_changes["feature_id"]).to_numpy()
    return LayerDiff(
        layer=layer,
        added=_others(after, pairs[:, 1]),
        removed=_others(before, pairs[:, 0]),
        changed=_changed(ours[is_changed], theirs[is_changed], ~same_place[is_changed], attribute_changes),
        attribute_changes=attribute_changes,
        unchanged_count=int((~is_changed).sum()),
    )


def _pairs(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, layer: LayerName, *, by_key: bool) -> Pairs:
    """Return the positions of features that are one, in the order of the later state."""
    schema = LAYERS[layer]
    if schema.key and by_key:
        where = pd.Index(before["feature_id"]).get_indexer(pd.Index(after["feature_id"]))
        found = np.flatnonzero(where >= 0)
        return np.column_stack([where[found], found]).astype(np.int64)
    nameless = [frame.drop(columns="feature_id") for frame in (before, after)]
    pairs = match_by_geometry(*nameless, shape=schema.shape)
    return pairs[np.argsort(pairs[:, 1], kind="stable")]


def _others(frame: gpd.GeoDataFrame, positions: np.ndarray) -> gpd.GeoDataFrame:
    return frame.drop(index=positions).reset_index(drop=True)


def _attribute_changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, names: list[str]) -> pd.DataFrame:
    found = []
    for number, name in enumerate(names):
        old, new = (_plain(frame[name]) for frame in (before, after))
        at = np.flatnonzero(np.array([one != other for one, other in zip(old, new, strict=True)], dtype=bool))
        names_changed = after["feature_id"].to_numpy()[at]
        rows = {"position": at, "number": number, "feature_id": names_changed, "attribute": name}
        found.append(pd.DataFrame(rows | {"old": old[at], "new": new[at]}).astype(object))
    together = pd.concat(found, ignore_index=True).sort_values(["position", "number"], kind="stable")
    return together.drop(columns=["position", "number"]).reset_index(drop=True)


def _plain(column: pd.Series) -> np.ndarray:
    values = column.astype(object)
    return np.asarray(values.where(values.notna(), None), dtype=object)


def _changed(
    before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, moved: np.ndarray, values: pd.DataFrame
) -> gpd.GeoDataFrame:
    old, new = before.geometry.array, after.geometry.array
    attributes = {name: ",".join(rows["attribute"]) for name, rows in values.groupby("feature_id", sort=False)}
    measured = {
        "area_change_m2": shapely.area(new) - shapely.area(old),
        "length_change_m": shapely.length(new) - shapely.length(old),
        "moved_m": shapely.distance(shapely.centroid(old), shapely.centroid(new)),
    }
    columns = {
        "feature_id": after["feature_id"].to_numpy(),
        "feature_id_before": before["feature_id"].to_numpy(),
        "changed_attributes": [attributes.get(name, "") for name in after["feature_id"]],
        "geometry_changed": moved,
        **{name: np.where(moved, value, 0.0) for name, value in measured.items()},
    }
    return gpd.GeoDataFrame(columns, geometry=new, crs=after.crs)


def _records(frame: gpd.GeoDataFrame, layer: LayerName) -> list[dict[str, object]]:
    names = ["feature_id", *LAYERS[layer].attribute_names]
    rows = zip(*(_plain(frame[name]).tolist() for name in names), strict=True)
    return [{name: _as_json(value) for name, value in zip(names, row, strict=True)} for row in rows]


def _change(row: Mapping[str, object], values: pd.DataFrame | None) -> dict[str, object]:
    measured = ("area_change_m2", "length_change_m", "moved_m")
    attributes = [] if values is None else values.to_dict("records")
    return {
        "feature_id": row["feature_id"],
        "feature_id_before": row["feature_id_before"],
        "attributes": {
            str(one["attribute"]): {"old": _as_json(one["old"]), "new": _as_json(one["new"])} for one in attributes
        },
        "geometry": {name: round(float(str(row[name])), _DECIMALS) for name in measured}
        if row["geometry_changed"]
        else None,
    }


def _as_json(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
