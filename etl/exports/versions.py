"""What the export adds to each row: `row_version`, one text for each version of a row, and `exported_at`."""

import datetime
import json
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from etl.exports.plan import Plan

ADDED = (pa.field("row_version", pa.string()), pa.field("exported_at", pa.timestamp("us")))

_ESCAPES = (("%", "%25"), ("/", "%2F"), ("@", "%40"))
"""What parts of a key are written with, so that no two keys have one text."""


def complete(rows: pa.RecordBatch, plan: Plan, export_id: str, moment: datetime.datetime) -> pa.RecordBatch:
    """Rows with the two columns: the key, `/` between its parts, then `@` and highWater, or else the export's id."""
    key = _joined([_text(rows[field.name]) for field in plan.key], "/")
    version = _text(rows[plan.high_water.name]) if plan.high_water else pa.scalar(export_id)
    versions = pc.binary_join_element_wise(key, version, "@")
    moments = pa.repeat(pa.scalar(moment, pa.timestamp("us")), rows.num_rows)
    return pa.RecordBatch.from_arrays([*rows.columns, versions, moments], schema=schema(rows.schema))


def completed_lines(lines: pa.Array, rows: pa.RecordBatch) -> Iterator[str]:
    """The JSON objects among `lines` with the two columns that complete rows have beside them."""
    places = pc.indices_nonzero(pc.is_valid(lines))
    added = rows.select([field.name for field in ADDED]).take(places)
    added = added.set_column(1, ADDED[1].name, added.column(1).cast(pa.string()))
    for line, more in zip(lines.take(places).to_pylist(), added.to_pylist(), strict=True):
        known = {name: value for name, value in more.items() if value is not None}
        yield f"{line.rstrip()[:-1]}, {json.dumps(known, ensure_ascii=False)[1:]}"


def schema(of_rows: pa.Schema) -> pa.Schema:
    """The columns of the files."""
    return pa.schema([*of_rows, *ADDED])


def _joined(texts: Sequence[pa.Array], separator: str) -> pa.Array:
    return texts[0] if len(texts) == 1 else pc.binary_join_element_wise(*texts, separator)


def _text(values: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(values.type):
        return pc.replace_substring(values.cast(pa.string()), " ", "T", max_replacements=1)
    texts = values.cast(pa.string())
    if pa.types.is_string(values.type):
        for character, escape in _ESCAPES:
            texts = pc.replace_substring(texts, character, escape)
    return texts
