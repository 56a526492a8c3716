import json
import re
from datetime import date

import geopandas as gpd
import httpx
import pytest
import shapely
from fastapi import FastAPI
from parcels_published import IMPORTED, publish_parcels

from api import accounts
from api.accounts import Role
from basemap import store
from basemap.model import LayerName
from permits.history import EventKind, EventPart, ParcelEvent
from permits.history_store import RegisterOrigin, add_register
from permits.model import ParcelKey
from spatial.crs import HCMC

OVERRIDES = "/api/v1/permits/overrides"
PASSWORD = "một câu dễ nhớ"  # noqa: S105  of accounts that live for one test
PARCELS = "/api/v1/parcels"
KINDS = {
    "row_house": "Row house",
    "detached_house": "Detached house",
    "apartment": "Apartment building",
    "commercial": "Commercial building",
    "public_service": "Public service",
    "factory": "Factory",
}
X_M, Y_M = 603_000.0, 1_192_000.0


def square(x_m: float, y_m: float, *, side_m: float = 20.0) -> shapely.MultiPolygon:
    return shapely.MultiPolygon([shapely.box(x_m, y_m, x_m + side_m, y_m + side_m)])


@pytest.fixture
def _parcels(app: FastAPI) -> None:
    """Thửa 16, tờ 10, in two wards, in one of them twice; and one that overlaps the first by half."""
    rows = [
        ("26797-10-16", "26797", "10", "16", square(X_M, Y_M)),
        ("26797-10-16~2", "26797", "10", "16", square(X_M + 100, Y_M)),
        ("26800-10-16", "26800", "10", "16", square(X_M + 200, Y_M)),
        ("26797-10-17", "26797", "10", "17", square(X_M + 10, Y_M)),
    ]
    columns = ("feature_id", "ward_code", "map_sheet", "parcel_no", "geometry")
    frame = gpd.GeoDataFrame([dict(zip(columns, row, strict=True)) for row in rows], crs=HCMC)
    frame["registered_area_m2"] = [400.0, None, None, None]
    frame["land_use_code"] = [None, None, "ODT 300; CLN 100; T", None]
    publish_parcels(app.state.database_door.open(), frame)


def keys(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


@pytest.mark.usefixtures("_parcels")
class TestPublishedParcels:
    def test_a_number_alone_gives_all_candidates_of_all_wards(self, client: httpx.Client) -> None:
        answer = client.get(PARCELS, params={"map_sheet": "10", "parcel_no": "16"})
        assert keys(answer) == ["26797-10-16", "26797-10-16~2", "26800-10-16"]
        assert answer.json()["is_complete"] is True

    def test_ward_sheet_and_number_narrow_the_candidates(self, client: httpx.Client) -> None:
        asked = {"map_sheet": "010", "parcel_no": "0016", "ward": "26800"}
        assert keys(client.get(PARCELS, params=asked)) == ["26800-10-16"]

    def test_no_such_number_is_an_empty_answer_and_no_error(self, client: httpx.Client) -> None:
        assert keys(client.get(PARCELS, params={"parcel_no": "999"})) == []

    def test_a_point_in_metres_gives_every_parcel_that_contains_it(self, client: httpx.Client) -> None:
        assert keys(client.get(PARCELS, params={"x": X_M + 5, "y": Y_M + 5})) == ["26797-10-16"]
        assert keys(client.get(PARCELS, params={"x": X_M + 15, "y": Y_M + 5})) == ["26797-10-16", "26797-10-17"]

    def test_a_point_of_the_answer_leads_back_to_its_parcel(self, client: httpx.Client) -> None:
        """The geometry comes in degrees; its middle, asked for in degrees, is in the same parcel."""
        (feature,) = client.get(PARCELS, params={"parcel_no": "16", "ward": "26800"}).json()["features"]
        middle = shapely.geometry.shape(feature["geometry"]).centroid
        assert 106 < middle.x < 108
        assert 10 < middle.y < 12
        assert keys(client.get(PARCELS, params={"lon": middle.x, "lat": middle.y})) == ["26800-10-16"]

    def test_a_parcel_of_20_by_20_metres_measures_400_square_metres(self, client: httpx.Client) -> None:
        (feature,) = client.get(PARCELS, params={"x": X_M + 1, "y": Y_M + 1}).json()["features"]
        assert feature["properties"]["measured_area_m2"] == 400.0
        assert feature["properties"]["registered_area_m2"] == 400.0

    @pytest.mark.parametrize("point", [{"x": 1e308, "y": -1e308}, {"lon": 0, "lat": 0}, {"lon": -180, "lat": 90}])
    def test_a_point_far_away_is_in_no_parcel(self, client: httpx.Client, point: dict[str, float]) -> None:
        assert keys(client.get(PARCELS, params=point)) == []

    def test_key_digits_and_swapped_numbers_find_the_same_parcel_and_say_how_they_were_read(
        self, client: httpx.Client
    ) -> None:
        for asked in (
            {"key": "26800-10-16"},
            {"key": "26800" + "010" + "0016"},
            {"x": Y_M + 5, "y": X_M + 205},
            {"x": X_M + 205, "y": Y_M + 5, "crs": "EPSG:9210"},
        ):
            assert keys(client.get(PARCELS, params=asked)) == ["26800-10-16"]
        swapped = client.get(PARCELS, params={"x": Y_M + 5, "y": X_M + 205}).json()
        assert swapped["notes"][0]["en"] == "Read as northing first, EPSG:9210."

    def test_an_empty_answer_says_why_and_names_what_may_have_been_meant(self, client: httpx.Client) -> None:
        answer = client.get(PARCELS, params={"ward": "26800", "map_sheet": "10", "parcel_no": "17"}).json()
        assert (answer["features"], answer["miss"]["code"]) == ([], "in_another_ward")
        assert [feature["id"] for feature in answer["suggestions"]] == ["26797-10-17"]
        assert client.get(PARCELS, params={"lon": 0, "lat": 0}).json()["miss"]["code"] == "outside_country"

    def test_a_polygon_is_posted_and_answered_with_shares_page_by_page(self, client: httpx.Client) -> None:
        """From 10 m into the first parcel to 10 m beyond its edge: half of it, and all of the one that overlaps it."""
        ring = [[X_M + 10, Y_M], [X_M + 30, Y_M], [X_M + 30, Y_M + 20], [X_M + 10, Y_M + 20], [X_M + 10, Y_M]]
        question = {"polygon": {"type": "Polygon", "coordinates": [ring]}, "crs": HCMC, "limit": 1}
        first = client.post(PARCELS, json=question).json()
        assert (first["total_count"], first["next_offset"], first["area_m2"]) == (2, 1, 400.0)
        assert first["features"][0]["properties"]["share_ratio"] == 0.5
        second = client.post(PARCELS, json={**question, "offset": 1}).json()
        assert second["next_offset"] is None
        assert [second["features"][0]["id"], second["features"][0]["properties"]["share_ratio"]] == ["26797-10-17", 1.0]

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"polygon": {"type": "Point", "coordinates": [106.7, 10.8]}}, 422, "area_unread"),
            ({"polygon": {"type": "Polygon", "coordinates": []}}, 422, "area_empty"),
            (
                {"polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 0]]]}},
                422,
                "outside_country",
            ),
            ({"polygon": {}, "limit": 0}, 422, "bad_input"),
            ({"polygon": {}, "crs": "WGS"}, 422, "bad_input"),
            ({"polygon": {}, "other": 1}, 422, "bad_input"),
            ({}, 422, "bad_input"),
        ],
    )
    def test_a_polygon_that_cannot_be_used_is_a_problem_with_a_code(
        self, client: httpx.Client, body: dict[str, object], status: int, code: str
    ) -> None:
        answer = client.post(PARCELS, json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.json()["message"]["vi"]

    def test_a_parcel_that_is_no_more_says_what_became_of_it(self, client: httpx.Client, app: FastAPI) -> None:
        split = ParcelEvent(
            happened_on=date(2019, 5, 2),
            kind=EventKind.SPLIT,
            parents=(EventPart(key=ParcelKey("26797-10-12")),),
            children=(EventPart(key=ParcelKey("26797-10-17")), EventPart(key=ParcelKey("26797-10-18"))),
        )
        origin = RegisterOrigin(
            imported_at=IMPORTED, imported_by="test", source_file="h", source_sha256="0" * 64, quarantined_count=0
        )
        with app.state.database_door.open().transaction() as session:
            add_register(session, [split], origin=origin)
        gone = client.get(f"{PARCELS}/26797-10-12")
        assert (gone.status_code, gone.json()["code"]) == (404, "parcel_gone")
        assert "2019-05-02" in gone.json()["message"]["en"]
        history = client.get(f"{PARCELS}/26797-10-12/history").json()
        assert (history["ended_on"], history["successors"]) == ("2019-05-02", ["26797-10-17", "26797-10-18"])
        page = client.get("/parcels/26797-10-17?lang=en").text
        assert "2019-05-02: parcel 26797-10-12 was split into 26797-10-17, 26797-10-18." in page
        lost = client.get("/parcels/26797-10-12?lang=en")
        assert lost.status_code == 303
        answer = client.get(lost.headers["location"]).text
        assert "This parcel is no more." in answer
        assert 'href="/parcels/26797-10-17' in answer

    def test_several_purposes_are_sent_one_by_one_and_shown_beside_the_text(self, client: httpx.Client) -> None:
        (feature,) = client.get(PARCELS, params={"key": "26800-10-16"}).json()["features"]
        assert feature["properties"]["land_use_code"] == "ODT 300; CLN 100; T"
        purposes = feature["properties"]["land_use_purposes"]
        assert [(one["code"], one.get("area_m2")) for one in purposes] == [("ODT", 300.0), ("CLN", 100.0), (None, None)]
        page = client.get("/parcels/26800-10-16?lang=en").text
        assert "Residential land, urban" in page
        assert "Not determined: “T”" in page

    def test_the_form_takes_a_code_numbers_in_any_order_and_an_area(self, client: httpx.Client) -> None:
        by_code = client.get("/parcels", params={"code": "26800-10-16"})
        assert by_code.headers["location"] == "/parcels/26800-10-16?lang=vi"
        swapped = client.get("/parcels", params={"lon": f"{Y_M + 5:.2f}", "lat": f"{X_M + 205:.2f}"})
        assert swapped.headers["location"] == "/parcels/26800-10-16?lang=vi"
        twice = client.get("/parcels?lang=en", params={"code": "26797-10-16", "lang": "en"}).text
        assert twice.count('href="/parcels/26797-10-16') == 2
        asked = {"ward": "26800", "map_sheet": "10", "parcel_no": "17", "lang": "en"}
        missed = client.get("/parcels", params=asked).text
        assert "It stands in:" in missed
        assert "26797" in missed
        assert 'href="/parcels/26797-10-17' in missed
        ring = [[X_M, Y_M], [X_M + 30, Y_M], [X_M + 30, Y_M + 20], [X_M, Y_M + 20], [X_M, Y_M]]
        area = json.dumps({"type": "Polygon", "coordinates": [ring]})
        within = client.post("/parcels/by-area?lang=en", data={"area": area}).text
        assert "2 parcels" in within
        assert "100%" in within
        wrong = client.post("/parcels/by-area?lang=en", data={"area": "<script>"})
        assert wrong.status_code == 422
        assert 'href="#area"' in wrong.text
        assert "<script>" not in wrong.text.partition("<main")[2]

    def test_one_parcel_comes_with_what_each_layer_says_and_none_is_falsely_clear(self, client: httpx.Client) -> None:
        """Of all layers only the parcels are published here."""
        answer = client.get(f"{PARCELS}/26800-10-16")
        assert answer.status_code == 200
        body = answer.json()
        assert body["parcel"]["id"] == "26800-10-16"
        assert body["parcel"]["properties"]["measured_area_m2"] == 400.0
        assert {layer["status"] for layer in body["layers"].values()} == {"NOT_CHECKED"}
        assert body["check"]["verdict"] == "NEEDS_REVIEW"
        assert "zone" in body["check"]["not_checked"]

    def test_the_portals_twelve_digits_name_the_same_parcel(self, client: httpx.Client) -> None:
        portal_code = "26800" + "010" + "0016"
        assert client.get(f"{PARCELS}/{portal_code}").json()["parcel"]["id"] == "26800-10-16"

    @pytest.mark.parametrize(
        ("key", "status", "code"),
        [
            ("26800-10-999", 404, "not_found"),
            ("26797-10-16", 409, "conflict"),
            ("26797-10-16~2", 200, None),
            ("nothing", 422, "bad_input"),
            ("x" * 61, 400, "bad_parameters"),
        ],
    )
    def test_a_key_that_names_none_or_several_is_refused(
        self, client: httpx.Client, key: str, status: int, code: str | None
    ) -> None:
        answer = client.get(f"{PARCELS}/{key}")
        assert answer.status_code == status
        assert answer.json().get("code") == code

    def test_a_proposal_is_checked_with_article_and_number(self, client: httpx.Client) -> None:
        proposal = {"building_type": "row_house", "area_type": "existing_urban", "floors": 30}
        question = {"parcel": "26800-10-16", "proposal": proposal, "as_of": "2026-11-21"}
        answer = client.post("/api/v1/permits/check", json=question)
        assert answer.status_code == 200
        body = answer.json()
        assert (body["parcel"], body["as_of"]) == ("26800-10-16", "2026-11-21")
        assert body["verdict"] in {"VIOLATES", "NEEDS_REVIEW"}
        assert all(finding["citation"] for finding in body["findings"])

    def test_a_proposal_is_checked_under_all_rule_packs_and_the_ground(self, client: httpx.Client) -> None:
        proposal = {"building_type": "apartment", "plot_area_m2": 10000, "building_height_m": 60}
        question = {"parcel": "26800-10-16", "proposal": proposal, "as_of": "2026-11-21", "rulebook": "all"}
        body = client.post("/api/v1/permits/check", json=question).json()
        assert body["rulebook"] == "all"
        assert body["limits"]["max_site_coverage_ratio"]["rulebook"] == "qcvn-01-2021"
        assert "house.land_use" in {finding["rule"] for finding in body["findings"]}

    def test_a_proposal_that_violates_comes_with_the_least_change(self, client: httpx.Client) -> None:
        """Table 2 of Annex 18: four floors on a road of 12 m outside of centres."""
        plot = {"plot_area_m2": 100, "frontage_m": 5, "depth_m": 20, "road_width_m": 12, "zone_plan_known": True}
        place = {"in_special_area": False, "detailed_plan_applies": False, "central_area": False, "trade_axis": False}
        kind = {"building_type": "row_house", "area_type": "existing_urban", "former_province": "hcmc"}
        proposal = {**plot, **place, **kind, "floors": 7}
        question = {"parcel": "26800-10-16", "proposal": proposal, "as_of": "2026-11-21", "rulebook": "hcmc-row-houses"}
        body = client.post("/api/v1/permits/check", json=question).json()
        changed = {change["fact"]: change["after"] for change in body["advice"]["changes"]}
        assert changed == {"floors": 4}
        assert (body["advice"]["verdict_after"] == "VIOLATES") is bool(body["advice"]["obstacles"])

    def test_the_envelope_of_a_parcel_is_a_geojson_feature_with_its_rules(self, client: httpx.Client) -> None:
        question = {"parcel": "26800-10-16", "as_of": "2026-11-21"}
        answer = client.post("/api/v1/permits/envelope", json=question)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["type"] == "Feature"
        assert body["properties"]["footprint_binds"] in {"geometry", "ratio"}
        assert body["properties"]["max_footprint_m2"]["unit"] == "m2"
        assert body["properties"]["missing"]

    @pytest.mark.parametrize("path", ["check", "envelope"])
    def test_a_day_before_every_law_is_refused_with_the_first_day(self, client: httpx.Client, path: str) -> None:
        given = {"proposal": {}} if path == "check" else {}
        answer = client.post(f"/api/v1/permits/{path}", json={"parcel": "26800-10-16", "as_of": "1975-01-01", **given})
        assert answer.status_code == 422
        assert "lies before every law" in answer.json()["message"]["en"]

    def test_an_override_needs_a_sign_in_and_a_reason_and_keeps_both_results(
        self, client: httpx.Client, app: FastAPI
    ) -> None:
        proposal = {"building_type": "row_house", "area_type": "existing_urban", "floors": 3}
        asked = {"parcel": "26800-10-16", "proposal": proposal, "as_of": "2026-11-21"}
        decision = {**asked, "finding": "max_floors", "verdict": "COMPLIES", "reason": "Đã đo tại hiện trường."}
        assert client.post(OVERRIDES, json=decision).json()["code"] == "not_signed_in"
        with app.state.database_door.open().transaction() as session:
            for name, role in (("lan", Role.OFFICER), ("minh", Role.PLANNER)):
                accounts.add_account(session, name, password=PASSWORD, role=role, created_at=IMPORTED)
        client.post("/api/v1/session", json={"username": "minh", "password": PASSWORD})
        assert client.post(OVERRIDES, json=decision).status_code == 403
        client.post("/api/v1/session", json={"username": "lan", "password": PASSWORD})
        assert client.post(OVERRIDES, json=decision | {"reason": "ok"}).status_code == 422
        assert client.post(OVERRIDES, json=decision).status_code == 201
        (kept,) = client.post("/api/v1/permits/check", json=asked).json()["overrides"]
        assert (kept["old_verdict"], kept["new_verdict"], kept["decided_by"]) == ("NEEDS_REVIEW", "COMPLIES", "lan")
        client.delete("/api/v1/session")
        (public,) = client.post("/api/v1/permits/check", json=asked).json()["overrides"]
        assert (public["new_verdict"], public["is_of_an_earlier_state"]) == ("COMPLIES", False)
        assert "decided_by" not in public

    def test_the_page_of_a_proposal_works_without_a_script(self, client: httpx.Client) -> None:
        shown = client.get("/parcels/26800-10-16/check?lang=en")
        assert shown.status_code == 200
        assert 'class="plan-parcel"' in shown.text
        # An end that nobody knows is left out, never "between not known and 6 floors".
        assert "between not known" not in shown.text
        x, y = X_M + 200, Y_M
        corners = f"{x} {y}\n{x + 10} {y}\n{x + 10} {y + 10}\n{x} {y + 10}"
        form = {"building_type": "row_house", "area_type": "existing_urban", "floors": "3", "outline": corners}
        checked = client.post("/parcels/26800-10-16/check?lang=en", data=form)
        assert checked.status_code == 200
        assert 'class="plan-proposal"' in checked.text
        assert "house.inside_parcel" not in checked.text
        assert "Inside the parcel" in checked.text
        assert 'name="reason"' not in checked.text

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ({"floors": "0"}, "should be 1 or more"),
            ({"outline": "1 2\n3 4"}, "three corners"),
            ({"outline": "a b\nc d\ne f"}, "not two numbers"),
            ({"outline": "106.7 10.7\n106.8 10.7\n106.8 10.8"}, "looks like degrees"),
            ({"building_height_m": "1700"}, "centimetres"),
        ],
    )
    def test_a_slip_on_the_page_is_told_beside_the_form(
        self, client: httpx.Client, typed: dict[str, str], said: str
    ) -> None:
        answer = client.post("/parcels/26800-10-16/check?lang=en", data=typed)
        assert answer.status_code == 422
        assert said in answer.text

    def test_an_override_on_the_page_needs_a_sign_in_and_shows_both_results(
        self, client: httpx.Client, app: FastAPI
    ) -> None:
        page = "/parcels/26800-10-16/check"
        form = {"building_type": "row_house", "area_type": "existing_urban", "floors": "3"}
        decision = {**form, "finding": "max_floors", "verdict": "COMPLIES", "reason": "Đã đo tại hiện trường."}
        assert client.post(f"{page}/override", data=decision).status_code == 403
        with app.state.database_door.open().transaction() as session:
            accounts.add_account(session, "lan", password=PASSWORD, role=Role.OFFICER, created_at=IMPORTED)
        client.post("/api/v1/session", json={"username": "lan", "password": PASSWORD})
        shown = client.post(f"{page}?lang=en", data=form)
        token = re.search('name="csrf_token" value="([^"]+)"', shown.text.partition("/override")[2])
        assert token is not None
        signed = {**decision, "csrf_token": token.group(1)}
        assert client.post(f"{page}/override?lang=en", data=signed | {"reason": ""}).status_code == 422
        kept = client.post(f"{page}/override?lang=en", data=signed)
        assert kept.status_code == 200
        assert "Decided by an officer: " in kept.text
        assert "Đã đo tại hiện trường." in kept.text
        client.delete("/api/v1/session")
        public = client.post(f"{page}?lang=en", data=form).text
        assert "Decided by an officer: " in public
        assert "Đã đo tại hiện trường." not in public

    def test_a_proposal_with_an_unknown_fact_is_refused_and_names_the_near_one(self, client: httpx.Client) -> None:
        question = {"parcel": "26800-10-16", "proposal": {"flors": 3}}
        answer = client.post("/api/v1/permits/check", json=question)
        assert answer.status_code == 422
        assert "floors" in answer.json()["message"]["en"]

    def test_the_form_offers_the_wards_that_parcels_carry_even_those_that_no_map_has(
        self, client: httpx.Client
    ) -> None:
        """Certificates keep the ward of their day; the ward layer, here not even published, may have merged it."""
        form = client.get("/parcels").text
        assert '<option value="26797">Mã phường 26797</option>' in form
        assert '<option value="26800">Mã phường 26800</option>' in form
        answer = client.get("/parcels", params={"ward": "26800", "map_sheet": "10", "parcel_no": "16"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/parcels/26800-10-16?lang=vi"

    def test_several_parcels_of_one_number_are_told_apart_by_their_ward(self, client: httpx.Client) -> None:
        page = client.get("/parcels?lang=en", params={"map_sheet": "10", "parcel_no": "16", "lang": "en"}).text
        assert page.count('href="/parcels/26797-10-16') == 2
        assert "Ward code 26800" in page

    def test_the_page_says_what_its_limits_take_for_granted(self, client: httpx.Client) -> None:
        page = client.get("/parcels/26800-10-16?lang=en").text
        assert "Kind of building: <strong>Row house</strong>" in page
        assert "Kind of area: <strong>Existing residential area</strong>" in page

    def test_the_page_answers_for_the_kind_of_building_that_is_chosen(self, client: httpx.Client) -> None:
        """The annex on row houses speaks of these alone, QCVN 01 of all others; with no plan it settles no density."""
        address = "/parcels/26800-10-16"
        plain = client.get(f"{address}?lang=en").text
        assert (
            client.get(f"{address}?lang=en&building_type=row_house").text.partition("<main")[2]
            == (plain.partition("<main")[2])
        )
        assert "Maximum height at the building line" in plain
        for code, words in KINDS.items():
            page = client.get(f"{address}?lang=en&building_type={code}").text
            chosen = re.findall(r'<a href="\?building_type=(\w+)#limits" aria-current="true">([^<]+)</a>', page)
            assert chosen == [(code, words)]
            assert f"Kind of building: <strong>{words}</strong>" in page
            assert f'href="{address}/check?building_type={code}"' in page
            if code != "row_house":
                assert "Least distance from a gable end" in page
                assert "all rule-packs together" in page
                density = page.partition('<table class="limits"')[2].partition("</table>")[0]
                assert "Needs review" in density
                assert "Determined" not in density

    @pytest.mark.parametrize("code", ["villa", "", "<b>", "x" * 30])
    @pytest.mark.parametrize("page", ["", "/check"])
    def test_a_kind_of_building_that_there_is_not_is_one_message_with_those_that_there_are(
        self, client: httpx.Client, page: str, code: str
    ) -> None:
        asked = {"lang": "en", "building_type": code}
        answer = client.get(f"/parcels/26800-10-16{page}", params=asked, headers={"Accept": "text/html"})
        assert answer.status_code == 422
        assert answer.text.count(", ".join(KINDS)) == 1
        assert "<b>" not in answer.text

    def test_the_form_of_a_proposal_begins_with_the_kind_that_was_chosen(self, client: httpx.Client) -> None:
        form = client.get("/parcels/26800-10-16/check?lang=en&building_type=factory").text
        assert '<option value="factory" selected>' in form
        assert '<option value="row_house" selected>' in client.get("/parcels/26800-10-16/check").text

    def test_a_map_is_asked_for_again_only_when_something_on_it_changed(
        self, client: httpx.Client, app: FastAPI
    ) -> None:
        address = "/maps/parcel/26800-10-16"
        first = client.get(address)
        assert first.status_code == 200
        tag = first.headers["etag"]
        again = client.get(address, headers={"if-none-match": tag})
        assert (again.status_code, again.text) == (304, "")
        with app.state.database_door.open().transaction() as session:
            frame = store.read_layer(session, LayerName.PARCEL)
            provenance = store.Provenance(
                imported_at=IMPORTED,
                imported_by="test",
                source_file="parcels.gpkg",
                source_sha256="1" * 64,
                source_crs=HCMC,
                quarantined_count=0,
            )
            version = store.add_version(session, LayerName.PARCEL, frame, provenance=provenance)
            store.publish(session, version.version_id, published_at=IMPORTED)
        newer = client.get(address, headers={"if-none-match": tag})
        assert newer.status_code == 200
        assert newer.headers["etag"] != tag


@pytest.mark.parametrize(
    "asked",
    [
        {"parcel": "16"},
        {"parcel_no": "16", "sheet": "10"},
        {"parcel_no": "16", "limit": "5"},
        {},
        {"map_sheet": "10"},
        {"lon": "106.7"},
        {"x": "1", "y": "2", "lon": "106", "lat": "10"},
        {"parcel_no": "16", "x": "1", "y": "2"},
        {"lon": "200", "lat": "10"},
        {"x": "nan", "y": "1"},
        {"x": "inf", "y": "1"},
        {"lon": "east", "lat": "north"},
        {"parcel_no": ""},
        {"parcel_no": "1" * 41},
    ],
)
def test_a_question_that_cannot_be_meant_is_refused_with_400(client: httpx.Client, asked: dict[str, str]) -> None:
    answer = client.get(PARCELS, params=asked)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "bad_parameters"
    assert answer.json()["errors"][0]["message"]["vi"]


def test_before_any_parcels_are_published_the_answer_is_unavailable_and_never_empty(client: httpx.Client) -> None:
    answer = client.get(PARCELS, params={"parcel_no": "16"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "data_unavailable"
