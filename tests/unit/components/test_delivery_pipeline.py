from pathlib import Path

import pytest

import contracts
from components.delivery.delivery_pipeline import DeliveryPipeline
from tests.unit.components.engine import ACCOUNT, LAKEHOUSE, REGION

TABLE = LAKEHOUSE["tables"]["orders"]


@pytest.fixture
def pipeline(orders):
    return lambda: DeliveryPipeline(
        "orders",
        {
            "contract": orders,
            "lakehouse": LAKEHOUSE,
            "runtime": {"log_retention_days": 7},
        },
    )


def destination(deployment):
    return deployment.one("FirehoseDeliveryStream").inputs["extendedS3Configuration"]


def allowed(deployment, role):
    """Action to resources, of the role's policy."""
    statements = deployment.one("RolePolicy", f"{role}-policy").policy()
    return {action: statement["Resource"] for statement in statements for action in statement["Action"]}


def test_the_stream_is_encrypted_at_rest(deploy, pipeline, preview):
    stream = deploy(pipeline, preview=preview).one("FirehoseDeliveryStream").inputs
    assert stream["serverSideEncryption"] == {"enabled": True, "keyType": "AWS_OWNED_CMK"}


def test_every_event_is_backed_up_as_it_came_gzipped_by_hour(deploy, pipeline, preview):
    target = destination(deploy(pipeline, preview=preview))
    assert target["s3BackupMode"] == "Enabled"
    backup = target["s3BackupConfiguration"]
    assert backup["bucketArn"] == "arn:aws:s3:::raw"
    assert backup["prefix"] == "orders/!{timestamp:yyyy/MM/dd/HH}/"
    assert backup["compressionFormat"] == "GZIP"


def test_events_are_delivered_by_hour_within_the_interval(deploy, pipeline, preview):
    target = destination(deploy(pipeline, preview=preview))
    assert target["bucketArn"] == "arn:aws:s3:::processed"
    assert target["prefix"] == "orders/!{timestamp:yyyy/MM/dd/HH}/"
    assert (target["bufferingSize"], target["bufferingInterval"]) == (64, 60)


def test_what_cannot_be_delivered_is_kept_by_kind_of_error(deploy, pipeline, preview):
    prefix = destination(deploy(pipeline, preview=preview))["errorOutputPrefix"]
    assert prefix == "errors/orders/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/"


def test_events_are_converted_to_snappy_parquet_by_the_tables_columns(deploy, pipeline):
    conversion = destination(deploy(pipeline))["dataFormatConversionConfiguration"]
    assert conversion["enabled"] is True
    assert conversion["inputFormatConfiguration"] == {"deserializer": {"openXJsonSerDe": {}}}
    assert conversion["outputFormatConfiguration"] == {"serializer": {"parquetSerDe": {"compression": "SNAPPY"}}}
    schema = conversion["schemaConfiguration"]
    assert (schema["databaseName"], schema["tableName"]) == ("lake", "orders_processed")


def test_every_event_passes_the_transform_function(deploy, pipeline):
    deployment = deploy(pipeline)
    (processor,) = destination(deployment)["processingConfiguration"]["processors"]
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:orders-transform-function:$LATEST"
    assert processor == {"type": "Lambda", "parameters": [{"parameterName": "LambdaArn", "parameterValue": function}]}


def test_delivery_errors_are_logged_to_streams_that_exist(deploy, pipeline):
    deployment = deploy(pipeline)
    streams = {stream.inputs["name"] for stream in deployment.of("LogStream")}
    target = destination(deployment)
    for place in (target, target["s3BackupConfiguration"]):
        logging = place["cloudwatchLoggingOptions"]
        assert logging["enabled"] is True
        assert logging["logGroupName"] == "orders-delivery-logs-1a2b3c4"
        assert logging["logStreamName"] in streams


def test_the_stream_waits_for_its_roles_policy(deploy, pipeline, preview):
    stream = deploy(pipeline, preview=preview).one("FirehoseDeliveryStream")
    assert "orders-delivery-policy" in stream.depends_on


def test_the_delivery_role_is_assumed_by_firehose_alone(deploy, pipeline):
    (statement,) = deploy(pipeline).one("Role", "orders-delivery-role").trust()
    assert statement["Principal"] == {"Service": "firehose.amazonaws.com"}


def test_the_delivery_role_writes_under_the_prefixes_of_its_source_alone(deploy, pipeline):
    actions = allowed(deploy(pipeline), "orders-delivery")
    assert actions["s3:PutObject"] == [
        "arn:aws:s3:::raw/orders/*",
        "arn:aws:s3:::processed/orders/*",
        "arn:aws:s3:::processed/errors/orders/*",
    ]


def test_the_delivery_role_reads_the_schema_of_its_table_alone(deploy, pipeline):
    glue = f"arn:aws:glue:{REGION}:{ACCOUNT}"
    actions = allowed(deploy(pipeline), "orders-delivery")
    assert actions["glue:GetTableVersions"] == [f"{glue}:catalog", f"{glue}:database/lake", TABLE]


def test_the_delivery_role_invokes_the_transform_alone(deploy, pipeline):
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:orders-transform-function"
    actions = allowed(deploy(pipeline), "orders-delivery")
    assert actions["lambda:InvokeFunction"] == [function, f"{function}:$LATEST"]


def test_the_transform_writes_to_quarantine_and_its_log_alone(deploy, pipeline):
    deployment = deploy(pipeline)
    logs = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:orders-transform-logs:*"
    assert allowed(deployment, "orders-transform-execution") == {
        "s3:PutObject": ["arn:aws:s3:::quarantine/orders/*"],
        "logs:CreateLogStream": [logs],
        "logs:PutLogEvents": [logs],
    }


def test_the_transform_knows_its_source_and_the_quarantine(deploy, pipeline):
    function = deploy(pipeline).one("Function").inputs
    variables = {"STACK": "rapid-analytics/dev", "SOURCE": "orders", "QUARANTINE_BUCKET": "quarantine"}
    assert function["environment"] == {"variables": variables}
    assert function["handler"] == "handler.handler"
    assert function["architectures"] == ["arm64"]


DATA_STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders-data"
READ = ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]


def test_a_pipeline_that_reads_a_data_stream_may_read_it_and_leaves_encryption_to_it(deploy, orders, preview):
    args = {"contract": orders, "lakehouse": LAKEHOUSE, "data_stream": DATA_STREAM}
    deployment = deploy(lambda: DeliveryPipeline("orders", args), preview=preview)
    stream = deployment.one("FirehoseDeliveryStream").inputs
    assert "serverSideEncryption" not in stream
    assert stream["kinesisSourceConfiguration"]["kinesisStreamArn"] == DATA_STREAM
    if not preview:
        role = deployment.one("FirehoseDeliveryStream").inputs["extendedS3Configuration"]["roleArn"]
        assert stream["kinesisSourceConfiguration"]["roleArn"] == role
        actions = allowed(deployment, "orders-delivery")
        assert {it: actions[it] for it in actions if "kinesis" in it} == {it: [DATA_STREAM] for it in READ}
        assert "MIRROR_STREAM" not in deployment.one("Function").inputs["environment"]["variables"]


def test_a_pipeline_that_mirrors_puts_onto_the_data_stream_and_has_a_follower_that_reads_it(deploy, orders, preview):
    args = {"contract": orders, "lakehouse": LAKEHOUSE, "mirror": DATA_STREAM}
    deployment = deploy(lambda: DeliveryPipeline("orders", args), preview=preview)
    own = deployment.one("FirehoseDeliveryStream", "orders-stream").inputs
    follower = deployment.one("FirehoseDeliveryStream", "orders-follower-stream").inputs
    assert "kinesisSourceConfiguration" not in own
    assert follower["kinesisSourceConfiguration"]["kinesisStreamArn"] == DATA_STREAM
    if not preview:
        variables = deployment.one("Function").inputs["environment"]["variables"]
        assert variables["MIRROR_STREAM"] == "orders-data"
        assert allowed(deployment, "orders-transform-execution")["kinesis:PutRecords"] == [DATA_STREAM]
        assert allowed(deployment, "orders-follower-delivery")["kinesis:GetRecords"] == [DATA_STREAM]
        assert not [action for action in allowed(deployment, "orders-delivery") if action.startswith("kinesis:")]
        same = ("bucketArn", "processingConfiguration", "dataFormatConversionConfiguration", "errorOutputPrefix")
        ours, theirs = own["extendedS3Configuration"], follower["extendedS3Configuration"]
        conversions = [it.pop("dataFormatConversionConfiguration") for it in (ours, theirs)]
        assert [it["schemaConfiguration"]["tableName"] for it in conversions] == ["orders_processed"] * 2
        assert [ours[key] for key in same if key in ours] == [theirs[key] for key in same if key in theirs]


def test_guests_of_a_pipeline_that_reads_a_data_stream_have_a_delivery_stream_that_is_mirrored_onto_it(deploy, orders):
    args = {"contract": orders, "lakehouse": LAKEHOUSE, "data_stream": DATA_STREAM, "guests": True}
    deployment = deploy(lambda: DeliveryPipeline("orders", args))
    stream = deployment.one("FirehoseDeliveryStream", "orders-guests-stream").inputs
    assert "kinesisSourceConfiguration" not in stream
    assert stream["serverSideEncryption"] == {"enabled": True, "keyType": "AWS_OWNED_CMK"}
    assert deployment.one("Function").inputs["environment"]["variables"]["MIRROR_STREAM"] == "orders-data"
    assert allowed(deployment, "orders-transform-execution")["kinesis:PutRecords"] == [DATA_STREAM]


def test_log_lines_are_kept_for_the_days_asked_for(deploy, pipeline, preview):
    groups = deploy(pipeline, preview=preview).of("LogGroup")
    assert [group.inputs["retentionInDays"] for group in groups] == [7, 7]


def test_the_transform_of_a_contract_that_filters_and_hashes_may_keep_ids_and_ask_for_the_key(deploy):
    users = contracts.load(Path(__file__).parents[3] / "sources" / "users.yaml")
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"
    lakehouse = {**LAKEHOUSE, "tables": {"users": TABLE}, "pseudonym_key": key}
    deployment = deploy(lambda: DeliveryPipeline("users", {"contract": users, "lakehouse": lakehouse}))

    found = allowed(deployment, "users-transform-execution")

    assert found["s3:PutObject"] == ["arn:aws:s3:::quarantine/users/*", "arn:aws:s3:::quarantine/filtered/users/*"]
    assert found["kms:GenerateMac"] == [key]
    assert deployment.one("Function").inputs["environment"]["variables"]["PSEUDONYM_KEY_ARN"] == key
