"""Maps that work with the cable out and in which no text can become script."""

import re
from pathlib import Path

import folium
import pytest

from basemap.map_tiles import MapTiles, draw_tiles
from basemap.preview import INLINED, JQUERY_JS, HtmlMarker, LegendEntry, LocalMap, MapAssets, asset_files, escaped
from spatial.text import Text

TITLE = Text("Bản đồ thử", "Trial map")
SERVED = MapAssets(urls={name: f"/static/{name}" for name in asset_files()}, font_urls={400: "/static/a.ttf"})


def links_of(document: str) -> list[str]:
    """Everything that a browser would fetch by itself."""
    without_scripts = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", document, flags=re.DOTALL)
    return re.findall(r'(?:src|href)="([^"]*)"', without_scripts)


def test_a_standalone_map_refers_to_nothing_outside_itself() -> None:
    document = LocalMap(title=TITLE, assets=INLINED).document()
    assert [link for link in links_of(document) if not link.startswith("data:")] == []
    styles = "".join(re.findall(r"<style>(.*?)</style>", document, flags=re.DOTALL))
    assert [url for url in re.findall(r"url\(([^)]*)\)", styles) if not url.startswith(("data:", "#"))] == []


def test_a_served_map_asks_only_for_the_addresses_that_it_was_given() -> None:
    links = links_of(LocalMap(title=TITLE, assets=SERVED).document())
    assert {link for link in links if not link.startswith("data:")} == {
        "/static/leaflet.css",
        "/static/local_map.css",
        "/static/leaflet.js",
    }


def test_the_map_carries_none_of_folium_s_default_servers() -> None:
    document = LocalMap(title=TITLE, assets=SERVED).document()
    assert re.findall(r"https?://[\w.-]+", document) == []


def test_jquery_comes_along_only_for_folium_s_own_popups() -> None:
    assert "jquery" not in LocalMap(title=TITLE, assets=SERVED).document()
    assert "/static/jquery.min.js" in LocalMap(title=TITLE, assets=SERVED, also=(JQUERY_JS,)).document()


def test_two_maps_do_not_share_what_is_added_to_one_of_them() -> None:
    first, second = LocalMap(title=TITLE), LocalMap(title=TITLE)
    first.add_legend(LegendEntry(label=TITLE, shape="area", fill="#fff", stroke="#000"))
    assert second.page.legend == []


def test_the_same_calls_give_the_same_bytes_and_so_does_a_second_rendering() -> None:
    def made() -> LocalMap:
        local_map = LocalMap(title=TITLE, assets=SERVED)
        HtmlMarker([10.7, 106.7], markup="<b>x</b>", size_px=9).add_to(local_map)
        folium.Marker([10.7, 106.7], icon=folium.DivIcon(html="y"), tooltip="z").add_to(local_map)
        folium.GeoJson({"type": "Point", "coordinates": [106.7, 10.7]}).add_to(local_map)
        return local_map

    first = made()
    document = first.document()
    assert first.document() == document
    assert made().document() == document


@pytest.mark.parametrize(
    "hostile",
    ["<script>alert(1)</script>", "`${alert(1)}`", 'x" onmouseover="alert(1)', "\\u003cscript>", "</script><b>"],
)
def test_no_character_that_opens_markup_or_a_template_literal_survives_escaping(hostile: str) -> None:
    assert not set(escaped(hostile)) & set("<>\"'`$\\")


def test_nothing_is_written_for_a_missing_value() -> None:
    assert escaped(None) == ""


def test_a_hostile_title_stays_text_in_the_document() -> None:
    document = LocalMap(title=Text("<script>alert(1)</script>", ""), assets=SERVED).document()
    assert "<script>alert(1)" not in document
    assert "&lt;script&gt;alert(1)" in document


def test_the_document_says_its_language_its_title_and_allows_zooming() -> None:
    document = LocalMap(title=TITLE, language="en", assets=SERVED).document()
    assert '<html lang="en">' in document
    assert "<title>Trial map</title>" in document
    assert 'aria-label="Trial map"' in document
    assert "user-scalable" not in document


def test_a_legend_line_is_not_repeated() -> None:
    local_map = LocalMap(title=TITLE, assets=SERVED)
    for _ in range(2):
        local_map.add_legend(LegendEntry(label=Text("Sông", "River"), shape="area", fill="#fff", stroke="#000"))
    assert local_map.document().count("<li>") == 1


def test_source_and_version_stand_under_the_map() -> None:
    source = Text("Nguồn: bản 3.", "Source: version 3.")
    assert "Nguồn: bản 3." in LocalMap(title=TITLE, source=source, assets=SERVED).document()


def test_a_frame_is_sandboxed_without_an_origin_and_named() -> None:
    frame = LocalMap(title=TITLE, assets=SERVED).as_frame(height_px=300)
    assert 'sandbox="allow-scripts"' in frame
    assert 'title="Bản đồ thử"' in frame
    assert frame.count("<") == 2, "the document inside is escaped"


def test_a_saved_map_is_the_document(tmp_path: Path) -> None:
    local_map = LocalMap(title=TITLE)
    local_map.save_document(tmp_path / "map.html")
    assert (tmp_path / "map.html").read_text(encoding="utf-8") == local_map.document()


def test_a_notebook_shows_the_same_document_in_a_sandboxed_frame() -> None:
    local_map = LocalMap(title=TITLE)
    assert local_map._repr_html_() == local_map.as_frame()


def test_tiles_come_from_our_own_host_alone() -> None:
    for foreign in ("https://tile.example.org/{z}/{x}/{y}.png", "//tile.example.org/{z}/{x}/{y}.png"):
        with pytest.raises(ValueError, match="our own host"):
            draw_tiles(LocalMap(title=TITLE), MapTiles(url=foreign, bounds_degrees=(106, 10, 107, 11), zooms=range(3)))


def test_tiles_say_where_they_end_and_from_which_zoom_they_are_enlarged() -> None:
    local_map = LocalMap(title=TITLE, assets=SERVED)
    own = MapTiles(url="/tiles/{z}/{x}/{y}.png?v=7", bounds_degrees=(106, 10, 107, 11), zooms=range(10, 20))
    draw_tiles(local_map, own)
    document = local_map.document()
    assert "/tiles/{z}/{x}/{y}.png?v=7" in document
    assert re.search(r'"maxNativeZoom": 19\b', document)
    assert '"bounds":[[10,106,],[11,107,],]' in re.sub(r"\s", "", document)
