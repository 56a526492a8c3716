"""What all addresses under ``/ogc`` share: parameters, formats, links, tags of versions, two shapes of answer."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

from fastapi import Request
from starlette.responses import Response

from api.errors import NotAcceptableError
from api.i18n import language_of
from api.render import render
from basemap.feature_query import BadQueryError
from spatial.text import Text

ROOT = "/ogc"
JSON = "application/json"
GEOJSON = "application/geo+json"
SCHEMA_JSON = "application/schema+json"
OPENAPI_JSON = "application/vnd.oai.openapi+json;version=3.0"
HTML = "text/html"
FORMATS = ("json", "html")
EVERYWHERE = frozenset({"f", "lang"})
"""Parameters that every address takes."""

_LARGEST_AGE_S = 60
_LONGEST_LINK_HEADER_COUNT = 3000
"""Characters; a proxy takes a few thousand of all headers together."""
_LANGUAGES = ("vi", "en")


def parameters_of(request: Request, allowed: Collection[str] = ()) -> dict[str, str]:
    """Return the parameters of the address, each given once and known.

    Raises
    ------
    BadQueryError
        One is unknown, or stands twice, or is empty.
    """
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in allowed and name not in EVERYWHERE:
            raise BadQueryError(
                Text("Có tham số không được biết.", "There is an unknown parameter."),
                hint=Text("Các tham số có ở /ogc/api.", "The parameters stand in /ogc/api."),
            )
        if name in given:
            raise BadQueryError(Text(f"Tham số {name} có hai lần.", f"The parameter {name} stands twice."))
        given[name] = value
    if given.get("lang", "vi") not in _LANGUAGES or given.get("f", "json") not in FORMATS:
        name = "lang" if given.get("f", "json") in FORMATS else "f"
        raise BadQueryError(Text(f"Tham số {name} không hợp lệ.", f"The parameter {name} has no such value."))
    return given


def wants_html(request: Request, given: Mapping[str, str], *, also: str = JSON) -> bool:
    """Tell whether the caller wants a page: by ``f``, else by ``Accept``.

    Parameters
    ----------
    also
        The media type that a program gets here, beside ``application/json``.

    Raises
    ------
    NotAcceptableError
        ``Accept`` names neither.
    """
    if "f" in given:
        return given["f"] == "html"
    accepted = request.headers.get("accept", "*/*")
    if accepted == "*/*":
        return False
    weights = {kind: _weight(accepted, kind) for kind in (JSON, also.partition(";")[0], HTML)}
    html = weights.pop(HTML)
    if max(html, *weights.values()) <= 0:
        raise NotAcceptableError(
            Text("Chỉ có JSON và HTML.", "There are JSON and HTML."), hint=Text("Dùng f=json.", "Use f=json.")
        )
    return html > max(weights.values())


def _weight(accepted: str, kind: str) -> float:  # how much a media type is wanted
    found = [(0, 0.0)]
    for part in accepted.lower().split(","):
        name, *settings = (piece.strip() for piece in part.split(";"))
        precision = {kind: 3, kind.partition("/")[0] + "/*": 2, "*/*": 1}.get(name)
        if precision is None:
            continue
        quality = next((piece[2:] for piece in settings if piece.startswith("q=")), "1")
        try:
            found.append((precision, float(quality)))
        except ValueError:
            found.append((precision, 1.0))
    return max(found)[1]


def address_of(request: Request, path: str, **parameters: object) -> str:
    """Return the full address of ``path`` under ``/ogc``."""
    return address_with(request, path, encoded(parameters))


def address_with(request: Request, path: str, parts: Mapping[str, str]) -> str:
    """Return the full address of ``path`` under ``/ogc``, with parameters as `encoded` gives them."""
    query = f"?{'&'.join(parts.values())}" if parts else ""
    return f"{str(request.base_url).rstrip('/')}{ROOT}{path}{query}"


def encoded(parameters: Mapping[str, object]) -> dict[str, str]:
    """Return each parameter as it stands in an address, by its name; done once, it serves all links of a page."""
    return {name: f"{quote_plus(name)}={quote_plus(str(value))}" for name, value in parameters.items()}


def link(href: str, rel: str, kind: str, title: Text, *, language: str) -> dict[str, str]:
    """Return one link."""
    return {"href": href, "rel": rel, "type": kind, "title": title.in_language(language)}


def link_header(links: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the header ``Link`` (RFC 8288) with the links of a document; none where it would be very long."""
    told = ", ".join(
        f'<{each["href"]}>; rel="{each["rel"]}"; type="{each["type"]}"'.replace("\n", "") for each in links
    )
    return {"link": told} if len(told) <= _LONGEST_LINK_HEADER_COUNT else {}


def self_links(request: Request, path: str, given: Mapping[str, str], *, kind: str = JSON) -> list[dict[str, str]]:
    """Return the links of a document to itself and to its other form."""
    language = language_of(request)
    kept = encoded({name: value for name, value in given.items() if name != "f"})
    titles = {"json": Text("Tài liệu JSON", "This document as JSON"), "html": Text("Trang HTML", "This as a page")}
    mine = "html" if wants_html(request, given, also=kind) else "json"
    return [
        link(
            address_with(request, path, kept | {"f": f"f={form}"}),
            "self" if form == mine else "alternate",
            HTML if form == "html" else kind,
            titles[form],
            language=language,
        )
        for form in FORMATS
    ]


def tag_of(*parts: object) -> str:
    """Return the weak entity tag of what ``parts`` determine."""
    told = json.dumps([str(part) for part in parts])
    return f'W/"{hashlib.sha256(told.encode()).hexdigest()[:24]}"'


def is_known(request: Request, tag: str) -> bool:
    """Tell whether the caller has this version already."""
    known = {each.strip() for each in request.headers.get("if-none-match", "").split(",")}
    return tag in known or "*" in known


def not_modified(request: Request, tag: str, *, is_public: bool) -> Response | None:
    """Return the empty answer when the caller has this version already, None otherwise."""
    if is_known(request, tag):
        return Response(status_code=304, headers=caching(tag, is_public=is_public))
    return None


def caching(tag: str, *, is_public: bool) -> dict[str, str]:
    """Return the headers that say who may keep an answer, and until when."""
    age = f"public, max-age={_LARGEST_AGE_S}" if is_public else "private, no-cache"
    return {"etag": tag, "cache-control": age, "vary": "Accept, Cookie"}


def json_answer(body: object, *, kind: str = JSON, headers: Mapping[str, str] | None = None) -> Response:
    """Return ``body`` as JSON."""
    told = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    links = link_header(body["links"]) if isinstance(body, dict) and "links" in body else {}
    return Response(told, media_type=kind, headers={"vary": "Accept, Cookie", **links, **(headers or {})})


def page_answer(  # noqa: PLR0913 - each is one part of a page
    request: Request,
    title: str,
    *,
    lead: str = "",
    links: Sequence[Mapping[str, str]] = (),
    table: Sequence[Sequence[Any]] = (),
    facts: Sequence[tuple[str, Any]] = (),
    map_src: str = "",
) -> Response:
    """Return a document as a page: its links, its facts, and a table whose first row is its head.

    Parameters
    ----------
    facts
        What one thing is, name and value.
    table
        A cell that is a pair is a name and the address that it leads to.
    map_src
        Address of a map document to show; none where empty.
    """
    answer = render(request, "ogc.html", title=title, lead=lead, links=links, table=table, facts=facts, map_src=map_src)
    answer.headers["vary"] = "Accept, Cookie"
    return answer
