"""Which versions of a layer there are, which of them answers for a day, and the acts of publishing that decide it."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, column, func, select, table, update
from sqlalchemy.orm import Session

from basemap.model import LAYERS, LayerName, LayerVersion, LayerVersionId
from basemap.tables import LayerPublicationRow, LayerVersionRow
from basemap.timeline import Publication, answering, is_seen
from spatial.bulk import note_change
from spatial.db import UtcInstant
from spatial.errors import ConflictError, DataUnavailableError, NotFoundError
from spatial.text import Text

_VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

LAYER_TODAY = table(
    "layer_today", column("layer"), column("version_id"), column("publication_id"), column("published_at", UtcInstant)
)
"""What readers of today see, one row a layer: a view, so that QGIS, the maps and the interfaces agree on the day."""


def publish(session: Session, version_id: LayerVersionId, *, published_at: datetime) -> LayerVersion:
    """Let a version answer from now on for the days on which it holds.

    A version that holds only on other days than an earlier one leaves that one where it is. Publishing what answers
    already for all its days changes nothing.

    Raises
    ------
    NotFoundError
        There is no such version.
    """
    version = find_version(session, version_id)
    act = LayerPublicationRow(layer=version.layer.value, version_id=version_id, published_at=published_at)
    if not _answers_already(session, version, published_at):
        session.add(act)
        session.flush()
        note_change(session, published_view(version.layer), changed_at=published_at)
    return find_version(session, version_id)


def rollback(
    session: Session, layer: LayerName, *, withdrawn_at: datetime, valid_on: date | None = None
) -> LayerVersion:
    """Let readers see again what they saw before the last publishing, and return the version that they see now.

    The publication that goes stays in the history, with its moment of withdrawal.

    Parameters
    ----------
    valid_on
        Take back what answers for that day. None: what readers of today see, which must be the last publishing too;
        where another one came later, nobody guesses which of the two was meant.

    Returns
    -------
    LayerVersion
        What answers for that day now; where nothing does any more, what readers of today see as before.

    Raises
    ------
    ConflictError
        Readers of today would be left with nothing, or ``valid_on`` is needed.
    """
    standing = [act for act in publications(session, layer) if not act.is_withdrawn]
    today = session.execute(select(LAYER_TODAY).where(LAYER_TODAY.c.layer == layer.value)).one_or_none()
    goes = _to_withdraw(standing, None if today is None else today.publication_id, layer=layer, valid_on=valid_on)
    withdrawal = update(LayerPublicationRow).where(LayerPublicationRow.id == goes.publication_id)
    with session.begin_nested():
        session.execute(withdrawal.values(withdrawn=True, withdrawn_at=withdrawn_at))
        seen = current_version(session, layer)
        if seen is None:
            raise _nothing_before(layer)
    note_change(session, published_view(layer), changed_at=withdrawn_at)
    left = [act for act in standing if act is not goes]
    restored = None if valid_on is None else answering(left, valid_on=valid_on)
    return seen if restored is None else find_version(session, restored.version_id)


def current_version(session: Session, layer: LayerName) -> LayerVersion | None:
    """Return the version that readers of today see, None when nothing that holds today is published."""
    current = session.scalar(_current_version_id(layer))
    return None if current is None else find_version(session, LayerVersionId(current))


def current_version_id(session: Session, layer: LayerName) -> LayerVersionId:
    """Return the number of the version that readers of today see.

    Raises
    ------
    DataUnavailableError
        Nothing is published, or nothing that holds today.
    """
    current = session.scalar(_current_version_id(layer))
    if current is None:
        raise _not_published(layer, publications(session, layer))
    return LayerVersionId(current)


def published_view(layer: LayerName) -> str:
    """Return the name of the view that shows only what readers see; QGIS offers it beside the layer's table."""
    return f"{layer.value}_published"


def publications(session: Session, layer: LayerName) -> list[Publication]:
    """Return every act of publishing a layer, withdrawn ones too, in the order in which they were made."""
    return _publications(session, layer)


def version_as_of(
    session: Session, layer: LayerName, *, as_of: datetime | None = None, valid_on: date | None = None
) -> LayerVersion:
    """Return the version that readers saw at a moment, or that holds on a day as far as was known at that moment.

    Parameters
    ----------
    as_of
        Moment with time zone; None is now.
    valid_on
        Day on which the content holds; None is the day of ``as_of``, or today. Where several versions hold, the one
        published last answers; one without dates of validity holds since the day on which it was published.

    Raises
    ------
    DataUnavailableError
        Nothing was published then, or nothing published holds on that day.
    """
    if as_of is None and valid_on is None:
        return find_version(session, current_version_id(session, layer))
    chosen = answering(publications(session, layer), as_of=as_of, valid_on=valid_on)
    if chosen is None:
        raise _nothing_then(layer, as_of, valid_on)
    return find_version(session, chosen.version_id)


def list_versions(session: Session, layer: LayerName | None = None) -> list[LayerVersion]:
    """Return all versions, of one layer or of all, newest first."""
    statement = select(LayerVersionRow).order_by(LayerVersionRow.id.desc())
    if layer is not None:
        statement = statement.where(LayerVersionRow.layer == layer.value)
    return _versions(session, statement)


def find_version(session: Session, version_id: LayerVersionId, *, layer: LayerName | None = None) -> LayerVersion:
    """Return a version by its number.

    Raises
    ------
    NotFoundError
        There is none, or it is one of another layer than ``layer``.
    """
    found = _versions(session, select(LayerVersionRow).where(LayerVersionRow.id == version_id))
    if not found or layer not in (None, found[0].layer):
        raise NotFoundError(
            Text(f"Không có phiên bản {version_id}.", f"There is no version {version_id}."),
            hint=Text("Xem: diaban basemap list.", "See: diaban basemap list."),
        )
    return found[0]


def _answers_already(session: Session, version: LayerVersion, published_at: datetime) -> bool:
    """Tell whether the last standing act that shares a day with a version is one of that version."""
    standing = [act for act in publications(session, version.layer) if not act.is_withdrawn]
    anew = Publication(
        publication_id=0,
        layer=version.layer,
        version_id=version.version_id,
        published_at=published_at,
        withdrawn_at=None,
        is_withdrawn=False,
        valid_from=version.valid_from,
        valid_to=version.valid_to,
    )
    last = next((act for act in reversed(standing) if act.shares_a_day_with(anew)), None)
    return last is not None and last.version_id == version.version_id


def _to_withdraw(
    standing: list[Publication], of_today: int | None, *, layer: LayerName, valid_on: date | None
) -> Publication:
    if valid_on is not None:
        goes = answering(standing, valid_on=valid_on)
        if goes is None:
            raise _nothing_then(layer, None, valid_on)
        return goes
    if not standing or of_today is None:
        raise _nothing_before(layer)
    if standing[-1].publication_id != of_today:
        raise _unclear(layer, standing[-1], next(act for act in standing if act.publication_id == of_today))
    return standing[-1]


def _current_version_id(layer: LayerName) -> Select[int]:
    return select(LAYER_TODAY.c.version_id).where(LAYER_TODAY.c.layer == layer.value)


def _publications(session: Session, layer: LayerName | None) -> list[Publication]:
    rows = select(LayerPublicationRow, LayerVersionRow.valid_from, LayerVersionRow.valid_to).join(
        LayerVersionRow, LayerVersionRow.id == LayerPublicationRow.version_id
    )
    if layer is not None:
        rows = rows.where(LayerPublicationRow.layer == layer.value)
    return [
        Publication(
            publication_id=row.id,
            layer=LayerName(row.layer),
            version_id=LayerVersionId(row.version_id),
            published_at=row.published_at,
            withdrawn_at=row.withdrawn_at,
            is_withdrawn=row.withdrawn,
            valid_from=valid_from,
            valid_to=valid_to,
        )
        for row, valid_from, valid_to in session.execute(rows.order_by(LayerPublicationRow.id))
    ]


def _versions(session: Session, statement: Select[LayerVersionRow]) -> list[LayerVersion]:
    moments = select(LayerPublicationRow.version_id, func.min(LayerPublicationRow.published_at))
    rows = session.execute(moments.group_by(LayerPublicationRow.version_id)).all()
    first_published = {row[0]: row[1] for row in rows}
    current = set(session.scalars(select(LAYER_TODAY.c.version_id)))
    versions = [
        LayerVersion(
            version_id=LayerVersionId(row.id),
            layer=LayerName(row.layer),
            imported_at=row.imported_at,
            imported_by=row.imported_by,
            source_file=row.source_file,
            source_sha256=row.source_sha256,
            source_crs=row.source_crs,
            feature_count=row.feature_count,
            quarantined_count=row.quarantined_count,
            published_at=first_published.get(row.id),
            is_current=row.id in current,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            licence=row.licence,
            source=row.source,
        )
        for row in session.scalars(statement)
    ]
    seen = _seen(session)
    return [replace(version, is_published=version.version_id in seen) for version in versions]


def _seen(session: Session) -> set[LayerVersionId]:
    """Return the versions that answer for some day, today or another."""
    by_layer: dict[LayerName, list[Publication]] = {}
    for act in _publications(session, None):
        by_layer.setdefault(act.layer, []).append(act)
    return {act.version_id for acts in by_layer.values() for act in acts if is_seen(act, acts)}


def _not_published(layer: LayerName, acts: list[Publication]) -> DataUnavailableError:
    label = LAYERS[layer].label
    if any(not act.is_withdrawn for act in acts):
        return DataUnavailableError(
            Text(
                f"Lớp “{label.vi}” không có phiên bản đã công bố nào còn hiệu lực hôm nay.",
                f"No published version of the layer “{label.en}” holds today.",
            ),
            hint=Text(f"Xem: diaban basemap history {layer.value}.", f"See: diaban basemap history {layer.value}."),
            subject=layer.value,
        )
    return DataUnavailableError(
        Text(f"Lớp “{label.vi}” chưa được công bố.", f"The layer “{label.en}” is not published."),
        hint=Text(
            f"Nạp và công bố: diaban basemap import {layer.value} TỆP --publish.",
            f"Import and publish it: diaban basemap import {layer.value} FILE --publish.",
        ),
        subject=layer.value,
    )


def _nothing_then(layer: LayerName, as_of: datetime | None, valid_on: date | None) -> DataUnavailableError:
    label = LAYERS[layer].label
    then, holding = Text("", ""), Text("", "")
    if as_of is not None:
        there = as_of.astimezone(_VIETNAM)
        then = Text(f" vào lúc {there:%H:%M} ngày {there:%d/%m/%Y}", f" at {there:%H:%M on %Y-%m-%d}, Vietnam time")
    if valid_on is not None:
        holding = Text(f" có hiệu lực ngày {valid_on:%d/%m/%Y}", f" that holds on {valid_on}")
    return DataUnavailableError(
        Text(
            f"Lớp “{label.vi}”{then.vi} không có phiên bản đã công bố nào{holding.vi}.",
            f"The layer “{label.en}” had no published version{holding.en}{then.en}.",
        ),
        hint=Text(f"Xem: diaban basemap history {layer.value}.", f"See: diaban basemap history {layer.value}."),
        subject=layer.value,
    )


def _nothing_before(layer: LayerName) -> ConflictError:
    return ConflictError(
        Text(
            "Không có phiên bản nào công bố trước đó còn hiệu lực hôm nay.",
            "No version was published before that holds today.",
        ),
        hint=Text(f"Xem: diaban basemap history {layer.value}.", f"See: diaban basemap history {layer.value}."),
        subject=layer.value,
    )


def _unclear(layer: LayerName, last: Publication, today: Publication) -> ConflictError:
    first, until = last.days
    day = until if until != date.max else first
    return ConflictError(
        Text(
            f"Lần công bố cuối (phiên bản {last.version_id}) dành cho ngày khác; hôm nay người đọc thấy phiên bản "
            f"{today.version_id}.",
            f"The last publishing (version {last.version_id}) is for other days; readers of today see version "
            f"{today.version_id}.",
        ),
        hint=Text(
            f"Ghi --valid-on: {day} để rút phiên bản {last.version_id}, hoặc ngày hôm nay.",
            f"Give --valid-on: {day} takes back version {last.version_id}; or the day of today.",
        ),
        subject=layer.value,
    )
