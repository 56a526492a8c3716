"""The pages as they are sent: language, privacy, and forms that keep what was typed."""

import re
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

Family = dict[str, str]

FORBIDDEN_LINKS = re.compile(r'(?:src|href|action)="(?:https?:)?//', re.IGNORECASE)


def typed_by(family: Family, **changes: str) -> dict[str, str]:
    year, month, day = family["date_of_birth"].split("-")
    fields = {
        "applicant_no": family["applicant_no"],
        "day": day,
        "month": month,
        "year": year,
        "receipt_code": family["receipt_code"],
    }
    return fields | changes


@pytest.mark.parametrize("path", ["/", "/about", "/admissions/result", "/sign-in", "/rounds", "/no-such-page"])
def test_a_page_has_one_heading_a_language_a_title_and_no_foreign_address(client: httpx.Client, path: str) -> None:
    page = client.get(path, headers={"accept": "text/html"}).text
    assert page.count("<h1") == 1
    assert '<html lang="vi">' in page
    assert re.search(r"<title>\S.* – Địa Bàn</title>", page)
    assert 'class="skip-link" href="#main"' in page
    assert not FORBIDDEN_LINKS.search(page)
    assert "<script" not in page


def test_the_language_is_chosen_by_the_address_and_then_remembered(client: httpx.Client) -> None:
    answer = client.get("/?lang=en")
    assert '<html lang="en">' in answer.text
    assert answer.headers["content-language"] == "en"
    assert '<html lang="en">' in client.get("/about").text
    assert '<html lang="vi">' in client.get("/about?lang=vi").text


def test_the_switch_keeps_the_question(client: httpx.Client) -> None:
    page = client.get("/admissions/result?lang=en").text
    assert 'href="/admissions/result?lang=vi"' in page


def test_a_family_sees_school_distance_and_reason_and_a_masked_number(
    client: httpx.Client, families: list[Family], publish: Callable[..., None]
) -> None:
    publish(families)
    answer = client.post("/admissions/result", data=typed_by(families[0]))
    assert answer.status_code == 200
    assert "Con được xếp vào Trường A" in answer.text
    assert "420\N{NO-BREAK SPACE}m" in answer.text
    assert "Trường gần nhất còn chỗ." in answer.text
    shown = re.sub(r'<input type="hidden"[^>]*>', "", answer.text)
    assert families[0]["applicant_no"] not in shown
    assert families[0]["applicant_no"][:6] + "••••" in shown


def test_a_family_without_a_place_reads_so_at_once_and_what_happens_next(
    client: httpx.Client, families: list[Family], publish: Callable[..., None]
) -> None:
    publish(families, school_code=None)
    answer = client.post("/admissions/result", data=typed_by(families[0]))
    assert answer.status_code == 200
    assert "<h1>Con chưa có chỗ trong đợt này</h1>" in answer.text
    steps = answer.text.partition('<ol class="steps">')[2].partition("</ol>")[0]
    assert steps.count("<li>") == 3
    assert "không phải nộp lại" in steps
    assert "<iframe" not in answer.text


def test_a_result_is_kept_by_nobody_and_stands_in_no_address(
    client: httpx.Client, families: list[Family], publish: Callable[..., None]
) -> None:
    publish(families)
    answer = client.post("/admissions/result", data=typed_by(families[0]))
    assert answer.headers["cache-control"] == "no-store"
    assert not answer.is_redirect
    for address in re.findall(r'(?:href|src|action)="([^"]*)"', answer.text):
        assert families[0]["applicant_no"] not in address
        assert families[0]["receipt_code"] not in address


def test_the_language_of_a_result_can_be_switched_without_typing_again(
    client: httpx.Client, families: list[Family], publish: Callable[..., None]
) -> None:
    publish(families)
    answer = client.post("/admissions/result?lang=en", data=typed_by(families[0]))
    assert "Your child has a place at Trường A" in answer.text
    assert 'action="/admissions/result?lang=vi"' in answer.text


def test_full_width_digits_spaces_and_small_letters_are_forgiven(
    client: httpx.Client, families: list[Family], publish: Callable[..., None]
) -> None:
    publish(families)
    number = families[0]["applicant_no"].translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    typed = typed_by(families[0], applicant_no=f" {number} ", receipt_code=families[0]["receipt_code"].lower())
    assert "Trường A" in client.post("/admissions/result", data=typed).text


def test_an_unknown_child_and_a_wrong_date_get_the_same_words(
    client: httpx.Client, families: list[Family], publish: Callable[..., None]
) -> None:
    publish(families[:1])
    wrong_date = client.post("/admissions/result", data=typed_by(families[0], day="28"))
    unknown = client.post("/admissions/result", data=typed_by(families[1]))
    assert wrong_date.status_code == unknown.status_code == 404

    def summary(page: str) -> str:
        found = re.search(r'<div class="error-summary".*?</div>', page, re.DOTALL)
        assert found
        return found.group()

    assert summary(wrong_date.text) == summary(unknown.text)


def test_what_is_wrong_is_named_beside_its_field_and_what_was_typed_stays(client: httpx.Client) -> None:
    typed = {"applicant_no": "07932", "day": "31", "month": "2", "year": "2020", "receipt_code": ""}
    answer = client.post("/admissions/result", data=typed)
    assert answer.status_code == 422
    assert "<title>Lỗi: " in answer.text
    for field in ("applicant_no", "day", "receipt_code"):
        assert f'<a href="#{field}">' in answer.text
        assert f'id="{field}-error"' in answer.text
    assert 'value="07932"' in answer.text
    assert (
        'id="day" name="day" type="text" inputmode="numeric" autocomplete="off" maxlength="4" value="31"' in answer.text
    )


def test_what_was_typed_comes_back_as_text_never_as_markup(client: httpx.Client) -> None:
    typed = dict.fromkeys(("applicant_no", "day", "month", "year", "receipt_code"), '"><script>alert(1)</script>')
    assert "<script" not in client.post("/admissions/result", data=typed).text


def test_an_empty_form_is_answered_with_what_is_missing(client: httpx.Client) -> None:
    answer = client.post("/admissions/result", data={})
    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 3


def test_results_can_be_looked_up_while_the_store_is_away(
    client: httpx.Client,
    app: FastAPI,
    families: list[Family],
    publish: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    publish(families)

    def away() -> None:
        raise AssertionError

    monkeypatch.setattr(app.state.database_door, "open", away)
    assert client.get("/").status_code == 200
    assert client.post("/admissions/result", data=typed_by(families[0])).status_code == 200


def test_a_missing_page_says_so_to_people_and_to_programs_each_in_their_way(client: httpx.Client) -> None:
    page = client.get("/no-such-page", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "Không tìm thấy trang này" in page.text
    assert client.get("/api/v1/no-such-thing").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("map_sheet=&parcel_no=", "map_sheet"),
        ("map_sheet=&parcel_no=7", "map_sheet"),
        ("map_sheet=3&parcel_no=", "parcel_no"),
        ("lon=106.7&lat=", "lat"),
        ("lon=0&lat=0", "lon"),
        ("code=zz", "code"),
        ("lon=abc&lat=10.7", "lon"),
        ("lon=nan&lat=10.7", "lon"),
    ],
)
def test_a_parcel_search_that_cannot_be_answered_names_its_field(client: httpx.Client, query: str, field: str) -> None:
    answer = client.get(f"/parcels?{query}", headers={"accept": "text/html"})
    assert answer.status_code == 422
    assert f'<a href="#{field}">' in answer.text


def test_a_parcel_search_without_parcels_says_that_the_data_are_away(client: httpx.Client) -> None:
    answer = client.get("/parcels?map_sheet=1&parcel_no=1", headers={"accept": "text/html"})
    assert answer.status_code == 503
    assert "Dữ liệu tạm thời chưa sẵn sàng" in answer.text


def test_a_map_is_shut_into_an_origin_of_its_own(client: httpx.Client) -> None:
    answer = client.get("/maps/school/none", headers={"accept": "text/html"})
    assert "sandbox allow-scripts" in answer.headers["content-security-policy"]
