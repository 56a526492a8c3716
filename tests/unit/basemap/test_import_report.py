"""What an import leaves behind can be mended and brought in again."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from basemap.import_report import ImportReport, check_report_directory, write_report
from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.validate import validate_layer
from spatial.errors import InputError
from spatial.issues import IssueReport

Save = Callable[..., Path]


def report_on(path: Path, directory: Path, layer: LayerName = LayerName.PARCEL) -> ImportReport:
    intake = read_layer_file(path, layer)
    result = validate_layer(intake.frame, layer, file=intake.file)
    report = ImportReport(
        layer=layer,
        file=intake.file,
        source_crs=intake.source_crs,
        source_sha256=intake.sha256,
        feature_count=len(intake.frame),
        accepted_count=len(result.accepted),
        quarantined_count=len(result.quarantined),
        issues=IssueReport([*intake.issues, *result.issues]),
        report_dir=directory,
    )
    write_report(directory, report, quarantined=intake.original.loc[result.quarantined.index])
    return report


@pytest.fixture
def broken(plots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Row 3 has neither a number nor a possible area; row 4 has no geometry; ``Note`` is nobody's column."""
    frame = plots.assign(parcel_no=["1", None, "3"], registered_area_m2=[100.0, -1.0, 100.0], Note="=1+1")
    return frame.set_geometry([*frame.geometry[:2], None], crs=9210)


def test_rows_that_stand_aside_keep_their_columns_and_say_why(
    save: Save, broken: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    report_on(save(broken, "plots.gpkg"), tmp_path / "report")
    aside = pyogrio.read_dataframe(tmp_path / "report" / "quarantine.gpkg")
    assert aside.crs == "EPSG:9210"
    assert aside["quarantine_row"].tolist() == [3, 4]
    assert aside["Note"].tolist() == ["=1+1", "=1+1"]
    assert aside["registered_area_m2"].tolist() == [-1.0, 100.0]
    reason = aside["quarantine_reason_en"].iloc[0]
    assert "registered_area_m2: This is outside" in reason
    assert "parcel_no: A required attribute is empty." in reason
    assert aside["quarantine_reason_vi"].iloc[1] == "geometry: Không có hình học đọc được."


def test_mended_rows_come_back_in_without_a_word(save: Save, broken: gpd.GeoDataFrame, tmp_path: Path) -> None:
    report_on(save(broken.drop(columns="Note"), "plots.gpkg"), tmp_path / "report")
    path = tmp_path / "report" / "quarantine.gpkg"
    aside = pyogrio.read_dataframe(path)
    mended = aside.assign(parcel_no=["2", "3"], registered_area_m2=100.0)
    mended = mended.set_geometry([aside.geometry[0], shapely.box(603_741, 1_191_178, 603_751, 1_191_188)], crs=9210)
    pyogrio.write_dataframe(mended, path, layer="quarantine")
    intake = read_layer_file(path, LayerName.PARCEL)
    result = validate_layer(intake.frame, LayerName.PARCEL, file=intake.file)
    assert intake.issues == ()
    assert result.issues == ()
    assert result.accepted["feature_id"].tolist() == ["26743-10-2", "26743-11-3"]


def test_issues_stand_in_a_table_in_both_languages_and_run_no_formula(
    save: Save, wards: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    frame = wards.assign(school_code=["1", "2"], school_type="=HYPERLINK(1)")
    schools = frame.set_geometry(shapely.point_on_surface(frame.geometry.array), crs=4326)
    report_on(save(schools, "schools.gpkg"), tmp_path / "report", LayerName.SCHOOL)
    table = pd.read_csv(tmp_path / "report" / "issues.csv")
    values = table[table["code"] == "not_in_code_list"]["value"]
    assert values.tolist() == ["'=HYPERLINK(1)"] * 2
    assert table["row"].dropna().tolist() == [2, 3]
    assert table["message_vi"].notna().all()


def test_the_summary_counts_what_became_of_the_file(save: Save, broken: gpd.GeoDataFrame, tmp_path: Path) -> None:
    report_on(save(broken, "plots.gpkg"), tmp_path / "report")
    summary = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert (summary["feature_count"], summary["accepted_count"], summary["quarantined_count"]) == (3, 1, 2)
    assert summary["issues_by_code"]["geometry_missing"] == 1
    assert summary["version_id"] is None


def test_without_bad_rows_there_is_no_quarantine(save: Save, plots: gpd.GeoDataFrame, tmp_path: Path) -> None:
    report_on(save(plots, "plots.gpkg"), tmp_path / "report")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == ["issues.csv", "report.json"]


def test_columns_that_sqlite_or_gdal_would_confuse_are_kept_apart(save_geojson: Save, tmp_path: Path) -> None:
    odd = {"ward_code": "1", "Note": "a", "note": "b", "fid": "x", "geom": "y", "list": [1, 2]}
    report_on(save_geojson((odd, None), ({**odd, "name": "x"}, None)), tmp_path / "report", LayerName.WARD)
    aside = pyogrio.read_dataframe(tmp_path / "report" / "quarantine.gpkg")
    assert aside[["Note", "note_2", "fid", "geom"]].iloc[0].tolist() == ["a", "b", "x", "y"]


def test_a_folder_with_other_files_is_never_replaced(tmp_path: Path, save: Save, plots: gpd.GeoDataFrame) -> None:
    path = save(plots, "plots.gpkg")
    with pytest.raises(InputError, match="holds other files"):
        report_on(path, tmp_path)
    assert path.exists()
    with pytest.raises(InputError):
        check_report_directory(path)


def test_an_earlier_report_is_replaced_as_a_whole(
    tmp_path: Path, save: Save, plots: gpd.GeoDataFrame, broken: gpd.GeoDataFrame
) -> None:
    report_on(save(broken, "broken.gpkg"), tmp_path / "report")
    report_on(save(plots, "plots.gpkg"), tmp_path / "report")
    assert not (tmp_path / "report" / "quarantine.gpkg").exists()
