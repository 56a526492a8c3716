"""Addresses found on the shared basemap: one, many, or the one nearest to a point.

A parent's address is personal data. Whoever asks for one sends it as a body: an address of a page is kept by browsers
and by every proxy on the way. What was asked is neither logged nor repeated, and no answer may be kept.
"""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Query, Request, Response

from api.address_desk import ADDRESS_LAYERS, AddressDesk, Clerk
from api.dependencies import DatabaseDep
from api.ogc_access import readable_layer
from api.parameters import no_parameters
from api.schemas.addresses import (
    AddressesIn,
    AddressesOut,
    AddressIn,
    AddressOut,
    AnswerOut,
    BatchReportOut,
    NearestOut,
    PointQuery,
    origin_of,
)
from basemap.geocode_batch import report_of
from spatial.crs import WGS84, transformer

SEARCH_PATH = "/api/v1/addresses"
REVERSE_PATH = "/api/v1/addresses/reverse"
BATCH_PATH = "/api/v1/addresses/batch"


def clerk_for(request: Request, database: DatabaseDep) -> Clerk:
    """Return who answers addresses, if the caller may read every layer that the answers come from."""
    for layer in ADDRESS_LAYERS:
        readable_layer(request, layer.value)
    desk: AddressDesk = request.app.state.address_desk
    return desk.clerk(database)


def _kept_by_nobody(response: Response) -> None:
    response.headers["Cache-Control"] = "private, no-store"


ClerkDep = Annotated[Clerk, Depends(clerk_for)]
router = APIRouter(tags=["addresses"], dependencies=[Depends(_kept_by_nobody)])


@router.get(SEARCH_PATH)
def find_public_address(query: Annotated[AddressIn, Query()], clerk: ClerkDep) -> AddressOut:
    """Return where an address lies. For the address of a person use POST: what stands in a URL is kept on the way."""
    return AddressOut.by(clerk, clerk.geocoder.geocode(query.q, most_candidates_count=query.limit))


@router.post(SEARCH_PATH, dependencies=[Depends(no_parameters)])
def find_address(asked: AddressIn, clerk: ClerkDep) -> AddressOut:
    """Return where an address lies, with a grade, a reason and candidates."""
    return AddressOut.by(clerk, clerk.geocoder.geocode(asked.q, most_candidates_count=asked.limit))


@router.get(REVERSE_PATH)
def find_nearest_address(query: Annotated[PointQuery, Query()], clerk: ClerkDep) -> NearestOut:
    """Return the address nearest to a point."""
    geocoder = clerk.geocoder
    x, y = transformer(WGS84, geocoder.index.crs)(np.array([[query.lon, query.lat]]))[0].tolist()
    return NearestOut.by(clerk, geocoder.nearest(x, y, limit_m=query.limit_m))


@router.post(BATCH_PATH, dependencies=[Depends(no_parameters)])
def find_addresses(asked: AddressesIn, clerk: ClerkDep) -> AddressesOut:
    """Return where each of many addresses lies, and which share of them reached which grade."""
    answers = clerk.geocoder.geocode_many(asked.addresses)
    crs = clerk.geocoder.index.crs
    return AddressesOut(
        **origin_of(clerk),
        report=BatchReportOut.of(report_of(answers)),
        answers=[AnswerOut.of(answer, crs=crs) for answer in answers],
    )
