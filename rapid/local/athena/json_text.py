"""JSON written again, as the OpenX JSON SerDe writes an object or a number into a string column.

Source: https://github.com/trinodb/trino/blob/master/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/line/openxjson/JsonWriter.java
"""

from __future__ import annotations

from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any


class Unquoted(str):
    """The text of a number, as it stood in the document."""

    __slots__ = ()


def json_text(value: Any) -> str:
    """Write a value as JSON: no spaces, keys as they came, numbers without needless signs and zeros before them."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{encode_basestring(key)}:{json_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_text, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(Decimal(value)) if type(value) is Unquoted else encode_basestring(value)
