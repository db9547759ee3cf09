import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapid.local.firehose.columns import column
from rapid.local.firehose.documents import ConversionFailed, RowReader

CONVERSION = pytest.mark.aws(
    "Data Firehose",
    "Format conversion",
    "https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html",
)


def read(glue_type, value):
    reader = RowReader([column("it", glue_type)])
    return reader.rows(json.dumps({"it": value}).encode())[0][0]


def utc(nanoseconds):
    return datetime.fromtimestamp(nanoseconds / 10**9, UTC)


@CONVERSION
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22 14:38:20", "2026-11-22T14:38:20+00:00"),
        ("2026-11-22 14:38:20.5", "2026-11-22T14:38:20.500000+00:00"),
        ("2026-1-2 3:04:05", "2026-01-02T03:04:05+00:00"),
        ("2017-02-07T15:13:01.39256Z", "2017-02-07T15:13:01.392560+00:00"),
        ("1965-01-01T00:00:00Z", "1965-01-01T00:00:00+00:00"),
        (1518033528, "2018-02-07T19:58:48+00:00"),
        (1518033528123, "2018-02-07T19:58:48.123000+00:00"),
        (1518033528.123, "2018-02-07T19:58:48.123000+00:00"),
        ("1518033528", "2018-02-07T19:58:48+00:00"),
    ],
)
def test_a_timestamp_is_read_in_the_documented_notations(value, expected):
    assert utc(read("timestamp", value)).isoformat() == expected


@CONVERSION
def test_a_timestamp_keeps_nine_digits():
    assert read("timestamp", "1970-01-01 00:00:00.123456789") == 123456789


@CONVERSION
@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "2026-11-22",
        "2026-02-30 00:00:00",
        "2026-11-22 24:00:00",
        "2026-11-22T14:38:20",
        "2026-11-22T14:38:20+00:00",
        "2026\u201311\u201322 14:38:20",
        "9999-12-31 00:00:00",
        True,
        {},
    ],
)
def test_a_timestamp_in_another_notation_fails(value):
    with pytest.raises(ConversionFailed):
        read("timestamp", value)


@CONVERSION
@pytest.mark.parametrize(
    ("glue_type", "value", "expected"),
    [
        ("string", "text", "text"),
        ("string", 12, "12"),
        ("string", 12.5, "12.5"),
        ("string", True, "true"),
        ("string", {"a": [1, "é"]}, '{"a":[1,"é"]}'),
        ("bigint", "-7", -7),
        ("bigint", "0x1F", 31),
        ("bigint", 9223372036854775807, 9223372036854775807),
        ("double", 1, 1.0),
        ("double", " 1.5e3 ", 1500.0),
        ("boolean", True, True),
        ("boolean", "TRUE", True),
        ("boolean", "yes", False),
        ("date", "2026-1-2", date(2026, 1, 2)),
        ("decimal(10,2)", 12.345, Decimal("12.35")),
        ("decimal(10,2)", "12", Decimal("12.00")),
        ("DECIMAL(38,0)", 12345678901234567890123456789012345678, Decimal("12345678901234567890123456789012345678")),
    ],
)
def test_a_value_is_read_as_its_column_wants_it(glue_type, value, expected):
    assert read(glue_type, value) == expected


@CONVERSION
@pytest.mark.parametrize(
    ("glue_type", "value"),
    [
        ("bigint", 1.0),
        ("bigint", True),
        ("bigint", "1.0"),
        ("bigint", " 1"),
        ("bigint", []),
        ("bigint", 9223372036854775808),
        ("double", "one"),
        ("double", False),
        ("double", 10**400),
        ("boolean", 1),
        ("date", "2026-02-30"),
        ("date", "2026-11-22 14:38:20"),
        ("date", 20000),
        ("decimal(4,2)", 100),
        ("decimal(4,2)", "99.999"),
        ("decimal(4,2)", "NaN"),
        ("decimal(4,2)", True),
    ],
)
def test_a_value_that_its_column_cannot_take_fails_naming_the_column(glue_type, value):
    with pytest.raises(ConversionFailed, match=r"\(column it\)") as failed:
        read(glue_type, value)
    assert failed.value.code == "DataFormatConversion.MalformedData"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=5,
)
ALL_TYPES = ["string", "boolean", "bigint", "double", "date", "timestamp"]


@given(values=st.lists(JSON_VALUES, min_size=7, max_size=7))
def test_whatever_is_read_fits_the_arrow_column_and_everything_else_fails_cleanly(values):
    columns = [column(f"c{i}", kind) for i, kind in enumerate([*ALL_TYPES, "decimal(12,3)"])]
    for one, value in zip(columns, values, strict=True):
        reader = RowReader([one])
        try:
            ((read_value,),) = reader.rows(json.dumps({one.name: value}).encode())
        except ConversionFailed:
            continue
        assert len(one.array([read_value])) == 1
