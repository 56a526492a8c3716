"""Figures of corridors: how far a power line reaches, how high an airport lets one build, and how sure each figure is.

A figure of a law that was not read comes back with a reason: it is an indication, and whoever uses it answers
NEEDS_REVIEW. Nothing here looks at a map; elevations are arguments, and unknown ones stay unknown.

References
----------
NĐ 14/2014/NĐ-CP, Article 11; NĐ 62/2025/NĐ-CP, Article 16; NĐ 222/2026/NĐ-CP, Articles 82 and 86 and Annex Ia,
Tables 1-2, 2-2 and 2-10. The figures stand in the rule-pack ``corridors``.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from permits.model import Citation, ReasonCode, exact
from permits.rulebook import Rule, Rulebook, load_rulebook

CORRIDOR_RULEBOOK: Final = "corridors"
_HIGH_VOLTAGE_OVER_KV: Final = 1
_STEPS_KV: Final = ((22, "to_22_kv"), (35, "to_35_kv"))
_NAMED_KV: Final = {110: "at_110_kv", 220: "at_220_kv", 500: "at_500_kv"}


class Conductor(StrEnum):
    """How a line is made."""

    BARE = "bare"
    COVERED = "covered"
    UNDERGROUND = "underground"


class DesignGroup(StrEnum):
    """Aeroplane design group of a runway (NĐ 222/2026, Annex Ia, Table 1-2)."""

    I = "I"  # noqa: E741 - the decree's own name
    IIA = "IIA"
    IIB = "IIB"
    IIC = "IIC"
    III = "III"
    IV = "IV"
    V = "V"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure in metres, and whether it decides.

    Parameters
    ----------
    value_m
        None where the law gives none for this case.
    reason
        Why the figure decides nothing; None where it does.
    """

    value_m: float | None
    rule: str
    citation: Citation
    reason: ReasonCode | None = None

    @property
    def is_certain(self) -> bool:
        """Whether the figure decides."""
        return self.reason is None and self.value_m is not None

    def to_json(self) -> dict[str, object]:
        """Return the figure for programs."""
        return {
            "value": self.value_m,
            "unit": "m",
            "reason": None if self.reason is None else self.reason.value,
            "rule": self.rule,
            "citation": str(self.citation),
        }


def _figure(rule_id: str, parameter: str | None, as_of: date, rulebook: Rulebook | None) -> Figure:
    """Return a parameter of a rule, with the reason why it may decide nothing on ``as_of``."""
    book = rulebook or load_rulebook(CORRIDOR_RULEBOOK)
    rule = book.rule(rule_id, as_of=as_of)
    found = None if parameter is None else rule.parameters.get(parameter)
    if not book.is_in_force(rule, as_of=as_of):
        reason: ReasonCode | None = ReasonCode.NOT_IN_FORCE
    elif found is None:
        reason = ReasonCode.BEYOND_TABLE
    else:
        reason = None if book.is_verified(rule, as_of=as_of) else ReasonCode.RULE_UNVERIFIED
    value_m = None if found is None or reason is ReasonCode.NOT_IN_FORCE else float(found)
    return Figure(value_m=value_m, rule=rule.id, citation=book.citation(rule), reason=reason)


def _voltage_step(voltage_kv: float) -> str | None:
    """Return the step of the table that a voltage stands in; none at low voltage or between the printed ones."""
    if voltage_kv <= _HIGH_VOLTAGE_OVER_KV:
        return None
    for highest_kv, step in _STEPS_KV:
        if voltage_kv <= highest_kv:
            return step
    return _NAMED_KV.get(int(voltage_kv)) if voltage_kv == int(voltage_kv) else None


def half_width_m(voltage_kv: float, conductor: str, *, as_of: date, rulebook: Rulebook | None = None) -> Figure:
    """Return how far a power corridor reaches from the outer conductor at rest, in metres.

    Since 4 March 2025 the figure is that of the decree before, an indication: the new table was not read.

    Parameters
    ----------
    conductor
        ``bare``, ``covered`` or ``underground`` (`Conductor`).

    Raises
    ------
    ValueError
        There is no such kind of conductor.

    References
    ----------
    NĐ 14/2014/NĐ-CP, Article 11.1; NĐ 62/2025/NĐ-CP.
    """
    kind = Conductor(conductor)
    if kind is Conductor.UNDERGROUND:
        parameter: str | None = "underground_m"
    else:
        step = _voltage_step(voltage_kv)
        parameter = None if step is None else f"{step}_{kind.value}_m"
    return _figure("power.half_width", parameter, as_of, rulebook)


def house_clearance_m(voltage_kv: float, *, as_of: date, rulebook: Rulebook | None = None) -> Figure:
    """Return the least distance of a house inside a corridor to the conductor at its greatest sag, in metres.

    Over 220 kV the article is silent, and so is the figure.

    References
    ----------
    NĐ 62/2025/NĐ-CP, Article 16.1.
    """
    step = _voltage_step(voltage_kv)
    step = "to_35_kv" if step == "to_22_kv" else step
    return _figure("power.house_clearance", None if step is None else f"{step}_m", as_of, rulebook)


def vertical_clearance_m(voltage_kv: float, *, as_of: date, rulebook: Rulebook | None = None) -> Figure:
    """Return the vertical safe distance under a line by the decree in force until March 2025, in metres.

    References
    ----------
    NĐ 14/2014/NĐ-CP, Article 11.2.
    """
    step = _voltage_step(voltage_kv)
    step = "to_35_kv" if step == "to_22_kv" else step
    return _figure("power.vertical_clearance", None if step is None else f"{step}_m", as_of, rulebook)


def design_group(*, speed_km_per_h: float, wingspan_m: float, rulebook: Rulebook | None = None) -> DesignGroup | None:
    """Return the design group of a runway's main aeroplane: the higher of what its speed and its wingspan ask for.

    None beyond the table (80 m of wingspan, 307 km/h).

    References
    ----------
    NĐ 222/2026/NĐ-CP, Annex Ia, Section 2, Table 1-2.
    """
    rule = _rule("airport.design_group", rulebook)

    def under(value: float, parameter: str) -> bool:
        return value < rule.parameter(parameter)

    if not under(speed_km_per_h, "fast_under_km_per_h"):
        return None
    if under(wingspan_m, "large_from_m"):
        if under(speed_km_per_h, "slow_under_km_per_h"):
            return DesignGroup.I if under(wingspan_m, "small_under_m") else DesignGroup.IIA
        return DesignGroup.IIB if under(speed_km_per_h, "medium_under_km_per_h") else DesignGroup.IIC
    large = {
        "group_iii_under_m": DesignGroup.III,
        "group_iv_under_m": DesignGroup.IV,
        "group_v_under_m": DesignGroup.V,
    }
    return next((group for parameter, group in large.items() if under(wingspan_m, parameter)), None)


def _rule(rule_id: str, rulebook: Rulebook | None) -> Rule:
    book = rulebook or load_rulebook(CORRIDOR_RULEBOOK)
    return next(rule for rule in book.rules if rule.id == rule_id)


def horizontal_surface_height_m(
    distance_m: float, group: DesignGroup, *, as_of: date, rulebook: Rulebook | None = None
) -> Figure:
    """Return the height of the horizontal surface above the aerodrome, in metres; none outside its radius.

    Parameters
    ----------
    distance_m
        To the nearest threshold, or to the line between two thresholds: arcs round them, joined by tangents.

    References
    ----------
    NĐ 222/2026/NĐ-CP, Annex Ia, Section 4, 3.2 and Table 2-10.
    """
    name = group.value.lower()
    radius = _figure("airport.horizontal_surface", f"group_{name}_radius_m", as_of, rulebook)
    is_inside = radius.value_m is not None and distance_m <= radius.value_m
    parameter = f"group_{name}_height_m" if is_inside or radius.value_m is None else None
    found = _figure("airport.horizontal_surface", parameter, as_of, rulebook)
    return _outside(found) if found.reason is ReasonCode.BEYOND_TABLE else found


def approach_surface_height_m(
    distance_from_threshold_m: float, *, as_of: date, rulebook: Rulebook | None = None
) -> Figure:
    """Return the height of the approach surface of an instrument runway above the threshold, in metres.

    None before it begins and beyond its length.

    Parameters
    ----------
    distance_from_threshold_m
        Along the extended centre line, away from the runway.

    References
    ----------
    NĐ 222/2026/NĐ-CP, Annex Ia, Section 4, 2.1 and Table 2-2: it begins 60 m before the threshold, is 4,500 m long
    and rises by 3.33 %.
    """
    begins = _figure("airport.approach_surface", "begins_m", as_of, rulebook)
    if begins.value_m is None:
        return begins
    rule = _rule("airport.approach_surface", rulebook)
    along_m = exact(distance_from_threshold_m) - rule.parameter("begins_m")
    if not 0 <= along_m <= rule.parameter("length_m"):
        return _outside(begins)
    return replace(begins, value_m=float(along_m * rule.parameter("slope_ratio")))


def approach_half_width_m(distance_from_threshold_m: float, group: DesignGroup, *, as_of: date) -> Figure:
    """Return half the width of the approach surface at a distance, in metres.

    References
    ----------
    NĐ 222/2026/NĐ-CP, Annex Ia, Section 4, Table 2-2, without its notes a to c on the width of the runway.
    """
    height = approach_surface_height_m(distance_from_threshold_m, as_of=as_of)
    if height.value_m is None:
        return height
    rule = _rule("airport.approach_surface", None)
    along_m = exact(distance_from_threshold_m) - rule.parameter("begins_m")
    inner_m = rule.parameter(f"group_{group.value.lower()}_inner_edge_m")
    return replace(height, value_m=float(inner_m / 2 + along_m * rule.parameter("divergence_ratio")))


def _outside(figure: Figure) -> Figure:
    return replace(figure, value_m=None, reason=ReasonCode.OUT_OF_SCOPE)
