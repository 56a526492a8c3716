"""What changed between two states of a layer, worked out by hand on a few parcels and buildings."""

import json
from datetime import date

import geopandas as gpd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.diff import LayerDiff, diff_layers
from basemap.model import LAYERS, LayerName
from spatial.errors import InputError

E_M, N_M = 603_700.0, 1_191_170.0


def plot(column: int, *, width_m: float = 10.0, shift_m: float = 0.0) -> shapely.MultiPolygon:
    west_m = E_M + 20 * column + shift_m
    return shapely.MultiPolygon([shapely.box(west_m, N_M, west_m + width_m, N_M + 10)])


def layer_of(layer: LayerName, rows: list[dict[str, object]], geometries: list[BaseGeometry]) -> gpd.GeoDataFrame:
    names = ["feature_id", *LAYERS[layer].attribute_names]
    columns = {name: [row.get(name) for row in rows] for name in names}
    return gpd.GeoDataFrame(columns, geometry=geometries, crs="EPSG:9210")


def parcels(*plots: tuple[str, BaseGeometry, dict[str, object]]) -> gpd.GeoDataFrame:
    rows = [
        {"feature_id": f"26743-10-{number}", "ward_code": "26743", "map_sheet": "10", "parcel_no": number} | values
        for number, _, values in plots
    ]
    return layer_of(LayerName.PARCEL, rows, [geometry for _, geometry, _ in plots])


def difference(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> LayerDiff:
    return diff_layers(before, after, layer=LayerName.PARCEL)


def test_added_changed_removed_and_unchanged_are_told_apart() -> None:
    """1 stays, 2 gets another land use, 3 is widened by 2 m, 4 goes, 5 comes."""
    before = parcels(
        ("1", plot(1), {}),
        ("2", plot(2), {"land_use_code": "CLN", "registered_area_m2": 100.0}),
        ("3", plot(3), {}),
        ("4", plot(4), {}),
    )
    after = parcels(
        ("5", plot(5), {}),
        ("3", plot(3, width_m=12), {}),
        ("2", plot(2), {"land_use_code": "ODT"}),
        ("1", plot(1, shift_m=0.0005), {}),
    )
    found = difference(before, after)
    assert found.counts == {"added": 1, "changed": 2, "removed": 1, "unchanged": 1}
    assert found.added["parcel_no"].tolist() == ["5"]
    assert found.removed["parcel_no"].tolist() == ["4"]
    assert found.changed["feature_id"].tolist() == ["26743-10-3", "26743-10-2"]
    assert found.attribute_changes.to_dict("records") == [
        {"feature_id": "26743-10-2", "attribute": "registered_area_m2", "old": 100.0, "new": None},
        {"feature_id": "26743-10-2", "attribute": "land_use_code", "old": "CLN", "new": "ODT"},
    ]
    assert found.changed["changed_attributes"].tolist() == ["", "registered_area_m2,land_use_code"]


def test_a_reshaped_parcel_says_by_how_much() -> None:
    """Two metres wider: 20 m2 and 4 m of outline more, and the middle is 1 m further east."""
    found = difference(parcels(("1", plot(1), {})), parcels(("1", plot(1, width_m=12), {})))
    (row,) = found.changed.to_dict("records")
    assert row["geometry_changed"]
    assert row["area_change_m2"] == pytest.approx(20)
    assert row["length_change_m"] == pytest.approx(4)
    assert row["moved_m"] == pytest.approx(1)
    assert row["geometry"].equals(plot(1, width_m=12))


def test_the_json_is_plain_and_names_old_and_new() -> None:
    before = parcels(("1", plot(1), {"address": "12/3 Lê Lợi"}), ("2", plot(2), {}))
    after = parcels(("1", plot(1, shift_m=3), {"address": None}), ("3", plot(3), {"address": "45 Lê Lợi"}))
    told = json.loads(json.dumps(difference(before, after).to_json()))
    assert told["changed"] == [
        {
            "feature_id": "26743-10-1",
            "feature_id_before": "26743-10-1",
            "attributes": {"address": {"old": "12/3 Lê Lợi", "new": None}},
            "geometry": {"area_change_m2": 0.0, "length_change_m": 0.0, "moved_m": 3.0},
        }
    ]
    assert [one["feature_id"] for one in told["removed"]] == ["26743-10-2"]
    assert told["added"][0]["address"] == "45 Lê Lợi"
    assert told["counts"] == {"added": 1, "changed": 1, "removed": 1, "unchanged": 0}


def test_a_layer_compared_with_itself_has_no_difference() -> None:
    before = parcels(("1", plot(1), {"registered_area_m2": 99.5}), ("2", plot(2), {}))
    found = difference(before, before.iloc[::-1])
    assert found.counts == {"added": 0, "changed": 0, "removed": 0, "unchanged": 2}
    assert found.to_json()["changed"] == []


def test_from_nothing_everything_is_added_and_to_nothing_everything_is_removed() -> None:
    full, empty = parcels(("1", plot(1), {})), parcels(("1", plot(1), {})).iloc[:0]
    assert difference(empty, full).counts == {"added": 1, "changed": 0, "removed": 0, "unchanged": 0}
    assert difference(full, empty).counts == {"added": 0, "changed": 0, "removed": 1, "unchanged": 0}
    assert difference(empty, empty).counts == {"added": 0, "changed": 0, "removed": 0, "unchanged": 0}


def test_features_of_a_numbered_layer_are_known_by_their_place() -> None:
    """The file is sorted otherwise, so every number is another; one zone got two floors more and a new date."""
    layer = LayerName.ZONE
    rows = [
        {"feature_id": str(number), "zone_code": f"A{number}", "max_floors": 4, "plan_approved_on": date(2020, 1, 31)}
        for number in (1, 2, 3)
    ]
    before = layer_of(layer, rows, [plot(1), plot(2), plot(3)]).astype({"max_floors": "Int64"})
    turned = [{**row, "feature_id": str(4 - number)} for number, row in enumerate(rows, start=1)][::-1]
    turned[0] |= {"max_floors": 6, "plan_approved_on": date(2026, 1, 31)}
    after = layer_of(layer, turned, [plot(3), plot(2), plot(1)]).astype({"max_floors": "Int64"})
    found = diff_layers(before, after, layer=layer)
    assert found.counts == {"added": 0, "changed": 1, "removed": 0, "unchanged": 2}
    (change,) = json.loads(json.dumps(found.to_json()))["changed"]
    assert (change["feature_id"], change["feature_id_before"]) == ("1", "3")
    assert change["attributes"] == {
        "max_floors": {"old": 4, "new": 6},
        "plan_approved_on": {"old": "2020-01-31", "new": "2026-01-31"},
    }
    assert change["geometry"] is None


def test_between_two_times_a_ward_is_its_land_and_not_its_code() -> None:
    """Of July 2025: A kept its land under another code; B's code went to land elsewhere."""

    def wards(*rows: tuple[str, str, int]) -> gpd.GeoDataFrame:
        columns = [{"feature_id": code, "ward_code": code, "name": name} for code, name, _ in rows]
        return layer_of(LayerName.WARD, columns, [plot(column) for _, _, column in rows])

    before, after = wards(("26743", "A", 1), ("26746", "B", 2)), wards(("26750", "A", 1), ("26746", "C", 3))
    by_code = diff_layers(before, after, layer=LayerName.WARD)
    assert by_code.changed["feature_id"].tolist() == ["26746"]
    by_land = diff_layers(before, after, layer=LayerName.WARD, other_times=True)
    assert by_land.counts == {"added": 1, "changed": 1, "removed": 1, "unchanged": 0}
    assert by_land.changed[["feature_id_before", "feature_id"]].to_numpy().tolist() == [["26743", "26750"]]
    assert (by_land.added["name"].tolist(), by_land.removed["name"].tolist()) == (["C"], ["B"])
    assert (
        diff_layers(
            parcels(("1", plot(1), {})), parcels(("1", plot(5), {})), layer=LayerName.PARCEL, other_times=True
        ).counts["changed"]
        == 1
    )


def test_two_coordinate_systems_are_not_compared() -> None:
    one = parcels(("1", plot(1), {}))
    with pytest.raises(InputError, match="different coordinate systems"):
        difference(one, one.set_crs("EPSG:5899", allow_override=True))
