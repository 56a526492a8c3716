"""Several purposes on one parcel, and words of old certificates that no program may translate."""

import pytest

from basemap.land_use import LandUse, Purpose, land_use_issues, read_land_use


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ODT", [("ODT", None)]),
        ("odt", [("ODT", None)]),
        ("ODT+CLN", [("ODT", None), ("CLN", None)]),
        ("ODT 60; CLN 40", [("ODT", 60.0), ("CLN", 40.0)]),
        ("ODT: 60,5 m²; CLN: 39,5 m2", [("ODT", 60.5), ("CLN", 39.5)]),
        ("ODT(60)+CLN(40)", [("ODT", 60.0), ("CLN", 40.0)]),
        ("ODT 60,5, CLN 40", [("ODT", 60.5), ("CLN", 40.0)]),
        ("60 m2 ODT và 40 m2 CLN", [("ODT", 60.0), ("CLN", 40.0)]),
        ("ODT 1.200,5", [("ODT", 1200.5)]),
        ("Đất ở tại đô thị: 60; đất trồng cây lâu năm: 40", [("ODT", 60.0), ("CLN", 40.0)]),
        ("Đất ở đô thị", [("ODT", None)]),
        ("Đất thương mại, dịch vụ", [("TMD", None)]),
    ],
)
def test_the_ways_in_which_registers_write_purposes_are_read(
    text: str, expected: list[tuple[str, float | None]]
) -> None:
    use = read_land_use(text)
    assert [(purpose.code, purpose.area_m2) for purpose in use.purposes] == expected
    assert use.unread == ()
    assert use.written == text


@pytest.mark.parametrize("text", ["T", "Thổ cư", "XYZ", "ODT?", "12", "=1+1", "x" * 600])
def test_what_no_code_names_stays_as_written(text: str) -> None:
    use = read_land_use(text)
    assert use.purposes == ()
    assert use.unread
    assert use.written == text


def test_one_readable_purpose_does_not_hide_an_unreadable_one() -> None:
    use = read_land_use("ODT 60; T 40")
    assert use.codes == ("ODT",)
    assert use.unread == ("T 40",)
    assert use.area_m2 is None


def test_an_area_that_two_clerks_read_differently_is_not_taken() -> None:
    """1.200 is twelve hundred in one office and one and a fifth in the next."""
    use = read_land_use("ODT 1.200")
    assert use.purposes == (Purpose(code="ODT", area_m2=None),)
    assert use.unread == ("ODT 1.200",)


def test_nothing_written_is_no_purpose() -> None:
    assert read_land_use(None) == read_land_use("  ") == LandUse()


def test_the_import_reports_each_unread_text_once_and_each_sum_that_differs() -> None:
    """100 m² registered: 60 + 40 agrees, 60 + 30 does not; T stands twice and is said once."""
    texts = ["ODT 60; CLN 40", "ODT 60; CLN 30", "T", "T", None]
    issues = list(land_use_issues(texts, [100.0, 100.0, 100.0, None, 50.0], file="p.gpkg", first_row=2))
    assert [(issue.code, issue.row) for issue in issues] == [("land_use_areas_differ", 3), ("land_use_unread", 4)]
    assert "2 parcels" in issues[1].message.en
