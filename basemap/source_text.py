"""Text of a file that was written before Unicode is put right on the way in, and the report says so."""

import geopandas as gpd
import pandas as pd

from basemap.encodings import Recognised, could_be_legacy, decode, recognise
from spatial.issues import Issue, Severity
from spatial.text import Text


def in_unicode(frame: gpd.GeoDataFrame, *, file: str) -> tuple[gpd.GeoDataFrame, list[Issue]]:
    """Return ``frame`` with TCVN3 or VNI text as Unicode, and one issue; text that is neither stays as it is.

    The words of all columns decide together, because a single name may be read both ways.
    """
    columns = [name for name in frame.columns if name != frame.geometry.name and _holds_text(frame[name])]
    texts = {value for name in columns for value in frame[name] if isinstance(value, str)}
    found = recognise(texts)
    if found is None:
        return frame, []
    put_right = {text: decode(text, found.encoding) for text in texts if could_be_legacy(text)}
    mended = {name: [_replaced(value, put_right) for value in frame[name]] for name in columns}
    example = min((text for text in put_right if put_right[text] != text), key=len)
    frame = frame.assign(
        **{name: pd.Series(values, index=frame.index, dtype=object) for name, values in mended.items()}
    )
    return frame, [_told(found, example, put_right[example], file=file)]


def _holds_text(column: "pd.Series[object]") -> bool:
    return bool(pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column))


def _replaced(value: object, put_right: dict[str, str]) -> object:
    return put_right.get(value, value) if isinstance(value, str) else value


def _told(found: Recognised, before: str, after: str, *, file: str) -> Issue:
    return Issue(
        severity=Severity.WARNING,
        code="legacy_encoding",
        file=file,
        value=before,
        message=Text(
            f"Chữ viết bằng {found.encoding} đã được chuyển sang Unicode: {before!r} thành {after!r}; bảng mã này giải "
            f"thích {found.explained_ratio:.0%} trong {found.word_count} từ có dấu.",
            f"Text in {found.encoding} was turned into Unicode: {before!r} became {after!r}; that encoding explains "
            f"{found.explained_ratio:.0%} of {found.word_count} words with marks.",
        ),
        hint=Text("Xem lại vài tên.", "Look at some names."),
    )
