"""Values as the page's scripts take them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from ..answers import NumberFormat


def plain(value: Any) -> Any:
    """A value as JSON has it, None for a number that is none.

    A time is in milliseconds, on the clock of its data, which is taken for UTC's throughout.
    """
    if isinstance(value, datetime):
        return round(value.replace(tzinfo=UTC).timestamp() * 1000)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def number_format(of: NumberFormat) -> dict[str, Any]:
    """What `written` is told of a number."""
    return {"kind": of.kind, "symbol": of.symbol, "decimals": of.decimals, "separators": of.separators}
