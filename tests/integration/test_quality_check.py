"""An import says what features are to one another; a check says it without storing anything."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from api import cli
from api.settings import settings
from basemap import quality_checks, service, store
from basemap.import_report import ImportReport
from basemap.model import LayerName
from spatial.crs import HCMC, WGS84, transformer
from spatial.db import Database
from spatial.errors import InputError

MOMENT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
EAST, NORTH = 603_701.192, 1_191_178.748


def square(column: float) -> shapely.Polygon:
    west = EAST + 10 * column
    return shapely.box(west, NORTH, west + 10, NORTH + 10)


@pytest.fixture
def parcel_file(tmp_path: Path) -> Path:
    """Four plots: the third lies on the second by two metres, and the first has no number."""
    path = tmp_path / "plots.gpkg"
    frame = gpd.GeoDataFrame(
        {
            "ward_code": ["26743"] * 4,
            "map_sheet": ["10"] * 4,
            "parcel_no": ["1", "2", "3", None],
            "registered_area_m2": [100.0, 100.0, 80.0, 100.0],
        },
        geometry=[square(0), square(1), square(1.8), square(9)],
        crs=HCMC,
    )
    pyogrio.write_dataframe(frame, path)
    return path


@pytest.fixture
def ward_file(tmp_path: Path) -> Path:
    path = tmp_path / "wards.gpkg"
    frame = gpd.GeoDataFrame(
        {"ward_code": ["26743"], "name": ["Bến Thành"]}, geometry=[square(0).buffer(500)], crs=HCMC
    )
    pyogrio.write_dataframe(frame, path)
    return path


def bring_in(database: Database, path: Path, layer: LayerName = LayerName.PARCEL, **options: object) -> ImportReport:
    return service.import_layer(database, layer, path, imported_at=MOMENT, imported_by="an officer", **options)  # type: ignore[arg-type]  # options vary


def test_an_import_reports_overlaps_in_words_and_on_the_map(
    database: Database, parcel_file: Path, tmp_path: Path
) -> None:
    report = bring_in(database, parcel_file, report_dir=tmp_path / "report")
    assert report.issues.count_by_code() == {"required_missing": 1, "overlap": 1, "area_disagrees": 1}
    overlap = next(issue for issue in report.issues if issue.code == "overlap")
    assert (overlap.row, overlap.value) == (3, "26743-10-2, 26743-10-3")
    folder = tmp_path / "report"
    names = {path.name for path in folder.iterdir()}
    assert names == {"report.json", "issues.csv", "quarantine.gpkg", "report.html", "issues.gpkg"}
    rules = {rule["code"]: rule for rule in json.loads((folder / "report.json").read_text())["quality"]["rules"]}
    assert (rules["overlap"]["found_count"], rules["overlap"]["area_m2"]) == (1, 20.0)
    assert not rules["crs_suspected"]["is_checked"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "1 features stand aside" in page
    assert page.count("Row 5: parcel_no: A required attribute is empty.") >= 2, "once in words, once on the map"
    bring_in(database, parcel_file, report_dir=folder)


def test_a_dry_run_says_the_same_and_stores_nothing(database: Database, parcel_file: Path) -> None:
    report = bring_in(database, parcel_file, dry_run=True)
    assert report.version is None
    assert report.issues.count_by_code()["overlap"] == 1
    with database.transaction() as session:
        assert store.list_versions(session) == []


def test_utm_numbers_under_a_vn2000_label_are_told_by_the_published_wards(
    database: Database, ward_file: Path, tmp_path: Path
) -> None:
    bring_in(database, ward_file, LayerName.WARD, publish=True)
    path = tmp_path / "utm.gpkg"
    in_utm = [shapely.transform(square(2 * column), transformer(HCMC, "EPSG:32648")) for column in range(3)]
    codes = {"ward_code": ["26743"] * 3, "map_sheet": ["1"] * 3, "parcel_no": ["1", "2", "3"]}
    pyogrio.write_dataframe(gpd.GeoDataFrame(codes, geometry=in_utm, crs=HCMC), path)
    report = bring_in(database, path, dry_run=True)
    suspicion = next(issue for issue in report.issues if issue.code == "crs_suspected")
    assert "UTM zone 48N" in suspicion.message.en
    assert "--crs EPSG:32648" in suspicion.hint.en
    with pytest.raises(InputError) as refused:
        bring_in(database, path)
    assert (refused.value.code, refused.value.message) == ("crs_contradicted", suspicion.message)
    assert bring_in(database, path, crs=HCMC).version is not None  # an officer who names the system is believed


def test_a_file_226_m_off_under_a_right_label_is_told_by_the_version_before_and_refused(
    database: Database, tmp_path: Path
) -> None:
    """Longitude and latitude of VN-2000 that were labelled WGS84; as the advice says, the file comes in."""
    codes = {"ward_code": ["26743"] * 4, "map_sheet": ["1"] * 4, "parcel_no": ["1", "2", "3", "4"]}
    places = [square(2 * column) for column in range(4)]
    right, wrong = tmp_path / "right.gpkg", tmp_path / "wrong.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame(codes, geometry=places, crs=HCMC), right)
    in_degrees = [shapely.transform(each, transformer(HCMC, "EPSG:4756")) for each in places]
    pyogrio.write_dataframe(gpd.GeoDataFrame(codes, geometry=in_degrees, crs=WGS84), wrong)
    bring_in(database, right, publish=True)
    report = bring_in(database, wrong, dry_run=True)
    suspicion = next(issue for issue in report.issues if issue.code == "datum_suspected")
    assert "--crs EPSG:4756" in suspicion.hint.en
    with pytest.raises(InputError) as refused:
        bring_in(database, wrong)
    assert (refused.value.code, refused.value.message) == ("datum_missing", suspicion.message)
    mended = bring_in(database, wrong, crs="EPSG:4756")
    assert "datum_suspected" not in mended.issues.count_by_code()
    assert "datum_suspected" not in bring_in(database, right, dry_run=True).issues.count_by_code()


def test_features_of_a_former_time_are_held_against_the_wards_of_that_time(
    database: Database, ward_file: Path, parcel_file: Path
) -> None:
    """No ward is published for 2020; those of 2025 on say nothing about plots of then."""
    bring_in(database, ward_file, LayerName.WARD, publish=True, valid_from=date(2025, 7, 1))
    then = bring_in(database, parcel_file, dry_run=True, valid_to=date(2020, 12, 31)).quality
    now = bring_in(database, parcel_file, dry_run=True).quality
    assert then is not None
    assert now is not None
    checked = [{rule.code: rule.is_checked for rule in one.outcomes}["crs_suspected"] for one in (then, now)]
    assert checked == [False, True]


def test_features_that_join_a_version_are_held_against_those_already_there(
    database: Database, parcel_file: Path, tmp_path: Path
) -> None:
    """The version holds an overlap of its own, which is not told again; the new plot lies on one that is there."""
    first = bring_in(database, parcel_file).version
    assert first is not None
    codes = {"ward_code": ["26743"] * 2, "map_sheet": ["10"] * 2, "parcel_no": ["8", "9"]}
    path = tmp_path / "more.gpkg"
    pyogrio.write_dataframe(gpd.GeoDataFrame(codes, geometry=[square(20), square(-0.5)], crs=HCMC), path)
    for how in ({"dry_run": True}, {}):
        report = bring_in(database, path, add_to=first.version_id, **how)
        assert report.issues.count_by_code() == {"overlap": 1}
        (overlap,) = report.issues
        assert (overlap.row, overlap.value) == (3, "26743-10-1, 26743-10-9")
        assert report.quality is not None
        assert report.quality.feature_count == 2
    with database.transaction() as session:
        assert len(store.read_layer(session, LayerName.PARCEL, version_id=report.version.version_id)) == 5


def test_a_plot_drawn_again_beside_the_version_that_has_it_is_a_duplicate(
    database: Database, parcel_file: Path, tmp_path: Path
) -> None:
    first = bring_in(database, parcel_file).version
    assert first is not None
    path = tmp_path / "again.gpkg"
    codes = {"ward_code": ["26743"], "map_sheet": ["10"], "parcel_no": ["77"]}
    pyogrio.write_dataframe(gpd.GeoDataFrame(codes, geometry=[square(0)], crs=HCMC), path)
    report = bring_in(database, path, add_to=first.version_id)
    assert report.issues.count_by_code() == {"geometry_duplicate": 1}


def test_a_stored_version_is_checked_as_it_stands(database: Database, parcel_file: Path) -> None:
    bring_in(database, parcel_file, publish=True)
    report = quality_checks.check_version(database, LayerName.PARCEL)
    assert [finding.issue.code for finding in report.findings] == ["overlap", "area_disagrees"]
    assert report.findings[0].issue.row is None


Run = Callable[..., int]


@pytest.fixture
def diaban(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["diaban", "basemap", *(str(word) for word in words)])
        settings.cache_clear()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return int(ended.value.code or 0)

    monkeypatch.setenv("DIABAN_LANGUAGE", "en")
    monkeypatch.setenv("DIABAN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DIABAN_DATABASE_URL", raising=False)
    yield run
    settings.cache_clear()


def test_check_looks_at_a_file_and_then_at_the_layer(
    diaban: Run, parcel_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert diaban("check", "parcel", parcel_file, "--report", tmp_path / "before") == 0
    said = capsys.readouterr()
    assert "1 would stand aside; nothing was stored" in said.err
    assert "26743-10-2 and 26743-10-3 overlap by 20.000" in said.err
    assert "Overlaps" in said.out
    assert "20.00" in said.out
    assert (tmp_path / "before" / "quarantine.gpkg").is_file()
    assert diaban("import", "parcel", parcel_file, "--publish") == 0
    assert "Overlaps: 1 (20.00" in capsys.readouterr().err
    assert diaban("check", "parcel", "--report", tmp_path / "after", "--json") == 0
    rules = json.loads(capsys.readouterr().out)["rules"]
    assert next(rule for rule in rules if rule["code"] == "overlap")["found_count"] == 1
    assert {path.name for path in (tmp_path / "after").iterdir()} == {"report.html", "issues.gpkg"}


def test_check_without_a_published_version_says_so(diaban: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert diaban("check", "parcel") != 0
    assert "Traceback" not in capsys.readouterr().err
