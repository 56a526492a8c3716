"""Versions of a layer in the words of the console: tables for people, JSON for programs."""

from collections.abc import Sequence
from datetime import datetime

from rich.markup import escape
from rich.table import Table

from api.console import Head, plain_table, print_json, results, said, say
from basemap.model import LAYERS, LayerName, LayerVersion
from basemap.timeline import Publication
from spatial.text import Text

_VERSION_HEADS = (
    Head(text=Text("lớp", "layer")),
    Head(text=Text("phiên bản", "version"), is_number=True),
    Head(text=Text("công bố", "public"), is_number=True),
    Head(text=Text("đối tượng", "features"), is_number=True),
    Head(text=Text("để riêng", "set aside"), is_number=True),
    Head(text=Text("hiệu lực", "valid")),
    Head(text=Text("nhập lúc, tệp", "imported, file"), folds=True),
)
_HISTORY_HEADS = (
    Head(text=Text("phiên bản", "version"), is_number=True),
    Head(text=Text("công bố từ, đến", "public from, until")),
    Head(text=Text("hiệu lực", "valid")),
    Head(text=Text("nguồn, giấy phép, tệp", "source, licence, file"), folds=True),
)
_ATTRIBUTE_HEADS = (
    Head(text=Text("thuộc tính", "attribute")),
    Head(text=Text("kiểu", "kind")),
    Head(text=Text("bắt buộc", "required")),
    Head(text=Text("tên", "label"), folds=True),
)


def version_as_json(version: LayerVersion) -> dict[str, object]:
    """Return a version as the answer of ``--json``."""
    published_at = version.published_at
    return {
        "layer": version.layer.value,
        "version_id": version.version_id,
        "is_current": version.is_current,
        "is_published": version.is_published,
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


def publication_as_json(act: Publication, version: LayerVersion) -> dict[str, object]:
    """Return when readers saw a version, as the answer of ``--json``."""
    return {
        "published_at": act.published_at.isoformat(),
        "is_withdrawn": act.is_withdrawn,
        "withdrawn_at": None if act.withdrawn_at is None else act.withdrawn_at.isoformat(),
        "version": version_as_json(version),
    }


def print_version(version: LayerVersion, *, as_json: bool) -> None:
    """Print one version."""
    if as_json:
        print_json(version_as_json(version))
    else:
        results.print(versions_table([version]))


def say_other_days(version: LayerVersion) -> None:
    """Tell that what was published is not for readers of today."""
    first, last = version.valid_from or "…", version.valid_to or "…"
    say(
        Text(
            f"Phiên bản {version.version_id} trả lời cho các ngày {first} – {last}; hôm nay người đọc không thấy nó.",
            f"Version {version.version_id} answers for the days {first} – {last}; readers of today do not see it.",
        )
    )


def versions_table(versions: Sequence[LayerVersion]) -> Table:
    """Return versions as a table: ``✓`` marks what readers of today see, ``(✓)`` what answers for other days."""
    table = plain_table(_VERSION_HEADS)
    for version in versions:
        table.add_row(
            version.layer.value,
            str(version.version_id),
            "✓" if version.is_current else "(✓)" if version.is_published else "",
            str(version.feature_count),
            str(version.quarantined_count),
            _validity(version),
            f"{version.imported_at:%Y-%m-%d %H:%M}Z\n{escape(version.source_file)}",
        )
    return table


def history_table(acts: Sequence[tuple[Publication, LayerVersion]]) -> Table:
    """Return when readers saw which version as a table: first and last moment below each other, and so on."""
    table = plain_table(_HISTORY_HEADS)
    for act, version in acts:
        origin = (version.source, version.licence, version.source_file)
        table.add_row(
            str(version.version_id),
            "\n".join((_moment(act.published_at), _withdrawn(act))).rstrip(),
            _validity(version),
            escape("\n".join(filter(None, origin))),
        )
    return table


def attributes_table(layer: LayerName) -> Table:
    """Return the attributes of a layer as a table."""
    table = plain_table(_ATTRIBUTE_HEADS, title=f"{layer.value} ({LAYERS[layer].shape.value})")
    for attribute in LAYERS[layer].attributes:
        required = "✓" if attribute.required else ""
        table.add_row(attribute.name, attribute.kind.value, required, said(attribute.label))
    return table


def attributes_as_json(layer: LayerName) -> list[dict[str, object]]:
    """Return the attributes of a layer as the answer of ``--json``."""
    return [
        {
            "name": attribute.name,
            "kind": attribute.kind.value,
            "required": attribute.required,
            "codes": list(attribute.codes),
            "label": said(attribute.label),
        }
        for attribute in LAYERS[layer].attributes
    ]


def _validity(version: LayerVersion) -> str:
    """Return the first day above the last one; nothing where the source says neither."""
    first, last = version.valid_from, version.valid_to
    return f"{first or '…'}\n{last or '…'}" if first or last else ""


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _withdrawn(act: Publication) -> str:
    if act.withdrawn_at is not None:
        return _moment(act.withdrawn_at)
    return "?" if act.is_withdrawn else ""
