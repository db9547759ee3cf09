import gzip

import pytest

from rapid.local.athena.delimited_text import decode
from rapid.local.athena.result_texts import text_of
from rapid.local.athena.tables import LazySimple, TableColumn
from rapid.local.athena.trino_types import from_glue
from tests.unit.local.athena_rig import LAKE

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
pytestmark = pytest.mark.aws("Athena", "CSV", f"{UG}lazy-simple-serde.html")
OPEN_CSV = pytest.mark.aws("Athena", "CSV", f"{UG}csv-serde.html")
DELIMITED = "ROW FORMAT DELIMITED FIELDS TERMINATED BY ','"
CSV = "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'"


def table(athena, columns, row_format, content, properties=""):
    """Make table ``t`` over one object."""
    location = f"LOCATION 's3://{LAKE}/t/'"
    sql = f"CREATE EXTERNAL TABLE t ({columns}) {row_format} STORED AS TEXTFILE {location} {properties}"
    assert athena.run(sql)["Status"]["State"] == "SUCCEEDED"
    athena.s3.put_object(Bucket=LAKE, Key="t/a.csv", Body=content.encode())


def test_fields_are_split_at_the_delimiter_whatever_quotes_say(athena):
    table(athena, "a string, b int, c string", DELIMITED, '"x,1",2\n,7,\\N\nalone\n1,2,3,4\n')

    assert athena.rows("SELECT * FROM t") == [
        ['"x', None, "2"],
        ["", "7", None],
        ["alone", None, None],
        ["1", "2", "3"],
    ]


VALUES = {
    "int": [("12", "12"), ("12.9", "12"), ("+3", "3"), ("x", None), ("", None), ("99999999999", None), (" 1", None)],
    "tinyint": [("127", "127"), ("128", None)],
    "double": [("1.5", "1.5"), (" 1e3 ", "1000.0"), ("2f", "2.0"), ("NaN", "NaN"), ("x", None), ("", None)],
    "decimal(5,2)": [("1.005", "1.01"), ("-2", "-2.00"), ("1000", None), ("x", None)],
    "boolean": [("TRUE", "true"), ("false", "false"), ("1", None)],
    "date": [
        ("2026-11-22", "2026-11-22"),
        (" 2026-1-2 03:04:05", "2026-01-02"),
        ("2026-02-30", "2026-03-02"),
        ("22.11.2026", None),
    ],
    "timestamp": [
        ("2026-11-22 14:38:20", "2026-11-22 14:38:20.000"),
        ("2026-11-22 14:38:20.1239", "2026-11-22 14:38:20.124"),
        ("2026-11-22", "2026-11-22 00:00:00.000"),
        ("2026-11-2 4:8:2", "2026-11-02 04:08:02.000"),
        ("2026-11-22T14:38:20.5", "2026-11-22 14:38:20.500"),
        ("2026-11-22T14:38:20Z", None),
        ("2026-1-", None),
    ],
    "varchar(2)": [("abc", "ab")],
}


@pytest.mark.parametrize("type_text", VALUES)
def test_a_value_that_is_not_of_the_column_s_type_is_null(type_text):
    column = TableColumn("a", type_text, from_glue(type_text))
    content = "".join(f"{text},1\n" for text, _ in VALUES[type_text]).encode()

    _, columns = decode(content, LazySimple(",", None, "\\N", False, 0), (column,), [column])

    assert [text_of(value, column.type) for value in columns["a"].to_pylist()] == [
        value for _, value in VALUES[type_text]
    ]


def test_header_lines_escapes_and_null_words_are_heeded(athena):
    row_format = r"ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' ESCAPED BY '\\' NULL DEFINED AS 'none'"
    content = "title|n\n# made by hand\na\\|b\\\\|1\nnone|2\n"
    table(athena, "a string, n int", row_format, content, "TBLPROPERTIES ('skip.header.line.count'='2')")

    assert athena.rows("SELECT * FROM t") == [["a|b\\", "1"], [None, "2"]]


def test_without_a_delimiter_it_is_the_sign_1(athena):
    table(athena, "a string, n int", "", "x\x011\n")

    assert athena.rows("SELECT * FROM t") == [["x", "1"]]


def test_gzipped_text_counts_as_it_is_stored(athena):
    table(athena, "a string, n int", DELIMITED, "")
    body = gzip.compress(b"x,1\n" * 1000)
    athena.s3.put_object(Bucket=LAKE, Key="t/b.gz", Body=body)

    execution = athena.run("SELECT sum(n) FROM t")

    assert athena.rows("SELECT sum(n) FROM t") == [["1000"]]
    assert execution["Statistics"]["DataScannedInBytes"] == len(body)


@OPEN_CSV
def test_open_csv_takes_quotes_off(athena):
    table(athena, "a string, b string, c string", CSV, '"x, ""y""",z,\n"a \\"b\\"",\'c\',"\\\\"\n')

    assert athena.rows("SELECT * FROM t") == [['x, "y"', "z", ""], ['a "b"', "'c'", "\\"]]


@OPEN_CSV
def test_open_csv_reads_dates_as_days_and_timestamps_as_milliseconds(athena):
    table(athena, "a string, b date, c timestamp, d int, e boolean", CSV, '"x","18276","1579146280000","5","true"\n')

    assert athena.rows("SELECT * FROM t") == [["x", "2020-01-15", "2020-01-16 03:44:40.000", "5", "true"]]


@OPEN_CSV
@pytest.mark.parametrize("text", ["", "x", "1.5"])
def test_open_csv_fails_at_a_number_that_is_none(athena, text):
    table(athena, "a string, n int", CSV, f'"a","{text}"\n')

    assert athena.rows("SELECT a FROM t") == [["a"]]
    assert athena.failure("SELECT n FROM t") == (
        f"HIVE_BAD_DATA: Error parsing field value '{text}' for field 1: For input string: \"{text}\""
    )


@OPEN_CSV
def test_open_csv_signs_and_header_lines_are_the_table_s(athena):
    row_format = f"{CSV} WITH SERDEPROPERTIES ('separatorChar'='\\t', 'quoteChar'='`')"
    table(athena, "a string, b string", row_format, "h\th\n`x\ty`\tz\n", "TBLPROPERTIES ('skip.header.line.count'='1')")

    assert athena.rows("SELECT * FROM t") == [["x\ty", "z"]]


@pytest.mark.parametrize(
    ("row_format", "named"),
    [
        (f"{CSV} WITH SERDEPROPERTIES ('serialization.encoding'='SJIS')", "SerDe property 'serialization.encoding'"),
        ("ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe'", "SerDe 'com.amazonaws.glue.serde.GrokSerDe'"),
        (f"{DELIMITED} LINES TERMINATED BY ';'", "SerDe property 'line.delim' = ';'"),
    ],
)
def test_what_is_not_known_of_a_table_is_refused_by_name(athena, row_format, named):
    table(athena, "a string", row_format, "")

    reason = athena.failure("SELECT * FROM t")

    assert reason.startswith("NOT_SUPPORTED: ")
    assert named in reason


def test_an_input_format_that_is_not_the_serdes_is_refused_by_name(athena):
    sequence = "org.apache.hadoop.mapred.SequenceFileInputFormat"
    formats = f"STORED AS INPUTFORMAT '{sequence}' OUTPUTFORMAT 'x'"
    athena.run(f"CREATE EXTERNAL TABLE t (a string) {DELIMITED} {formats} LOCATION 's3://{LAKE}/t/'")

    assert f"Table 't': input format '{sequence}'" in athena.failure("SELECT * FROM t")
