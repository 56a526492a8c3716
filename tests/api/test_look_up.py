import logging
import time
from collections.abc import Callable
from datetime import date
from statistics import median

import httpx
import pytest
from fastapi import FastAPI

from allocation.snapshot import Happened
from spatial.text import Text

LOOK_UP = "/api/v1/admissions/lookup"
Family = dict[str, str]
DECLINED = Happened(
    change="declined",
    changed_on=date(2026, 6, 12),
    has_left=True,
    sentence=Text("Đã từ chối ngày 12/6/2026.", "Declined on 12 June 2026."),
    can_do=(Text("Hỏi phường.", "Ask the ward."),),
)


@pytest.fixture(autouse=True)
def _published(publish: Callable[..., None], families: list[Family]) -> None:
    publish(families[:2])


def test_the_three_details_together_give_the_place(client: httpx.Client, families: list[Family]) -> None:
    answer = client.post(LOOK_UP, json=families[0])
    assert answer.status_code == 200
    assert answer.json() == {
        "round_id": "grade-1-2026",
        "round_title": {"vi": "Tuyển sinh lớp 1", "en": "Admission to grade 1"},
        "level": "grade_1",
        "school": {
            "school_code": "A",
            "name": "Trường A",
            "address": "1 Đường số 7",
            "lon": 106.7,
            "lat": 10.8,
        },
        "distance_m": 420,
        "reasons": [{"vi": "Trường gần nhất còn chỗ.", "en": "The nearest school with a free seat."}],
        "nearer_schools": [],
        "happened": None,
    }


def test_the_answer_repeats_neither_id_nor_date_nor_receipt(client: httpx.Client, families: list[Family]) -> None:
    body = client.post(LOOK_UP, json=families[0]).text
    assert not [value for value in families[0].values() if value in body]


def test_a_receipt_typed_carelessly_still_opens_the_result(client: httpx.Client, families: list[Family]) -> None:
    typed = families[0] | {"receipt_code": families[0]["receipt_code"].lower().replace("-", " ")}
    assert client.post(LOOK_UP, json=typed).status_code == 200


def test_a_family_that_declined_reads_what_happened_when_and_what_it_can_do(
    client: httpx.Client, publish: Callable[..., None], families: list[Family]
) -> None:
    publish(families[:1], school_code=None, happened=DECLINED)
    told = client.post(LOOK_UP, json=families[0]).json()
    assert (told["school"], told["reasons"], told["nearer_schools"]) == (None, [], [])
    assert told["happened"]["change"] == "declined"
    assert told["happened"]["changed_on"] == "2026-06-12"
    assert told["happened"]["sentence"] == {"vi": "Đã từ chối ngày 12/6/2026.", "en": "Declined on 12 June 2026."}
    assert told["happened"]["can_do"] == [{"vi": "Hỏi phường.", "en": "Ask the ward."}]
    year, month, day = families[0]["date_of_birth"].split("-")
    typed = families[0] | {"day": day, "month": month, "year": year}
    for language, words in (("vi", "Gia đình đã từ chối chỗ học"), ("en", "Your family declined the place")):
        page = client.post(f"/admissions/result?lang={language}", data=typed)
        assert page.status_code == 200
        assert words in page.text
        assert "12" in page.text


def test_nobody_without_all_three_details_learns_that_a_family_declined(
    client: httpx.Client, publish: Callable[..., None], families: list[Family]
) -> None:
    """A declined child with a wrong receipt, date or number is answered to the byte like a child never heard of."""
    publish(families[:1], school_code=None, happened=DECLINED)
    known, other, unknown = families
    misses = [unknown, *(known | {name: other[name]} for name in ("receipt_code", "date_of_birth", "applicant_no"))]
    answers = [client.post(LOOK_UP, json=miss) for miss in misses]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_every_kind_of_miss_gives_the_same_404_to_the_byte(client: httpx.Client, families: list[Family]) -> None:
    known, other, unknown = families
    misses = [
        unknown,
        known | {"receipt_code": other["receipt_code"]},
        known | {"date_of_birth": other["date_of_birth"]},
        known | {"applicant_no": other["applicant_no"]},
        known | {"applicant_no": "nobody"},
    ]
    answers = [client.post(LOOK_UP, json=miss) for miss in misses]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0].json()["code"] == "no_result"


def test_unknown_and_mismatched_take_the_same_time(app: FastAPI, families: list[Family]) -> None:
    """Asked of the published results themselves, where the only difference could arise."""
    published, (known, _, unknown) = app.state.published, families

    def took_s(number: str) -> float:
        started = time.perf_counter()
        assert published.look_up(number, date(2020, 1, 1), unknown["receipt_code"]) is None
        return time.perf_counter() - started

    took_s(known["applicant_no"])
    pairs = [(took_s(known["applicant_no"]), took_s(unknown["applicant_no"])) for _ in range(400)]
    mismatched_s, unknown_s = (median(column) for column in zip(*pairs, strict=True))
    assert mismatched_s == pytest.approx(unknown_s, rel=0.5)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"date_of_birth": "31/12/2020"}, "date_of_birth"),
        ({"receipt_code": "7K3M"}, "receipt_code"),
        ({"applicant_no": ""}, "applicant_no"),
        ({"applicant_no": 79}, "applicant_no"),
        ({"email": "x"}, "email"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_in_both_languages(
    client: httpx.Client, families: list[Family], change: dict[str, str], field: str
) -> None:
    answer = client.post(LOOK_UP, json=families[0] | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (fault,) = answer.json()["errors"]
    assert fault["field"] == field
    assert fault["message"]["vi"]
    assert fault["message"]["en"]


def test_a_refused_body_is_not_repeated_in_the_answer(client: httpx.Client, families: list[Family]) -> None:
    answer = client.post(LOOK_UP, json=families[0] | {"date_of_birth": "in May", "receipt_code": "secret-ish"})
    assert not [value for value in (families[0]["applicant_no"], "in May", "secret-ish") if value in answer.text]


def test_a_result_is_kept_in_no_cache(client: httpx.Client, families: list[Family]) -> None:
    assert client.post(LOOK_UP, json=families[0]).headers["cache-control"] == "no-store"
    assert client.post(LOOK_UP, json=families[2]).headers["cache-control"] == "no-store"


def test_personal_ids_reach_no_log(
    client: httpx.Client, families: list[Family], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.post(LOOK_UP, json=families[0])
    client.post(LOOK_UP, json=families[2])
    client.post(LOOK_UP, json=families[0] | {"date_of_birth": "never"})
    client.get(f"/api/v1/{families[0]['applicant_no']}?applicant_no={families[0]['applicant_no']}")
    assert "diaban.access" in {record.name for record in caplog.records}
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    for family in families:
        assert not [value for value in (family["applicant_no"], family["receipt_code"]) if value in ours]


def test_the_details_cannot_be_asked_for_in_an_address(client: httpx.Client, families: list[Family]) -> None:
    assert client.get(LOOK_UP, params=families[0]).status_code == 405
    answer = client.post(f"{LOOK_UP}?applicant_no=1", json=families[0])
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "applicant_no"


def test_a_new_publication_is_served_at_once_and_wholly(
    client: httpx.Client, publish: Callable[..., None], families: list[Family]
) -> None:
    assert client.post(LOOK_UP, json=families[0]).json()["school"]["school_code"] == "A"
    publish(families[1:], school_code="B")
    assert client.post(LOOK_UP, json=families[0]).status_code == 404
    assert client.post(LOOK_UP, json=families[1]).json()["school"]["school_code"] == "B"
    assert client.post(LOOK_UP, json=families[2]).json()["school"]["school_code"] == "B"


def test_the_look_up_needs_no_database(client: httpx.Client, app: FastAPI, families: list[Family]) -> None:
    def refuse() -> None:
        message = "the store was opened"
        raise AssertionError(message)

    app.state.database_door.open = refuse
    assert client.post(LOOK_UP, json=families[0]).status_code == 200
