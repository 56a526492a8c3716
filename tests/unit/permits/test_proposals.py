"""What is proposed, as it arrives: outlines drawn in DXF or given as GeoJSON, and one clear message for each slip."""

from pathlib import Path

import pytest
import shapely
from plots import CRS, X, Y, checked, plot, proposed
from shapely.geometry import mapping

from permits.footprint_files import footprint_of_drawing, must_lie_near
from permits.model import Verdict
from permits.proposal import read_proposal
from spatial.errors import InputError
from spatial.geometry import Located
from spatial.text import Text


def dxf(folder: Path, *outlines: tuple[str, list[tuple[float, float, float]], bool]) -> Path:
    """Write light polylines: layer, corners with bulge, whether closed."""
    lines = ["0", "SECTION", "2", "ENTITIES"]
    for layer, corners, is_closed in outlines:
        lines += ["0", "LWPOLYLINE", "8", layer, "90", str(len(corners)), "70", "1" if is_closed else "0"]
        for x, y, bulge in corners:
            lines += ["10", str(x), "20", str(y), *(["42", str(bulge)] if bulge else [])]
    path = folder / "ban-ve.dxf"
    path.write_text("\n".join([*lines, "0", "ENDSEC", "0", "EOF", ""]), encoding="utf-8")
    return path


def rectangle(x: float, y: float, width: float, depth: float) -> list[tuple[float, float, float]]:
    return [(x, y, 0), (x + width, y, 0), (x + width, y + depth, 0), (x, y + depth, 0)]


def test_the_closed_outlines_of_one_layer_are_the_footprint(tmp_path: Path) -> None:
    """Two houses of 5 m by 8 m: 80 m²; the axis on another layer does not count."""
    path = dxf(
        tmp_path,
        ("CONG_TRINH", rectangle(X, Y, 5, 8), True),
        ("CONG_TRINH", rectangle(X, Y + 10, 5, 8), True),
        ("TRUC", [(X, Y, 0), (X + 5, Y, 0)], False),
    )
    outline = footprint_of_drawing(path)
    assert outline.crs == CRS
    assert outline.area_m2 == pytest.approx(80.0)


def test_an_arc_becomes_chords_that_keep_its_area(tmp_path: Path) -> None:
    """A square of 4 m whose side bulges by a half circle of 2 m radius: 16 + 2π m²."""
    corners = [(X, Y, 0.0), (X + 4, Y, 1.0), (X + 4, Y + 4, 0.0), (X, Y + 4, 0.0)]
    outline = footprint_of_drawing(dxf(tmp_path, ("NHA", corners, True)))
    assert outline.area_m2 == pytest.approx(16 + 2 * 3.14159265, rel=2e-4)


@pytest.mark.parametrize(
    ("outlines", "layer", "said"),
    [
        ([("NHA", [(X, Y, 0.0), (X + 5, Y, 0.0), (X + 5, Y + 8, 0.0)], False)], "NHA", "not closed"),
        ([("NHA", rectangle(X, Y, 5, 8), True), ("SAN", rectangle(X, Y, 2, 2), True)], "", "Several layers"),
        ([("NHA", rectangle(X, Y, 5, 8), True)], "MAI", "no layer 'MAI'"),
        ([("NHA", [(X, Y, 0), (X + 5, Y + 5, 0), (X + 5, Y, 0), (X, Y + 5, 0)], True)], "NHA", "crosses itself"),
        ([("NHA", [(X, Y, 0.0), (X + 5, Y, 0.0)], False)], "", "no closed outline"),
    ],
)
def test_a_drawing_that_cannot_be_used_says_why(
    tmp_path: Path, outlines: list[tuple[str, list[tuple[float, float, float]], bool]], layer: str, said: str
) -> None:
    with pytest.raises(InputError) as refused:
        footprint_of_drawing(dxf(tmp_path, *outlines), layer=layer)
    assert said in refused.value.message.en
    assert refused.value.message.vi


@pytest.mark.parametrize(
    ("drawn", "code"),
    [
        (rectangle(0, 0, 5, 8), "outside_country"),
        (rectangle(1000 * X, 1000 * Y, 5000, 8000), "crs_contradicted"),
        (rectangle(Y, X, 5, 8), "crs_contradicted"),
    ],
)
def test_a_drawing_in_other_units_or_from_its_own_origin_is_told_in_which_to_draw(
    tmp_path: Path, drawn: list[tuple[float, float, float]], code: str
) -> None:
    with pytest.raises(InputError) as refused:
        footprint_of_drawing(dxf(tmp_path, ("NHA", drawn, True)))
    assert (refused.value.code, refused.value.hint) == (
        code,
        Text(
            "Vẽ hoặc xuất lại theo mét trong EPSG:9210, tọa độ đông trước.",
            "Draw or export it in metres in EPSG:9210, the easting first.",
        ),
    )


def test_an_outline_of_another_place_is_no_proposal_for_the_parcel() -> None:
    """A plot from (0, 0) to (5, 20) m: 990 m beside it is a matter of the check, 2.5 km off another drawing."""
    parcel = plot().parcel.place
    must_lie_near(Located(geometry=shapely.box(X + 995, Y, X + 1000, Y + 8), crs=CRS), parcel)
    with pytest.raises(InputError, match=r"lies 2\.5 km from the parcel") as refused:
        must_lie_near(Located(geometry=shapely.box(X + 2505, Y, X + 2510, Y + 8), crs=CRS), parcel)
    assert refused.value.code == "outline_elsewhere"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"floors": 0}, "should be 1 or more"),
        ({"floors": 300}, "should be at most 120"),
        ({"building_height_m": 1700}, "Is it in centimetres?"),
        ({"floors": 4, "building_height_m": 170}, "Is it in centimetres?"),
        ({"footprint": mapping(shapely.box(106.70, 10.77, 106.71, 10.78)), "footprint_crs": CRS}, "like degrees"),
        ({"footprint": mapping(shapely.box(X, Y, X + 5, Y + 5))}, "like metres"),
        ({"footprint": mapping(shapely.box(10.77, 106.70, 10.78, 106.71))}, "swapped"),
        ({"footprint": mapping(shapely.box(Y, X, Y + 5, X + 5)), "footprint_crs": CRS}, "swapped"),
        (
            {"footprint": mapping(shapely.Polygon([(106, 10), (108, 12), (108, 10), (106, 12)]))},
            "crosses itself, or has a hole outside, near 107.000000, 11.000000.",
        ),
    ],
)
def test_a_slip_gets_one_clear_message_in_both_languages(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        read_proposal(given)
    assert said in refused.value.sentence("en")
    assert refused.value.message.vi != refused.value.message.en


def test_a_footprint_outside_its_parcel_is_a_finding_and_no_error() -> None:
    outcome = checked(plot(), proposed(shapely.box(X + 30, Y, X + 35, Y + 10)))
    inside = next(each for each in outcome.findings if each.name == "house.inside_parcel")
    assert (inside.verdict, inside.proposed) == (Verdict.VIOLATES, pytest.approx(50.0))


def test_of_several_uses_the_stricter_limit_counts() -> None:
    """10,000 m², 46 m high: an apartment building may cover 41 % (Table 2.9), a commercial one 46 % (Table 2.10)."""
    plot_facts = {"plot_area_m2": 10_000, "building_height_m": 46, "area_type": "new_development", "footprint_m2": 4500}
    approved = {"plan_approval_date": "2023-05-01", "former_province": "hcmc"}
    found = {
        "+".join(uses): checked(
            plot(), read_proposal({**plot_facts, **approved, "uses": uses}), rulebook="qcvn-01-2021"
        )
        for uses in (["commercial"], ["apartment"], ["commercial", "apartment"])
    }
    ratios = {uses: outcome.limits.by_name["max_site_coverage_ratio"] for uses, outcome in found.items()}
    assert {uses: limit.value for uses, limit in ratios.items()} == {
        "commercial": 0.46,
        "apartment": 0.41,
        "commercial+apartment": 0.41,
    }
    assert ratios["commercial+apartment"].verdict is Verdict.VIOLATES


@pytest.mark.parametrize("uses", [[], ["shop"], "commercial", [1]])
def test_uses_that_are_no_list_of_kinds_are_refused(uses: object) -> None:
    with pytest.raises(InputError, match="uses"):
        read_proposal({"uses": uses})
