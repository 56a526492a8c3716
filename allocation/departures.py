"""What happened to a family's place between two runs, in the words that it reads: declined, lapsed, withdrawn, moved.

Whoever left the round has no answer in it any more, and must not be told "nothing found" like a stranger.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from spatial.text import NO_TEXT, Text

_TOLD = ("declined", "lapsed", "withdrawn", "moved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One line of the log of a run that the family is to read.

    Parameters
    ----------
    changed_on
        Day on which it happened, None where nobody wrote it down.
    school_code
        The seat that the family had before, empty without one.
    lost_seat
        Whether that seat is no longer the family's when the run begins.
    has_left
        Whether the application is no longer in the round.
    """

    applicant_no: str
    change: str
    changed_on: date | None
    level: str
    school_code: str
    lost_seat: bool
    has_left: bool


def departures(log: Iterable[Mapping[str, str]], *, staying: set[str]) -> Iterator[Departure]:
    """Yield what families are to read of the log ``changes.csv`` of a run.

    Parameters
    ----------
    staying
        The applicant numbers of the run.
    """
    for row in log:
        if row["change"] in _TOLD:
            day = row.get("changed_on", "")
            yield Departure(
                applicant_no=row["applicant_no"],
                change=row["change"],
                changed_on=date.fromisoformat(day) if day else None,
                level=row["level"],
                school_code=row["before"],
                lost_seat=bool(row["before"]) and not row["after"],
                has_left=row["applicant_no"] not in staying,
            )


def sentence(departure: Departure, school: str) -> Text:
    """Return what happened and when.

    Parameters
    ----------
    school
        Name of the school of the former seat.
    """
    on = _on(departure.changed_on)
    if departure.change == "declined":
        return Text(
            f"Gia đình đã từ chối chỗ học tại {school}{on.vi}. Chỗ đó đã được trả lại để xếp cho em khác.",
            f"Your family declined the place at {school}{on.en}. The seat went back, to be given to another child.",
        )
    if departure.change == "lapsed":
        return Text(
            f"Chỗ học tại {school} đã hết hạn{on.vi} vì không có xác nhận của gia đình. Chỗ đó đã được trả lại.",
            f"The place at {school} lapsed{on.en}, because it was not confirmed. The seat went back.",
        )
    if departure.change == "withdrawn":
        return Text(f"Hồ sơ đã được rút khỏi đợt xét{on.vi}.", f"The application was withdrawn from the round{on.en}.")
    return _moved(departure, school, on)


def _moved(departure: Departure, school: str, on: Text) -> Text:
    moved = Text(
        f"Nơi ở mới của con đã được ghi nhận{on.vi}; quãng đường được tính lại từ đó.",
        f"The child's new home was recorded{on.en}; the ways are measured from there.",
    )
    if not departure.lost_seat:
        return moved
    return Text(
        f"{moved.vi} Không có đường đến {school} từ nơi ở mới, nên chỗ ở trường đó không giữ được.",
        f"{moved.en} There is no way to {school} from the new home, so the place there could not be kept.",
    )


def _on(day: date | None) -> Text:
    if day is None:
        return NO_TEXT
    return Text(f" ngày {day.day}/{day.month}/{day.year}", f" on {day.day} {day:%B} {day.year}")


def can_do(departure: Departure) -> tuple[Text, ...]:
    """Return what the family can do now, the most urgent first."""
    if not departure.has_left:
        return (_ASK_IF_WRONG,)
    again = _APPLY_AGAIN if departure.change == "withdrawn" else _TAKE_PART_AGAIN
    return (_ASK_IF_WRONG, again, _KEEP_THE_CODE)


_ASK_IF_WRONG = Text(
    "Nếu điều này không đúng, mang giấy biên nhận đến phường nơi đang ở và đề nghị xem lại, càng sớm càng tốt.",
    "If this is not right, take the receipt to the ward where you live and ask for it to be looked at again, soon.",
)
_TAKE_PART_AGAIN = Text(
    "Nếu con vẫn cần một chỗ học, đề nghị phường cho tham gia lại: con được xét vào chỗ còn trống, sau các em khác.",
    "If the child still needs a place, ask the ward to take part again: seats that are left, after the other children.",
)
_APPLY_AGAIN = Text(
    "Nếu con vẫn cần một chỗ học, nộp hồ sơ lại ở phường: con được xét vào chỗ còn trống như hồ sơ đến muộn.",
    "If the child still needs a place, apply again at the ward: it is considered for seats left, as one who came late.",
)
_KEEP_THE_CODE = Text(
    "Giữ mã biên nhận: khi được xét lại, kết quả mới cũng tra ở trang này.",
    "Keep the receipt code: if the child is considered again, the new result is found on this page too.",
)
