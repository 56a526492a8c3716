"""The province of before July 2025 comes from the old ward code; former Bình Dương falls out of Annex 18."""

from dataclasses import replace
from datetime import date

import pytest
from plots import CRS, checked, layers, plot, proposed

from basemap.admin_units import AdminUnit, Succession, units_of
from permits.facts import Ground, ParcelFacts, facts_of
from permits.former_provinces import former_provinces, packaged_former_provinces
from permits.model import FormerProvince, Verdict

ENDED, BEGAN = date(2025, 6, 30), date(2025, 7, 1)


def unit(code: str, name: str, province: str, *, is_old: bool = True) -> AdminUnit:
    return AdminUnit(
        code=code,
        name=name,
        district="Quận 1" if is_old else "",
        province=province,
        valid_from=None if is_old else BEGAN,
        valid_to=ENDED if is_old else None,
    )


def found_in(ward_code: str, **provinces: FormerProvince) -> ParcelFacts:
    known = {code.removeprefix("w"): province for code, province in provinces.items()}
    parcel = replace(plot().parcel, ward_code=ward_code)
    return facts_of(parcel, Ground(layers(), crs=CRS, former_provinces=known))


def test_a_ward_of_today_with_the_same_code_is_not_asked() -> None:
    """Code 26740 was a ward of Bình Dương in this table, and is one of the city since July 2025."""
    new = unit("26740", "Phường Mới", "Thành phố Hồ Chí Minh", is_old=False)
    units = units_of([Succession(old=unit("26740", "Phường Cũ", "Tỉnh Bình Dương"), new=new)])
    assert former_provinces(units) == {"26740": FormerProvince.BINH_DUONG}


def test_the_installed_table_knows_wards_of_all_three() -> None:
    """Bến Thành, Quận 1; An Phú, Thuận An; Phước Hưng, Bà Rịa."""
    known = packaged_former_provinces()
    assert [known.get(code) for code in ("26743", "25975", "26548", "99999")] == [
        FormerProvince.HCMC,
        FormerProvince.BINH_DUONG,
        FormerProvince.BA_RIA_VUNG_TAU,
        None,
    ]


def test_an_unknown_code_leaves_the_province_unknown() -> None:
    assert found_in("99999", w26797=FormerProvince.HCMC).facts.former_province is None
    assert found_in("26797", w26797=FormerProvince.HCMC).facts.former_province is FormerProvince.HCMC


@pytest.mark.parametrize("province", [FormerProvince.BINH_DUONG, FormerProvince.BA_RIA_VUNG_TAU])
def test_outside_the_former_city_annex_18_is_silent_and_the_reason_for_review_is_told(province: FormerProvince) -> None:
    house = proposed(former_province=None)
    joined, city = (checked(found_in("26797", w26797=each), house) for each in (province, FormerProvince.HCMC))
    by_rulebook = {each.rulebook for each in joined.findings if each.name in ("max_floors", "max_roof_height_m")}
    assert "hcmc-row-houses" not in by_rulebook
    floors = next(each for each in joined.findings if each.name == "max_floors")
    assert (joined.verdict, floors.verdict) == (Verdict.NEEDS_REVIEW, Verdict.NEEDS_REVIEW)
    assert "Bình Dương" in floors.requirement.vi + floors.title.vi + floors.note.vi
    assert next(each for each in city.findings if each.name == "max_floors").verdict is Verdict.COMPLIES
