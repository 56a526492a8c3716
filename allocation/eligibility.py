"""Who may enter which level: the age by year of birth, the reasons to enter later, and the day of the residence.

References
----------
Luật Giáo dục 2019, Điều 28; Thông tư 28/2020/TT-BGDĐT, Điều 33; Thông tư 32/2020/TT-BGDĐT, Điều 33. The numbers
themselves are data of the policy (`allocation.policy_rules.Eligibility`).
"""

from datetime import date
from enum import StrEnum

import numpy as np

from allocation.model import LEVEL_LABELS, Integers, Strings
from allocation.policy_rules import Eligibility, LateEntry
from spatial.issues import Issue, Severity
from spatial.text import Text


class AgeVerdict(StrEnum):
    """What the rule says of the age of one applicant at one level."""

    FITS = "fits"
    FITS_NEEDLESS_REASON = "late_entry_not_needed"
    LATE_FOR_A_REASON = "late_entry_accepted"
    NOT_CHECKED = "age_not_checked"
    TOO_YOUNG = "too_young"
    TOO_OLD = "too_old"
    REASON_UNKNOWN = "late_entry_unknown"
    REASON_NOT_FOR_LEVEL = "late_entry_not_for_level"
    TOO_LATE = "late_entry_too_late"


REFUSALS = frozenset(
    {
        AgeVerdict.TOO_YOUNG,
        AgeVerdict.TOO_OLD,
        AgeVerdict.REASON_UNKNOWN,
        AgeVerdict.REASON_NOT_FOR_LEVEL,
        AgeVerdict.TOO_LATE,
    }
)
"""With these the applicant stands aside."""


def years_late(rule: Eligibility, level: Strings, birth_year: Integers) -> Integers:
    """Return by how many calendar years each child is older than the level's age; negative: younger.

    Only meaningful where the level has an age and the year of birth is known (above 0).
    """
    ages = {str(name): years for name, years in rule.age_years.items()}
    age_years = np.array([ages.get(name, 0) for name in level], dtype=np.int64)
    return np.asarray(rule.school_year - age_years - birth_year, dtype=np.int64)


def age_verdicts(rule: Eligibility, level: Strings, birth_year: Integers, late_entry: Strings) -> list[AgeVerdict]:
    """Return for each applicant what the rule says of the age.

    Parameters
    ----------
    level
        As in the file.
    birth_year
        0 where it is not known.
    late_entry
        Code of the reason to enter later; empty where none is given.
    """
    with_age = {str(name) for name in rule.age_years}
    by_code = {reason.code: reason for reason in rule.late_entry}
    late = years_late(rule, level, birth_year)
    verdicts = [AgeVerdict.FITS] * len(level)
    unusual = (late != 0) | (birth_year == 0) | (late_entry != "") | [name not in with_age for name in level]
    for applicant in np.flatnonzero(unusual).tolist():
        if level[applicant] not in with_age or not birth_year[applicant]:
            verdicts[applicant] = AgeVerdict.NOT_CHECKED
        else:
            code = late_entry[applicant]
            verdicts[applicant] = _verdict(int(late[applicant]), level[applicant], code, by_code.get(code))
    return verdicts


def _verdict(late_years: int, level: str, code: str, reason: LateEntry | None) -> AgeVerdict:
    if late_years < 0:
        return AgeVerdict.TOO_YOUNG
    if late_years == 0:
        return AgeVerdict.FITS_NEEDLESS_REASON if code else AgeVerdict.FITS
    if not code:
        return AgeVerdict.TOO_OLD
    if reason is None:
        return AgeVerdict.REASON_UNKNOWN
    if level not in {str(name) for name in reason.levels}:
        return AgeVerdict.REASON_NOT_FOR_LEVEL
    return AgeVerdict.TOO_LATE if late_years > reason.max_years else AgeVerdict.LATE_FOR_A_REASON


def age_finding(verdict: AgeVerdict, rule: Eligibility, *, level: str, birth_year: int, code: str) -> Issue:
    """Return what is to be said of an age that does not simply fit, with the reasons that the rule knows."""
    label = LEVEL_LABELS.get(level, Text(level, level))
    ages = {str(name): years for name, years in rule.age_years.items()}
    due = rule.school_year - ages.get(level, 0)
    born = Text(
        f"Sinh năm {birth_year}; {label.vi} năm học {rule.school_year} dành cho trẻ sinh năm {due}.",
        f"Born in {birth_year}; {label.en} in the school year {rule.school_year} is for children born in {due}.",
    )
    reason = next((one for one in rule.late_entry if one.code == code), None)
    message, hint = _words(verdict, born, code=code, reason=reason, known=_known_reasons(rule, level))
    is_about_the_reason = bool(code) and verdict not in {AgeVerdict.TOO_YOUNG, AgeVerdict.NOT_CHECKED}
    return Issue(
        severity=_severity(verdict),
        code=verdict.value,
        field="late_entry" if is_about_the_reason else "date_of_birth",
        value=code if is_about_the_reason else str(birth_year or ""),
        message=message,
        hint=hint,
    )


def _severity(verdict: AgeVerdict) -> Severity:
    if verdict in REFUSALS:
        return Severity.ERROR
    return Severity.INFO if verdict is AgeVerdict.LATE_FOR_A_REASON else Severity.WARNING


def _known_reasons(rule: Eligibility, level: str) -> Text:
    reasons = [one for one in rule.late_entry if level in {str(name) for name in one.levels}]
    if not reasons:
        return Text("Quy tắc không nêu lý do nào.", "The policy lists no reason.")
    return Text(
        "Lý do được nêu: " + ", ".join(f"{one.code} ({one.title.vi}, {one.max_years} năm)" for one in reasons) + ".",
        "Listed reasons: " + ", ".join(f"{one.code} ({one.title.en}, {one.max_years} years)" for one in reasons) + ".",
    )


def _words(verdict: AgeVerdict, born: Text, *, code: str, reason: LateEntry | None, known: Text) -> tuple[Text, Text]:
    """Return message and hint."""
    if verdict is AgeVerdict.TOO_YOUNG:
        return born, Text("Không nhận trước tuổi; kiểm tra năm sinh và cấp.", "No early entry; check year and level.")
    if verdict is AgeVerdict.NOT_CHECKED:
        return _NOT_CHECKED
    if verdict is AgeVerdict.FITS_NEEDLESS_REASON:
        return _NEEDLESS
    if reason is not None:
        more, hint = _about_reason(verdict, reason)
    elif code:
        more, hint = Text(f"Không có lý do {code!r}.", f"There is no reason {code!r}."), known
    else:
        more = Text("", "")
        hint = Text(
            f"Nếu được vào học muộn, ghi lý do ở cột late_entry. {known.vi}",
            f"If a later entry is allowed, give the reason in late_entry. {known.en}",
        )
    return Text(f"{born.vi} {more.vi}".strip(), f"{born.en} {more.en}".strip()), hint


def _about_reason(verdict: AgeVerdict, reason: LateEntry) -> tuple[Text, Text]:
    if verdict is AgeVerdict.LATE_FOR_A_REASON:
        basis = ", ".join(part for part in (reason.citation.article, reason.citation.source) if part)
        return Text(f"Được vào học muộn: {reason.title.vi}.", f"Accepted for later entry: {reason.title.en}."), Text(
            f"Căn cứ: {basis}.", f"Basis: {basis}."
        )
    if verdict is AgeVerdict.TOO_LATE:
        most = reason.max_years
        return Text(f"Lý do này cho muộn nhiều nhất {most} năm.", f"The reason allows {most} years at most."), Text(
            "Chuyển cấp có thẩm quyền quyết định.", "Pass it on to the authority that decides beyond that."
        )
    levels = ", ".join(str(level) for level in reason.levels)
    return Text("Lý do này không dùng cho cấp này.", "The reason does not hold for this level."), Text(
        f"Lý do này dùng cho: {levels}.", f"It holds for: {levels}."
    )


_NOT_CHECKED = (
    Text("Chưa kiểm tra được tuổi.", "The age could not be checked."),
    Text(
        "Ghi ngày sinh và một cấp mà quy tắc có nêu tuổi.",
        "Give the date of birth, and a level for which the policy has an age.",
    ),
)
_NEEDLESS = (
    Text("Đúng tuổi, không cần lý do vào học muộn.", "The age fits; no reason is needed."),
    Text("Kiểm tra năm sinh và cấp.", "Check the year of birth and the level."),
)


class ResidenceVerdict(StrEnum):
    """What the rule says of the day from which somebody lives at an address."""

    COUNTS = "counts"
    ACCEPTED = "residence_accepted"
    NOT_CHECKED = "residence_not_checked"
    TOO_LATE = "residence_too_late"


def residence_verdict(residence_by: date, since: date | None, override_reason: str) -> ResidenceVerdict:
    """Return whether a residence counts: it began on ``residence_by`` or before, or the office gave a reason."""
    if since is not None and since <= residence_by:
        return ResidenceVerdict.COUNTS
    if override_reason:
        return ResidenceVerdict.ACCEPTED
    return ResidenceVerdict.NOT_CHECKED if since is None else ResidenceVerdict.TOO_LATE


def residence_finding(verdict: ResidenceVerdict, residence_by: date, *, since: str, override_reason: str) -> Issue:
    """Return what is to be said of a residence that does not simply count."""
    day = Text(f"{residence_by:%d/%m/%Y}", f"{residence_by:%Y-%m-%d}")
    hint = Text(
        "Nếu việc chuyển nơi ở được chấp nhận, ghi lý do ở cột override_reason.",
        "If the move was accepted, give the reason in the column override_reason.",
    )
    if verdict is ResidenceVerdict.ACCEPTED:
        message = Text(
            f"Nơi ở sau ngày {day.vi} được chấp nhận theo lý do đã ghi.",
            f"The residence from after {day.en} was accepted for the reason given.",
        )
        return Issue(
            severity=Severity.INFO,
            code=verdict.value,
            field="override_reason",
            value=override_reason,
            message=message,
        )
    if verdict is ResidenceVerdict.TOO_LATE:
        message = Text(
            f"Ở đây từ sau ngày {day.vi}: nơi ở không được tính, các cột ward và area của em bị bỏ qua.",
            f"Lives there since after {day.en}: the residence does not count; ward and area were left out.",
        )
    else:
        message = Text(
            f"Không biết có ở đây từ trước ngày {day.vi} không; nơi ở vẫn được tính.",
            f"It is not known whether the child lived there by {day.en}; the residence was counted.",
        )
        hint = Text("Ghi cột resident_since.", "Give the column resident_since.")
    return Issue(
        severity=Severity.WARNING,
        code=verdict.value,
        field="resident_since",
        value=since,
        message=message,
        hint=hint,
    )
