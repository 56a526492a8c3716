"""The units of the city before and after July 2025: 441 wards and Côn Đảo became 168; a point decides for 47."""

import os
from collections import Counter
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest

from basemap.address_text import clean, find_key, rank_key, shadow
from basemap.admin_unit_files import packaged_units, read_conversion_csv
from basemap.admin_units import LAST_DAY_OF_OLD_UNITS, REORGANISED_ON, AdminUnits
from spatial.geometry import Located

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
CITY = Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data") / "hcmc"


@pytest.fixture(scope="module")
def units() -> AdminUnits:
    return read_conversion_csv(CITY / "ward_old_to_2025.csv")


@pytest.fixture(scope="module")
def wards() -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(CITY / "wards_2025.gpkg").rename(columns={"code": "ward_code"})


def test_the_table_has_the_units_that_its_makers_counted(units: AdminUnits) -> None:
    old, new = units.on(LAST_DAY_OF_OLD_UNITS), units.on(REORGANISED_ON)
    assert (len(units.successions), len(old), len(new)) == (493, 442, 168)
    assert sum(units.convert(unit.key).is_divided for unit in old) == 47
    kinds = Counter(unit.name.split(" ", 1)[0] for unit in new)
    assert kinds == {"Phường": 113, "Xã": 54, "Đặc": 1}


def test_all_codes_but_one_were_given_again(units: AdminUnits) -> None:
    """Only Côn Đảo, which had no wards, got a code that no old ward had. The wards of 2019 alone account for 102."""
    days = (LAST_DAY_OF_OLD_UNITS, REORGANISED_ON)
    old, new = ({unit.code for unit in units.on(day)} for day in days)
    assert new - old == {"26732"}
    assert len(units.by_key) == 442 + 168
    of_2019 = pyogrio.read_dataframe(CITY / "wards_2019_population/Population_Ward_Level.shp", read_geometry=False)
    assert len(new & set(of_2019["Com_ID"].astype(str))) == 102


def test_the_tables_of_the_package_say_the_same_as_the_file(units: AdminUnits) -> None:
    pytest.importorskip("vietnamadminunits")
    assert set(packaged_units().successions) == set(units.successions)


def test_the_new_units_are_those_of_the_ward_polygons(units: AdminUnits, wards: gpd.GeoDataFrame) -> None:
    """Two makers, two ways to write òa: the names are the same."""
    polygons = zip(wards["ward_code"], wards["fullName"].map(rank_key), strict=True)
    assert {unit.code: rank_key(unit.name) for unit in units.on(REORGANISED_ON)} == dict(polygons)


def test_a_point_decides_for_every_ward_that_was_divided(units: AdminUnits, wards: gpd.GeoDataFrame) -> None:
    """A point well inside each candidate leads to it; one in Côn Đảo, far out at sea, to none."""
    inside = dict(zip(wards["ward_code"], wards.geometry.representative_point(), strict=True))
    checked = 0
    for unit in units.on(LAST_DAY_OF_OLD_UNITS):
        by_name = units.convert(unit.key)
        if not by_name.is_divided:
            continue
        assert by_name.answer is None
        for candidate in by_name.candidates:
            place = Located(geometry=inside[candidate.code], crs="EPSG:4326")
            assert units.convert(unit.key, at=place, wards=wards).answer == candidate
            checked += 1
        far = Located(geometry=inside["26732"], crs="EPSG:4326")
        assert units.convert(unit.key, at=far, wards=wards).answer is None
    assert checked == 98


def test_a_third_of_the_old_wards_need_their_district(units: AdminUnits) -> None:
    """149 share their folded name with a ward of another district; with the district each is found alone."""
    old = units.on(LAST_DAY_OF_OLD_UNITS)
    districts: dict[str, set[str]] = {}
    for unit in old:
        districts.setdefault(find_key(unit.name), set()).add(unit.district)
    assert sum(len(districts[find_key(unit.name)]) > 1 for unit in old) == 149
    for unit in old:
        first, *_ = units.find(unit.name, on=LAST_DAY_OF_OLD_UNITS, district=unit.district)
        assert first.unit == unit
        assert first.same_accents


def test_every_old_unit_is_found_without_accents_too(units: AdminUnits) -> None:
    for unit in units.on(LAST_DAY_OF_OLD_UNITS):
        for name, district in ((unit.name, unit.district), (unit.name.upper(), unit.district.upper())):
            plain = [shadow(clean(words)) for words in (name, district)]
            matches = units.find(plain[0], on=LAST_DAY_OF_OLD_UNITS, district=plain[1])
            assert unit in [match.unit for match in matches], plain
