"""OGC API - Features: the features of a collection, a page at a time, and one by its id."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from anyio import to_thread
from fastapi import Request
from starlette.responses import Response

from api.clock import now
from api.dependencies import find_database, get_database
from api.i18n import language_of, speech
from api.ogc_access import Readers, find_readable_layer, no_such_collection, readable_layer, readers_of
from api.ogc_answers import (
    GEOJSON,
    JSON,
    address_of,
    address_with,
    caching,
    encoded,
    is_known,
    link,
    link_header,
    not_modified,
    page_answer,
    parameters_of,
    self_links,
    tag_of,
    wants_html,
)
from api.ogc_reading import Found, IsKept, find, find_at_once
from basemap import cql, feature_store
from basemap.feature_page import Edition
from basemap.feature_query import (
    CRS84,
    DEFAULT_LIMIT_COUNT,
    FeatureQuery,
    Filter,
    parse_bbox,
    parse_crs,
    parse_equals,
    parse_limit,
    parse_offset,
    parse_period,
)
from basemap.model import LAYERS, Attribute, Kind, LayerName
from spatial.db import Database
from spatial.errors import NotFoundError
from spatial.text import Text

_PAGING = ("limit", "offset", "bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs")
_KNOWN = {layer: frozenset((*_PAGING, *LAYERS[layer].attribute_names)) for layer in LayerName}
_IN_SESSION = frozenset(("filter", "datetime"))
_NEXT, _PREVIOUS = Text("Trang sau", "Next page"), Text("Trang trước", "Previous page")
_COLLECTION = Text("Lớp dữ liệu", "The collection")
_IDENTIFIER = Text("Mã", "Id")
_ESTIMATE_HEADER = {"ogc-number-matched": "estimate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    layer: LayerName
    given: Mapping[str, str]
    query: FeatureQuery
    is_page: bool


async def items(request: Request) -> Response:
    """Return one page of features: without a thread where the store answers in one statement."""
    layer = await find_readable_layer(request, request.path_params["collection"])
    database = await find_database(request)
    if database.quick_reads is None or not _IN_SESSION.isdisjoint(request.query_params):
        return await to_thread.run_sync(_items_in_session, request, database, layer)
    asked = _asked(request, layer, storage_crs=database.crs)
    found = await find_at_once(request, database, layer, query=asked.query, is_kept=_is_kept(request, asked))
    if found is None:
        return await to_thread.run_sync(_items_in_session, request, database, layer)
    if asked.is_page:
        return await to_thread.run_sync(_told, request, asked, found)
    return _told(request, asked, found)


def _items_in_session(request: Request, database: Database, layer: LayerName) -> Response:
    asked = _asked(request, layer, storage_crs=database.crs)
    found = find(request, database, layer, query=asked.query, is_kept=_is_kept(request, asked))
    return _told(request, asked, found)


def _asked(request: Request, layer: LayerName, *, storage_crs: str) -> _Asked:
    given = parameters_of(request, _KNOWN[layer])
    is_page = wants_html(request, given, also=GEOJSON)
    return _Asked(layer=layer, given=given, query=query_of(layer, given, storage_crs=storage_crs), is_page=is_page)


def _is_kept(request: Request, asked: _Asked) -> IsKept:
    return lambda edition: not asked.is_page and is_known(request, _tag(request, edition, is_page=False))


def _told(request: Request, asked: _Asked, found: Found | Edition) -> Response:
    layer, query = asked.layer, asked.query
    is_public = readers_of(request, layer) is Readers.PUBLIC
    if isinstance(found, Edition):
        return Response(status_code=304, headers=caching(_tag(request, found, is_page=False), is_public=is_public))
    links = _links(request, layer, asked.given, query, has_more=found.page.has_more)
    if asked.is_page:
        return _as_page(request, asked, found, links=links)
    headers = {"content-crs": f"<{query.crs}>"} | ({} if found.count.is_exact else _ESTIMATE_HEADER)
    headers |= caching(_tag(request, found.edition, is_page=False), is_public=is_public) | link_header(links)
    return Response(_as_geojson(found, links), media_type=GEOJSON, headers=headers)


def item(request: Request) -> Response:
    """Return one feature, of the version in force at ``datetime`` where that is asked."""
    layer = readable_layer(request, request.path_params["collection"])
    given = parameters_of(request, {"crs", "datetime"})
    is_page = wants_html(request, given, also=GEOJSON)
    database, feature_id = get_database(request), request.path_params["feature"]
    crs = parse_crs("crs", given.get("crs", CRS84), storage_crs=database.crs)
    period = parse_period(given["datetime"]) if "datetime" in given else None
    is_public = readers_of(request, layer) is Readers.PUBLIC
    with database.transaction() as session:
        feature_store.read_lightly(session)
        edition = feature_store.find_edition(session, layer, period)
        if edition is None:
            is_published = period is not None and feature_store.find_edition(session, layer) is not None
            raise _no_such_feature() if is_published else no_such_collection()
        tag = _tag(request, edition, is_page=is_page)
        if not is_page and (known := not_modified(request, tag, is_public=is_public)) is not None:
            return known
        found = (
            None
            if "\x00" in feature_id
            else feature_store.read_one(session, layer, edition, feature_id=feature_id, crs=crs)
        )
    if found is None:
        raise _no_such_feature()
    links = _feature_links(request, layer, given, feature_id)
    if is_page:
        properties, spoken = json.loads(found)["properties"], speech(language_of(request))
        facts = [(spoken.say(_IDENTIFIER), feature_id)]
        facts += [(spoken.say(each.label), _shown(properties[each.name], each)) for each in LAYERS[layer].attributes]
        title = LAYERS[layer].label.in_language(language_of(request))
        return page_answer(request, title, links=links, facts=facts)
    told = f'{found[:-1]},"links":{json.dumps(links, ensure_ascii=False)}}}'
    headers = {"content-crs": f"<{crs}>", **caching(tag, is_public=is_public), **link_header(links)}
    return Response(told, media_type=GEOJSON, headers=headers)


def _shown(value: str | float | None, attribute: Attribute) -> str | float | date | None:
    """Return a value of GeoJSON as a page shows it: a day as a day, which people write in their own way."""
    return date.fromisoformat(value) if attribute.kind is Kind.DATE and isinstance(value, str) else value


def _no_such_feature() -> NotFoundError:
    return NotFoundError(
        Text("Không có đối tượng này trong phiên bản được hỏi.", "The version that was asked has no such feature.")
    )


def query_of(layer: LayerName, given: Mapping[str, str], *, storage_crs: str) -> FeatureQuery:
    """Return the question that the parameters ask. Raises BadQueryError."""
    box_crs = parse_crs("bbox-crs", given.get("bbox-crs", CRS84), storage_crs=storage_crs)
    named = [name for name in LAYERS[layer].attribute_names if name in given]
    return FeatureQuery(
        limit_count=parse_limit(given["limit"]) if "limit" in given else DEFAULT_LIMIT_COUNT,
        offset_count=parse_offset(given["offset"]) if "offset" in given else 0,
        crs=parse_crs("crs", given.get("crs", CRS84), storage_crs=storage_crs),
        area=parse_bbox(given["bbox"], crs=box_crs, storage_crs=storage_crs) if "bbox" in given else None,
        equals=tuple((name, parse_equals(layer, name, given[name])) for name in named),
        period=parse_period(given["datetime"]) if "datetime" in given else None,
        filter=_filter(given, storage_crs=storage_crs),
    )


def _filter(given: Mapping[str, str], *, storage_crs: str) -> Filter | None:
    crs = parse_crs("filter-crs", given.get("filter-crs", CRS84), storage_crs=storage_crs)
    language = cql.parse_language(given.get("filter-lang", cql.TEXT_LANGUAGE))
    return cql.parse_filter(given["filter"], language=language, crs=crs) if "filter" in given else None


def _tag(request: Request, edition: Edition | None, *, is_page: bool) -> str:
    asked = sorted(request.query_params.multi_items())
    version = 0 if edition is None else edition.version_id
    return tag_of(version, request.url.path, asked, is_page, request.base_url, language_of(request))


def _links(
    request: Request, layer: LayerName, given: Mapping[str, str], query: FeatureQuery, *, has_more: bool
) -> list[dict[str, str]]:
    language, path = language_of(request), f"/collections/{layer.value}/items"
    links = self_links(request, path, given, kind=GEOJSON)
    turned = encoded(given) | {"limit": f"limit={query.limit_count}"}
    kind = next(each["type"] for each in links if each["rel"] == "self")
    if has_more:
        offset_count = query.offset_count + query.limit_count
        ahead = address_with(request, path, turned | {"offset": f"offset={offset_count}"})
        links.append(link(ahead, "next", kind, _NEXT, language=language))
    if query.offset_count:
        offset_count = max(0, query.offset_count - query.limit_count)
        back = address_with(request, path, turned | {"offset": f"offset={offset_count}"})
        links.append(link(back, "prev", kind, _PREVIOUS, language=language))
    home = address_of(request, f"/collections/{layer.value}")
    links.append(link(home, "collection", JSON, _COLLECTION, language=language))
    return links


def _feature_links(
    request: Request, layer: LayerName, given: Mapping[str, str], feature_id: str
) -> list[dict[str, str]]:
    path = f"/collections/{layer.value}"
    links = self_links(request, f"{path}/items/{quote(feature_id, safe='')}", given, kind=GEOJSON)
    home = link(address_of(request, path), "collection", JSON, _COLLECTION, language=language_of(request))
    return [*links, home]


def _as_geojson(found: Found, links: list[dict[str, str]]) -> bytes:
    moment = now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    estimate = "" if found.count.is_exact else '"numberMatchedIsEstimate":true,'
    head = (
        f'{{"type":"FeatureCollection","timeStamp":"{moment}","numberMatched":{found.count.count},{estimate}'
        f'"numberReturned":{found.page.returned_count},"links":{json.dumps(links, ensure_ascii=False)},"features":['
    )
    return b"".join((head.encode(), found.page.text, b"]}"))


def _as_page(request: Request, asked: _Asked, found: Found, *, links: list[dict[str, str]]) -> Response:
    layer, given, query = asked.layer, asked.given, asked.query
    language, schema = language_of(request), LAYERS[layer]
    path = f"/collections/{layer.value}/items"
    rows, then = [], {"datetime": given["datetime"]} if "datetime" in given else {}
    for each in json.loads(b"[%b]" % found.page.text):
        name = each["id"]
        address = address_of(request, f"{path}/{quote(name, safe='')}", f="html", **then)
        values = each["properties"]
        told = (_shown(values[attribute.name], attribute) for attribute in schema.attributes)
        rows.append(((name, address), *told))
    about = f"{'' if found.count.is_exact else '≈ '}{found.count.count}"
    shown = Text(
        f"{len(rows)} đối tượng từ vị trí {query.offset_count + 1}, trong {about} đối tượng khớp.",
        f"{len(rows)} features from {query.offset_count + 1} on, of {about} that match.",
    )
    head = (_IDENTIFIER.in_language(language), *(each.label.in_language(language) for each in schema.attributes))
    return page_answer(
        request, schema.label.in_language(language), lead=shown.in_language(language), links=links, table=[head, *rows]
    )
