"""What a client reads before it asks for tiles: OGC tileset metadata, TileJSON and a MapLibre style.

References
----------
OGC 20-057, OGC API – Tiles, Part 1; OGC 17-083r4, annex D.1; TileJSON 3.0.0; MapLibre Style Specification 8.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from basemap import map_styles as look
from basemap.map_styles import Style
from basemap.model import LAYERS, Attribute, Kind, LayerName, LayerVersionId, Shape
from basemap.tile_grid import DEEPEST_ZOOM, TILE_MATRIX_SET, Box, Tile
from basemap.tiles import ZOOMS
from spatial.text import Text

VECTOR_TILE = "application/vnd.mapbox-vector-tile"
_DEFINITIONS = "http://www.opengis.net/def"
_TILE_MATRIX_SET_URI = f"{_DEFINITIONS}/tilematrixset/OGC/1.0/{TILE_MATRIX_SET}"
_WEB_MERCATOR_URI = f"{_DEFINITIONS}/crs/EPSG/0/3857"
_TILE_SIDE_PX = 256
_PIXEL_M = 0.00028
_FULL_WORLD = Tile(zoom=0, column=0, row=0)
_JSON_TYPES: Mapping[Kind, dict[str, str]] = MappingProxyType(
    {
        Kind.TEXT: {"type": "string"},
        Kind.INTEGER: {"type": "integer"},
        Kind.REAL: {"type": "number"},
        Kind.BOOLEAN: {"type": "boolean"},
        Kind.DATE: {"type": "string", "format": "date"},
    }
)
_DIMENSIONS: Mapping[Shape, int] = MappingProxyType({Shape.POINT: 0, Shape.LINE: 1, Shape.AREA: 2})
_SCHOOL_COLOUR, _ADDRESS_COLOUR = "#0c5a55", "#7d5f1e"
_AREA_STYLES: Mapping[LayerName, Style] = MappingProxyType(
    {
        LayerName.WARD: look.WARDS,
        LayerName.BUILDING: look.BUILDINGS,
        LayerName.ZONE: look.ZONES,
        LayerName.ROAD_RESERVATION: look.RESERVATIONS,
        LayerName.PARCEL: look.NEIGHBOUR_PARCELS,
    }
)


def tiles_path(layer: LayerName) -> str:
    """Return the path below the service's root under which the tiles of a layer stand."""
    return f"ogc/collections/{layer.value}/tiles/{TILE_MATRIX_SET}"


def tile_template(layer: LayerName, *, root: str, version_id: LayerVersionId | None) -> str:
    """Return the address of tiles with ``{z}``, ``{y}`` and ``{x}``; with a version it may be kept for ever.

    Parameters
    ----------
    root
        Address of the service, ending in ``/``.
    """
    version = "" if version_id is None else f"?v={version_id}"
    return f"{root}{tiles_path(layer)}/{{z}}/{{y}}/{{x}}{version}"


def tileset_list(layer: LayerName, *, root: str) -> dict[str, Any]:
    """Return the list of tilesets of a layer; there is one."""
    links = [_link("self", f"{root}ogc/collections/{layer.value}/tiles", "application/json", LAYERS[layer].label)]
    return {"links": links, "tilesets": [_tileset_head(layer, root=root)]}


def tileset(layer: LayerName, *, root: str, bounds: Box | None) -> dict[str, Any]:
    """Return the metadata of the tileset of a layer.

    Parameters
    ----------
    bounds
        West, south, east, north of the layer in degrees, where they are known.
    """
    schema, zooms = LAYERS[layer], ZOOMS[layer]
    properties = {"feature_id": {"type": "string"}} | {each.name: _property(each) for each in schema.attributes}
    content = {
        "id": layer.value,
        "title": schema.label.vi,
        "dataType": "vector",
        "geometryDimension": _DIMENSIONS[schema.shape],
        "minTileMatrix": str(zooms.start),
        "maxTileMatrix": str(zooms.stop - 1),
        "propertiesSchema": {"type": "object", "properties": properties},
    }
    box = {} if bounds is None else {"boundingBox": _bounding_box(bounds)}
    return _tileset_head(layer, root=root) | {"layers": [content]} | box


def tile_json(layer: LayerName, *, root: str, version_id: LayerVersionId, bounds: Box | None) -> dict[str, Any]:
    """Return the TileJSON of a layer."""
    schema, zooms = LAYERS[layer], ZOOMS[layer]
    fields = {"feature_id": "String"} | {each.name: _field_kind(each) for each in schema.attributes}
    vector_layer = {"id": layer.value, "fields": fields, "minzoom": zooms.start, "maxzoom": zooms.stop - 1}
    return {
        "tilejson": "3.0.0",
        "name": layer.value,
        "description": f"{schema.label.vi} · {schema.label.en}",
        "version": f"{version_id}.0.0",
        "scheme": "xyz",
        "tiles": [tile_template(layer, root=root, version_id=version_id)],
        "minzoom": zooms.start,
        "maxzoom": zooms.stop - 1,
        "vector_layers": [vector_layer],
        **({} if bounds is None else {"bounds": list(bounds)}),
    }


def map_style(layer: LayerName, *, root: str, version_id: LayerVersionId, bounds: Box | None) -> dict[str, Any]:
    """Return a MapLibre style that draws one layer in the colours of our maps; no glyphs, no sprites, no other host."""
    zooms = ZOOMS[layer]
    source = {
        "type": "vector",
        "tiles": [tile_template(layer, root=root, version_id=version_id)],
        "minzoom": zooms.start,
        "maxzoom": zooms.stop - 1,
        "promoteId": {layer.value: "feature_id"},
        **({} if bounds is None else {"bounds": list(bounds)}),
    }
    paper = {"id": "paper", "type": "background", "paint": {"background-color": "#fffdf8"}}
    style: dict[str, Any] = {
        "version": 8,
        "name": f"Địa Bàn: {LAYERS[layer].label.vi}",
        "sources": {layer.value: source},
        "layers": [paper, *(each | {"source": layer.value, "source-layer": layer.value} for each in _drawn(layer))],
    }
    if bounds is not None:
        style["center"] = [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]
        style["zoom"] = zooms.start
    return style


def tile_matrix_sets(*, root: str) -> dict[str, Any]:
    """Return the list of grids; there is one."""
    label = Text("Lưới ô Web Mercator", "Web Mercator grid")
    link = _link("self", f"{root}ogc/tileMatrixSets/{TILE_MATRIX_SET}", "application/json", label)
    return {
        "tileMatrixSets": [
            {
                "id": TILE_MATRIX_SET,
                "title": label.en,
                "uri": _TILE_MATRIX_SET_URI,
                "crs": _WEB_MERCATOR_URI,
                "links": [link],
            }
        ]
    }


def tile_matrix_set() -> dict[str, Any]:
    """Return the definition of the grid (OGC 17-083r4, annex D.1)."""
    west, _, _, north = _FULL_WORLD.bounds_mercator
    matrices = []
    for zoom in range(DEEPEST_ZOOM + 1):
        cell_m = math.ldexp(_FULL_WORLD.side_m / _TILE_SIDE_PX, -zoom)
        matrices.append(
            {
                "id": str(zoom),
                "scaleDenominator": cell_m / _PIXEL_M,
                "cellSize": cell_m,
                "pointOfOrigin": [west, north],
                "tileWidth": _TILE_SIDE_PX,
                "tileHeight": _TILE_SIDE_PX,
                "matrixWidth": 1 << zoom,
                "matrixHeight": 1 << zoom,
            }
        )
    return {
        "id": TILE_MATRIX_SET,
        "title": "Google Maps Compatible for the World",
        "uri": _TILE_MATRIX_SET_URI,
        "crs": _WEB_MERCATOR_URI,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": f"{_DEFINITIONS}/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    }


def _tileset_head(layer: LayerName, *, root: str) -> dict[str, Any]:
    label, address = LAYERS[layer].label, f"{root}{tiles_path(layer)}"
    template = tile_template(layer, root=root, version_id=None)
    for ours, theirs in (("{z}", "{tileMatrix}"), ("{y}", "{tileRow}"), ("{x}", "{tileCol}")):
        template = template.replace(ours, theirs)
    return {
        "title": label.vi,
        "description": label.en,
        "dataType": "vector",
        "crs": _WEB_MERCATOR_URI,
        "tileMatrixSetURI": _TILE_MATRIX_SET_URI,
        "links": [
            _link("self", address, "application/json", label),
            _link("http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", f"{root}ogc/tileMatrixSets/{TILE_MATRIX_SET}",
                  "application/json", Text("Lưới ô", "Tile grid")),
            _link("item", template, VECTOR_TILE, Text("Ô bản đồ", "Tiles")) | {"templated": True},
            _link("describedby", f"{address}/metadata", "application/json", Text("TileJSON", "TileJSON")),
            _link("stylesheet", f"{address}/style.json", "application/vnd.mapbox.style+json",
                  Text("Kiểu vẽ MapLibre", "MapLibre style")),
        ],
    }  # fmt: skip


def _link(rel: str, href: str, media_type: str, title: Text) -> dict[str, Any]:
    return {"rel": rel, "href": href, "type": media_type, "title": title.en}


def _property(attribute: Attribute) -> dict[str, Any]:
    codes = {"enum": list(attribute.codes)} if attribute.codes else {}
    return _JSON_TYPES[attribute.kind] | {"title": attribute.label.vi} | codes


def _field_kind(attribute: Attribute) -> str:
    kinds = {Kind.INTEGER: "Number", Kind.REAL: "Number", Kind.BOOLEAN: "Boolean"}
    return kinds.get(attribute.kind, "String")


def _bounding_box(bounds: Box) -> dict[str, Any]:
    west, south, east, north = bounds
    return {
        "lowerLeft": [west, south],
        "upperRight": [east, north],
        "crs": f"{_DEFINITIONS}/crs/OGC/1.3/CRS84",
    }


def _drawn(layer: LayerName) -> list[dict[str, Any]]:
    if layer is LayerName.STREET:
        return [_streets()]
    if (style := _AREA_STYLES.get(layer)) is not None:
        return _area(layer, style)
    if (style := look.GROUND_STYLES.get(layer)) is not None and style.shape != "circle":
        return _area(layer, style) if style.shape == "area" else [_line(layer, style)]
    colour = _SCHOOL_COLOUR if layer is LayerName.SCHOOL else _ADDRESS_COLOUR
    paint = {"circle-color": colour, "circle-radius": 4, "circle-stroke-color": "#fffdf8", "circle-stroke-width": 1}
    return [{"id": layer.value, "type": "circle", "paint": paint}]


def _line(layer: LayerName, style: Style) -> dict[str, Any]:
    return {
        "id": layer.value,
        "type": "line",
        "layout": {"line-cap": "round", "line-join": "round"},
        "paint": {"line-color": style.stroke, "line-width": style.stroke_px},
    }


def _streets() -> dict[str, Any]:
    styles = look.STREET_STYLES.items()
    colours = [part for name, style in styles for part in (name, style.stroke)]
    widths = [part for name, style in styles for part in (name, style.stroke_px)]
    return {
        "id": LayerName.STREET.value,
        "type": "line",
        "layout": {"line-cap": "round", "line-join": "round"},
        "paint": {
            "line-color": ["match", ["get", "street_class"], *colours, look.STREETS.stroke],
            "line-width": ["match", ["get", "street_class"], *widths, look.STREETS.stroke_px],
        },
    }


def _area(layer: LayerName, style: Style) -> list[dict[str, Any]]:
    outline: dict[str, Any] = {"line-color": style.stroke, "line-width": style.stroke_px}
    if style.dash is not None:
        # MapLibre counts dashes in widths of the line.
        outline["line-dasharray"] = [float(part) / style.stroke_px for part in style.dash.split()]
    fill = {"fill-color": style.fill, "fill-opacity": style.fill_opacity_ratio}
    return [
        {"id": layer.value, "type": "fill", "paint": fill},
        {"id": f"{layer.value}-outline", "type": "line", "paint": outline},
    ]
