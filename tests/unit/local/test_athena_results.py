import csv
import io
import math

import pytest

from rapid.local.athena.glue_types import from_glue
from rapid.local.athena.java_numbers import java_double
from rapid.local.athena.results import csv_row, result_column, split_rows
from rapid.local.athena.scopes import Output
from tests.unit.local.athena_rig import RESULTS, WORKGROUP, ApiError, AthenaRig

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
API = "https://docs.aws.amazon.com/athena/latest/APIReference/"


@pytest.fixture(scope="module")
def athena():
    rig = AthenaRig()
    yield rig
    rig.close()


def stored(athena, query_id, suffix=".csv"):
    return athena.s3.get_object(Bucket=RESULTS, Key=f"{WORKGROUP}/{query_id}{suffix}")["Body"].read()


def pages(athena, query_id, size):
    token = {}
    while True:
        page = athena.call("GetQueryResults", QueryExecutionId=query_id, MaxResults=size, **token)
        yield [[datum.get("VarCharValue") for datum in row["Data"]] for row in page["ResultSet"]["Rows"]]
        if "NextToken" not in page:
            return
        token = {"NextToken": page["NextToken"]}


def numbers(count):
    return "SELECT n FROM (VALUES " + ", ".join(str(n) for n in range(count)) + ") AS t(n) ORDER BY n"


@pytest.mark.aws("Athena", "Query results", f"{UG}querying-finding-output-files.html")
def test_the_csv_quotes_every_value_and_leaves_nulls_empty(athena):
    execution = athena.run("SELECT 1 AS n, 'say \"hi\", é' AS text, NULL AS nothing, '' AS empty")

    content = stored(athena, execution["QueryExecutionId"]).decode()

    assert content == '"n","text","nothing","empty"\n"1","say ""hi"", é",,""\n'


@pytest.mark.aws("Athena", "Query results", f"{UG}querying-finding-output-files.html")
def test_the_csv_is_where_the_execution_says(athena):
    execution = athena.run("SELECT 1 AS n")

    location = execution["ResultConfiguration"]["OutputLocation"]

    assert location == f"s3://{RESULTS}/{WORKGROUP}/{execution['QueryExecutionId']}.csv"


@pytest.mark.aws("Athena", "Query results", f"{API}API_GetQueryResults.html")
def test_the_first_page_begins_with_the_column_names(athena):
    assert next(pages(athena, athena.run(numbers(2))["QueryExecutionId"], 1000)) == [["n"], ["0"], ["1"]]


@pytest.mark.aws("Athena", "Query results", f"{API}API_GetQueryResults.html")
def test_pages_follow_one_another_without_loss(athena):
    query_id = athena.run(numbers(2500))["QueryExecutionId"]

    read = list(pages(athena, query_id, 1000))

    assert [len(page) for page in read] == [1000, 1000, 501]
    assert [row[0] for page in read for row in page] == ["n", *map(str, range(2500))]


def test_pages_cut_between_rows_whatever_the_text(athena):
    texts = ['é\n"quoted",', "", "日本", "plain"]
    values = ", ".join("'" + text + "'" for text in texts)
    query_id = athena.run(f"SELECT t FROM (VALUES {values}) AS v(t)")["QueryExecutionId"]

    rows = [row for page in pages(athena, query_id, 1) for row in page]

    assert rows == [["t"], *[[text] for text in texts]]


@pytest.mark.aws("Athena", "Query results", f"{API}API_Datum.html")
def test_nulls_and_empty_texts_differ_in_results(athena):
    assert athena.rows("SELECT NULL, ''") == [[None, ""]]


@pytest.mark.aws("Athena", "Query results", f"{API}API_GetQueryResults.html")
def test_the_results_are_read_from_s3_each_time(athena):
    query_id = athena.run("SELECT 1 AS n")["QueryExecutionId"]
    athena.s3.delete_object(Bucket=RESULTS, Key=f"{WORKGROUP}/{query_id}.csv")

    with pytest.raises(ApiError, match="Could not find results"):
        athena.call("GetQueryResults", QueryExecutionId=query_id)


@pytest.mark.aws("Athena", "Query results", f"{API}API_GetQueryResults.html")
def test_a_token_of_another_query_is_refused(athena):
    first, second = athena.run(numbers(5))["QueryExecutionId"], athena.run(numbers(5))["QueryExecutionId"]
    token = athena.call("GetQueryResults", QueryExecutionId=first, MaxResults=1)["NextToken"]

    with pytest.raises(ApiError, match="Invalid NextToken"):
        athena.call("GetQueryResults", QueryExecutionId=second, NextToken=token)


@pytest.mark.aws("Athena", "Limits", f"{API}API_GetQueryResults.html")
@pytest.mark.parametrize("count", [0, 1001, "ten"])
def test_a_page_has_1_to_1000_rows(athena, count):
    query_id = athena.run("SELECT 1")["QueryExecutionId"]

    with pytest.raises(ApiError, match="MaxResults"):
        athena.call("GetQueryResults", QueryExecutionId=query_id, MaxResults=count)


@pytest.mark.aws("Athena", "Query results", f"{UG}querying-finding-output-files.html")
def test_the_metadata_object_describes_the_columns(athena):
    query_id = athena.run("SELECT 1.50 AS price")["QueryExecutionId"]

    column = b"\x0a\x04hive\x22\x05price\x2a\x05price\x32\x07decimal\x38\x03\x40\x02\x48\x03\x50\x00"
    expected = b"\x0a\x24" + query_id.encode() + b"\x22" + bytes([len(column)]) + column
    assert stored(athena, query_id, ".csv.metadata") == expected


@pytest.mark.aws("Athena", "Query results", f"{API}API_ColumnInfo.html")
@pytest.mark.parametrize(
    ("glue_type", "expected"),
    [
        ("string", ("varchar", 2147483647, 0, True)),
        ("int", ("integer", 10, 0, False)),
        ("bigint", ("bigint", 19, 0, False)),
        ("double", ("double", 17, 0, False)),
        ("float", ("float", 17, 0, False)),
        ("decimal(10,2)", ("decimal", 10, 2, False)),
        ("timestamp", ("timestamp", 3, 0, False)),
        ("boolean", ("boolean", 0, 0, False)),
        ("date", ("date", 0, 0, False)),
    ],
)
def test_column_information_uses_athenas_names(glue_type, expected):
    column = result_column(0, Output(None, from_glue(glue_type), frozenset()))

    assert (column.type, column.precision, column.scale, column.is_case_sensitive) == expected


@pytest.mark.aws("Athena", "Query results", f"{UG}querying-finding-output-files.html")
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.5e8, "1.5E8"),
        (1e7, "1.0E7"),
        (9999999.0, "9999999.0"),
        (100.0, "100.0"),
        (0.001, "0.001"),
        (0.00012, "1.2E-4"),
        (-123.456, "-123.456"),
        (1e-300, "1.0E-300"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_doubles_are_written_as_java_writes_them(number, text):
    assert java_double(number) == text


@pytest.mark.aws("Athena", "Query results", f"{UG}querying-finding-output-files.html")
def test_single_precision_numbers_are_written_with_their_own_digits():
    assert java_double(0.10000000149011612, is_single=True) == "0.1"


def test_rows_that_are_written_can_be_read_by_any_csv_reader():
    values = ['a "b"', "line\nbreak", "", "x,y"]

    assert next(csv.reader(io.StringIO(csv_row(values)))) == values


def test_an_incomplete_last_row_is_left_for_the_next_chunk():
    text = csv_row(["a", None]) + '"b'

    assert [row for row, _ in split_rows(text)] == [["a", None]]
