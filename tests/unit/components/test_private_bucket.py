import json

import pytest

from components.private_bucket import MIN_ARCHIVED_BYTES, DataProtection, PrivateBucket
from contracts import retention


def bucket(protection=DataProtection.DESTROY, expirations=(), archivals=()):
    args = {"expirations": expirations, "archivals": archivals, "data_policy": {"protection": protection}}
    return lambda: PrivateBucket("zone", args)


def test_a_bucket_blocks_all_public_access(deploy, preview):
    block = deploy(bucket(), preview=preview).one("BucketPublicAccessBlock")
    settings = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(block.inputs[setting] is True for setting in settings)


def test_a_bucket_refuses_requests_without_tls(deploy):
    (statement,) = json.loads(deploy(bucket()).one("BucketPolicy").inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    arn = "arn:aws:s3:::zone-bucket-1a2b3c4"
    assert statement["Resource"] == [arn, f"{arn}/*"]


def test_a_bucket_is_encrypted_and_versioned(deploy, preview):
    deployment = deploy(bucket(), preview=preview)
    (rule,) = deployment.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    assert deployment.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_objects_under_a_prefix_expire_after_their_days(deploy, preview):
    expirations = [{"prefix": "orders/", "days": 365}, {"prefix": "errors/orders/", "days": 30}]
    rules = deploy(bucket(expirations=expirations), preview=preview).one("BucketLifecycleConfiguration").inputs["rules"]
    expiring = {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules if "expiration" in rule}
    assert expiring == {"orders/": 365, "errors/orders/": 30}
    assert all(rule["status"] == "Enabled" for rule in rules)


def test_objects_under_a_prefix_move_to_a_class_that_answers_at_once_if_it_pays(deploy, preview):
    archivals = [{"prefix": "orders/", "days": 90}]
    rules = deploy(bucket(archivals=archivals), preview=preview).one("BucketLifecycleConfiguration").inputs["rules"]
    assert rules[0] == {
        "id": "archive-orders",
        "status": "Enabled",
        "filter": {"and": {"prefix": "orders/", "objectSizeGreaterThan": 393_216}},
        "transitions": [{"days": 90, "storageClass": "GLACIER_IR"}],
    }


def test_an_object_that_moves_saves_more_than_it_costs():
    standard, colder, transition = 0.023, 0.004, 0.02 / 1000
    least_months = retention.MIN_ARCHIVED_DAYS / (365 / 12)
    assert (standard - colder) * least_months * MIN_ARCHIVED_BYTES / 2**30 > transition


def test_a_bucket_removes_old_versions_and_aborted_uploads_everywhere_and_nothing_else(deploy):
    (rule,) = deploy(bucket()).one("BucketLifecycleConfiguration").inputs["rules"]
    assert rule["filter"] == {}
    assert rule["noncurrentVersionExpiration"]["noncurrentDays"] > 0
    assert rule["abortIncompleteMultipartUpload"]["daysAfterInitiation"] > 0
    assert "expiration" not in rule


def test_a_protected_bucket_and_its_locks_survive_a_teardown(deploy, preview):
    deployment = deploy(bucket(DataProtection.PROTECT), preview=preview)
    resources = [resource for resource in deployment.resources if resource.type.startswith("aws:")]
    assert len(resources) == 6
    assert all(resource.protect and resource.retain_on_delete for resource in resources)
    assert deployment.one("Bucket").inputs["forceDestroy"] is False


@pytest.mark.parametrize("type_name", ["Bucket", "BucketPolicy", "BucketPublicAccessBlock"])
def test_an_unprotected_bucket_goes_with_the_stack(deploy, type_name):
    deployment = deploy(bucket(DataProtection.DESTROY))
    assert not deployment.one(type_name).protect
    assert not deployment.one(type_name).retain_on_delete
    assert deployment.one("Bucket").inputs["forceDestroy"] is True
