"""Whether an individual house needs a permit (Construction Law 135/2025, Article 43.2.g)."""

from permits.model import Facts, exact
from permits.rulebook import Rule
from permits.rules.plot import Question


def permit_required(facts: Facts, rule: Rule) -> Question:
    """Answer True as soon as one condition of the exemption fails, False only when all are known to hold."""
    fails = {
        "floors": None if facts.floors is None else exact(facts.floors) >= rule.parameter("under_floors"),
        "gross_floor_area_m2": (
            None
            if facts.gross_floor_area_m2 is None
            else exact(facts.gross_floor_area_m2) >= rule.parameter("under_gross_floor_area_m2")
        ),
        "in_functional_zone": facts.in_functional_zone,
        "in_urban_development_area_general_plan": facts.in_urban_development_area_general_plan,
        "in_rural_residential_area_general_plan": facts.in_rural_residential_area_general_plan,
        "in_commune_plan_built_area": facts.in_commune_plan_built_area,
        "in_architecture_regulation_area": facts.in_architecture_regulation_area,
    }
    if any(answer is True for answer in fails.values()):
        return Question(answer=True)
    missing = tuple(name for name in rule.inputs if fails[name] is None)
    return Question(answer=None, missing=missing) if missing else Question(answer=False)
