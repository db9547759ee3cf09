"""A deployer that is killed at any moment: the next one goes on from there, and nothing is left over."""

import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from rapid.local.cloud import LocalCloud
from rapid.local.deploy.deployment import Deployment, ResourceRecord

from .deploy_rig import Rig, is_write, write_project

pytestmark = pytest.mark.aws(
    "Pulumi deployer",
    "Interrupted deployments",
    "https://www.pulumi.com/docs/iac/operations/troubleshooting/interrupted-updates/",
)
ROOT = Path(__file__).parents[3]

# Resources whose ids AWS makes up, resources known by their names, and some that are put onto others.
PROGRAM = """
import json
import pulumi, pulumi_aws as aws

bucket = aws.s3.Bucket("data", force_destroy=True)
aws.s3.BucketVersioning("versions", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"})
aws.s3.BucketObjectv2("object", bucket=bucket.bucket, key="a", content="MARK")
role = aws.iam.Role("role", description="MARK", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}))
queue = aws.sqs.Queue("queue", tags={"mark": "MARK"})
group = aws.cloudwatch.LogGroup("group", name="fixed", retention_in_days=7)
database = aws.glue.CatalogDatabase("lake", description="MARK")
query = aws.athena.NamedQuery("top", database=database.name, query="SELECT 'MARK'")
api = aws.apigateway.RestApi("api", description="MARK", body=json.dumps({"openapi": "3.0.1",
    "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {"responses": {}, "x-amazon-apigateway-integration":
    {"type": "mock", "passthroughBehavior": "never", "requestTemplates": {"application/json": '{"statusCode": 200}'},
     "responses": {"default": {"statusCode": "200"}}}}}}}))
deployment = aws.apigateway.Deployment("deployment", rest_api=api.id, triggers={"mark": "MARK"},
    opts=pulumi.ResourceOptions(depends_on=[api]))
stage = aws.apigateway.Stage("stage", rest_api=api.id, deployment=deployment.id, stage_name="v1")
key = aws.apigateway.ApiKey("key", description="MARK")
plan = aws.apigateway.UsagePlan("plan", api_stages=[{"api_id": api.id, "stage": stage.stage_name}])
aws.apigateway.UsagePlanKey("joined", key_id=key.id, key_type="API_KEY", usage_plan_id=plan.id)
aws.quicksight.DataSource("source", data_source_id="lake", name="MARK", type="ATHENA",
    parameters={"athena": {"work_group": "primary"}})
pulumi.export("bucket", bucket.bucket)
"""


class Life:
    """Between a deployer and a local cloud: from one request on, the deployer is dead to the cloud."""

    def __init__(self, application):
        self._application = application
        self._left = math.inf
        self._is_carried_out = True
        self.writes = 0
        self.on_write = None

    def ends_at(self, write, is_carried_out):
        """The n-th request that changes something is the last one; the deployer does not hear what became of it."""
        self._left, self._is_carried_out, self.writes = write, is_carried_out, 0

    def goes_on(self):
        self._left, self.writes = math.inf, 0

    def __call__(self, environ, start_response):
        if self._left <= 0:
            return self._silence(start_response)
        if not is_write(environ):
            return self._application(environ, start_response)
        self.writes += 1
        self._left -= 1
        if self.on_write:
            self.on_write(self.writes)
        if self._left > 0:
            return self._application(environ, start_response)
        if self._is_carried_out:
            list(self._application(environ, lambda *_answer: None))
        return self._silence(start_response)

    def _silence(self, start_response):
        start_response("410 Gone", [("Content-Length", "0")])
        return [b""]


@pytest.fixture(scope="module")
def life():
    with LocalCloud(0) as cloud:
        cloud._http.application = Life(cloud._http.application)
        yield Rig(cloud.url, cloud.clients), cloud._http.application


def inventory(cloud):
    """How many there are of each kind of thing."""
    client = cloud.client
    gateway, s3 = client("apigateway"), client("s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    apis = [api["id"] for api in gateway.get_rest_apis()["items"]]
    found = {
        "buckets": buckets,
        "objects": [item for name in buckets for item in s3.list_object_versions(Bucket=name).get("Versions", [])],
        "roles": client("iam").list_roles()["Roles"],
        "queues": client("sqs").list_queues().get("QueueUrls", []),
        "groups": client("logs").describe_log_groups()["logGroups"],
        "databases": client("glue").get_databases()["DatabaseList"],
        "queries": client("athena").list_named_queries()["NamedQueryIds"],
        "apis": apis,
        "deployments": [item for id_ in apis for item in gateway.get_deployments(restApiId=id_)["items"]],
        "stages": [item for id_ in apis for item in gateway.get_stages(restApiId=id_)["item"]],
        "keys": gateway.get_api_keys()["items"],
        "plans": gateway.get_usage_plans()["items"],
        "sources": client("quicksight").list_data_sources(AwsAccountId="123456789012")["DataSources"],
    }
    return {kind: len(items) for kind, items in found.items() if items}


ONE_OF_EACH = dict.fromkeys(
    ("buckets", "objects", "roles", "queues", "groups", "databases", "queries", "apis", "deployments", "stages", "keys",
     "plans", "sources"),
    1,
)  # fmt: skip


def deploy(cloud, folder, mark="one"):
    return cloud.deploy(folder, PROGRAM.replace("MARK", mark))


def destroy(cloud, folder):
    outcome = cloud.run(folder, "--action", "destroy")
    assert outcome.status == 0, outcome.errors
    assert inventory(cloud) == {}
    assert outcome.record == {}


# A deployment of the program is 49 requests that change something, a destruction as many; where each of these moments
# falls differs, and the last request was carried out or not.
MOMENTS = [(3, True), (19, True), (30, False), (46, True)]


@pytest.mark.parametrize(("write", "is_carried_out"), MOMENTS)
def test_after_a_first_deployment_that_was_killed_the_next_one_ends_with_one_of_each(
    life, tmp_path, write, is_carried_out
):
    cloud, line = life
    line.ends_at(write, is_carried_out)
    assert deploy(cloud, tmp_path).status == 1
    line.goes_on()
    outcome = deploy(cloud, tmp_path)
    assert outcome.status == 0, outcome.errors
    assert inventory(cloud) == ONE_OF_EACH
    assert outcome.record["pending"] == outcome.record["leftovers"] == []
    assert outcome.record["status"] == "succeeded"
    destroy(cloud, tmp_path)


@pytest.mark.parametrize(("write", "is_carried_out"), [(1, True), (19, False), (40, True)])
def test_a_first_deployment_that_was_killed_can_be_destroyed(life, tmp_path, write, is_carried_out):
    cloud, line = life
    line.ends_at(write, is_carried_out)
    deploy(cloud, tmp_path)
    line.goes_on()
    destroy(cloud, tmp_path)


@pytest.mark.parametrize(("write", "is_carried_out"), [(4, False), (12, True), (24, True)])
def test_after_a_second_deployment_that_was_killed_the_next_one_has_every_edit(life, tmp_path, write, is_carried_out):
    cloud, line = life
    deploy(cloud, tmp_path)
    line.ends_at(write, is_carried_out)
    assert deploy(cloud, tmp_path, "two").status == 1
    line.goes_on()
    outcome = deploy(cloud, tmp_path, "two")
    assert outcome.status == 0, outcome.errors
    assert {**inventory(cloud), "objects": 1} == ONE_OF_EACH
    s3, iam = cloud.client("s3"), cloud.client("iam")
    assert s3.get_object(Bucket=outcome.output("bucket"), Key="a")["Body"].read() == b"two"
    assert iam.list_roles()["Roles"][0]["Description"] == "two"
    destroy(cloud, tmp_path)


@pytest.mark.parametrize(("write", "is_carried_out"), [(5, True), (20, False)])
def test_after_a_destruction_that_was_killed_a_deployment_has_one_of_each_again(life, tmp_path, write, is_carried_out):
    cloud, line = life
    deploy(cloud, tmp_path)
    line.ends_at(write, is_carried_out)
    cloud.run(tmp_path, "--action", "destroy")
    line.goes_on()
    outcome = deploy(cloud, tmp_path)
    assert outcome.status == 0, outcome.errors
    assert inventory(cloud) == ONE_OF_EACH
    destroy(cloud, tmp_path)


@pytest.mark.aws(
    "Pulumi deployer",
    "Retained resources",
    "https://www.pulumi.com/docs/iac/concepts/resources/options/retainondelete/",
)
def test_what_was_to_be_retained_when_a_deployment_was_killed_is_retained(life, tmp_path):
    cloud, line = life
    line.goes_on()
    queue = "aws.sqs.Queue('{}', opts=pulumi.ResourceOptions(retain_on_delete={}))"
    imports = "import pulumi, pulumi_aws as aws\n"
    kept, gone = queue.format("kept", True), queue.format("gone", False)
    cloud.deploy(tmp_path, f"{imports}{kept}\n{gone}")
    for writes in range(1, 6):
        line.ends_at(writes, True)
        cloud.deploy(tmp_path, imports)
        line.goes_on()
    cloud.deploy(tmp_path, imports)
    queues = cloud.client("sqs").list_queues()["QueueUrls"]
    assert [url.rpartition("/")[2].partition("-")[0] for url in queues] == ["kept"]
    cloud.client("sqs").delete_queue(QueueUrl=queues[0])
    destroy(cloud, tmp_path)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_a_deployer_process_that_is_killed_or_interrupted_leaves_what_the_next_one_finishes(life, tmp_path, ending):
    cloud, line = life
    write_project(tmp_path, PROGRAM.replace("MARK", "one"))
    command = [sys.executable, "-m", "rapid.local.deploy", "--stack", "dev", "--endpoint", cloud.url]
    line.goes_on()
    with subprocess.Popen(
        [*command, "--project", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        line.on_write = lambda count: process.send_signal(ending) if count == 21 else None
        told, shown = process.communicate(timeout=600)
    line.on_write = None
    assert "Traceback" not in shown
    assert process.returncode != 0
    if ending is signal.SIGINT:
        last = json.loads(told.splitlines()[-1])
        assert last["failures"][0]["error"] == "deploy was interrupted; run it again, and it goes on from what there is"
    assert inventory(cloud) not in ({}, ONE_OF_EACH)
    outcome = deploy(cloud, tmp_path)
    assert outcome.status == 0, outcome.errors
    assert inventory(cloud) == ONE_OF_EACH

    write_project(tmp_path, PROGRAM.replace("MARK", "two"))
    line.writes = 0
    with subprocess.Popen([*command, "--project", str(tmp_path)], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        line.on_write = lambda count: process.send_signal(ending) if count == 5 else None
        assert process.wait(600) != 0
    line.on_write = None
    assert cloud.record()["outputs"] == outcome.record["outputs"] != {}
    destroy(cloud, tmp_path)


def test_what_an_interrupted_deployment_had_under_way_is_shown_by_a_preview_and_left_as_it_is(life, tmp_path):
    cloud, line = life
    line.ends_at(3, True)
    deploy(cloud, tmp_path)
    line.goes_on()
    before = inventory(cloud)
    line.writes = 0
    preview = cloud.deploy(tmp_path, PROGRAM.replace("MARK", "one"), options=["--action", "preview"])
    plans = [(event["name"], event["operation"]) for event in preview.events if event["event"] == "plan"]
    assert ("data", "create") in plans
    assert ("data", "delete") in plans
    assert line.writes == 0
    assert inventory(cloud) == before
    destroy(cloud, tmp_path)


@pytest.mark.aws(
    "Pulumi deployer",
    "Interrupted deployments",
    "https://www.pulumi.com/docs/iac/operations/troubleshooting/update-conflicts/",
)
def test_a_stack_that_another_deployer_is_changing_is_left_alone(life, tmp_path):
    cloud, line = life
    line.goes_on()
    deploy(cloud, tmp_path)
    url = f"{cloud.url}/_rapid/stacks/dev"
    # A process that runs and is none of ours.
    urllib3.request("PATCH", url, json={"status": "under way", "process_id": os.getppid()})
    for action in ("deploy", "destroy", "preview"):
        outcome = cloud.run(tmp_path, "--action", action)
        assert f"stack dev is being changed by another deployer, process {os.getppid()}" in str(outcome.errors)
    urllib3.request("PATCH", url, json={"process_id": None})
    destroy(cloud, tmp_path)


def test_what_an_interrupted_deployment_made_and_could_not_be_looked_for_is_looked_for_again():
    api = ResourceRecord("aws:apigateway/restApi:RestApi", "api", "urn", "", "", (), {})
    made = replace(api, id="abc")
    record = Deployment("project", "dev", leftovers=[api, made]).as_record()
    found = Deployment.from_record(record)
    assert (found.pending, found.leftovers) == ([api], [made])


EDGE = """
import pulumi_aws as aws

control = aws.cloudfront.OriginAccessControl("site", origin_access_control_origin_type="s3", signing_behavior="always",
    signing_protocol="sigv4")
headers = aws.cloudfront.ResponseHeadersPolicy("site", comment="MARK",
    security_headers_config={"content_type_options": {"override": True}})
aws.cloudfront.Distribution("site", enabled=True, comment="MARK",
    origins=[{"origin_id": "s", "domain_name": "b.s3.us-east-1.amazonaws.com", "origin_access_control_id": control.id}],
    default_cache_behavior={"target_origin_id": "s", "viewer_protocol_policy": "https-only", "allowed_methods": ["GET",
        "HEAD"], "cached_methods": ["GET", "HEAD"], "response_headers_policy_id": headers.id,
        "cache_policy_id": "658327ea-f89d-4fab-a63d-7e88639e58f6"},
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"cloudfront_default_certificate": True})
"""


# Ids that AWS makes up, and what cannot be deleted at once. A deployment is 11 requests that change something; the last
# one was carried out, and nobody heard of it.
@pytest.mark.parametrize("write", [2, 5, 8, 11])
def test_a_distribution_and_what_it_uses_are_found_again_after_a_deployment_that_was_killed(life, tmp_path, write):
    cloud, line = life
    cloudfront = cloud.client("cloudfront")

    def count():
        return [
            cloudfront.list_distributions()["DistributionList"]["Quantity"],
            cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Quantity"],
            cloudfront.list_response_headers_policies()["ResponseHeadersPolicyList"]["Quantity"],
        ]

    line.ends_at(write, True)
    assert cloud.deploy(tmp_path, EDGE).status == 1
    line.goes_on()
    outcome = cloud.deploy(tmp_path, EDGE)
    assert (outcome.status, count()) == (0, [1, 1, 1]), outcome.errors
    line.ends_at(write, True)
    cloud.run(tmp_path, "--action", "destroy")
    line.goes_on()
    assert (cloud.run(tmp_path, "--action", "destroy").status, count()) == (0, [0, 0, 0])
