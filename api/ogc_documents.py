"""The documents under ``/ogc`` that describe: landing page, conformance, collections, queryables."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import shapely
from fastapi import Request

from api.i18n import language_of
from api.ogc_answers import (
    GEOJSON,
    HTML,
    JSON,
    OPENAPI_JSON,
    SCHEMA_JSON,
    address_of,
    link,
    self_links,
)
from basemap.feature_query import CRS84, Period, crs_uri, crs_uris, rectangle
from basemap.model import LAYERS, Kind, LayerName, Shape
from spatial.crs import WGS84, transformer
from spatial.db import Bounds
from spatial.text import Text

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
)
"""The conformance classes that hold; a class that does not hold whole is not here."""

TITLE = Text("Bản đồ nền dùng chung", "The shared basemap")
DESCRIPTION = Text(
    "Các lớp đã công bố của bản đồ nền, cho mọi hệ thống đọc.",
    "The published layers of the basemap, for every system to read.",
)
ITEMS = Text("Các đối tượng", "The features")

_GEOMETRY_FORMATS: Mapping[Shape, str] = {
    Shape.POINT: "geometry-point",
    Shape.LINE: "geometry-multilinestring",
    Shape.AREA: "geometry-multipolygon",
}
_JSON_TYPES: Mapping[Kind, dict[str, str]] = {
    Kind.TEXT: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.REAL: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
}


def landing(request: Request, given: Mapping[str, str]) -> dict[str, Any]:
    """Return the landing page."""
    language = language_of(request)
    leads: tuple[tuple[str, dict[str, str], str, str, Text], ...] = (
        ("/api", {"f": "json"}, "service-desc", OPENAPI_JSON, Text("Mô tả giao diện (OpenAPI)", "The API (OpenAPI)")),
        ("/api", {"f": "html"}, "service-doc", HTML, Text("Hướng dẫn giao diện", "The API, to read")),
        ("/conformance", {}, "conformance", JSON, Text("Các lớp tuân thủ", "Conformance classes")),
        ("/collections", {}, "data", JSON, Text("Các lớp dữ liệu", "The collections")),
    )
    return {
        "title": f"Địa Bàn – {TITLE.in_language(language)}",
        "description": DESCRIPTION.in_language(language),
        "links": [
            *self_links(request, "", given),
            *(link(address_of(request, path, **more), rel, kind, title, language=language)
              for path, more, rel, kind, title in leads),
        ],
    }  # fmt: skip


def collection(
    request: Request,
    given: Mapping[str, str],
    layer: LayerName,
    *,
    extent: Bounds | None,
    period: Period,
    storage_crs: str,
) -> dict[str, Any]:
    """Return the description of one collection.

    Parameters
    ----------
    extent
        Box of the layer in ``storage_crs``.
    period
        From when to when any published version holds.
    """
    language, label = language_of(request), LAYERS[layer].label
    path = f"/collections/{layer.value}"
    forms = ((GEOJSON, "json", "items"), (HTML, "html", "items"))
    return {
        "id": layer.value,
        "title": label.in_language(language),
        "description": f"{label.vi} / {label.en}",
        "itemType": "feature",
        "extent": {
            "spatial": {"bbox": [degrees_of(extent, storage_crs)], "crs": CRS84},
            "temporal": {
                "interval": [[_told(period.start), _told(period.end)]],
                "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
            },
        },
        "crs": list(crs_uris(storage_crs)),
        "storageCrs": crs_uri(storage_crs),
        "links": [
            *self_links(request, path, {name: given[name] for name in given if name in {"f", "lang"}}),
            *(link(address_of(request, f"{path}/items", f=form), rel, kind, ITEMS, language=language)
              for kind, form, rel in forms),
            link(
                address_of(request, f"{path}/queryables"),
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                SCHEMA_JSON,
                Text("Các thuộc tính để lọc", "What may be asked for"),
                language=language,
            ),
            link(
                address_of(request, f"{path}/tiles"),
                "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
                JSON,
                Text("Ô bản đồ", "Tiles"),
                language=language,
            ),
        ],
    }  # fmt: skip


def queryables(request: Request, layer: LayerName) -> dict[str, Any]:
    """Return the JSON Schema of what a filter may name."""
    schema, language = LAYERS[layer], language_of(request)
    properties: dict[str, Any] = {
        each.name: {"title": each.label.in_language(language), **_JSON_TYPES[each.kind]}
        | ({"enum": list(each.codes)} if each.codes else {})
        for each in schema.attributes
    }
    properties["geometry"] = {
        "title": Text("Hình dạng", "Geometry").in_language(language),
        "x-ogc-role": "primary-geometry",
        "format": _GEOMETRY_FORMATS[schema.shape],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address_of(request, f"/collections/{layer.value}/queryables"),
        "type": "object",
        "title": schema.label.in_language(language),
        "properties": properties,
        "additionalProperties": False,
    }


def _told(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def json_type(kind: Kind) -> dict[str, str]:
    """Return the JSON Schema of a kind of value."""
    return dict(_JSON_TYPES[kind])


def degrees_of(extent: Bounds | None, storage_crs: str) -> list[float]:
    """Return a box of the storage system as west, south, east, north; that of the country when there is none."""
    if extent is None:
        return [102.0, 7.0, 118.0, 23.5]
    bent = shapely.segmentize(rectangle(*extent), max(1.0, max(extent[2] - extent[0], extent[3] - extent[1]) / 16))
    west, south, east, north = shapely.transform(bent, transformer(storage_crs, WGS84)).bounds
    # Outwards, so that nothing stands outside.
    return [round(west - 5e-7, 6), round(south - 5e-7, 6), round(east + 5e-7, 6), round(north + 5e-7, 6)]
