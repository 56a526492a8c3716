"""Which version of a layer answers for a moment: what readers saw then, or what held on a day."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from basemap.model import LayerName, LayerVersion, LayerVersionId
from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One act of publishing.

    Parameters
    ----------
    published_at, withdrawn_at
        UTC. ``withdrawn_at`` is None as long as it stands, and for one that was withdrawn before moments of
        withdrawal were written down.
    is_withdrawn
        Whether a rollback took it back.
    """

    layer: LayerName
    version_id: LayerVersionId
    published_at: datetime
    withdrawn_at: datetime | None
    is_withdrawn: bool


def answering(
    publications: Iterable[Publication],
    *,
    as_of: datetime | None = None,
    admits: Callable[[LayerVersionId], bool] = lambda _: True,
) -> LayerVersionId | None:
    """Return the version that was published last and stood, at a moment or now; None when there is none.

    Parameters
    ----------
    publications
        Of one layer, in the order in which they were made.
    as_of
        Moment with time zone; None is now.
    admits
        Which versions are asked at all.

    Raises
    ------
    DataUnavailableError
        The answer hangs on a withdrawal whose moment nobody wrote down.
    """
    if as_of is not None and as_of.tzinfo is None:
        message = "a moment needs its time zone"
        raise ValueError(message)
    for publication in reversed(list(publications)):
        if admits(publication.version_id) and _stands(publication, as_of):
            return publication.version_id
    return None


def holds_on(version: LayerVersion, day: date) -> bool:
    """Tell whether a version says that it holds on ``day``; one without any date of validity says nothing.

    Both dates belong to the time in which it holds.
    """
    if version.valid_from is None and version.valid_to is None:
        return False
    began = version.valid_from is None or version.valid_from <= day
    return began and (version.valid_to is None or day <= version.valid_to)


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
