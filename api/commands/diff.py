"""``diaban basemap diff``: what changed between two versions of a layer."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from api.commands.options import JsonOption, LayerArgument
from api.commands.stores import open_store
from api.console import Head, plain_table, print_json, results, said, say
from basemap import comparison
from basemap.diff import LayerDiff
from basemap.model import LayerVersionId
from spatial.text import Text

_SHOWN_COUNT = 40
_HEADS = (
    Head(text=Text("đối tượng", "feature"), folds=True),
    Head(text=Text("thay đổi", "change")),
    Head(text=Text("chi tiết", "detail"), folds=True),
)
_KINDS = {
    "added": Text("thêm", "added"),
    "changed": Text("đổi", "changed"),
    "removed": Text("bỏ", "removed"),
    "unchanged": Text("giữ nguyên", "unchanged"),
}


def diff(
    layer: LayerArgument,
    before: Annotated[
        int | None, typer.Argument(metavar="[FROM]", help="Version number; the published one by default.")
    ] = None,
    after: Annotated[int | None, typer.Argument(metavar="[TO]", help="Version number; the newest by default.")] = None,
    *,
    out: Annotated[Path | None, typer.Option(help="GeoPackage of what was added, changed, removed.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what changed in LAYER from one version to another; by default, what publishing the newest would change."""
    wanted = [None if number is None else LayerVersionId(number) for number in (before, after)]
    with open_store() as database, database.transaction() as session:
        earlier, later = comparison.versions_to_compare(session, layer, before=wanted[0], after=wanted[1])
        found = comparison.compare_versions(session, layer, before=earlier, after=later)
    if out is not None:
        comparison.write_diff(out, found)
    counted = ", ".join(f"{said(_KINDS[kind])} {count}" for kind, count in found.counts.items())
    say(
        Text(f"{layer}, phiên bản {earlier} → {later}: {counted}.", f"{layer}, version {earlier} → {later}: {counted}.")
    )
    answer = {"from_version": earlier, "to_version": later, **found.to_json()}
    if as_json:
        print_json(answer)
    elif len(found.added) + len(found.changed) + len(found.removed) > 0:
        _print(answer, found)


def _print(answer: Mapping[str, Any], found: LayerDiff) -> None:
    table = plain_table(_HEADS)
    rows = list(_rows(answer))
    for row in rows[:_SHOWN_COUNT]:
        table.add_row(*map(escape, row))
    results.print(table)
    if (rest := len(rows) - _SHOWN_COUNT) > 0:
        command = f"diaban basemap diff {found.layer.value} … --json | --out diff.gpkg"
        say(Text(f"Còn {rest} thay đổi nữa: {command}", f"{rest} more changes: {command}"))


def _rows(answer: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for kind in ("added", "removed"):
        for one in answer[kind]:
            values = [str(value) for name, value in one.items() if name != "feature_id" and value is not None]
            yield one["feature_id"], said(_KINDS[kind]), ", ".join(values)
    for one in answer["changed"]:
        parts = [f"{name}: {_value(was['old'])} → {_value(was['new'])}" for name, was in one["attributes"].items()]
        if (shape := one["geometry"]) is not None:
            parts.append(said(_geometry_words(shape)))
        yield one["feature_id"], said(_KINDS["changed"]), "; ".join(parts)


def _value(value: object) -> str:
    return "–" if value is None else str(value)


def _geometry_words(shape: Mapping[str, float]) -> Text:
    moved, area, length = (shape[name] for name in ("moved_m", "area_change_m2", "length_change_m"))
    return Text(
        f"dời {moved:.3f} m, diện tích {area:+.2f} m², chiều dài {length:+.2f} m",
        f"moved {moved:.3f} m, area {area:+.2f} m², length {length:+.2f} m",
    )
