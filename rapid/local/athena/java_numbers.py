"""Numbers as Java writes them."""

from __future__ import annotations

import math
import struct
from decimal import Decimal


def java_double(value: float, *, is_single: bool = False) -> str:
    """Return a number as Java's Double.toString (or Float's) writes it: ``1.5E8``, ``0.001``, ``100.0``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    shortest = _shortest_single(value) if is_single else repr(value)
    sign, digits, exponent = Decimal(shortest).as_tuple()
    written = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)  # where the decimal point stands, counted from the first digit
    prefix = "-" if sign else ""
    if value == 0:
        return f"{prefix}0.0"
    if 1e-3 <= abs(value) < 1e7:
        if point <= 0:
            return f"{prefix}0.{'0' * -point}{written}"
        return f"{prefix}{written[:point].ljust(point, '0')}.{written[point:] or '0'}"
    return f"{prefix}{written[0]}.{written[1:] or '0'}E{point - 1}"


def scientific(value: float, is_single: bool) -> str:
    """Return a number as a cast to varchar writes it: ``1.5E8``, ``1.0E0``, ``0E0``.

    Source: https://github.com/trinodb/trino/pull/10211 (before Athena engine version 3).
    """
    if not math.isfinite(value):
        return java_double(value)
    if value == 0:
        return "-0E0" if math.copysign(1, value) < 0 else "0E0"
    sign, digits, exponent = Decimal(_shortest_single(value) if is_single else repr(value)).as_tuple()
    written = "".join(map(str, digits)).rstrip("0")
    return f"{'-' if sign else ''}{written[0]}.{written[1:] or '0'}E{len(digits) + int(exponent) - 1}"


def _shortest_single(value: float) -> str:
    packed = struct.pack("f", value)
    return next(text for digits in range(1, 18) if struct.pack("f", float(text := f"{value:.{digits}g}")) == packed)
