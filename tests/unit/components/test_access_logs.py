import json

import pytest

from components.access_logs import AccessLogs
from components.private_bucket import PrivateBucket
from tests.unit.components.engine import ACCOUNT


@pytest.fixture
def logs():
    def build():
        AccessLogs("logs", {"buckets": {"raw": PrivateBucket("zone", {})}, "account_id": ACCOUNT})

    return build


def test_requests_to_data_are_logged_in_a_bucket_whose_own_are_not(deploy, logs):
    logging = deploy(logs).one("BucketLogging").inputs
    assert logging == {
        "bucket": "zone-bucket-1a2b3c4",
        "targetBucket": "logs-bucket-1a2b3c4",
        "targetPrefix": "raw/",
    }


def test_s3_alone_delivers_logs_and_for_the_buckets_of_this_account_alone(deploy, logs):
    deployment = deploy(logs)
    _, allowed = json.loads(deployment.one("BucketPolicy", "logs-tls").inputs["policy"])["Statement"]
    assert allowed["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert (allowed["Action"], allowed["Resource"]) == ("s3:PutObject", "arn:aws:s3:::logs-bucket-1a2b3c4/*")
    assert allowed["Condition"] == {
        "ArnLike": {"aws:SourceArn": ["arn:aws:s3:::zone-bucket-1a2b3c4"]},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    assert "logs-tls" in deployment.one("BucketLogging").depends_on


def test_logs_expire_and_go_with_the_stack(deploy, logs, preview):
    deployment = deploy(logs, preview=preview)
    expire, _ = deployment.one("BucketLifecycleConfiguration", "logs-lifecycle").inputs["rules"]
    assert expire["expiration"] == {"days": 30}
    assert deployment.one("Bucket", "logs-bucket").inputs["forceDestroy"] is True
