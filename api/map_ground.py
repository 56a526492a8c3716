"""The ground under the maps of the pages: our own background pictures, and the lines of the legend that they need."""

from dataclasses import dataclass

from fastapi import Request

from api.background import ground_of
from api.ogc_access import Readers
from api.tile_source import tiles_of
from basemap import store
from basemap.map_tiles import MapTiles, draw_tiles
from basemap.model import LayerName
from basemap.preview import LocalMap
from basemap.tile_drawing import INGREDIENTS, ZOOMS
from spatial.db import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The background of the maps as it is published.

    Parameters
    ----------
    tiles
        None when nothing is published that a background shows.
    layers
        The layers that it shows.
    """

    tiles: MapTiles | None
    layers: tuple[LayerName, ...]


NO_GROUND = Ground(tiles=None, layers=())


def published_ground(request: Request, database: Database) -> Ground:
    """Return the ground that everybody may see. No picture is drawn for it: a map never waits for its background."""
    source, access = tiles_of(request), request.app.state.layer_access
    with database.transaction() as session:
        current = {layer: store.current_version(session, layer) for layer in LayerName}
    versions = {layer: each.version_id for layer, each in current.items() if each is not None}
    ground = ground_of({layer: each for layer, each in versions.items() if access[layer] is Readers.PUBLIC})
    known = source.backgrounds.known_bounds(ground)
    bounds = known[0] if known else source.backgrounds.measure(database, ground)
    if bounds is None:
        return NO_GROUND
    url = f"/tiles/background/{{z}}/{{x}}/{{y}}.png?v={source.ground_version(ground)}"
    return Ground(
        tiles=MapTiles(url=url, bounds_degrees=bounds, zooms=ZOOMS), layers=tuple(layer for layer, _ in ground)
    )


def lay_ground(target: LocalMap, ground: Ground) -> None:
    """Lay the ground under a map, before anything else is drawn."""
    if ground.tiles is not None:
        draw_tiles(target, ground.tiles)


def tell_ground(target: LocalMap, ground: Ground, *, without: LayerName | None = None) -> None:
    """Add what the ground shows to the legend, after what the map is about.

    Parameters
    ----------
    without
        A layer that the map shows itself: its line of the legend is there already.
    """
    untold = {LayerName.PARCEL, without}
    for each in INGREDIENTS:
        if each.layer in ground.layers and each.layer not in untold:
            target.add_legend(each.style.as_legend())
