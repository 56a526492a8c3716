"""The map of a whole layer in a real Chromium, on a phone and on a desk."""
# ruff: noqa: ANN401 - tests cannot import the classes that their conftest gives them

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PHONE, DESK = 390, 1280
Open = Callable[..., Any]


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("layer", ["ward", "street", "school", "building", "address", "zone", "parcel"])
def test_every_public_layer_draws_from_pictures_and_has_no_fault_that_axe_finds(
    visit: Open, layer: str, width: int
) -> None:
    page = visit(width)
    page.go(f"/maps/layers/{layer}")
    page.shot(f"layer-{layer}")
    assert page.page.locator(f"img.leaflet-tile-loaded[src*='/tiles/layers/{layer}/']").count() >= 1
    assert page.page.locator("img.leaflet-tile-loaded[src*='/tiles/background/']").count() >= 1
    assert page.page.locator(".leaflet-container path").count() == 0
    assert page.page.locator(".map-legend li").count() >= 1
    expect(page.page.locator(".leaflet-control-scale-line")).to_contain_text("m")
    expect(page.page.locator(".map-source")).to_contain_text("bản")
    assert page.faults() == ""
    assert page.too_wide_px() <= 0


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_keyboard_asks_what_stands_in_the_middle_and_closes_the_answer(visit: Open, width: int) -> None:
    page = visit(width)
    page.go("/maps/layers/ward")
    button = page.page.locator(".map-ask button")
    expect(button).to_have_accessible_name("Cho biết đối tượng ở giữa bản đồ")
    button.focus()
    page.page.keyboard.press("Enter")
    answer = page.page.locator(".map-answer")
    expect(answer).to_contain_text("Mã đơn vị")
    expect(page.page.locator(".leaflet-popup")).to_have_css("opacity", "1")  # it fades in
    assert page.faults() == ""
    expect(page.page.locator(".leaflet-popup-close-button")).to_have_accessible_name("Đóng")
    page.page.keyboard.press("Escape")
    expect(answer).to_have_count(0)


def test_a_click_tells_of_the_feature_and_beside_the_layer_of_nothing(visit: Open) -> None:
    page = visit(DESK)
    page.go("/maps/layers/ward?lang=en")
    page.page.mouse.click(DESK / 2, 300)
    expect(page.page.locator(".map-answer dt").first).to_have_text("Ward code")
    page.page.mouse.click(60, 700)
    page.page.mouse.click(1200, 60)
    expect(page.page.locator(".map-answer")).to_contain_text("nothing here")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_of_a_collection_shows_its_map_in_a_frame_that_can_be_asked(visit: Open, width: int) -> None:
    page = visit(width)
    page.go("/ogc/collections/ward?f=html")
    frame = page.page.frame_locator("iframe")
    page.page.locator("iframe").scroll_into_view_if_needed()
    expect(frame.locator("img.leaflet-tile-loaded").first).to_be_attached()
    frame.locator(".map-ask button").click()
    expect(frame.locator(".map-answer")).to_contain_text("Mã đơn vị")
    page.shot("collection-ward")
    assert page.faults() == ""
    assert page.too_wide_px() <= 0


def test_a_busy_server_leaves_a_map_its_own_features(visit: Open, served: Any) -> None:
    """The pictures are cut off; what the map is about stands there all the same, and within the usual time."""
    page = visit(PHONE)
    page.page.route("**/tiles/**", lambda route: route.fulfill(status=204))
    page.page.goto(page.address + f"/maps/parcel/{served.demo.parcel_key}", wait_until="domcontentloaded")
    expect(page.page.locator(".leaflet-container path").first).to_be_attached(timeout=3000)
    expect(page.page.locator(".map-label")).to_contain_text("Thửa")


def test_on_paper_a_map_keeps_title_legend_scale_and_source_and_drops_the_buttons(visit: Open) -> None:
    page = visit(DESK)
    page.go("/maps/layers/parcel")
    page.page.emulate_media(media="print")
    for kept in (".map-title", ".map-legend", ".map-source", ".leaflet-control-scale-line", ".map-north"):
        expect(page.page.locator(kept)).to_be_visible()
    for gone in (".leaflet-control-zoom", ".map-ask"):
        expect(page.page.locator(gone)).to_be_hidden()
    page.shot("layer-parcel-print")


def test_markup_in_an_attribute_is_shown_as_text(visit: Open) -> None:
    """The server's answer is replaced by one that tries to run."""
    page = visit(DESK)
    hostile = '<img src=x onerror="document.title=1">'
    told = {"features": [{"title": hostile, "attributes": [{"label": hostile, "value": hostile}]}], "has_more": True}
    page.page.route("**/features?*", lambda route: route.fulfill(json=told))
    page.go("/maps/layers/ward")
    page.page.locator(".map-ask button").click()
    expect(page.page.locator(".map-answer h2")).to_have_text(hostile)
    assert page.page.locator(".map-answer img").count() == 0
