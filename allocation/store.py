"""What is remembered of rounds: the round, and what it did with the seats of each school."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import Table, delete, insert, select
from sqlalchemy.orm import Session

from allocation.public_figures import AdmissionRound, RoundSchool
from allocation.snapshot import RoundId
from allocation.tables import AdmissionRoundRow, RoundSchoolRow
from spatial.bulk import insert_features
from spatial.errors import NotFoundError
from spatial.text import Text


def save_round(session: Session, admission_round: AdmissionRound) -> None:
    """Keep a round; one of the same name is replaced as a whole."""
    row = session.scalars(_by_id(admission_round.round_id)).one_or_none()
    if row is None:
        session.add(AdmissionRoundRow(**_columns(admission_round)))
    else:
        for name, value in _columns(admission_round).items():
            setattr(row, name, value)
    session.flush()
    session.execute(delete(RoundSchoolRow).where(RoundSchoolRow.round_id == admission_round.round_id))
    _save_schools(session, admission_round)


def list_rounds(session: Session) -> list[AdmissionRound]:
    """Return all rounds without their schools, newest first."""
    newest_first = (AdmissionRoundRow.published_at.desc(), AdmissionRoundRow.round_id)
    return [_round(row, ()) for row in session.scalars(select(AdmissionRoundRow).order_by(*newest_first))]


def get_round(session: Session, round_id: RoundId) -> AdmissionRound:
    """Return a round with its schools, by level and code.

    Raises
    ------
    NotFoundError
        There is no such round.
    """
    row = session.scalars(_by_id(round_id)).one_or_none()
    if row is None:
        raise NotFoundError(Text("Không có đợt tuyển sinh này.", "There is no such round."))
    schools = session.scalars(
        select(RoundSchoolRow)
        .where(RoundSchoolRow.round_id == round_id)
        .order_by(RoundSchoolRow.level, RoundSchoolRow.school_code)
    )
    return _round(row, [_school(school) for school in schools])


def _by_id(round_id: RoundId) -> Any:  # noqa: ANN401  the type of a select is longer than what it says
    return select(AdmissionRoundRow).where(AdmissionRoundRow.round_id == round_id)


def _columns(admission_round: AdmissionRound) -> dict[str, Any]:
    return {
        "round_id": admission_round.round_id,
        "title_vi": admission_round.title.vi,
        "title_en": admission_round.title.en,
        "levels": json.dumps(admission_round.levels),
        "policy": admission_round.policy,
        "seed": admission_round.seed,
        "problem_sha256": admission_round.problem_sha256,
        "verified": admission_round.verified,
        "published_at": admission_round.published_at,
        "layer_versions": json.dumps(dict(admission_round.layer_versions), sort_keys=True),
        "snapshot_name": admission_round.snapshot_name,
        "content_sha256": admission_round.content_sha256,
        "summary": json.dumps(dict(admission_round.summary), ensure_ascii=False, sort_keys=True),
    }


def _save_schools(session: Session, admission_round: AdmissionRound) -> None:
    rows = [
        {
            "round_id": admission_round.round_id,
            "school_code": school.school_code,
            "level": school.level,
            "name": school.name,
            "capacity": school.capacity,
            "placed": school.placed,
            "cut_off_tier": school.cut_off_tier,
            "cut_off_distance_m": school.cut_off_distance_m,
            "seat_price_m": school.seat_price_m,
        }
        for school in admission_round.schools
    ]
    points = np.array(
        [
            None if each.x is None or each.y is None else shapely.Point(each.x, each.y)
            for each in admission_round.schools
        ],
        dtype=object,
    )
    located = np.array([point is not None for point in points], dtype=bool)
    here = [row for row, has_place in zip(rows, located, strict=True) if has_place]
    nowhere = [row for row, has_place in zip(rows, located, strict=True) if not has_place]
    if here:
        columns = {name: [row[name] for row in here] for name in here[0]}
        table, changed_at = _table(), admission_round.published_at
        insert_features(session, table, columns, geometries=points[located], changed_at=changed_at)
    if nowhere:
        session.execute(insert(_table()), nowhere)


def _table() -> Table:
    table = RoundSchoolRow.__table__
    assert isinstance(table, Table)  # noqa: S101  SQLAlchemy types it more widely
    return table


def _round(row: AdmissionRoundRow, schools: Sequence[RoundSchool]) -> AdmissionRound:
    return AdmissionRound(
        round_id=RoundId(row.round_id),
        title=Text(row.title_vi, row.title_en),
        levels=tuple(json.loads(row.levels)),
        policy=row.policy,
        seed=row.seed,
        problem_sha256=row.problem_sha256,
        verified=row.verified,
        published_at=row.published_at,
        layer_versions=json.loads(row.layer_versions),
        snapshot_name=row.snapshot_name,
        content_sha256=row.content_sha256,
        summary=json.loads(row.summary),
        schools=tuple(schools),
    )


def _school(row: RoundSchoolRow) -> RoundSchool:
    point = None if row.geometry is None else to_shape(row.geometry)
    return RoundSchool(
        school_code=row.school_code,
        level=row.level,
        name=row.name,
        capacity=row.capacity,
        placed=row.placed,
        cut_off_tier=row.cut_off_tier,
        cut_off_distance_m=row.cut_off_distance_m,
        seat_price_m=row.seat_price_m,
        x=None if point is None else point.x,
        y=None if point is None else point.y,
    )
