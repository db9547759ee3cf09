"""SerDes: what a table's definition says of how its objects are read.

Sources: https://docs.aws.amazon.com/athena/latest/ug/supported-serdes.html,
https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html (properties).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import Position, not_supported
from .tables import OnBadInput, OpenXJson, Parquet, Serde

PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
OPENX_JSON = "org.openx.data.jsonserde.JsonSerDe"
LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_WITHOUT_EFFECT = frozenset({"paths", "serialization.format"})
_ONLY_VALUES = {"case.insensitive": "true", "dots.in.keys": "false"}
_MALFORMED = "ignore.malformed.json"
_INVALID = "use.null.for.invalid.data"


def serde_of(table: str, info: Mapping[str, Any], position: Position | None) -> Serde:
    """Read Glue's SerDeInfo; raises QueryFailedError naming a SerDe or a property that this plane does not know."""
    library = info.get("SerializationLibrary", "")
    if library == PARQUET:
        return Parquet()
    if library != OPENX_JSON:
        raise not_supported(f"Table '{table}': SerDe '{library}'", position)
    properties = info.get("Parameters", {})
    for name, text in properties.items():
        is_known = name in _WITHOUT_EFFECT | {_MALFORMED, _INVALID} or text.strip().lower() == _ONLY_VALUES.get(name)
        if not is_known:
            raise not_supported(f"Table '{table}': SerDe property '{name}' = '{text}'", position)
    return OpenXJson(_on_bad_input(properties.get(_MALFORMED)), _on_bad_input(properties.get(_INVALID)))


def _on_bad_input(setting: str | None) -> OnBadInput:
    return OnBadInput.NULL if setting and setting.strip().lower() == "true" else OnBadInput.FAIL
