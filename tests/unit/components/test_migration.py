import contextlib
import runpy
from functools import cache
from pathlib import Path

import pytest

import contracts
from components.migration.migration import Migration
from components.private_bucket import DataProtection
from tests.unit.components.engine import ACCOUNT, REGION

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders-data-stream-1a2b3c4"
CURATED = "arn:aws:s3:::streaming-lakehouse-curated-bucket-1a2b3c4"
LOGS = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}"
GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"


@pytest.fixture(scope="module")
def deployed(preview=False):
    """The component as it was deployed, once for all tests: a whole lake is a second's work."""
    from tests.unit.components import engine

    plan = {
        "contracts": [contracts.load(Path(__file__).parents[3] / "sources" / "orders.yaml")],
        "database_name": "lake",
        "data_policy": {"protection": DataProtection.PROTECT},
    }
    return cache(
        lambda preview=False, **more: engine.run(lambda: Migration("migration", {**plan, **more}), preview=preview)
    )


def test_each_source_has_an_encrypted_data_stream_of_the_shards_asked_for(deployed):
    stream = deployed(stream_shards=3).one("Stream", "orders-data-stream").inputs
    assert (stream["encryptionType"], stream["kmsKeyId"]) == ("KMS", "alias/aws/kinesis")
    assert (stream["shardCount"], stream["streamModeDetails"]) == (3, {"streamMode": "PROVISIONED"})


def test_a_data_stream_has_one_shard_unless_it_is_told(deployed):
    assert deployed(preview=False).one("Stream").inputs["shardCount"] == 1


def test_the_streaming_lake_has_tables_of_the_same_names_in_a_database_of_its_own(deployed, preview):
    deployment = deployed(preview=preview)
    assert deployment.one("CatalogDatabase").inputs["name"] == "lake_streaming"
    assert deployment.one("CatalogTable", "streaming-lakehouse-orders-processed").inputs["name"] == "orders_processed"


def test_its_delivery_stream_reads_the_data_stream_alone(deployed):
    stream = deployed(preview=False).one("FirehoseDeliveryStream", "streaming-orders-stream").inputs
    assert stream["kinesisSourceConfiguration"]["kinesisStreamArn"] == STREAM


def test_its_data_is_protected_as_that_of_the_first_lake_is(deployed, preview):
    buckets = deployed(preview=preview).of("Bucket")
    kept = {bucket.name for bucket in buckets if bucket.protect and bucket.retain_on_delete}
    assert kept == {f"streaming-lakehouse-{zone}-bucket" for zone in ("raw", "processed", "curated", "quarantine")}


def test_the_flink_role_is_assumed_by_flink_alone(deployed, preview):
    (statement,) = deployed(preview=preview).one("Role", "migration-flink-role").trust()
    assert statement["Principal"] == {"Service": "kinesisanalytics.amazonaws.com"}


def test_the_flink_role_reads_the_data_streams_and_writes_the_curated_tables_and_nothing_else(deployed):
    statements = deployed(preview=False).one("RolePolicy", "migration-flink-policy").policy()
    assert [(statement["Action"], statement["Resource"]) for statement in statements] == [
        (
            [f"kinesis:{it}" for it in ("DescribeStreamSummary", "GetRecords", "GetShardIterator", "ListShards")],
            [STREAM],
        ),
        (["s3:ListBucket"], [CURATED]),
        (
            [f"s3:{it}" for it in ("AbortMultipartUpload", "DeleteObject", "GetObject", "PutObject")],
            [f"{CURATED}/tables/orders/*"],
        ),
        (
            ["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"],
            [f"{GLUE}:catalog", f"{GLUE}:database/lake_streaming", f"{GLUE}:table/lake_streaming/orders_curated"],
        ),
        (["s3:GetObject"], ["arn:aws:s3:::streaming-curation-artifacts-bucket-1a2b3c4/flink/*"]),
        (["logs:DescribeLogGroups"], ["*"]),
        (["logs:DescribeLogStreams"], [f"{LOGS}:migration-flink-logs:*"]),
        (["logs:PutLogEvents"], [f"{LOGS}:migration-flink-log"]),
    ]


def test_flink_s_log_is_kept_as_long_as_the_others_in_a_log_stream_that_is_there(deployed):
    deployment = deployed(preview=False)
    kept = {it.name: it.inputs["retentionInDays"] for it in deployment.of("LogGroup")}
    assert kept["migration-flink-logs"] == kept["streaming-orders-transform-logs"]
    stream = deployment.one("LogStream", "migration-flink-log").inputs
    assert (stream["logGroupName"], stream["name"]) == ("migration-flink-logs-1a2b3c4", "application")


def test_the_example_deploys_the_component_alone(deploy):
    folder = Path(__file__).parents[3] / "examples" / "migration"

    def program():
        with contextlib.chdir(folder):
            runpy.run_path(str(folder / "__main__.py"))

    deployment = deploy(program)
    assert deployment.outputs["data_streams"] == {"visits": "visits-data-stream-1a2b3c4"}
    assert deployment.outputs["flink"]["catalog_database"] == "visits_streaming"
