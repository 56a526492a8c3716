"""What is different between two screenings: parcels, verdicts, rules and figures, and what the cause may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from permits.screening import SCREENED_LIMITS

_JUDGED = ("verdict", "violated", "for_review", "concerned", "in_doubt", "not_checked", *SCREENED_LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningDifference:
    """What changed from an earlier screening to a later one.

    Parameters
    ----------
    added, removed
        Parcels that only one of them knows, sorted.
    changed
        One row a changed value: ``parcel``, ``column``, ``before``, ``after``, by parcel, then by column.
    causes
        What the two were made from differs in these: ``as_of``, a rule-pack, a layer; (before, after) each.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: pd.DataFrame
    causes: Mapping[str, tuple[object, object]]

    @property
    def changed_parcel_count(self) -> int:
        """How many parcels are told something else."""
        return int(self.changed["parcel"].nunique())


def compare_screenings(
    before: pa.Table, after: pa.Table, *, about: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> ScreeningDifference:
    """Return what differs, parcel by parcel.

    Parameters
    ----------
    before, after
        Rows as `permits.screening_file.read_screening` gives them.
    about
        What each says about itself.
    """
    earlier, later = (_by_parcel(table) for table in (before, after))
    shared = earlier.index.intersection(later.index).sort_values()
    rows = []
    for column in _JUDGED:
        old, new = earlier.loc[shared, column], later.loc[shared, column]
        differs = (old != new) & ~(old.isna() & new.isna())
        rows.append(
            pd.DataFrame(
                {"parcel": shared[differs], "column": column, "before": old[differs].array, "after": new[differs].array}
            ).astype(object)
        )
    changed = pd.concat(rows, ignore_index=True).sort_values(["parcel", "column"], ignore_index=True)
    return ScreeningDifference(
        added=tuple(sorted(later.index.difference(earlier.index))),
        removed=tuple(sorted(earlier.index.difference(later.index))),
        changed=changed,
        causes=_causes(*about),
    )


def _by_parcel(table: pa.Table) -> pd.DataFrame:
    """Return the rows by parcel; lists as one text each, so that they compare and print alike."""
    frame = table.select(["parcel", *_JUDGED]).to_pandas().set_index("parcel")
    for column in ("violated", "for_review", "concerned", "in_doubt", "not_checked"):
        frame[column] = [" ".join(words) for words in frame[column]]
    frame["verdict"] = frame["verdict"].astype(object)
    return frame


def _causes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
    flat = [_flat(about) for about in (before, after)]
    names = sorted({*flat[0], *flat[1]})
    return {name: (flat[0].get(name), flat[1].get(name)) for name in names if flat[0].get(name) != flat[1].get(name)}


def _flat(about: Mapping[str, Any]) -> dict[str, object]:
    parts = {name: value for name, value in about.items() if not isinstance(value, Mapping)}
    for group in ("rulebooks", "layer_versions", "supposed"):
        parts |= {f"{group}.{name}": value for name, value in about.get(group, {}).items()}
    return parts
