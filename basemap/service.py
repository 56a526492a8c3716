"""Bringing a file into the shared basemap, and a layer out of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TypedDict, Unpack

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from basemap import store
from basemap.confined_intake import ReadOptions, read_and_validate, read_confined
from basemap.import_report import ImportReport, check_report_directory, write_report
from basemap.intake import Intake
from basemap.model import LAYERS, Kind, LayerName, LayerVersion, LayerVersionId
from basemap.quality_checks import check_features
from basemap.quality_findings import OF_THE_STORE
from basemap.source_model import LARGEST_FILE_BYTES
from basemap.timeline import check_validity
from basemap.validate import Validation
from spatial.confined import Bounds
from spatial.crs import WGS84
from spatial.db import Database
from spatial.errors import DataUnavailableError, InputError
from spatial.files import whole_file
from spatial.geometry import reproject_frame
from spatial.issues import IssueReport, Severity
from spatial.territory import Territory, territory_of
from spatial.text import Text


class ImportOptions(TypedDict, total=False):
    """What a person may add to an import.

    Parameters
    ----------
    crs
        Coordinate system of the file, ``EPSG:n``; it overrules the file.
    column_map
        Attribute of each column whose name does not say it.
    layer_in_file
        The layer to read where a GeoPackage holds several.
    swap_axes
        The file has the northing (or latitude) first.
    publish
        Let readers see the new version at once.
    add_to
        Version whose features the new version also has: that is how mended rows come back.
    largest_bytes
        A larger file is refused.
    dry_run
        Check only: the report says what an import would find, and nothing is stored.
    reading_bounds
        Read the file in a process of its own that may use so much memory and time; without them in this one.
    report_dir
        Folder for the report; without it none is written.
    valid_from, valid_to
        First and last day on which the content holds.
    licence, source
        Under which terms, and from whom.
    """

    crs: str | None
    column_map: Mapping[str, str]
    layer_in_file: str | None
    swap_axes: bool
    publish: bool
    add_to: LayerVersionId | None
    dry_run: bool
    largest_bytes: int
    reading_bounds: Bounds | None
    report_dir: Path | None
    valid_from: date | None
    valid_to: date | None
    licence: str | None
    source: str | None


def import_layer(
    database: Database,
    layer: LayerName,
    path: Path,
    *,
    imported_at: datetime,
    imported_by: str,
    **options: Unpack[ImportOptions],
) -> ImportReport:
    """Read, check and store ``path`` as a new version of ``layer``; bad rows stand aside, good ones go on.

    Returns
    -------
    ImportReport
        With the new version, the counts and every finding.

    Raises
    ------
    InputError
        The file as a whole cannot be used, or not one feature of it, or the validity ends before it begins. Nothing
        is stored then; the report of a file without one good feature is written all the same.
    """
    report_dir = options.get("report_dir")
    check_validity(options.get("valid_from"), options.get("valid_to"))
    if report_dir is not None:
        check_report_directory(report_dir)
    intake, validation = _read(path, layer, options, territory=territory_of(database.crs))
    report = _report(intake, validation, layer=layer, report_dir=report_dir)
    if not len(validation.accepted):
        _write(report, intake, validation)
        raise _nothing_good(report)
    provenance = store.Provenance(
        imported_at=imported_at,
        imported_by=imported_by,
        quarantined_count=report.quarantined_count,
        **_origin(intake, options),
    )
    frame = reproject_frame(validation.accepted, database.crs)
    if (base := options.get("add_to")) is not None:
        frame = _beside(database, base, frame, layer=layer)
    report = _with_quality(report, database, frame, valid_on=options.get("valid_to"))
    if options.get("dry_run", False):
        _write(report, intake, validation)
        return report
    if options.get("crs") is None:
        _must_lie_as_labelled(report, intake, validation)
    with database.transaction() as session:
        version = store.add_version(session, layer, frame, provenance=provenance)
        if options.get("publish", False):
            version = store.publish(session, version.version_id, published_at=imported_at)
        report = replace(report, version=version)
        _write(report, intake, validation)
    return report


def publish_version(
    database: Database, layer: LayerName, *, version_id: LayerVersionId | None = None, published_at: datetime
) -> LayerVersion:
    """Let readers see a version of ``layer``, the newest one unless said otherwise.

    Raises
    ------
    InputError
        The layer has no such version.
    """
    with database.transaction() as session:
        known = [version.version_id for version in store.list_versions(session, layer)]
        chosen = max(known, default=None) if version_id is None else version_id
        if chosen is None or chosen not in known:
            raise _no_version(layer, version_id)
        return store.publish(session, chosen, published_at=published_at)


def export_layer(database: Database, layer: LayerName, path: Path, *, version_id: LayerVersionId | None = None) -> int:
    """Write a layer to ``path`` and return how many features it has.

    A GeoPackage keeps the storage coordinate system; GeoJSON is longitude and latitude (RFC 7946).

    Raises
    ------
    InputError
        The suffix is neither ``.gpkg`` nor ``.geojson``.
    DataUnavailableError
        The file cannot be written; an earlier one stands as it was.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise InputError(
            Text(f"Không xuất được loại tệp {path.suffix!r}.", f"Files of the kind {path.suffix!r} are not written."),
            hint=Text("Đặt tên .gpkg hoặc .geojson.", "Name it .gpkg or .geojson."),
            subject=path.name,
        )
    with database.transaction() as session:
        frame = store.read_layer(session, layer, version_id=version_id)
    for attribute in LAYERS[layer].attributes:
        if attribute.kind is Kind.DATE:
            frame[attribute.name] = [None if pd.isna(day) else day.isoformat() for day in frame[attribute.name]]
    with whole_file(path) as temporary:
        temporary.unlink()
        try:
            write(frame, temporary, layer.value)
        except (DataSourceError, DataLayerError) as error:
            raise DataUnavailableError(
                Text("Không ghi được tệp này.", "The file cannot be written."),
                hint=Text("Kiểm tra chỗ trống và quyền ghi.", "Check the free space and the permissions."),
                subject=str(path),
            ) from error
    return len(frame)


_ORDER = tuple(Severity)
_LIES_ELSEWHERE = {"crs_suspected": "crs_contradicted", "datum_suspected": "datum_missing"}


class _Origin(TypedDict):
    source_file: str
    source_sha256: str
    source_crs: str
    valid_from: date | None
    valid_to: date | None
    licence: str | None
    source: str | None


def _origin(intake: Intake, options: ImportOptions) -> _Origin:
    return _Origin(
        source_file=intake.file,
        source_sha256=intake.sha256,
        source_crs=intake.source_crs,
        valid_from=options.get("valid_from"),
        valid_to=options.get("valid_to"),
        licence=options.get("licence"),
        source=options.get("source"),
    )


def _read(path: Path, layer: LayerName, options: ImportOptions, *, territory: Territory) -> tuple[Intake, Validation]:
    how = ReadOptions(
        crs=options.get("crs"),
        column_map=dict(options.get("column_map", {})),
        layer_in_file=options.get("layer_in_file"),
        swap_axes=options.get("swap_axes", False),
        largest_bytes=options.get("largest_bytes", LARGEST_FILE_BYTES),
        territory=territory,
    )
    bounds = options.get("reading_bounds")
    return read_and_validate(path, layer, **how) if bounds is None else read_confined(path, layer, bounds, **how)


def _report(intake: Intake, validation: Validation, *, layer: LayerName, report_dir: Path | None) -> ImportReport:
    issues = sorted([*intake.issues, *validation.issues], key=lambda issue: _ORDER.index(issue.severity))
    return ImportReport(
        layer=layer,
        file=intake.file,
        source_crs=intake.source_crs,
        source_sha256=intake.sha256,
        feature_count=len(intake.frame),
        accepted_count=len(validation.accepted),
        quarantined_count=len(validation.quarantined),
        issues=IssueReport(issues),
        report_dir=report_dir,
    )


def _must_lie_as_labelled(report: ImportReport, intake: Intake, validation: Validation) -> None:
    """Refuse features that miss what is published as labelled and meet it read otherwise; the report is written."""
    for issue in report.issues:
        if issue.code in _LIES_ELSEWHERE:
            _write(report, intake, validation)
            raise InputError(issue.message, hint=issue.hint, subject=report.file, code=_LIES_ELSEWHERE[issue.code])


def _with_quality(
    report: ImportReport, database: Database, frame: gpd.GeoDataFrame, *, valid_on: date | None
) -> ImportReport:
    """Return ``report`` with what features are to one another; what stands there row by row is not said twice."""
    quality = check_features(
        database, report.layer, frame, file=report.file, source_crs=report.source_crs, valid_on=valid_on
    )
    said = {issue.code for issue in report.issues}
    found = [finding.issue for finding in quality.findings if finding.issue.code not in said]
    issues = sorted([*report.issues, *found], key=lambda issue: _ORDER.index(issue.severity))
    return replace(report, quality=quality, issues=IssueReport(issues))


def _write(report: ImportReport, intake: Intake, validation: Validation) -> None:
    if report.report_dir is not None:
        quarantined = intake.original.loc[validation.quarantined.index]
        write_report(report.report_dir, report, quarantined=quarantined)


def _nothing_good(report: ImportReport) -> InputError:
    first = report.issues.errors[0]
    return InputError(
        Text(
            f"Không đối tượng nào được nhận; lỗi đầu tiên: {first.sentence('vi')}",
            f"Not one feature could be accepted; the first finding: {first.sentence('en')}",
        ),
        subject=report.file,
        code="nothing_accepted",
    )


def _no_version(layer: LayerName, version_id: LayerVersionId | None) -> InputError:
    wanted = (
        Text("phiên bản nào", "version")
        if version_id is None
        else Text(f"phiên bản {version_id}", f"version {version_id}")
    )
    return InputError(
        Text(f"Lớp {layer} không có {wanted.vi}.", f"The layer {layer} has no {wanted.en}."),
        hint=Text("Xem: diaban basemap list.", "See: diaban basemap list."),
        subject=layer.value,
    )


def _beside(database: Database, base: LayerVersionId, added: gpd.GeoDataFrame, *, layer: LayerName) -> gpd.GeoDataFrame:
    """Return the features of version ``base``, marked as such, and ``added`` under its own index."""
    with database.transaction() as session:
        there = store.read_layer(session, layer, version_id=base)
    frame = _together(there, added, layer=layer)
    return frame.set_index(pd.Index([OF_THE_STORE] * len(there) + list(added.index)))


def _together(base: gpd.GeoDataFrame, added: gpd.GeoDataFrame, *, layer: LayerName) -> gpd.GeoDataFrame:
    """Return ``base`` and ``added`` as one frame, with names that no two features share."""
    schema = LAYERS[layer]
    taken = set(base["feature_id"])
    if not schema.key:
        last = max((int(name) for name in taken if str(name).isdigit()), default=0)
        added = added.assign(feature_id=[str(last + number) for number in range(1, len(added) + 1)])
    elif repeated := sorted(taken & set(added["feature_id"])):
        raise InputError(
            Text(f"Phiên bản đó đã có {repeated[0]}.", f"That version already has {repeated[0]}."),
            hint=Text("Bỏ dòng trùng rồi nhập lại.", "Remove the row, then import again."),
            subject=layer.value,
        )
    names = ["feature_id", *schema.attribute_names, "geometry"]
    records = [pd.DataFrame(part[names]).astype(object) for part in (base, added)]
    return gpd.GeoDataFrame(pd.concat(records, ignore_index=True), geometry="geometry", crs=base.crs)


def _write_geopackage(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    pyogrio.write_dataframe(frame, path, driver="GPKG", layer=layer)


def _write_geojson(frame: gpd.GeoDataFrame, path: Path, layer: str) -> None:
    pyogrio.write_dataframe(reproject_frame(frame, WGS84), path, driver="GeoJSON", layer=layer, RFC7946=True)


_WRITERS: Mapping[str, Callable[[gpd.GeoDataFrame, Path, str], None]] = {
    ".gpkg": _write_geopackage,
    ".geojson": _write_geojson,
}
