"""What the ground says about building on a parcel: land use, corridors, and the ground rules of every pack. Pure."""

from collections.abc import Sequence
from datetime import date

from permits.corridor_checks import corridor_findings
from permits.corridors import CORRIDOR_RULEBOOK
from permits.facts import ParcelFacts
from permits.findings import Finding
from permits.ground_checks import GroundChecks
from permits.model import HOUSES, Facts
from permits.rule_ground import ground_rule_findings
from permits.rulebook import Rulebook
from spatial.geometry import Located


def findings_on_ground(
    found: ParcelFacts,
    footprint: Located | None,
    uses: Sequence[Facts],
    *,
    rulebooks: Sequence[Rulebook],
    ground_rules: Rulebook | None,
    as_of: date,
) -> list[Finding]:
    """Return what the ground says about a parcel and a footprint on it, in the order in which it is told.

    Parameters
    ----------
    footprint
        In the coordinate system of the parcel.
    uses
        Facts for the rules, once for each use of the building, the main one first.
    rulebooks
        Packs that are asked.
    ground_rules
        Pack about land use, zones, boundaries and reservations, with which corridors and airports go: see
        `permits.rulebook.ground_rules_beside`. None: the packs speak alone.
    """
    main = uses[0]
    findings: list[Finding] = []
    if ground_rules is not None:
        on_ground = next((use for use in uses if use.building_type not in HOUSES), main)
        findings += GroundChecks(ground_rules, on_ground, as_of=as_of).findings(found, footprint)
        findings += corridor_findings(found, footprint, main, as_of=as_of)
    for book in rulebooks:
        if ground_rules is None or book.name != CORRIDOR_RULEBOOK:
            findings += ground_rule_findings(found, footprint, main, rulebook=book, as_of=as_of)
    return findings
