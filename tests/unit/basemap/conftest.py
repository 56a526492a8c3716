"""Small files as they come from offices: three plots near Bến Thành market, in VN-2000 105-45 unless said otherwise."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

CORNER_E_M, CORNER_N_M = 603_701.0, 1_191_178.0


def square(column: int = 0, *, side_m: float = 10.0) -> shapely.Polygon:
    west = CORNER_E_M + 20 * column
    return shapely.box(west, CORNER_N_M, west + side_m, CORNER_N_M + side_m)


@pytest.fixture
def plots() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "ward_code": ["26743"] * 3,
            "map_sheet": ["10", "010", "11"],
            "parcel_no": ["1", "2", "016"],
            "registered_area_m2": [100.0, 99.5, 100.0],
        },
        geometry=[square(0), square(1), square(2)],
        crs="EPSG:9210",
    )


@pytest.fixture
def wards() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"ward_code": ["26743", "26744"], "name": ["Bến Thành", "Sài Gòn"]},
        geometry=[shapely.box(106.69, 10.76, 106.70, 10.77), shapely.box(106.70, 10.76, 106.71, 10.77)],
        crs="EPSG:4326",
    )


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write a frame into a file of the given name and return its path."""

    def run(frame: gpd.GeoDataFrame, name: str, **options: object) -> Path:
        path = tmp_path / name
        pyogrio.write_dataframe(frame, path, **options)
        return path

    return run


@pytest.fixture
def save_geojson(tmp_path: Path) -> Callable[..., Path]:
    """Write features, given as (properties, geometry), and return the file's path."""

    def run(
        *features: tuple[dict[str, object], dict[str, object] | None], name: str = "a.geojson", **members: object
    ) -> Path:
        path = tmp_path / name
        items = [{"type": "Feature", "properties": one, "geometry": place} for one, place in features]
        document = {"type": "FeatureCollection", "features": items, **members}
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        return path

    return run
