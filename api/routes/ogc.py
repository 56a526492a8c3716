"""OGC API - Features: what there is to read. The features themselves: `api.routes.ogc_items`.

These are plain Starlette routes: the document that describes them is `api.ogc_openapi`, and what FastAPI would do
beside would cost a third of the answers a second.
"""

from datetime import datetime
from importlib import metadata
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response
from starlette.routing import Route

from api import ogc_documents
from api.dependencies import get_database
from api.i18n import Speech, language_of, speech
from api.ogc_access import no_such_collection, readable_layer, readable_layers
from api.ogc_answers import (
    OPENAPI_JSON,
    ROOT,
    SCHEMA_JSON,
    address_of,
    json_answer,
    page_answer,
    parameters_of,
    self_links,
    wants_html,
)
from api.ogc_figures import figures_of
from api.ogc_openapi import openapi
from api.routes import ogc_items
from basemap import feature_store
from basemap.model import LAYERS, LayerName
from spatial.db import Database
from spatial.text import Text

_NAME = Text("Tên", "Name")
_WHAT = Text("Nội dung", "What")
_KIND = Text("Kiểu", "Kind")


def landing(request: Request) -> Response:
    """Return the landing page."""
    given = parameters_of(request)
    is_page = wants_html(request, given)
    document = ogc_documents.landing(request, given)
    if is_page:
        return page_answer(request, document["title"], lead=document["description"], links=document["links"])
    return json_answer(document)


def conformance(request: Request) -> Response:
    """Return the conformance classes that hold."""
    given = parameters_of(request)
    if wants_html(request, given):
        title = Text("Các lớp tuân thủ", "Conformance classes").in_language(language_of(request))
        return page_answer(request, title, table=[(title,), *((each,) for each in ogc_documents.CONFORMANCE)])
    return json_answer({"conformsTo": ogc_documents.CONFORMANCE})


def api_document(request: Request) -> Response:
    """Return the OpenAPI document of what the caller may read."""
    given = parameters_of(request)
    is_page = wants_html(request, given, also=OPENAPI_JSON)
    database = get_database(request)
    document = openapi(
        _published(database, readable_layers(request)),
        server=address_of(request, ""),
        version=metadata.version("diaban"),
        storage_crs=database.crs,
    )
    if not is_page:
        return json_answer(document, kind=OPENAPI_JSON)
    language = language_of(request)
    rows = [(f"{ROOT}{path}", _told_parameters(document, path)) for path in document["paths"]]
    heads = (Text("Địa chỉ", "Address"), Text("Tham số", "Parameters"))
    return page_answer(
        request,
        document["info"]["title"],
        lead=ogc_documents.DESCRIPTION.in_language(language),
        links=self_links(request, "/api", given, kind=OPENAPI_JSON),
        table=[tuple(head.in_language(language) for head in heads), *rows],
    )


def collections(request: Request) -> Response:
    """Return the collections that the caller may read."""
    given = parameters_of(request)
    is_page, language = wants_html(request, given), language_of(request)
    database = get_database(request)
    with database.transaction() as session:
        described = [_described(request, given, session, database, layer) for layer in readable_layers(request)]
    found = [each for each in described if each is not None]
    links = self_links(request, "/collections", given)
    if not is_page:
        return json_answer({"links": links, "collections": found})
    rows = [((each["title"], address_of(request, f"/collections/{each['id']}")), each["description"]) for each in found]
    title = Text("Các lớp dữ liệu", "Collections").in_language(language)
    heads = (_NAME.in_language(language), _WHAT.in_language(language))
    lead = speech(language)("ogc.collections_lead")
    return page_answer(request, title, lead=lead, links=links, table=[heads, *rows])


def collection(request: Request) -> Response:
    """Return the description of one collection."""
    given = parameters_of(request)
    is_page, layer = wants_html(request, given), readable_layer(request, request.path_params["collection"])
    database = get_database(request)
    with database.transaction() as session:
        described = _described(request, given, session, database, layer)
    if described is None:
        raise no_such_collection()
    if is_page:
        return page_answer(
            request,
            described["title"],
            links=described["links"],
            facts=_facts(described, speech(language_of(request))),
            map_src=f"/maps/layers/{layer.value}",
        )
    return json_answer(described)


def queryables(request: Request) -> Response:
    """Return what a filter on one collection may name."""
    given = parameters_of(request)
    is_page = wants_html(request, given, also=SCHEMA_JSON)
    layer = readable_layer(request, request.path_params["collection"])
    if not _published(get_database(request), [layer]):
        raise no_such_collection()
    if not is_page:
        return json_answer(ogc_documents.queryables(request, layer), kind=SCHEMA_JSON)
    language = language_of(request)
    rows = [(each.name, each.label.in_language(language), each.kind.value) for each in LAYERS[layer].attributes]
    heads = tuple(each.in_language(language) for each in (_NAME, _WHAT, _KIND))
    links = self_links(request, f"/collections/{layer.value}/queryables", given, kind=SCHEMA_JSON)
    return page_answer(request, LAYERS[layer].label.in_language(language), links=links, table=[heads, *rows])


def _described(
    request: Request, given: dict[str, str], session: Session, database: Database, layer: LayerName
) -> dict[str, Any] | None:
    edition = feature_store.find_edition(session, layer)
    if edition is None:
        return None
    figures = figures_of(request)
    return ogc_documents.collection(
        request,
        given,
        layer,
        extent=figures.extent(session, layer, edition),
        period=feature_store.find_time_extent(session, layer),
        storage_crs=database.crs,
    )


def _facts(described: dict[str, Any], t: Speech) -> list[tuple[str, str]]:
    """Return what a reader wants to know of a collection, name and value."""
    (since, _), *_ = described["extent"]["temporal"]["interval"]
    box = described["extent"]["spatial"]["bbox"][0]
    corners = [f"{t.number(lon, digits=4)}; {t.number(lat, digits=4)}" for lon, lat in (box[:2], box[2:])]
    return [
        (t("ogc.published_since"), "–" if since is None else t.day(datetime.fromisoformat(since))),
        (t("ogc.storage_crs"), f"EPSG:{described['storageCrs'].rpartition('/')[2]}"),
        (t("ogc.extent"), " – ".join(corners)),
    ]


def _published(database: Database, layers: list[LayerName]) -> list[LayerName]:
    with database.transaction() as session:
        return [layer for layer in layers if feature_store.find_edition(session, layer) is not None]


def _told_parameters(document: dict[str, Any], path: str) -> str:
    listed = document["paths"][path]["get"]["parameters"]
    return ", ".join(each.get("name") or each["$ref"].rpartition("/")[2] for each in listed)


ROUTES = tuple(
    Route(path, endpoint, methods=["GET"], include_in_schema=False)
    for path, endpoint in (
        (f"{ROOT}/collections/{{collection}}/items", ogc_items.items),
        (f"{ROOT}/collections/{{collection}}/items/{{feature}}", ogc_items.item),
        (ROOT, landing),
        (f"{ROOT}/", landing),
        (f"{ROOT}/conformance", conformance),
        (f"{ROOT}/api", api_document),
        (f"{ROOT}/collections", collections),
        (f"{ROOT}/collections/{{collection}}", collection),
        (f"{ROOT}/collections/{{collection}}/queryables", queryables),
    )
)
"""What is asked for most stands first."""
