"""Several files of applicants as one table, so that a child who stands in two of them is found."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from allocation.table_files import SourceTable
from spatial.errors import InputError
from spatial.text import Text

_ALL_OR_NONE = (("level",), ("x", "y"), ("lon", "lat"))
"""Columns that decide how a whole table is read: either every file has them or none."""


def joined(tables: Sequence[SourceTable]) -> SourceTable:
    """Return the records of all tables one after the other; a column that a file lacks is empty there.

    Raises
    ------
    InputError
        Two files have the same name, or some have levels or coordinates and others not.
    """
    if len(tables) == 1:
        return tables[0]
    _must_have_distinct_names(tables)
    for names in _ALL_OR_NONE:
        _must_agree(tables, names)
    return SourceTable(
        file=", ".join(table.file for table in tables),
        frame=pd.concat([table.frame for table in tables], ignore_index=True).fillna(""),
        row=np.concatenate([table.row for table in tables]),
        issues=tuple(issue for table in tables for issue in table.issues),
        files=np.repeat(np.array([table.file for table in tables], dtype=object), [len(t.frame) for t in tables]),
    )


def _must_have_distinct_names(tables: Sequence[SourceTable]) -> None:
    name, count = Counter(table.file for table in tables).most_common(1)[0]
    if count > 1:
        raise InputError(
            Text("Hai tệp hồ sơ có cùng tên.", "Two files of applicants have the same name."),
            hint=Text("Mỗi tệp một tên, để biết dòng nào của tệp nào.", "Give each a name of its own."),
            subject=name,
        )


def _must_agree(tables: Sequence[SourceTable], names: tuple[str, ...]) -> None:
    without = [table.file for table in tables if not table.has(*names)]
    if 0 < len(without) < len(tables):
        columns, files = ", ".join(names), ", ".join(without)
        raise InputError(
            Text(f"Có tệp hồ sơ thiếu cột {columns}: {files}.", f"Some files lack the column {columns}: {files}."),
            hint=Text("Ghi các cột này trong mọi tệp hồ sơ.", "Give these columns in every file of applicants."),
            subject=files,
        )
