"""Styles, scripts and fonts: all our own, kept for ever, never stale."""

import gzip
import hashlib
import re

import httpx
import pytest

from api.assets import asset_url, map_assets

NAMES = ("diaban.css", "favicon.svg", "ground.svg", "leaflet.js", "leaflet.css", "BeVietnamPro-SemiBold.ttf")


@pytest.mark.parametrize("name", NAMES)
def test_an_asset_is_kept_for_a_year_under_an_address_that_holds_its_hash(client: httpx.Client, name: str) -> None:
    url = asset_url(name)
    answer = client.get(url)
    assert answer.status_code == 200
    assert hashlib.sha256(answer.content).hexdigest()[:10] in url
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_an_asset_is_sent_zipped_to_those_who_can_unzip(client: httpx.Client) -> None:
    zipped = client.get(asset_url("leaflet.js"), headers={"accept-encoding": "gzip"})
    plain = client.get(asset_url("leaflet.js"), headers={"accept-encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert zipped.content == plain.content
    assert int(zipped.headers["content-length"]) == len(gzip.compress(plain.content, compresslevel=9, mtime=0))


def test_an_old_hash_is_not_answered_with_new_content(client: httpx.Client) -> None:
    stale = re.sub(r"\.[0-9a-f]{10}\.", ".0123456789.", asset_url("diaban.css"))
    assert client.get(stale).status_code == 404


@pytest.mark.parametrize("path", ["/static/../settings.py", "/static/own/..%2f..%2fapp.py", "/static/", "/static/own"])
def test_nothing_but_the_listed_files_can_be_fetched(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_scripts_and_fonts_are_allowed_to_maps_that_have_no_origin(client: httpx.Client) -> None:
    answer = client.get(asset_url("BeVietnamPro-Regular.ttf"), headers={"origin": "null"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_stylesheets_refer_to_our_own_files_alone(client: httpx.Client) -> None:
    for name in ("diaban.css", "leaflet.css", "local_map.css"):
        for url in re.findall(r'url\("?([^)"]+)"?\)', client.get(asset_url(name)).text):
            assert url.startswith(("/static/", "#")), (name, url)
            if url.startswith("/static/"):
                assert client.get(url).status_code == 200, (name, url)


def test_every_script_and_style_of_a_served_map_exists(client: httpx.Client) -> None:
    given = map_assets()
    for url in (*given.urls.values(), *given.font_urls.values()):
        assert client.get(url).status_code == 200


def test_browsers_that_ask_for_an_icon_by_its_old_name_get_one(client: httpx.Client) -> None:
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
