"""The look-up of a child's place: no database, no thread, one answer for every kind of miss."""

from fastapi import APIRouter, Depends

from allocation.snapshot import PublishedResult
from api.dependencies import PublishedDep
from api.parameters import no_parameters
from api.schemas.admissions import LookUpIn, LookUpOut
from spatial.errors import NotFoundError
from spatial.text import Text

LOOK_UP_PATH = "/api/v1/admissions/lookup"

router = APIRouter(tags=["admissions"], dependencies=[Depends(no_parameters)])


class NoResultError(NotFoundError):
    """No published result belongs to what was given; it is not said which part is wrong."""

    code = "no_result"


def found_or_refused(result: PublishedResult | None) -> PublishedResult:
    """Return ``result``.

    Raises
    ------
    NoResultError
        There is none.
    """
    if result is None:
        raise NoResultError(
            Text(
                "Không tìm thấy kết quả với ba thông tin này.",
                "No result was found for these three details together.",
            ),
            hint=Text(
                "Kiểm tra số định danh, ngày sinh và mã biên nhận in trên giấy biên nhận hồ sơ.",
                "Check the personal ID, the date of birth and the receipt code on the receipt of the application.",
            ),
        )
    return result


@router.post(LOOK_UP_PATH)
async def look_up(query: LookUpIn, published: PublishedDep) -> LookUpOut:
    """Return the place of the child whom personal ID, date of birth and receipt code belong to together."""
    result = published.look_up(query.applicant_no, query.date_of_birth, query.receipt_code)
    return LookUpOut.of(found_or_refused(result))
