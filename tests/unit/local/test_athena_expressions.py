"""Expressions whose values depend on the moment, and what Trino's documentation has no example of.

The expressions that it has are in athena_sql/.
"""

from datetime import UTC, datetime

import pytest

from rapid.local.athena.aggregate_functions import AGGREGATES, WINDOW_ONLY
from rapid.local.athena.calls import OTHER_TRINO_FUNCTIONS, SCALARS
from rapid.local.athena.engine import Engine
from rapid.local.athena.errors import ErrorName, QueryFailedError
from rapid.local.athena.parsing import parse
from rapid.local.athena.queries import plan
from rapid.local.athena.result_texts import text_of
from rapid.local.athena.results import result_column

NOW = datetime(2026, 11, 22, 14, 38, 20, 123456, tzinfo=UTC)
MOMENT = "TIMESTAMP '2026-11-22 14:38:20.123'"


def no_tables(database, name, position):
    raise QueryFailedError(ErrorName.TABLE_NOT_FOUND, name, position)


def planned(expression):
    sql = f"SELECT {expression}"
    return plan(parse(sql), sql, no_tables, NOW)


def evaluate(expression):
    whole, engine = planned(expression), Engine()
    try:
        [[row]] = engine.rows(whole, lambda scan: None)
    finally:
        engine.close()
    return str(whole.outputs[0].type), text_of(row[0], whole.outputs[0].type)


VALUES = {
    "current_date": ("date", "2026-11-22"),
    "current_timestamp": ("timestamp(3) with time zone", "2026-11-22 14:38:20.123 UTC"),
    "localtimestamp": ("timestamp(3)", "2026-11-22 14:38:20.123"),
    "localtime": ("time(3)", "14:38:20.123"),
    "1e8": ("double", "1.0E8"),
    "0.0001e0": ("double", "1.0E-4"),
    "123456.789e0": ("double", "123456.789"),
    "to_iso8601(TIMESTAMP '2026-11-22 14:38:20.000001')": ("varchar", "2026-11-22T14:38:20.000001"),
    "coalesce(TIMESTAMP '2026-11-22 14:38:20.000001', localtimestamp)": ("timestamp(6)", "2026-11-22 14:38:20.000001"),
    "date_diff('month', DATE '2026-01-31', DATE '2026-03-01')": ("bigint", "1"),
    "date_diff('hour', TIMESTAMP '2026-11-22 03:00:00', TIMESTAMP '2026-11-22 01:30:00')": ("bigint", "-1"),
    "cast(TIMESTAMP '1969-12-31 23:59:59.9996' AS timestamp)": ("timestamp(3)", "1970-01-01 00:00:00.000"),
    "cast(TIMESTAMP '1969-12-31 23:59:59.9994' AS timestamp)": ("timestamp(3)", "1969-12-31 23:59:59.999"),
    # a lambda's parameters, and what a macro calls its own
    "transform(ARRAY[1, 2], m -> array_distinct(ARRAY[m, m]))": ("array(array(integer))", "[[1], [2]]"),
    "transform(ARRAY[1, 2], x -> transform(ARRAY[10, 20], y -> x + y))": (
        "array(array(integer))",
        "[[11, 21], [12, 22]]",
    ),
    "transform(array_agg(a), x -> x + 1) FROM (VALUES 1, 1) AS t(a)": ("array(integer)", "[2, 2]"),
    "transform(ARRAY[a], x -> x) FROM (VALUES 1, 1) AS t(a) GROUP BY transform(ARRAY[a], x -> x)": (
        "array(integer)",
        "[1]",
    ),
    # what TRY catches, row by row
    "array_agg(try(CAST(a AS integer))) FROM (VALUES 'x', '1') AS t(a)": ("array(integer)", "[null, 1]"),
    "array_agg(if(a = 0, -1, 10 / a)) FROM (VALUES 0, 5) AS t(a)": ("array(integer)", "[-1, 2]"),
    # JSON keeps what a document says
    "json_extract_scalar('{\"a\": 1e5}', '$.a')": ("varchar", "1e5"),
    "json_extract('{\"a\": 1e10, \"b\": [2.50, null]}', '$')": ("json", '{"a":1.0E10,"b":[2.5,null]}'),
    'json_parse(\'{"a": 1, "a": 2}\')': ("json", '{"a":2}'),
    "CAST(MAP(ARRAY['b', 'a'], ARRAY[1, 2]) AS json)": ("json", '{"a":2,"b":1}'),
    "sum(x) FROM (VALUES INTERVAL '1' DAY, INTERVAL '2' HOUR) AS t(x)": ("interval day to second", "1 02:00:00.000"),
    "date_trunc('day', TIMESTAMP '2020-06-01 00:30 Europe/Paris')": (
        "timestamp(0) with time zone",
        "2020-06-01 00:00:00.000 Europe/Paris",
    ),
    "CAST(X'00ff' AS varbinary)": ("varbinary", "00 ff"),
}


@pytest.mark.parametrize("expression", VALUES)
def test_an_expression_has_trinos_type_and_value(expression):
    assert evaluate(expression) == VALUES[expression]


FAILURES = {
    "from_iso8601_timestamp(a) FROM (VALUES '2026-11-22T14:38:20+02:00') AS t(a)": "INVALID_FUNCTION_ARGUMENT",
    f"{MOMENT} AT TIME ZONE 'Mars/Base'": "NOT_SUPPORTED: line 1:18: AT TIME ZONE 'Mars/Base'",
    "CASE WHEN true THEN TIMESTAMP '2020-01-01 00:00 Europe/Paris' ELSE current_timestamp END": (
        "NOT_SUPPORTED: One column of timestamps in several time zones (Europe/Paris, UTC)"
    ),
    "CAST('2026-01-01 00:00:00 +01:00' AS timestamp)": "INVALID_CAST_ARGUMENT: Cannot cast",
    "max(MAP(ARRAY[1], ARRAY[2]))": "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (map(integer, integer))",
    "filter(ARRAY[1], x -> max(x) > 1)": "EXPRESSION_NOT_SCALAR",
    "a FROM (VALUES (1, 2)) AS t(a)": "MISMATCHED_COLUMN_ALIASES",
    "a AS b FROM (VALUES 1) AS t(a) WHERE b = 1": "COLUMN_NOT_FOUND: line 1:45: Column 'b' cannot be resolved",
    "a AS b FROM (VALUES 1) AS t(a) GROUP BY b": "COLUMN_NOT_FOUND: line 1:48: Column 'b' cannot be resolved",
    "DISTINCT a FROM (VALUES (1, 2)) AS t(a, b) ORDER BY b": "EXPRESSION_NOT_IN_DISTINCT",
    "a FROM (VALUES 1) AS t(a) ORDER BY 2": "INVALID_COLUMN_REFERENCE: line 1:43: ORDER BY position 2",
    "sum(a) OVER v FROM (VALUES 1) AS t(a)": "INVALID_WINDOW_REFERENCE: line 1:8: Cannot resolve WINDOW name v",
    "* EXCEPT (a) FROM (VALUES 1) AS t(a)": "NOT_SUPPORTED",
}


@pytest.mark.parametrize("expression", FAILURES)
def test_what_is_wrong_or_unknown_fails_naming_it(expression):
    with pytest.raises(QueryFailedError) as failed:
        evaluate(expression)

    assert FAILURES[expression] in failed.value.text


COLUMNS = {
    "ARRAY[1]": ("array", 0, 0),
    "MAP(ARRAY[1], ARRAY[2])": ("map", 0, 0),
    "ROW(1)": ("row", 0, 0),
    "JSON '1'": ("json", 0, 0),
    "TIMESTAMP '2026-11-22 14:38:20'": ("timestamp", 3, 0),
    "current_timestamp": ("timestamp with time zone", 3, 0),
    "INTERVAL '1' DAY": ("interval day to second", 0, 0),
    "X'00'": ("varbinary", 1073741824, 0),
    "1.50": ("decimal", 3, 2),
    "CAST(1 AS real)": ("float", 17, 0),
}


@pytest.mark.aws("Athena", "Results", "https://docs.aws.amazon.com/athena/latest/APIReference/API_ColumnInfo.html")
@pytest.mark.parametrize("expression", COLUMNS)
def test_a_result_column_has_athenas_type_precision_and_scale(expression):
    column = result_column(0, planned(expression).outputs[0])

    assert (column.type, column.precision, column.scale) == COLUMNS[expression]


def test_a_function_is_either_answered_or_refused():
    answered = SCALARS.keys() | AGGREGATES.keys() | WINDOW_ONLY.keys()

    assert answered & OTHER_TRINO_FUNCTIONS == set()
