"""Looking up a parcel, and the page that says what is known of it."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

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
from basemap.address import LONGEST_ADDRESS_LETTERS
from permits.area_lookup import OverlapPage, parcels_within
from permits.fact_sheet import FACT_FIELDS, read_facts
from permits.history_service import history_named
from permits.lookup import Desk, Found, desk_of
from permits.lookup_batch import number_typed
from permits.model import REASON_TEXTS, BuildingType
from permits.parcels import explicit_key, parse_parcel_key
from spatial.errors import ConflictError, InputError, NotFoundError
from spatial.text import NO_TEXT, Text

router = APIRouter(prefix="/parcels", include_in_schema=False)

BY_ADDRESS_PATH = "/parcels/by-address"
MOST_SHOWN = 50
_FIELDS = ("ward", "map_sheet", "parcel_no", "lon", "lat", "code")
_MOST_LETTERS = 40
_MOST_AREA_LETTERS = 500_000
KindOfBuilding = Annotated[str, Query(max_length=_MOST_LETTERS)]
_NO_NUMBER = Text("Nhập số tờ và số thửa, hoặc tọa độ.", "Enter sheet and number, or coordinates.")
_NO_SHEET = Text("Nhập số tờ bản đồ.", "Enter the map sheet.")
_NO_PARCEL = Text("Nhập số thửa.", "Enter the parcel number.")
_NO_COORDINATE = Text("Nhập một số, ví dụ 106,700 hoặc 603701.", "Enter a number, for example 106.700 or 603701.")
_NO_AREA = Text("Dán một vùng dạng GeoJSON.", "Paste one area as GeoJSON.")
_NO_ADDRESS = Text("Nhập địa chỉ.", "Enter an address.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What was found, by the way in which it was looked for; None where it was not."""

    found: Found | None = None
    places: AddressPlaces | None = None
    within: OverlapPage | None = None


@router.get("")
def search(request: Request, database: DatabaseDep) -> Response:
    """Show the form, or what was found; a single parcel is shown at once."""
    typed = {name: request.query_params.get(name, "").strip()[:_MOST_LETTERS] for name in _FIELDS}
    is_asked = any(name in request.query_params for name in _FIELDS)
    faults = faults_of(typed) if is_asked else ()
    found = None
    with database.transaction() as session:
        wards = wards_to_choose(session)
        if is_asked and not faults:
            try:
                found = _find(desk_of(session), typed)
            except InputError as error:
                faults = (FieldFault(field=_first_filled(typed), message=sentence_of(error)),)
    if found is not None and len(found.parcels) == 1:
        return RedirectResponse(f"/parcels/{found.parcels[0].key}?lang={language_of(request)}", status_code=303)
    return _page(request, errors=faults, typed=typed, wards=wards, results=Results(found=found))


@router.post("/by-area")
def search_by_area(
    request: Request,
    database: DatabaseDep,
    area: Annotated[str, Form(max_length=_MOST_AREA_LETTERS)] = "",
    offset: Annotated[int, Form(ge=0, le=10_000_000)] = 0,
) -> HTMLResponse:
    """Show the parcels that a polygon meets, each with its share, a page at a time."""
    page: OverlapPage | None = None
    faults: tuple[FieldFault, ...] = ()
    with database.transaction() as session:
        wards = wards_to_choose(session)
        try:
            document = json.loads(area)
            page = parcels_within(desk_of(session), document, limit_count=MOST_SHOWN, offset_count=offset)
        except (ValueError, RecursionError):
            faults = (FieldFault(field="area", message=_NO_AREA),)
        except InputError as error:
            faults = (FieldFault(field="area", message=sentence_of(error)),)
    return _page(request, errors=faults, typed={"area": area}, wards=wards, results=Results(within=page))


@router.get("/by-area")
def search_by_area_again(request: Request) -> RedirectResponse:
    """Lead back to the form: a page that was posted to cannot be shown again, in the other language either."""
    return RedirectResponse(f"/parcels?lang={language_of(request)}", status_code=303)


@router.post("/by-address")
def search_by_address(request: Request, database: DatabaseDep, address: Annotated[str, Form()] = "") -> HTMLResponse:
    """Show the places that an address may mean, each with the parcels below it; the address stands in no URL."""
    typed = {"address": address.strip()[:LONGEST_ADDRESS_LETTERS]}
    faults = () if typed["address"] else (FieldFault(field="address", message=_NO_ADDRESS),)
    places = None if faults else places_of(clerk_for(request, database), database, typed["address"])
    with database.transaction() as session:
        wards = wards_to_choose(session)
    return _page(request, errors=faults, typed=typed, wards=wards, results=Results(places=places))


@router.get("/by-address")
def search_by_address_again(request: Request) -> RedirectResponse:
    """Lead back to the form: a page that was posted to cannot be shown again, in the other language either."""
    return RedirectResponse(f"/parcels?lang={language_of(request)}", status_code=303)


@router.get("/{parcel_key}")
def show(
    request: Request,
    parcel_key: Annotated[str, Path(min_length=1, max_length=60)],
    database: DatabaseDep,
    building_type: KindOfBuilding = BuildingType.ROW_HOUSE,
) -> Response:
    """Show one parcel: what concerns it, what does not, what was not checked, and what may be built of some kind.

    A number that several parcels have, or that is no more, leads to the search, which names those of today.
    """
    name = parse_parcel_key(parcel_key)
    kind = kind_of_building(building_type)
    try:
        with database.transaction() as session:
            view = view_of(session, name, building_type=kind, as_of=today_in_vietnam())
            history = history_named(session, name)
    except (ConflictError, NotFoundError) as error:
        if isinstance(error, NotFoundError) and error.code != "parcel_gone":
            raise
        return RedirectResponse(f"/parcels?code={quote(name.key)}&lang={language_of(request)}", status_code=303)
    return render(
        request,
        "parcel.html",
        view=view,
        parcel=view.found.parcel,
        history=history,
        kind=kind,
        kinds=tuple(BuildingType),
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
    results: Results,
) -> HTMLResponse:
    return render(
        request,
        "parcels.html",
        status_code=422 if errors else 200,
        is_private="address" in typed,
        errors=errors,
        typed=dict.fromkeys((*_FIELDS, "address", "area"), "") | typed,
        wards=wards,
        found=results.found,
        most_shown=MOST_SHOWN,
        places=results.places,
        within=results.within,
        has_addresses=set(ADDRESS_LAYERS) <= set(readable_layers(request)),
        key_of=explicit_key,
    )


def faults_of(typed: Mapping[str, str]) -> tuple[FieldFault, ...]:
    """Return what has to be mended before anything can be looked up."""
    if typed["code"]:
        return ()
    if typed["lon"] or typed["lat"]:
        return tuple(fault for name in ("lon", "lat") if (fault := _no_number(name, typed[name])))
    if not typed["map_sheet"] and not typed["parcel_no"]:
        return (FieldFault(field="map_sheet", message=_NO_NUMBER),)
    if not typed["map_sheet"]:
        return (FieldFault(field="map_sheet", message=_NO_SHEET),)
    return () if typed["parcel_no"] else (FieldFault(field="parcel_no", message=_NO_PARCEL),)


def _find(desk: Desk, typed: Mapping[str, str]) -> Found:
    if typed["code"]:
        return desk.by_code(typed["code"])
    if typed["lon"]:
        return desk.by_point((number_typed(typed["lon"]), number_typed(typed["lat"])))
    return desk.by_number(ward=typed["ward"] or None, map_sheet=typed["map_sheet"], parcel_no=typed["parcel_no"])


def _no_number(name: str, text: str) -> FieldFault | None:
    try:
        number = number_typed(text)
    except InputError:
        number = math.nan
    return None if math.isfinite(number) else FieldFault(field=name, message=_NO_COORDINATE)


def _first_filled(typed: Mapping[str, str]) -> str:
    return next((name for name in ("code", "lon", "map_sheet") if typed[name]), "map_sheet")


def kind_of_building(code: str) -> BuildingType:
    """Return the kind of building that an address names. Raises InputError with those that there are."""
    return read_facts({"building_type": code}, subject="building_type").building_type or BuildingType.ROW_HOUSE


def sentence_of(error: InputError) -> Text:
    """Return what is wrong and what to do, without the subject, in both languages."""
    hint = error.hint or NO_TEXT
    return Text(f"{error.message.vi} {hint.vi}".strip(), f"{error.message.en} {hint.en}".strip())
