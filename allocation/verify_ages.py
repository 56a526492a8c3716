"""Does the year of birth fit the level? It is read from the personal ID: no date of birth is in the files of a round.

The fourth digit of a personal ID tells century and sex, the next two the year. Whoever is younger than the level's age
may not be in the round; whoever is older may, if the policy lists a reason that allows so many years. Which reason a
family gave stands in the records of the office, and is not proven here.

References
----------
Nghị định 137/2015/NĐ-CP, Điều 13; Luật Giáo dục 2019, Điều 28.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from allocation.verify_state import Checked
from spatial.text import Text

_FIRST_CENTURY_START = 1900


def ages_are_known(state: Checked) -> bool:
    """Whether the policy says who may enter, and the numbers of the round say when somebody was born."""
    return state.files.policy["eligibility"] is not None and state.files.summary.get("any_id") is False


def check_ages(state: Checked) -> Iterator[Text]:
    """Yield the applicants whom the policy does not let into their level."""
    if not ages_are_known(state):
        return
    rule = state.files.policy["eligibility"]
    levels = np.array(state.files.applicants["level"], dtype=object)
    born = np.array([_birth_year(number) for number in state.files.applicants["applicant_no"]], dtype=np.int64)
    for level, age_years in rule["age_years"].items():
        due = rule["school_year"] - age_years
        latest_years = _latest_years(rule, level)
        fits = (due - latest_years <= born) & (born <= due)
        for index in np.flatnonzero((levels == level) & ~fits).tolist():
            yield Text(
                f"Hồ sơ {state.shown[index]}: sinh năm {born[index]}, cấp này dành cho năm {due}"
                f" (muộn nhiều nhất {latest_years} năm).",
                f"Applicant {state.shown[index]}: born in {born[index]}, the level is for {due} "
                f"(at most {latest_years} years late).",
            )


def _latest_years(rule: Mapping[str, Any], level: str) -> int:
    reasons = (reason["max_years"] for reason in rule["late_entry"] if level in reason["levels"])
    return max(reasons, default=0)


def _birth_year(number: str) -> int:
    return _FIRST_CENTURY_START + 100 * (int(number[3]) // 2) + int(number[4:6])
