"""A whole answer from PostGIS in one statement: the version that readers see, one page of it, and how many match.

One statement sees one state of the store: version, page and count belong together, and a publication is seen by the
next question. Questions about another time or with a CQL2 filter, and those that more than `EXACT_LIMIT_COUNT`
features answer, are asked piece by piece (`basemap.feature_store`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import shapely

from basemap import feature_counts
from basemap.feature_page import NO_FEATURES, Edition, FeaturePage, MatchCount
from basemap.feature_query import FeatureQuery
from basemap.feature_text import told_by_postgis
from basemap.model import LayerName
from spatial.db import srid_of
from spatial.quick_reads import QuickReads, Row, as_number

_EDITION = """
    SELECT act.version_id, (extract(epoch FROM act.published_at) * 1000)::bigint AS published_ms,
        version.feature_count, version.source_file
    FROM layer_publication AS act JOIN layer_version AS version ON version.id = act.version_id"""

_OF_TODAY = f"""{_EDITION} JOIN layer_today AS today ON today.publication_id = act.id
    WHERE today.layer = $1"""

_OF_VERSION = "(SELECT version_id FROM edition)"
_FIRST_CONDITION = 5
"""Place of the first value that a condition names: layer, limit, offset and the most that are counted come before."""

_EPOCH = datetime.fromtimestamp(0, tz=UTC)


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


async def find_edition_at_once(reads: QuickReads, layer: LayerName) -> Edition | None:
    """Return the version that answers a question about today, None if there is none."""
    row = await reads.row(_OF_TODAY, (layer.value,))
    return None if row is None else _as_edition(row)


async def answer_at_once(reads: QuickReads, layer: LayerName, query: FeatureQuery, *, stored: str) -> Answer | None:
    """Return the answer to a question without a filter, None when no version answers it.

    Parameters
    ----------
    stored
        Storage coordinate system.
    """
    if query.area is not None and query.area.is_empty:
        edition = await find_edition_at_once(reads, layer)
        none = MatchCount(count=0, is_exact=True)
        return None if edition is None else Answer(edition=edition, page=NO_FEATURES, count=none)
    names = tuple(name for name, _ in query.equals)
    words = _words(layer, query.crs, stored, names, has_area=query.area is not None)
    row = await reads.row(words, _values(layer, query, srid=srid_of(stored)))
    if row is None:
        return None
    edition, text, (returned_count, matched_count) = _as_edition(row), row[4], map(as_number, row[5:])
    if not query.is_whole_layer and matched_count > feature_counts.EXACT_LIMIT_COUNT:
        return Answer(edition=edition, page=None, count=None)
    has_more = query.offset_count + returned_count < matched_count and returned_count > 0
    page = FeaturePage(text=text or b"", returned_count=returned_count, has_more=has_more)
    return Answer(edition=edition, page=page, count=MatchCount(count=matched_count, is_exact=True))


def _as_edition(row: Row) -> Edition:
    version_id, published_ms, feature_count = map(as_number, row[:3])
    return Edition(
        version_id=version_id,
        published_at=_EPOCH + timedelta(milliseconds=published_ms),
        feature_count=feature_count,
        source_file=(row[3] or b"").decode(),
    )


def _values(layer: LayerName, query: FeatureQuery, *, srid: int) -> tuple[object, ...]:
    """Return the values of a statement of `_words`, in its order."""
    values: list[object] = [layer.value, query.limit_count, query.offset_count]
    if query.area is not None or query.equals:
        values.append(feature_counts.EXACT_LIMIT_COUNT + 1)
    values += [value for _, value in query.equals]
    if query.area is not None:
        values.append(shapely.to_wkb(shapely.set_srid(query.area, srid), hex=True, include_srid=True))
    return tuple(values)


@lru_cache(maxsize=1024)
def _words(layer: LayerName, crs: str, stored: str, names: tuple[str, ...], *, has_area: bool) -> str:
    """Return the statement of a page, the same text for the same kind of question: it is prepared once.

    Only our own names stand in it; what was asked comes as values. The ids of all that match come first, so that only
    one page of text is fetched. The sum keeps the planner from walking through the whole version by its index where
    the spatial one is narrower.
    """
    table, told = layer.value, told_by_postgis(layer, crs, stored)
    where = [f"{name} = ${place}" for place, name in enumerate(names, _FIRST_CONDITION)]
    found, matched = "", "(SELECT feature_count FROM edition)"
    if has_area:
        area = f"${_FIRST_CONDITION + len(names)}::geometry"
        where += [f"geometry && {area}", f"version_id + 0 = {_OF_VERSION}", f"ST_Intersects(geometry, {area})"]
    else:
        where.append(f"version_id = {_OF_VERSION}")
    all_ids = f"SELECT id FROM {table} WHERE {' AND '.join(where)}"  # noqa: S608  values bound
    if has_area or names:
        found, all_ids = f"found AS MATERIALIZED ({all_ids} LIMIT $4),", "SELECT id FROM found"
        matched = "(SELECT count(*) FROM found)"
    return f"""
    WITH edition AS MATERIALIZED ({_OF_TODAY}), {found}
    chosen AS ({all_ids} ORDER BY id LIMIT $2 OFFSET $3),
    page AS MATERIALIZED (SELECT {told} AS told FROM chosen JOIN {table} USING (id) ORDER BY id)
    SELECT edition.*, (SELECT string_agg(told, ',') FROM page), (SELECT count(*) FROM page), {matched} FROM edition
    """  # noqa: S608  values bound
