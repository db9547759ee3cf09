"""format: java.util.Formatter, as far as SQL's values go.

Sources: https://trino.io/docs/current/functions/conversion.html#formatting,
https://docs.oracle.com/javase/8/docs/api/java/util/Formatter.html.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

from .json_documents import FunctionFailedError

_SPECIFIER = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([tT][a-zA-Z]|[a-zA-Z%])")
_WIDE = Context(prec=400, rounding=ROUND_HALF_UP)


def java_format(pattern: str, kinds: str, values: list[str | None]) -> str:
    """Write values into a pattern; ``kinds`` has one letter a value: d integer, f number, b boolean, s other."""
    ordinal = 0

    def written(match: re.Match[str]) -> str:
        nonlocal ordinal
        index, flags, width, precision, conversion = match.groups()
        if conversion in "%n":
            return "%" if conversion == "%" else "\n"
        if index is None:
            ordinal += 1
        place = int(index or ordinal) - 1
        if place >= len(values):
            raise FunctionFailedError(
                f"INVALID_FUNCTION_ARGUMENT: Invalid format string: {pattern} (MissingFormatArgument: "
                f"Format specifier '{match[0]}')"
            )
        text = _converted(match[0], conversion, flags, precision, kinds[place], values[place])
        if width is None:
            return text
        if "0" in flags and conversion in "dfx" and values[place] is not None:
            sign = text[0] if text[:1] in ("-", "+", " ") else ""
            return sign + text[len(sign) :].rjust(int(width) - len(sign), "0")
        return text.ljust(int(width)) if "-" in flags else text.rjust(int(width))

    if "%" in _SPECIFIER.sub("", pattern):
        raise FunctionFailedError(f"INVALID_FUNCTION_ARGUMENT: Invalid format string: {pattern}")
    return _SPECIFIER.sub(written, pattern)


def _converted(specifier: str, conversion: str, flags: str, precision: str | None, kind: str, value: str | None) -> str:
    if conversion in "sS":
        text = "null" if value is None else value
        text = text if precision is None else text[: int(precision)]
    elif conversion in "bB":
        text = "true" if value is not None and (kind != "b" or value == "true") else "false"
    elif value is None and conversion in "dxXf":
        text = "null"
    elif conversion == "d" and kind == "d":
        text = _signed(int(value or 0), f"{abs(int(value or 0)):{',' if ',' in flags else ''}d}", flags)
    elif conversion in "xX" and kind == "d":
        text = f"{int(value or 0) & 0xFFFFFFFFFFFFFFFF if int(value or 0) < 0 else int(value or 0):x}"
    elif conversion == "f" and kind == "f":
        text = _fixed(Decimal(value or 0), flags, 6 if precision is None else int(precision))
    else:
        raise FunctionFailedError(
            f"NOT_SUPPORTED: format: '{specifier}' for this value is not supported by the local cloud"
        )
    return text.upper() if conversion.isupper() else text


def _fixed(number: Decimal, flags: str, digits: int) -> str:
    if not number.is_finite():
        return str(number).replace("-Infinity", "-Infinity")
    rounded = number.quantize(Decimal(1).scaleb(-digits), context=_WIDE)
    return _signed(rounded, f"{abs(rounded):{',' if ',' in flags else ''}.{digits}f}", flags)


def _signed(number: int | Decimal, text: str, flags: str) -> str:
    if number < 0:
        return f"({text})" if "(" in flags else f"-{text}"
    return ("+" if "+" in flags else " " if " " in flags else "") + text
