"""Finding the answer to a question about features: in one statement where the store can, else through a session."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from anyio import to_thread
from fastapi import Request

from api.ogc_access import no_such_collection
from api.ogc_figures import figures_of
from basemap import feature_store
from basemap.feature_answers import Answer, answer_at_once, find_edition_at_once
from basemap.feature_page import NO_FEATURES, Edition, FeaturePage, MatchCount
from basemap.feature_query import FeatureQuery
from basemap.model import LayerName
from spatial.db import Database

IsKept = Callable[[Edition], bool]
"""Whether the caller has the answer of a version already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page, how many features match, and the version that says so; without one nothing was published then."""

    edition: Edition | None
    page: FeaturePage
    count: MatchCount


async def find_at_once(
    request: Request, database: Database, layer: LayerName, *, query: FeatureQuery, is_kept: IsKept
) -> Found | Edition | None:
    """Return what `find` does, without a thread; None where it must be asked instead.

    Raises
    ------
    NotFoundError
        The layer was never published.
    """
    reads = database.quick_reads
    if reads is None or query.filter is not None or query.period is not None:
        return None
    if "if-none-match" in request.headers:
        edition = await find_edition_at_once(reads, layer)
        if edition is not None and is_kept(edition):
            return edition
    answer = await answer_at_once(reads, layer, query, stored=database.crs)
    if answer is None:
        raise no_such_collection()
    if answer.page is None or answer.count is None:
        return await to_thread.run_sync(partial(_find_many, request, database, layer, query=query, answer=answer))
    return Found(edition=answer.edition, page=answer.page, count=answer.count)


def _find_many(request: Request, database: Database, layer: LayerName, *, query: FeatureQuery, answer: Answer) -> Found:
    """Return a page of an answer with too many features to be counted for every page."""
    with database.transaction() as session:
        feature_store.read_lightly(session)
        page = feature_store.read_page(session, layer, answer.edition, query=query)
        count = figures_of(request).matches(session, layer, answer.edition, query=query, page=page)
    return Found(edition=answer.edition, page=page, count=count)


def find(
    request: Request, database: Database, layer: LayerName, *, query: FeatureQuery, is_kept: IsKept
) -> Found | Edition:
    """Return the answer, or only its version where the caller keeps that already.

    Raises
    ------
    NotFoundError
        The layer was never published.
    BadQueryError
        The layer cannot answer the filter.
    """
    with database.transaction() as session:
        feature_store.read_lightly(session)
        if query.filter is not None:
            feature_store.check_filter(session, layer, query)
        edition = feature_store.find_edition(session, layer, query.period)
        if edition is None:
            is_published = query.period is not None and feature_store.find_edition(session, layer) is not None
            return _nothing_then(is_published=is_published)
        if is_kept(edition):
            return edition
        page = feature_store.read_page(session, layer, edition, query=query)
        count = figures_of(request).matches(session, layer, edition, query=query, page=page)
    return Found(edition=edition, page=page, count=count)


def _nothing_then(*, is_published: bool) -> Found:
    if not is_published:
        raise no_such_collection()
    return Found(edition=None, page=NO_FEATURES, count=MatchCount(count=0, is_exact=True))
