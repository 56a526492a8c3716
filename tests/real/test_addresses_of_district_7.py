"""Addresses on real ground: streets of District 7 and the wards of 2025, with no layer of houses at all."""

import os
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from basemap.address_index import build_index
from basemap.admin_unit_files import packaged_units
from basemap.former_wards import WardsOfBothTimes
from basemap.geocode import Geocoder, Grade
from basemap.ward_names import CurrentWards
from spatial.crs import HCMC
from spatial.geometry import reproject_frame

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
CITY = Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data") / "hcmc"
STREETS = ("Huynh Tan Phat", "Nguyen Thi Thap", "Nguyen Van Quy", "Dao Tri", "Ly Nam De", "Go O Moi", "D1", "N5")


@pytest.fixture(scope="module")
def geocoder() -> Geocoder:
    roads = pyogrio.read_dataframe(CITY / "d7" / "roads" / "RoadNetwork_UTM48N.shp").rename(columns={"Name": "name"})
    wards = pyogrio.read_dataframe(CITY / "wards_2025.gpkg").rename(columns={"name": "short"})
    wards = wards.rename(columns={"code": "ward_code", "fullName": "name"})
    streets, areas = (reproject_frame(frame, HCMC) for frame in (roads, wards))
    columns = ("house_number", "street_name", "ward_code", "address")
    nobody = gpd.GeoDataFrame({name: [] for name in columns}, geometry=[], crs=HCMC)
    units = WardsOfBothTimes(CurrentWards.of_layer(areas), packaged_units())
    return Geocoder(build_index(nobody, streets, wards=areas, units=units))


@pytest.mark.parametrize("street", STREETS)
@pytest.mark.parametrize("ward", ["phường Phú Thuận", "P. Phú Mỹ, Q.7", "phuong tan my", "P. Bến Nghé, Q.1", "TP.HCM"])
def test_where_no_house_is_known_no_answer_is_surer_than_a_street(geocoder: Geocoder, street: str, ward: str) -> None:
    answer = geocoder.geocode(f"12/3 {street}, {ward}")
    assert answer.grade in (Grade.STREET, Grade.WARD, Grade.NONE)


def test_a_real_street_is_found_in_the_ward_that_it_runs_through(geocoder: Geocoder) -> None:
    """Đào Trí runs along the river through the ward of 2025 that took in Phú Thuận."""
    answer = geocoder.geocode("12 Dao Tri, phường Phú Thuận")
    assert (answer.grade, answer.place and "27484" in answer.place.ward_codes) == (Grade.STREET, True)
