"""``diaban basemap map``: a published layer on an A4 sheet."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import geopandas as gpd
import typer
from sqlalchemy.orm import Session

from api.clock import today_in_vietnam
from api.commands.stores import open_store
from api.console import say
from api.map_documents import source_line
from api.settings import settings
from basemap import store
from basemap.layer_pictures import LAYER_ZOOMS, shares_of
from basemap.map_styles import NEIGHBOUR_PARCELS, Style
from basemap.model import LAYERS, LayerName
from basemap.paper_map import PaperMap, layout_of, save_paper_map
from basemap.tile_drawing import ingredients_at
from spatial.db import Bounds, storage_crs
from spatial.errors import InputError, NotFoundError
from spatial.text import Text

_SCALE_OF_ZOOM_0 = 559_082_264.0
_SCREEN_FOR_PAPER = 2.0
"""A sheet has some four times as many dots as a screen shows: it bears what a screen shows one level nearer."""


def map_(
    layer: Annotated[LayerName, typer.Argument(help="Layer that the map is about.", show_default=False)],
    *,
    out: Annotated[Path, typer.Option(help="File to write: .pdf or .png.", show_default=False)],
    ward: Annotated[str | None, typer.Option(help="Only this ward, by its code; the whole layer by default.")] = None,
    title: Annotated[str | None, typer.Option(help="Title of the sheet; the name of the layer by default.")] = None,
) -> None:
    """Draw LAYER, as published, on an A4 sheet with legend, scale, north, source and version."""
    with open_store() as database, database.transaction() as session:
        bounds = _bounds(session, layer, ward)
        parts, shown = _parts(session, layer, bounds)
        label = LAYERS[layer].label
        made = PaperMap(
            title=Text(title, title) if title else Text(f"Bản đồ: {label.vi}", f"Map: {label.en}"),
            bounds=bounds,
            crs=storage_crs(session),
            parts=parts,
            source=source_line(session, shown) or Text("", ""),
            printed_on=today_in_vietnam(),
            language=settings().language,
        )
    layout = save_paper_map(out, made)
    scale = f"1:{layout.scale_denominator:.0f}"
    say(Text(f"Đã vẽ {out} (A4, tỷ lệ {scale}).", f"Drew {out} (A4, scale {scale})."))


def _bounds(session: Session, layer: LayerName, ward_code: str | None) -> Bounds:
    """Return what the sheet shows: a ward, or the whole layer."""
    if ward_code is None:
        frame = store.read_layer(session, layer)
        if frame.empty:
            raise InputError(Text("Lớp này trống.", "This layer is empty."), subject=layer.value)
    else:
        wards = store.read_layer(session, LayerName.WARD)
        frame = wards[wards["ward_code"] == ward_code]
        if frame.empty:
            raise NotFoundError(Text("Không có phường này.", "There is no such ward."), subject=ward_code)
    min_x, min_y, max_x, max_y = frame.total_bounds.tolist()
    return (min_x, min_y, max_x, max_y)


def _parts(
    session: Session, layer: LayerName, bounds: Bounds
) -> tuple[list[tuple[Style, gpd.GeoDataFrame]], tuple[LayerName, ...]]:
    """Return what is drawn, the lowest first, and the layers that it comes from."""
    denominator = layout_of(bounds).scale_denominator
    zoom = round(math.log2(_SCALE_OF_ZOOM_0 / denominator * _SCREEN_FOR_PAPER))
    zoom = min(max(zoom, LAYER_ZOOMS.start), LAYER_ZOOMS.stop - 1)
    published = {each for each in LayerName if store.current_version(session, each) is not None}
    beneath = [each for each in ingredients_at(zoom) if each.layer in published and each.layer is not layer]
    frames = {
        each: store.read_layer(session, each, bounds=bounds) for each in {layer, *(each.layer for each in beneath)}
    }
    neighbours = replace(NEIGHBOUR_PARCELS, label=LAYERS[LayerName.PARCEL].label)
    styles = [neighbours if each.layer is LayerName.PARCEL else each.style for each in beneath]
    parts = [(style, _chosen(frames[each.layer], each.chosen)) for style, each in zip(styles, beneath, strict=True)]
    parts += [(share.style, _chosen(frames[layer], share.chosen)) for share in shares_of(layer)]
    shown = (layer, *dict.fromkeys(each.layer for each in beneath))
    return [(style, frame) for style, frame in parts if len(frame)], shown


def _chosen(frame: gpd.GeoDataFrame, chosen: tuple[str, tuple[str, ...]] | None) -> gpd.GeoDataFrame:
    if chosen is None:
        return frame
    column, values = chosen
    return frame[frame[column].fillna("").isin(values)]
