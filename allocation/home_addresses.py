"""Homes that a file gives as addresses: placed where the answer is sure, set aside with candidates where it is not."""

from collections.abc import Callable

import numpy as np

from allocation.coordinates import Mask, Points
from allocation.record_checks import RecordChecks
from basemap.geocode import Answer, Geocoder, Grade
from basemap.geocode_batch import GRADE_LABELS, candidates_text, report_of
from spatial.crs import transformer
from spatial.issues import Issue, Severity
from spatial.text import NO_TEXT, Text

PLACING_GRADES = frozenset((Grade.EXACT, Grade.ALLEY_MOUTH))
"""A way can be measured from the door or from the mouth of its alley; a street or a ward is no place to walk from."""

_MOST_CANDIDATES_SHOWN = 3


def homes_by_address(
    checks: RecordChecks, records: Mask, *, open_geocoder: Callable[[], Geocoder], storage_crs: str
) -> Points:
    """Return the homes (n, 2) of the marked records in ``storage_crs``, metres; NaN for all that cannot be placed.

    A record without a sure place stands aside with its candidates, and a note on the file says how many addresses
    reached each grade.

    Parameters
    ----------
    records
        Which records are to be placed.
    open_geocoder
        Called once; where a store has to be opened for it, files with coordinates never need one.
    """
    geocoder = open_geocoder()
    wanted = np.flatnonzero(records)
    texts = checks.table.column("address")
    answers = geocoder.geocode_many(str(texts.iloc[record]) for record in wanted)
    placed = np.full((len(checks.table.frame), 2), np.nan)
    for record, answer in zip(wanted.tolist(), answers, strict=True):
        if answer.grade in PLACING_GRADES and answer.place is not None:
            placed[record] = answer.place.x, answer.place.y
        if answer.grade is not Grade.EXACT:
            checks.note(record, _finding(str(texts.iloc[record]), answer))
    _note_grades(checks, answers)
    known = np.isfinite(placed[:, 0])
    placed[known] = transformer(geocoder.index.crs, storage_crs)(placed[known])
    return placed


def _finding(text: str, answer: Answer) -> Issue:
    """Return what is to be said of an answer below *exact*; the code names its grade."""
    is_placed = answer.grade in PLACING_GRADES
    if not text:
        return _NO_ADDRESS
    label = GRADE_LABELS[answer.grade]
    outcome = (
        Text("Đo đường từ đầu hẻm.", "The way is measured from the mouth of the alley.")
        if is_placed
        else Text("Hồ sơ được để riêng.", "The record was set aside.")
    )
    return Issue(
        severity=Severity.WARNING if is_placed else Severity.ERROR,
        code=f"address_{answer.grade.value}",
        field="address",
        value=text,
        message=Text(
            f"Mức định vị: {label.vi}. {answer.reason.vi} {outcome.vi}",
            f"Grade: {label.en}. {answer.reason.en} {outcome.en}",
        ),
        hint=_hint(answer),
    )


def _hint(answer: Answer) -> Text:
    if answer.grade in PLACING_GRADES:
        return NO_TEXT
    if not answer.candidates:
        return Text(
            "Ghi đủ số nhà, đường, phường, hoặc thêm tọa độ.", "Give number, street and ward, or add coordinates."
        )
    shown = candidates_text(answer.candidates[:_MOST_CANDIDATES_SHOWN])
    return Text(f"Có thể là: {shown}. Sửa địa chỉ hoặc thêm tọa độ.", f"Perhaps: {shown}. Mend it, or add coordinates.")


_NO_ADDRESS = Issue(
    severity=Severity.ERROR,
    code="address_missing",
    field="address",
    message=Text("Không có địa chỉ và không có tọa độ.", "There is neither an address nor a point."),
    hint=Text("Ghi địa chỉ, hoặc thêm tọa độ.", "Give the address, or add coordinates."),
)


def _note_grades(checks: RecordChecks, answers: list[Answer]) -> None:
    checks.note_file(
        Issue(
            severity=Severity.INFO,
            code="addresses_geocoded",
            field="address",
            message=Text("Nơi ở được định vị theo địa chỉ.", "Homes were placed by their addresses."),
            hint=report_of(answers).sentence(),
        )
    )
