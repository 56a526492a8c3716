"""Where a place may lie: in Vietnam for every system that is used there, else where EPSG says."""

import pytest

from spatial.territory import VIETNAM, territory_of

HANOI, RENNES, PHNOM_PENH, MOSCOW = (105.85, 21.03), (-1.677, 48.093), (104.92, 11.56), (37.62, 55.75)


@pytest.mark.parametrize("crs", ["EPSG:9210", "EPSG:5899", "EPSG:3405", "EPSG:32648", "EPSG:3857"])
def test_a_system_that_is_used_in_viet_nam_lets_nothing_in_that_vn_2000_would_not(crs: str) -> None:
    """UTM 48N reaches the Arctic and Web Mercator goes round the world; a store in them answers for the country."""
    assert territory_of(crs) == VIETNAM
    assert VIETNAM.bounds_degrees == (102.0, 7.0, 118.0, 23.5)
    assert not territory_of(crs).may_hold(MOSCOW, crs="EPSG:4326")


def test_lambert_93_answers_for_france_and_not_for_viet_nam() -> None:
    """EPSG:2154: -9.86 41.15, 10.38 51.56. Its false origin lies in the middle of it."""
    france = territory_of("EPSG:2154")
    assert (france.name.en, france.is_vietnam) == ("France", False)
    assert france.may_hold(RENNES, crs="EPSG:4326")
    assert france.may_hold((700_000, 6_600_000), crs="EPSG:2154")
    assert not france.may_hold(HANOI, crs="EPSG:4326")


def test_a_country_on_both_sides_of_the_date_line_holds_both() -> None:
    """EPSG:3460 (Fiji) is used from 176.81 E to 178.15 W; Africa lies on the other side."""
    fiji = territory_of("EPSG:3460")
    assert [fiji.may_hold((lon, -17.0), crs="EPSG:4326") for lon in (178.0, -179.5, 0.0)] == [True, True, False]
