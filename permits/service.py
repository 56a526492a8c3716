"""Parcels and checks out of the store: what the commands, the API and the demonstration call."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from basemap import store
from basemap.model import LayerName
from basemap.tables import FEATURE_ROWS, ParcelRow
from permits.check import Check, check
from permits.facts import STREET_SEARCH_M, Ground, ParcelFacts, facts_in_bulk, facts_of
from permits.history_service import gone, history_named
from permits.model import AreaType, BuildingType, Facts, ParcelKey, Verdict
from permits.overlap import OverlapThresholds
from permits.parcels import Parcel, ParcelName, parcels_of, parcels_of_records, the_one, without_leading_zeros
from permits.proposal import Proposal
from permits.published_ground import published_ground
from permits.rulebook import Rulebook
from permits.standing import standing_building
from spatial.crs import transformer
from spatial.db import Database, intersects_box, storage_crs
from spatial.errors import DataUnavailableError, InputError
from spatial.text import Text

_PARCELS_AT_ONCE_COUNT = 500

DEMONSTRATION_FACTS = Facts(building_type=BuildingType.ROW_HOUSE, area_type=AreaType.EXISTING_URBAN)
"""What `check_buildings` supposes of every building."""


def find(
    session: Session,
    *,
    ward_code: str | None = None,
    map_sheet: str | None = None,
    parcel_no: str | None = None,
    valid_on: date | None = None,
) -> list[Parcel]:
    """Return every parcel with this ward, sheet and number; what is None is not asked.

    Parameters
    ----------
    ward_code
        Code of the ward before July 2025, whatever the day.
    valid_on
        Day on which the cadastral map holds; None is today.

    Raises
    ------
    InputError
        Nothing at all is asked.
    DataUnavailableError
        No parcels are published.
    """
    if not any((ward_code, map_sheet, parcel_no)):
        raise InputError(
            Text("Cần phường, số tờ hoặc số thửa.", "Ward, sheet or number is needed."),
            hint=Text("Ví dụ --ward 26797 --sheet 10 --number 16.", "For example --ward 26797 --sheet 10 --number 16."),
        )
    records = store.parcel_records(
        session,
        ward_code=ward_code.strip() if ward_code else None,
        map_sheet=without_leading_zeros(map_sheet) if map_sheet else None,
        parcel_no=without_leading_zeros(parcel_no) if parcel_no else None,
        valid_on=valid_on,
    )
    return parcels_of_records(records, crs=storage_crs(session))


def find_at(
    session: Session, x: float, y: float, *, crs: str | None = None, valid_on: date | None = None
) -> list[Parcel]:
    """Return every parcel that contains a point; ``crs`` is that of x and y, the storage system by default."""
    if crs is not None:
        x, y = transformer(crs, storage_crs(session))(np.array([[x, y]], dtype=np.float64))[0]
    records = store.records_at_point(session, LayerName.PARCEL, float(x), float(y), valid_on=valid_on)
    return parcels_of_records(records, crs=storage_crs(session))


def find_near(
    session: Session, x: float, y: float, *, distance_m: float, valid_on: date | None = None
) -> tuple[Parcel, ...]:
    """Return the parcels within a distance of a point of the storage system, the nearest first."""
    bounds = (x - distance_m, y - distance_m, x + distance_m, y + distance_m)
    records = store.records_near(session, LayerName.PARCEL, bounds, valid_on=valid_on)
    away_m = shapely.distance([record["geometry"] for record in records], shapely.Point(x, y))
    nearest_first = [number for number in np.argsort(away_m, kind="stable") if away_m[number] <= distance_m]
    return tuple(parcels_of_records([records[number] for number in nearest_first], crs=storage_crs(session)))


def is_drawn_near(
    session: Session, layer: LayerName, x: float, y: float, *, distance_m: float, valid_on: date | None = None
) -> bool:
    """Tell whether the box of any feature of a layer meets a square around a point; a layer not published is not.

    Parameters
    ----------
    distance_m
        Half the side of the square, in the storage system.
    """
    try:
        version = store.version_as_of(session, layer, valid_on=valid_on)
    except DataUnavailableError:
        return False
    row = FEATURE_ROWS[layer]
    bounds = (x - distance_m, y - distance_m, x + distance_m, y + distance_m)
    # The sum keeps the planner from walking through the whole version by its index: the spatial one is narrower.
    near = select(row.id).where(
        intersects_box(row.__table__.c.geometry, bounds), row.version_id + 0 == version.version_id
    )
    return session.scalar(near.limit(1)) is not None


def ward_codes(session: Session) -> list[str]:
    """Return the ward codes that published parcels carry, sorted; they may be older than the published wards."""
    version = store.current_version(session, LayerName.PARCEL)
    if version is None:
        return []
    codes = select(ParcelRow.ward_code).where(ParcelRow.version_id == version.version_id).distinct()
    return sorted(session.scalars(codes))


def parcel_named(session: Session, name: ParcelName, *, valid_on: date | None = None) -> Parcel:
    """Return the one parcel of that name.

    Raises
    ------
    NotFoundError
        There is none; where the register knows what became of it, the message says so (code ``parcel_gone``).
    ConflictError
        Several share the number and none of them was meant in particular.
    """
    parts = {"ward_code": name.ward_code, "map_sheet": name.map_sheet, "parcel_no": name.parcel_no}
    candidates = find(session, **parts, valid_on=valid_on)
    if not candidates and (ended := gone(history_named(session, name))) is not None:
        raise ended
    return the_one(candidates, name)


def facts_of_parcel(
    session: Session,
    parcel: Parcel,
    *,
    thresholds: OverlapThresholds | None = None,
    valid_on: date | None = None,
) -> ParcelFacts:
    """Return what the published layers say about a parcel, today or as they hold on a day.

    A layer of which no published version holds then is not checked.
    """
    min_x, min_y, max_x, max_y = parcel.place.geometry.bounds
    reach = STREET_SEARCH_M
    bounds = (min_x - reach, min_y - reach, max_x + reach, max_y + reach)
    ground = published_ground(session, bounds=bounds, valid_on=valid_on, thresholds=thresholds)
    return facts_of(parcel, ground, on=valid_on)


def check_parcel(
    session: Session,
    name: ParcelName,
    proposal: Proposal,
    *,
    rulebook: Rulebook,
    as_of: date,
    valid_on: date | None = None,
) -> Check:
    """Check a proposal on the parcel of that name. Raises as `parcel_named` does.

    Parameters
    ----------
    as_of
        Day of the law.
    valid_on
        Day of the map; None is today.
    """
    found = facts_of_parcel(session, parcel_named(session, name, valid_on=valid_on), valid_on=valid_on)
    return check(found, proposal, rulebook=rulebook, as_of=as_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingChecks:
    """What `check_buildings` found.

    Parameters
    ----------
    verdict_counts
        Parcels by overall verdict.
    limit_counts
        Verdicts by limit or check.
    examples
        A few parcels of each verdict.
    """

    parcel_count: int
    verdict_counts: Mapping[Verdict, int]
    limit_counts: Mapping[str, Mapping[Verdict, int]]
    examples: Mapping[Verdict, tuple[ParcelKey, ...]] = field(default_factory=dict)


def check_buildings(
    database: Database,
    *,
    rulebook: Rulebook,
    as_of: date,
    supposed: Facts = DEMONSTRATION_FACTS,
    most: int | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> BuildingChecks:
    """Check the building that stands on each parcel as if it were proposed, and count the verdicts.

    Only for demonstration and planning: what stands was approved under the law of its time.

    Parameters
    ----------
    supposed
        What is taken for granted of every building.
    most
        Stop after this many built-up parcels, in the order of their keys.
    on_progress
        Called with the number of parcels done.
    """
    with database.transaction() as session:
        parcels = sorted(parcels_of(store.read_layer(session, LayerName.PARCEL)), key=lambda parcel: parcel.key)
        ground = published_ground(session)
    verdicts: Counter[Verdict] = Counter()
    by_limit: dict[str, Counter[Verdict]] = {}
    examples: dict[Verdict, list[ParcelKey]] = {}
    done = 0
    for found in _facts_in_turn(parcels, ground):
        if most is not None and done >= most:
            break
        proposal = standing_building(found, supposed=supposed)
        if proposal is None:
            continue
        outcome = check(found, proposal, rulebook=rulebook, as_of=as_of)
        done += 1
        verdicts[outcome.verdict] += 1
        examples.setdefault(outcome.verdict, []).append(found.parcel.key)
        for finding in outcome.findings:
            by_limit.setdefault(finding.name, Counter())[finding.verdict] += 1
        if on_progress is not None:
            on_progress(done)
    return BuildingChecks(
        parcel_count=done,
        verdict_counts=dict(verdicts),
        limit_counts={name: dict(counts) for name, counts in by_limit.items()},
        examples={verdict: tuple(keys[:3]) for verdict, keys in examples.items()},
    )


def _facts_in_turn(parcels: Sequence[Parcel], ground: Ground) -> Iterator[ParcelFacts]:
    """Yield the facts of parcels in their order, asked about many at once."""
    for start in range(0, len(parcels), _PARCELS_AT_ONCE_COUNT):
        yield from facts_in_bulk(parcels[start : start + _PARCELS_AT_ONCE_COUNT], ground)
