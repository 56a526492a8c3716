"""Findings on plots, streets and schools drawn by hand: what is wrong, whose it is, how large, and where."""

from collections.abc import Sequence

import geopandas as gpd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from basemap.model import LayerName
from basemap.quality import QUALITY_RULES, check_quality
from basemap.quality_findings import Finding, QualityReport, RuleOutcome, Surroundings
from spatial.crs import BA_RIA_VUNG_TAU, HCMC, WGS84, known_crs, transformer
from spatial.errors import InputError

EAST, NORTH = 603_701.0, 1_191_178.0
"""A corner near Bến Thành market, EPSG:9210."""


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def frame_of(geometries: Sequence[BaseGeometry], **columns: object) -> gpd.GeoDataFrame:
    ids = [f"F{number}" for number in range(1, len(geometries) + 1)]
    return gpd.GeoDataFrame({"feature_id": ids, **columns}, geometry=list(geometries), crs=HCMC)


def parcels(*geometries: BaseGeometry, **columns: object) -> gpd.GeoDataFrame:
    numbers = [str(number) for number in range(1, len(geometries) + 1)]
    given = {
        "ward_code": ["26743"] * len(numbers),
        "map_sheet": ["10"] * len(numbers),
        "parcel_no": numbers,
        "registered_area_m2": [float("nan")] * len(numbers),
    }
    return frame_of(geometries, **(given | columns))


def check(frame: gpd.GeoDataFrame, layer: LayerName = LayerName.PARCEL, **options: object) -> QualityReport:
    return check_quality(frame, layer, file="plots.gpkg", **options)  # type: ignore[arg-type]  # options vary


def found(report: QualityReport, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.issue.code == code]


def only(report: QualityReport) -> Finding:
    (finding,) = report.findings
    return finding


def outcome(report: QualityReport, code: str) -> RuleOutcome:
    return next(each for each in report.outcomes if each.code == code)


def test_every_layer_has_rules_and_no_code_stands_twice() -> None:
    assert set(QUALITY_RULES) == set(LayerName)
    for rules in QUALITY_RULES.values():
        codes = [rule.code for rule in rules]
        assert len(codes) == len(set(codes))


def test_plots_that_lie_side_by_side_have_no_findings() -> None:
    report = check(parcels(box(0, 0, 10, 10), box(10, 0, 20, 10), box(0, 10, 20, 20)))
    assert report.findings == ()
    assert all(each.found_count == 0 for each in report.outcomes)


def test_an_overlap_names_both_plots_and_its_ground() -> None:
    finding = only(check(parcels(box(0, 0, 10, 10), box(9, 4, 19, 10))))
    assert (finding.issue.code, finding.feature_ids) == ("overlap", ("F1", "F2"))
    assert finding.area_m2 == pytest.approx(6.0)
    assert finding.geometry.equals(box(9, 4, 10, 10))
    assert "overlap by 6.000 m2" in finding.issue.message.en.replace("²", "2")


def test_a_plot_inside_another_overlaps_with_all_of_itself() -> None:
    finding = only(check(parcels(box(0, 0, 20, 20), box(5, 5, 8, 8))))
    assert finding.area_m2 == pytest.approx(9.0)


def test_the_same_geometry_twice_is_a_duplicate_and_no_overlap() -> None:
    turned = shapely.Polygon([(EAST + x, NORTH + y) for x, y in ((10, 10), (0, 10), (0, 0), (10, 0))])
    finding = only(check(parcels(box(0, 0, 10, 10), turned)))
    assert (finding.issue.code, finding.feature_ids) == ("geometry_duplicate", ("F2", "F1"))


def test_a_slit_between_plots_is_a_gap_even_when_it_opens_to_the_street() -> None:
    finding = only(check(parcels(box(0, 0, 10, 10), box(10.2, 0, 20, 10))))
    assert (finding.issue.code, set(finding.feature_ids)) == ("gap", {"F1", "F2"})
    assert finding.area_m2 == pytest.approx(2.0)


def test_an_alley_between_plots_is_no_gap() -> None:
    assert check(parcels(box(0, 0, 10, 10), box(12, 0, 22, 10))).findings == ()


def test_between_wards_every_hole_is_a_gap_however_wide() -> None:
    ring = [box(0, 0, 30, 10), box(0, 20, 30, 30), box(0, 10, 10, 20), box(20, 10, 30, 20)]
    report = check(frame_of(ring, ward_code=list("abcd"), name=list("abcd")), LayerName.WARD)
    finding = only(report)
    assert finding.issue.code == "gap"
    assert len(finding.feature_ids) == 4
    assert finding.area_m2 == pytest.approx(100.0)
    assert check(parcels(*ring)).findings == ()


def test_a_strip_of_ten_centimetres_is_a_sliver() -> None:
    finding = only(check(parcels(box(0, 0, 10, 10), box(10, 0, 10.1, 10))))
    assert (finding.issue.code, finding.feature_ids) == ("sliver", ("F2",))
    assert finding.area_m2 == pytest.approx(1.0)


def test_a_number_that_counts_nothing_is_none() -> None:
    frame = parcels(*(box(20 * i, 0, 20 * i + 10, 10) for i in range(5)), parcel_no=["0", "?", "chưa có", "7", "12a"])
    assert [finding.feature_ids for finding in found(check(frame), "parcel_without_number")] == [
        ("F1",),
        ("F2",),
        ("F3",),
    ]


def test_letters_name_a_sheet_in_another_country_and_none_in_viet_nam() -> None:
    """A French section is a letter or two; ``?`` and ``0`` are signs for none everywhere."""
    squares = [box(700_000 + 20 * i, 6_600_000, 700_010 + 20 * i, 6_600_010) for i in range(4)]
    frame = parcels(*squares, map_sheet=["BW", "?", "0", "A"])
    in_viet_nam = found(check(frame), "parcel_without_number")
    in_france = found(check(frame.set_crs("EPSG:2154", allow_override=True)), "parcel_without_number")
    assert [finding.feature_ids[0] for finding in in_viet_nam] == ["F1", "F2", "F3", "F4"]
    assert [finding.feature_ids[0] for finding in in_france] == ["F2", "F3"]


def test_parcels_of_one_number_are_shown_together_with_their_distance() -> None:
    frame = parcels(box(0, 0, 10, 10), box(40, 0, 50, 10), box(80, 0, 90, 10), parcel_no=["7", "8", "7"])
    finding = only(check(frame))
    assert (finding.issue.code, finding.feature_ids, finding.distance_m) == ("repeated_key", ("F1", "F3"), 70.0)


def test_a_registered_area_may_be_off_by_three_per_cent_and_one_square_metre() -> None:
    boxes = [box(20 * i, 0, 20 * i + 10, 10) for i in range(4)]
    report = check(parcels(*boxes, registered_area_m2=[102.9, 103.2, 95.0, float("nan")]))
    assert [finding.feature_ids for finding in report.findings] == [("F3",), ("F2",)]
    assert "95.0" in report.findings[0].issue.message.en
    small = parcels(box(0, 0, 2, 2), registered_area_m2=[4.9])
    assert check(small).findings == ()


def streets(*lines: shapely.LineString) -> QualityReport:
    return check(frame_of(lines), LayerName.STREET)


def test_a_street_that_stops_two_metres_short_is_found_once() -> None:
    report = streets(line((0, 0), (100, 0)), line((50, 2), (50, 80)))
    finding = found(report, "street_nearly_touches")[0]
    assert len(found(report, "street_nearly_touches")) == 1
    assert finding.feature_ids == ("F2", "F1")
    assert finding.distance_m == pytest.approx(2.0)
    assert finding.geometry.equals(line((50, 2), (50, 0)))


def test_two_ends_that_face_each_other_are_one_place() -> None:
    report = streets(line((0, 0), (50, 0)), line((51, 0), (100, 0)))
    assert len(found(report, "street_nearly_touches")) == 1


def test_an_end_that_the_network_joins_by_itself_is_none() -> None:
    assert streets(line((0, 0), (100, 0)), line((50, 0.4), (50, 80))).findings == ()


def test_a_street_that_runs_a_metre_past_a_crossing_is_connected() -> None:
    assert streets(line((0, 0), (100, 0)), line((50, -1), (50, 80))).findings == ()


def test_streets_that_no_way_leads_to_are_an_island_with_their_length() -> None:
    cross = line((0, 0), (100, 0)), line((50, -40), (50, 40))
    report = streets(*cross, line((0, 50), (40, 50)), line((40, 50), (40, 80)))
    finding = only(report)
    assert (finding.issue.code, finding.feature_ids, finding.distance_m) == ("street_island", ("F3", "F4"), 70.0)


def test_a_school_outside_every_ward_says_how_far_it_is() -> None:
    points = [shapely.Point(EAST + 5, NORTH + 5), shapely.Point(EAST + 130, NORTH + 5)]
    wards = frame_of([box(0, 0, 100, 100)])
    report = check(frame_of(points), LayerName.SCHOOL, around=Surroundings(wards=wards))
    finding = only(report)
    assert (finding.issue.code, finding.feature_ids, finding.distance_m) == ("outside_every_ward", ("F2",), 30.0)


def test_without_wards_a_school_is_not_checked_and_never_clear() -> None:
    report = check(frame_of([shapely.Point(EAST, NORTH)]), LayerName.SCHOOL)
    rule = outcome(report, "outside_every_ward")
    assert not rule.is_checked
    assert "not checked (no wards are published)" in rule.sentence().en


@pytest.mark.parametrize(("true_crs", "told"), [("EPSG:32648", "--crs EPSG:32648"), (BA_RIA_VUNG_TAU, BA_RIA_VUNG_TAU)])
def test_numbers_of_another_system_under_a_vn2000_label_are_found_by_the_wards(true_crs: str, told: str) -> None:
    """The plots lie in the ward; their numbers in the other system, labelled EPSG:9210, do not."""
    plots = [box(20 * i, 0, 20 * i + 10, 10) for i in range(5)]
    mislabelled = [shapely.transform(plot, transformer(HCMC, true_crs)) for plot in plots]
    report = check(
        parcels(*mislabelled), around=Surroundings(wards=frame_of([box(-50, -50, 200, 200)])), source_crs=HCMC
    )
    finding = only(report)
    assert (finding.issue.code, finding.feature_ids) == ("crs_suspected", ())
    assert "0% of the features lie in published wards" in finding.issue.message.en
    assert told in finding.issue.hint.en


def test_a_true_label_raises_no_suspicion_and_a_file_in_degrees_is_not_asked() -> None:
    wards = frame_of([box(-50, -50, 200, 200)])
    assert check(parcels(box(0, 0, 10, 10)), around=Surroundings(wards=wards), source_crs=HCMC).findings == ()
    assert check(parcels(box(0, 0, 10, 10)), around=Surroundings(wards=wards), source_crs=WGS84).findings == ()


def test_a_label_written_out_in_full_is_not_suspected_of_being_itself() -> None:
    """What is published is checked under the store's own name for its system, which is WKT."""
    around = Surroundings(wards=frame_of([box(-50, -50, 200, 200)]))
    assert check(parcels(box(0, 0, 10, 10)), around=around).findings == ()
    assert check(parcels(box(0, 0, 10, 10)), around=around, source_crs=known_crs(HCMC).to_wkt()).findings == ()


def test_the_row_is_counted_as_a_person_counts_it_and_only_for_files() -> None:
    frame = parcels(box(0, 0, 10, 10), box(9, 4, 19, 10)).set_index(gpd.pd.Index([4, 9]))
    assert only(check(frame, source_crs=HCMC)).issue.row == 6
    assert only(check(frame)).issue.row is None


def test_when_the_time_is_up_rules_are_not_checked() -> None:
    report = check(parcels(box(0, 0, 10, 10), box(9, 4, 19, 10)), time_limit_s=-1.0)
    assert report.findings == ()
    assert {each.why_not_checked.en for each in report.outcomes} == {"the time was up"}


def test_degrees_are_refused() -> None:
    frame = gpd.GeoDataFrame({"feature_id": ["1"]}, geometry=[shapely.box(106, 10, 107, 11)], crs=WGS84)
    with pytest.raises(InputError, match="in degrees"):
        check(frame)


def test_a_report_lists_the_largest_and_counts_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("basemap.quality.MOST_FINDINGS_COUNT", 2)
    boxes = [box(100 * i, 0, 100 * i + 10, 10) for i in range(4)]
    over = [box(100 * i + 9 - i, 0, 100 * i + 15, 10) for i in range(4)]
    report = check(parcels(*boxes, *over))
    assert [finding.area_m2 for finding in report.findings] == pytest.approx([40.0, 30.0])
    assert (outcome(report, "overlap").found_count, outcome(report, "overlap").area_m2) == (4, pytest.approx(100.0))


def test_numbers_that_fit_the_wards_in_two_systems_are_called_ambiguous() -> None:
    """Wards stand both where the label puts the plots and where UTM would."""
    plot = box(0, 0, 10, 10)
    mislabelled = shapely.transform(plot, transformer(HCMC, "EPSG:32648"))
    wards = frame_of([plot.buffer(50), mislabelled.buffer(50)])
    finding = only(check(parcels(mislabelled), around=Surroundings(wards=wards), source_crs=HCMC))
    assert (finding.issue.code, finding.rule) == ("crs_ambiguous", "crs_suspected")
    assert "As labelled, 100%" in finding.issue.message.en
