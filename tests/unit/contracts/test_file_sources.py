"""Contracts of sources whose events come in files alone, uploaded or exported from a database."""

import copy

import pytest
import yaml

from contracts import (
    Authentication,
    ContractError,
    DatabaseEngine,
    Delivery,
    Throttle,
    glue,
    load,
    load_all,
    openapi,
    views,
)

SALES = yaml.safe_load("""
apiVersion: v3.1.0
kind: DataContract
id: sales
version: 1.0.0
status: active
description: {purpose: What the shop sold.}
schema:
  - name: sales
    logicalType: object
    properties:
      - {name: shop, logicalType: string, primaryKey: true, primaryKeyPosition: 2, required: true}
      - {name: number, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true}
      - {name: total, logicalType: number, physicalType: "decimal(38,10)"}
      - {name: changed_at, logicalType: timestamp, required: true}
slaProperties:
  - {property: retention, value: 365, unit: d}
customProperties:
  - {property: delivery, value: files}
  - property: database
    value: {connection: shop, engine: postgresql, table: public.sales, highWater: changed_at}
""")


def sales(tmp_path, change=lambda document, database: None):
    document = copy.deepcopy(SALES)
    change(document, document["customProperties"][1]["value"])
    file = tmp_path / "sales.yaml"
    file.write_text(yaml.safe_dump(document))
    return load(file)


def test_a_source_of_files_has_no_path_and_admits_no_request(tmp_path):
    contract = sales(tmp_path)
    assert (contract.delivery, contract.streamed) == (Delivery.FILES, False)
    assert (contract.path, contract.authentication, contract.throttle) == ("", Authentication.NONE, Throttle(0, 0))
    integrations = openapi.Integrations(None, None, None, {})
    assert openapi.document("api", [contract], integrations)["paths"] == {}


def test_a_source_of_files_cannot_hash_since_the_files_job_has_no_key(tmp_path):
    def hash_shop(document, _database):
        [shop] = [field for field in document["schema"][0]["properties"] if field["name"] == "shop"]
        shop["customProperties"] = [{"property": "hash", "value": True}]

    with pytest.raises(ContractError, match=r"hash.*files"):
        sales(tmp_path, hash_shop)


def test_several_sources_of_files_share_no_path(tmp_path):
    sales(tmp_path)
    (tmp_path / "stock.yaml").write_text((tmp_path / "sales.yaml").read_text().replace("id: sales", "id: stock"))
    assert [contract.source for contract in load_all(tmp_path)] == ["sales", "stock"]


def test_a_table_of_a_database_is_exported_by_versions_of_its_rows(tmp_path):
    contract = sales(tmp_path)
    table = contract.database
    assert (table.connection, table.engine, table.table) == ("shop", DatabaseEngine.POSTGRESQL, "public.sales")
    assert [field.name for field in table.key] == ["number", "shop"]
    assert table.high_water.name == "changed_at"
    assert (table.late_by, table.utc_offset_minutes) == (60, None)
    assert (contract.primary_key.name, contract.event_time.name) == ("row_version", "changed_at")
    assert [column.type for column in glue.columns(contract)] == [
        "string",
        "bigint",
        "decimal(38,10)",
        "timestamp",
        "string",
        "timestamp",
        "string",
        "timestamp",
        "string",
    ]
    assert contract.repeat_horizon_days > 36_000


def test_a_table_without_high_water_is_timed_by_its_exports(tmp_path):
    contract = sales(tmp_path, lambda _, database: database.pop("highWater"))
    assert contract.database.high_water is None
    assert contract.event_time.name == "exported_at"


@pytest.mark.parametrize(("offset", "minutes"), [("+00:00", 0), ("+05:30", 330), ("-03:00", -180)])
def test_a_contract_says_how_far_timestamps_without_zone_are_ahead_of_utc(tmp_path, offset, minutes):
    assert sales(tmp_path, lambda _, database: database.update(utcOffset=offset)).database.utc_offset_minutes == minutes


def test_rows_of_a_database_can_be_sorted_too(tmp_path):
    order = {"property": "sortBy", "value": ["shop"]}
    contract = sales(tmp_path, lambda document, _: document["customProperties"].append(order))
    assert [field.name for field in contract.sort_by] == ["shop"]


def test_an_integer_can_be_the_high_water(tmp_path):
    contract = sales(tmp_path, lambda _, database: database.update(highWater="number", lateBy=50))
    assert (contract.database.late_by, contract.event_time.name) == (50, "exported_at")


def test_a_database_has_a_view_of_the_last_version_of_each_row(tmp_path):
    assert [view.name for view in views.of(sales(tmp_path))] == ["sales", "sales_now", "sales_latest"]
    uploaded = {"property": "eventTime", "value": "changed_at"}
    without = sales(tmp_path, lambda document, _: document["customProperties"].__setitem__(1, uploaded))
    assert [view.name for view in views.of(without)] == ["sales", "sales_now"]


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        (
            lambda d, _: d["customProperties"].append({"property": "path", "value": "/sales"}),
            "customProperties.path",
            "is not known; known are delivery, eventTime, repeatHorizonDays, sortBy, database",
        ),
        (lambda d, _: d["customProperties"].pop(), "customProperties.eventTime", "is missing"),
        (lambda _, b: b.pop("connection"), "customProperties.database.connection", "is missing"),
        (lambda _, b: b.update(engine="oracle"), "customProperties.database.engine", "'oracle'"),
        (lambda _, b: b.update(table="a.b.c"), "customProperties.database.table", "'a.b.c'"),
        (lambda _, b: b.update(password="x"), "customProperties.database.password", "is not known"),
        (lambda _, b: b.update(highWater="total"), "customProperties.database.highWater", "timestamp or integer"),
        (lambda _, b: b.update(highWater="none"), "customProperties.database.highWater", "'none' must name a field"),
        (lambda _, b: b.update(utcOffset="Europe/Berlin"), "customProperties.database.utcOffset", "'Europe/Berlin'"),
        (
            lambda d, _: [item.pop("primaryKey", None) for item in d["schema"][0]["properties"]],
            "schema[0].properties",
            "tell the table's rows apart",
        ),
        (
            lambda d, _: d["schema"][0]["properties"][2].update(name="Row_Version"),
            "schema[0].properties[2] (Row_Version).name",
            "one that the export adds",
        ),
        (
            lambda d, _: d["schema"][0]["properties"][2].update(physicalType="decimal(39,1)"),
            "(total).physicalType",
            "precision from 1 to 38",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused_by_place_and_reason(tmp_path, change, place, reason):
    with pytest.raises(ContractError) as raised:
        sales(tmp_path, change)
    assert place in raised.value.place
    assert reason in raised.value.reason
