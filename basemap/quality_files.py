"""The quality of a layer for people: a page with words and a map, and the places as a file for a GIS."""

import html
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from basemap.cartography import bounds_of, draw, draw_layer_beneath
from basemap.map_styles import LAYER_SHARES, Style
from basemap.model import LAYERS
from basemap.preview import LocalMap
from basemap.quality_findings import Finding, QualityReport, RuleOutcome
from basemap.whereabouts import outside_country
from spatial.geometry import reproject_frame
from spatial.territory import territory_of
from spatial.text import Text

PAGE_FILE, PLACES_FILE = "report.html", "issues.gpkg"
QUALITY_FILES = frozenset({PAGE_FILE, PLACES_FILE})

_MOST_DRAWN_COUNT, _MOST_CORNERS_COUNT, _MOST_TOLD_COUNT = 150, 8_000, 50
_MOST_PICTURE_BYTES = 250_000
_POINT_RADIUS_M = 3.0
_OUTLINE = Style(label=Text("Phạm vi của lớp", "Extent of the layer"), stroke="#7a6f8f", dash="6 4", stroke_px=1.5)
_ASIDE = Style(label=Text("Để riêng", "Set aside"), stroke="#111111", fill="#111111", fill_opacity_ratio=0.15)
_STROKES = ("#b4431c", "#0c5a55", "#5b4a86", "#c39a4e", "#1f6fa8", "#8f2f0e", "#4a7a2c", "#86306b")
_TOOLTIP = {"message_vi": Text("Mục", "Finding"), "message_en": Text("Tiếng Anh", "In English")}
_PAGE_STYLE = (
    "body{font:16px/1.5 'Be Vietnam Pro',system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;"
    "color:#16302f;background:#fffdf8}table{border-collapse:collapse}td,th{border-bottom:1px solid #d9cfbd;"
    "padding:.3rem .8rem;text-align:left;vertical-align:top}i{color:#5d6b6a}"
    ".whole{border-left:.4rem solid #b4431c;background:#fbe9e1;padding:.6rem 1rem}"
)


def write_quality(folder: Path, report: QualityReport, *, source: str, aside: gpd.GeoDataFrame | None = None) -> None:
    """Write ``report.html`` and, when there are findings, ``issues.gpkg`` (a layer each of areas, lines, points).

    Parameters
    ----------
    source
        Name of the file or version that was checked.
    aside
        Features that stand aside: ``message_vi``, ``message_en``, and geometry as it came, in any system.
    """
    (folder / PAGE_FILE).write_text(quality_page(report, source=source, aside=aside), encoding="utf-8")
    if report.findings:
        _write_places(folder / PLACES_FILE, report)


def quality_page(report: QualityReport, *, source: str, aside: gpd.GeoDataFrame | None = None) -> str:
    """Return the outcome of each rule, the map, what stands aside and the largest findings; it needs no network."""
    title = f"Chất lượng lớp {LAYERS[report.layer].label.vi} – {source}"
    rows = "".join(_outcome_row(outcome) for outcome in report.outcomes)
    told = [finding for outcome in report.outcomes for finding in _of_rule(report, outcome)[:_MOST_TOLD_COUNT]]
    items = "".join(f"<li>{_both(finding.issue.message)}</li>" for finding in told if not _is_about_file(finding))
    count = Text(f"{report.feature_count} đối tượng, {report.crs}", f"{report.feature_count} features, {report.crs}")
    findings = Text("Các mục lớn nhất của mỗi quy tắc", "The largest findings of each rule")
    return (
        f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8"/><link rel="icon" href="data:,"/>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"/><title>{html.escape(title)}</title>'
        f"<style>{_PAGE_STYLE}</style></head><body><main><h1>{html.escape(title)}</h1><p>{_both(count)}</p>"
        f"{_told_of_file(told)}<table>"
        f"<tr><th>{_both(Text('Quy tắc', 'Rule'))}</th><th>{_both(Text('Kết quả', 'Outcome'))}</th></tr>"
        f"{rows}</table>{_told_aside(aside)}{quality_map(report, source=source, aside=aside).as_frame(height_px=560)}"
        f"<h2>{_both(findings)}</h2><ol>{items}</ol></main></body></html>\n"
    )


def quality_map(
    report: QualityReport, *, source: str, language: str = "vi", aside: gpd.GeoDataFrame | None = None
) -> LocalMap:
    """Return the map: the layer as one picture, its outline, the largest findings and what stands aside."""
    label = LAYERS[report.layer].label
    target = LocalMap(
        title=Text(f"Chất lượng lớp {label.vi}", f"Quality of the layer {label.en}"),
        language=language,
        source=Text(source, source),
    )
    draw_layer_beneath(target, report.features, LAYER_SHARES[report.layer], label=label, most_bytes=_MOST_PICTURE_BYTES)
    outline = gpd.GeoDataFrame(geometry=[report.outline], crs=report.crs)
    draw(target, outline, _OUTLINE)
    target.look_at(bounds_of(outline))
    for number, outcome in enumerate(report.outcomes):
        stroke = _STROKES[number % len(_STROKES)]
        found = _of_rule(report, outcome)
        fill = "transparent" if any(map(_is_about_file, found)) else stroke
        style = Style(label=outcome.label, stroke=stroke, fill=fill, stroke_px=3.0, fill_opacity_ratio=0.35)
        draw(target, _drawn(found, crs=report.crs), style, fields=_TOOLTIP)
    if aside is not None:
        draw(target, _drawn_aside(aside, crs=report.crs), _ASIDE, fields=_TOOLTIP)
    return target


def _is_about_file(finding: Finding) -> bool:
    return not finding.feature_ids


def _told_of_file(findings: list[Finding]) -> str:
    """Return what concerns the file as a whole, with what to do: nobody may read past it."""
    whole = [finding.issue for finding in findings if _is_about_file(finding)]
    return "".join(f"<p class='whole'>{_both(issue.message)}<br/>{_both(issue.hint)}</p>" for issue in whole)


def _told_aside(aside: gpd.GeoDataFrame | None) -> str:
    if aside is None or not len(aside):
        return ""
    rows = zip(aside["message_vi"][:_MOST_TOLD_COUNT], aside["message_en"][:_MOST_TOLD_COUNT], strict=True)
    items = "".join(f"<li>{_both(Text(vi, en))}</li>" for vi, en in rows)
    title = Text(f"{len(aside)} đối tượng để riêng", f"{len(aside)} features stand aside")
    return f"<h2>{_both(title)}</h2><ol>{items}</ol>"


def _drawn_aside(aside: gpd.GeoDataFrame, *, crs: str) -> gpd.GeoDataFrame:
    """Return those of ``aside`` that have a place in the country, each as the box around it: it may be anything."""
    corners = np.array(aside.geometry.bounds, dtype=np.float64).reshape(-1, 4)
    places = np.flatnonzero(np.isfinite(corners).all(axis=1))
    places = places[~outside_country(corners[places], crs=aside.crs.to_wkt(), territory=territory_of(crs))]
    boxes = gpd.GeoDataFrame(
        {name: list(aside[name].iloc[places]) for name in _TOOLTIP},
        geometry=list(shapely.box(*corners[places].T)),
        crs=aside.crs,
    )
    placed = reproject_frame(boxes, crs).iloc[:_MOST_DRAWN_COUNT]
    return placed.set_geometry(placed.geometry.envelope.buffer(_POINT_RADIUS_M, join_style="mitre"))


def _of_rule(report: QualityReport, outcome: RuleOutcome) -> list[Finding]:
    return [finding for finding in report.findings if finding.rule == outcome.code]


def _outcome_row(outcome: RuleOutcome) -> str:
    said = outcome.sentence()
    kept = Text(said.vi.removeprefix(f"{outcome.label.vi}: "), said.en.removeprefix(f"{outcome.label.en}: "))
    return f"<tr><td>{_both(outcome.label)}</td><td>{_both(kept)}</td></tr>"


def _both(text: Text) -> str:
    if text.vi == text.en:
        return html.escape(text.vi)
    return f"{html.escape(text.vi)} <i>{html.escape(text.en)}</i>"


def _frame(findings: list[Finding], *, crs: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "code": [finding.issue.code for finding in findings],
            "feature_ids": [", ".join(finding.feature_ids) for finding in findings],
            "area_m2": np.array([finding.area_m2 for finding in findings], dtype=np.float64),
            "distance_m": np.array([finding.distance_m for finding in findings], dtype=np.float64),
            "message_vi": [finding.issue.message.vi for finding in findings],
            "message_en": [finding.issue.message.en for finding in findings],
        },
        geometry=[finding.geometry for finding in findings],
        crs=crs,
    )


def _drawn(findings: list[Finding], *, crs: str) -> gpd.GeoDataFrame:
    frame = _frame(findings[:_MOST_DRAWN_COUNT], crs=crs)
    geometries = np.array(frame.geometry.array, dtype=object)
    # What concerns the whole file is a frame around it, not a colour over everything.
    is_whole = np.array([_is_about_file(finding) for finding in findings[: len(frame)]], dtype=np.bool_)
    geometries[is_whole] = shapely.boundary(geometries[is_whole])
    # Leaflet draws a point as a picture of a pin; a small circle needs none.
    is_point = frame.geom_type.isin(["Point", "MultiPoint"]).to_numpy()
    geometries[is_point] = shapely.buffer(geometries[is_point], _POINT_RADIUS_M, quad_segs=4)
    corners = np.cumsum(shapely.get_num_coordinates(geometries))
    return gpd.GeoDataFrame(frame.set_geometry(geometries, crs=crs)[corners <= _MOST_CORNERS_COUNT])


def _write_places(path: Path, report: QualityReport) -> None:
    frame = _frame(list(report.findings), crs=report.crs)
    dimension = shapely.get_dimensions(np.asarray(frame.geometry.array, dtype=object))
    layers = (("points", "MultiPoint", 0), ("lines", "MultiLineString", 1), ("areas", "MultiPolygon", 2))
    for name, shape, wanted in layers:
        chosen = frame[dimension == wanted]
        if len(chosen):
            pyogrio.write_dataframe(
                chosen,
                path,
                driver="GPKG",
                layer=name,
                geometry_type=shape,
                promote_to_multi=True,
                append=path.exists(),
            )
