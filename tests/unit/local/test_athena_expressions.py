from datetime import UTC, datetime

import pytest

from rapid.local.athena.engine import Engine
from rapid.local.athena.errors import ErrorName, QueryFailedError
from rapid.local.athena.parsing import parse
from rapid.local.athena.queries import plan
from rapid.local.athena.results import text_of

# https://docs.aws.amazon.com/athena/latest/ug/functions-env3.html leads there.
TRINO = "https://trino.io/docs/current/"
NOW = datetime(2026, 11, 22, 14, 38, 20, 123456, tzinfo=UTC)
MOMENT = "TIMESTAMP '2026-11-22 14:38:20.123'"


def no_tables(database, name, position):
    raise QueryFailedError(ErrorName.TABLE_NOT_FOUND, name, position)


def evaluate(expression):
    sql = f"SELECT {expression}"
    planned = plan(parse(sql), sql, no_tables, NOW)
    engine = Engine()
    try:
        [[row]] = engine.rows(planned, lambda scan: None)
    finally:
        engine.close()
    return str(planned.outputs[0].type), text_of(row[0], planned.outputs[0].type)


ARITHMETIC = {
    "7 / 2": ("integer", "3"),
    "-7 / 2": ("integer", "-3"),
    "-7 % 3": ("integer", "-1"),
    "7.0 / 2": ("decimal(2,1)", "3.5"),
    "10.00 / 3": ("decimal(4,2)", "3.33"),
    "-20.00 / 3": ("decimal(4,2)", "-6.67"),
    "7 / 2e0": ("double", "3.5"),
    "1e0 / 0": ("double", "Infinity"),
    "0.1 + 0.2": ("decimal(2,1)", "0.3"),
    "1.25 * 1.5": ("decimal(5,3)", "1.875"),
    "5.5 % 2": ("decimal(2,1)", "1.5"),
    "NULL + 1": ("integer", None),
    "1e8": ("double", "1.0E8"),
    "0.0001e0": ("double", "1.0E-4"),
    "123456.789e0": ("double", "123456.789"),
}
CONDITIONS = {
    "coalesce(NULL, 2.5, 1)": ("decimal(11,1)", "2.5"),
    "nullif(1, 1)": ("integer", None),
    "if(1 > 2, 'a', 'bc')": ("varchar(2)", "bc"),
    "if(false, 1)": ("integer", None),
    "CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END": ("varchar(1)", "b"),
    "greatest(1, NULL)": ("integer", None),
    "least(2, 1.5)": ("decimal(11,1)", "1.5"),
    "1 IN (2, NULL)": ("boolean", None),
    "2 BETWEEN 1 AND 3": ("boolean", "true"),
    "NULL IS NOT DISTINCT FROM NULL": ("boolean", "true"),
    "1 = 1.0 AND NOT 'a' = 'b'": ("boolean", "true"),
    "'a_b' LIKE 'a!_%' ESCAPE '!'": ("boolean", "true"),
}
TEXT = {
    "concat('a', NULL)": ("varchar", None),
    "'a' || 'b'": ("varchar", "ab"),
    "lower('ÄB') || upper('c')": ("varchar", "äbC"),
    "substr('hello', 2, 3)": ("varchar", "ell"),
    "substr('hello', -3)": ("varchar", "llo"),
    "substr('hello', 0)": ("varchar", ""),
    "substr('abc', -5)": ("varchar", ""),
    "substring('hello' FROM 2 FOR 2)": ("varchar", "el"),
    "length('né')": ("bigint", "2"),
    "strpos('hello', 'l')": ("bigint", "3"),
    "position('l' IN 'hello')": ("bigint", "3"),
    "replace('banana', 'an')": ("varchar", "ba"),
    "split_part('a,b', ',', 3)": ("varchar", None),
    "trim('  a ')": ("varchar", "a"),
    "lpad('7', 3, '0')": ("varchar", "007"),
    "regexp_like('order 66', '[0-9]+')": ("boolean", "true"),
    "starts_with('abc', 'ab')": ("boolean", "true"),
    "'it''s'": ("varchar(4)", "it's"),
}
NUMBERS = {
    "round(2.5)": ("decimal(2,0)", "3"),
    "round(-2.555, 2)": ("decimal(5,3)", "-2.560"),
    "round(2.5e0)": ("double", "3.0"),
    "ceil(1.2)": ("decimal(2,0)", "2"),
    "floor(-1.5e0)": ("double", "-2.0"),
    "abs(-3)": ("integer", "3"),
    "power(2, 10)": ("double", "1024.0"),
    "sqrt(2.25)": ("double", "1.5"),
}
CASTS = {
    "cast('12' AS integer)": ("integer", "12"),
    "try_cast('1.5' AS integer)": ("integer", None),
    "try_cast('x' AS timestamp)": ("timestamp(3)", None),
    "cast(2.5e0 AS integer)": ("integer", "3"),
    "cast(-2.5 AS bigint)": ("bigint", "-3"),
    "cast(1.005 AS decimal(3,2))": ("decimal(3,2)", "1.01"),
    "cast(12.5 AS varchar)": ("varchar", "12.5"),
    "cast('abc' AS varchar(2))": ("varchar(2)", "ab"),
    f"cast({MOMENT} AS varchar)": ("varchar", "2026-11-22 14:38:20.123"),
    f"cast({MOMENT} AS date)": ("date", "2026-11-22"),
    "cast(DATE '2026-11-22' AS timestamp)": ("timestamp(3)", "2026-11-22 00:00:00.000"),
    "cast(true AS integer)": ("integer", "1"),
}
MOMENTS = {
    "current_date": ("date", "2026-11-22"),
    "current_timestamp": ("timestamp(3) with time zone", "2026-11-22 14:38:20.123 UTC"),
    "localtimestamp": ("timestamp(3)", "2026-11-22 14:38:20.123"),
    "TIMESTAMP '2026-11-22 14:38:20.123456'": ("timestamp(6)", "2026-11-22 14:38:20.123456"),
    "cast(TIMESTAMP '2026-11-22 14:38:20.123500' AS timestamp)": ("timestamp(3)", "2026-11-22 14:38:20.124"),
    "cast('2026-11-22 14:38:20.123456' AS timestamp(6))": ("timestamp(6)", "2026-11-22 14:38:20.123456"),
    "to_iso8601(TIMESTAMP '2026-11-22 14:38:20.000001')": ("varchar", "2026-11-22T14:38:20.000001"),
    "coalesce(TIMESTAMP '2026-11-22 14:38:20.000001', localtimestamp)": ("timestamp(6)", "2026-11-22 14:38:20.000001"),
    "cast(TIMESTAMP '2026-11-22 14:38:20.000001' AS varchar)": ("varchar", "2026-11-22 14:38:20.000001"),
    f"date_trunc('hour', {MOMENT})": ("timestamp(3)", "2026-11-22 14:00:00.000"),
    "date_trunc('month', DATE '2026-11-22')": ("date", "2026-11-01"),
    f"date_trunc('week', {MOMENT})": ("timestamp(3)", "2026-11-16 00:00:00.000"),
    "date_diff('day', TIMESTAMP '2026-11-21 23:00:00', TIMESTAMP '2026-11-22 01:00:00')": ("bigint", "0"),
    "date_diff('month', DATE '2026-01-31', DATE '2026-03-01')": ("bigint", "1"),
    "date_diff('hour', TIMESTAMP '2026-11-22 03:00:00', TIMESTAMP '2026-11-22 01:30:00')": ("bigint", "-1"),
    "date_add('month', 1, DATE '2026-01-31')": ("date", "2026-02-28"),
    f"date_add('hour', -15, {MOMENT})": ("timestamp(3)", "2026-11-21 23:38:20.123"),
    "DATE '2026-11-22' + INTERVAL '10' DAY": ("date", "2026-12-02"),
    f"{MOMENT} - INTERVAL '1' MONTH": ("timestamp(3)", "2026-10-22 14:38:20.123"),
    "extract(YEAR FROM DATE '2026-11-22')": ("bigint", "2026"),
    f"hour({MOMENT})": ("bigint", "14"),
    f"millisecond({MOMENT})": ("bigint", "123"),
    "day_of_week(DATE '2026-11-22')": ("bigint", "7"),
    "week(DATE '2026-01-01')": ("bigint", "1"),
    f"format_datetime({MOMENT}, 'yyyy-MM-dd''T''HH:mm:ss.SSS')": ("varchar", "2026-11-22T14:38:20.123"),
    f"date_format({MOMENT}, '%Y/%m/%d %H:%i:%s %%')": ("varchar", "2026/11/22 14:38:20 %"),
    "date_parse('22.11.2026', '%d.%m.%Y')": ("timestamp(3)", "2026-11-22 00:00:00.000"),
    "from_iso8601_timestamp('2026-11-22T14:38:20.5Z')": (
        "timestamp(3) with time zone",
        "2026-11-22 14:38:20.500 UTC",
    ),
    "to_unixtime(TIMESTAMP '1970-01-01 00:00:01.500')": ("double", "1.5"),
    "from_unixtime(1.5)": ("timestamp(3) with time zone", "1970-01-01 00:00:01.500 UTC"),
    "TIMESTAMP '2026-11-22 00:00:00' > DATE '2026-11-21'": ("boolean", "true"),
}


@pytest.mark.aws("Athena", "Functions and operators", f"{TRINO}functions/math.html")
@pytest.mark.parametrize("expression", ARITHMETIC)
def test_arithmetic_has_trinos_types_and_values(expression):
    assert evaluate(expression) == ARITHMETIC[expression]


@pytest.mark.aws("Athena", "Functions and operators", f"{TRINO}functions/conditional.html")
@pytest.mark.parametrize("expression", CONDITIONS)
def test_conditions_have_trinos_types_and_values(expression):
    assert evaluate(expression) == CONDITIONS[expression]


@pytest.mark.aws("Athena", "Functions and operators", f"{TRINO}functions/string.html")
@pytest.mark.parametrize("expression", TEXT)
def test_functions_of_text_have_trinos_types_and_values(expression):
    assert evaluate(expression) == TEXT[expression]


@pytest.mark.aws("Athena", "Functions and operators", f"{TRINO}functions/math.html")
@pytest.mark.parametrize("expression", NUMBERS)
def test_functions_of_numbers_have_trinos_types_and_values(expression):
    assert evaluate(expression) == NUMBERS[expression]


@pytest.mark.aws("Athena", "Functions and operators", f"{TRINO}functions/conversion.html")
@pytest.mark.parametrize("expression", CASTS)
def test_casts_have_trinos_types_and_values(expression):
    assert evaluate(expression) == CASTS[expression]


@pytest.mark.aws("Athena", "Functions and operators", f"{TRINO}functions/datetime.html")
@pytest.mark.parametrize("expression", MOMENTS)
def test_functions_of_dates_and_times_have_trinos_types_and_values(expression):
    assert evaluate(expression) == MOMENTS[expression]


FAILURES = {
    "1 / 0": "DIVISION_BY_ZERO: Division by zero",
    "1 % 0": "DIVISION_BY_ZERO: Division by zero",
    "1.0 / 0": "DIVISION_BY_ZERO: Division by zero",
    "2147483647 + 1": "NUMERIC_VALUE_OUT_OF_RANGE",
    "cast('abc' AS integer)": "INVALID_CAST_ARGUMENT: Cannot cast 'abc' to INT",
    "cast(' 1' AS integer)": "INVALID_CAST_ARGUMENT: Cannot cast ' 1' to INT",
    "cast(DATE '2026-11-22' AS integer)": "Cannot cast date to integer",
    "cast(1e0 AS varchar)": "Cannot cast double to varchar",
    "cast(1 AS json)": "NOT_SUPPORTED",
    "'1' = 1": "TYPE_MISMATCH: line 1:8: Cannot apply operator: varchar(1) = integer",
    "DATE '2026-11-22' > '2026-11-21'": "Cannot apply operator: date > varchar(10)",
    "foo(1)": "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered",
    "json_extract('{}', '$.a')": "FUNCTION_NOT_FOUND: line 1:8: Function 'json_extract' not registered",
    "read_csv('/etc/passwd')": "FUNCTION_NOT_FOUND: line 1:8: Function 'read_csv' not registered",
    "sum('a')": "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar(1)) for function sum",
    "lower(1)": "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (integer) for function lower",
    "row_number()": "FUNCTION_NOT_FOUND: line 1:8: Window function row_number requires an OVER clause",
    "from_iso8601_timestamp('2026-11-22T14:38:20+02:00')": "INVALID_FUNCTION_ARGUMENT",
    f"{MOMENT} AT TIME ZONE 'Europe/Paris'": "NOT_SUPPORTED: line 1:18: AT TIME ZONE 'Europe/Paris'",
    f"date_format({MOMENT}, '%v')": "NOT_SUPPORTED: line 1:8: '%v' in the format of date_format",
    "DATE '2026-11-22' + INTERVAL '1' HOUR": "NOT_SUPPORTED",
    "ARRAY[1, 2]": "NOT_SUPPORTED",
    "regexp_like('a', 'a(?=b)')": "NOT_SUPPORTED",
    "(SELECT a FROM (VALUES 1, 2) AS t(a))": "SUBQUERY_MULTIPLE_ROWS",
    "1 FROM (VALUES 1) AS t(a) WHERE a": "WHERE clause must evaluate to a boolean: actual type integer",
    "1 FROM (VALUES 1) AS t(a) WHERE max(a) = 1": "WHERE clause cannot contain aggregations",
    "a FROM (VALUES (1, 2)) AS t(a, a)": "AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous",
    "a FROM (VALUES (1, 2)) AS t(a)": "MISMATCHED_COLUMN_ALIASES",
    "a, count(*) FROM (VALUES 1) AS t(a)": "EXPRESSION_NOT_AGGREGATE: line 1:8: 'a' must be an aggregate expression",
    "a AS b FROM (VALUES 1) AS t(a) WHERE b = 1": "COLUMN_NOT_FOUND: line 1:45: Column 'b' cannot be resolved",
    "a AS b FROM (VALUES 1) AS t(a) GROUP BY b": "COLUMN_NOT_FOUND: line 1:48: Column 'b' cannot be resolved",
    "DISTINCT a FROM (VALUES (1, 2)) AS t(a, b) ORDER BY b": "EXPRESSION_NOT_IN_DISTINCT",
    "a FROM (VALUES 1) AS t(a) ORDER BY 2": "INVALID_COLUMN_REFERENCE: line 1:43: ORDER BY position 2",
    "1 UNION SELECT 'a'": "column 1 in UNION query has incompatible types: integer, varchar(1)",
    "* EXCEPT (a) FROM (VALUES 1) AS t(a)": "NOT_SUPPORTED",
    "a FROM (VALUES 1) AS t(a) JOIN (VALUES 1) AS u(a) USING (a)": "NOT_SUPPORTED",
    "a FROM (VALUES 1) AS t(a) GROUP BY ROLLUP (a)": "NOT_SUPPORTED: line 1:51: 'ROLLUP (a)'",
    "a FROM UNNEST(ARRAY[1]) AS t(a)": "NOT_SUPPORTED",
}


@pytest.mark.aws("Athena", "Functions and operators", f"{TRINO}functions.html")
@pytest.mark.parametrize("expression", FAILURES)
def test_what_is_wrong_or_unknown_fails_naming_it(expression):
    with pytest.raises(QueryFailedError) as failed:
        evaluate(expression)

    assert FAILURES[expression] in failed.value.text
