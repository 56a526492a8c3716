"""Which column is which attribute."""

import pytest

from basemap.columns import ColumnMatch, match_columns
from basemap.model import LAYERS, LayerName
from spatial.errors import InputError


def match(columns: list[str], layer: LayerName = LayerName.WARD, **column_map: str) -> ColumnMatch:
    return match_columns(columns, LAYERS[layer], column_map=column_map, file="a.shp")


def test_names_match_without_regard_to_case() -> None:
    found = match(["WARD_CODE", "Name"])
    assert dict(found.attribute_of) == {"WARD_CODE": "ward_code", "Name": "name"}
    assert found.issues == ()


def test_a_stated_column_goes_before_one_of_the_right_name() -> None:
    found = match(["code", "name", "fullName"], code="ward_code", fullname="name")
    assert dict(found.attribute_of) == {"code": "ward_code", "fullName": "name"}
    assert [issue.field for issue in found.issues] == ["name"]


def test_an_unknown_column_is_reported_once_and_kept_aside() -> None:
    (issue,) = match(["ward_code", "name", "OBJECTID"]).issues
    assert (issue.severity, issue.code, issue.file, issue.row, issue.field) == (
        "info",
        "unknown_column",
        "a.shp",
        None,
        "OBJECTID",
    )


def test_a_column_that_nearly_has_the_name_of_a_free_attribute_is_a_warning_with_the_option() -> None:
    (issue,) = match(["Height"], LayerName.BUILDING).issues
    assert issue.severity == "warning"
    assert "--map Height=height_m" in issue.hint.en


def test_names_that_a_shapefile_cut_to_ten_letters_match() -> None:
    cut = ["max_site_c", "max_plot_r", "plan_appro", "zone_code"]
    found = match(cut, LayerName.ZONE)
    assert list(found.attribute_of.values()) == [
        "max_site_coverage_ratio",
        "max_plot_ratio",
        "plan_approved_on",
        "zone_code",
    ]


def test_a_missing_required_column_names_it_and_lists_what_is_there() -> None:
    with pytest.raises(InputError) as caught:
        match(["code", "name"])
    assert "ward_code" in caught.value.message.en
    assert "--map COLUMN=ward_code" in caught.value.hint.en
    assert "code, name" in caught.value.hint.en


def test_mapping_to_an_attribute_that_the_layer_lacks_lists_its_attributes() -> None:
    with pytest.raises(InputError, match="no attribute 'population'") as caught:
        match(["ward_code", "name", "pop"], pop="population")
    assert "ward_code, name" in caught.value.hint.en


def test_mapping_a_column_that_the_file_lacks_lists_its_columns() -> None:
    with pytest.raises(InputError, match="no column 'kode'"):
        match(["code", "name"], kode="ward_code")


def test_two_columns_for_one_attribute_are_refused() -> None:
    with pytest.raises(InputError, match="Several columns are name"):
        match(["ward_code", "name", "NAME"])


def test_columns_of_a_quarantine_file_are_passed_over_in_silence() -> None:
    found = match(["ward_code", "name", "quarantine_row", "quarantine_reason_vi"])
    assert found.issues == ()
