"""``diaban basemap tiles``, and the tiles that are made when a layer is published."""

from typing import Annotated

import typer

from api.commands.stores import open_store
from api.console import Head, plain_table, progress, results, said, say
from api.settings import settings
from basemap import store
from basemap.model import LayerName, LayerVersionId
from basemap.tile_archive import TileArchive, archive_path
from basemap.tiles import BuiltTiles, build_tiles, remove_other_archives
from spatial.db import Database
from spatial.errors import DataUnavailableError
from spatial.text import Text

_HEADS = (
    Head(text=Text("lớp", "layer")),
    Head(text=Text("phiên bản", "version"), is_number=True),
    Head(text=Text("đối tượng", "features"), is_number=True),
    Head(text=Text("dung lượng (kB)", "size (kB)"), is_number=True),
)


def tiles(
    layer: Annotated[LayerName | None, typer.Argument(help="Only this layer; all published ones by default.")] = None,
) -> None:
    """Make the vector tiles of what is published anew; readers are served the old ones until the new ones stand."""
    with open_store() as database:
        with database.transaction() as session:
            wanted = [layer] if layer else list(LayerName)
            current = {each: store.current_version(session, each) for each in wanted}
        missing = [each for each, version in current.items() if version is None]
        if layer is not None and missing:
            raise DataUnavailableError(
                Text("Lớp này chưa được công bố.", "This layer is not published."),
                hint=Text("Công bố: diaban basemap publish.", "Publish it: diaban basemap publish."),
                subject=layer.value,
            )
        built = [_build(database, each, found.version_id) for each, found in current.items() if found is not None]
    for each in built:
        forget_old_tiles(each.layer, keep=each.version_id)
    _show(built)


def make_tiles(database: Database, layer: LayerName, version_id: LayerVersionId) -> None:
    """Make the tiles of a version that is, or is about to be, published; a failure is told and stops nothing."""
    try:
        _build(database, layer, version_id)
    except DataUnavailableError as error:
        say(
            Text(
                f"Không dựng được ô bản đồ, việc công bố vẫn tiếp tục: {error.sentence('vi')}",
                f"The map tiles could not be made; publishing goes on all the same: {error.sentence('en')}",
            )
        )


def make_tiles_unless_there(database: Database, layer: LayerName, version_id: LayerVersionId) -> None:
    """Make the tiles of a version whose archive does not stand, or is damaged; a version never changes."""
    try:
        TileArchive(archive_path(settings().tiles_dir, layer, version_id))
    except DataUnavailableError:
        make_tiles(database, layer, version_id)


def forget_old_tiles(layer: LayerName, *, keep: LayerVersionId) -> None:
    """Remove the tiles of versions that readers no longer see; what cannot be removed is told and served to nobody."""
    try:
        remove_other_archives(settings().tiles_dir, layer, keep=keep)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        say(Text(f"Không xóa được ô bản đồ cũ: {reason}", f"Old map tiles could not be removed: {reason}"))


def _build(database: Database, layer: LayerName, version_id: LayerVersionId) -> BuiltTiles:
    label = said(Text(f"Dựng ô bản đồ: {layer.value}", f"Making tiles: {layer.value}"))
    with progress() as bar:
        # GDAL cuts all features in one go and cannot say how far it is: the bar only shows that work goes on.
        bar.add_task(label, total=None)
        return build_tiles(database, layer, directory=settings().tiles_dir, version_id=version_id)


def _show(built: list[BuiltTiles]) -> None:
    table = plain_table(_HEADS)
    for each in built:
        kilobytes = f"{each.byte_count / 1000:.0f}"
        table.add_row(each.layer.value, str(each.version_id), str(each.feature_count), kilobytes)
    results.print(table)
