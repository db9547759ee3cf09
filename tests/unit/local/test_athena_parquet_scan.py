"""What counts as read of a Parquet file: the row groups and pages that a query's conditions leave."""

import datetime
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapid.local.athena.parquet_footer import row_groups
from rapid.local.athena.parquet_scan import scanned_bytes
from rapid.local.athena.scopes import EvaluatedBound
from tests.unit.local.athena_rig import DATABASE, LAKE
from tests.unit.local.test_athena_iceberg import SCHEMA, append, rows, scanned

UG = "https://docs.aws.amazon.com/athena/latest/ug/"
PAGE, GROUP = 10, 40
EPOCH = datetime.datetime(2026, 3, 14)
MAKE = {
    "number": (pa.int64(), int),
    "small": (pa.int32(), int),
    "text": (pa.string(), lambda number: f"{number:04}" if number >= 0 else f"-{number:04}"),
    "at": (pa.timestamp("us"), lambda number: EPOCH + datetime.timedelta(microseconds=number)),
    "at_ms": (pa.timestamp("ms"), lambda number: EPOCH + datetime.timedelta(milliseconds=number)),
    "day": (pa.date32(), lambda number: EPOCH.date() + datetime.timedelta(days=number)),
    "price": (pa.decimal128(10, 2), lambda number: Decimal(number).scaleb(-2)),
    "share": (pa.decimal128(38, 2), lambda number: Decimal(number).scaleb(-2)),
}
NUMBERS = st.lists(st.none() | st.integers(-500, 500), min_size=1, max_size=120)


def written(numbers, column, **options):
    kind, make = MAKE[column]
    values = [None if number is None else make(number) for number in numbers]
    buffer = io.BytesIO()
    table = pa.table({column: pa.array(values, kind), "other": list(range(len(values)))})
    pq.write_table(
        table,
        buffer,
        row_group_size=GROUP,
        max_rows_per_page=PAGE,
        write_batch_size=1,
        write_page_index=True,
        store_decimal_as_integer=True,
        **options,
    )
    return values, buffer.getvalue()


def groups_of(content):
    length = int.from_bytes(content[-8:-4], "little")
    return row_groups(content[-8 - length : -8])


def holds(values, operator, constants):
    known = [value for value in values if value is not None]
    if not known:
        return False
    low, high = min(known), max(known)
    constant = constants[0]
    return {
        "<": low < constant,
        "<=": low <= constant,
        ">": high > constant,
        ">=": high >= constant,
        "IN": any(low <= value <= high for value in constants),
    }[operator]


@given(NUMBERS, st.sampled_from(sorted(MAKE)), st.sampled_from(["<", "<=", ">", ">=", "IN"]), st.integers(-500, 500))
def test_the_pages_that_count_are_those_whose_extremes_allow_a_row(numbers, column, operator, constant):
    values, content = written(numbers, column)
    bound = EvaluatedBound(column, operator, (MAKE[column][1](constant),))

    def fetch(offset, length):
        return content[offset : offset + length]

    expected = 0
    for number, group in enumerate(groups_of(content)):
        mine = values[number * GROUP : (number + 1) * GROUP]
        if not holds(mine, operator, bound.values):
            continue
        kept = [holds(mine[first : first + PAGE], operator, bound.values) for first in range(0, len(mine), PAGE)]
        expected += group.chunks[column][0].column_index[1]
        for [chunk] in group.chunks.values():
            pages = chunk.pages(fetch)
            assert len(pages) == len(kept)
            expected += chunk.offset_index[1] + chunk.dictionary_bytes * any(kept)
            expected += sum(page.size_bytes for page, keep in zip(pages, kept, strict=True) if keep)
    read = scanned_bytes(groups_of(content), {column, "other"}, {column: MAKE[column][0]}, {column: [bound]}, fetch)
    assert read == expected


@given(NUMBERS, st.booleans())
def test_all_pages_of_a_chunk_are_its_bytes(numbers, use_dictionary):
    _, content = written(numbers, "text", use_dictionary=use_dictionary)
    for group in groups_of(content):
        for [chunk] in group.chunks.values():
            pages = chunk.pages(lambda offset, length: content[offset : offset + length])
            assert chunk.dictionary_bytes + sum(page.size_bytes for page in pages) == chunk.size_bytes


@given(NUMBERS, st.integers(-500, 500))
def test_without_a_page_index_whole_row_groups_count(numbers, constant):
    values, content = written(numbers, "number")
    read = scanned_bytes(
        groups_of(content),
        {"number", "other"},
        {"number": pa.int64()},
        {"number": [EvaluatedBound("number", "IN", (constant,))]},
        None,
    )
    groups = groups_of(content)
    kept = [
        group for number, group in enumerate(groups) if holds(values[number * 40 : number * 40 + 40], "IN", (constant,))
    ]
    assert read == sum(chunk.size_bytes for group in kept for [chunk] in group.chunks.values())


@pytest.mark.parametrize(
    ("kind", "operator", "value"),
    [
        (pa.timestamp("ns"), ">", EPOCH),
        (pa.timestamp("us", tz="UTC"), "IN", EPOCH.replace(tzinfo=datetime.UTC)),
        (pa.float64(), ">", 1.5),
        (pa.bool_(), "IN", True),
        (pa.uint32(), "IN", 5),
    ],
)
def test_what_cannot_be_compared_is_read(kind, operator, value):
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": pa.array([value] * 3).cast(kind)}), buffer)
    groups = groups_of(buffer.getvalue())
    read = scanned_bytes(groups, {"a"}, {"a": kind}, {"a": [EvaluatedBound("a", operator, (value,))]}, None)
    assert read in (0, groups[0].chunks["a"][0].size_bytes)
    assert operator == ">" or read


@pytest.mark.aws("Athena", "Iceberg", f"{UG}querying-iceberg-data-optimization.html")
def test_pages_are_passed_over_only_of_tables_that_have_the_property(athena):
    def table(name, value):
        made = athena.iceberg_catalog().create_table(
            (DATABASE, name),
            SCHEMA,
            location=f"s3://{LAKE}/tables/{name}",
            properties={"use_iceberg_parquet_column_index": value},
        )
        append(made, rows(*range(5000)))
        return scanned(athena, f"SELECT count(price) FROM {name} WHERE number = 4321")

    with_index, without = table("indexed", "true"), table("plain", "false")
    assert with_index < without
