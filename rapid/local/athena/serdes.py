"""SerDes: what a table's definition says of how its objects are read.

Sources: https://docs.aws.amazon.com/athena/latest/ug/supported-serdes.html,
https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html (properties),
https://docs.aws.amazon.com/athena/latest/ug/lazy-simple-serde.html,
https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .errors import Position, not_supported
from .tables import LazySimple, OnBadInput, OpenCsv, OpenXJson, Parquet, Serde

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
OPENX_JSON = "org.openx.data.jsonserde.JsonSerDe"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
PARQUET_INPUT = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_MALFORMED = "ignore.malformed.json"
_INVALID = "use.null.for.invalid.data"
_REST = "serialization.last.column.takes.rest"
_DELIMITERS = frozenset({"field.delim", "escape.delim", "serialization.format", "serialization.null.format", _REST})
_NESTED = frozenset({"colelction.delim", "collection.delim", "mapkey.delim"})
_HEADER = "skip.header.line.count"
Refuse = Callable[[str], Exception]
_Properties = Mapping[str, str]


def serde_of(table: str, info: Mapping[str, Any], parameters: _Properties, position: Position | None) -> Serde:
    """Read Glue's SerDeInfo, and the table's parameters that concern it.

    Raises QueryFailedError naming a SerDe or a property that this plane does not know.
    """

    def refuse(what: str) -> Exception:
        return not_supported(f"Table '{table}': {what}", position)

    library = info.get("SerializationLibrary", "")
    properties = info.get("Parameters", {})
    header = parameters.get(_HEADER, "0").strip()
    if library == PARQUET:
        return Parquet()
    if library == LAZY_SIMPLE:
        return _lazy_simple(properties, _count(header, refuse), refuse)
    if library == OPEN_CSV:
        return _open_csv(properties, _count(header, refuse), refuse)
    if library not in (OPENX_JSON, HIVE_JSON):
        raise refuse(f"SerDe '{library}'")
    if header != "0":
        raise refuse(f"{_HEADER} of a table of JSON")
    if library == HIVE_JSON:
        _check(properties, frozenset(), {}, refuse)
        return OpenXJson(takes_other_kinds=False)
    _check(properties, frozenset({_MALFORMED, _INVALID}), {"case.insensitive": "true", "dots.in.keys": "false"}, refuse)
    return OpenXJson(_on_bad_input(properties.get(_MALFORMED)), _on_bad_input(properties.get(_INVALID)))


def _check(properties: _Properties, known: frozenset[str], only: _Properties, refuse: Refuse) -> None:
    """Refuse a property that is not known, or has a value that is not the only one known."""
    for name, text in properties.items():
        if name not in known | {"paths", "serialization.format"} and text.strip().lower() != only.get(name):
            raise refuse(f"SerDe property '{name}' = '{text}'")


def _lazy_simple(properties: _Properties, header_lines: int, refuse: Refuse) -> LazySimple:
    _check(properties, _DELIMITERS | _NESTED, {"line.delim": ""}, refuse)
    delimiter = properties.get("field.delim") or properties.get("serialization.format") or "1"
    escape = properties.get("escape.delim")
    return LazySimple(
        _sign(delimiter),
        _sign(escape) if escape else None,
        properties.get("serialization.null.format", "\\N"),
        properties.get(_REST, "").lower() == "true",
        header_lines,
    )


def _open_csv(properties: _Properties, header_lines: int, refuse: Refuse) -> OpenCsv:
    _check(properties, frozenset({"separatorChar", "quoteChar", "escapeChar"}), {}, refuse)
    separator, quote, escape = (
        properties.get(name, default)[:1]
        for name, default in (("separatorChar", ","), ("quoteChar", '"'), ("escapeChar", "\\"))
    )
    return OpenCsv(separator, quote, "\\" if escape == quote else escape, header_lines)


def _sign(text: str) -> str:
    """A delimiter is a sign, or the number of one."""
    return chr(int(text) % 256) if text.isdigit() else text[:1]


def _count(text: str, refuse: Refuse) -> int:
    if not text.isdigit():
        raise refuse(f"{_HEADER} = '{text}'")
    return int(text)


def _on_bad_input(setting: str | None) -> OnBadInput:
    return OnBadInput.NULL if setting and setting.strip().lower() == "true" else OnBadInput.FAIL
