"""The OpenAPI 3.0 document of ``/ogc``: each collection with its own path and its properties as parameters.

GDAL and QGIS push a filter down to the server only when the property stands there as a parameter. The standard's class
``oas30`` asks for OpenAPI 3.0; FastAPI writes 3.1, so this document is made by hand, from the declared layers.
"""

from collections.abc import Iterable
from typing import Any

from api.ogc_answers import FORMATS, GEOJSON, HTML, JSON, OPENAPI_JSON, SCHEMA_JSON
from api.ogc_documents import DESCRIPTION, TITLE, json_type
from basemap import cql
from basemap.feature_query import (
    DEFAULT_LIMIT_COUNT,
    LARGEST_INTEGER,
    LARGEST_REAL,
    MOST_LIMIT_COUNT,
    MOST_OFFSET_COUNT,
    crs_uris,
)
from basemap.model import LAYERS, Attribute, Kind, LayerName

_PROBLEM = "application/problem+json"


def openapi(layers: Iterable[LayerName], *, server: str, version: str, storage_crs: str) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    layers
        The collections that the caller may read.
    server
        Full address of ``/ogc``.
    """
    paths = {
        "/": _get("getLandingPage", "Capabilities", _answer(JSON, "landingPage")),
        "/conformance": _get("getConformance", "Capabilities", _answer(JSON, "confClasses")),
        "/api": _get("getApi", "Capabilities", _answer(OPENAPI_JSON, "anyObject")),
        "/collections": _get("getCollections", "Capabilities", _answer(JSON, "collections")),
    }
    for layer in layers:
        paths |= _collection_paths(layer)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": f"Địa Bàn – {TITLE.en}",
            "description": f"{DESCRIPTION.vi}\n\n{DESCRIPTION.en}",
            "version": version,
        },
        "servers": [{"url": server}],
        "tags": [{"name": "Capabilities"}, {"name": "Data"}],
        "paths": paths,
        "components": {
            "parameters": _parameters(list(crs_uris(storage_crs))),
            "schemas": _SCHEMAS,
            "responses": _responses(),
        },
    }


def _collection_paths(layer: LayerName) -> dict[str, Any]:
    path, name = f"/collections/{layer.value}", layer.value
    items = [_reference(each) for each in ("limit", "offset", "bbox", "bbox-crs", "crs", "datetime")]
    items += [_reference(each) for each in ("filter", "filter-lang", "filter-crs")]
    items += [_attribute_parameter(each) for each in LAYERS[layer].attributes]
    one: list[dict[str, Any]] = [
        {"name": "featureId", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}},
        _reference("crs"),
        _reference("datetime"),
    ]
    return {
        path: _get(f"describe.{name}", "Data", _answer(JSON, "collection"), is_missing=True),
        f"{path}/queryables": _get(f"getQueryables.{name}", "Data", _answer(SCHEMA_JSON, "anyObject"), is_missing=True),
        f"{path}/items": _get(
            f"getFeatures.{name}", "Data", _answer(GEOJSON, "featureCollection"), parameters=items, is_missing=True
        ),
        f"{path}/items/{{featureId}}": _get(
            f"getFeature.{name}", "Data", _answer(GEOJSON, "feature"), parameters=one, is_missing=True
        ),
    }


def _get(
    operation: str,
    tag: str,
    answer: dict[str, Any],
    *,
    parameters: Iterable[dict[str, Any]] = (),
    is_missing: bool = False,
) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": answer, "304": {"$ref": "#/components/responses/NotModified"}}
    for status, name in (("400", "BadRequest"), ("406", "NotAcceptable"), ("414", "TooLong"), ("503", "Unavailable")):
        responses[status] = {"$ref": f"#/components/responses/{name}"}
    if is_missing:
        responses["403"] = {"$ref": "#/components/responses/Forbidden"}
        responses["404"] = {"$ref": "#/components/responses/NotFound"}
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "parameters": [*parameters, _reference("f"), _reference("lang")],
            "responses": responses,
        }
    }


def _answer(kind: str, schema: str) -> dict[str, Any]:
    return {
        "description": "Đây là câu trả lời. / The answer.",
        "content": {
            kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}},
            HTML: {"schema": {"type": "string"}},
        },
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _attribute_parameter(attribute: Attribute) -> dict[str, Any]:
    schema: dict[str, Any] = json_type(attribute.kind)
    bounds = {Kind.INTEGER: LARGEST_INTEGER, Kind.REAL: LARGEST_REAL}.get(attribute.kind)
    if bounds is not None:
        schema |= {"minimum": -bounds, "maximum": bounds}
    label = f"{attribute.label.vi} / {attribute.label.en}"
    return {"name": attribute.name, "in": "query", "required": False, "description": label, "schema": schema,
            "style": "form", "explode": False}  # fmt: skip


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema,
            "style": "form", "explode": False}  # fmt: skip


def _parameters(crs: list[str]) -> dict[str, Any]:
    counted = {"type": "integer", "minimum": 1, "maximum": MOST_LIMIT_COUNT, "default": DEFAULT_LIMIT_COUNT}
    skipped = {"type": "integer", "minimum": 0, "maximum": MOST_OFFSET_COUNT, "default": 0}
    box = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    named = {"type": "string", "format": "uri", "enum": crs, "default": crs[0]}
    made = (
        _query("f", {"type": "string", "enum": list(FORMATS)}, "Dạng trả lời. / Form of the answer."),
        _query("lang", {"type": "string", "enum": ["vi", "en"], "default": "vi"}, "Ngôn ngữ. / Language."),
        _query("limit", counted, "Số đối tượng một trang; lớn hơn mức tối đa thì được mức tối đa. / "
               "Features on a page; who asks for more than the maximum gets the maximum."),
        _query("offset", skipped, "Bỏ qua bấy nhiêu đối tượng. / Features to pass over."),
        _query("bbox", {**box, "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]},
               "Hộp bao, theo thứ tự trục của bbox-crs. / Box, in the axis order of bbox-crs."),
        _query("bbox-crs", named, "Hệ tọa độ của bbox. / Coordinate system of bbox."),
        _query("crs", named, "Hệ tọa độ của câu trả lời. / Coordinate system of the answer."),
        _query("filter", {"type": "string", "maxLength": cql.MOST_CHARACTERS_COUNT},
               "Điều kiện CQL2. / A filter in CQL2."),
        _query("filter-lang", {"type": "string", "enum": list(cql.LANGUAGES), "default": cql.TEXT_LANGUAGE},
               "Dạng CQL2. / Form of CQL2."),
        _query("filter-crs", named, "Hệ tọa độ trong filter. / Coordinate system inside filter."),
        _query("datetime", {"type": "string"},
               "Phiên bản có hiệu lực vào lúc đó (RFC 3339). / The version in force at that time (RFC 3339)."),
    )  # fmt: skip
    return {each["name"]: each for each in made}


def _responses() -> dict[str, Any]:
    problem = {"content": {_PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}}}
    page = {"text/html": {"schema": {"type": "string"}}}
    return {
        "NotModified": {"description": "Bản đang có còn đúng. / What you have is current."},
        "BadRequest": {"description": "Tham số không hợp lệ. / A parameter cannot be used.", **problem},
        "Forbidden": {"description": "Lớp dành cho cán bộ. / The layer is for officers.", **problem},
        "NotFound": {"description": "Không có. / There is none.", **problem},
        "NotAcceptable": {
            "description": "Chỉ có JSON và HTML. / There are JSON and HTML.",
            "content": {**problem["content"], **page},
        },
        "TooLong": {"description": "Địa chỉ quá dài. / The address is too long.", **problem},
        "Unavailable": {"description": "Dữ liệu chưa sẵn sàng. / The data are not ready.", **problem},
    }


def _object(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _list_of(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_SCHEMAS: dict[str, Any] = {
    "anyObject": {"type": "object"},
    "link": _object(["href", "rel"], href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT),
    "landingPage": _object(["links"], title=_TEXT, description=_TEXT, links=_list_of("link")),
    "confClasses": _object(["conformsTo"], conformsTo={"type": "array", "items": _TEXT}),
    "collection": _object(["id", "links"], id=_TEXT, title=_TEXT, extent={"type": "object"}, links=_list_of("link")),
    "collections": _object(["links", "collections"], links=_list_of("link"), collections=_list_of("collection")),
    "feature": _object(
        ["type", "id", "geometry", "properties"],
        type={"type": "string", "enum": ["Feature"]},
        id=_TEXT,
        geometry={"type": "object"},
        properties={"type": "object"},
        links=_list_of("link"),
    ),
    "featureCollection": _object(
        ["type", "features"],
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_list_of("feature"),
        links=_list_of("link"),
        timeStamp={"type": "string", "format": "date-time"},
        numberMatched=_COUNT,
        numberReturned=_COUNT,
        numberMatchedIsEstimate={"type": "boolean"},
    ),
    "problem": _object(["type", "title", "status", "code"], type=_TEXT, title=_TEXT, status=_COUNT, code=_TEXT),
}
