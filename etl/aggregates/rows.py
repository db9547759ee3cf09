"""The rows of an aggregate, from rows of the curated table: exactly, and whatever the order in which they come.

Sums are made in decimals of 76 digits, for Arrow's sums of fewer wrap around silently.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from etl.contract import Aggregate, Measure

DAY = "day"
MERGE_ROWS = 1_000_000
"""Rows of unfinished groups that are held before they are merged; bounds memory beside the groups themselves."""

_FUNCTIONS = {"count": "sum", "sum": "sum", "min": "min", "max": "max"}
_INTEGER_DIGITS = 19


class SumTooLarge(Exception):
    """A sum has more digits than a table keeps; the message names the aggregate and the measure."""


def columns(aggregate: Aggregate, event_time: str) -> tuple[str, ...]:
    """The columns of the curated table that an aggregate is made of."""
    named = [event_time, *aggregate.by]
    for measure in aggregate.measures:
        named += [*measure.of, *(condition["column"] for condition in measure.where)]
    return tuple(dict.fromkeys(named))


def aggregated(tables: Iterable[pa.Table], aggregate: Aggregate, event_time: str, schema: pa.Schema) -> pa.Table:
    """The groups of all rows, in the columns of `schema`, sorted. Raises SumTooLarge."""
    groups: list[pa.Table] = []
    held = 0
    for table in tables:
        groups.append(_grouped(_values(table, aggregate, event_time), aggregate))
        held += groups[-1].num_rows
        if held > MERGE_ROWS and len(groups) > 1:
            groups = [_grouped(pa.concat_tables(groups), aggregate)]
            held = groups[0].num_rows
    if not groups:
        return schema.empty_table()
    merged = _grouped(pa.concat_tables(groups), aggregate)
    return _finished(merged, aggregate, schema).sort_by([(name, "ascending") for name in (DAY, *aggregate.by)])


def _values(rows: pa.Table, aggregate: Aggregate, event_time: str) -> pa.Table:
    """What is grouped and what goes into the measures, a row for each row."""
    found = {DAY: pc.cast(rows[event_time], pa.date32(), safe=False)}
    found |= {name: rows[name] for name in aggregate.by}
    for measure in aggregate.measures:
        found[measure.name] = _value(rows, measure)
    return pa.table(found)


def _value(rows: pa.Table, measure: Measure) -> Any:
    met = _met(rows, measure)
    if measure.kind == "count":
        return pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows) if met is None else met.cast(pa.int64())
    operands = [rows[name] for name in measure.of]
    if measure.kind == "sum":
        operands = [_decimal(operand) for operand in operands]
    value = operands[0] if len(operands) == 1 else pc.multiply_checked(*operands)
    return value if met is None else pc.if_else(met, value, pa.scalar(None, value.type))


def _decimal(operand: pa.ChunkedArray) -> pa.ChunkedArray:
    is_decimal = pa.types.is_decimal(operand.type)
    precision, scale = (operand.type.precision, operand.type.scale) if is_decimal else (_INTEGER_DIGITS, 0)
    return operand.cast(pa.decimal256(precision, scale))


def _met(rows: pa.Table, measure: Measure) -> Any:
    """Whether each row meets the conditions; None where there are none. Without a value only `present: false` holds."""
    tests = [test for condition in measure.where for test in _tests(rows, condition)]
    if not tests:
        return None
    met = tests[0]
    for test in tests[1:]:
        met = pc.and_kleene(met, test)
    return pc.fill_null(met, False)


def _tests(rows: pa.Table, condition: dict[str, Any]) -> list[Any]:
    column = rows[condition["column"]]
    tests = []
    if "present" in condition:
        tests.append(column.is_valid() if condition["present"] else column.is_null())
    if "in" in condition:
        tests.append(pc.and_(column.is_valid(), pc.is_in(column, value_set=pa.array(condition["in"], column.type))))
    if "notIn" in condition:
        listed = pc.is_in(column, value_set=pa.array(condition["notIn"], column.type))
        tests.append(pc.and_(column.is_valid(), pc.invert(listed)))
    if "minimum" in condition:
        tests.append(pc.greater_equal(column, _limit(condition["minimum"], column.type)))
    if "maximum" in condition:
        tests.append(pc.less_equal(column, _limit(condition["maximum"], column.type)))
    return tests


def _limit(limit: float, kind: pa.DataType) -> pa.Scalar:
    """A limit as it is written, so that 0.1 is a tenth where the column has decimals."""
    return pa.scalar(Decimal(str(limit))) if pa.types.is_decimal(kind) else pa.scalar(limit)


def _grouped(values: pa.Table, aggregate: Aggregate) -> pa.Table:
    """One row a group. Grouping groups gives what grouping all their rows gives."""
    keys = [DAY, *aggregate.by]
    functions = [(measure.name, _FUNCTIONS[measure.kind]) for measure in aggregate.measures]
    grouped = values.group_by(keys).aggregate(functions)
    made = {name: grouped[name] for name in keys}
    made |= {name: grouped[f"{name}_{function}"] for name, function in functions}
    return pa.table(made)


def _finished(groups: pa.Table, aggregate: Aggregate, schema: pa.Schema) -> pa.Table:
    try:
        return groups.select(schema.names).cast(schema)
    except pa.ArrowInvalid:
        sums = ", ".join(measure.name for measure in aggregate.measures if measure.kind == "sum")
        raise SumTooLarge(
            f"{aggregate.table}: a sum ({sums}) of one day has more than the 38 digits that a table keeps; "
            "give the fields a maximum, or add a dimension"
        ) from None
