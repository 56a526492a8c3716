"""Quotation marks that are opened and never closed: without care one of them swallows the rows that follow.

A quoted cell closes before a delimiter or a line end. One that goes on over a line end and closes amid text, or never,
has met the mark of another cell: the rows between are lost unless each line is read by itself.
"""

import re

_MARK = b'"'


def has_open_quote(data: bytes, *, delimiter: str) -> bool:
    """Tell whether some quoted cell of a CSV text never closes, or closes only at the mark of a later row."""
    if _MARK not in data:
        return False
    separator = re.escape(delimiter.encode())
    quoted_cell = re.compile(rb"(?:\A|[\n" + separator + rb'])"(?:[^"]++|"")*+("?)(?=(.?))', re.DOTALL)
    ends = {b"", b"\r", b"\n", delimiter.encode()}
    return any(
        not cell[1] or (cell[2] not in ends and b"\n" in cell[0].lstrip(b"\n")) for cell in quoted_cell.finditer(data)
    )


def without_open_quotes(data: bytes) -> tuple[bytes, list[int]]:
    """Return the text with the lines emptied in which a mark stays open, and the numbers of these lines, from 1.

    Every line then is a row of its own, so that the rows between two open marks are there again. A sound cell of
    several lines cannot be told from the broken ones by then: its first and last line are emptied and named too.
    """
    lines = data.split(b"\n")
    numbers = [number for number, line in enumerate(lines, start=1) if line.count(_MARK) % 2 == 1]
    for number in numbers:
        lines[number - 1] = b""
    return b"\n".join(lines), numbers
