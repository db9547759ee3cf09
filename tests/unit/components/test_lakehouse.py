import base64
import dataclasses
import json
import re
from pathlib import Path

import pytest

import contracts
from components.lakehouse.lakehouse import Lakehouse
from components.private_bucket import DataProtection
from contracts import glue, views

DATA_BEARING = ("raw", "processed", "curated", "quarantine")


@pytest.fixture
def lakehouse(orders):
    def build(protection=DataProtection.PROTECT, contract=orders):
        return lambda: Lakehouse(
            "lake",
            {
                "contracts": [contract],
                "database_name": "rapid_analytics_dev",
                "athena_scan_limit_bytes": 10_000_000_000,
                "data_policy": {"protection": protection},
            },
        )

    return build


def rules(deployment, zone):
    return deployment.one("BucketLifecycleConfiguration", f"lake-{zone}-lifecycle").inputs["rules"]


def expirations(deployment, zone):
    return {
        rule["filter"].get("prefix", ""): rule["expiration"]["days"]
        for rule in rules(deployment, zone)
        if "expiration" in rule
    }


def test_every_zone_has_a_bucket_of_its_own(deploy, lakehouse, preview):
    buckets = {bucket.name for bucket in deploy(lakehouse(), preview=preview).of("Bucket")}
    assert buckets == {f"lake-{zone}-bucket" for zone in (*DATA_BEARING, "results")}


def test_every_bucket_is_private_encrypted_versioned_and_tls_only(deploy, lakehouse, preview):
    deployment = deploy(lakehouse(), preview=preview)
    for lock in (
        "BucketPublicAccessBlock",
        "BucketServerSideEncryptionConfiguration",
        "BucketVersioning",
        "BucketPolicy",
    ):
        assert len(deployment.of(lock)) == 5


def test_processed_objects_alone_are_told_of_to_eventbridge(deploy, lakehouse, preview):
    notification = deploy(lakehouse(), preview=preview).one("BucketNotification")
    assert notification.name == "lake-processed-notification"
    assert notification.inputs["eventbridge"] is True


def test_protected_data_outlives_the_stack_and_query_results_do_not(deploy, lakehouse, preview):
    deployment = deploy(lakehouse(DataProtection.PROTECT), preview=preview)
    for zone in DATA_BEARING:
        bucket = deployment.one("Bucket", f"lake-{zone}-bucket")
        assert bucket.protect
        assert bucket.retain_on_delete
        assert not bucket.inputs["forceDestroy"]
    assert not deployment.one("Bucket", "lake-results-bucket").protect


def test_unprotected_data_goes_with_the_stack(deploy, lakehouse):
    deployment = deploy(lakehouse(DataProtection.DESTROY))
    assert not any(resource.protect or resource.retain_on_delete for resource in deployment.resources)
    assert all(bucket.inputs["forceDestroy"] for bucket in deployment.of("Bucket"))


def test_processed_events_expire_and_raw_ones_move_as_their_contract_says(deploy, lakehouse, orders):
    contract = dataclasses.replace(orders, processed_retention_days=30, archive_after_days=90)
    deployment = deploy(lakehouse(contract=contract))
    assert expirations(deployment, "raw") == {"orders/": 365}
    assert expirations(deployment, "processed") == {"orders/": 30, "errors/orders/": 365}
    moved = {
        zone: [rule["transitions"][0]["days"] for rule in rules(deployment, zone) if "transitions" in rule]
        for zone in DATA_BEARING
    }
    assert moved == {"raw": [90], "processed": [], "curated": [], "quarantine": []}
    ranges = [
        table.inputs["parameters"]["projection.datehour.range"]
        for zone in ("raw", "processed")
        for table in deployment.of("CatalogTable")
        if table.name == f"lake-orders-{zone}"
    ]
    assert ranges == ["NOW-365DAYS,NOW", "NOW-30DAYS,NOW"]


@pytest.mark.parametrize("zone", ["raw", "quarantine"])
def test_events_are_deleted_after_the_retention_of_their_contract(deploy, lakehouse, orders, zone):
    assert expirations(deploy(lakehouse()), zone) == {"orders/": orders.retention_days}


def test_events_that_could_not_be_delivered_are_deleted_after_the_same_time(deploy, lakehouse, orders):
    days = orders.retention_days
    assert expirations(deploy(lakehouse()), "processed") == {"orders/": days, "errors/orders/": days}


def test_nothing_of_a_table_of_events_expires_by_age(deploy, lakehouse):
    *passing, rule = rules(deploy(lakehouse()), "curated")
    assert [(it["filter"]["prefix"], it["expiration"]["days"]) for it in passing] == [
        ("erasure-requests/", 30),
        ("operations-hours/", 400),
        ("operations-costs/", 400),
    ]
    assert set(rule) == {
        "id",
        "status",
        "filter",
        "noncurrentVersionExpiration",
        "abortIncompleteMultipartUpload",
    }


def test_query_results_expire(deploy, lakehouse):
    assert expirations(deploy(lakehouse()), "results") == {"": 7}


def test_every_source_has_its_tables_and_its_views(deploy, lakehouse, preview):
    tables = {table.inputs["name"]: table.inputs for table in deploy(lakehouse(), preview=preview).of("CatalogTable")}
    assert {name: table["tableType"] for name, table in tables.items()} == {
        "orders_raw": "EXTERNAL_TABLE",
        "orders_processed": "EXTERNAL_TABLE",
        "orders": "VIRTUAL_VIEW",
        "orders_now": "VIRTUAL_VIEW",
        "newest_rows": "VIRTUAL_VIEW",
    }
    assert {table["databaseName"] for table in tables.values()} == {"rapid_analytics_dev"}


def test_the_curated_table_is_left_to_the_job_that_writes_it(deploy, lakehouse, orders):
    names = {table.inputs["name"] for table in deploy(lakehouse()).of("CatalogTable")}
    assert orders.curated_table not in names


def test_the_raw_table_reads_gzipped_json_lines_and_skips_what_is_not_json(deploy, lakehouse):
    table = deploy(lakehouse()).one("CatalogTable", "lake-orders-raw").inputs
    storage = table["storageDescriptor"]
    assert storage["location"] == "s3://lake-raw-bucket-1a2b3c4/orders/"
    assert storage["serDeInfo"] == {
        "serializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "parameters": {"ignore.malformed.json": "true"},
    }
    assert [(column["name"], column["type"]) for column in storage["columns"]] == [
        ("id", "string"),
        ("receivedat", "string"),
        ("body", "string"),
    ]


def test_a_view_is_stored_as_athena_stores_it(deploy, lakehouse, orders):
    view = deploy(lakehouse()).one("CatalogTable", "lake-orders_now-view").inputs
    assert view["parameters"] == {"presto_view": "true", "comment": "Presto View"}
    assert view["viewExpandedText"] == "/* Presto View */"
    encoded = re.fullmatch(r"/\* Presto View: (\S+) \*/", view["viewOriginalText"])[1]
    definition = json.loads(base64.b64decode(encoded))
    assert definition["originalSql"] == views.of(orders)[1].sql
    assert definition["schema"] == "rapid_analytics_dev"
    assert [column["name"] for column in definition["columns"]] == [
        column["name"] for column in view["storageDescriptor"]["columns"]
    ]


def test_a_view_has_a_serde_because_athena_refuses_one_without(deploy, lakehouse, preview):
    for name in ("orders", "orders_now"):
        view = deploy(lakehouse(), preview=preview).one("CatalogTable", f"lake-{name}-view").inputs
        assert view["storageDescriptor"]["serDeInfo"] == {"name": "-", "serializationLibrary": "-"}


def test_the_table_has_the_columns_of_the_contract(deploy, lakehouse, orders, preview):
    table = deploy(lakehouse(), preview=preview).one("CatalogTable", "lake-orders-processed").inputs
    assert table["name"] == "orders_processed"
    assert table["databaseName"] == "rapid_analytics_dev"
    columns = [(column["name"], column["type"]) for column in table["storageDescriptor"]["columns"]]
    assert columns == [(column.name, column.type) for column in glue.columns(orders)]
    assert ("menuitem", "string") in columns
    assert ("price", "decimal(10,2)") in columns


@pytest.mark.parametrize("zone", ["raw", "processed"])
def test_a_tables_partitions_are_projected_by_hour_over_the_retention(deploy, lakehouse, orders, zone):
    table = deploy(lakehouse()).one("CatalogTable", f"lake-orders-{zone}").inputs
    assert [(key["name"], key["type"]) for key in table["partitionKeys"]] == [("datehour", "string")]
    projection = {key: value for key, value in table["parameters"].items() if "projection" in key or "template" in key}
    assert projection == {
        "projection.enabled": "true",
        "projection.datehour.type": "date",
        "projection.datehour.format": "yyyy/MM/dd/HH",
        "projection.datehour.range": f"NOW-{orders.retention_days}DAYS,NOW",
        "projection.datehour.interval": "1",
        "projection.datehour.interval.unit": "HOURS",
        "storage.location.template": f"s3://lake-{zone}-bucket-1a2b3c4/orders/${{datehour}}/",
    }


def test_the_workgroup_enforces_where_results_go_their_encryption_and_the_scan_limit(deploy, lakehouse):
    configuration = deploy(lakehouse()).one("Workgroup").inputs["configuration"]
    assert configuration["enforceWorkgroupConfiguration"] is True
    assert configuration["bytesScannedCutoffPerQuery"] == 10_000_000_000
    assert configuration["resultConfiguration"] == {
        "outputLocation": "s3://lake-results-bucket-1a2b3c4/",
        "encryptionConfiguration": {"encryptionOption": "SSE_S3"},
    }


def test_the_queries_of_the_contract_are_saved_in_the_workgroup(deploy, lakehouse):
    queries = deploy(lakehouse()).of("NamedQuery")
    saved = {query.inputs["name"]: query.inputs for query in queries}
    assert "top_menu_items_by_revenue" in saved
    assert re.search(r"from orders\b", saved["top_menu_items_by_revenue"]["query"], re.IGNORECASE)
    assert all(query["database"] == "rapid_analytics_dev" for query in saved.values())
    assert all(query["workgroup"] == "lake-workgroup-1a2b3c4" for query in saved.values())
    assert all(query["description"] for query in saved.values())


@pytest.mark.parametrize(("protection", "kept"), [(DataProtection.PROTECT, True), (DataProtection.DESTROY, False)])
def test_the_key_of_the_pseudonyms_is_one_that_kms_never_gives_out_and_as_durable_as_the_data(
    deploy, lakehouse, orders, protection, kept
):
    hashed = tuple(dataclasses.replace(field, hashed=field.name == "customerId") for field in orders.fields)
    contract = dataclasses.replace(orders, fields=hashed)
    key = deploy(lakehouse(protection, contract)).one("Key")

    assert (key.inputs["keyUsage"], key.inputs["customerMasterKeySpec"]) == ("GENERATE_VERIFY_MAC", "HMAC_256")
    assert (key.protect, key.retain_on_delete) == (kept, kept)


def test_without_a_hashed_field_there_is_no_key_to_pay_for(deploy, lakehouse):
    assert deploy(lakehouse()).of("Key") == []


def test_pseudonyms_by_a_key_that_exists_need_no_key_of_its_own(deploy):
    users = contracts.load(Path(__file__).parents[3] / "sources" / "users.yaml")
    key, made = "arn:aws:kms:eu-central-1:123456789012:key/k", []
    args = {"contracts": [users], "database_name": "lake", "pseudonym_key": key}
    assert not deploy(lambda: made.append(Lakehouse("lake", args))).of("Key")
    assert made[0].arns["pseudonym_key"] == key
