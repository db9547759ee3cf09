"""A contract that changes: old and new rows in one table, and what cannot be is refused before anything is written."""

from decimal import Decimal

import pyarrow as pa
import pytest

from etl.iceberg.table import IncompatibleContract
from tests.unit.etl.disk_source import DiskSource
from tests.unit.etl.lake import DELIVERED


@pytest.fixture
def orders(tmp_path):
    return DiskSource(tmp_path / "lake")


def rename(document, fields):
    fields["menuItem"].update(name="dish", customProperties=[{"property": "aliases", "value": ["menuItem"]}])


def test_a_new_field_is_a_new_column_null_in_old_rows(orders):
    orders.deliver([orders.order("old")])
    orders.curate()
    wider = orders.changed(lambda d, f: d["schema"][0]["properties"].append({"name": "tip", "logicalType": "number"}))
    orders.deliver([orders.order("new", tip=1.5)], types={**DELIVERED, "tip": pa.float64()})
    orders.curate(wider)

    assert [(row["event_id"], row["tip"]) for row in orders.rows()] == [("new", 1.5), ("old", None)]


def test_a_decimal_can_grow_and_old_rows_keep_their_values(orders):
    orders.deliver([orders.order("old", price=Decimal("9.50"))])
    orders.curate()
    wider = orders.changed(lambda d, f: f["price"].update(physicalType="decimal(14,2)"))
    orders.deliver(
        [orders.order("new", price=Decimal("123456789012.25"))], types={**DELIVERED, "price": pa.decimal128(14, 2)}
    )
    orders.curate(wider)

    assert [str(row["price"]) for row in orders.rows()] == ["123456789012.25", "9.50"]


def test_a_field_that_is_renamed_by_alias_keeps_its_rows(orders):
    orders.deliver([orders.order("old", menuitem="Soup")])
    orders.curate()
    orders.deliver([orders.order("between", menuitem="Rice")])
    types = {("dish" if name == "menuitem" else name): kind for name, kind in DELIVERED.items()}
    orders.deliver([orders.order("new", dish="Cake")], types=types)
    orders.curate(orders.changed(rename))

    assert [(row["event_id"], row["dish"]) for row in orders.rows()] == [
        ("between", "Rice"),
        ("new", "Cake"),
        ("old", "Soup"),
    ]
    assert "menuitem" not in {field.name for field in orders.table.schema().fields}


def test_a_field_that_leaves_the_contract_leaves_its_column_to_old_rows(orders):
    orders.deliver([orders.order("old", menuitem="Soup")])
    orders.curate()
    types = {name: kind for name, kind in DELIVERED.items() if name != "menuitem"}
    narrower = orders.changed(lambda d, f: d["schema"][0]["properties"].remove(f["menuItem"]))
    orders.deliver([orders.order("new")], types=types)
    orders.curate(narrower)

    assert [row["menuitem"] for row in orders.rows()] == [None, "Soup"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d, f: f["quantity"].update(logicalType="string", logicalTypeOptions={}), "'quantity' is long"),
        (lambda d, f: f["price"].update(physicalType="decimal(8,2)"), "keep decimal\\(10, 2\\)"),
        (lambda d, f: f["price"].update(physicalType="decimal(10,3)"), "keep decimal\\(10, 2\\)"),
        (lambda d, f: f["price"].pop("physicalType"), "the contract now says double"),
        (lambda d, f: (f["event_id"].pop("primaryKey"), f["customerId"].update(primaryKey=True)), "primary-key was"),
    ],
)
def test_an_incompatible_change_is_refused_before_anything_is_written(orders, change, reason):
    orders.deliver([orders.order("old")])
    orders.curate()
    before = orders.objects()
    orders.deliver([orders.order("new")])

    with pytest.raises(IncompatibleContract, match=reason):
        orders.curate(orders.changed(change))

    assert orders.objects() == before
