"""The kinds of areas that a rule speaks of by name: annexes of QĐ 56/2021/QĐ-UBND, areas of the general plan."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from spatial.text import Text


class SpecialKind(StrEnum):
    """Kinds of areas that a rule speaks of; each answers by itself whether a parcel lies in one."""

    CITY_CENTRE_930_HA = "pl12_city_centre_930_ha"
    THU_THIEM = "pl13_thu_thiem"
    UNIVERSITY_VILLAGE = "pl14_university_village"
    METRO_1 = "pl15_metro_1"
    NORTH_WEST = "pl16_north_west"
    SOUTH = "pl17_south"
    CENTRAL_DISTRICT = "central_district"
    DISTRICT_CENTRE = "district_centre"
    ARCHITECTURE_REGULATION = "architecture_regulation"
    URBAN_DEVELOPMENT = "urban_development"
    RURAL_RESIDENTIAL = "rural_residential"
    COMMUNE_BUILT_AREA = "commune_built_area"
    FUNCTIONAL_ZONE = "functional_zone"


SPECIAL_KIND_LABELS: Mapping[SpecialKind, Text] = MappingProxyType(
    {
        SpecialKind.CITY_CENTRE_930_HA: Text("Khu trung tâm hiện hữu 930 ha (PL12)", "City centre, 930 ha (PL12)"),
        SpecialKind.THU_THIEM: Text("Khu đô thị mới Thủ Thiêm (PL13)", "Thủ Thiêm new urban area (PL13)"),
        SpecialKind.UNIVERSITY_VILLAGE: Text("Khu Làng Đại học (PL14)", "University village (PL14)"),
        SpecialKind.METRO_1: Text("Dọc tuyến Metro 1 (PL15)", "Along Metro 1 (PL15)"),
        SpecialKind.NORTH_WEST: Text("Khu đô thị Tây Bắc (PL16)", "North-west urban area (PL16)"),
        SpecialKind.SOUTH: Text("Khu đô thị mới Nam Thành phố (PL17)", "South urban area (PL17)"),
        SpecialKind.CENTRAL_DISTRICT: Text("Quận trung tâm", "Central district"),
        SpecialKind.DISTRICT_CENTRE: Text("Trung tâm cấp quận", "District centre"),
        SpecialKind.ARCHITECTURE_REGULATION: Text(
            "Khu vực có quy chế quản lý kiến trúc", "Area with an architecture regulation"
        ),
        SpecialKind.URBAN_DEVELOPMENT: Text(
            "Khu vực phát triển đô thị trong quy hoạch chung", "Urban development area of the general plan"
        ),
        SpecialKind.RURAL_RESIDENTIAL: Text(
            "Khu dân cư nông thôn trong quy hoạch chung", "Rural residential area of the general plan"
        ),
        SpecialKind.COMMUNE_BUILT_AREA: Text(
            "Khu vực xây dựng trong quy hoạch chung xã", "Construction area of the commune plan"
        ),
        SpecialKind.FUNCTIONAL_ZONE: Text("Khu chức năng", "Functional area"),
    }
)
