"""Curated files as they are written: order, row groups, pages, encodings, indexes; and an order that changes."""

import datetime
import io
import uuid
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.expressions import EqualTo
from pyiceberg.io.pyarrow import schema_to_pyarrow

from etl.iceberg import data_files, layout
from tests.unit.etl.disk_source import DiskSource
from tests.unit.etl.lake import DELIVERED, Source

MIDNIGHT = datetime.datetime(2026, 3, 14)


@pytest.fixture
def orders(tmp_path):
    return DiskSource(tmp_path / "lake")


def many(orders, count, restaurants=5):
    """Orders of one day, in no order."""
    return [
        orders.order(
            str(uuid.UUID(int=number * 7919**8 % 2**128)),
            time=str(MIDNIGHT + datetime.timedelta(seconds=number * 7919 % 86_400)),
            restaurantid=f"r{number % restaurants}",
            customerid=f"c{number}",
            price=Decimal(number % 20_000 - 10_000).scaleb(-2),
        )
        for number in range(count)
    ]


def read(orders, key):
    return pq.ParquetFile(io.BytesIO(orders.s3.get_object(Bucket=orders.lake.curated_bucket, Key=key)["Body"].read()))


def files(orders):
    return [read(orders, key) for key in orders.objects("tables/orders/data/")]


def columns(group):
    return {group.column(number).path_in_schema: group.column(number) for number in range(group.num_columns)}


def sort_by(document, *fields):
    next(item for item in document["customProperties"] if item["property"] == "sortBy")["value"] = list(fields)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(layout, "ROW_GROUP_ROWS", 1000)
    monkeypatch.setattr(layout, "PAGE_ROWS", 100)


def test_rows_are_sorted_by_the_contracts_fields_then_by_event_time_and_the_metadata_says_so(orders):
    orders.deliver(many(orders, 500))
    orders.curate()

    (file,) = files(orders)
    found = [(row["restaurantid"], row["timestamp"]) for row in file.read().to_pylist()]
    assert found == sorted(found)
    assert len(found) == 500
    names = [file.schema.column(order.column_index).name for order in file.metadata.row_group(0).sorting_columns]
    assert names == ["restaurantid", "timestamp"]
    order = orders.table.sort_order()
    assert [str(field.direction) + str(field.null_order) for field in order.fields] == ["ASCNULLS LAST"] * 2
    assert [entry["sort_order_id"] for entry in orders.table.inspect.files().to_pylist()] == [order.order_id]


def test_rows_without_a_value_come_last(orders):
    orders.deliver([orders.order("none", restaurantid=None), orders.order("one", restaurantid="r9")])
    orders.curate()
    assert files(orders)[0].read()["event_id"].to_pylist() == ["one", "none"]


def test_a_row_group_and_a_page_have_so_many_rows_and_there_is_an_index_of_pages(orders, small):
    orders.deliver(many(orders, 2500))
    orders.curate()

    metadata = files(orders)[0].metadata
    assert [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)] == [1000, 1000, 500]
    assert all(
        column.has_column_index and column.has_offset_index and column.is_stats_set
        for number in range(metadata.num_row_groups)
        for column in columns(metadata.row_group(number)).values()
    )


def test_what_repeats_has_a_dictionary_and_what_does_not_is_encoded_by_its_type(orders):
    orders.deliver(many(orders, 500))
    orders.curate()

    found = columns(files(orders)[0].metadata.row_group(0))
    with_dictionary = {name for name, column in found.items() if column.has_dictionary_page}
    assert with_dictionary == {"menuitem", "quantity", "restaurantid", "extra"}
    encodings = {name: (set(found[name].encodings) - {"RLE"}).pop() for name in found.keys() - with_dictionary}
    assert encodings == {
        **dict.fromkeys(("event_id", "customerid", "ingest_id"), "DELTA_LENGTH_BYTE_ARRAY"),
        **dict.fromkeys(("timestamp", "received_at", "price"), "DELTA_BINARY_PACKED"),
    }
    assert {column.compression for column in found.values()} == {"ZSTD"}


def test_a_dictionary_that_is_large_for_its_rows_is_not_stored(orders):
    orders.curate()
    rows = pa.Table.from_pylist(many(orders, 500), pa.schema(DELIVERED))
    for name, values in (("customerid", [f"c{number}" for number in range(5000)]), ("menuitem", ["Pasta", "Soup"])):
        column = pa.DictionaryArray.from_arrays(pa.array([number % 2 for number in range(500)], pa.int32()), values)
        rows = rows.set_column(rows.schema.get_field_index(name), name, column)
    table = orders.table
    schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    fitting = [
        rows[name].cast(field.type) if name == "price" or pa.types.is_timestamp(field.type) else rows[name]
        for name, field in zip(schema.names, schema, strict=True)
    ]
    [file] = data_files.write(table, pa.table(fitting, names=schema.names), "timestamp")

    found = columns(read(orders, file.file_path.removeprefix("s3://curated/")).metadata.row_group(0))
    assert not found["customerid"].has_dictionary_page
    assert found["menuitem"].has_dictionary_page


def test_the_primary_key_alone_has_a_bloom_filter_of_the_size_that_its_rows_need(orders):
    orders.deliver(many(orders, 500))
    orders.curate()

    found = columns(files(orders)[0].metadata.row_group(0))
    assert {name: column.bloom_filter_offset is not None for name, column in found.items()} == {
        name: name == "event_id" for name in found
    }
    assert found["event_id"].bloom_filter_length < 4 * 500


def test_values_survive_their_encoding_and_statistics_find_them(orders):
    sent = {row["event_id"]: row for row in many(orders, 2000)}
    orders.deliver(list(sent.values()))
    orders.curate()

    assert {row["event_id"]: row for row in orders.rows()} == sent
    cheapest = orders.table.scan(row_filter=EqualTo("price", Decimal("-100.00"))).to_arrow()
    assert cheapest.num_rows == sum(row["price"] == -100 for row in sent.values()) == 1


def test_other_engines_are_told_by_table_properties(own_account, tmp_path):
    orders = Source(tmp_path)
    orders.curate()
    properties = orders.table.properties
    assert properties["write.parquet.compression-level"] == str(layout.ZSTD_LEVEL)
    assert properties["write.parquet.bloom-filter-enabled.column.event_id"] == "true"
    parameters = orders.glue.get_table(DatabaseName="lake", Name="orders_curated")["Table"]["Parameters"]
    assert parameters["use_iceberg_parquet_column_index"] == "true"


def test_another_order_is_that_of_new_files_and_old_files_keep_theirs(orders):
    orders.deliver(many(orders, 50))
    orders.curate()
    before = orders.table.sort_order().order_id
    changed = orders.changed(lambda document, _: sort_by(document, "menuItem", "customerId"))
    orders.deliver(many(orders, 100)[50:])
    orders.curate(changed)

    order = orders.table.sort_order()
    names = [orders.table.schema().find_column_name(field.source_id) for field in order.fields]
    assert names == ["menuitem", "customerid", "timestamp"]
    by_order = {entry["sort_order_id"]: entry["file_path"] for entry in orders.table.inspect.files().to_pylist()}
    assert by_order.keys() == {before, order.order_id}
    key = by_order[order.order_id].removeprefix("s3://curated/")
    found = read(orders, key).read()["customerid"].to_pylist()
    assert found == sorted(found)
    assert len(orders.rows()) == 100


def test_an_order_that_returns_is_the_one_that_was(orders):
    orders.curate()
    before = orders.table.sort_order()
    orders.curate(orders.changed(lambda document, _: sort_by(document, "menuItem")))
    orders.curate()
    assert orders.table.sort_order() == before


def test_a_new_field_can_be_the_order_at_once_and_a_renamed_one_stays_it(orders):
    orders.curate()

    def add(document, _):
        document["schema"][0]["properties"].append({"name": "area", "logicalType": "string"})
        sort_by(document, "area")

    def rename(document, fields):
        aliases = {"property": "aliases", "value": ["restaurantId"]}
        fields["restaurantId"].update(name="shop", customProperties=[aliases])
        sort_by(document, "shop")

    def order():
        return [name for name, _ in layout.sorted_by(orders.table)]

    orders.curate(orders.changed(rename))
    assert order() == ["shop", "timestamp"]
    orders.curate(orders.changed(lambda d, f: (rename(d, f), add(d, f))))
    assert order() == ["area", "timestamp"]


def test_a_key_of_another_name_takes_its_bloom_filter_along(orders):
    orders.curate()
    orders.curate(
        orders.changed(
            lambda _, fields: fields["event_id"].update(
                name="line_id", customProperties=[{"property": "aliases", "value": ["event_id"]}]
            )
        )
    )
    assert [name for name in orders.table.properties if "bloom" in name] == [
        "write.parquet.bloom-filter-enabled.column.line_id"
    ]


def test_a_table_that_is_as_the_contract_says_is_not_committed_to(orders):
    orders.curate()
    before = orders.table.metadata_location
    orders.curate()
    assert orders.table.metadata_location == before
