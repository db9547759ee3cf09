"""A contract's aggregates: what they become, and how a bad one is refused."""

import pytest

from contracts import ContractError, aggregates, curation, load, load_all

from .test_contracts import SOURCES, changed, custom, write

COUNT = {"name": "orders", "kind": "count"}


def with_aggregates(*declared):
    def change(document, _fields):
        custom(document, "aggregates")["value"] = list(declared)

    return changed(change)


def sales(**change):
    return {"name": "sales", "by": ["menuItem"], "measures": [COUNT]} | change


def test_a_table_has_the_day_what_rows_are_grouped_by_and_the_measures():
    orders = load(SOURCES / "orders.yaml")
    [aggregate] = orders.aggregates

    assert aggregates.tables(orders) == ("orders_sales_daily",)
    assert [(column.name, column.type) for column in aggregates.columns(orders, aggregate)] == [
        ("day", "date"),
        ("restaurantid", "string"),
        ("menuitem", "string"),
        ("orders", "bigint"),
        ("quantity", "decimal(38,0)"),
        ("revenue", "decimal(38,2)"),
    ]


def test_the_job_is_told_columns_and_conditions(tmp_path):
    where = [{"field": "menuItem", "in": ["Soup"]}, {"field": "quantity", "minimum": 2, "maximum": 5}]
    measures = [COUNT | {"where": where}, {"name": "first_order", "kind": "min", "of": ["timestamp"]}]
    contract = load(write(tmp_path, with_aggregates(sales(by=[], measures=measures))))
    [document] = curation.document(contract)["aggregates"]

    assert document["measures"] == [
        {
            "name": "orders",
            "kind": "count",
            "of": [],
            "where": [
                {"column": "menuitem", "in": ["Soup"]},
                {"column": "quantity", "minimum": 2, "maximum": 5},
            ],
        },
        {"name": "first_order", "kind": "min", "of": ["timestamp"], "where": []},
    ]
    assert [(column["type"], column["comment"]) for column in document["columns"][1:]] == [
        ("bigint", "Number of rows where menuitem in Soup and quantity from 2 and up to 5"),
        ("timestamp", "Min of timestamp"),
    ]


@pytest.mark.parametrize(
    ("declared", "place", "reason"),
    [
        (sales(name="Sales"), "0.name", "should match pattern"),
        (sales(by=["nothing"]), "0.by.0", "'nothing' must be one of event_id, timestamp, menuItem"),
        (sales(by=["price"]), "0.by.0", "is for string, integer, boolean, date fields; price is decimal"),
        (sales(by=["customerId"]), "0.by.0", "customerId is restricted, and an aggregate holds no personal data"),
        (sales(by=["menuItem", "menuItem"]), "0", "more than one column 'menuitem'"),
        (sales(measures=[]), "0.measures", "at least 1 item"),
        (sales(measures=[COUNT, COUNT]), "0", "more than one column 'orders'; its first is always 'day'"),
        (sales(measures=[COUNT | {"name": "day"}]), "0", "more than one column 'day'"),
        (sales(measures=[COUNT | {"of": ["price"]}]), "0.measures.0.of", "count takes no field: it counts rows"),
        (sales(measures=[COUNT | {"kind": "sum"}]), "0.measures.0.of", "sum takes one field, or two to multiply"),
        (sales(measures=[COUNT | {"kind": "max", "of": ["price", "quantity"]}]), "0.measures.0.of", "max takes one"),
        (sales(measures=[COUNT | {"kind": "mean"}]), "0.measures.0.kind", "'count', 'sum', 'min' or 'max'"),
        (sales(measures=[COUNT | {"kind": "sum", "of": ["menuItem"]}]), "0.measures.0.of.0", "menuItem is string"),
        (
            sales(measures=[COUNT | {"kind": "sum", "of": ["quantity", "quantity", "price"]}]),
            "0.measures.0.of",
            "sum takes one field, or two",
        ),
        (
            sales(measures=[COUNT | {"where": [{"field": "price", "in": [1]}]}]),
            "0.measures.0.where.0.in",
            "is for string, integer and boolean fields; price is decimal",
        ),
        (sales(measures=[COUNT | {"where": [{"field": "price"}]}]), "0.measures.0.where.0", "says nothing"),
        (sales(kind="daily"), "0.kind", "is not known"),
    ],
)
def test_an_aggregate_that_cannot_be_kept_is_refused_with_place_and_reason(tmp_path, declared, place, reason):
    with pytest.raises(ContractError) as refused:
        load(write(tmp_path, with_aggregates(declared)))
    assert refused.value.place == f"customProperties.aggregates.{place}"
    assert reason in refused.value.reason


def test_sums_of_floating_point_numbers_are_refused_with_the_way_out(tmp_path):
    def change(document, fields):
        del fields["price"]["physicalType"]

    with pytest.raises(ContractError, match=r"price is number; sums of it .* physicalType such as decimal\(18,2\)"):
        load(write(tmp_path, changed(change)))


def test_two_aggregates_of_a_name_are_refused(tmp_path):
    with pytest.raises(ContractError, match=r"aggregates\.1\.name: 'sales' is already the name of another"):
        load(write(tmp_path, with_aggregates(sales(), sales())))


def test_two_sources_cannot_have_one_table_of_aggregates(tmp_path):
    for source, name in (("a", "b_c"), ("a_b", "c")):
        document = with_aggregates(sales(name=name))
        document["id"] = source
        custom(document, "path")["value"] = f"/{source}"
        write(tmp_path, document, source)
    with pytest.raises(ContractError, match=r"the table a_b_c_daily is already one of .*a\.yaml"):
        load_all(tmp_path)
