"""The places that an address may mean, with the parcels that lie below them."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from api.address_desk import Clerk
from basemap.geocode import Candidate, Grade
from basemap.geocode_batch import GRADE_LABELS
from permits import service
from permits.parcels import Parcel
from spatial.db import Database
from spatial.errors import DataUnavailableError
from spatial.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFound:
    """One place; only a house stands on a parcel, the middle of a street or the mouth of an alley does not."""

    label: str
    grade: Text
    score: int
    is_house: bool
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPlaces:
    """What the page says of an address: how sure, why, and what it may mean."""

    grade: Text
    is_sure: bool
    reason: Text
    places: tuple[PlaceFound, ...]


def places_of(clerk: Clerk, database: Database, text: str) -> AddressPlaces:
    """Return what ``text`` may mean; where parcels are not published, houses are shown without them."""
    answer = clerk.geocoder.geocode(text)
    with database.transaction() as session:
        places = tuple(_place(session, candidate) for candidate in answer.candidates)
    return AddressPlaces(
        grade=GRADE_LABELS[answer.grade],
        is_sure=answer.grade is Grade.EXACT,
        reason=answer.reason,
        places=places[:1] if answer.grade is Grade.EXACT else places,
    )


def _place(session: Session, candidate: Candidate) -> PlaceFound:
    is_house = candidate.grade is Grade.EXACT
    return PlaceFound(
        label=candidate.place.label,
        grade=GRADE_LABELS[candidate.grade],
        score=candidate.score,
        is_house=is_house,
        parcels=tuple(_parcels_below(session, candidate)) if is_house else (),
    )


def _parcels_below(session: Session, candidate: Candidate) -> list[Parcel]:
    try:
        return service.find_at(session, candidate.place.x, candidate.place.y)
    except DataUnavailableError:
        return []
