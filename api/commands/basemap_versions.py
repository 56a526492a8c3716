"""``diaban basemap list``, ``show``, ``history``, ``publish``, ``rollback`` and ``export``: the versions of a layer."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.clock import now, today_in_vietnam
from api.commands.basemap_words import (
    attributes_as_json,
    attributes_table,
    history_table,
    print_version,
    publication_as_json,
    say_other_days,
    version_as_json,
    versions_table,
)
from api.commands.moments import day_typed, moment_typed
from api.commands.options import (
    AsOfOption,
    JsonOption,
    LayerArgument,
    OnlyLayerArgument,
    ValidOnOption,
    VersionOption,
)
from api.commands.stores import open_store
from api.commands.tiles import forget_old_tiles, make_tiles, make_tiles_unless_there
from api.console import print_json, results, say
from basemap import service, store
from basemap.model import LAYERS, LayerName, LayerVersion, LayerVersionId
from spatial.db import Database
from spatial.text import Text


def list_(layer: OnlyLayerArgument = None, *, as_json: JsonOption = False) -> None:
    """List the versions of all layers, newest first."""
    with open_store() as database, database.transaction() as session:
        versions = store.list_versions(session, layer)
    if as_json:
        print_json([version_as_json(version) for version in versions])
        return
    results.print(versions_table(versions))


def show(
    layer: LayerArgument, *, as_of: AsOfOption = None, valid_on: ValidOnOption = None, as_json: JsonOption = False
) -> None:
    """Show the version of LAYER that readers see, or saw, and its attributes."""
    moment, day = moment_typed(as_of), day_typed(valid_on)
    with open_store() as database, database.transaction() as session:
        if moment is None and day is None:
            current = store.current_version(session, layer)
        else:
            current = store.version_as_of(session, layer, as_of=moment, valid_on=day)
    if as_json:
        version = None if current is None else version_as_json(current)
        told = {"layer": layer.value, "shape": LAYERS[layer].shape.value, "version": version}
        print_json(told | {"attributes": attributes_as_json(layer)})
        return
    results.print(versions_table([] if current is None else [current]))
    if current is None:
        say(Text("Chưa công bố phiên bản nào.", "No version is published."))
    results.print(attributes_table(layer))


def publish(
    layer: LayerArgument,
    version: Annotated[int | None, typer.Argument(help="Version number; the newest by default.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let readers see a version of LAYER on the days on which it holds."""
    wanted = None if version is None else LayerVersionId(version)
    with open_store() as database:
        with database.transaction() as session:
            known = {each.version_id: each for each in store.list_versions(session, layer)}
        if wanted is None:
            wanted = max(known, default=None)
        if wanted in known and known[wanted].holds_on(today_in_vietnam()):
            # Before readers see the version, so that its tiles stand ready when they do.
            make_tiles(database, layer, wanted)
        published = service.publish_version(database, layer, version_id=wanted, published_at=now())
    if published.is_current:
        forget_old_tiles(layer, keep=published.version_id)
    else:
        say_other_days(published)
    print_version(published, as_json=as_json)


def rollback(layer: LayerArgument, *, valid_on: ValidOnOption = None, as_json: JsonOption = False) -> None:
    """Let readers see again the version of LAYER that was published before; --valid-on: for that day."""
    moment, day = now(), day_typed(valid_on)
    with open_store() as database:
        coming = _after_rollback(database, layer, at=moment, valid_on=day)
        if coming.is_current:
            # Before readers see the version again, as when publishing.
            make_tiles_unless_there(database, layer, coming.version_id)
        with database.transaction() as session:
            restored = store.rollback(session, layer, withdrawn_at=moment, valid_on=day)
        if restored.is_current and restored.version_id != coming.version_id:
            # Somebody else published in between.
            make_tiles_unless_there(database, layer, restored.version_id)
    if restored.is_current:
        forget_old_tiles(layer, keep=restored.version_id)
    print_version(restored, as_json=as_json)


def _after_rollback(database: Database, layer: LayerName, *, at: datetime, valid_on: date | None) -> LayerVersion:
    """Return what a rollback would bring back, by doing and undoing it; nobody else sees anything of it."""
    with database.transaction(writing=True) as session:
        trial = session.begin_nested()
        try:
            return store.rollback(session, layer, withdrawn_at=at, valid_on=valid_on)
        finally:
            trial.rollback()


def export(
    layer: LayerArgument,
    file: Annotated[Path, typer.Argument(help="Name ending in .gpkg or .geojson.", show_default=False)],
    *,
    version: VersionOption = None,
    as_of: AsOfOption = None,
    valid_on: ValidOnOption = None,
) -> None:
    """Write LAYER to FILE."""
    wanted = None if version is None else LayerVersionId(version)
    moment, day = moment_typed(as_of), day_typed(valid_on)
    with open_store() as database:
        if wanted is None and (moment or day):
            with database.transaction() as session:
                wanted = store.version_as_of(session, layer, as_of=moment, valid_on=day).version_id
        count = service.export_layer(database, layer, file, version_id=wanted)
    say(Text(f"Đã ghi {count} đối tượng vào {file}.", f"Wrote {count} features to {file}."))


def history(layer: LayerArgument, *, as_json: JsonOption = False) -> None:
    """List when readers saw which version of LAYER, oldest first."""
    with open_store() as database, database.transaction() as session:
        acts = store.publications(session, layer)
        versions = {version.version_id: version for version in store.list_versions(session, layer)}
    seen = [(act, versions[act.version_id]) for act in acts]
    if as_json:
        print_json([publication_as_json(act, version) for act, version in seen])
    else:
        results.print(history_table(seen))
