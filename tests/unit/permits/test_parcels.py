"""A parcel's name in its forms, and the look-up that never takes the first of several."""

import pytest
import shapely

from permits.model import ParcelKey
from permits.parcels import Parcel, explicit_key, parse_parcel_key, the_one
from spatial.errors import ConflictError, InputError, NotFoundError
from spatial.geometry import Located


def parcel(key: str) -> Parcel:
    place = Located(geometry=shapely.box(0, 0, 5, 20), crs="EPSG:9210")
    return Parcel(key=ParcelKey(key), ward_code="26797", map_sheet="10", parcel_no="16", place=place)


def test_the_portal_writes_ward_5_sheet_3_and_number_4_digits() -> None:
    """The portal's own example: 26797 + 010 + 0016."""
    name = parse_parcel_key("26797-10-16")
    assert name.portal_code == "267970100016"
    assert parse_parcel_key("267970100016") == name


@pytest.mark.parametrize("text", ["26797-10-16", " 26797 - 010 - 0016 ", "267970100016"])
def test_every_form_is_the_same_parcel(text: str) -> None:
    assert parse_parcel_key(text).key == "26797-10-16"


def test_the_second_parcel_of_a_number_has_a_key_of_its_own() -> None:
    assert parse_parcel_key("26797-10-16~2").key == "26797-10-16~2"
    assert parse_parcel_key("26797-10-16~1").key == "26797-10-16"


@pytest.mark.parametrize("text", ["", "26797", "26797-10", "26797-10-16-3", "26797-10-16~0", "26797010001", "a-b-c-"])
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(InputError, match="is no parcel key"):
        parse_parcel_key(text)


@pytest.mark.parametrize("text", ["26797-1000-16", "26797-10-16a", "267-10-99999"])
def test_what_does_not_fit_the_portal_has_no_portal_form(text: str) -> None:
    with pytest.raises(InputError):
        _ = parse_parcel_key(text).portal_code


def test_a_number_that_stands_twice_is_answered_with_both() -> None:
    both = [parcel("26797-10-16"), parcel("26797-10-16~2")]
    with pytest.raises(ConflictError) as caught:
        the_one(both, parse_parcel_key("26797-10-16"))
    assert "26797-10-16~1, 26797-10-16~2" in caught.value.sentence("en")
    assert the_one(both, parse_parcel_key("26797-10-16~1")) is both[0]
    assert the_one(both, parse_parcel_key("26797-10-16~2")) is both[1]
    assert [parse_parcel_key(explicit_key(one)).copy for one in both] == [1, 2]


def test_a_parcel_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFoundError, match="There is no such parcel"):
        the_one([], parse_parcel_key("26797-10-16"))
    with pytest.raises(NotFoundError):
        the_one([parcel("26797-10-16")], parse_parcel_key("26797-10-16~2"))
