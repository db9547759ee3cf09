"""Firehose within a whole local cloud, over HTTP."""

import json
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rapid.local import firehose
from rapid.local.clients import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from rapid.local.cloud import LocalCloud
from rapid.local.firehose import plane
from rapid.local.firehose.intake import Quota

from .cloud_rig import REGION, Rig

TRANSFORMATION = "https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"
LIMITS = "https://docs.aws.amazon.com/firehose/latest/dev/limits.html"
METRICS = "https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html"
SLOW = """
    import time

    def handler(event, context):
        time.sleep(5)
"""


@pytest.fixture
def cloud(monkeypatch):
    """A cloud in which Firehose waits for a function for less than 5 minutes, and a stream takes 2 requests at once."""
    monkeypatch.setattr(firehose, "MAX_INVOCATION_SECONDS", 0.5)
    monkeypatch.setattr(plane, "quota_of", lambda region: Quota(records=100, requests=2, data_bytes=1000))
    with LocalCloud(0) as started:
        yield Rig(started)


def create_stream(cloud, **settings):
    cloud.aws("s3").create_bucket(Bucket="delivered")
    destination = {"RoleARN": cloud.role(), "BucketARN": "arn:aws:s3:::delivered", **settings}
    cloud.aws("firehose").create_delivery_stream(
        DeliveryStreamName="orders", ExtendedS3DestinationConfiguration=destination
    )


@pytest.mark.aws("Data Firehose", "Limits", TRANSFORMATION)
def test_a_function_that_takes_longer_than_firehose_waits_is_given_up_and_its_records_are_kept(cloud):
    function = cloud.function(SLOW)
    parameters = {"LambdaArn": function, "NumberOfRetries": "0"}
    create_stream(
        cloud,
        ProcessingConfiguration={
            "Enabled": True,
            "Processors": [
                {
                    "Type": "Lambda",
                    "Parameters": [{"ParameterName": n, "ParameterValue": v} for n, v in parameters.items()],
                }
            ],
        },
    )
    cloud.aws("firehose").put_record(DeliveryStreamName="orders", Record={"Data": b"one"})

    cloud.http.request("POST", f"{cloud.url}/_rapid/flush")

    (found,) = cloud.aws("s3").list_objects_v2(Bucket="delivered")["Contents"]
    line = json.loads(cloud.aws("s3").get_object(Bucket="delivered", Key=found["Key"])["Body"].read())
    assert line["errorCode"] == "Lambda.FunctionRequestTimedOut"
    assert line["errorMessage"].endswith("The maximum supported function timeout is 5 minutes.")


@pytest.mark.aws("Data Firehose", "Limits", LIMITS)
def test_a_client_that_does_not_retry_is_told_to_slow_down_and_cloudwatch_shows_it(cloud):
    create_stream(cloud)
    impatient = boto3.client(
        "firehose",
        region_name=REGION,
        endpoint_url=cloud.url,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(retries={"total_max_attempts": 1}),
    )
    answers = []
    for _ in range(20):
        try:
            impatient.put_record(DeliveryStreamName="orders", Record={"Data": b"x"})
        except ClientError as error:
            answers.append(error)

    assert {error.response["Error"]["Code"] for error in answers} == {"ServiceUnavailableException"}
    assert {error.response["Error"]["Message"] for error in answers} == {"Slow down."}
    throttled = cloud.aws("cloudwatch").get_metric_statistics(
        Namespace="AWS/Firehose",
        MetricName="ThrottledRecords",
        Dimensions=[{"Name": "DeliveryStreamName", "Value": "orders"}],
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert sum(point["Sum"] for point in throttled) == len(answers)
