"""Both languages say the same things, each in its own manner."""

import re
import string
from datetime import UTC, date, datetime
from importlib import resources
from types import SimpleNamespace

import pytest

from api.i18n import language_of, sentences, speech
from api.parcel_view import LIMIT_GROUPS
from api.validation_messages import message_of
from permits.limit_fields import LIMIT_FIELDS
from permits.model import Verdict
from spatial.text import Text

VI, EN = speech("vi"), speech("en")
_CALL = re.compile(r"""\bt\(["']([a-z_]+\.[A-Za-z_0-9]+)["'][,)]""")


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_sentences() -> None:
    assert set(sentences("vi")) == set(sentences("en"))


def test_both_languages_have_the_same_places_to_fill() -> None:
    different = [key for key in sentences("vi") if places(sentences("vi")[key]) != places(sentences("en")[key])]
    assert different == []


def test_no_sentence_is_empty_or_decomposed() -> None:
    for language in ("vi", "en"):
        for key, sentence in sentences(language).items():
            assert sentence.strip(), key
            assert not re.search("[\u0300-\u036f]", sentence), key


def test_every_sentence_that_a_template_asks_for_exists() -> None:
    folder = resources.files("api") / "templates"
    asked = {key for page in folder.iterdir() for key in _CALL.findall(page.read_text(encoding="utf-8"))}
    assert len(asked) > 100
    assert asked - set(sentences("vi")) == set()


@pytest.mark.parametrize("name", tuple(LIMIT_FIELDS))
def test_every_limit_has_a_name_for_people(name: str) -> None:
    assert f"limit.{name}" in sentences("vi")


def test_every_limit_stands_in_exactly_one_group_with_a_title() -> None:
    grouped = [name for names in LIMIT_GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(LIMIT_FIELDS)
    assert all(f"limit_group.{group}" in sentences("vi") for group in LIMIT_GROUPS)


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_a_word(verdict: Verdict) -> None:
    assert f"verdict.{verdict.value}" in sentences("en")


@pytest.mark.parametrize(
    ("query", "cookie", "language"),
    [
        ({}, {}, "vi"),
        ({"lang": "en"}, {}, "en"),
        ({}, {"diaban_language": "en"}, "en"),
        ({"lang": "vi"}, {"diaban_language": "en"}, "vi"),
        ({"lang": "fr"}, {}, "vi"),
        ({"lang": "<script>"}, {"diaban_language": "../en"}, "vi"),
    ],
)
def test_the_address_goes_before_the_cookie_and_vietnamese_is_the_rest(
    query: dict[str, str], cookie: dict[str, str], language: str
) -> None:
    assert language_of(SimpleNamespace(query_params=query, cookies=cookie)) == language


def test_numbers_are_written_in_the_manner_of_each_language() -> None:
    assert VI.metres(1234) == "1.234\N{NO-BREAK SPACE}m"
    assert EN.metres(1234) == "1,234\N{NO-BREAK SPACE}m"
    assert VI.area(72.5) == "72,5\N{NO-BREAK SPACE}m²"
    assert EN.number(3.0, digits=2) == "3"
    assert VI.percent(0.8234, digits=2) == "82,34%"


def test_a_walk_of_a_kilometre_and_more_is_told_in_kilometres_too() -> None:
    assert VI.walk(999) == "999\N{NO-BREAK SPACE}m"
    assert VI.walk(1249) == "1.249\N{NO-BREAK SPACE}m (1,2\N{NO-BREAK SPACE}km)"


def test_days_are_written_day_first_and_by_the_clock_of_vietnam() -> None:
    assert VI.day(date(2026, 11, 22)) == "22/11/2026"
    assert EN.day(date(2026, 11, 22)) == "22/11/2026"
    assert VI.day(datetime(2026, 11, 21, 18, 0, tzinfo=UTC)) == "22/11/2026", "01:00 of the next day in Vietnam"


def test_a_number_and_its_unit_stay_on_one_line() -> None:
    assert (
        VI.say(Text("con đi bộ 640 m, lô 60 m².", "")) == "con đi bộ 640\N{NO-BREAK SPACE}m, lô 60\N{NO-BREAK SPACE}m²."
    )
    assert VI.say(Text("lớp 1 một mẹ", "")) == "lớp 1 một mẹ"


def test_a_choice_among_words_is_told_in_the_language_of_the_reader() -> None:
    finding = {"type": "literal_error", "ctx": {"expected": "'house_new' or 'other_new'"}}
    assert message_of(finding).vi == "Phải là một trong: 'house_new' hoặc 'other_new'."
    assert message_of(finding).en == "It must be one of: 'house_new' or 'other_new'."
