"""What a text of a delimited file says, as the JSON value that a sender would have sent.

An empty text is no value. A text that does not say a value of its field's type stays a string, which the check refuses.
"""

import re
from collections.abc import Callable
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?P<point>\.[0-9]*)?|(?P<fraction>\.[0-9]+))(?P<exponent>[eE][+-]?[0-9]+)?")
_MAX_DIGITS = 400
"""A longer whole number is beyond every double, and Python takes its time with it."""
TRUE = frozenset({"true", "t", "yes", "y", "1"})
FALSE = frozenset({"false", "f", "no", "n", "0"})
_SHORT_OFFSET = re.compile(r".*[0-9]:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?[+-][0-9]{2}")


def number(text: str) -> Any:
    """A number, whole where it is written without point and exponent."""
    match = _NUMBER.fullmatch(text.strip(" \t"))
    if match is None:
        return text
    plain = match[0]
    if match["point"] is None and match["fraction"] is None and match["exponent"] is None and len(plain) < _MAX_DIGITS:
        return int(plain)
    return float(plain)


def boolean(text: str) -> Any:
    """True or false, in the words of spreadsheets and databases."""
    word = text.strip(" \t").lower()
    return True if word in TRUE else False if word in FALSE else text


def moment(text: str) -> Any:
    """A date and time; PostgreSQL writes an offset of whole hours without its minutes."""
    text = text.strip(" \t")
    return f"{text}:00" if _SHORT_OFFSET.fullmatch(text) else text


def epoch(text: str) -> Any:
    """A moment as a number, or as a date and time."""
    value = number(text)
    return moment(text) if type(value) is str else value


def day(text: str) -> Any:
    """A date."""
    return text.strip(" \t")


def string(text: str) -> Any:
    """The text as it is, spaces included."""
    return text


OF_TYPE: dict[str, Callable[[str], Any]] = {
    "string": string,
    "integer": number,
    "number": number,
    "decimal": number,
    "boolean": boolean,
    "timestamp": moment,
    "date": day,
    "epoch": epoch,
}
"""The reading of a text, by the type of the contract's field."""
