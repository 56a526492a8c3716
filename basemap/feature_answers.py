"""A whole answer from PostGIS in one statement: the version that readers see, one page of it, and how many match.

One statement sees one state of the store: version, page and count belong together, and a publication is seen by the
next question. Questions about another time or with a CQL2 filter, and those that more than `EXACT_LIMIT_COUNT`
features answer, are asked piece by piece (`basemap.feature_store`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import Any

import shapely

from basemap import feature_counts
from basemap.feature_page import NO_FEATURES, Edition, FeaturePage, MatchCount
from basemap.feature_query import FeatureQuery
from basemap.feature_text import told_by_postgis
from basemap.model import LayerName
from spatial.db import srid_of
from spatial.quick_reads import QuickReads

_EDITION = """
    SELECT act.version_id, act.published_at, version.feature_count, version.source_file
    FROM layer_publication AS act JOIN layer_version AS version ON version.id = act.version_id"""

_OF_TODAY = f"""{_EDITION} JOIN layer_today AS today ON today.publication_id = act.id
    WHERE today.layer = %(layer)s"""

_OF_VERSION = "(SELECT version_id FROM edition)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A version, one page of it, and how many of its features match.

    Parameters
    ----------
    page, count
        None when too many match to be counted along the way.
    """

    edition: Edition
    page: FeaturePage | None
    count: MatchCount | None


def find_edition_at_once(reads: QuickReads, layer: LayerName, query: FeatureQuery) -> Edition | None:
    """Return the version that answers a question about today, None if there is none."""
    row = reads.row(_OF_TODAY, _values(layer, query, srid=0))
    return None if row is None else _as_edition(row)


def answer_at_once(reads: QuickReads, layer: LayerName, query: FeatureQuery, *, stored: str) -> Answer | None:
    """Return the answer to a question without a filter, None when no version answers it.

    Parameters
    ----------
    stored
        Storage coordinate system.
    """
    if query.area is not None and query.area.is_empty:
        edition = find_edition_at_once(reads, layer, query)
        none = MatchCount(count=0, is_exact=True)
        return None if edition is None else Answer(edition=edition, page=NO_FEATURES, count=none)
    names = tuple(name for name, _ in query.equals)
    words = _words(layer, query.crs, stored, names, has_area=query.area is not None)
    row = reads.row(words, _values(layer, query, srid=srid_of(stored)))
    if row is None:
        return None
    edition, (text, returned_count, matched_count) = _as_edition(row), row[4:]
    if not query.is_whole_layer and matched_count > feature_counts.EXACT_LIMIT_COUNT:
        return Answer(edition=edition, page=None, count=None)
    has_more = query.offset_count + returned_count < matched_count and returned_count > 0
    page = FeaturePage(text=text or "", returned_count=returned_count, has_more=has_more)
    return Answer(edition=edition, page=page, count=MatchCount(count=matched_count, is_exact=True))


def _as_edition(row: tuple[Any, ...]) -> Edition:
    version_id, published_at, feature_count, source_file = row[:4]
    return Edition(
        version_id=version_id,
        published_at=published_at.astimezone(UTC),
        feature_count=feature_count,
        source_file=source_file,
    )


def _values(layer: LayerName, query: FeatureQuery, *, srid: int) -> Mapping[str, Any]:
    values: dict[str, Any] = {f"equal_{name}": value for name, value in query.equals}
    values |= {"layer": layer.value, "limit": query.limit_count, "offset": query.offset_count}
    if query.area is not None and not query.area.is_empty:
        values["area"] = shapely.to_wkb(shapely.set_srid(query.area, srid), hex=True, include_srid=True)
        values["most"] = feature_counts.EXACT_LIMIT_COUNT + 1
    elif query.equals:
        values["most"] = feature_counts.EXACT_LIMIT_COUNT + 1
    return values


@lru_cache(maxsize=1024)
def _words(layer: LayerName, crs: str, stored: str, names: tuple[str, ...], *, has_area: bool) -> str:
    """Return the statement of a page, the same text for the same kind of question: it is prepared once.

    Only our own names stand in it; what was asked comes as values. The ids of all that match come first, so that only
    one page of text is fetched. The sum keeps the planner from walking through the whole version by its index where
    the spatial one is narrower.
    """
    table, told = layer.value, told_by_postgis(layer, crs, stored)
    where, found, matched = [f"{name} = %(equal_{name})s" for name in names], "", "(SELECT feature_count FROM edition)"
    if has_area:
        area = "%(area)s::geometry"
        where += [f"geometry && {area}", f"version_id + 0 = {_OF_VERSION}", f"ST_Intersects(geometry, {area})"]
    else:
        where.append(f"version_id = {_OF_VERSION}")
    all_ids = f"SELECT id FROM {table} WHERE {' AND '.join(where)}"  # noqa: S608  values bound
    if has_area or names:
        found, all_ids = f"found AS MATERIALIZED ({all_ids} LIMIT %(most)s),", "SELECT id FROM found"
        matched = "(SELECT count(*) FROM found)"
    return f"""
    WITH edition AS MATERIALIZED ({_OF_TODAY}), {found}
    chosen AS ({all_ids} ORDER BY id LIMIT %(limit)s OFFSET %(offset)s),
    page AS MATERIALIZED (SELECT {told} AS told FROM chosen JOIN {table} USING (id) ORDER BY id)
    SELECT edition.*, (SELECT string_agg(told, ',') FROM page), (SELECT count(*) FROM page), {matched} FROM edition
    """  # noqa: S608  values bound
