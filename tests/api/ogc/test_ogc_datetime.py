"""``datetime``: the version that was in force, by the validity that its source states or else by its publication."""

from dataclasses import replace
from datetime import UTC, date, datetime

import httpx
import pytest

from basemap.feature_query import parse_period
from basemap.in_force import extent_of, in_force
from basemap.model import LayerName, LayerVersionId
from basemap.timeline import Publication

WARDS = "/ogc/collections/ward/items"


@pytest.mark.parametrize(
    ("moment", "names"),
    [
        ("2024-01-01", 3),
        ("2025-06-30", 3),
        ("2025-06-30T23:59:59.9+07:00", 3),
        ("2025-06-30T17:00:00Z", 2),
        ("2025-07-01", 2),
        ("2025-07-01T00:00:00+07:00", 2),
        ("2026-11-22T00:00:00Z", 2),
        ("2024-01-01T00:00:00Z/2025-12-31T00:00:00Z", 2),
        ("../2025-06-01T00:00:00Z", 3),
        ("2020-01-01T00:00:00Z/..", 2),
        ("1900-01-01", 3),
    ],
)
def test_a19_fc_time_response_wards_of_a_day_are_those_in_force_in_vietnam_on_that_day(
    ogc: httpx.Client, moment: str, names: int
) -> None:
    """Both versions were published in January 2026; the old wards held until 30 June 2025."""
    assert ogc.get(WARDS, params={"datetime": moment}).json()["numberMatched"] == names


def test_without_datetime_the_published_version_answers(ogc: httpx.Client) -> None:
    assert ogc.get(WARDS).json()["numberMatched"] == 2


@pytest.mark.parametrize(
    ("moment", "name"),
    [("2024-01-01", "Phường Đa Kao"), ("2025-07-01", "Phường Sài Gòn"), ("../2025-06-01T00:00:00Z", "Phường Đa Kao")],
)
def test_one_feature_is_read_as_of_the_version_in_force_then(ogc: httpx.Client, moment: str, name: str) -> None:
    """Code 26740 was Đa Kao until 30 June 2025 and is Sài Gòn since."""
    answer = ogc.get(f"{WARDS}/26740", params={"datetime": moment})
    assert answer.json()["properties"]["name"] == name
    own = next(each["href"] for each in answer.json()["links"] if each["rel"] == "self")
    assert ogc.get(own).json()["properties"]["name"] == name


def test_a_feature_that_the_version_in_force_lacks_is_404(ogc: httpx.Client) -> None:
    """Bến Nghé (26734) ended on 30 June 2025; twenty parcels were published in January, all of them in June."""
    assert ogc.get(f"{WARDS}/26734", params={"datetime": "2025-06-30"}).status_code == 200
    for moment in ("2025-07-01", "2026-11-22T00:00:00Z"):
        answer = ogc.get(f"{WARDS}/26734", params={"datetime": moment})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    late = "/ogc/collections/parcel/items/26797-2-4"
    assert ogc.get(late).status_code == 200
    for moment in ("2026-03-01", "1999-01-01"):
        assert ogc.get(late, params={"datetime": moment}).status_code == 404


@pytest.mark.parametrize("moment", ["", "yesterday", "2025-13-01", "2026-01-02/2026-01-01"])
def test_one_feature_at_a_time_that_cannot_be_read_is_400(ogc: httpx.Client, moment: str) -> None:
    answer = ogc.get(f"{WARDS}/26740", params={"datetime": moment})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_parameters")


def test_the_page_of_a_day_leads_to_the_features_of_that_day(ogc: httpx.Client) -> None:
    page = ogc.get(WARDS, params={"datetime": "2024-01-01", "f": "html"}).text
    assert "/items/26734?f=html&amp;datetime=2024-01-01" in page


def held(number: int, valid_from: date | None = None, valid_to: date | None = None) -> Publication:
    return Publication(
        publication_id=number,
        layer=LayerName.WARD,
        version_id=LayerVersionId(number),
        published_at=datetime(2026, number, 1, tzinfo=UTC),
        withdrawn_at=None,
        is_withdrawn=False,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def test_what_was_withdrawn_was_never_in_force() -> None:
    acts = [held(1, valid_from=date(2020, 1, 1)), replace(held(2, valid_from=date(2020, 1, 1)), is_withdrawn=True)]
    assert in_force(acts, parse_period("2024-01-01")) == acts[0]
    assert in_force(acts[1:], parse_period("2024-01-01")) is None


def test_between_the_last_day_of_one_version_and_the_first_of_the_next_nothing_was_in_force() -> None:
    acts = [held(1, valid_to=date(2020, 12, 31)), held(2, valid_from=date(2021, 2, 1))]
    assert in_force(acts, parse_period("2021-01-15")) is None


def test_where_two_versions_hold_the_one_published_last_answers() -> None:
    acts = [held(1, valid_from=date(2020, 1, 1)), held(2, valid_from=date(2010, 1, 1))]
    assert in_force(acts, parse_period("2024-01-01")) == acts[1]


def test_a_version_that_was_corrected_answers_with_its_correction_in_an_interval_too() -> None:
    acts = [held(1, valid_to=date(2025, 6, 30)), held(2, valid_to=date(2025, 6, 30))]
    assert in_force(acts, parse_period("2024-01-01/2026-01-01")) == acts[1]


def test_the_extent_in_time_is_open_only_where_a_version_is() -> None:
    acts = [held(1, date(2010, 1, 1), date(2025, 6, 30))]
    extent = extent_of(acts)
    assert extent.start == datetime(2009, 12, 31, 17, tzinfo=UTC)
    assert extent.end == datetime(2025, 6, 30, 16, 59, 59, tzinfo=UTC)
    assert extent_of([*acts, held(2)]).end is None
    assert extent_of([*acts, held(2, valid_to=date(2000, 1, 1))]).start is None


def test_days_at_the_ends_of_the_calendar_are_open_ends() -> None:
    acts = [held(1, date.min, date.max)]
    assert (extent_of(acts).start, extent_of(acts).end) == (None, None)
    assert in_force(acts, parse_period("9999-12-31")) == acts[0]


def test_a_page_writes_days_as_people_do_and_geojson_as_the_standard_does(ogc: httpx.Client) -> None:
    path = "/ogc/collections/zone/items"
    assert "01/05/2012" in ogc.get(path, params={"f": "html", "lang": "vi"}).text
    assert "01/05/2012" in ogc.get(f"{path}/1", params={"f": "html", "lang": "vi"}).text
    assert ogc.get(f"{path}/1").json()["properties"]["plan_approved_on"] == "2012-05-01"
