"""Lifecycle configurations of buckets."""

from typing import Any

import pytest

from .cloud_rig import Rig

PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html"


@pytest.mark.aws("S3", "Lifecycle configurations", PAGE)
def test_a_lifecycle_configuration_is_answered_as_it_was_given(rig: Rig) -> None:
    s3 = rig.aws("s3")
    s3.create_bucket(Bucket="lifecycle")
    rules: Any = [
        {
            "ID": "archive",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "orders/", "ObjectSizeGreaterThan": 393216}},
            "Transitions": [{"Days": 90, "StorageClass": "GLACIER_IR"}],
        },
        {
            "ID": "clean-up",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="lifecycle", LifecycleConfiguration={"Rules": rules})
    assert s3.get_bucket_lifecycle_configuration(Bucket="lifecycle")["Rules"] == rules
