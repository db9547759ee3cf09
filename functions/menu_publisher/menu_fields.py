"""Checks of single values, whichever file they come from. Each adds what is wrong to a list, and gives None then."""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal

from menu_model import MAX_ID, MAX_LABEL, MAX_LABELS, Problem

NO_DECIMALS = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DECIMALS = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
"""ISO 4217's minor units, where they are not two: list one of https://www.six-group.com."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_PRICE = re.compile(r"(?P<whole>\d{1,7})(?:[.,](?P<part>\d+))?", re.ASCII)
_PLAIN_PRICE = "write the number alone, such as 8.50"
_SHOWN = 40
_YES = frozenset(("", "true", "yes", "1", "x", "ja", "wahr"))
_NO = frozenset(("false", "no", "0", "nein", "falsch"))
_UNPRINTABLE = frozenset(("Cc", "Cs"))

Found = list[Problem]


def decimals(currency: str) -> int:
    """How many decimals prices of a currency have."""
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def shown(value: object) -> str:
    """A value as messages show it: short, in quotes, on one line."""
    text = value if isinstance(value, str) else str(value)
    plain = "".join(each if each.isprintable() else "?" for each in text)
    return f'"{plain[:_SHOWN]}…"' if len(plain) > _SHOWN else f'"{plain}"'


def text(value: object, place: str, found: Found, longest: int) -> str | None:
    """A text on one line, without spaces around it; it may be empty."""
    if not isinstance(value, str):
        found.append(Problem(place, f"must be a text in quotes, and is {_kind(value)}"))
        return None
    plain = " ".join(value.split())
    if any(unicodedata.category(each) in _UNPRINTABLE for each in plain):
        found.append(Problem(place, f"{shown(plain)} has a control character; type the text anew"))
        return None
    if len(plain) > longest:
        found.append(Problem(place, f"{shown(plain)} has {len(plain)} characters; at most {longest} are allowed"))
        return None
    return plain


def item_id(value: object, place: str, found: Found) -> str | None:
    """What an item is known by."""
    plain = text(value, place, found, MAX_ID)
    if plain is None:
        return None
    if not plain:
        found.append(Problem(place, "missing; every item needs an id of its own, such as soup_of_the_day"))
        return None
    if " " in plain:
        found.append(Problem(place, f"{shown(plain)} has a space; write {shown(plain.replace(' ', '_'))}"))
        return None
    return plain


def price(value: object, place: str, found: Found, currency: str) -> Decimal | None:
    """A price with the decimals of its currency. A comma before the decimals is read as a point."""
    if isinstance(value, Decimal):
        value = _digits(value)
    elif not isinstance(value, str):
        found.append(Problem(place, f"must be a number, and is {_kind(value)}; {_PLAIN_PRICE}"))
        return None
    plain = value.strip()
    if not plain:
        found.append(Problem(place, f"missing; {_PLAIN_PRICE}"))
        return None
    match = _PRICE.fullmatch(plain)
    if not match:
        found.append(Problem(place, f"{shown(plain)} is not a price; {_PLAIN_PRICE}"))
        return None
    # "1.500" is one and a half to some, and fifteen hundred to others: zeros count.
    part, wanted = match["part"] or "", decimals(currency)
    if len(part) > wanted:
        has = {0: "none", 2: "two", 3: "three"}[wanted]
        found.append(Problem(place, f"{shown(plain)} has more decimals than {currency}, which has {has}"))
        return None
    return Decimal(f"{match['whole']}.{part:0<{wanted}}" if wanted else match["whole"])


def labels(values: Iterable[object], place: str, found: Found) -> tuple[str, ...]:
    """Tags or allergens, each once."""
    plain = [text(value, place, found, MAX_LABEL) for value in values]
    kept = tuple(dict.fromkeys(each for each in plain if each))
    if len(kept) > MAX_LABELS:
        found.append(Problem(place, f"has {len(kept)} entries; at most {MAX_LABELS} are allowed"))
    return kept


def available(value: object, place: str, found: Found) -> bool:
    """Whether guests can order it; what is not said is."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else None
    if word not in _YES | _NO:
        found.append(Problem(place, f"{shown(value)} is neither yes nor no; write true or false"))
    return word not in _NO


def _digits(value: Decimal) -> str:
    """A number of JSON as it could be written without an exponent, where it is of a price's size."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _SHOWN or len(value.as_tuple().digits) > _SHOWN:
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Decimal):
        return f"the number {shown(value)}"
    return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "none"
