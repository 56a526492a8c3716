"""Folium maps that work with the cable out: every script and style is ours, and no text can become script.

Folium's own pages load five public servers and do not escape what stands in tooltips; a child's home would be
told to strangers, and a school's name could run code. `LocalMap` is the one way in which the product makes maps.
"""

import base64
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path

import folium
from branca.element import Element, Figure
from folium.elements import ElementAddToElement
from folium.template import Template
from xstatic.pkg import jquery as _jquery
from xstatic.pkg import leaflet as _leaflet

from spatial.files import whole_file
from spatial.text import Text

LEAFLET_JS, LEAFLET_CSS, MAP_CSS, JQUERY_JS = "leaflet.js", "leaflet.css", "local_map.css", "jquery.min.js"
QUESTIONS_JS = "map_questions.js"

FARTHEST_ZOOM, NEAREST_ZOOM = 8, 22
"""How far a reader can zoom."""

MOST_DRAWN_BYTES, MOST_BYTES_OF_A_LAYER = 1_000_000, 400_000
"""What all features of a document may take, and those of one layer; what is larger is drawn as one picture.

With Leaflet and inside a frame, where quotes are written out, a document then stays under 3 MB.
"""

_CLOSEST_ZOOM = 19
_NORTH = (
    '<svg class="map-north" viewBox="0 0 34 44" aria-hidden="true" focusable="false">'
    '<path d="M17 12 27 42 17 35 7 42Z" fill="#16302f" stroke="#fffdf8" stroke-width="1.5"/>'
    '<text x="17" y="11" text-anchor="middle" font-size="12" font-weight="700" fill="#16302f">{letter}</text></svg>'
)
_SAFE_IN_TEMPLATE_LITERALS = str.maketrans({"`": "&#96;", "$": "&#36;", "\\": "&#92;"})
_ADDED_BY_RENDERING = (folium.Marker.SetIcon, ElementAddToElement)
_RELATIVE_IMAGE = re.compile(r"url\((images/[\w.-]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class MapAssets:
    """Where a map document finds its scripts and styles.

    Parameters
    ----------
    urls
        Address of each file by its name in `asset_files`; a name without an address is written into the document.
    font_urls
        Address of the font by its weight; without one, the reader's own fonts are used.
    """

    urls: Mapping[str, str] = field(default_factory=dict)
    font_urls: Mapping[int, str] = field(default_factory=dict)


INLINED = MapAssets()
"""Everything inside the one file: it opens from a disk with the network off."""


def asset_files() -> Mapping[str, Path]:
    """Return the files that maps need, by name, for the service to hand out."""
    leaflet, images = Path(_leaflet.BASE_DIR), Path(_leaflet.BASE_DIR) / "images"
    own = Path(str(resources.files("basemap") / "templates"))
    return {
        LEAFLET_JS: leaflet / "leaflet.js",
        LEAFLET_CSS: leaflet / "leaflet.css",
        MAP_CSS: own / MAP_CSS,
        QUESTIONS_JS: own / QUESTIONS_JS,
        JQUERY_JS: Path(_jquery.BASE_DIR) / "jquery.min.js",
        **{f"images/{image.name}": image for image in sorted(images.glob("*.png"))},
    }


def escaped(text: object) -> str:
    """Return ``text`` harmless both as HTML and inside the JavaScript template literals that Folium writes."""
    return html.escape("" if text is None else str(text)).translate(_SAFE_IN_TEMPLATE_LITERALS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendEntry:
    """One line of the legend.

    Parameters
    ----------
    shape
        ``area``, ``line`` or ``circle``.
    fill, stroke
        CSS colours; ``fill`` may be ``transparent``.
    """

    label: Text
    shape: str
    fill: str
    stroke: str
    dashed: bool = False

    def as_html(self, language: str) -> str:
        """Return the legend line as a list item."""
        border = f"border-color:{self.stroke};border-style:{'dashed' if self.dashed else 'solid'}"
        swatch = f'<span class="map-swatch map-swatch-{self.shape}" style="background:{self.fill};{border}"></span>'
        return f"<li>{swatch}{html.escape(self.label.in_language(language))}</li>"


class _Page(Figure):
    """A whole HTML document with a language, a title, a main region, a legend and a source line."""

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.language }}">\n<head>\n'
        '<meta charset="utf-8"/>\n<link rel="icon" href="data:,"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        "<title>{{ this.title|e }}</title>\n{{ this.assets() }}\n{{ this.header.render(**kwargs) }}\n</head>\n"
        '<body>\n<main>\n<h1 class="map-title">{{ this.title|e }}</h1>\n'
        '<div class="map-stage">{{ this.north() }}{{ this.html.render(**kwargs) }}'
        '<noscript><p class="map-noscript">{{ this.without_script|e }}</p></noscript></div>\n'
        "{{ this.foot() }}\n</main>\n<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )
    without_script_text = Text(
        "Bản đồ cần JavaScript. Nội dung của bản đồ cũng có bằng chữ trên trang chính.",
        "The map needs JavaScript. What it shows also stands in words on the main page.",
    )

    def __init__(self, *, title: str, language: str, links: str) -> None:
        super().__init__(title=title)
        self.language, self._links = language, links
        self.legend: list[LegendEntry] = []
        self.source = ""
        self.without_script = self.without_script_text.in_language(language)

    def forget_rendering(self) -> None:
        """Drop what an earlier rendering left behind; Folium appends at every rendering."""
        for part in (self.header, self.html, self.script):
            part._children.clear()  # noqa: SLF001  # branca offers no way to empty an element
        for element in list(_descendants(self)):
            children = element._children  # noqa: SLF001  # branca offers no way to remove a child
            for name in [name for name, child in children.items() if isinstance(child, _ADDED_BY_RENDERING)]:
                del children[name]

    def assets(self) -> str:
        """Return the scripts and styles of the head."""
        return self._links

    def north(self) -> str:
        """Return the north arrow."""
        return _NORTH.format(letter="B" if self.language == "vi" else "N")

    def foot(self) -> str:
        """Return the legend and the source line."""
        entries = "".join(entry.as_html(self.language) for entry in self.legend)
        legend = f'<ul class="map-legend">{entries}</ul>' if entries else ""
        source = f'<p class="map-source">{html.escape(self.source)}</p>' if self.source else ""
        return f'<div class="map-foot" tabindex="0">{legend}{source}</div>' if legend or source else ""


class LocalMap(folium.Map):
    """A Folium map without any foreign server and without tiles.

    Draw on it with `basemap.cartography` or with plain Folium layers, whose texts must go through `escaped`.
    The document is the same, byte for byte, for the same calls.

    Parameters
    ----------
    title
        What the map shows; the accessible name of the map and the title of the document.
    language
        ``vi`` or ``en``.
    source
        Where the data come from and which version they are; stands under the legend.
    assets
        Addresses of scripts and styles; `INLINED` makes a document that needs nothing else.
    also
        Scripts beyond Leaflet, by their names in `asset_files`: Folium's own popups need `JQUERY_JS`.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  # Folium's own attribute, emptied: nothing comes from abroad
    default_css: list[tuple[str, str]] = []  # noqa: RUF012  # as above
    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <div class="folium-map" id="{{ this.get_name() }}" role="region" aria-label="{{ this.title|e }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        L_NO_TOUCH = false; L_DISABLE_3D = false;
        // In a frame, one finger and the wheel belong to the page around it: nobody is caught in the map.
        var inFrame = window.parent !== window;
        var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {
            center: {{ this.location|tojson }}, attributionControl: false, zoomSnap: 0.25, wheelPxPerZoomLevel: 90,
            dragging: !(inFrame && L.Browser.mobile), scrollWheelZoom: !inFrame,
            ...{{ this.options|tojavascript }} });
        {{ this.get_name() }}.on("focus", function () { this.scrollWheelZoom.enable(); });
        {{ this.get_name() }}.on("blur", function () { if (inFrame) { this.scrollWheelZoom.disable(); } });
        L.control.zoom({{ this.zoom_texts|tojson }}).addTo({{ this.get_name() }});
        {% if this.view %}{{ this.get_name() }}.fitBounds({{ this.view|tojson }},
            { padding: [18, 18], maxZoom: {{ this.closest_zoom }}, animate: false });{% endif %}
        L.control.scale({ imperial: false }).addTo({{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        *,
        title: Text,
        language: str = "vi",
        source: Text | None = None,
        assets: MapAssets = INLINED,
        also: tuple[str, ...] = (),
    ) -> None:
        super().__init__(
            location=[10.776, 106.700],
            zoom_start=12,
            tiles=None,
            zoom_control=False,
            min_zoom=FARTHEST_ZOOM,
            max_zoom=NEAREST_ZOOM,
        )
        self.language, self.title = language, title.in_language(language)
        self.view: list[list[float]] | None = None
        self.closest_zoom = _CLOSEST_ZOOM
        self.room_bytes = MOST_DRAWN_BYTES
        links = "\n".join(
            [_fonts(assets), *(_link(name, assets) for name in (LEAFLET_CSS, MAP_CSS, LEAFLET_JS, *also))]
        )
        self.page = _Page(title=self.title, language=language, links=links)
        self.page.source = source.in_language(language) if source else ""
        self.page.add_child(self)
        self.zoom_texts = {
            "zoomInTitle": Text("Phóng to", "Zoom in").in_language(language),
            "zoomOutTitle": Text("Thu nhỏ", "Zoom out").in_language(language),
        }

    def add_legend(self, entry: LegendEntry) -> None:
        """Add a line to the legend; a line that stands there already is not repeated."""
        if entry not in self.page.legend:
            self.page.legend.append(entry)

    def look_at(self, bounds: tuple[float, float, float, float], *, max_zoom: int = _CLOSEST_ZOOM) -> None:
        """Show the box (west, south, east, north in degrees), with a little room around it."""
        west, south, east, north = (round(float(edge), 6) for edge in bounds)
        self.view, self.closest_zoom = [[south, west], [north, east]], max_zoom

    def document(self) -> str:
        """Return the whole HTML document."""
        self.page.forget_rendering()
        for number, element in enumerate(_descendants(self)):
            element._id = f"{number:x}"  # noqa: SLF001  # Folium draws random names; ours must not change by the run
        return str(self.page.render())

    def save_document(self, path: Path) -> None:
        """Write the document to ``path``, whole or not at all."""
        with whole_file(path) as temporary:
            temporary.write_text(self.document(), encoding="utf-8")

    def as_frame(self, *, height_px: int = 480) -> str:
        """Return the document as a sandboxed ``iframe`` to stand inside another page."""
        return (
            f'<iframe sandbox="allow-scripts" title="{html.escape(self.title)}" loading="lazy" '
            f'style="width:100%;height:{height_px}px;border:1px solid #d9cfbd" '
            f'srcdoc="{html.escape(self.document())}"></iframe>'
        )

    def _repr_html_(self, **_kwargs: object) -> str:
        """Show the map in a notebook: the same document, shut in its frame."""
        return self.as_frame()


class HtmlMarker(folium.Marker):
    """A marker made of HTML from the start; Folium's own first asks for the image of a pin.

    Parameters
    ----------
    latitude_longitude
        Degrees.
    markup
        HTML whose texts went through `escaped`; empty for a marker that only carries a label.
    size_px
        Width and height; the point lies in the middle.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.marker({{ this.location|tojson }}, {
            icon: L.divIcon({{ this.markup|tojson }}), ...{{ this.options|tojavascript }}
        }).addTo({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, latitude_longitude: list[float], *, markup: str, size_px: int, interactive: bool = True) -> None:
        super().__init__(latitude_longitude, interactive=interactive, keyboard=interactive)
        self.markup = {
            "html": markup,
            "className": "map-marker",
            "iconSize": [size_px, size_px],
            "iconAnchor": [size_px / 2, size_px / 2],
        }


def _descendants(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():  # noqa: SLF001  # branca offers no other way to walk the tree
        yield from _descendants(child)


def _fonts(assets: MapAssets) -> str:
    faces = [
        f'@font-face{{font-family:"Be Vietnam Pro";font-weight:{weight};font-display:swap;src:url("{url}")}}'
        for weight, url in assets.font_urls.items()
    ]
    return f"<style>{''.join(faces)}</style>" if faces else ""


def _link(name: str, assets: MapAssets) -> str:
    url = assets.urls.get(name)
    is_script = name.endswith(".js")
    if url is not None:
        address = html.escape(url)
        return f'<script src="{address}"></script>' if is_script else f'<link rel="stylesheet" href="{address}"/>'
    return f"<script>{_inlined(name)}</script>" if is_script else f"<style>{_inlined(name)}</style>"


@lru_cache(maxsize=8)
def _inlined(name: str) -> str:
    files = asset_files()
    text = files[name].read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=\S+", "", text)
    return _RELATIVE_IMAGE.sub(lambda found: f"url({_data_uri(files[found.group(1)])})", text)


def _data_uri(image: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(image.read_bytes()).decode('ascii')}"
