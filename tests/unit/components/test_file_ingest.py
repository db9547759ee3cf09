import json

import pulumi
import pytest

from components.job_code import JobCode
from components.jobs.file_ingest import FileIngest
from tests.unit.components.engine import LAKEHOUSE

FILES = "arn:aws:s3:::files-bucket-1a2b3c4"


def code(*contracts):
    return JobCode("code", contracts, {}, pulumi.ResourceOptions())


@pytest.fixture
def files(orders):
    return lambda: FileIngest(
        "files",
        {
            "contracts": [orders],
            "lakehouse": LAKEHOUSE,
            "code": code(orders),
        },
    )


def allowed(deployment, policy):
    """Action to the resources of every statement that names it."""
    found = {}
    for statement in deployment.one("RolePolicy", policy).policy():
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement["Resource"])
    return {action: resources for action, resources in found.items() if not action.startswith("logs:")}


def test_the_bucket_tells_eventbridge_of_its_objects(deploy, files, preview):
    assert deploy(files, preview=preview).one("BucketNotification").inputs["eventbridge"] is True


def test_with_somebody_named_the_bucket_admits_the_roles_of_its_own_function_and_job_too(deploy, orders):
    args = {"contracts": [orders], "lakehouse": LAKEHOUSE, "data_policy": {"principal_arns": ["arn:aws:iam::1:role/a"]}}
    deployment = deploy(lambda: FileIngest("files", {**args, "code": code(orders)}))
    _, statement = json.loads(deployment.one("BucketPolicy", "files-tls").inputs["policy"])["Statement"]
    admitted = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    roles = ["files-door-execution-role", "files-execution-role"]
    assert [arn.rpartition(":")[2] for arn in admitted] == [*roles, "role/a"]


def test_files_are_kept_as_long_as_their_contract_says_and_what_became_of_them_for_good(deploy, files, orders):
    rules = deploy(files).one("BucketLifecycleConfiguration", "files-lifecycle").inputs["rules"]
    expirations = {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules if "expiration" in rule}
    assert expirations == {"incoming/orders/": orders.retention_days}


def test_the_function_may_store_files_and_ask_for_parts_and_reads_none(deploy, files):
    assert allowed(deploy(files), "files-door-execution-policy") == {
        "s3:PutObject": [f"{FILES}/incoming/*"],
        "s3:ListMultipartUploadParts": [f"{FILES}/incoming/*"],
        "s3:ListBucket": [FILES],
        "s3:ListBucketMultipartUploads": [FILES],
    }


def test_the_job_reads_files_and_writes_what_became_of_them_and_deletes_nothing(deploy, files):
    actions = allowed(deploy(files), "files-execution-policy")
    assert set(actions) == {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}
    assert {"arn:aws:s3:::code-artifacts-bucket-1a2b3c4/curation/*", f"{FILES}/incoming/*"} <= set(
        actions["s3:GetObject"]
    )
    assert f"{FILES}/reports/*" in actions["s3:PutObject"]
    assert "arn:aws:s3:::processed/orders/*" in actions["s3:PutObject"]
    assert "arn:aws:s3:::quarantine/files/*" in actions["s3:PutObject"]
    assert f"{FILES}/incoming/*" not in actions["s3:PutObject"]


def test_the_job_is_told_its_places_and_its_script_is_stored(deploy, files):
    deployment = deploy(files)
    job = deployment.one("Job").inputs
    script = deployment.one("BucketObjectv2", "files-job.py").inputs
    assert job["command"]["scriptLocation"] == f"s3://{script['bucket']}/{script['key']}"
    assert job["defaultArguments"]["--files_bucket"] == "files-bucket-1a2b3c4"
    assert job["defaultArguments"]["--processed_bucket"] == "processed"
    assert job["defaultArguments"]["--quarantine_bucket"] == "quarantine"


def test_a_new_file_starts_the_job_and_what_became_of_it_does_not(deploy, files):
    pattern = json.loads(deploy(files).one("EventRule").inputs["eventPattern"])
    assert pattern["detail"]["object"]["key"] == [{"prefix": "incoming/"}]
    variables = deploy(files).one("Function", "files-starter-function").inputs["environment"]["variables"]
    assert (variables["JOB_NAME"], variables["INTERVAL_SECONDS"]) == ("files-job", "60")
