"""A map for paper: one A4 sheet with title, legend, scale, north, source, version and date, as PNG or PDF.

It is drawn in the coordinate system of the data, so that a length measured on the sheet is a length on the ground.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import fontpkg_be_vietnam_pro
import geopandas as gpd
from PIL import Image, ImageColor, ImageDraw, ImageFont

from basemap.map_styles import Style
from basemap.pictures import Box, Picture, Sheet
from spatial.crs import is_geographic
from spatial.errors import InputError
from spatial.files import whole_file
from spatial.text import Text

DOTS_PER_INCH = 200
PAPER_FORMATS = {".png": "PNG", ".pdf": "PDF"}

_MM_PER_INCH, _M_PER_MM = 25.4, 0.001
_SHORT_MM, _LONG_MM, _MARGIN_MM, _TITLE_MM, _FOOT_MM = 210.0, 297.0, 12.0, 15.0, 44.0
_LONGEST_BAR_MM = 60.0
_LEAST_TITLE_MM = 3.0
_STEPS = (1.0, 2.0, 2.5, 5.0)
_INK, _QUIET, _LINE, _PAPER, _EMPTY = "#16302f", "#4b5f5d", "#16302f", "#ffffff", "#eef1ea"
_LINE_RATIO = 1.6
_LEGEND_COLUMNS_COUNT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperMap:
    """What stands on the sheet.

    Parameters
    ----------
    bounds
        What is to be seen, in metres of ``crs``.
    crs
        Metric coordinate system of the sheet.
    parts
        Styles with their features, the lowest first.
    source
        Where the data come from and which versions they are.
    printed_on
        Day that stands on the sheet.
    """

    title: Text
    bounds: Box
    crs: str
    parts: Sequence[tuple[Style, gpd.GeoDataFrame]]
    source: Text
    printed_on: date
    language: str = "vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How ground and sheet fit together.

    Parameters
    ----------
    scale_denominator
        One metre on the sheet is this many on the ground.
    """

    page_width_mm: float
    page_height_mm: float
    scale_denominator: float

    @property
    def map_width_mm(self) -> float:
        """Width of the frame of the map."""
        return self.page_width_mm - 2 * _MARGIN_MM

    @property
    def map_height_mm(self) -> float:
        """Height of the frame of the map."""
        return self.page_height_mm - 2 * _MARGIN_MM - _TITLE_MM - _FOOT_MM


def layout_of(bounds: Box) -> Layout:
    """Return the sheet, upright or lying, on which the ground is largest, at a round scale."""
    width_m, height_m = max(bounds[2] - bounds[0], 1.0), max(bounds[3] - bounds[1], 1.0)
    sheets = (
        Layout(page_width_mm=_SHORT_MM, page_height_mm=_LONG_MM, scale_denominator=1.0),
        Layout(page_width_mm=_LONG_MM, page_height_mm=_SHORT_MM, scale_denominator=1.0),
    )
    needed = [max(width_m / each.map_width_mm, height_m / each.map_height_mm) / _M_PER_MM for each in sheets]
    best = 0 if needed[0] <= needed[1] else 1
    chosen = sheets[best]
    return Layout(
        page_width_mm=chosen.page_width_mm,
        page_height_mm=chosen.page_height_mm,
        scale_denominator=_rounded_up(max(needed[best], 100.0)),
    )


def bar_length_m(scale_denominator: float) -> float:
    """Return the longest round length that the scale bar has room for."""
    longest_m = _LONGEST_BAR_MM * _M_PER_MM * scale_denominator
    power = 10.0 ** math.floor(math.log10(longest_m))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= longest_m)


def save_paper_map(path: Path, made: PaperMap) -> Layout:
    """Draw the sheet into ``path``, whole or not at all; the same bytes for the same map.

    Raises
    ------
    InputError
        The file is to be neither PNG nor PDF, or the coordinate system measures in degrees.
    """
    kind = PAPER_FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            Text("Bản đồ in được ghi thành PNG hoặc PDF.", "A map for paper is written as PNG or PDF."),
            hint=Text("Đặt tên tệp như ban-do.pdf.", "Name the file like map.pdf."),
            subject=path.name,
        )
    if is_geographic(made.crs):
        raise InputError(
            Text("Bản đồ in cần hệ tọa độ đo bằng mét.", "A map for paper needs a coordinate system in metres."),
            subject=made.crs,
        )
    layout = layout_of(made.bounds)
    page = _page(made, layout)
    moment = made.printed_on.timetuple()
    about = {"title": made.title.in_language(made.language), "creationDate": moment, "modDate": moment}
    with whole_file(path) as temporary:
        page.save(temporary, kind, resolution=DOTS_PER_INCH, dpi=(DOTS_PER_INCH, DOTS_PER_INCH), **about)
    return layout


def _page(made: PaperMap, layout: Layout) -> Image.Image:
    page = Image.new("RGB", (_px(layout.page_width_mm), _px(layout.page_height_mm)), _PAPER)
    ground = _ground(made, layout)
    left, top = _px(_MARGIN_MM), _px(_MARGIN_MM + _TITLE_MM)
    page.paste(ground, (left, top))
    pen = ImageDraw.Draw(page)
    pen.rectangle((left, top, left + ground.width, top + ground.height), outline=_LINE, width=2)
    title, size_mm = made.title.in_language(made.language), 6.5
    while _font(size_mm, "Bold").getlength(title) > ground.width and size_mm > _LEAST_TITLE_MM:
        size_mm -= 0.5
    pen.text((left, _px(_MARGIN_MM)), title, font=_font(size_mm, "Bold"), fill=_INK)
    _north(pen, (left + ground.width - _px(9), top + _px(4)), letter="B" if made.language == "vi" else "N")
    foot = _px(layout.page_height_mm - _MARGIN_MM - _FOOT_MM + 4)
    _scale_bar(pen, (left, foot), layout=layout, language=made.language)
    _legend(pen, (left, foot + _px(12)), made=made, width_px=ground.width)
    _source(pen, (left, _px(layout.page_height_mm - _MARGIN_MM)), made=made, width_px=ground.width)
    return page


def _ground(made: PaperMap, layout: Layout) -> Image.Image:
    half_width_m = layout.map_width_mm * _M_PER_MM * layout.scale_denominator / 2
    half_height_m = layout.map_height_mm * _M_PER_MM * layout.scale_denominator / 2
    x, y = (made.bounds[0] + made.bounds[2]) / 2, (made.bounds[1] + made.bounds[3]) / 2
    sheet = Sheet(
        crs=made.crs,
        bounds=(x - half_width_m, y - half_height_m, x + half_width_m, y + half_height_m),
        width_px=_px(layout.map_width_mm),
        height_px=_px(layout.map_height_mm),
    )
    picture = Picture(sheet, ground=_EMPTY)
    for style, frame in made.parts:
        picture.draw(frame, style, width_ratio=_LINE_RATIO)
    return picture.small()


def _scale_bar(pen: ImageDraw.ImageDraw, corner: tuple[int, int], *, layout: Layout, language: str) -> None:
    length_m = bar_length_m(layout.scale_denominator)
    length_px = _px(length_m / layout.scale_denominator / _M_PER_MM)
    left, top = corner[0], corner[1] + _px(4)
    for part in range(4):
        box = (left + length_px * part // 4, top, left + length_px * (part + 1) // 4, top + _px(1.6))
        pen.rectangle(box, fill=_INK if part % 2 == 0 else _PAPER, outline=_INK, width=2)
    font = _font(2.8)
    for share, anchor in ((0.0, "ld"), (0.5, "md"), (1.0, "md")):
        told = _number(length_m * share, language) + (" m" if share == 1 else "")
        pen.text((left + length_px * share, top - _px(0.6)), told, font=font, fill=_INK, anchor=anchor)
    ratio = f"{Text('Tỷ lệ', 'Scale').in_language(language)} 1:{_number(layout.scale_denominator, language)}"
    pen.text((left + length_px + _px(12), top + _px(1.6)), ratio, font=_font(3.4, "SemiBold"), fill=_INK, anchor="ld")


def _legend(pen: ImageDraw.ImageDraw, corner: tuple[int, int], *, made: PaperMap, width_px: int) -> None:
    styles = list(dict.fromkeys(style for style, _ in reversed(made.parts)))
    column_px, row_px, font = width_px // _LEGEND_COLUMNS_COUNT, _px(5), _font(2.9)
    for number, style in enumerate(styles):
        x = corner[0] + number % _LEGEND_COLUMNS_COUNT * column_px
        y = corner[1] + number // _LEGEND_COLUMNS_COUNT * row_px
        _swatch(pen, (x, y), style)
        pen.text((x + _px(9), y + _px(1.6)), style.label.in_language(made.language), font=font, fill=_INK, anchor="lm")


def _swatch(pen: ImageDraw.ImageDraw, corner: tuple[int, int], style: Style) -> None:
    x, y = corner
    box = (x, y, x + _px(7), y + _px(3.2))
    if style.shape == "line":
        middle = y + _px(1.6)
        pen.line((x, middle, box[2], middle), fill=style.stroke, width=max(2, round(style.stroke_px * 2 * _LINE_RATIO)))
    elif style.shape == "circle":
        pen.ellipse((x + _px(2), y, x + _px(5.2), box[3]), fill=style.fill, outline=style.stroke, width=2)
    else:
        pen.rectangle(box, fill=_on_paper(style), outline=style.stroke, width=3)


def _on_paper(style: Style) -> tuple[int, ...]:
    """Return the colour of a film of the style's fill on white."""
    if style.fill == "transparent":
        return ImageColor.getrgb(_PAPER)
    share = style.fill_opacity_ratio
    return tuple(round(part * share + 255 * (1 - share)) for part in ImageColor.getrgb(style.fill)[:3])


def _source(pen: ImageDraw.ImageDraw, corner: tuple[int, int], *, made: PaperMap, width_px: int) -> None:
    printed = Text(
        f"In ngày {made.printed_on:%d/%m/%Y}. Hệ tọa độ {made.crs}; bắc theo lưới.",
        f"Printed on {made.printed_on:%d/%m/%Y}. Coordinates {made.crs}; grid north.",
    )
    font = _font(2.6)
    lines = _wrapped(f"{made.source.in_language(made.language)} {printed.in_language(made.language)}", font, width_px)
    for number, line in enumerate(reversed(lines)):
        pen.text((corner[0], corner[1] - number * _px(3.8)), line, font=font, fill=_QUIET, anchor="ld")


def _north(pen: ImageDraw.ImageDraw, corner: tuple[int, int], *, letter: str) -> None:
    x, y = corner
    outline = [(17, 14), (27, 44), (17, 37), (7, 44)]
    scale = _px(12) / 44
    points = [(x + (east - 17) * scale, y + south * scale) for east, south in outline]
    pen.polygon(points, fill=_INK, outline=_PAPER, width=3)
    pen.text(
        (x, y + 12 * scale), letter, font=_font(4, "Bold"), fill=_INK, anchor="md", stroke_width=4, stroke_fill=_PAPER
    )


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width_px: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > width_px:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _font(height_mm: float, face: str = "Regular") -> ImageFont.FreeTypeFont:
    path = Path(fontpkg_be_vietnam_pro.ROOT) / "files" / f"BeVietnamPro-{face}.ttf"
    return ImageFont.truetype(str(path), _px(height_mm))


def _rounded_up(scale_denominator: float) -> float:
    power = 10.0 ** math.floor(math.log10(scale_denominator))
    return next(step * power for step in (*_STEPS, 10.0) if step * power >= scale_denominator - 1e-6)


def _number(value: float, language: str) -> str:
    told = f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return told if language == "en" else told.translate(str.maketrans(",.", ".,"))


def _px(length_mm: float) -> int:
    return round(length_mm / _MM_PER_INCH * DOTS_PER_INCH)
