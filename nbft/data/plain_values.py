"""Values of cells and databases -> values that a table of texts and numbers holds."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any


def plain_value(value: Any) -> Any:  # noqa: PLR0911 - a line for each kind
    """Returns numbers as numbers (7.0 stays 7.0), dates as ISO text, bytes as UTF-8 text, None as None, the rest as text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", errors="replace")
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain_value(item) for key, item in value.items()}
    return str(value)
