"""What an import leaves behind: the findings, the features that stand aside, and a summary."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from basemap.columns import OWN_PREFIX
from basemap.model import LayerName, LayerVersion
from basemap.quality_files import QUALITY_FILES, write_quality
from basemap.quality_findings import QualityReport
from basemap.validate import row_of
from spatial.errors import InputError
from spatial.files import whole_directory
from spatial.issues import IssueReport, Severity
from spatial.text import Text

REPORT_FILE, ISSUES_FILE, QUARANTINE_FILE = "report.json", "issues.csv", "quarantine.gpkg"
_OUR_FILES = QUALITY_FILES | {REPORT_FILE, ISSUES_FILE, QUARANTINE_FILE}
_UNUSED_COLUMN_NAMES = {"FID": "quarantine_fid", "GEOMETRY_NAME": "quarantine_geometry"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of one file.

    Parameters
    ----------
    version
        The new version of the layer; None when no feature could be accepted.
    feature_count
        Features in the file.
    report_dir
        Where the report stands; None when none was asked for.
    quality
        What the features are to one another; None when no feature could be accepted.
    """

    layer: LayerName
    file: str
    source_crs: str
    source_sha256: str
    feature_count: int
    accepted_count: int
    quarantined_count: int
    issues: IssueReport
    version: LayerVersion | None = None
    report_dir: Path | None = None
    quality: QualityReport | None = None

    def to_json(self) -> dict[str, object]:
        """Return the summary as plain values, without the single findings."""
        version = self.version
        return {
            "layer": self.layer.value,
            "file": self.file,
            "source_crs": self.source_crs,
            "source_sha256": self.source_sha256,
            "feature_count": self.feature_count,
            "accepted_count": self.accepted_count,
            "quarantined_count": self.quarantined_count,
            "issue_count": len(self.issues),
            "issues_by_code": self.issues.count_by_code(),
            "version_id": None if version is None else version.version_id,
            "is_published": version is not None and version.is_published,
            "report_dir": None if self.report_dir is None else str(self.report_dir),
            "quality": None if self.quality is None else self.quality.to_json(),
        }

    def sentence(self) -> Text:
        """Return what became of the file in one sentence."""
        return Text(
            f"{self.file}: {self.accepted_count} trên {self.feature_count} đối tượng được nhận vào lớp {self.layer}, "
            f"{self.quarantined_count} để riêng.",
            f"{self.file}: {self.accepted_count} of {self.feature_count} features went into the layer {self.layer}, "
            f"{self.quarantined_count} stand aside.",
        )


def check_report_directory(directory: Path) -> None:
    """Refuse a folder that holds anything but an earlier report: writing replaces it as a whole.

    Raises
    ------
    InputError
        It is a file, or holds other files.
    """
    if not directory.exists():
        return
    others = [] if not directory.is_dir() else sorted({path.name for path in directory.iterdir()} - _OUR_FILES)
    if others or not directory.is_dir():
        example = others[0] if others else directory.name
        raise InputError(
            Text(f"Thư mục báo cáo có tệp khác: {example}.", f"The report folder holds other files: {example}."),
            hint=Text("Chọn một thư mục mới.", "Choose a new folder."),
            subject=str(directory),
        )


def write_report(directory: Path, report: ImportReport, *, quarantined: gpd.GeoDataFrame) -> None:
    """Write ``report.json``, ``issues.csv`` and what else there is to show: all or nothing.

    Rows that stand aside come as ``quarantine.gpkg``; the quality of the others as ``report.html`` and, where
    something was found, ``issues.gpkg``.

    Parameters
    ----------
    quarantined
        The rows that stand aside with every column of their file; index: position in the file.
    """
    check_report_directory(directory)
    with whole_directory(directory) as folder:
        summary = json.dumps(report.to_json(), ensure_ascii=False, indent=2)
        (folder / REPORT_FILE).write_text(summary + "\n", encoding="utf-8")
        report.issues.to_frame().to_csv(folder / ISSUES_FILE, index=False)
        if len(quarantined):
            _write_quarantine(folder / QUARANTINE_FILE, quarantined, reasons=_reasons(report.issues))
        if report.quality is not None:
            aside = _aside(quarantined, reasons=_reasons(report.issues))
            write_quality(folder, report.quality, source=report.file, aside=aside)


def _reasons(issues: IssueReport) -> Mapping[int, Text]:
    """Return all that stands against each row."""
    reasons: dict[int, Text] = {}
    for issue in issues:
        if issue.severity is Severity.ERROR and issue.row is not None:
            said = f"{issue.field}: " if issue.field else ""
            before = reasons.get(issue.row)
            reasons[issue.row] = Text(
                f"{before.vi} {said}{issue.message.vi}" if before else f"{said}{issue.message.vi}",
                f"{before.en} {said}{issue.message.en}" if before else f"{said}{issue.message.en}",
            )
    return reasons


def _aside(quarantined: gpd.GeoDataFrame, *, reasons: Mapping[int, Text]) -> gpd.GeoDataFrame:
    rows = [row_of(position) for position in quarantined.index]
    told = {
        "message_vi": [f"Dòng {row}: {reasons[row].vi}" for row in rows],
        "message_en": [f"Row {row}: {reasons[row].en}" for row in rows],
    }
    return gpd.GeoDataFrame(told, geometry=list(quarantined.geometry), crs=quarantined.crs)


def _write_quarantine(path: Path, quarantined: gpd.GeoDataFrame, *, reasons: Mapping[int, Text]) -> None:
    frame = quarantined.copy()
    frame = frame[[column for column in frame.columns if not str(column).startswith(OWN_PREFIX)]]
    for name in frame.columns.drop(frame.geometry.name):
        if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_datetime64_any_dtype(frame[name]):
            absent = frame[name].isna()
            texts = [None if gone else str(value) for value, gone in zip(frame[name], absent, strict=True)]
            frame[name] = pd.Series(texts, index=frame.index, dtype=object)
    rows = [row_of(position) for position in frame.index]
    frame[f"{OWN_PREFIX}row"] = rows
    frame[f"{OWN_PREFIX}reason_vi"] = [reasons[row].vi for row in rows]
    frame[f"{OWN_PREFIX}reason_en"] = [reasons[row].en for row in rows]
    frame.columns = _distinct([str(column) for column in frame.columns])
    pyogrio.write_dataframe(frame, path, driver="GPKG", layer="quarantine", **_UNUSED_COLUMN_NAMES)


def _distinct(names: list[str]) -> list[str]:
    """Return ``names`` so that no two are equal for SQLite, which takes no notice of case."""
    seen: set[str] = set()
    result = []
    for name in names:
        candidate, number = name, 2
        while candidate.casefold() in seen:
            candidate, number = f"{name}_{number}", number + 1
        seen.add(candidate.casefold())
        result.append(candidate)
    return result
