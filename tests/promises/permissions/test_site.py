"""Who may read the storefront's pages: CloudFront, for the distribution, and nobody beside it."""

import json
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import urllib3

from rapid.cli.target import LocalStack


@pytest.fixture
def page(stack: LocalStack) -> Iterator[str]:
    """The key of a page of the test's own."""
    key, s3 = f"page-{uuid.uuid4().hex}", stack.client("s3")
    s3.put_object(Bucket=stack.outputs["storefront_bucket"], Key=key, Body="<p>ours", ContentType="text/html")
    yield key
    s3.delete_object(Bucket=stack.outputs["storefront_bucket"], Key=key)


def status(stack: LocalStack, key: str) -> int:
    """What a guest gets."""
    url = urlsplit(stack.outputs["storefront_url"])
    return urllib3.request("GET", f"{stack.endpoint_url}/{key}", headers={"Host": url.netloc}, retries=False).status


def test_without_its_statement_in_the_bucket_s_policy_cloudfront_shows_nothing(stack: LocalStack, page: str) -> None:
    s3, bucket = stack.client("s3"), stack.outputs["storefront_bucket"]
    assert status(stack, page) == 200
    before = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    policy = json.loads(before)
    others = [statement for statement in policy["Statement"] if statement.get("Sid") != "CloudFrontReads"]
    assert len(others) == len(policy["Statement"]) - 1
    try:
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({**policy, "Statement": others}))
        assert status(stack, page) == 200  # the cache still has it
        invalidate(stack, page)
        assert status(stack, page) == 403
    finally:
        s3.put_bucket_policy(Bucket=bucket, Policy=before)
        invalidate(stack, page)
    assert status(stack, page) == 200


def invalidate(stack: LocalStack, key: str) -> None:
    stack.client("cloudfront").create_invalidation(
        DistributionId=stack.outputs["storefront_distribution"],
        InvalidationBatch={"CallerReference": uuid.uuid4().hex, "Paths": {"Quantity": 1, "Items": [f"/{key}"]}},
    )


def test_another_distribution_reads_nothing_of_the_site(stack: LocalStack, page: str) -> None:
    cloudfront = stack.client("cloudfront")
    found = cloudfront.get_distribution_config(Id=stack.outputs["storefront_distribution"])["DistributionConfig"]
    other = cloudfront.create_distribution(DistributionConfig={**found, "CallerReference": uuid.uuid4().hex})
    try:
        host = {"Host": other["Distribution"]["DomainName"]}
        assert urllib3.request("GET", f"{stack.endpoint_url}/{page}", headers=host, retries=False).status == 403
    finally:
        off = {**other["Distribution"]["DistributionConfig"], "Enabled": False}
        etag = cloudfront.update_distribution(
            Id=other["Distribution"]["Id"], IfMatch=other["ETag"], DistributionConfig=off
        )["ETag"]
        cloudfront.delete_distribution(Id=other["Distribution"]["Id"], IfMatch=etag)


def test_the_bucket_answers_nobody_without_credentials(stack: LocalStack, page: str) -> None:
    url = f"{stack.endpoint_url}/{stack.outputs['storefront_bucket']}/{page}"
    assert urllib3.request("GET", url, retries=False).status == 403
