"""Which version of a layer answers for a moment: what readers saw then, or what held on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from basemap.model import LayerName, LayerVersion, LayerVersionId
from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One act of publishing.

    Parameters
    ----------
    publication_id
        Its number in the store; a later act has a higher one.
    published_at, withdrawn_at
        UTC. ``withdrawn_at`` is None as long as it stands, and for one that was withdrawn before moments of
        withdrawal were written down.
    is_withdrawn
        Whether a rollback took it back.
    valid_from, valid_to
        First and last day on which the version holds, as its source says.
    """

    publication_id: int
    layer: LayerName
    version_id: LayerVersionId
    published_at: datetime
    withdrawn_at: datetime | None
    is_withdrawn: bool
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def days(self) -> tuple[date, date]:
        """First and last day for which it answers; both belong to them.

        A version without either date holds since it was published: whoever publishes it says that it holds now, and
        nobody said how it was before.
        """
        if self.valid_from is None and self.valid_to is None:
            return day_in_vietnam(self.published_at), date.max
        return self.valid_from or date.min, self.valid_to or date.max

    def holds_on(self, day: date) -> bool:
        """Tell whether it answers for ``day``."""
        first, last = self.days
        return first <= day <= last

    def shares_a_day_with(self, other: "Publication") -> bool:
        """Tell whether the two answer for one day at least."""
        (first, last), (other_first, other_last) = self.days, other.days
        return first <= other_last and other_first <= last


def share_no_day(one: LayerVersion, other: LayerVersion) -> bool:
    """Tell whether two versions say of themselves that they never hold on the same day."""
    first, last = (
        max(one.valid_from or date.min, other.valid_from or date.min),
        min(one.valid_to or date.max, other.valid_to or date.max),
    )
    return last < first


def day_in_vietnam(moment: datetime) -> date:
    """Return the day that a moment with time zone has in Vietnam."""
    if moment.tzinfo is None:
        message = "a moment needs its time zone"
        raise ValueError(message)
    return moment.astimezone(VIETNAM).date()


def answering(
    publications: Iterable[Publication], *, as_of: datetime | None = None, valid_on: date | None = None
) -> Publication | None:
    """Return the publication that answers: of those that stood and hold on a day, the last; None when there is none.

    Parameters
    ----------
    publications
        Of one layer, in the order in which they were made.
    as_of
        Moment with time zone; None is now.
    valid_on
        Day on which the content holds; None is the day of ``as_of`` in Vietnam.

    Raises
    ------
    ValueError
        Neither a moment nor a day is given, or the moment has no time zone.
    DataUnavailableError
        The answer hangs on a withdrawal whose moment nobody wrote down.
    """
    if as_of is not None:
        of_moment = day_in_vietnam(as_of)
        day = valid_on or of_moment
    elif valid_on is not None:
        day = valid_on
    else:
        message = "a moment or a day is needed"
        raise ValueError(message)
    for publication in reversed(list(publications)):
        if publication.holds_on(day) and _stands(publication, as_of):
            return publication
    return None


def is_seen(publication: Publication, publications: Iterable[Publication]) -> bool:
    """Tell whether a publication answers for some day still: it stands, and no later one covers all its days."""
    if publication.is_withdrawn:
        return False
    first, last = publication.days
    later = sorted(
        act.days for act in publications if not act.is_withdrawn and act.publication_id > publication.publication_id
    )
    for other_first, other_last in later:
        if other_first > first:
            return True
        if other_last >= last:
            return False
        first = max(first, other_last + timedelta(days=1))
    return True


def check_validity(valid_from: date | None, valid_to: date | None) -> None:
    """Refuse dates of validity of which the last lies before the first.

    Raises
    ------
    InputError
        They are in the wrong order.
    """
    if valid_from is not None and valid_to is not None and valid_to < valid_from:
        raise InputError(
            Text(
                f"Ngày hết hiệu lực {valid_to} trước ngày có hiệu lực {valid_from}.",
                f"The last day of validity {valid_to} lies before the first {valid_from}.",
            ),
            hint=Text("Kiểm tra --valid-from và --valid-to.", "Check --valid-from and --valid-to."),
        )


def _stands(publication: Publication, as_of: datetime | None) -> bool:
    if as_of is None:
        return not publication.is_withdrawn
    if as_of < publication.published_at:
        return False
    if not publication.is_withdrawn:
        return True
    if publication.withdrawn_at is None:
        raise _unknown_withdrawal(publication)
    return as_of < publication.withdrawn_at


def _unknown_withdrawal(publication: Publication) -> DataUnavailableError:
    number = publication.version_id
    return DataUnavailableError(
        Text(
            f"Không rõ phiên bản {number} bị rút lại lúc nào, nên không biết khi đó người đọc thấy gì.",
            f"Nobody wrote down when version {number} was withdrawn, so what readers saw then is unknown.",
        ),
        hint=Text("Chọn phiên bản bằng số.", "Name the version by its number."),
        subject=publication.layer.value,
    )
