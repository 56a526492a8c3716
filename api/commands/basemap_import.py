"""``diaban basemap import`` and ``check``: a file becomes a version, or is only looked at."""

import getpass
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.clock import today_in_vietnam
from api.commands.basemap_words import say_other_days
from api.commands.moments import day_typed
from api.commands.options import (
    CrsOption,
    JsonOption,
    LayerArgument,
    LayerInFileOption,
    MapOption,
    ReportOption,
    SwapAxesOption,
    VersionOption,
    column_map,
)
from api.commands.quality_words import print_quality
from api.commands.stores import open_store
from api.commands.tiles import forget_old_tiles, make_tiles
from api.console import Head, plain_table, print_json, progress, results, say, say_issues
from api.settings import settings
from basemap import quality_checks, service
from basemap.import_report import ISSUES_FILE, ImportReport, check_report_directory
from basemap.model import LayerName, LayerVersion, LayerVersionId
from basemap.quality_files import write_quality
from spatial.confined import Bounds
from spatial.db import Database
from spatial.files import whole_directory
from spatial.issues import IssueReport, Severity
from spatial.text import Text

_IMPORT_HEADS = (
    Head(text=Text("lớp", "layer")),
    Head(text=Text("phiên bản", "version"), is_number=True),
    Head(text=Text("được nhận", "accepted"), is_number=True),
    Head(text=Text("để riêng", "set aside"), is_number=True),
    Head(text=Text("lỗi", "errors"), is_number=True),
    Head(text=Text("cảnh báo", "warnings"), is_number=True),
)


def _reading_bounds() -> Bounds:
    return Bounds(memory_bytes=settings().import_memory_mb * 1_000_000, time_s=settings().import_time_s)


def import_(  # noqa: PLR0913 - each is one word of the command line
    layer: LayerArgument,
    file: Annotated[Path, typer.Argument(help="GeoPackage, Shapefile, GeoJSON, CSV and more.", show_default=False)],
    *,
    crs: CrsOption = None,
    map_: MapOption = None,
    layer_in_file: LayerInFileOption = None,
    swap_axes: SwapAxesOption = False,
    publish: Annotated[bool, typer.Option("--publish", help="Let readers see it at once.")] = False,
    add_to: Annotated[int | None, typer.Option(help="Version whose features are kept beside these.")] = None,
    report: ReportOption = None,
    valid_from: Annotated[str | None, typer.Option(metavar="DATE", help="First day on which it holds.")] = None,
    valid_to: Annotated[str | None, typer.Option(metavar="DATE", help="Last day on which it holds.")] = None,
    licence: Annotated[str | None, typer.Option(help="Under which terms, e.g. MIT.")] = None,
    source: Annotated[str | None, typer.Option(help="From whom, in free words.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Import FILE as a new version of LAYER; bad rows stand aside in the report."""
    moment = datetime.now(UTC)
    folder = report or settings().data_dir / "imports" / f"{layer.value}-{moment:%Y%m%dT%H%M%S}"
    options: service.ImportOptions = {
        **_reading(crs=crs, map_=map_, layer_in_file=layer_in_file, swap_axes=swap_axes),
        "add_to": None if add_to is None else LayerVersionId(add_to),
        "report_dir": folder,
        "valid_from": day_typed(valid_from),
        "valid_to": day_typed(valid_to),
        "licence": licence,
        "source": source,
    }
    with open_store() as database:
        imported = _import(database, layer, file, at=moment, options=options)
        if publish and imported.version is not None:
            imported = replace(imported, version=_publish(database, imported.version, at=moment))
    _say_import(imported, as_json=as_json)


def check(  # noqa: PLR0913 - each is one word of the command line
    layer: LayerArgument,
    file: Annotated[Path | None, typer.Argument(help="A file that is not imported yet.")] = None,
    *,
    version: VersionOption = None,
    crs: CrsOption = None,
    map_: MapOption = None,
    layer_in_file: LayerInFileOption = None,
    swap_axes: SwapAxesOption = False,
    report: ReportOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check the quality of LAYER as published, or of FILE before it is imported; nothing is stored."""
    if file is None:
        _check_version(layer, version, report_dir=report, as_json=as_json)
        return
    options: service.ImportOptions = {
        **_reading(crs=crs, map_=map_, layer_in_file=layer_in_file, swap_axes=swap_axes),
        "dry_run": True,
        "report_dir": report,
    }
    with open_store() as database:
        checked = _import(database, layer, file, at=datetime.now(UTC), options=options)
    _say_check(checked, as_json=as_json)


def _reading(
    *, crs: str | None, map_: list[str] | None, layer_in_file: str | None, swap_axes: bool
) -> service.ImportOptions:
    return {
        "crs": crs,
        "column_map": column_map(map_),
        "layer_in_file": layer_in_file,
        "swap_axes": swap_axes,
        "largest_bytes": settings().largest_import_mb * 1_000_000,
        "reading_bounds": _reading_bounds(),
    }


def _import(
    database: Database, layer: LayerName, file: Path, *, at: datetime, options: service.ImportOptions
) -> ImportReport:
    with progress() as bar:
        bar.add_task(file.name, total=None)
        return service.import_layer(database, layer, file, imported_at=at, imported_by=getpass.getuser(), **options)


def _publish(database: Database, version: LayerVersion, *, at: datetime) -> LayerVersion:
    """Let readers see what was imported; its tiles stand before that, and the old version is whole until then."""
    layer = version.layer
    if version.holds_on(today_in_vietnam()):
        make_tiles(database, layer, version.version_id)
    published = service.publish_version(database, layer, version_id=version.version_id, published_at=at)
    if published.is_current:
        forget_old_tiles(layer, keep=published.version_id)
    return published


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
        print_json(quality.to_json())
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
        print_json(report.to_json())
        return
    say_issues(IssueReport(report.issues.errors), written_to=str(report.report_dir or "--report"))
    if report.quality is not None:
        print_quality(report.quality)


def _say_import(report: ImportReport, *, as_json: bool) -> None:
    say(report.sentence())
    say_issues(report.issues, written_to=str((report.report_dir or Path()) / ISSUES_FILE))
    say(Text(f"Báo cáo: {report.report_dir}", f"Report: {report.report_dir}"))
    if report.version is not None and not report.version.is_published:
        number = report.version.version_id
        command = f"diaban basemap publish {report.layer.value} {number}"
        say(Text(f"Phiên bản {number} chưa công bố: {command}", f"Version {number} is not published yet: {command}"))
    elif report.version is not None and not report.version.is_current:
        say_other_days(report.version)
    if as_json:
        print_json(report.to_json())
        return
    table = plain_table(_IMPORT_HEADS)
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
