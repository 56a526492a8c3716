"""A building against corridors, power lines and airports: a finding for each, with article, area and distance. Pure.

Outlines that were drawn are weighed by the rules of the kind ``overlap`` in the rule-pack ``corridors``. A power line
without one is told with the half-width of the decree, an indication. Heights near an airport need the elevation of
the ground, which no layer gives.

References
----------
NĐ 14/2014/NĐ-CP, Article 11; NĐ 62/2025/NĐ-CP, Article 16; NĐ 222/2026/NĐ-CP, Articles 82 and 86.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import shapely

from basemap.model import LAYERS, LayerName
from permits.answers import CAUSE_TEXTS, Concern, LayerAnswer, LayerStatus
from permits.corridors import CORRIDOR_RULEBOOK, Conductor, Figure, half_width_m
from permits.facts import STREET_SEARCH_M, ParcelFacts
from permits.findings import Finding, finding_of_rule
from permits.ground_measures import features_near
from permits.model import Facts, ReasonCode, Verdict, exact
from permits.rule_ground import ground_rule_findings
from permits.rulebook import Rulebook, load_rulebook
from spatial.geometry import Located
from spatial.text import NO_TEXT, Text


def corridor_findings(
    found: ParcelFacts, footprint: Located | None, facts: Facts, *, as_of: date, rulebook: Rulebook | None = None
) -> Iterator[Finding]:
    """Yield what corridors, power lines and airports say about a parcel and a footprint on it.

    Parameters
    ----------
    rulebook
        By default the product's own pack ``corridors``.
    """
    book = rulebook or load_rulebook(CORRIDOR_RULEBOOK)
    for finding in ground_rule_findings(found, footprint, facts, rulebook=book, as_of=as_of):
        yield _explained(finding, found, footprint, facts)
    yield from _power_lines(found, footprint, book, as_of=as_of)
    height_m = facts.building_height_m
    yield from book.remembered(("height", as_of, height_m), lambda: tuple(_height(height_m, book, as_of=as_of)))


def _explained(finding: Finding, found: ParcelFacts, footprint: Located | None, facts: Facts) -> Finding:
    """Return a finding with the names of what it is about, the area inside, and for an airport the height."""
    if finding.verdict is Verdict.COMPLIES or finding.note.vi:
        return finding
    concerns = [concern for layer in finding.layers for concern in found.layers[layer].felt]
    if not concerns:
        return finding
    said = [_named(concern, footprint) for concern in concerns]
    if finding.layers == (LayerName.AIRPORT_SURFACE,):
        said += [_surface_height(concern, facts.building_height_m) for concern in concerns]
        missing = ("ground_elevation_m", *(() if facts.building_height_m is not None else ("building_height_m",)))
        finding = replace(finding, missing=missing)
    return replace(finding, note=_joined(said))


def _named(concern: Concern, footprint: Located | None) -> Text:
    subject = Text("thửa đất", "the parcel") if footprint is None else Text("công trình", "the building")
    common = concern.geometry.geometry
    inside = common if footprint is None else shapely.intersection(footprint.geometry, common)
    decision = concern.detail.get("decision")
    paper = f" ({decision})" if isinstance(decision, str) and decision else ""
    area, distance = f"{inside.area:.1f}", f"{concern.distance_m:.1f}"
    how = Text(f"{_vi(area)} m² của {subject.vi}", f"{area} m² of {subject.en}")
    if concern.distance_m > 0:
        how = Text(f"cách thửa đất {_vi(distance)} m", f"{distance} m from the parcel")
    return Text(f"{concern.name or '?'}{paper}: {how.vi}.", f"{concern.name or '?'}{paper}: {how.en}.")


def _surface_height(concern: Concern, building_height_m: float | None) -> Text:
    """Say on what ground a building would reach the surface: the elevation of the surface less its height."""
    lowest_m = concern.detail.get("lowest_elevation_m")
    if not isinstance(lowest_m, int | float) or lowest_m != lowest_m:  # noqa: PLR0124 - not NaN
        return Text("Chưa biết độ cao của bề mặt.", "The height of the surface is not known.")
    surface = f"{lowest_m:.1f}"
    if building_height_m is None:
        return Text(
            f"Bề mặt ở cao độ {_vi(surface)} m trên mực nước biển.", f"The surface lies {surface} m above sea level."
        )
    height, ground = f"{building_height_m:.1f}", f"{float(exact(lowest_m) - exact(building_height_m)):.1f}"
    return Text(
        f"Bề mặt ở cao độ {_vi(surface)} m trên mực nước biển: công trình cao {_vi(height)} m chạm bề mặt nếu mặt đất "
        f"từ {_vi(ground)} m trở lên.",
        f"The surface lies {surface} m above sea level: a building of {height} m reaches it where the ground lies at "
        f"{ground} m or higher.",
    )


def _power_lines(
    found: ParcelFacts, footprint: Located | None, rulebook: Rulebook, *, as_of: date
) -> Iterator[Finding]:
    """Yield one finding for each line near the parcel, or that none is near, or that nobody knows."""
    answer = found.layers[LayerName.POWER_LINE]
    rule = rulebook.rule("power.half_width", as_of=as_of)
    layers = (LayerName.POWER_LINE,)
    for concern in answer.felt:
        figure = _half_width(concern, rulebook, as_of=as_of)
        distance_m = _distance_m(concern, found, footprint)
        reason = ReasonCode.MISSING_INPUT if figure is None else figure.reason or ReasonCode.DISCRETION_OF_AUTHORITY
        finding = finding_of_rule(
            rulebook,
            rule,
            Verdict.NEEDS_REVIEW,
            reason=reason,
            value=None if figure is None else figure.value_m,
            proposed=distance_m,
            place=concern.geometry,
            note=_line_note(concern, figure),
            layers=layers,
        )
        yield replace(finding, margin=None if finding.margin is None else -finding.margin)
    if answer.status is LayerStatus.NOT_CHECKED:
        reason = ReasonCode.LAYER_NOT_LOADED
        yield finding_of_rule(rulebook, rule, Verdict.NEEDS_REVIEW, reason=reason, note=_silent(answer), layers=layers)
    elif not answer.felt and footprint is not None:
        yield finding_of_rule(rulebook, rule, Verdict.COMPLIES, layers=layers)


def _half_width(concern: Concern, rulebook: Rulebook, *, as_of: date) -> Figure | None:
    voltage_kv, conductor = concern.detail.get("voltage_kv"), concern.detail.get("conductor")
    is_stated = isinstance(voltage_kv, int | float) and voltage_kv == voltage_kv  # noqa: PLR0124 - not NaN
    if not is_stated or conductor not in tuple(Conductor):
        return None
    return half_width_m(float(str(voltage_kv)), str(conductor), as_of=as_of, rulebook=rulebook)


def _distance_m(concern: Concern, found: ParcelFacts, footprint: Located | None) -> float:
    """Return how far the footprint keeps from a line, else how far the parcel does."""
    if footprint is None or found.ground is None:
        return concern.distance_m
    where = {"feature_id": (concern.feature_id,)}
    near = features_near(found.ground, LayerName.POWER_LINE, footprint.geometry, within_m=STREET_SEARCH_M, where=where)
    return float(shapely.distance(footprint.geometry, near.union)) if near.count else concern.distance_m


def _line_note(concern: Concern, figure: Figure | None) -> Text:
    name = concern.name or "?"
    if figure is None or figure.value_m is None:
        return Text(
            f"{name}: chưa biết chiều rộng hành lang (điện áp, loại dây); khoảng cách tính đến tim tuyến.",
            f"{name}: the width of its corridor is not known (voltage, conductor); distance to the drawn line.",
        )
    width = f"{figure.value_m:.1f}"
    return Text(
        f"{name}: hành lang khoảng {_vi(width)} m từ dây ngoài cùng, để tham khảo; khoảng cách tính đến tim tuyến.",
        f"{name}: a corridor of some {width} m from the outer conductor, an indication; distance to the drawn line.",
    )


def _height(height_m: float | None, rulebook: Rulebook, *, as_of: date) -> Iterator[Finding]:
    """Yield whether the height alone asks for approval, wherever it stands: 100 m above ground or more."""
    rule = rulebook.rule("airport.height_approval", as_of=as_of)
    if not rulebook.is_in_force(rule, as_of=as_of):
        return
    least_m = rule.parameter("above_ground_from_m")
    if height_m is None:
        verdict, reason = Verdict.NEEDS_REVIEW, ReasonCode.NOTHING_PROPOSED
    elif exact(height_m) >= least_m:
        verdict, reason = Verdict.NEEDS_REVIEW, ReasonCode.DISCRETION_OF_AUTHORITY
    else:
        verdict, reason = Verdict.COMPLIES, None
    days = int(rulebook.rule("airport.approval_days", as_of=as_of).parameter("housing_working_days"))
    note = Text(
        f"Cục Tác chiến chấp thuận độ cao; nhà ở {days} ngày làm việc (Điều 86 khoản 4).",
        f"The Operations Department approves the height; {days} working days for housing (Article 86.4).",
    )
    finding = finding_of_rule(
        rulebook, rule, verdict, reason=reason, value=float(least_m), proposed=height_m, note=note
    )
    yield replace(finding, unit="m", missing=("building_height_m",) if height_m is None else ())


def _silent(answer: LayerAnswer) -> Text:
    why = NO_TEXT if answer.cause is None else CAUSE_TEXTS[answer.cause]
    label = LAYERS[answer.layer].label
    return Text(f"{label.vi}: {why.vi} {answer.note.vi}".strip(), f"{label.en}: {why.en} {answer.note.en}".strip())


def _joined(said: list[Text]) -> Text:
    return Text(" ".join(text.vi for text in said), " ".join(text.en for text in said))


def _vi(figure: str) -> str:
    return figure.replace(".", ",")
