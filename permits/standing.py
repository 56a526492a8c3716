"""The building that stands on a parcel, taken as if it were proposed."""

from dataclasses import replace

import numpy as np
import shapely

from permits.answers import Concern
from permits.facts import ParcelFacts
from permits.ground_measures import areal
from permits.model import Facts
from permits.overlap import Band
from permits.proposal import Proposal
from spatial.geometry import Located


def standing_building(found: ParcelFacts, *, supposed: Facts) -> Proposal | None:
    """Return the building on a parcel as a proposal; None where none stands on it beyond doubt.

    Of several buildings the tallest gives floors and height, and their union the footprint. A building whose floors or
    height are not known is proposed without them.

    Parameters
    ----------
    supposed
        What is taken for granted of every building.
    """
    standing = [concern for concern in found.buildings if concern.band is Band.HIT]
    parts = [concern.geometry.geometry for concern in standing]
    floors = [int(value) for concern in standing if (value := _number(concern, "floors"))]
    heights = [value for concern in standing if (value := _number(concern, "height_m"))]
    if not parts:
        return None
    facts = replace(supposed, floors=max(floors, default=None), building_height_m=max(heights, default=None))
    footprint = areal(parts[0] if len(parts) == 1 else shapely.union_all(parts))
    return Proposal(facts=facts, footprint=Located(geometry=footprint, crs=found.parcel.place.crs))


def _number(concern: Concern, name: str) -> float | None:
    value = concern.detail.get(name)
    return float(value) if isinstance(value, int | float | np.number) and not np.isnan(value) else None
