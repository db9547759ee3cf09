"""Types and SerDes as Hive's DDL names them.

Sources: https://docs.aws.amazon.com/athena/latest/ug/data-types.html (``int`` in DDL, not ``integer``),
https://docs.aws.amazon.com/athena/latest/ug/create-table.html (ROW FORMAT, STORED AS).
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import InvalidRequestError
from .serdes import HIVE_JSON, LAZY_SIMPLE, PARQUET, PARQUET_INPUT, TEXT_INPUT
from .statement_tokens import TokenKind, TokenReader
from .statements import Storage

_PRIMITIVES = frozenset(
    {"boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp"}
)
_SIZED = {"decimal": (1, 2), "char": (1, 1), "varchar": (1, 1)}
_TEXT = (TEXT_INPUT, "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat")
_PARQUET = (PARQUET_INPUT, "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat")
_DELIMITERS = {
    "COLLECTION ITEMS TERMINATED BY": "colelction.delim",  # Hive's own spelling
    "MAP KEYS TERMINATED BY": "mapkey.delim",
    "LINES TERMINATED BY": "line.delim",
    "NULL DEFINED AS": "serialization.null.format",
}


def read_type(reader: TokenReader) -> str:
    """Read a type; return its text in lower case, without spaces."""
    name = reader.next.text.lower()
    if reader.next.kind is not TokenKind.WORD:
        raise reader.unexpected()
    if name in _PRIMITIVES:
        reader.take()
        return name
    if name in _SIZED:
        return name + _sizes(reader, *_SIZED[name])
    if name not in ("array", "map", "struct"):
        raise reader.unexpected()
    reader.take()
    reader.expect_words("<")
    parts = [_field(reader) if name == "struct" else read_type(reader)]
    while reader.take_words(","):
        parts.append(_field(reader) if name == "struct" else read_type(reader))
    reader.expect_words(">")
    if name != "struct" and len(parts) != {"array": 1, "map": 2}[name]:
        raise reader.unexpected()
    return f"{name}<{','.join(parts)}>"


def _field(reader: TokenReader) -> str:
    name = reader.expect_name()
    reader.expect_words(":")
    return f"{name.lower()}:{read_type(reader)}"


def _sizes(reader: TokenReader, least: int, most: int) -> str:
    name = reader.take().text.lower()
    if not reader.take_words("("):
        if name == "decimal":
            return "(10,0)"
        raise reader.unexpected()
    sizes = [reader.take().text]
    while reader.take_words(","):
        sizes.append(reader.take().text)
    if not least <= len(sizes) <= most or not all(size.isdigit() for size in sizes):
        raise reader.unexpected()
    reader.expect_words(")")
    return f"({','.join(sizes)})"


def read_properties(reader: TokenReader) -> dict[str, str]:
    """Read ``('name' = 'value', …)``."""
    reader.expect_words("(")
    found = {}
    while True:
        name = reader.expect_string()
        reader.expect_words("=")
        found[name] = reader.expect_string()
        if not reader.take_words(","):
            reader.expect_words(")")
            return found


def read_storage(reader: TokenReader) -> Storage:
    """Read ROW FORMAT, WITH SERDEPROPERTIES and STORED AS, each of which may be missing."""
    serde: str | None = None
    properties: Mapping[str, str] = {}
    if reader.take_words("ROW FORMAT DELIMITED"):
        properties = _delimited(reader)
        serde = LAZY_SIMPLE
    elif reader.take_words("ROW FORMAT"):
        reader.expect_words("SERDE")
        serde = reader.expect_string()
    if reader.take_words("WITH SERDEPROPERTIES"):
        properties = {**properties, **read_properties(reader)}
    formats = _TEXT
    if reader.take_words("STORED AS INPUTFORMAT"):
        input_format = reader.expect_string()
        reader.expect_words("OUTPUTFORMAT")
        formats = (input_format, reader.expect_string())
    elif reader.take_words("STORED AS"):
        name = reader.take().text.upper()
        if name not in ("TEXTFILE", "PARQUET"):
            raise InvalidRequestError(f"STORED AS {name} is not supported by the local cloud")
        if name == "PARQUET":
            formats, serde = _PARQUET, serde or PARQUET
    serde = serde or LAZY_SIMPLE
    if not properties:
        properties = {"serialization.format": "1"}
    return Storage(serde, properties, *formats)


def storage_of(format_name: str, field_delimiter: str) -> Storage:
    """Return how a table of files that Athena wrote is stored."""
    if format_name == "PARQUET":
        return Storage(PARQUET, {"serialization.format": "1"}, *_PARQUET)
    if format_name == "JSON":
        return Storage(HIVE_JSON, {"serialization.format": "1"}, *_TEXT)
    delimiter = {"field.delim": field_delimiter, "serialization.format": field_delimiter}
    return Storage(LAZY_SIMPLE, delimiter, *_TEXT)


def _delimited(reader: TokenReader) -> dict[str, str]:
    found: dict[str, str] = {}
    if reader.take_words("FIELDS TERMINATED BY"):
        found["field.delim"] = found["serialization.format"] = reader.expect_string()
        if reader.take_words("ESCAPED BY"):
            found["escape.delim"] = reader.expect_string()
    for words, name in _DELIMITERS.items():
        if reader.take_words(words):
            found[name] = reader.expect_string()
    return found
