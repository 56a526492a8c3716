"""Who is to be placed together: groups, from the names that members give of each other."""

from collections.abc import Collection, Iterator

import pandas as pd

from allocation.personal_id import normalise, shown
from allocation.record_checks import RecordChecks
from spatial.issues import Issue, Severity
from spatial.text import Text

_SEPARATOR = ";"


def together_groups(checks: RecordChecks, frame: pd.DataFrame, *, others: Collection[str], any_id: bool) -> list[str]:
    """Return for each applicant who goes on the first number of the group, or an empty text for those alone.

    Any member may name any other, one by one or several separated by ``;``; whoever is named by one of a group
    belongs to it. Levels may differ.

    Parameters
    ----------
    frame
        applicant_no, together_with (as written) and record (index into the table) of those who go on.
    others
        Numbers that stand in the files but were set aside.
    """
    numbers = frame["applicant_no"].tolist()
    known = set(numbers)
    parent: dict[str, str] = {}
    asking = frame[frame["together_with"] != ""]
    for number, text, record in asking[["applicant_no", "together_with", "record"]].itertuples(index=False):
        for name in _names(text):
            other = name if any_id else normalise(name)
            if other in known and other != number:
                _unite(parent, number, other)
            elif other != number:
                checks.note(int(record), _nobody(shown(other, any_id=any_id), is_aside=other in others))
            else:
                checks.note(int(record), _ONESELF)
    return [_first(parent, number) if number in parent else "" for number in numbers]


def _names(text: str) -> Iterator[str]:
    return (name.strip() for name in text.split(_SEPARATOR) if name.strip())


def _first(parent: dict[str, str], number: str) -> str:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


def _unite(parent: dict[str, str], one: str, other: str) -> None:
    """Join two groups under the smaller of their first numbers."""
    for number in (one, other):
        parent.setdefault(number, number)
    first, second = sorted((_first(parent, one), _first(parent, other)))
    parent[second] = first


def _nobody(name: str, *, is_aside: bool) -> Issue:
    message = (
        Text(
            "Em được nêu tên đã được để riêng, nên không xét cùng trường.",
            "The child named here was set aside; no common school is looked for.",
        )
        if is_aside
        else Text("Không có hồ sơ nào mang số này.", "No applicant has this number.")
    )
    return Issue(
        severity=Severity.WARNING,
        code="together_set_aside" if is_aside else "together_unknown",
        field="together_with",
        value=name,
        message=message,
        hint=Text("Kiểm tra số của anh, chị, em.", "Check the number of the brother or sister."),
    )


_ONESELF = Issue(
    severity=Severity.WARNING,
    code="together_oneself",
    field="together_with",
    message=Text("Hồ sơ nêu tên chính mình.", "The applicant names nobody but the own number."),
    hint=Text("Ghi số của anh, chị, em.", "Write the number of the brother or sister."),
)
