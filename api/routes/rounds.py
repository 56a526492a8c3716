"""Published rounds in figures that point at nobody."""

import numpy as np
from fastapi import APIRouter, Depends

from allocation import store
from allocation.public_figures import AdmissionRound, public_view
from allocation.snapshot import RoundId
from api.dependencies import DatabaseDep
from api.parameters import no_parameters
from api.schemas.rounds import CutOffOut, RoundDetailOut, RoundOut, RoundSchoolOut, RoundsOut
from spatial.crs import WGS84, transformer

router = APIRouter(tags=["rounds"], dependencies=[Depends(no_parameters)])


@router.get("/api/v1/rounds")
def list_rounds(database: DatabaseDep) -> RoundsOut:
    """Return all published rounds, newest first."""
    with database.transaction() as session:
        rounds = store.list_rounds(session)
    return RoundsOut(rounds=[RoundOut.of(public_view(each)) for each in rounds])


@router.get("/api/v1/rounds/{round_id}")
def get_round(round_id: str, database: DatabaseDep) -> RoundDetailOut:
    """Return a round with the cut-offs of its schools."""
    with database.transaction() as session:
        shown = public_view(store.get_round(session, RoundId(round_id)))
    detail = RoundDetailOut.of(shown)
    detail.schools = _schools(shown, crs=database.crs)
    detail.cut_offs = [CutOffOut(**row) for row in shown.summary.get("cut_offs", ())]
    return detail


def _schools(shown: AdmissionRound, *, crs: str) -> list[RoundSchoolOut]:
    located = [school for school in shown.schools if school.x is not None and school.y is not None]
    points = np.array([(school.x, school.y) for school in located], dtype=np.float64).reshape(-1, 2)
    degrees = transformer(crs, WGS84)(points).tolist() if located else []
    where = {id(school): place for school, place in zip(located, degrees, strict=True)}
    return [
        RoundSchoolOut.of(school, lon=lon, lat=lat)
        for school in shown.schools
        for lon, lat in [where.get(id(school), (None, None))]
    ]
