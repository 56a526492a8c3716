"""``diaban basemap``: bring layers in, publish them, take them back, write them out."""

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from api.commands.convert_ward import convert_ward
from api.commands.diff import diff
from api.commands.moments import day_typed, moment_typed
from api.commands.quality_words import print_quality
from api.commands.stores import open_store
from api.commands.tiles import forget_old_tiles, make_tiles, tiles
from api.console import progress, results, say, say_issues
from api.settings import settings
from basemap import quality_checks, service, store
from basemap.import_report import ISSUES_FILE, ImportReport, check_report_directory
from basemap.model import LAYERS, LayerName, LayerVersion, LayerVersionId
from basemap.quality_files import write_quality
from basemap.timeline import Publication
from spatial.errors import InputError
from spatial.files import whole_directory
from spatial.issues import IssueReport, Severity
from spatial.text import Text

app = typer.Typer(help="The shared layers: import, list, show, publish, roll back, export.", no_args_is_help=True)
app.command("diff")(diff)
app.command("convert-ward")(convert_ward)
app.command("tiles")(tiles)

LayerArgument = Annotated[LayerName, typer.Argument(help="Layer of the basemap.", show_default=False)]
AsOfOption = Annotated[
    str | None, typer.Option(metavar="MOMENT", help="What readers saw then: a day (its end), or a moment.")
]
ValidOnOption = Annotated[str | None, typer.Option(metavar="DATE", help="What holds on that day.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

_LAYER, _VERSION = Text("lớp", "layer"), Text("phiên bản", "version")
_IMPORT_HEADERS = (
    _LAYER,
    _VERSION,
    Text("được nhận", "accepted"),
    Text("để riêng", "set aside"),
    Text("lỗi", "errors"),
    Text("cảnh báo", "warnings"),
)
_VERSION_HEADERS = (
    _LAYER,
    _VERSION,
    Text("công bố", "published"),
    Text("đối tượng", "features"),
    Text("để riêng", "set aside"),
    Text("nhập lúc", "imported"),
    Text("tệp", "file"),
)
_HISTORY_HEADERS = (
    Text("công bố lúc", "published"),
    Text("rút lại lúc", "withdrawn"),
    _VERSION,
    Text("hiệu lực", "valid"),
    Text("giấy phép", "licence"),
    Text("nguồn", "source"),
    Text("tệp", "file"),
)
_ATTRIBUTE_HEADERS = (
    Text("thuộc tính", "attribute"),
    Text("kiểu", "kind"),
    Text("bắt buộc", "required"),
    Text("tên", "label"),
)


@app.command("import")
def import_(  # noqa: PLR0913 - each is one word of the command line
    layer: LayerArgument,
    file: Annotated[Path, typer.Argument(help="GeoPackage, Shapefile, GeoJSON, CSV and more.", show_default=False)],
    *,
    crs: Annotated[str | None, typer.Option(help="Coordinate system of the file, e.g. EPSG:9210.")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="column=attribute; may be repeated.")] = None,
    layer_in_file: Annotated[str | None, typer.Option(help="Which layer of a GeoPackage.")] = None,
    swap_axes: Annotated[bool, typer.Option("--swap-axes", help="The file has the northing first.")] = False,
    publish: Annotated[bool, typer.Option("--publish", help="Let readers see it at once.")] = False,
    add_to: Annotated[int | None, typer.Option(help="Version whose features are kept beside these.")] = None,
    report: Annotated[Path | None, typer.Option(help="Folder for the report.")] = None,
    valid_from: Annotated[str | None, typer.Option(metavar="DATE", help="First day on which it holds.")] = None,
    valid_to: Annotated[str | None, typer.Option(metavar="DATE", help="Last day on which it holds.")] = None,
    licence: Annotated[str | None, typer.Option(help="Under which terms, e.g. MIT.")] = None,
    source: Annotated[str | None, typer.Option(help="From whom, in free words.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import FILE as a new version of LAYER; bad rows stand aside in the report."""
    moment = datetime.now(UTC)
    folder = report or settings().data_dir / "imports" / f"{layer.value}-{moment:%Y%m%dT%H%M%S}"
    with open_store() as database:
        with progress() as bar:
            bar.add_task(file.name, total=None)
            imported = service.import_layer(
                database,
                layer,
                file,
                imported_at=moment,
                imported_by=getpass.getuser(),
                crs=crs,
                column_map=_column_map(map_ or []),
                layer_in_file=layer_in_file,
                swap_axes=swap_axes,
                largest_bytes=settings().largest_import_mb * 1_000_000,
                publish=publish,
                add_to=None if add_to is None else LayerVersionId(add_to),
                report_dir=folder,
                valid_from=day_typed(valid_from),
                valid_to=day_typed(valid_to),
                licence=licence,
                source=source,
            )
        if imported.version is not None and imported.version.is_current:
            make_tiles(database, layer, imported.version.version_id)
            forget_old_tiles(layer, keep=imported.version.version_id)
    _say_import(imported, as_json=as_json)


@app.command("check")
def check(  # noqa: PLR0913 - each is one word of the command line
    layer: LayerArgument,
    file: Annotated[Path | None, typer.Argument(help="A file that is not imported yet.")] = None,
    *,
    version: Annotated[int | None, typer.Option(help="Version number; the published one by default.")] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinate system of the file, e.g. EPSG:9210.")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="column=attribute; may be repeated.")] = None,
    layer_in_file: Annotated[str | None, typer.Option(help="Which layer of a GeoPackage.")] = None,
    swap_axes: Annotated[bool, typer.Option("--swap-axes", help="The file has the northing first.")] = False,
    report: Annotated[Path | None, typer.Option(help="Folder for the report.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Check the quality of LAYER as published, or of FILE before it is imported; nothing is stored."""
    if file is None:
        _check_version(layer, version, report_dir=report, as_json=as_json)
        return
    moment = datetime.now(UTC)
    with open_store() as database, progress() as bar:
        bar.add_task(file.name, total=None)
        checked = service.import_layer(
            database,
            layer,
            file,
            imported_at=moment,
            imported_by=getpass.getuser(),
            crs=crs,
            column_map=_column_map(map_ or []),
            layer_in_file=layer_in_file,
            swap_axes=swap_axes,
            largest_bytes=settings().largest_import_mb * 1_000_000,
            dry_run=True,
            report_dir=report,
        )
    _say_check(checked, as_json=as_json)


@app.command("list")
def list_(
    layer: Annotated[LayerName | None, typer.Argument(help="Only this layer.")] = None, *, as_json: JsonOption = False
) -> None:
    """List the versions of all layers, newest first."""
    with open_store() as database, database.transaction() as session:
        versions = store.list_versions(session, layer)
    if as_json:
        _print_json([_as_json(version) for version in versions])
        return
    results.print(_table(versions))


@app.command("show")
def show(
    layer: LayerArgument, *, as_of: AsOfOption = None, valid_on: ValidOnOption = None, as_json: JsonOption = False
) -> None:
    """Show the version of LAYER that readers see, or saw, and its attributes."""
    schema, language = LAYERS[layer], settings().language
    moment, day = moment_typed(as_of), day_typed(valid_on)
    with open_store() as database, database.transaction() as session:
        if moment is None and day is None:
            current = store.current_version(session, layer)
        else:
            current = store.version_as_of(session, layer, as_of=moment, valid_on=day)
    attributes = [
        {
            "name": attribute.name,
            "kind": attribute.kind.value,
            "required": attribute.required,
            "codes": list(attribute.codes),
            "label": attribute.label.in_language(language),
        }
        for attribute in schema.attributes
    ]
    if as_json:
        version = None if current is None else _as_json(current)
        _print_json({"layer": layer.value, "shape": schema.shape.value, "version": version, "attributes": attributes})
        return
    results.print(_table([] if current is None else [current]))
    if current is None:
        say(Text("Chưa công bố phiên bản nào.", "No version is published."))
    table = _empty_table(_ATTRIBUTE_HEADERS, title=f"{layer.value} ({schema.shape.value})")
    for attribute in schema.attributes:
        required = "✓" if attribute.required else ""
        table.add_row(attribute.name, attribute.kind.value, required, attribute.label.in_language(language))
    results.print(table)


@app.command("publish")
def publish_(
    layer: LayerArgument,
    version: Annotated[int | None, typer.Argument(help="Version number; the newest by default.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let readers see a version of LAYER."""
    wanted = None if version is None else LayerVersionId(version)
    with open_store() as database:
        with database.transaction() as session:
            known = [each.version_id for each in store.list_versions(session, layer)]
        if wanted is None:
            wanted = max(known, default=None)
        if wanted in known:
            # Before readers see the version, so that its tiles stand ready when they do.
            make_tiles(database, layer, wanted)
        published = service.publish_version(database, layer, version_id=wanted, published_at=datetime.now(UTC))
    forget_old_tiles(layer, keep=published.version_id)
    _print_version(published, as_json=as_json)


@app.command("rollback")
def rollback(layer: LayerArgument, *, as_json: JsonOption = False) -> None:
    """Let readers see again the version of LAYER that was published before."""
    with open_store() as database:
        with database.transaction() as session:
            restored = store.rollback(session, layer, withdrawn_at=datetime.now(UTC))
        make_tiles(database, layer, restored.version_id)
    forget_old_tiles(layer, keep=restored.version_id)
    _print_version(restored, as_json=as_json)


@app.command("export")
def export(
    layer: LayerArgument,
    file: Annotated[Path, typer.Argument(help="Name ending in .gpkg or .geojson.", show_default=False)],
    *,
    version: Annotated[int | None, typer.Option(help="Version number; the published one by default.")] = None,
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


@app.command("history")
def history(layer: LayerArgument, *, as_json: JsonOption = False) -> None:
    """List when readers saw which version of LAYER, oldest first."""
    with open_store() as database, database.transaction() as session:
        acts = store.publications(session, layer)
        versions = {version.version_id: version for version in store.list_versions(session, layer)}
    if as_json:
        _print_json([_publication_as_json(act) | {"version": _as_json(versions[act.version_id])} for act in acts])
        return
    table = _empty_table(_HISTORY_HEADERS)
    for act in acts:
        version = versions[act.version_id]
        withdrawn = _moment(act.withdrawn_at) if act.withdrawn_at or not act.is_withdrawn else "?"
        said = (_validity(version), version.licence or "", version.source or "", version.source_file)
        table.add_row(_moment(act.published_at), withdrawn, str(act.version_id), *map(escape, said))
    results.print(table)


def _column_map(pairs: list[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for pair in pairs:
        column, equals, attribute = (part.strip() for part in pair.rpartition("="))
        if not (column and equals and attribute) or column in mapping:
            raise InputError(
                Text(f"--map {pair!r} không đúng dạng.", f"--map {pair!r} is not of the right form."),
                hint=Text(
                    "Ghi --map CỘT=THUỘC_TÍNH, mỗi cột một lần.", "Write --map COLUMN=ATTRIBUTE, each column once."
                ),
            )
        mapping[column] = attribute
    return mapping


def _check_version(layer: LayerName, version: int | None, *, report_dir: Path | None, as_json: bool) -> None:
    if report_dir is not None:
        check_report_directory(report_dir)
    with open_store() as database:
        wanted = None if version is None else LayerVersionId(version)
        quality = quality_checks.check_version(database, layer, version_id=wanted)
    if report_dir is not None:
        with whole_directory(report_dir) as folder:
            write_quality(folder, quality, source=layer.value)
        say(Text(f"Báo cáo: {report_dir}", f"Report: {report_dir}"))
    if as_json:
        _print_json(quality.to_json())
        return
    print_quality(quality)


def _say_check(report: ImportReport, *, as_json: bool) -> None:
    counts = (report.feature_count, report.accepted_count, report.quarantined_count)
    say(
        Text(
            "{}: {} đối tượng, {} nhận được, {} sẽ để riêng; chưa lưu gì.".format(report.file, *counts),
            "{}: {} features, {} acceptable, {} would stand aside; nothing was stored.".format(report.file, *counts),
        )
    )
    if report.report_dir is not None:
        say(Text(f"Báo cáo: {report.report_dir}", f"Report: {report.report_dir}"))
    if as_json:
        _print_json(report.to_json())
        return
    say_issues(IssueReport(report.issues.errors), written_to=str(report.report_dir or "--report"))
    if report.quality is not None:
        print_quality(report.quality)


def _say_import(report: ImportReport, *, as_json: bool) -> None:
    say(report.sentence())
    say_issues(report.issues, written_to=str((report.report_dir or Path()) / ISSUES_FILE))
    say(Text(f"Báo cáo: {report.report_dir}", f"Report: {report.report_dir}"))
    if report.version is not None and not report.version.is_current:
        number = report.version.version_id
        command = f"diaban basemap publish {report.layer.value} {number}"
        say(Text(f"Phiên bản {number} chưa công bố: {command}", f"Version {number} is not published yet: {command}"))
    if as_json:
        _print_json(report.to_json())
        return
    table = _empty_table(_IMPORT_HEADERS)
    severities = [issue.severity for issue in report.issues]
    counts = (
        report.accepted_count,
        report.quarantined_count,
        severities.count(Severity.ERROR),
        severities.count(Severity.WARNING),
    )
    version = "–" if report.version is None else str(report.version.version_id)
    table.add_row(report.layer.value, version, *(str(count) for count in counts))
    results.print(table)
    for outcome in () if report.quality is None else report.quality.outcomes:
        if outcome.found_count or not outcome.is_checked:
            say(outcome.sentence())


def _as_json(version: LayerVersion) -> dict[str, object]:
    published_at = version.published_at
    return {
        "layer": version.layer.value,
        "version_id": version.version_id,
        "is_current": version.is_current,
        "feature_count": version.feature_count,
        "quarantined_count": version.quarantined_count,
        "imported_at": version.imported_at.isoformat(),
        "imported_by": version.imported_by,
        "published_at": None if published_at is None else published_at.isoformat(),
        "source_file": version.source_file,
        "source_sha256": version.source_sha256,
        "source_crs": version.source_crs,
        "valid_from": None if version.valid_from is None else version.valid_from.isoformat(),
        "valid_to": None if version.valid_to is None else version.valid_to.isoformat(),
        "licence": version.licence,
        "source": version.source,
    }


def _publication_as_json(act: Publication) -> dict[str, object]:
    return {
        "published_at": act.published_at.isoformat(),
        "is_withdrawn": act.is_withdrawn,
        "withdrawn_at": None if act.withdrawn_at is None else act.withdrawn_at.isoformat(),
    }


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _validity(version: LayerVersion) -> str:
    return f"{version.valid_from or ''}–{version.valid_to or ''}" if version.valid_from or version.valid_to else ""


def _table(versions: list[LayerVersion]) -> Table:
    table = _empty_table(_VERSION_HEADERS)
    for version in versions:
        table.add_row(
            version.layer.value,
            str(version.version_id),
            "✓" if version.is_current else "",
            str(version.feature_count),
            str(version.quarantined_count),
            f"{version.imported_at:%Y-%m-%d %H:%M}Z",
            escape(version.source_file),
        )
    return table


def _empty_table(headers: tuple[Text, ...], *, title: str | None = None) -> Table:
    table = Table(title=title)
    for header in headers:
        # Folded, not cut: what a narrow terminal shows is still whole.
        table.add_column(header.in_language(settings().language), overflow="fold")
    return table


def _print_version(version: LayerVersion, *, as_json: bool) -> None:
    if as_json:
        _print_json(_as_json(version))
        return
    results.print(_table([version]))


def _print_json(value: object) -> None:
    results.print_json(json.dumps(value, ensure_ascii=False))
