"""How numbers are written: NumericFormatConfiguration.

https://docs.aws.amazon.com/quicksight/latest/APIReference/API_NumericFormatConfiguration.html
"""

from typing import Any

from ..model import Format
from .business import Business

_SEPARATORS = {"de": ("COMMA", "DOT"), "en": ("DOT", "COMMA")}
"""Decimal and thousands separator of each language: https://cldr.unicode.org, `numbers/symbols`."""
_OTHER_SEPARATORS = ("DOT", "SPACE")
"""What ISO 80000-1 asks for, for a language that is not among them."""
_WITHOUT_CENTS = frozenset({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"})
_WITHOUT_CENTS |= {"XAF", "XOF", "XPF"}
_WITH_MILLS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies that have other than two decimals: https://www.six-group.com/en/products-services/financial-information/data-standards.html,
list one of ISO 4217."""


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
        currency = _currency(kind, business)
        return 0 if currency in _WITHOUT_CENTS else 3 if currency in _WITH_MILLS else 2
    return 0 if kind is Format.NUMBER else 1
