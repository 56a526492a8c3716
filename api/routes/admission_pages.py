"""The page on which a family finds its answer; nothing of it stands in an address, a log or a cache."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from allocation import personal_id, receipt
from allocation.model import LEVEL_LABELS
from allocation.snapshot import PublishedResult
from api.dependencies import PublishedDep
from api.errors import FieldFault
from api.i18n import language_of
from api.render import render
from spatial.errors import InputError
from spatial.text import Text

RESULT_PATH = "/admissions/result"

router = APIRouter(include_in_schema=False)

_FIELDS = ("applicant_no", "day", "month", "year", "receipt_code")
_MOST_LETTERS_KEPT = 40
_NO_RESULT = Text(
    "Không tìm thấy kết quả với ba thông tin này. Hãy kiểm tra số định danh, ngày sinh và mã biên nhận.",
    "No result was found for these three details together. Check the personal ID, the date and the receipt code.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a family typed, as far as it can be read.

    Parameters
    ----------
    typed
        The fields as they came, to be shown again.
    faults
        What to mend; without any, the other three are usable.
    """

    typed: Mapping[str, str]
    applicant_no: str
    date_of_birth: date | None
    receipt_code: str
    faults: tuple[FieldFault, ...] = field(default=())


@router.get(RESULT_PATH)
async def ask(request: Request) -> HTMLResponse:
    """Show the three questions."""
    return render(request, "lookup.html", typed=dict.fromkeys(_FIELDS, ""), errors=())


@router.post(RESULT_PATH)
async def answer(request: Request, published: PublishedDep) -> HTMLResponse:
    """Show the result, or the questions again with what is wrong."""
    form = await request.form()
    question = read_question({name: str(form.get(name, ""))[:_MOST_LETTERS_KEPT] for name in _FIELDS})
    if question.faults or question.date_of_birth is None:
        return _ask_again(request, question.typed, faults=question.faults, status_code=422)
    result = published.look_up(question.applicant_no, question.date_of_birth, question.receipt_code)
    if result is None:
        fault = FieldFault(field="applicant_no", message=_NO_RESULT)
        return _ask_again(request, question.typed, faults=(fault,), status_code=404)
    return _show(request, result, question=question)


def read_question(typed: Mapping[str, str]) -> Question:
    """Return what the five fields say, or what is wrong with their form."""
    faults: list[FieldFault] = []
    applicant_no = personal_id.normalise(typed["applicant_no"])
    try:
        personal_id.parse(applicant_no)
    except InputError as error:
        faults.append(FieldFault(field="applicant_no", message=error.message))
    date_of_birth = _date_of(typed)
    if date_of_birth is None:
        faults.append(FieldFault(field="day", message=_wrong_date(typed)))
    receipt_code = ""
    try:
        receipt_code = receipt.normalise(typed["receipt_code"])
    except InputError as error:
        message = _NO_RECEIPT_CODE if not typed["receipt_code"].strip() else error.message
        faults.append(FieldFault(field="receipt_code", message=message))
    return Question(
        typed=typed,
        applicant_no=applicant_no,
        date_of_birth=date_of_birth,
        receipt_code=receipt_code,
        faults=tuple(faults),
    )


_NO_RECEIPT_CODE = Text("Nhập mã biên nhận hồ sơ.", "Enter the receipt code of the application.")


def _date_of(typed: Mapping[str, str]) -> date | None:
    try:
        return date(*(int(typed[part].strip()) for part in ("year", "month", "day")))
    except (ValueError, OverflowError):
        return None


def _wrong_date(typed: Mapping[str, str]) -> Text:
    if not any(typed[part].strip() for part in ("day", "month", "year")):
        return Text("Nhập ngày sinh của trẻ.", "Enter the child's date of birth.")
    return Text(
        "Ngày sinh phải là một ngày có thật, ví dụ 27 3 2020.", "The date of birth must be a real date, like 27 3 2020."
    )


def _ask_again(
    request: Request, typed: Mapping[str, str], *, faults: tuple[FieldFault, ...], status_code: int
) -> HTMLResponse:
    return render(request, "lookup.html", status_code=status_code, is_private=True, typed=typed, errors=faults)


def _show(request: Request, result: PublishedResult, *, question: Question) -> HTMLResponse:
    school = result.school
    has_map = school is not None and school.lon is not None
    level = LEVEL_LABELS.get(result.level, Text(result.level, result.level))
    return render(
        request,
        "result.html",
        is_private=True,
        result=result,
        level=level.in_language(language_of(request)),
        masked=personal_id.mask(question.applicant_no),
        map_url=f"/maps/school/{school.school_code}?lang={language_of(request)}" if school and has_map else None,
        typed=question.typed,
    )
