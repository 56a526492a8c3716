"""Layers as offices made them: the city's wards, and the files of District 7."""

import os
from pathlib import Path

import pytest
from shapely import union_all

from basemap.intake import Intake, read_layer_file
from basemap.model import LayerName
from basemap.validate import Validation, validate_layer
from spatial.crs import HCMC
from spatial.errors import InputError
from spatial.geometry import reproject_frame

pytestmark = pytest.mark.real

REPOSITORY = Path(__file__).resolve().parents[2]
CITY = Path(os.environ.get("DIABAN_REAL_DATA") or REPOSITORY.parent / "shared" / "data") / "hcmc"


def read(name: str, layer: LayerName, **options: object) -> tuple[Intake, Validation]:
    intake = read_layer_file(CITY / name, layer, **options)  # type: ignore[arg-type]  # options vary
    return intake, validate_layer(intake.frame, layer, file=intake.file)


def test_the_168_wards_are_all_accepted() -> None:
    """The count is that of the resolution of 2025: 113 wards, 54 communes and one special zone."""
    intake, result = read("wards_2025.gpkg", LayerName.WARD, column_map={"code": "ward_code", "fullName": "name"})
    assert intake.source_crs == "EPSG:4326"
    assert (len(result.accepted), len(result.quarantined)) == (168, 0)
    names = result.accepted["name"]
    kinds = [int(names.str.startswith(word).sum()) for word in ("Phường ", "Xã ", "Đặc khu ")]
    assert kinds == [113, 54, 1]
    assert result.accepted["feature_id"].is_unique
    assert {issue.code for issue in intake.issues} == {"unknown_column"}


def test_the_city_measures_what_its_statistics_say() -> None:
    """6,772.6 square kilometres; the file's coast line is another one than the statisticians' by 1.2 per cent."""
    _, result = read("wards_2025.gpkg", LayerName.WARD, column_map={"code": "ward_code"})
    area_m2 = union_all(reproject_frame(result.accepted, HCMC).geometry.array).area
    assert area_m2 / 1e6 == pytest.approx(6772.6, rel=0.02)


def test_old_wards_in_utm_are_accepted() -> None:
    columns = {"Commune_ID": "ward_code", "Commune_Na": "name"}
    intake, result = read("d7/wards/Adminitration_Ward.shp", LayerName.WARD, column_map=columns)
    assert intake.source_crs == "EPSG:32648"
    assert len(result.accepted) == 10
    assert "27475" in set(result.accepted["ward_code"])


def test_local_streets_are_accepted_without_their_heights() -> None:
    columns = {"RoadWidth": "width_m"}
    _, result = read("d7/roads/RoadNetwork_UTM48N.shp", LayerName.STREET, column_map=columns)
    assert (len(result.accepted), len(result.quarantined)) == (659, 0)
    assert not result.accepted.has_z.any()
    assert [issue.code for issue in result.issues] == ["geometry_z_dropped"]


def test_waterways_of_no_width_stand_aside_from_the_arterial_network() -> None:
    columns = {"RoadWidth": "width_m"}
    intake, result = read("d7/roads/RoadNetwork_SGP.shp", LayerName.STREET, column_map=columns)
    assert (len(result.accepted), len(result.quarantined)) == (2239, 25)
    assert [issue.value for issue in result.issues if issue.row is not None] == ["0.0"] * 25
    aside = intake.original.loc[result.quarantined.index]
    assert (aside["RoadWidth"] == 0).all()


def test_buildings_under_a_true_degree_label_are_accepted() -> None:
    columns = {"Storey": "floors", "Height": "height_m", "CSLLandTyp": "building_use"}
    intake, result = read("d7/buildings/Building_full.shp", LayerName.BUILDING, column_map=columns)
    assert intake.source_crs == "EPSG:4326"
    assert (len(result.accepted), len(result.quarantined)) == (5895, 0)
    assert result.accepted["floors"].dtype == "Int64"


def test_metres_under_a_degree_label_are_refused_and_told_what_they_look_like() -> None:
    with pytest.raises(InputError) as caught:
        read("d7/buildings_mislabelled/Building_Interactive.shp", LayerName.BUILDING)
    sentence = caught.value.sentence("en")
    assert "are not degrees, although the label is WGS 84" in sentence
    assert "look like UTM zone 48N (EPSG:32648) metres" in sentence
    assert "Give --crs EPSG:32648 if so." in sentence
    assert "UTM múi 48N (EPSG:32648)" in caught.value.sentence("vi")


def test_with_the_true_system_stated_the_mislabelled_buildings_lie_on_the_others() -> None:
    columns = {"Storey": "floors", "Height": "height_m"}
    name = "d7/buildings_mislabelled/Building_Interactive.shp"
    intake, stated = read(name, LayerName.BUILDING, column_map=columns, crs="EPSG:32648")
    assert "crs_overridden" in {issue.code for issue in intake.issues}
    assert len(stated.accepted) == 727
    _, others = read("d7/buildings/Building_full.shp", LayerName.BUILDING)
    west, south, east, north = reproject_frame(others.accepted, HCMC).total_bounds
    centres = reproject_frame(stated.accepted, HCMC).geometry.centroid
    assert (centres.x.between(west, east) & centres.y.between(south, north)).all()


def test_education_points_without_names_cannot_be_schools_and_say_why() -> None:
    with pytest.raises(InputError, match="requires are missing: school_code, school_type"):
        read("d7/education/Education.shp", LayerName.SCHOOL)
    columns = {"Address": "school_code", "Type": "school_type"}
    _, result = read("d7/education/Education.shp", LayerName.SCHOOL, column_map=columns)
    assert (len(result.accepted), len(result.quarantined)) == (0, 28)
    assert {issue.code for issue in result.issues} == {"not_in_code_list", "required_missing"}


def test_education_points_are_addresses() -> None:
    for name, count in (("Education.shp", 28), ("noninteractive/Education.shp", 72)):
        _, result = read(f"d7/education/{name}", LayerName.ADDRESS)
        assert (len(result.accepted), len(result.quarantined)) == (count, 0)


def test_land_use_becomes_zones() -> None:
    columns = {"TypeCode": "zone_code", "LandUseTyp": "land_use", "Storey": "max_floors", "Height": "max_height_m"}
    counts = [
        len(read(f"d7/landuse/{name}.shp", LayerName.ZONE, column_map=columns)[1].accepted)
        for name in ("LandUse_Interactive", "LandUse_Noninteractive")
    ]
    assert counts == [256, 373]


def test_the_cadastre_of_another_country_is_refused() -> None:
    with pytest.raises(InputError, match="lies outside Vietnam"):
        read("../france_demo/PARCELLE.SHP", LayerName.PARCEL)


def test_a_plan_whose_projection_names_no_datum_is_refused() -> None:
    with pytest.raises(InputError, match="does not say its datum"):
        read("../france_44118/ZONE_URBA.shp", LayerName.ZONE)
