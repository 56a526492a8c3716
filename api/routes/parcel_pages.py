"""Looking up a parcel, and the page that says what is known of it."""

import math
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.address_desk import ADDRESS_LAYERS
from api.address_places import AddressPlaces, places_of
from api.clock import today_in_vietnam
from api.dependencies import DatabaseDep
from api.errors import FieldFault
from api.i18n import language_of
from api.ogc_access import readable_layers
from api.parcel_view import headline_limits, limit_groups, view_of, wards_to_choose
from api.render import render
from api.routes.addresses import clerk_for
from api.routes.permits import rulebook_named
from basemap.address import LONGEST_ADDRESS_LETTERS
from permits import service
from permits.fact_sheet import FACT_FIELDS
from permits.model import REASON_TEXTS
from permits.parcels import Parcel, explicit_key, parse_parcel_key
from permits.rulebook import DEFAULT_RULEBOOK
from spatial.crs import VIETNAM_BOUNDS_DEGREES, WGS84
from spatial.text import Text

router = APIRouter(prefix="/parcels", include_in_schema=False)

BY_ADDRESS_PATH = "/parcels/by-address"
MOST_SHOWN = 50
_FIELDS = ("ward", "map_sheet", "parcel_no", "lon", "lat")
_MOST_LETTERS = 24
_NO_NUMBER = Text("Nhập số tờ và số thửa, hoặc tọa độ.", "Enter sheet and number, or coordinates.")
_NO_SHEET = Text("Nhập số tờ bản đồ.", "Enter the map sheet.")
_NO_PARCEL = Text("Nhập số thửa.", "Enter the parcel number.")
_NO_ADDRESS = Text("Nhập địa chỉ.", "Enter an address.")


@router.get("")
def search(request: Request, database: DatabaseDep) -> Response:
    """Show the form, or what was found; a single parcel is shown at once."""
    typed = {name: request.query_params.get(name, "").strip()[:_MOST_LETTERS] for name in _FIELDS}
    is_asked = any(name in request.query_params for name in _FIELDS)
    faults = faults_of(typed) if is_asked else ()
    with database.transaction() as session:
        wards = wards_to_choose(session)
        found = _find(session, typed) if is_asked and not faults else None
    if found is not None and len(found) == 1:
        return RedirectResponse(f"/parcels/{found[0].key}?lang={language_of(request)}", status_code=303)
    return _page(request, errors=faults, typed=typed, wards=wards, found=found)


@router.post("/by-address")
def search_by_address(request: Request, database: DatabaseDep, address: Annotated[str, Form()] = "") -> HTMLResponse:
    """Show the places that an address may mean, each with the parcels below it; the address stands in no URL."""
    typed = {"address": address.strip()[:LONGEST_ADDRESS_LETTERS]}
    faults = () if typed["address"] else (FieldFault(field="address", message=_NO_ADDRESS),)
    places = None if faults else places_of(clerk_for(request, database), database, typed["address"])
    with database.transaction() as session:
        wards = wards_to_choose(session)
    return _page(request, errors=faults, typed=typed, wards=wards, places=places)


@router.get("/by-address")
def search_by_address_again(request: Request) -> RedirectResponse:
    """Lead back to the form: a page that was posted to cannot be shown again, in the other language either."""
    return RedirectResponse(f"/parcels?lang={language_of(request)}", status_code=303)


@router.get("/{parcel_key}")
def show(
    request: Request, parcel_key: Annotated[str, Path(min_length=1, max_length=60)], database: DatabaseDep
) -> HTMLResponse:
    """Show one parcel: what concerns it, what does not, what was not checked, and what may be built."""
    name = parse_parcel_key(parcel_key)
    rulebook = rulebook_named(DEFAULT_RULEBOOK)
    with database.transaction() as session:
        view = view_of(session, name, rulebook=rulebook, as_of=today_in_vietnam())
    return render(
        request,
        "parcel.html",
        view=view,
        parcel=view.found.parcel,
        headline_limits=headline_limits(view.check.limits.by_name),
        limit_groups=limit_groups(view.check.limits.by_name),
        fact_fields=FACT_FIELDS,
        reasons=REASON_TEXTS,
    )


def _page(
    request: Request,
    *,
    errors: tuple[FieldFault, ...],
    typed: dict[str, str],
    wards: Mapping[str, str],
    found: list[Parcel] | None = None,
    places: AddressPlaces | None = None,
) -> HTMLResponse:
    return render(
        request,
        "parcels.html",
        status_code=422 if errors else 200,
        is_private="address" in typed,
        errors=errors,
        typed=dict.fromkeys((*_FIELDS, "address"), "") | typed,
        wards=wards,
        found=None if found is None else found[:MOST_SHOWN],
        found_count=len(found or ()),
        places=places,
        has_addresses=set(ADDRESS_LAYERS) <= set(readable_layers(request)),
        key_of=explicit_key,
    )


def faults_of(typed: Mapping[str, str]) -> tuple[FieldFault, ...]:
    """Return what has to be mended before anything can be looked up."""
    if typed["lon"] or typed["lat"]:
        return tuple(fault for name in ("lon", "lat") if (fault := _wrong_degrees(name, typed[name])))
    if not typed["map_sheet"] and not typed["parcel_no"]:
        return (FieldFault(field="map_sheet", message=_NO_NUMBER),)
    if not typed["map_sheet"]:
        return (FieldFault(field="map_sheet", message=_NO_SHEET),)
    return () if typed["parcel_no"] else (FieldFault(field="parcel_no", message=_NO_PARCEL),)


def _find(session: Session, typed: Mapping[str, str]) -> list[Parcel]:
    if typed["lon"]:
        return service.find_at(session, _degrees(typed["lon"]), _degrees(typed["lat"]), crs=WGS84)
    return service.find(
        session,
        ward_code=typed["ward"] or None,
        map_sheet=typed["map_sheet"],
        parcel_no=typed["parcel_no"],
    )


def _wrong_degrees(name: str, text: str) -> FieldFault | None:
    west, south, east, north = VIETNAM_BOUNDS_DEGREES
    low, high = (west, east) if name == "lon" else (south, north)
    if low <= _degrees(text) <= high:
        return None
    word = Text("Kinh độ", "The longitude") if name == "lon" else Text("Vĩ độ", "The latitude")
    return FieldFault(
        field=name,
        message=Text(
            f"{word.vi} phải là số độ từ {low:g} đến {high:g}.", f"{word.en} must be degrees from {low:g} to {high:g}."
        ),
    )


def _degrees(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan
