"""What the page of a parcel says, put into three heaps: concerned, checked and clear, not checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.orm import Session

from api.parcel_layers import Item, clear_items, concerned_items, unchecked_items
from basemap import store
from basemap.model import LayerName
from permits import service
from permits.check import Check
from permits.envelope_service import judge_under
from permits.fact_sheet import FACT_FIELDS
from permits.facts import Concern, ParcelFacts
from permits.findings import Finding
from permits.ground_checks import OTHER_RESTRICTIONS
from permits.model import REASON_TEXTS, BuildingType, Facts, Limit, ReasonCode, Verdict
from permits.parcels import ParcelName
from permits.proposal import Proposal
from permits.rulebook import ALL_RULEBOOKS, DEFAULT_RULEBOOK, Rulebook, load_rulebook
from spatial.errors import DataUnavailableError
from spatial.text import NO_TEXT, Text

_MARKS = {
    Verdict.COMPLIES: "ok",
    Verdict.VIOLATES: "bad",
    Verdict.NEEDS_REVIEW: "review",
    Verdict.NOT_APPLICABLE: "none",
}
LIMIT_GROUPS: Mapping[str, tuple[str, ...]] = {
    "density": (
        "max_site_coverage_ratio",
        "max_tower_site_coverage_ratio",
        "max_footprint_m2",
        "max_plot_ratio",
        "max_gross_floor_area_m2",
        "min_green_ratio",
    ),
    "height": (
        "max_floors",
        "max_basements",
        "max_roof_height_m",
        "max_height_at_building_line_m",
        "standard_height_at_building_line_m",
        "max_ground_floor_height_m",
    ),
    "setback": (
        "min_front_setback_m",
        "min_tower_front_setback_m",
        "min_rear_setback_m",
        "extra_floor_setback_m",
        "through_plot_setback_m",
        "min_basement_ramp_setback_m",
        "max_balcony_projection_m",
        "min_balcony_clearance_m",
        "min_spacing_long_sides_m",
        "min_spacing_gable_m",
        "min_spacing_rear_rows_m",
    ),
    "plot": ("governing_road_width_m", "plot_is_standard", "min_frontage_m", "max_row_length_m", "permit_required"),
}
"""Which limits people read together; the keys stand below ``limit_group`` in the locale."""


_HEADLINE_LIMITS = ("max_site_coverage_ratio", "max_floors", "max_height_at_building_line_m", "min_front_setback_m")
"""What everybody asks first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelView:
    """All that the page shows.

    Parameters
    ----------
    rulebook
        The pack that the limits come from; None: all of them were asked, and the smallest limit counts.
    supposed
        What the limits take for granted: label of the fact, and its code, a key below ``code`` in the locale.
    """

    found: ParcelFacts
    check: Check
    rulebook: Rulebook | None
    supposed: tuple[tuple[Text, str], ...]
    ward_name: str
    concerned: tuple[Item, ...]
    clear: tuple[Item, ...]
    unchecked: tuple[Item, ...]


def view_of(session: Session, name: ParcelName, *, building_type: BuildingType, as_of: date) -> ParcelView:
    """Return what is known of a parcel; the limits suppose a building of that kind in an existing residential area.

    A row house is answered by the pack about row houses, every other kind by all packs together.

    Raises
    ------
    NotFoundError, ConflictError
        There is no such parcel, or several.
    """
    found = service.facts_of_parcel(session, service.parcel_named(session, name))
    supposed = replace(service.DEMONSTRATION_FACTS, building_type=building_type)
    asked = DEFAULT_RULEBOOK if building_type is BuildingType.ROW_HOUSE else ALL_RULEBOOKS
    checked = judge_under(asked, as_of=as_of)(found, Proposal(facts=supposed))
    ground = [finding for finding in checked.findings if finding.name not in checked.limits.by_name]
    return ParcelView(
        found=found,
        check=checked,
        rulebook=None if asked == ALL_RULEBOOKS else load_rulebook(asked),
        supposed=_told(supposed),
        ward_name=ward_names(session).get(found.parcel.ward_code, found.parcel.ward_code),
        concerned=_concerned(found, ground),
        clear=_clear(found, ground),
        unchecked=tuple(unchecked_items(found)),
    )


def limit_groups(limits: Mapping[str, Limit]) -> list[tuple[str, list[Limit]]]:
    """Return the limits that apply to the parcel, settled and open, by what people read together."""
    apply = {name: limit for name, limit in limits.items() if limit.verdict is not Verdict.NOT_APPLICABLE}
    groups = [(group, [apply[name] for name in names if name in apply]) for group, names in LIMIT_GROUPS.items()]
    return [(group, rows) for group, rows in groups if rows]


def headline_limits(limits: Mapping[str, Limit]) -> list[Limit]:
    """Return the limits that everybody asks for first, where they apply."""
    named = [limits[name] for name in _HEADLINE_LIMITS if name in limits]
    return [limit for limit in named if limit.verdict is not Verdict.NOT_APPLICABLE]


def _told(facts: Facts) -> tuple[tuple[Text, str], ...]:
    known = [(field.label, getattr(facts, name)) for name, field in FACT_FIELDS.items()]
    return tuple((label, str(value)) for label, value in known if value is not None)


def ward_names(session: Session) -> dict[str, str]:
    """Return the wards of the published layer, code to name, by name; empty when there is none."""
    try:
        wards = store.read_layer(session, LayerName.WARD)
    except DataUnavailableError:
        return {}
    pairs = zip(wards["ward_code"], wards["name"], strict=True)
    return {str(code): str(name) for code, name in sorted(pairs, key=lambda pair: (pair[1], pair[0]))}


def wards_to_choose(session: Session) -> dict[str, str]:
    """Return the wards that a parcel can be looked for in, code to name, those with a name first.

    Parcels keep the code that stands on their certificate; a code that the published wards no longer have is
    offered as it is, with an empty name.
    """
    names, codes = ward_names(session), service.ward_codes(session)
    known = {code: name for code, name in names.items() if code in codes or not codes}
    return known | {code: "" for code in codes if code not in names}


def _concerned(found: ParcelFacts, ground: list[Finding]) -> tuple[Item, ...]:
    told = [finding for finding in ground if finding.rule != OTHER_RESTRICTIONS]
    worst_first = sorted(told, key=lambda finding: finding.verdict is not Verdict.VIOLATES)
    open_ones = [_item(finding, found) for finding in worst_first if finding.verdict is not Verdict.COMPLIES]
    weighed = {layer for finding in told if finding.verdict is not Verdict.COMPLIES for layer in finding.layers}
    return (*_together(open_ones), *concerned_items(found, told=weighed))


def _together(items: Sequence[Item]) -> list[Item]:
    """Say once what one rule asks, with a note for each place that it asks it of."""
    by_rule: dict[tuple[Text, str, str], Item] = {}
    for item in items:
        key = (item.title, item.verdict, item.citation)
        before = by_rule.get(key)
        kept = () if before is None else tuple(note for note in before.notes if note not in item.notes)
        notes = (*kept, *item.notes)
        by_rule[key] = replace(item, notes=notes)
    return list(by_rule.values())


def _clear(found: ParcelFacts, ground: list[Finding]) -> tuple[Item, ...]:
    complying = [_item(finding, found) for finding in ground if finding.verdict is Verdict.COMPLIES]
    return (*complying, *clear_items(found))


def _item(finding: Finding, found: ParcelFacts) -> Item:
    bite = next((each for each in found.reservations if each.geometry == finding.place), None)
    # Nobody proposes anything on this page: it need not be said of each rule.
    is_said = bite is None and finding.reason not in (None, ReasonCode.NOTHING_PROPOSED)
    reason = REASON_TEXTS[finding.reason] if is_said and finding.reason is not None else NO_TEXT
    notes = (finding.note, reason, _reservation_note(bite) if bite else NO_TEXT)
    return Item(
        title=Text(f"Lộ giới {bite.name}", f"Road reservation of {bite.name}") if bite else finding.title,
        mark=_MARKS[finding.verdict],
        verdict="CONCERNED" if bite else finding.verdict.value,
        citation=finding.citation,
        requirement=finding.requirement,
        notes=tuple(note for note in notes if note.vi),
    )


def _reservation_note(concern: Concern) -> Text:
    width = concern.detail.get("planned_width_m")
    planned = Text(f", lộ giới {width:g} m", f", planned width {width:g} m") if isinstance(width, float) else NO_TEXT
    decision = concern.detail.get("decision")
    source = f" ({decision})" if isinstance(decision, str) and decision else ""
    area_m2 = f"{concern.area_m2:.1f}"
    return Text(
        f"Lấy {area_m2.replace('.', ',')} m² của thửa đất{planned.vi}{source}.",
        f"Takes {area_m2} m² of the parcel{planned.en}{source}.",
    )
