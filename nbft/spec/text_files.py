"""How a text file is written: what stands between the values of a csv, and which names of encodings there are."""

from __future__ import annotations

import csv
import io
from itertools import islice

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
"""Those that are looked for, the likeliest first."""
_LOOKED_AT = 50


def separator_of(head: str) -> str:
    """Returns the separator of a csv that begins so; a comma where nothing tells.

    It stands in the header, and gives every row as many values as the header has; of several that which gives most.
    """
    widths = {separator: _widths(head, separator) for separator in SEPARATORS}
    fitting = [s for s, found in widths.items() if found[:1] > [1] and all(width == found[0] for width in found)]
    if "," in fitting or not fitting:
        in_header = [s for s, found in widths.items() if found[:1] > [1]]
        return "," if fitting or "," in in_header or len(in_header) != 1 else in_header[0]
    return max(fitting, key=lambda separator: widths[separator][0])


def _widths(head: str, separator: str) -> list[int]:
    """Returns how many values the first rows have; the last may be cut off, so it is left out where there are others."""
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
    try:
        found = [len(row) for row in islice(rows, _LOOKED_AT) if row]
    except csv.Error:
        return []
    return found[:-1] if len(found) > 2 and len(found) < _LOOKED_AT else found


def is_encoding(name: str) -> bool:
    """Returns whether Python knows an encoding of text by that name."""
    try:
        b"a".decode(name)  # an empty text would be decoded by any name
    except UnicodeDecodeError:
        return True
    except (LookupError, ValueError):
        return False
    return True
