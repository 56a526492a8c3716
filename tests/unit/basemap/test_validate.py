"""Good features go on, bad ones stand aside with a reason."""

import unicodedata
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from basemap.model import LAYERS, LayerName
from basemap.validate import Validation, validate_layer
from spatial.errors import InputError
from spatial.issues import Issue


def validate(frame: gpd.GeoDataFrame, layer: LayerName = LayerName.PARCEL) -> Validation:
    return validate_layer(frame, layer, file="plots.gpkg")


def only(validation: Validation) -> Issue:
    (issue,) = validation.issues
    return issue


def test_good_features_come_out_with_every_attribute_and_the_stored_shape(plots: gpd.GeoDataFrame) -> None:
    result = validate(plots)
    assert list(result.accepted.columns) == [
        "feature_id",
        *LAYERS[LayerName.PARCEL].attribute_names,
        "geometry",
    ]
    assert set(result.accepted.geom_type) == {"MultiPolygon"}
    assert result.accepted.crs == "EPSG:9210"
    assert result.issues == ()
    assert len(result.quarantined) == 0


def test_a_parcel_is_named_by_ward_sheet_and_number_without_leading_zeros(plots: gpd.GeoDataFrame) -> None:
    accepted = validate(plots).accepted
    assert accepted["feature_id"].tolist() == ["26743-10-1", "26743-10-2", "26743-11-16"]
    assert accepted["map_sheet"].tolist() == ["10", "10", "11"]
    assert accepted["parcel_no"].tolist() == ["1", "2", "16"]


def test_a_parcel_number_given_twice_is_kept_twice_and_told_apart(plots: gpd.GeoDataFrame) -> None:
    result = validate(plots.assign(map_sheet=["10", "010", "10"], parcel_no=["1", "01", "1"]))
    assert result.accepted["feature_id"].tolist() == ["26743-10-1", "26743-10-1~2", "26743-10-1~3"]
    assert [(issue.severity, issue.code, issue.row) for issue in result.issues] == [
        ("warning", "repeated_key", 3),
        ("warning", "repeated_key", 4),
    ]
    assert "Row 2" in result.issues[0].message.en


def test_a_ward_code_given_twice_keeps_the_first_row(wards: gpd.GeoDataFrame) -> None:
    result = validate(wards.assign(ward_code="26743"), LayerName.WARD)
    assert result.accepted["name"].tolist() == ["Bến Thành"]
    issue = only(result)
    assert (issue.code, issue.file, issue.row, issue.field, issue.value) == (
        "duplicate_key",
        "plots.gpkg",
        3,
        "ward_code",
        "26743",
    )
    assert "Row 2 has the same key" in issue.message.en


def test_a_row_that_stands_aside_does_not_take_a_key_from_a_good_one(wards: gpd.GeoDataFrame) -> None:
    result = validate(wards.assign(ward_code="26743", name=[None, "Sài Gòn"]), LayerName.WARD)
    assert result.accepted["name"].tolist() == ["Sài Gòn"]
    assert only(result).code == "required_missing"


def test_layers_without_a_key_are_numbered() -> None:
    lines = gpd.GeoDataFrame(
        {"width_m": [4, 999, 6]},
        geometry=[shapely.LineString([(106.70, 10.77), (106.71, 10.77 + i / 100)]) for i in range(3)],
        crs=4326,
    )
    assert validate(lines, LayerName.STREET).accepted["feature_id"].tolist() == ["1", "2"]


@pytest.mark.parametrize(
    ("layer", "field", "value", "code"),
    [
        (LayerName.PARCEL, "registered_area_m2", -5.0, "out_of_bounds"),
        (LayerName.PARCEL, "registered_area_m2", "một trăm", "not_a_number"),
        (LayerName.PARCEL, "parcel_no", None, "required_missing"),
        (LayerName.ZONE, "plan_approved_on", "20.04.2025", "date_format"),
        (LayerName.ZONE, "max_site_coverage_ratio", 80, "out_of_bounds"),
        (LayerName.BUILDING, "floors", 2.5, "not_whole"),
    ],
)
def test_a_bad_value_is_one_line_with_file_row_field_value_and_what_to_do(
    plots: gpd.GeoDataFrame, layer: LayerName, field: str, value: object, code: str
) -> None:
    frame = plots.assign(zone_code="ODT")
    good = frame[field].iloc[0] if field in frame else None
    frame[field] = pd.Series([good, value, good], dtype=object)
    result = validate(frame, layer)
    issue = only(result)
    assert (issue.severity, issue.code, issue.file, issue.row, issue.field) == ("error", code, "plots.gpkg", 3, field)
    assert issue.value == ("" if value is None else str(value))
    for language in ("vi", "en"):
        assert "\n" not in issue.sentence(language)
    assert issue.hint.vi
    assert issue.hint.en
    assert result.accepted.index.tolist() == [0, 2]
    assert result.quarantined.index.tolist() == [1]


def test_dates_of_both_usual_forms_arrive_as_dates(plots: gpd.GeoDataFrame) -> None:
    frame = plots.assign(zone_code="ODT", plan_approved_on=["2025-04-20", "20/04/2025", None])
    accepted = validate(frame, LayerName.ZONE).accepted
    assert accepted["plan_approved_on"].tolist() == [date(2025, 4, 20), date(2025, 4, 20), None]


def test_decomposed_text_goes_on_composed_with_one_line_for_the_column(wards: gpd.GeoDataFrame) -> None:
    decomposed = [unicodedata.normalize("NFD", name) for name in wards["name"]]
    result = validate(wards.assign(name=decomposed), LayerName.WARD)
    assert result.accepted["name"].tolist() == ["Bến Thành", "Sài Gòn"]
    issue = only(result)
    assert (issue.severity, issue.code, issue.row, issue.field, issue.value) == (
        "info",
        "text_normalised",
        2,
        "name",
        "Bến Thành",
    )
    assert "2 values" in issue.message.en


def test_invalid_geometry_stands_aside_and_the_good_rows_go_on(plots: gpd.GeoDataFrame) -> None:
    x, y = 603_701.0, 1_191_178.0
    bow_tie = shapely.Polygon([(x, y), (x + 10, y + 10), (x + 10, y), (x, y + 10)])
    result = validate(plots.set_geometry([plots.geometry[0], bow_tie, None], crs=9210))
    assert [(issue.code, issue.row, issue.field) for issue in result.issues] == [
        ("geometry_invalid", 3, "geometry"),
        ("geometry_missing", 4, "geometry"),
    ]
    assert "Self-intersection" in result.issues[0].value
    assert result.accepted["feature_id"].tolist() == ["26743-10-1"]


def test_a_repaired_geometry_goes_on_with_a_warning(plots: gpd.GeoDataFrame) -> None:
    x, y = 603_701.0, 1_191_178.0
    spike = shapely.Polygon([(x, y), (x + 10, y), (x + 10, y + 10), (x + 10, y + 14), (x + 10, y + 10), (x, y + 10)])
    result = validate(plots.set_geometry([spike, *plots.geometry[1:]], crs=9210))
    assert (only(result).severity, only(result).code) == ("warning", "geometry_repaired")
    assert "0.1%" in only(result).message.en
    assert result.accepted.geometry.iloc[0].area == pytest.approx(100)


def test_heights_are_reported_once_for_the_file(plots: gpd.GeoDataFrame) -> None:
    raised = plots.set_geometry(shapely.force_3d(plots.geometry.array, 4.0), crs=9210)
    assert only(validate(raised)).code == "geometry_z_dropped"


def test_a_feature_outside_the_country_stands_aside_with_its_place(wards: gpd.GeoDataFrame) -> None:
    paris = shapely.box(2.3, 48.8, 2.4, 48.9)
    result = validate(wards.set_geometry([wards.geometry[0], paris], crs=4326), LayerName.WARD)
    issue = only(result)
    assert (issue.code, issue.row, issue.value) == ("outside_country", 3, "2.30000, 48.80000")
    assert result.accepted["ward_code"].tolist() == ["26743"]


def test_a_frame_without_coordinate_system_is_refused(plots: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="no coordinate system"):
        validate(gpd.GeoDataFrame(plots.drop(columns="geometry"), geometry=list(plots.geometry)))


def test_every_row_is_either_accepted_or_quarantined_whatever_the_order(plots: gpd.GeoDataFrame) -> None:
    many = pd.concat([plots.assign(parcel_no=str(sheet)) for sheet in range(20)], ignore_index=True)
    many.loc[::7, "ward_code"] = None
    for seed in range(5):
        mixed = many.sample(frac=1, random_state=seed).reset_index(drop=True)
        result = validate(mixed)
        assert len(result.accepted) + len(result.quarantined) == len(mixed)
        assert not set(result.accepted.index) & set(result.quarantined.index)
        assert len(result.quarantined) == 9
        assert result.accepted["feature_id"].is_unique
