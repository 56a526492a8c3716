"""A DXF drawing that somebody sent: read in a process of its own, two at a time, into the outline of a building."""

import tempfile
import threading
from pathlib import Path

from permits.footprint_files import footprint_of_drawing, must_lie_near
from spatial.confined import Bounds
from spatial.errors import DataUnavailableError, InputError
from spatial.geometry import Located
from spatial.text import Text

LARGEST_DRAWING_BYTES = 5_000_000
MOST_LAYER_LETTERS = 255
_BOUNDS = Bounds(memory_bytes=500_000_000, time_s=20.0)
_NO_DXF = Text("Tệp không phải bản vẽ DXF.", "The file is no DXF drawing.")
_readers = threading.BoundedSemaphore(2)


def outline_sent(content: bytes, *, layer: str, crs: str, parcel: Located) -> Located:
    """Return the outline that stands in the bytes of a DXF drawing.

    Parameters
    ----------
    layer
        Layer of the drawing; empty where one alone holds closed lines.
    crs
        Coordinate system of the drawing, in metres.
    parcel
        The plot near which it has to lie.

    Raises
    ------
    InputError
        As `permits.footprint_files.footprint_of_drawing` and `must_lie_near`.
    DataUnavailableError
        Two others are being read.
    """
    if not _readers.acquire(blocking=False):
        raise DataUnavailableError(
            Text("Đang đọc các bản vẽ khác.", "Other drawings are being read."), code="drawings_busy"
        )
    try:
        outline = _outline(content, layer=layer, crs=crs)
    finally:
        _readers.release()
    must_lie_near(outline, parcel)
    return outline


def _outline(content: bytes, *, layer: str, crs: str) -> Located:
    with tempfile.TemporaryDirectory(prefix="diaban-drawing-") as folder:
        # The sender's own name stays out of the file system and out of the answer.
        path = Path(folder) / "drawing.dxf"
        path.write_bytes(content)
        try:
            return footprint_of_drawing(path, layer=layer, crs=crs, bounds=_BOUNDS, largest_bytes=LARGEST_DRAWING_BYTES)
        except InputError as error:
            message = _NO_DXF if error.code == "file_kind_mismatch" else error.message
            raise InputError(message, hint=error.hint, code=error.code) from error
