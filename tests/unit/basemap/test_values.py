"""Values as the kinds that a layer declares."""

import math
import unicodedata
from datetime import date, datetime

import pandas as pd
import pytest

from basemap.model import Attribute, Kind
from basemap.values import clean_text, coerce, coerce_column
from spatial.text import Text


def attribute(kind: Kind, **rules: object) -> Attribute:
    return Attribute(name="a", kind=kind, label=Text("a", "a"), **rules)  # type: ignore[arg-type]  # rules vary


TEXT, REAL, WHOLE, DAY, YES_NO = (
    attribute(kind) for kind in (Kind.TEXT, Kind.REAL, Kind.INTEGER, Kind.DATE, Kind.BOOLEAN)
)


@pytest.mark.parametrize("raw", [None, float("nan"), pd.NA, pd.NaT, "", "   "])
@pytest.mark.parametrize("kind", list(Kind))
def test_nothing_is_nothing_in_every_kind(raw: object, kind: Kind) -> None:
    assert coerce(raw, attribute(kind)).value is None
    assert coerce(raw, attribute(kind)).problem is None


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        (26797.0, TEXT, "26797"),
        (26797, TEXT, "26797"),
        (" Bến Thành ", TEXT, "Bến Thành"),
        ("3", WHOLE, 3),
        (3.0, WHOLE, 3),
        ("12.5", REAL, 12.5),
        ("12,5", REAL, 12.5),
        ("1e3", REAL, 1000.0),
        ("2024-02-29", DAY, date(2024, 2, 29)),
        ("03/02/2025", DAY, date(2025, 2, 3)),
        ("20150219", DAY, date(2015, 2, 19)),
        ("3/2/2025", DAY, date(2025, 2, 3)),
        ("2024-02-29T00:00:00", DAY, date(2024, 2, 29)),
        (datetime(2024, 2, 29, 8, 30), DAY, date(2024, 2, 29)),  # noqa: DTZ001 - files hold days without a zone
        (pd.Timestamp("2024-02-29"), DAY, date(2024, 2, 29)),
        (date(2024, 2, 29), DAY, date(2024, 2, 29)),
        ("Có", YES_NO, True),
        (0, YES_NO, False),
        (True, YES_NO, True),
    ],
)
def test_ways_to_write_the_same_value(raw: object, kind: Attribute, value: object) -> None:
    result = coerce(raw, kind)
    assert result.problem is None
    assert result.value == value
    assert type(result.value) is type(value)


@pytest.mark.parametrize(
    ("raw", "kind", "code", "hint"),
    [
        ("20042025", DAY, "no_such_date", "dd/mm/yyyy"),
        ("20-04-2025", DAY, "date_format", "yyyy-mm-dd or dd/mm/yyyy"),
        ("Apr 20, 2025", DAY, "date_format", "yyyy-mm-dd or dd/mm/yyyy"),
        (45767, DAY, "date_format", "yyyy-mm-dd or dd/mm/yyyy"),
        ("04/20/2025", DAY, "no_such_date", "day stands before the month"),
        ("30/02/2025", DAY, "no_such_date", "day stands before the month"),
        ("ba tầng", WHOLE, "not_a_number", "like 1234.5"),
        ("1,234", REAL, "not_a_number", "like 1234.5"),
        ("12 m", REAL, "not_a_number", "without a unit"),
        (math.inf, REAL, "not_a_number", "like 1234.5"),
        ("nan", REAL, "not_a_number", "like 1234.5"),
        (True, REAL, "not_a_number", "like 1234.5"),
        (2.5, WHOLE, "not_whole", "Make it whole"),
        ({"a": 1}, TEXT, "not_text", "not a list"),
        (["x"], TEXT, "not_text", "not a list"),
        ("maybe", YES_NO, "not_yes_or_no", "true or false"),
    ],
)
def test_a_value_of_the_wrong_form_says_what_to_write(raw: object, kind: Attribute, code: str, hint: str) -> None:
    result = coerce(raw, kind)
    assert result.value is None
    assert result.problem is not None
    assert result.problem.code == code
    assert hint in result.problem.hint.en


def test_codes_match_without_regard_to_case_and_others_list_what_is_allowed() -> None:
    coded = attribute(Kind.TEXT, codes=("primary", "kindergarten"))
    assert coerce("PRIMARY", coded).value == "primary"
    problem = coerce("Education", coded).problem
    assert problem is not None
    assert problem.code == "not_in_code_list"
    assert "primary, kindergarten" in problem.hint.en


@pytest.mark.parametrize(("raw", "is_fine"), [(0, True), (1, True), (-0.01, False), (1.01, False)])
def test_bounds_are_inclusive(raw: float, is_fine: bool) -> None:  # noqa: FBT001 - a case of the table
    ratio = attribute(Kind.REAL, minimum=0, maximum=1)
    assert (coerce(raw, ratio).problem is None) == is_fine


def test_decomposed_text_is_composed_and_noted() -> None:
    """Composed it has 20 letters; decomposed three more marks (two on the ễ, one on the ị), and they differ."""
    name = "Nguyễn Thị Minh Khai"
    decomposed = unicodedata.normalize("NFD", name)
    assert (len(name), len(decomposed)) == (20, 23)
    assert decomposed != name
    result = coerce(decomposed, TEXT)
    assert (result.value, result.was_cleaned) == (name, True)
    assert not coerce(name, TEXT).was_cleaned


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Lê\u200b Lợi", "Lê Lợi"),
        ("\u202eLợi", "Lợi"),
        ("Lê\nLợi", "Lê Lợi"),
        ("\ufeffLê Lợi\x00", "Lê Lợi"),
        ("Lê  Lợi", "Lê Lợi"),
    ],
)
def test_hidden_and_direction_changing_characters_go(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


def test_what_a_reader_must_see_stays_as_it_is() -> None:
    for text in ("=HYPERLINK(1)", "<script>", "45/12/7A Đường số 7", "O'Brien & Co"):
        assert clean_text(text) == text


def test_one_and_true_are_not_taken_for_one_another_in_a_column() -> None:
    column = coerce_column(pd.Series([1, True, 1.0, "1"], dtype=object), WHOLE)
    assert column.items == [1, None, 1, 1]
    assert list(column.problems) == [1]
