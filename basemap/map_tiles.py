"""Pictures by the tile on a Folium map: the ground beneath, and layers too large to be written into a page."""

from dataclasses import dataclass

import folium

from basemap.preview import FARTHEST_ZOOM, NEAREST_ZOOM, LocalMap


@dataclass(frozen=True, slots=True, kw_only=True)
class MapTiles:
    """Where the pictures of one thing are.

    Parameters
    ----------
    url
        Address with ``{z}``, ``{x}`` and ``{y}``, on our own host; a new version of what they show has a new one.
    bounds_degrees
        West, south, east, north: outside there are none.
    zooms
        Levels at which they are drawn; nearer, the last is enlarged.
    """

    url: str
    bounds_degrees: tuple[float, float, float, float]
    zooms: range


def draw_tiles(target: LocalMap, tiles: MapTiles) -> None:
    """Lay tiles on the map; a reader sees everything else at once, and a tile that does not come leaves its place."""
    if not tiles.url.startswith("/") or tiles.url.startswith("//"):
        message = f"tiles come from our own host alone, not from {tiles.url}"
        raise ValueError(message)
    west, south, east, north = tiles.bounds_degrees
    folium.TileLayer(
        tiles.url,
        attr=target.page.source or target.title,
        min_zoom=FARTHEST_ZOOM,
        max_zoom=NEAREST_ZOOM,
        min_native_zoom=tiles.zooms.start,
        max_native_zoom=tiles.zooms.stop - 1,
        overlay=True,
        control=False,
        bounds=[[south, west], [north, east]],
    ).add_to(target)
