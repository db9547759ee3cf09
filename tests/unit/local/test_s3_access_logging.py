"""Server access logging of buckets."""

import json

import pytest
from botocore.exceptions import ClientError

from .cloud_rig import Rig

PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html"


@pytest.mark.aws("S3", "Server access logging", PAGE)
def test_logs_go_to_a_bucket_whose_policy_lets_the_logging_service(rig: Rig) -> None:
    s3, source, target = rig.aws("s3"), rig.name("source"), rig.name("target")
    for bucket in (source, target):
        s3.create_bucket(Bucket=bucket)
    wanted = {"TargetBucket": target, "TargetPrefix": "raw/"}
    with pytest.raises(ClientError) as refused:
        s3.put_bucket_logging(Bucket=source, BucketLoggingStatus={"LoggingEnabled": wanted})
    assert refused.value.response["Error"]["Code"] == "InvalidTargetBucketForLogging"
    resource = f"arn:aws:s3:::{target}/*"
    tls = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource}
    tls["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}  # type: ignore[assignment]
    service = {"Service": "logging.s3.amazonaws.com"}
    deliver = {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": resource}
    policy = {"Version": "2012-10-17", "Statement": [tls, deliver]}
    s3.put_bucket_policy(Bucket=target, Policy=json.dumps(policy))
    s3.put_bucket_logging(Bucket=source, BucketLoggingStatus={"LoggingEnabled": wanted})
    assert s3.get_bucket_logging(Bucket=source)["LoggingEnabled"] == wanted


def test_no_made_up_logs_are_written(rig: Rig) -> None:
    s3, bucket = rig.aws("s3"), rig.name("logged")
    s3.create_bucket(Bucket=bucket)
    statement = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": f"arn:aws:s3:::{bucket}/*"}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    logging = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "logs/"}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging)
    s3.put_object(Bucket=bucket, Key="data", Body=b"x")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["data"]
