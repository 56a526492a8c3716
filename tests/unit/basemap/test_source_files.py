"""A file is looked at before any driver sees it."""

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import geopandas as gpd
import pytest
from pyogrio import read_info

from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.source_files import checked_copy
from spatial.errors import InputError

Save = Callable[..., Path]


def refusal(path: Path, layer: LayerName = LayerName.WARD, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read_layer_file(path, layer, **options)
    for language in ("vi", "en"):
        assert "\n" not in caught.value.sentence(language)
    assert caught.value.hint is not None
    assert path.name in caught.value.subject
    return caught.value


def test_a_file_that_does_not_exist_is_one_clear_line(tmp_path: Path) -> None:
    error = refusal(tmp_path / "wards.gpkg")
    assert error.message.en == "There is no such file."
    assert error.message.vi == "Không có tệp này."


@pytest.mark.parametrize("name", ["/vsicurl/http://127.0.0.1:9/a.gpkg", "PG:host=127.0.0.1", "OAPIF:http://127.0.0.1"])
def test_a_name_that_means_something_to_gdal_is_just_a_file_that_does_not_exist(name: str) -> None:
    assert refusal(Path(name)).message.en == "There is no such file."


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp"])
def test_an_empty_file_says_that_it_is_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert "empty" in refusal(tmp_path / name).message.en


def test_another_kind_of_file_is_told_which_kinds_are_read(tmp_path: Path) -> None:
    (tmp_path / "plan.kml").write_text("<kml/>")
    error = refusal(tmp_path / "plan.kml")
    assert ".kml" in error.message.en
    assert ".gpkg" in error.hint.en


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.gpkg", b"ward_code,name\n26743,x\n", "text or something else"),
        ("a.gpkg", b"PK\x03\x04rest", "a ZIP archive"),
        ("a.geojson", b"SQLite format 3\x00rest", "an SQLite database"),
        ("a.geojson", b"<!doctype html><title>Sign in</title>", "XML or HTML"),
        ("a.json", '{"a": 1}'.encode("utf-16"), "UTF-16 text"),
        ("a.shp", b'{"type": "FeatureCollection"}', "JSON"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_told_what_it_is(
    tmp_path: Path, name: str, content: bytes, found: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert found in refusal(tmp_path / name).message.en


VIRTUAL = (
    '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{}</SrcDataSource>'
    "<GeometryType>wkbPoint</GeometryType></OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    path = tmp_path / "secret.csv"
    path.write_text("name\ncanary\n")
    return path


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.gpkg", "a.shp"])
def test_a_virtual_layer_under_another_name_is_refused_and_reads_nothing(
    tmp_path: Path, canary: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text(VIRTUAL.format(canary))
    error = refusal(path)
    assert "XML" in error.message.en
    assert "canary" not in error.sentence("en")


def test_a_virtual_layer_inside_correct_json_never_reaches_its_driver(tmp_path: Path, canary: Path) -> None:
    """The trap is real: by its plain name GDAL opens this GeoJSON as a virtual layer and reads the other file."""
    path = tmp_path / "both.geojson"
    inner = VIRTUAL.replace('"', "'").format(canary)
    path.write_text('{"type": "FeatureCollection", "features": [], "x": "' + inner + '"}')
    assert read_info(path)["driver"] == "OGR_VRT"
    with checked_copy(path) as source:
        assert read_info(source.address)["driver"] == "GeoJSON"
    assert refusal(path).message.en == "The file holds no feature."


def test_sqlite_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as connection:
        connection.execute("CREATE TABLE wards (name TEXT)")
        connection.commit()
    assert "an SQLite database" in refusal(tmp_path / "a.gpkg").message.en


def test_a_geopackage_that_was_cut_off_is_refused(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "wards.gpkg")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert "damaged or cut off" in refusal(path).message.en


def test_no_damage_to_a_geopackage_ends_in_anything_but_an_answer(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "wards.gpkg")
    content = path.read_bytes()
    generator = random.Random(20260302)  # noqa: S311 - damage, not a secret
    for _ in range(20):
        damaged = bytearray(content)
        for _ in range(50):
            damaged[generator.randrange(100, len(damaged))] = generator.randrange(256)
        path.write_bytes(damaged)
        with contextlib.suppress(InputError):
            read_layer_file(path, LayerName.WARD)


def test_a_geopackage_that_is_open_elsewhere_with_unsaved_work_is_refused(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "wards.gpkg")
    path.with_name("wards.gpkg-wal").write_bytes(b"unsaved")
    assert "open in another program" in refusal(path).message.en


def test_geojson_that_was_cut_off_names_the_line(save_geojson: Save) -> None:
    path = save_geojson(({"ward_code": "1"}, None))
    path.write_text(path.read_text()[:-5])
    assert "line 1" in refusal(path).message.en


@pytest.mark.parametrize("number", ["NaN", "Infinity"])
def test_geojson_with_what_is_no_number_says_so(tmp_path: Path, number: str) -> None:
    path = tmp_path / "a.geojson"
    point = '{"type": "Point", "coordinates": [' + number + ", 10.7]}"
    path.write_text('{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": ' + point + "}]}")
    assert f"{number} is no number in JSON" in refusal(path).message.en


def test_geojson_nested_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.geojson"
    path.write_text('{"a":' + "[" * 100_000 + "]" * 100_000 + "}")
    assert "damaged" in refusal(path).message.en


def test_json_that_is_no_feature_collection_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"type": "Topology", "objects": {}}')
    assert "no GeoJSON" in refusal(path).message.en


@pytest.mark.parametrize("suffix", [".shx", ".dbf"])
def test_a_shapefile_without_one_of_its_parts_names_the_part(save: Save, wards: gpd.GeoDataFrame, suffix: str) -> None:
    path = save(wards, "wards.shp")
    path.with_suffix(suffix).unlink()
    error = refusal(path)
    assert f"wards{suffix}" in error.message.en
    assert ".shp, .shx, .dbf and .prj" in error.hint.en


@pytest.mark.parametrize("suffix", [".shp", ".dbf"])
def test_a_shapefile_that_was_cut_off_is_refused(save: Save, wards: gpd.GeoDataFrame, suffix: str) -> None:
    path = save(wards, "wards.shp")
    part = path.with_suffix(suffix)
    part.write_bytes(part.read_bytes()[:-40])
    assert f"{suffix} is shorter" in refusal(path).message.en


def test_parts_of_two_shapefiles_put_together_are_refused(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "wards.shp")
    other = save(wards.head(1), "other.shp")
    shutil.copyfile(other.with_suffix(".dbf"), path.with_suffix(".dbf"))
    assert ".shx has 2 features, .dbf has 1 rows" in refusal(path).message.en


def test_upper_case_and_mixed_suffixes_are_read(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "WARDS.shp")
    for part, suffix in ((".shp", ".SHP"), (".dbf", ".Dbf"), (".prj", ".PRJ")):
        path.with_suffix(part).rename(path.with_suffix(suffix))
    intake = read_layer_file(path.with_suffix(".SHP"), LayerName.WARD)
    assert intake.frame["name"].tolist() == ["Bến Thành", "Sài Gòn"]
    assert intake.source_crs == "EPSG:4326"


def test_utf8_in_a_shapefile_that_does_not_say_so_is_read_as_utf8(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "wards.shp", encoding="UTF-8")
    path.with_suffix(".cpg").unlink()
    assert read_layer_file(path, LayerName.WARD).frame["name"].tolist() == ["Bến Thành", "Sài Gòn"]


def test_bytes_in_no_known_character_set_are_read_with_a_warning(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards.assign(name=["Forêt", "Châtenay"]), "wards.shp", encoding="ISO-8859-1")
    path.with_suffix(".cpg").unlink(missing_ok=True)
    codes = [issue.code for issue in read_layer_file(path, LayerName.WARD).issues]
    assert codes == ["encoding_unknown"]


@pytest.mark.parametrize("name", ["TCVN", "1258", "cp1258"])
def test_character_sets_that_gdal_reads_wrongly_are_refused(save: Save, wards: gpd.GeoDataFrame, name: str) -> None:
    path = save(wards, "wards.shp")
    path.with_suffix(".cpg").write_text(name)
    error = refusal(path)
    assert name in error.message.en
    assert "UTF-8" in error.hint.en


def test_the_hash_is_that_of_the_file_and_changes_with_any_part(save: Save, wards: gpd.GeoDataFrame) -> None:
    package = save(wards, "wards.gpkg")
    with checked_copy(package) as source:
        assert source.sha256 == sha256(package.read_bytes()).hexdigest()
    shape = save(wards, "wards.shp")
    with checked_copy(shape) as source:
        before = source.sha256
    save(wards.assign(name="x"), "wards.shp")
    with checked_copy(shape) as source:
        assert source.sha256 != before
