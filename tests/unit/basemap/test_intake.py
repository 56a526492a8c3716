"""Files that offices send, read from end to end."""

import math
import sqlite3
import struct
import unicodedata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from basemap.intake import read_layer_file
from basemap.model import LayerName
from basemap.validate import validate_layer
from spatial.errors import InputError

Save = Callable[..., Path]

RING = [[106.70, 10.77], [106.71, 10.77], [106.71, 10.78], [106.70, 10.77]]
AREA = {"type": "Polygon", "coordinates": [RING]}


@pytest.mark.parametrize("name", ["wards.gpkg", "wards.shp", "wards.geojson"])
def test_each_kind_of_file_gives_the_same_features(save: Save, wards: gpd.GeoDataFrame, name: str) -> None:
    intake = read_layer_file(save(wards, name), LayerName.WARD)
    assert intake.frame["ward_code"].tolist() == ["26743", "26744"]
    assert intake.frame["name"].tolist() == ["Bến Thành", "Sài Gòn"]
    assert shapely.equals_exact(intake.frame.geometry.array, wards.geometry.array, tolerance=1e-7, normalize=True).all()
    assert (intake.file, intake.source_crs, intake.issues) == (name, "EPSG:4326", ())


def test_a_file_in_metres_keeps_its_own_system(save: Save, plots: gpd.GeoDataFrame) -> None:
    intake = read_layer_file(save(plots, "plots.gpkg"), LayerName.PARCEL)
    assert intake.source_crs == "EPSG:9210"
    assert intake.frame.geometry.area.tolist() == pytest.approx([100.0] * 3)


def test_other_columns_stay_in_the_original_for_the_quarantine(save: Save, wards: gpd.GeoDataFrame) -> None:
    intake = read_layer_file(save(wards.assign(note=["a", "b"]), "wards.gpkg"), LayerName.WARD)
    assert "note" not in intake.frame
    assert intake.original["note"].tolist() == ["a", "b"]
    assert [issue.code for issue in intake.issues] == ["unknown_column"]


def test_a_geopackage_of_several_layers_asks_which_one(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "city.gpkg", layer="phuong")
    pyogrio.write_dataframe(wards.head(1), path, layer="xa", append=True)
    with pytest.raises(InputError) as caught:
        read_layer_file(path, LayerName.WARD)
    assert caught.value.sentence("en") == (
        "city.gpkg: The file holds these layers: phuong, xa. Choose one with --layer-in-file: phuong, xa."
    )
    assert len(read_layer_file(path, LayerName.WARD, layer_in_file="xa").frame) == 1
    with pytest.raises(InputError, match="no layer 'huyen'"):
        read_layer_file(path, LayerName.WARD, layer_in_file="huyen")


def test_tables_without_geometry_are_no_layers(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards, "city.gpkg", layer="phuong")
    pyogrio.write_dataframe(wards.drop(columns="geometry"), path, layer="layer_styles", append=True)
    assert len(read_layer_file(path, LayerName.WARD).frame) == 2


def test_a_file_without_features_is_refused(save: Save, wards: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match="holds no feature"):
        read_layer_file(save(wards.head(0), "wards.gpkg"), LayerName.WARD)


def test_a_geopackage_with_tables_alone_is_refused(save: Save, wards: gpd.GeoDataFrame) -> None:
    path = save(wards.drop(columns="geometry"), "wards.gpkg")
    with pytest.raises(InputError, match="holds no map layer"):
        read_layer_file(path, LayerName.WARD)


def test_column_names_in_decomposed_letters_match(save_geojson: Save) -> None:
    column = unicodedata.normalize("NFD", "Tên phường")
    path = save_geojson(({"ward_code": "1", column: "x"}, AREA))
    intake = read_layer_file(path, LayerName.WARD, column_map={"tên phường": "name"})
    assert intake.frame["name"].tolist() == ["x"]


def test_bad_rows_of_geojson_stand_aside_and_the_good_one_goes_on(save_geojson: Save) -> None:
    open_ring = {"type": "Polygon", "coordinates": [[[106.7, 10.7], [106.8, 10.7], [106.8, 10.8]]]}
    path = save_geojson(
        ({"ward_code": "1", "name": "tốt"}, AREA),
        ({"ward_code": "2", "name": "không hình"}, None),
        ({"ward_code": "3", "name": "vòng hở"}, open_ring),
        ({"ward_code": "4", "name": "rỗng"}, {"type": "Polygon", "coordinates": []}),
        ({"ward_code": "5", "name": "điểm"}, {"type": "Point", "coordinates": [106.7, 10.7]}),
        ({"ward_code": None, "name": "không mã"}, AREA),
    )
    intake = read_layer_file(path, LayerName.WARD)
    result = validate_layer(intake.frame, LayerName.WARD, file=intake.file)
    assert result.accepted["ward_code"].tolist() == ["1"]
    assert [(issue.row, issue.code) for issue in result.issues] == [
        (3, "geometry_missing"),
        (4, "geometry_missing"),
        (5, "geometry_missing"),
        (6, "geometry_type"),
        (7, "required_missing"),
    ]


def test_what_the_driver_remarks_is_reported_and_never_printed(
    save_geojson: Save, capfd: pytest.CaptureFixture[str]
) -> None:
    open_ring = {"type": "Polygon", "coordinates": [[[106.7, 10.7], [106.8, 10.7], [106.8, 10.8]]]}
    path = save_geojson(({"ward_code": "1", "name": "a"}, AREA), ({"ward_code": "3", "name": "b"}, open_ring))
    (issue,) = read_layer_file(path, LayerName.WARD).issues
    assert issue.code == "driver_remark"
    assert "ring" in issue.value
    assert capfd.readouterr() == ("", "")


def test_measures_and_heights_do_not_stop_a_file(tmp_path: Path) -> None:
    path = tmp_path / "roads.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"Lê Lợi"},'
        '"geometry":{"type":"LineString","coordinates":[[106.70,10.77,3],[106.71,10.77,4]]}}]}'
    )
    intake = read_layer_file(path, LayerName.STREET)
    result = validate_layer(intake.frame, LayerName.STREET, file=intake.file)
    assert [issue.code for issue in result.issues] == ["geometry_z_dropped"]


RADIUS_M = 5.0
CIRCLE = [(-RADIUS_M, 0), (0, RADIUS_M), (RADIUS_M, 0), (0, -RADIUS_M), (-RADIUS_M, 0)]
"""Three points an arc: beginning, middle, end."""


def test_a_curve_in_a_geopackage_is_read_as_chords(save: Save, plots: gpd.GeoDataFrame) -> None:
    """ISO 13249-3: a CURVEPOLYGON (10) of one CIRCULARSTRING (8); the chords lose 0.1 % of the circle."""
    path = save(plots, "thua.gpkg", geometry_type="Unknown", layer="plots")
    x, y = plots.geometry.iloc[0].bounds[:2]
    points = b"".join(struct.pack("<dd", x + dx, y + dy) for dx, dy in CIRCLE)
    curve = b"\x01" + struct.pack("<II", 10, 1) + b"\x01" + struct.pack("<II", 8, len(CIRCLE)) + points
    with closing(sqlite3.connect(path)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        (blob,) = connection.execute("SELECT geom FROM plots WHERE fid = 1").fetchone()
        connection.execute(
            "UPDATE plots SET geom = ? WHERE fid = 1", (blob[: blob.index(b"\x01\x03\x00\x00\x00")] + curve,)
        )
        connection.commit()
    area_m2 = read_layer_file(path, LayerName.PARCEL).frame.geometry.iloc[0].area
    assert area_m2 == pytest.approx(math.pi * RADIUS_M**2, rel=0.001)


def test_a_curve_in_gml_is_read_as_chords(tmp_path: Path, plots: gpd.GeoDataFrame) -> None:
    x, y = plots.geometry.iloc[0].bounds[:2]
    places = " ".join(f"{x + dx} {y + dy}" for dx, dy in CIRCLE)
    path = tmp_path / "thua.gml"
    path.write_text(
        '<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml/3.2">'
        '<ogr:featureMember><ogr:plots gml:id="a"><ogr:geometryProperty>'
        '<gml:Polygon srsName="urn:ogc:def:crs:EPSG::9210" gml:id="b"><gml:exterior><gml:Ring><gml:curveMember>'
        f'<gml:Curve gml:id="c"><gml:segments><gml:ArcString><gml:posList>{places}</gml:posList></gml:ArcString>'
        "</gml:segments></gml:Curve></gml:curveMember></gml:Ring></gml:exterior></gml:Polygon></ogr:geometryProperty>"
        "<ogr:ward_code>26743</ogr:ward_code><ogr:map_sheet>1</ogr:map_sheet><ogr:parcel_no>1</ogr:parcel_no>"
        "</ogr:plots></ogr:featureMember></ogr:FeatureCollection>",
        encoding="utf-8",
    )
    area_m2 = read_layer_file(path, LayerName.PARCEL, crs="EPSG:9210").frame.geometry.iloc[0].area
    assert area_m2 == pytest.approx(math.pi * RADIUS_M**2, rel=0.001)
