"""A zipped Shapefile is read; an archive that was made to do harm is refused within its bounds."""

import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest

from basemap.intake import read_layer_file
from basemap.model import LayerName
from spatial.errors import InputError

Save = Callable[..., Path]


@pytest.fixture
def parts(save: Save, plots: gpd.GeoDataFrame) -> list[Path]:
    path = save(plots.drop(columns="registered_area_m2"), "thua.shp", driver="ESRI Shapefile", encoding="UTF-8")
    return sorted(path.parent.glob("thua.*"))


def packed(path: Path, parts: list[Path], *, folder: str = "", **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.write(part, folder + part.name)
        for name, content in more.items():
            archive.writestr(name, content)
    return path


def refusal(path: Path, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read_layer_file(path, LayerName.PARCEL, **options)  # type: ignore[arg-type]  # options vary
    return caught.value.message.en


@pytest.mark.parametrize("folder", ["", "Thửa đất/2026/"])
def test_a_zipped_shapefile_is_read_wherever_it_lies_inside(tmp_path: Path, parts: list[Path], folder: str) -> None:
    path = packed(tmp_path / "thua.zip", parts, folder=folder, **{"__MACOSX/._thua.shp": b"x", "read me.txt": b"x"})
    intake = read_layer_file(path, LayerName.PARCEL)
    assert (intake.file, intake.source_crs, len(intake.frame)) == ("thua.zip", "EPSG:9210", 3)


def test_two_shapefiles_or_none_are_refused(tmp_path: Path, parts: list[Path]) -> None:
    assert "holds 2 .shp" in refusal(packed(tmp_path / "a.zip", parts, **{"other.shp": b"x"}))
    assert "holds 0 .shp" in refusal(packed(tmp_path / "b.zip", [], **{"a.txt": b"x"}))


def test_a_missing_part_is_named(tmp_path: Path, parts: list[Path]) -> None:
    without = [part for part in parts if part.suffix != ".shx"]
    assert "lacks" in refusal(packed(tmp_path / "a.zip", without))


@pytest.mark.parametrize("name", ["../../etc/a.shp", "/etc/a.shp", "..\\a.shp", "C:\\a.shp"])
def test_a_name_that_leaves_the_folder_is_refused_and_nothing_is_written(
    tmp_path: Path, parts: list[Path], name: str
) -> None:
    assert "leads out of the folder" in refusal(packed(tmp_path / "a.zip", parts, **{name: b"x"}))


def test_a_link_is_refused(tmp_path: Path, parts: list[Path]) -> None:
    path = packed(tmp_path / "a.zip", parts)
    link = zipfile.ZipInfo("thua.cpg2")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "holds a link" in refusal(path)


def test_an_archive_in_an_archive_is_refused(tmp_path: Path, parts: list[Path]) -> None:
    assert "another archive" in refusal(packed(tmp_path / "a.zip", parts, **{"inner.zip": b"PK"}))


def test_a_bomb_is_refused_by_its_ratio_and_by_its_size(tmp_path: Path, parts: list[Path]) -> None:
    bomb = packed(tmp_path / "a.zip", parts, **{"b.dbf": bytes(20_000_000)})
    assert bomb.stat().st_size < 100_000
    assert "unpacks to too much" in refusal(bomb)
    filled = packed(tmp_path / "b.zip", parts, **{"b.dbf": bytes(100_000)})
    assert "unpacks to too much" in refusal(filled, largest_bytes=50_000)


def test_an_archive_that_lies_about_its_size_stops_at_the_limit(tmp_path: Path, parts: list[Path]) -> None:
    """The directory says ten bytes, the data holds many more."""
    path = packed(tmp_path / "a.zip", parts)
    content = bytearray(path.read_bytes())
    shape_bytes = next(part for part in parts if part.suffix == ".shp").stat().st_size
    content = content.replace(shape_bytes.to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(content)
    assert refusal(path)


def test_more_entries_than_a_shapefile_has_are_refused(tmp_path: Path, parts: list[Path]) -> None:
    many = {f"{number}.txt": b"" for number in range(100_000)}
    assert "too many entries" in refusal(packed(tmp_path / "a.zip", parts, **many))


def test_what_is_no_archive_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    assert "no ZIP archive" in refusal(tmp_path / "a.zip")
