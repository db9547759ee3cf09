"""A stack whose buckets refuse all but those who need them: everything works, and nobody else gets in."""

import json
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from rapid.cli import project
from rapid.cli.counts import command as counts
from rapid.cli.target import LocalStack
from rapid.local.clients import Clients
from tests.deployed import project_folder
from tests.deployed.clouds import found_by_commands, own_cloud
from tests.deployed.events import ORDER
from tests.deployed.evidence import curate, number, post

ROOT_USER = "arn:aws:iam::123456789012:root"
OUTSIDER = "arn:aws:iam::123456789012:role/outsider"
BUCKETS = ("raw_bucket", "processed_bucket", "curated_bucket", "quarantine_bucket", "files_bucket")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder = tmp_path_factory.mktemp("project")
    project_folder.copy(folder, {"orders"}, data_access_principal_arns=f"{ROOT_USER}, {OUTSIDER}-not-*")
    with own_cloud() as url, found_by_commands(url), pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "ROOT", folder)
        project_folder.deploy(folder, url)
        yield LocalStack(url)


def ended(stack: LocalStack, job: str) -> str:
    glue, name = stack.client("glue"), stack.outputs[job]
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    while (run := glue.get_job_run(JobName=name, RunId=run_id)["JobRun"])["JobRunState"] in ("STARTING", "RUNNING"):
        time.sleep(0.1)
    return f"{run['JobRunState']} {run.get('ErrorMessage', '')}"


def test_events_and_files_come_into_the_tables_and_bad_ones_into_quarantine(guarded: LocalStack) -> None:
    assert post(guarded, json.dumps([ORDER] * 5)).status == 202
    bad = {"id": "bad", "receivedAt": "2026-03-14T18:30:00.000Z", "body": {"not": "valid"}}
    streams = guarded.outputs["streams"]
    data = json.dumps(bad).encode() + b"\n"
    guarded.client("firehose").put_record(DeliveryStreamName=streams["orders"], Record={"Data": data})
    key = "incoming/orders/00000000000000000000000000000001/orders.ndjson"
    body = json.dumps(ORDER).encode()
    guarded.client("s3").put_object(Bucket=guarded.outputs["files_bucket"], Key=key, Body=body)
    assert ended(guarded, "files_job").startswith("SUCCEEDED")
    assert curate(guarded, "orders")["rows_added"] == 6
    assert ended(guarded, "curate_job").startswith("SUCCEEDED")
    assert number(guarded, "SELECT count(*) FROM orders_now") == 6
    [counted] = counts.of(guarded, (project.contract_of("orders"),))
    assert (counted.fates.curated, counted.fates.quarantined, counted.fates.adds_up) == (6, 1, True)


def test_the_dashboards_read_what_they_show(guarded: LocalStack) -> None:
    iam = guarded.client("iam")
    [role] = [role for role in iam.list_roles()["Roles"] if role["RoleName"].startswith("dashboards-query")]
    athena = Clients(guarded.endpoint_url).of_service("quicksight.amazonaws.com").client("athena", role["Arn"])
    sql = f'SELECT count(*) FROM "{guarded.outputs["database"]}"."orders_processed"'
    query = athena.start_query_execution(QueryString=sql, WorkGroup=guarded.outputs["workgroup"])["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.05)
    assert status["State"] == "SUCCEEDED", status


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_role_whose_own_policy_allows_everything_is_refused(guarded: LocalStack, bucket: str) -> None:
    iam, name = guarded.client("iam"), OUTSIDER.rpartition("/")[2]
    if name not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}
        trust = {"Version": "2012-10-17", "Statement": [statement]}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        everything = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=document)
    s3 = Clients(guarded.endpoint_url).of_service("glue.amazonaws.com").client("s3", OUTSIDER)
    place = {"Bucket": guarded.outputs[bucket]}
    for call in (
        lambda: s3.put_object(**place, Key="orders/x", Body=b"x"),
        lambda: s3.get_object(**place, Key="orders/x"),
        lambda: s3.delete_object(**place, Key="orders/x"),
        lambda: s3.list_objects_v2(**place),
    ):
        with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
            call()


def test_every_role_that_may_touch_objects_of_a_bucket_is_admitted_there_and_no_other(guarded: LocalStack) -> None:
    iam, s3 = guarded.client("iam"), guarded.client("s3")
    policies = {}
    for role in iam.list_roles()["Roles"]:
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
            policies[role["Arn"]] = json.dumps(document)
    for bucket in BUCKETS:
        name = guarded.outputs[bucket]
        needing = {role for role, policy in policies.items() if f'"arn:aws:s3:::{name}' in policy}
        _, refusal = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
        admitted = set(refusal["Condition"]["ArnNotLike"]["aws:PrincipalArn"])
        assert needing
        assert admitted == needing | {ROOT_USER, f"{OUTSIDER}-not-*"}
