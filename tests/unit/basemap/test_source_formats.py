"""Files of every format that offices send are read; those that are something else inside are refused unread."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from basemap.intake import Intake, read_layer_file
from basemap.model import LayerName
from basemap.validate import validate_layer
from spatial.errors import InputError

Save = Callable[..., Path]


def refusal(path: Path, layer: LayerName = LayerName.PARCEL, **options: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read_layer_file(path, layer, **options)  # type: ignore[arg-type]  # options vary
    return caught.value


def accepted(intake: Intake, layer: LayerName = LayerName.PARCEL) -> gpd.GeoDataFrame:
    return validate_layer(intake.frame, layer, file=intake.file).accepted


@pytest.mark.parametrize(("name", "driver"), [("a.fgb", "FlatGeobuf"), ("a.gml", "GML")])
def test_the_same_plots_come_out_of_flatgeobuf_and_gml(
    save: Save, plots: gpd.GeoDataFrame, name: str, driver: str
) -> None:
    intake = read_layer_file(save(plots, name, driver=driver), LayerName.PARCEL)
    assert intake.source_crs == "EPSG:9210"
    frame = accepted(intake).set_index("feature_id").sort_index()
    assert frame.index.tolist() == ["26743-10-1", "26743-10-2", "26743-11-16"]
    assert frame.geometry.iloc[0].equals(plots.geometry.iloc[0])


def test_geoparquet_keeps_its_coordinate_system(tmp_path: Path, plots: gpd.GeoDataFrame) -> None:
    plots.to_parquet(tmp_path / "a.parquet")
    intake = read_layer_file(tmp_path / "a.parquet", LayerName.PARCEL)
    assert intake.source_crs == "EPSG:9210"
    assert len(accepted(intake)) == 3


def test_a_table_without_geometry_in_parquet_is_refused(tmp_path: Path, plots: gpd.GeoDataFrame) -> None:
    gpd.pd.DataFrame(plots.drop(columns="geometry")).to_parquet(tmp_path / "a.parquet")
    assert "no GeoParquet geometry" in refusal(tmp_path / "a.parquet").message.en


def test_a_parquet_file_that_was_cut_is_refused(tmp_path: Path, plots: gpd.GeoDataFrame) -> None:
    plots.to_parquet(tmp_path / "whole.parquet")
    (tmp_path / "a.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-40])
    assert "its end is missing" in refusal(tmp_path / "a.parquet").message.en


@pytest.mark.parametrize(("name", "driver"), [("a.dxf", "DXF"), ("a.dgn", "DGN")])
def test_a_drawing_has_no_coordinate_system_until_somebody_states_it(
    save: Save, plots: gpd.GeoDataFrame, name: str, driver: str
) -> None:
    path = save(plots[["geometry"]], name, driver=driver)
    assert "does not say its coordinate system" in refusal(path, LayerName.BUILDING).message.en
    intake = read_layer_file(path, LayerName.BUILDING, crs="EPSG:9210")
    places = accepted(intake, LayerName.BUILDING).geometry
    assert [place.symmetric_difference(plot).area for place, plot in zip(places, plots.geometry, strict=True)] == (
        pytest.approx([0.0] * 3, abs=0.01)
    )


def test_closed_lines_of_a_drawing_are_areas_and_open_ones_are_not(save: Save, plots: gpd.GeoDataFrame) -> None:
    rings = [*plots.geometry.iloc[:2].boundary, shapely.LineString([(603_701, 1_191_178), (603_801, 1_191_178)])]
    path = save(gpd.GeoDataFrame(geometry=rings, crs=9210), "a.dxf", driver="DXF")
    intake = read_layer_file(path, LayerName.BUILDING, crs="EPSG:9210")
    result = validate_layer(intake.frame, LayerName.BUILDING, file=intake.file)
    assert result.accepted.geometry.area.tolist() == pytest.approx([100.0, 100.0])
    assert [issue.code for issue in result.issues] == ["geometry_type"]
    assert "2 closed lines" in next(i for i in intake.issues if i.code == "closed_lines_became_areas").message.en
    streets = read_layer_file(path, LayerName.STREET, crs="EPSG:9210")
    assert len(accepted(streets, LayerName.STREET)) == 3


def test_a_dgn_of_version_8_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.dgn").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    assert "an OLE file (DGN V8 or Office)" in refusal(tmp_path / "a.dgn").message.en


VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>"


@pytest.mark.parametrize("suffix", [".fgb", ".parquet", ".gml", ".dxf", ".dgn", ".pbf", ".csv", ".zip"])
def test_a_virtual_layer_under_any_name_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(VRT + "http://www.opengis.net/gml", encoding="utf-8")
    codes = {".gml": "file_reaches_out", ".zip": "archive_damaged"}
    assert refusal(path, crs="EPSG:9210").code == codes.get(suffix, "file_kind_mismatch")


@pytest.mark.parametrize("word", ['<!DOCTYPE a [<!ENTITY b "c">]>', "<OGRVRTDataSource/>", "<xi:include href='a'/>"])
def test_gml_that_reaches_for_more_than_itself_is_refused(save: Save, plots: gpd.GeoDataFrame, word: str) -> None:
    path = save(plots, "a.gml", driver="GML")
    path.write_text(path.read_text(encoding="utf-8") + " " * 2_000_000 + word, encoding="utf-8")
    assert "holds a DOCTYPE, entity or virtual layer" in refusal(path).message.en
    assert refusal(path).code == "file_reaches_out"


def test_gml_that_names_a_schema_elsewhere_makes_nobody_call(save: Save, plots: gpd.GeoDataFrame) -> None:
    """A canary listens on a port; neither the schema nor a linked element may reach it."""
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(1.0)
        url = f"http://127.0.0.1:{canary.getsockname()[1]}/wfs?service=WFS&amp;request=DescribeFeatureType"

        def listen() -> None:
            try:
                heard.append(str(canary.accept()[1]))
            except TimeoutError:
                return

        listener = threading.Thread(target=listen)
        listener.start()
        path = save(plots, "a.gml", driver="GML")
        text = path.read_text(encoding="utf-8")
        start = text.index('xsi:schemaLocation="') + len('xsi:schemaLocation="')
        end = text.index('"', start)
        linked = text[:start] + f"http://ogr.maptools.org/ {url}" + text[end:]
        linked = linked.replace("<ogr:parcel_no>1<", f'<ogr:note xlink:href="{url}"/><ogr:parcel_no>1<')
        linked = linked.replace("xmlns:xsi", 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi', 1)
        path.write_text(linked, encoding="utf-8")
        assert len(accepted(read_layer_file(path, LayerName.PARCEL))) == 3
        listener.join()
    assert heard == []


def test_a_file_over_the_limit_is_refused_before_it_is_copied(save: Save, plots: gpd.GeoDataFrame) -> None:
    path = save(plots, "a.fgb", driver="FlatGeobuf")
    error = refusal(path, largest_bytes=100)
    assert "over the limit" in error.message.en
    assert "DIABAN_LARGEST_IMPORT_MB" in error.sentence("vi")


@pytest.mark.parametrize("name", ["/vsicurl/http://127.0.0.1/a.fgb", "PG:host=127.0.0.1", "OAPIF:http://127.0.0.1"])
def test_a_name_that_would_make_the_driver_call_is_no_file(name: str) -> None:
    assert refusal(Path(name)).message.en == "There is no such file."


def test_every_layer_of_a_gml_file_can_be_chosen(save: Save, plots: gpd.GeoDataFrame) -> None:
    path = save(plots, "a.gml", driver="GML", layer="thua_dat")
    assert pyogrio.list_layers(path)[0][0] == "thua_dat"
    error = refusal(path, layer_in_file="nothing")
    assert "no layer 'nothing'" in error.message.en
