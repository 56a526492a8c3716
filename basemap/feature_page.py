"""What a question about published features is answered with."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The version of a layer that answers a question.

    Parameters
    ----------
    published_at
        Since when readers saw it, UTC.
    """

    version_id: int
    feature_count: int
    published_at: datetime
    source_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePage:
    """Some features, and whether more follow.

    Parameters
    ----------
    text
        GeoJSON of each in UTF-8, commas between, in the order in which they were stored.
    """

    text: bytes
    returned_count: int
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCount:
    """How many features answer a question, and whether that was counted."""

    count: int
    is_exact: bool


NO_FEATURES = FeaturePage(text=b"", returned_count=0, has_more=False)
