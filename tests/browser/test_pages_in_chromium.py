"""The pages and the maps in a real Chromium with every other host cut off."""
# ruff: noqa: ANN401 - tests cannot import the classes that their conftest gives them

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Error, expect

pytestmark = pytest.mark.browser

PHONE, DESK, SMALLEST = 390, 1280, 360
LAYER_PAGES = ("basemap", "layers", "layer", "features", "attributes", "conformance", "interface")
STILL_PAGES = ("home", "lookup", "parcels", "rounds", "sign-in", "about", "missing")
ROUND = "2026-lop-1"
Open = Callable[..., Any]


def path_of(name: str, served: Any) -> str:
    paths = {
        "home": "/",
        "lookup": "/admissions/result",
        "parcels": "/parcels",
        "parcel": f"/parcels/{served.demo.parcel_key}",
        "check": f"/parcels/{served.demo.parcel_key}/check",
        "rounds": "/rounds",
        "round": f"/rounds/{ROUND}",
        "sign-in": "/sign-in",
        "about": "/about",
        "missing": "/no-such-page",
        "basemap": "/ogc?f=html",
        "layers": "/ogc/collections?f=html",
        "layer": "/ogc/collections/parcel?f=html",
        "features": "/ogc/collections/parcel/items?f=html&offset=10",
        "attributes": "/ogc/collections/parcel/queryables?f=html",
        "conformance": "/ogc/conformance?f=html",
        "interface": "/ogc/api?f=html",
        "map-parcel": f"/maps/parcel/{served.demo.parcel_key}",
        "map-round": f"/maps/round/{ROUND}",
        "map-school": "/maps/school/TH-001",
    }
    return paths[name]


def open_page(visit: Open, served: Any, name: str, width: int) -> Any:
    page = visit(width)
    page.look_up(served.demo) if name == "result" else page.go(path_of(name, served))
    return page


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["result", "parcel", "check", "round", *STILL_PAGES, *LAYER_PAGES])
def test_a_page_has_no_fault_that_axe_finds_and_fits_the_screen(
    visit: Open, served: Any, name: str, width: int
) -> None:
    page = open_page(visit, served, name, width)
    page.shot(name)
    assert page.faults() == ""
    assert page.too_wide_px() <= 0


@pytest.mark.parametrize(("width", "language"), [(PHONE, "vi"), (DESK, "en")])
def test_an_outline_is_clicked_on_the_plan_and_checked_with_what_to_change(
    visit: Open, served: Any, width: int, language: str
) -> None:
    """Four clicks make an outline; 20 floors are too many, or in doubt, and the page says so without a fault."""
    page = visit(width)
    page.go(f"{path_of('check', served)}?lang={language}")
    page.page.locator("#floors").fill("20")
    page.page.locator("#building_height_m").fill("60")
    plan = page.page.locator("#plot-plan")
    box = plan.bounding_box()
    for right, down in ((0.35, 0.3), (0.65, 0.3), (0.65, 0.7), (0.35, 0.7)):
        plan.click(position={"x": right * box["width"], "y": down * box["height"]})
    assert len(page.page.locator("#outline").input_value().splitlines()) == 4
    page.page.locator("form.card button[type=submit]").first.click()
    expect(page.page.locator("#result")).to_be_visible()
    expect(page.page.locator(".plan-proposal")).to_have_count(1)
    page.shot(f"checked-{language}")
    assert page.faults() == ""
    assert page.too_wide_px() <= 0


@pytest.mark.parametrize(("width", "language"), [(PHONE, "vi"), (DESK, "en")])
def test_a_drawing_is_chosen_without_a_script_and_its_outline_stands_on_the_plan(
    visit: Open, served: Any, width: int, language: str
) -> None:
    """A square of 3 m in the corner of the plot; then a file that is none, which is said beside its field."""
    page = visit(width, javascript=False)
    page.go(f"{path_of('check', served)}?lang={language}")
    plan = page.page.locator("#plot-plan")
    x, y = (float(plan.get_attribute(name)) for name in ("data-min-x", "data-max-y"))
    corners = [(x + 6, y - 9), (x + 9, y - 9), (x + 9, y - 6), (x + 6, y - 6)]
    parts = [part for a, b in corners for part in ("10", str(a), "20", str(b))]
    lines = ["0", "SECTION", "2", "ENTITIES", "0", "LWPOLYLINE", "8", "NHA", "90", "4", "70", "1", *parts]
    drawing = "\n".join([*lines, "0", "ENDSEC", "0", "EOF", ""]).encode()
    field, send = page.page.locator("#drawing"), page.page.locator("form.card button[type=submit]").first
    field.set_input_files({"name": "nha.dxf", "mimeType": "image/vnd.dxf", "buffer": drawing})
    send.click()
    expect(page.page.locator(".plan-proposal")).to_have_count(1)
    assert len(page.page.locator("#outline").input_value().splitlines()) == 4
    field.set_input_files({"name": "nha.dxf", "mimeType": "image/vnd.dxf", "buffer": b"%PDF-1.4"})
    send.click()
    expect(page.page.locator(".error-summary a")).to_have_attribute("href", "#drawing")
    expect(page.page.locator("#drawing-error")).to_contain_text("DXF")
    page.shot(f"drawing-{language}")
    assert page.too_wide_px() <= 0


def test_features_of_a_layer_are_read_and_turned_over_on_a_phone_without_moving_sideways(
    visit: Open, served: Any
) -> None:
    """No table is wider than its frame, and a finger meets 44 px at least (WCAG 2.2, 2.5.5)."""
    page = open_page(visit, served, "features", PHONE)
    frame = page.page.locator(".table-data")
    assert frame.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
    for turn in page.page.locator(".pager a").all():
        box = turn.bounding_box()
        assert min(box["width"], box["height"]) >= 44
    expect(page.page.locator("main")).not_to_contain_text("alternate")


def test_the_page_of_a_plot_says_first_what_concerns_it_and_folds_the_rest(visit: Open, served: Any) -> None:
    """Every limit is one touch away, without a script; of what concerns the plot five things stand open."""
    page = visit(PHONE, javascript=False)
    page.go(path_of("parcel", served))
    headings = page.page.locator("main h2").all_inner_texts()
    assert headings[0] == "Điều thửa đất này có liên quan"
    group = page.page.locator("details.fold").first
    expect(group.locator("table")).to_be_hidden()
    group.locator("summary").first.click()
    expect(group.locator("table")).to_be_visible()
    assert page.page.evaluate("document.documentElement.scrollHeight") < 5500


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_another_kind_of_building_is_chosen_by_keyboard_without_a_script(visit: Open, served: Any, width: int) -> None:
    """The links stand behind one that unfolds, name what is chosen, are 44 px high, and lead back to the limits."""
    page = visit(width, javascript=False)
    page.go(path_of("parcel", served))
    for name in ("Chung cư", "Nhà máy", "Nhà riêng lẻ"):
        page.page.locator(".inset summary").focus()
        page.page.keyboard.press("Enter")
        assert all(link.bounding_box()["height"] >= 44 for link in page.page.locator(".kinds a").all())
        page.page.get_by_role("link", name=name, exact=True).focus()
        page.page.keyboard.press("Enter")
        expect(page.page.locator(".inset").first).to_contain_text(f"Loại công trình: {name};")
        expect(page.page.locator(".kinds a[aria-current=true]")).to_have_text(name)
        expect(page.page.locator("#limits")).to_be_in_viewport()
        page.shot(f"parcel-{page.page.url.partition('=')[2].partition('#')[0]}")
        assert page.too_wide_px() <= 0


def test_the_page_of_a_plot_has_no_fault_for_any_kind_of_building(visit: Open, served: Any) -> None:
    page = visit(PHONE)
    for code in ("detached_house", "apartment", "commercial", "public_service", "factory"):
        page.go(f"{path_of('parcel', served)}?building_type={code}")
        page.page.locator(".inset summary").click()
        assert page.faults() == "", code
        assert page.too_wide_px() <= 0, code


@pytest.mark.parametrize(
    "name", ["result", "parcel", "check", "round", "home", "lookup", "parcels", "sign-in", *LAYER_PAGES]
)
def test_nothing_is_cut_off_on_the_smallest_phone(visit: Open, served: Any, name: str) -> None:
    assert open_page(visit, served, name, SMALLEST).too_wide_px() <= 0


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ["map-parcel", "map-round", "map-school"])
def test_a_map_is_drawn_and_has_no_fault_that_axe_finds(visit: Open, served: Any, name: str, width: int) -> None:
    page = open_page(visit, served, name, width)
    page.shot(name)
    assert page.page.locator(".leaflet-marker-icon, .leaflet-container path").count() >= 1
    assert page.page.locator("img.leaflet-tile-loaded").count() >= 1
    assert page.page.locator(".map-legend li").count() >= 3
    assert page.faults() == ""


@pytest.mark.parametrize("name", ["result", "parcel", "round"])
def test_a_page_shows_its_map_in_a_named_frame_without_rights(visit: Open, served: Any, name: str) -> None:
    page = open_page(visit, served, name, DESK)
    frame = page.page.locator("iframe")
    frame.scroll_into_view_if_needed()
    expect(page.page.frame_locator("iframe").locator("img.leaflet-tile-loaded").first).to_be_attached()
    assert frame.get_attribute("title")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    with pytest.raises(Error, match=r"cross-origin|Blocked"):
        page.page.frames[1].evaluate("parent.document.title")
    with pytest.raises(Error, match=r"sandboxed|denied"):
        page.page.frames[1].evaluate("document.cookie")


def test_the_wheel_and_one_finger_over_a_map_move_the_page(visit: Open, served: Any) -> None:
    """Two fingers move the map; ``pan-x pan-y`` leaves one to the page around the frame."""
    page = open_page(visit, served, "round", DESK)
    box = page.page.locator("iframe").bounding_box()
    page.page.mouse.move(box["x"] + 200, box["y"] + 150)
    page.page.mouse.wheel(0, 240)
    # Asked again and again from outside: the page's own policy lets nobody hand it script to wait with.
    for _ in range(60):
        if page.page.evaluate("scrollY") > 100:
            break
        page.page.wait_for_timeout(50)
    assert page.page.evaluate("scrollY") > 100
    map_frame = page.page.frames[1]
    assert map_frame.evaluate("inFrame")
    made = page.page.request.get(page.address + path_of("map-round", served)).text()
    assert "dragging: !(inFrame && L.Browser.mobile)" in made


def test_a_family_reads_school_distance_and_what_to_do_next(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "result", PHONE)
    expect(page.page.locator("h1")).to_contain_text("Con được xếp vào Trường")
    expect(page.page.locator(".result-facts")).to_contain_text("m")
    expect(page.page.locator(".steps li")).to_have_count(3)
    assert served.demo.applicant_no not in page.page.inner_text("body")
    assert served.demo.applicant_no not in page.page.url


def test_the_map_of_a_school_holds_no_second_point(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "map-school", DESK)
    assert page.page.locator(".map-school").count() == 1


def test_every_school_of_the_round_can_be_reached_and_is_named_by_keyboard(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "map-round", DESK)
    markers = page.page.locator(".leaflet-marker-icon[role=button]")
    assert markers.count() >= 3
    for marker in markers.all():
        assert marker.get_attribute("tabindex") == "0"
        assert "Trường" in (marker.text_content() or "")


def test_the_language_switch_changes_the_page_and_stays(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "home", PHONE)
    page.page.click("text=English")
    expect(page.page.locator("html")).to_have_attribute("lang", "en")
    page.go("/rounds")
    expect(page.page.locator("h1")).to_have_text("Admission rounds")
    page.page.click("text=Tiếng Việt")
    expect(page.page.locator("h1")).to_have_text("Các đợt tuyển sinh")


def test_the_language_of_a_result_switches_without_typing_again(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "result", PHONE)
    page.page.click("text=English")
    expect(page.page.locator("h1")).to_contain_text("Your child has a place at")


def test_everything_but_the_maps_works_without_javascript(visit: Open, served: Any) -> None:
    page = visit(PHONE, javascript=False)
    page.look_up(served.demo)
    expect(page.page.locator("h1")).to_contain_text("Con được xếp vào Trường")
    ward, sheet, number = served.demo.parcel_key.split("~")[0].split("-")
    page.go("/parcels")
    page.page.select_option("#ward", ward)
    page.page.fill("#map_sheet", sheet)
    page.page.fill("#parcel_no", number)
    page.page.click("text=Tìm theo số thửa")
    expect(page.page.locator("main")).to_contain_text(re.compile(rf"(?:tờ|tờ bản đồ số) {sheet}\b"))
    page.go(f"/rounds/{ROUND}")
    assert page.page.locator("table tbody tr").count() >= 3


def test_what_is_wrong_is_said_first_gets_the_focus_and_leads_to_its_field(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "lookup", PHONE)
    page.page.fill("#applicant_no", "0793")
    page.page.click("main form button")
    expect(page.page.locator(".error-summary")).to_be_focused()
    assert page.faults() == ""
    page.page.click(".error-summary a >> nth=0")
    expect(page.page.locator("#applicant_no")).to_be_focused()
    expect(page.page.locator("#applicant_no")).to_have_value("0793")
    page.shot("lookup-errors")


def test_what_is_folded_on_the_screen_is_printed(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "parcel", DESK)
    folded = page.page.locator("details.fold table").first
    expect(folded).to_be_hidden()
    page.page.emulate_media(media="print")
    expect(folded).to_be_visible()


def test_the_keyboard_meets_the_skip_link_first_and_every_stop_can_be_seen(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "lookup", DESK)
    page.page.keyboard.press("Tab")
    expect(page.page.locator(".skip-link")).to_be_focused()
    expect(page.page.locator(".skip-link")).to_be_in_viewport()
    tops = []
    for _ in range(14):
        page.page.keyboard.press("Tab")
        seen = page.page.evaluate(
            """() => { const at = document.activeElement, style = getComputedStyle(at);
            return [at.getBoundingClientRect().top + scrollY, style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
        )
        tops.append(seen[0])
        assert seen[1] != "none"
        assert seen[2] >= 2
    header, main = [top for top in tops if top < 62], [top for top in tops if top >= 62]
    assert tops[: len(header)] == header, "the header comes before the form"
    assert main == sorted(main), "the form is walked from top to bottom"


def test_the_skip_link_leads_into_the_page(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "lookup", DESK)
    page.page.keyboard.press("Tab")
    page.page.keyboard.press("Enter")
    expect(page.page.locator("#main")).to_be_focused()


def test_an_officer_signs_in_sees_the_whole_and_signs_out(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "sign-in", DESK)
    page.page.fill("#username", served.demo.officer)
    page.page.fill("#password", served.demo.password)
    page.page.click("main form button")
    page.go(f"/rounds/{ROUND}")
    expect(page.page.locator("main")).to_contain_text("bản đầy đủ dành cho cán bộ")
    assert page.faults() == ""
    page.page.click("text=Đăng xuất")
    page.go(f"/rounds/{ROUND}")
    expect(page.page.locator("main")).not_to_contain_text("bản đầy đủ dành cho cán bộ")


def test_a_wrong_password_is_answered_on_the_form(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "sign-in", PHONE)
    page.page.fill("#username", served.demo.officer)
    page.page.fill("#password", "not the password")
    page.page.click("main form button")
    expect(page.page.locator(".error-summary")).to_contain_text("không đúng")
    expect(page.page.locator("#password")).to_be_visible()
    assert page.faults() == ""


def test_a_printed_result_keeps_the_answer_and_drops_the_furniture(visit: Open, served: Any) -> None:
    page = open_page(visit, served, "result", DESK)
    page.page.emulate_media(media="print")
    expect(page.page.locator(".result")).to_be_visible()
    for furniture in (".site-nav", ".site-tools", ".map-frame", ".skip-link"):
        expect(page.page.locator(furniture)).to_be_hidden()
