"""How many features answer a question: counted up to a limit, above it estimated by PostGIS."""

from typing import Any

from sqlalchemy import ClauseElement, Executable, Select, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from basemap.feature_conditions import conditions, is_embedded, near, place, table_of
from basemap.feature_page import Edition, MatchCount
from basemap.feature_query import FeatureQuery
from basemap.model import LayerName

EXACT_LIMIT_COUNT = 10_000
"""Up to here the number of features that match is counted; above, PostGIS estimates it."""


def count_matches(session: Session, layer: LayerName, edition: Edition, *, query: FeatureQuery) -> MatchCount:
    """Return how many features match, whatever the page."""
    if query.is_whole_layer:
        return MatchCount(count=edition.feature_count, is_exact=True)
    if query.area is not None and query.area.is_empty:
        return MatchCount(count=0, is_exact=True)
    matching = _matching(session, layer, edition, query)
    if is_embedded(session):
        return MatchCount(count=_count(session, matching), is_exact=True)
    counted = _count(session, matching.limit(EXACT_LIMIT_COUNT + 1))
    if counted <= EXACT_LIMIT_COUNT:
        return MatchCount(count=counted, is_exact=True)
    return MatchCount(count=max(counted, _estimated(session, layer, edition, query)), is_exact=False)


def _matching(session: Session, layer: LayerName, edition: Edition, query: FeatureQuery) -> Select[Any]:
    matching: Select[Any] = select(literal_column("1"))
    if query.area is None or is_embedded(session):
        asked = conditions(session, layer, query, table_of(layer).c)
        return matching.select_from(table_of(layer)).where(*place(layer, edition, query), *asked)
    found = near(layer, edition, query).offset(0).subquery()
    return matching.select_from(found).where(*conditions(session, layer, query, found.c))


def _count(session: Session, matching: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(matching.subquery())) or 0


def _estimated(session: Session, layer: LayerName, edition: Edition, query: FeatureQuery) -> int:
    """Return how many rows the planner expects; by the boxes alone, for which it keeps statistics."""
    table = table_of(layer)
    asked = conditions(session, layer, query, table.c, by_boxes=True)
    of_version = table.c.version_id == edition.version_id
    plan = session.scalar(_Explained(select(literal_column("1")).select_from(table).where(of_version, *asked)))
    return min(int(plan[0]["Plan"]["Plan Rows"]), edition.feature_count)


class _Explained(Executable, ClauseElement):
    """``EXPLAIN`` of a statement, with its values bound as always."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained, "postgresql")
def _explained(element: _Explained, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  SQLAlchemy's
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.statement, **options)
