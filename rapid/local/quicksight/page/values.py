"""Values as the page's scripts take them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..answers import NumberFormat


def plain(value: Any) -> Any:
    """A value as JSON has it: a time in milliseconds, on the clock of its data, which is taken for UTC's throughout."""
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=UTC).timestamp() * 1000)
    return value


def number_format(of: NumberFormat) -> dict[str, Any]:
    """What `written` is told of a number."""
    return {"kind": of.kind, "symbol": of.symbol, "decimals": of.decimals, "separators": of.separators}
