"""How numbers are written: NumericFormatConfiguration.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_NumericFormatConfiguration.html
"""

from typing import Any

import iso4217

from ..model import Format
from .business import Business

_SEPARATORS = {"de": ("COMMA", "DOT"), "en": ("DOT", "COMMA")}
"""Decimal and thousands separator of each language: https://cldr.unicode.org, `numbers/symbols`."""
_OTHER_SEPARATORS = ("DOT", "SPACE")
"""What ISO 80000-1 asks for, for a language that is not among them."""


def numeric(kind: Format, business: Business) -> dict[str, Any]:
    """A format as QuickSight takes it."""
    decimal, thousands = _SEPARATORS.get(business.language, _OTHER_SEPARATORS)
    common = {
        "SeparatorConfiguration": {
            "DecimalSeparator": decimal,
            "ThousandsSeparator": {"Symbol": thousands, "Visibility": "VISIBLE"},
        },
        "DecimalPlacesConfiguration": {"DecimalPlaces": _decimals(kind, business)},
    }
    if kind is Format.PERCENT:
        return {"PercentageDisplayFormatConfiguration": common}
    # Otherwise QuickSight writes thousands and millions in short.
    common["NumberScale"] = "NONE"
    if kind in (Format.MONEY, Format.DOLLARS):
        return {"CurrencyDisplayFormatConfiguration": {**common, "Symbol": _currency(kind, business)}}
    return {"NumberDisplayFormatConfiguration": common}


def _currency(kind: Format, business: Business) -> str:
    return "USD" if kind is Format.DOLLARS else business.currency


def _decimals(kind: Format, business: Business) -> int:
    if kind in (Format.MONEY, Format.DOLLARS):
        # Settings take currencies alone that have a number of decimals.
        return int(iso4217.Currency(_currency(kind, business)).exponent or 0)
    return 0 if kind is Format.NUMBER else 1
