"""What a policy's tiers and seat groups may ask of an applicant: columns of words, as the file states them."""

import numpy as np
import pandas as pd

from allocation.model import APPLICANT_FACTS
from allocation.record_checks import RecordChecks

RESIDENCE_COLUMNS = ("ward", "resident_since")
_SEPARATOR = ";"
LONGEST_LIST = 1000


def applicant_facts(checks: RecordChecks) -> dict[str, pd.Series]:
    """Return the columns of `allocation.model.APPLICANT_FACTS` that the file has, words in one canonical form.

    ``ward``, the ward where the child lives, stands for ``area`` where that is empty.
    """
    table = checks.table
    facts = {name: words_of(checks, name) for name in APPLICANT_FACTS if table.has(name)}
    if table.has("ward"):
        ward = words_of(checks, "ward")
        facts["area"] = facts["area"].where(facts["area"] != "", ward) if "area" in facts else ward
    return facts


def words_of(checks: RecordChecks, name: str) -> pd.Series:
    """Return a column of words separated by ``;``: without blanks, each word once, in the order of the alphabet."""
    checks.note_unusable_names(name, longest=LONGEST_LIST)
    text = checks.table.column(name)
    is_list = text.str.contains(_SEPARATOR, regex=False).to_numpy(dtype=bool)
    if not is_list.any():
        return text
    canonical = text.to_numpy(dtype=object).copy()
    canonical[is_list] = [_canonical(words) for words in canonical[is_list]]
    return pd.Series(np.asarray(canonical), index=text.index, dtype="str", name=name)


def _canonical(words: str) -> str:
    return _SEPARATOR.join(sorted({word.strip() for word in words.split(_SEPARATOR)} - {""}))
