"""How numbers are written.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_NumericFormatConfiguration.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...service_error import unsupported
from ..answers import NumberFormat
from ..errors import only

_WRITING = ("DecimalPlacesConfiguration", "SeparatorConfiguration", "NegativeValueConfiguration")
_KNOWN = {
    "NumberDisplayFormatConfiguration": (*_WRITING, "NumberScale"),
    "CurrencyDisplayFormatConfiguration": (*_WRITING, "NumberScale", "Symbol"),
    "PercentageDisplayFormatConfiguration": _WRITING,
}
_MARKS = {"COMMA": ",", "DOT": ".", "SPACE": "\N{NO-BREAK SPACE}"}
_SCALES = (None, "NONE", "AUTO")


def number_format(configuration: Mapping[str, Any] | None, where: str) -> NumberFormat:
    """The format of a NumericFormatConfiguration. Raises ServiceError for what is not supported."""
    if not configuration:
        return NumberFormat()
    only(configuration, _KNOWN, f"a number format of {where}")
    ((name, details),) = configuration.items()
    only(details, _KNOWN[name], f"{name} of {where}")
    if details.get("NumberScale") not in _SCALES:
        raise unsupported(f"the NumberScale {details['NumberScale']} of {where}")
    separators = _separators(details.get("SeparatorConfiguration") or {})
    decimals = (details.get("DecimalPlacesConfiguration") or {}).get("DecimalPlaces")
    if name == "CurrencyDisplayFormatConfiguration":
        return NumberFormat("currency", details.get("Symbol") or "USD", 2 if decimals is None else decimals, separators)
    if name == "PercentageDisplayFormatConfiguration":
        return NumberFormat("percent", "", 0 if decimals is None else decimals, separators)
    return NumberFormat("decimal" if decimals else "number", "", decimals or 0, separators)


def _separators(configuration: Mapping[str, Any]) -> tuple[str, str] | None:
    """The marks before decimals and between thousands; None where they are the reader's language's."""
    thousands = configuration.get("ThousandsSeparator") or {}
    if not configuration.get("DecimalSeparator") or not thousands.get("Symbol"):
        return None
    between = "" if thousands.get("Visibility") == "HIDDEN" else _MARKS[thousands["Symbol"]]
    return _MARKS[configuration["DecimalSeparator"]], between


def of_measure(kind: str, field: Mapping[str, Any], where: str) -> NumberFormat:
    """The format that a measure field has."""
    given = field.get("FormatConfiguration") or {}
    inner = "FormatConfiguration" if kind == "NumericalMeasureField" else "NumericFormatConfiguration"
    only(given, (inner, "NullValueFormatConfiguration", "DateTimeFormat"), f"the format of {where}")
    return number_format(given.get(inner), where)
