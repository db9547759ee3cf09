"""An edit of any property of the stack's resources is carried out in place, or by a replacement, as AWS has it."""

import base64
import hashlib
import io
import json
import zipfile

import pytest

from rapid.local.cloud import LocalCloud
from rapid.local.deploy.deployment import ResourceRecord
from rapid.local.deploy.resources import TABLE, row_of
from rapid.local.deploy.steps import Operation, step_to

from .deploy_rig import Rig, write_project
from .provider_schema import SCHEMAS

pytestmark = pytest.mark.aws("Pulumi deployer", "Updates", "https://www.pulumi.com/docs/iac/concepts/how-pulumi-works/")

PROPERTIES = [
    (token, name, operation)
    for token, schema in SCHEMAS.items()
    for names, operation in ((schema.updated, Operation.UPDATE), (schema.forcing, Operation.REPLACE))
    for name in names.split()
]


@pytest.mark.parametrize(
    ("token", "name", "operation"), PROPERTIES, ids=lambda value: value if isinstance(value, str) else value.value
)
def test_an_edited_property_is_updated_in_place_or_forces_a_replacement_as_the_provider_says(token, name, operation):
    before = ResourceRecord(token, "r", f"urn:{token}", "id", "", (), outputs={}, inputs={name: "before"})
    assert step_to(row_of(token), before, {name: "after"}).operation is operation
    assert step_to(row_of(token), before, {}).operation is operation


def test_every_resource_type_that_can_be_deployed_has_its_properties_looked_up():
    assert set(TABLE) == set(SCHEMAS)


def test_dynamic_partitioning_cannot_be_switched_on_for_a_stream_that_exists():
    before = {"extendedS3Configuration": {"prefix": "a/"}}
    after = {"extendedS3Configuration": {"prefix": "a/", "dynamicPartitioningConfiguration": {"enabled": True}}}
    token = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
    record = ResourceRecord(token, "r", "urn", "id", "", (), outputs={}, inputs=before)
    assert step_to(row_of(token), record, after).operation is Operation.REPLACE


def trust(service):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{service}.amazonaws.com"}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action):
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def deny(action):
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::edited-data/no/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def openapi(path):
    responses = {"default": {"statusCode": "200"}}
    templates = {"application/json": '{"statusCode": 200}'}
    integration = {"type": "mock", "passthroughBehavior": "never", "requestTemplates": templates}
    operation = {"responses": {}, "x-amazon-apigateway-integration": {**integration, "responses": responses}}
    info = {"title": "edited", "version": "1"}
    return json.dumps({"openapi": "3.0.1", "info": info, "paths": {path: {"post": operation}}})


def dashboards(name):
    data_set = {"Identifier": "a", "DataSetArn": "arn:aws:quicksight:us-east-1:123456789012:dataset/edited"}
    sheets = [{"SheetId": "one", "Name": "One", "Visuals": []}]
    definition = {"DataSetIdentifierDeclarations": [data_set], "Sheets": sheets}
    properties = {"AwsAccountId": "123456789012", "DashboardId": "edited", "Name": name, "Definition": definition}
    return json.dumps({"Resources": {"One": {"Type": "AWS::QuickSight::Dashboard", "Properties": properties}}})


def looking_back(days):
    window = {"column_name": "at", "size": days, "size_unit": "DAY"}
    return {"refresh_configuration": {"incremental_refresh": {"lookback_window": window}}}


def weekly(day):
    frequency = {"interval": "WEEKLY", "refresh_on_day": {"day_of_week": day}, "time_of_the_day": "03:00"}
    return {"refresh_type": "FULL_REFRESH", "schedule_frequency": {**frequency, "timezone": "UTC"}}


def colored(color):
    return {"data_color_palette": {"colors": [color] * 8, "min_max_gradients": ["#FFFFFF", color]}}


def s3_destination(interval_seconds, **more):
    return {"bucket_arn": "arn:aws:s3:::edited-data", "role_arn": ROLE, "buffering_interval": interval_seconds, **more}


ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/edited"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:edited"
TAGS = {"team": "kitchen", "tier": "one"}
OTHER_TAGS = {"team": "bar"}
COLUMNS = [{"name": "price", "type": "double"}]
MORE_COLUMNS = [*COLUMNS, {"name": "tip", "type": "double"}]
RESULTS = {"output_location": "s3://edited-data/results/", "encryption_configuration": {"encryption_option": "SSE_S3"}}

THRESHOLD = {"comparison_operator": "GREATER_THAN", "threshold_type": "PERCENTAGE"}
COUNTED = {"cloudwatch_metrics_enabled": True, "metric_name": "edited", "sampled_requests_enabled": False}
METRIC = {"metric_name": "Errors", "namespace": "AWS/Lambda", "period": 60, "stat": "Sum"}


def notification(percent, address):
    recipients = {"subscriber_email_addresses": [address], "subscriber_sns_topic_arns": []}
    return {**THRESHOLD, "notification_type": "ACTUAL", "threshold": percent, **recipients}


def publishing(service):
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sns:Publish"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": TOPIC}]})


def limit_of(requests):
    match = {
        "field_to_match": {"uri_path": {}},
        "positional_constraint": "CONTAINS",
        "search_string": "/one",
        "text_transformations": [{"priority": 0, "type": "NONE"}],
    }
    limited = {"limit": requests, "aggregate_key_type": "IP", "scope_down_statement": {"byte_match_statement": match}}
    return {
        "name": "limit",
        "priority": 0,
        "action": {"block": {}},
        "statement": {"rate_based_statement": limited},
        "visibility_config": COUNTED,
    }


def using_key(service):
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "kms:Decrypt"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]})


# A resource, one of its properties, the value before and the value after.
EDITS = {
    ("alarm", "alarm_actions"): ([TOPIC], []),
    ("alarm", "alarm_description"): ("one", "two"),
    ("alarm", "dimensions"): ({"FunctionName": "one"}, {"FunctionName": "two"}),
    ("alarm", "tags"): (TAGS, OTHER_TAGS),
    ("alarm", "threshold"): (1, 2),
    ("alarm", "treat_missing_data"): ("breaching", None),
    ("budget", "limit_amount"): ("100", "200"),
    ("budget", "notifications"): ([notification(50, "a@example.com")], [notification(80, "b@example.com")]),
    ("budget", "tags"): (TAGS, OTHER_TAGS),
    ("math", "metric_queries"): (
        [{"id": "e", "return_data": True, "metric": {**METRIC, "dimensions": {"FunctionName": "one"}}}],
        [{"id": "e", "metric": METRIC}, {"id": "rate", "expression": "e * 2", "return_data": True}],
    ),
    ("topic", "display_name"): ("one", None),
    ("topic", "tags"): (TAGS, OTHER_TAGS),
    ("topic_policy", "policy"): (publishing("cloudwatch"), publishing("events")),
    ("widgets", "dashboard_body"): (json.dumps({"widgets": []}), json.dumps({"start": "-PT1H", "widgets": []})),
    ("web_acl", "description"): ("one", "two"),
    ("web_acl", "rules"): ([limit_of(100)], [limit_of(200)]),
    ("web_acl", "tags"): (TAGS, OTHER_TAGS),
    ("api", "body"): (openapi("/one"), openapi("/two")),
    ("api", "description"): ("one", "two"),
    ("api", "endpoint_configuration"): ({"types": "REGIONAL"}, {"types": "EDGE"}),
    ("api", "tags"): (TAGS, OTHER_TAGS),
    ("bucket", "tags"): (TAGS, OTHER_TAGS),
    ("database", "description"): ("one", "two"),
    ("database", "tags"): (TAGS, OTHER_TAGS),
    ("encryption", "rules"): (
        [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        [{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms"}}],
    ),
    ("function", "architectures"): (["x86_64"], ["arm64"]),
    ("function", "code"): ("A = 1", "A = 2"),
    ("function", "description"): ("one", "two"),
    ("function", "environment"): ({"variables": {"AB": "1"}}, None),
    ("function", "memory_size"): (128, 256),
    ("function", "runtime"): ("python3.13", "python3.14"),
    ("function", "tags"): (TAGS, OTHER_TAGS),
    ("function", "timeout"): (3, 9),
    ("events", "encryption_type"): ("KMS", "NONE"),
    ("events", "kms_key_id"): ("alias/aws/kinesis", None),
    ("events", "max_record_size_in_kib"): (1024, 2048),
    ("events", "retention_period"): (24, 48),
    ("events", "shard_count"): (1, 2),
    ("events", "tags"): (TAGS, OTHER_TAGS),
    ("history", "encryption_type"): (None, "KMS"),
    ("history", "kms_key_id"): (None, "alias/aws/kinesis"),
    ("history", "retention_period"): (48, None),
    ("history", "shard_count"): (4, 2),
    ("group", "retention_in_days"): (7, 14),
    ("group", "tags"): (TAGS, OTHER_TAGS),
    ("job", "default_arguments"): ({"--a": "1"}, {"--a": "2"}),
    ("job", "number_of_workers"): (2, 3),
    ("job", "tags"): (TAGS, OTHER_TAGS),
    ("job", "timeout"): (60, 30),
    ("key", "description"): ("one", "two"),
    ("key", "enabled"): (True, False),
    ("key", "tags"): (TAGS, OTHER_TAGS),
    ("lifecycle", "rules"): (
        [{"id": "a", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 1}}],
        [{"id": "a", "status": "Enabled", "filter": {"prefix": "a/"}, "expiration": {"days": 2}}],
    ),
    ("object", "content"): ("one", "two"),
    ("public", "block_public_acls"): (True, False),
    ("bucket_policy", "policy"): (deny("s3:PutObject"), deny("s3:DeleteObject")),
    ("plan", "description"): ("one", "two"),
    ("plan", "quota_settings"): ({"limit": 10, "period": "DAY"}, {"limit": 20, "period": "WEEK"}),
    ("plan", "tags"): (TAGS, OTHER_TAGS),
    ("policy", "policy"): (allow("s3:GetObject"), allow("s3:PutObject")),
    ("pseudonyms", "description"): ("one", "two"),
    ("pseudonyms", "enable_key_rotation"): (False, True),
    ("pseudonyms", "policy"): (using_key("cloudwatch"), using_key("events")),
    ("pseudonyms", "tags"): (TAGS, OTHER_TAGS),
    ("queue_policy", "policy"): (deny("sqs:SendMessage"), deny("sqs:ReceiveMessage")),
    ("queue", "message_retention_seconds"): (60, 120),
    ("queue", "max_message_size"): (1024, None),
    ("queue", "tags"): (TAGS, OTHER_TAGS),
    ("role", "assume_role_policy"): (trust("lambda"), trust("firehose")),
    ("role", "description"): ("one", None),
    ("role", "max_session_duration"): (3600, 7200),
    ("role", "tags"): (TAGS, OTHER_TAGS),
    ("secret", "description"): ("one", "two"),
    ("secret", "tags"): (TAGS, OTHER_TAGS),
    ("set", "name"): ("one", "two"),
    ("settings", "settings"): (
        {"throttling_rate_limit": 1.5, "throttling_burst_limit": 3},
        {"throttling_rate_limit": 2.5},
    ),
    ("set", "refresh_properties"): (looking_back(8), looking_back(3)),
    ("source", "name"): ("one", "two"),
    ("people", "description"): ("one", "two"),
    ("refresh", "schedule"): (weekly("SUNDAY"), weekly("MONDAY")),
    ("theme", "configuration"): (colored("#000000"), colored("#0000FF")),
    ("theme", "name"): ("one", "two"),
    ("stack", "template_body"): (dashboards("one"), dashboards("two")),
    ("stack", "tags"): (TAGS, OTHER_TAGS),
    ("stage", "tags"): (TAGS, OTHER_TAGS),
    ("stream", "extended_s3_configuration"): (s3_destination(60), s3_destination(90, prefix="two/")),
    ("stream", "server_side_encryption"): ({"enabled": True}, {"enabled": False}),
    ("stream", "tags"): (TAGS, OTHER_TAGS),
    ("table", "parameters"): ({"classification": "parquet"}, {"classification": "json"}),
    ("table", "storage_descriptor"): ({"columns": COLUMNS}, {"columns": MORE_COLUMNS}),
    ("versioning", "versioning_configuration"): ({"status": "Enabled"}, {"status": "Suspended"}),
    ("workgroup", "configuration"): (
        {"bytes_scanned_cutoff_per_query": 20_000_000, "result_configuration": RESULTS},
        {"result_configuration": {**RESULTS, "output_location": "s3://edited-data/other/"}},
    ),
    ("workgroup", "description"): ("one", "two"),
    ("workgroup", "tags"): (TAGS, OTHER_TAGS),
}

PROGRAM = """
import json, pathlib
import pulumi, pulumi_aws as aws

VALUES = json.loads(pathlib.Path("values.json").read_text())
ROLE = "arn:aws:iam::123456789012:role/edited"

def given(name):
    return VALUES[name]

role = aws.iam.Role("role", name="edited", **given("role"))
aws.iam.RolePolicy("policy", role=role.name, **given("policy"))
bucket = aws.s3.Bucket("bucket", bucket="edited-data", force_destroy=True, **given("bucket"))
versioning = aws.s3.BucketVersioning("versioning", bucket=bucket.bucket, **given("versioning"))
aws.s3.BucketServerSideEncryptionConfiguration("encryption", bucket=bucket.bucket, **given("encryption"))
aws.s3.BucketPublicAccessBlock("public", bucket=bucket.bucket, **given("public"))
aws.s3.BucketPolicy("bucket_policy", bucket=bucket.bucket, **given("bucket_policy"))
aws.s3.BucketLifecycleConfiguration("lifecycle", bucket=bucket.bucket, **given("lifecycle"))
aws.s3.BucketObjectv2("object", bucket=bucket.bucket, key="k", **given("object"))
aws.cloudwatch.LogGroup("group", name="edited", **given("group"))
queue = aws.sqs.Queue("queue", name="edited", **given("queue"))
aws.sqs.QueuePolicy("queue_policy", queue_url=queue.url, **given("queue_policy"))
aws.secretsmanager.Secret("secret", name="edited", **given("secret"))
database = aws.glue.CatalogDatabase("database", name="edited", **given("database"))
aws.glue.CatalogTable("table", name="edited", database_name=database.name, **given("table"))
aws.glue.Job("job", name="edited", role_arn=role.arn, glue_version="5.1", worker_type="G.1X",
    command={"name": "glueetl", "script_location": "s3://edited-data/job.py"}, **given("job"))
aws.athena.Workgroup("workgroup", name="edited", **given("workgroup"))
code = given("function").pop("code")
aws.lambda_.Function("function", name="edited", role=role.arn, handler="handler.handler",
    code=pulumi.AssetArchive({"handler.py": pulumi.StringAsset(code)}), **given("function"))
aws.kinesis.FirehoseDeliveryStream("stream", name="edited", destination="extended_s3", **given("stream"),
    opts=pulumi.ResourceOptions(depends_on=[bucket]))
aws.kinesis.Stream("events", name="edited", **given("events"))
aws.kinesis.Stream("history", name="history", **given("history"))
api = aws.apigateway.RestApi("api", name="edited", **given("api"))
deployment = aws.apigateway.Deployment("deployment", rest_api=api.id)
stage = aws.apigateway.Stage("stage", rest_api=api.id, deployment=deployment.id, stage_name="v1", **given("stage"))
aws.apigateway.MethodSettings("settings", rest_api=api.id, stage_name=stage.stage_name, method_path="*/*",
    **given("settings"))
web_acl = aws.wafv2.WebAcl("web_acl", name="edited", scope="REGIONAL", default_action={"allow": {}},
    visibility_config={"cloudwatch_metrics_enabled": True, "metric_name": "edited", "sampled_requests_enabled": False},
    **given("web_acl"))
aws.wafv2.WebAclAssociation("association", web_acl_arn=web_acl.arn, resource_arn=stage.arn)
key = aws.apigateway.ApiKey("key", name="edited", **given("key"))
plan = aws.apigateway.UsagePlan("plan", name="edited", api_stages=[{"api_id": api.id, "stage": stage.stage_name}],
    **given("plan"))
source = aws.quicksight.DataSource("source", data_source_id="edited", type="ATHENA",
    parameters={"athena": {"work_group": "edited"}}, **given("source"))
data = aws.quicksight.DataSet("set", data_set_id="edited", import_mode="SPICE", physical_table_maps=[
    {"physical_table_map_id": "a", "custom_sql": {"data_source_arn": source.arn, "name": "a", "sql_query": "SELECT 1",
     "columns": [{"name": "price", "type": "DECIMAL"}, {"name": "at", "type": "DATETIME"}]}}], **given("set"))
aws.quicksight.RefreshSchedule("refresh", data_set_id=data.data_set_id, schedule_id="edited", **given("refresh"))
aws.quicksight.Theme("theme", theme_id="edited", base_theme_id="CLASSIC", **given("theme"))
aws.quicksight.Group("people", group_name="edited", **given("people"))
aws.cloudformation.Stack("stack", name="edited", **given("stack"), opts=pulumi.ResourceOptions(depends_on=[data]))
pseudonyms = aws.kms.Key("pseudonyms", **given("pseudonyms"))
aws.cloudwatch.MetricAlarm("alarm", name="edited", comparison_operator="GreaterThanThreshold", evaluation_periods=1,
    metric_name="Errors", namespace="AWS/Lambda", period=60, statistic="Sum", **given("alarm"))
aws.cloudwatch.MetricAlarm("math", name="math", comparison_operator="GreaterThanThreshold", evaluation_periods=1,
    threshold=1, **given("math"))
aws.cloudwatch.Dashboard("widgets", dashboard_name="edited", **given("widgets"))
topic = aws.sns.Topic("topic", name="edited", **given("topic"))
aws.sns.TopicPolicy("topic_policy", arn=topic.arn, **given("topic_policy"))
aws.sns.TopicSubscription("subscription", topic=topic.arn, protocol="email", endpoint="operator@example.com")
aws.budgets.Budget("budget", name="edited", budget_type="COST", time_unit="MONTHLY", limit_unit="USD",
    **given("budget"))
ids = {"api": api.id, "key": key.id, "plan": plan.id, "pseudonyms": pseudonyms.id, "queue": queue.url}
for name, value in ids.items():
    pulumi.export(name, value)
"""


def values(place):
    """The values before (0) or after (1) the edits, by resource."""
    by_resource = {}
    for (resource, name), pair in EDITS.items():
        by_resource.setdefault(resource, {})[name] = pair[place]
    return json.dumps(by_resource)


@pytest.fixture(scope="module")
def cloud():
    with LocalCloud(0) as made:
        yield Rig(made.url, made.clients)


@pytest.fixture(scope="module")
def edited(cloud, tmp_path_factory):
    """What was told and left by a deployment after all of the edits."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "values.json").write_text(values(0))
    first = cloud.deploy(folder, PROGRAM)
    assert first.status == 0, first.errors
    (folder / "values.json").write_text(values(1))
    second = cloud.deploy(folder, PROGRAM)
    assert second.status == 0, second.errors
    return second


def test_edited_resources_are_updated_and_those_around_them_are_left_as_they_are(edited):
    assert set(edited.told("updated")) == {resource for resource, _name in EDITS}
    assert set(edited.told("unchanged")) == {"association", "deployment", "subscription"}
    assert edited.created == edited.told("replaced") == edited.told("deleted") == []


def pairs(tags):
    return {tag.get("Key", tag.get("TagKey")): tag.get("Value", tag.get("TagValue")) for tag in tags}


class Readings:
    """What AWS says of each edited resource."""

    def __init__(self, cloud, outcome):
        self._client = cloud.client
        self._outcome = outcome

    def of(self, resource):
        return getattr(self, resource)()

    def _out(self, name):
        return self._outcome.output(name)

    def _alarm(self, name):
        return self._client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]

    def alarm(self):
        found = self._alarm("edited")
        tags = self._client("cloudwatch").list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
        return {
            **found,
            "dimensions": {item["Name"]: item["Value"] for item in found["Dimensions"]},
            "tags": pairs(tags),
        }

    def math(self):
        return {"metricQueries": self._alarm("math")["Metrics"]}

    def budget(self):
        budgets, place = self._client("budgets"), {"AccountId": ACCOUNT, "BudgetName": "edited"}
        told = [
            (
                item["Threshold"],
                budgets.describe_subscribers_for_notification(**place, Notification=item)["Subscribers"],
            )
            for item in budgets.describe_notifications_for_budget(**place)["Notifications"]
        ]
        tags = budgets.list_tags_for_resource(ResourceARN=f"arn:aws:budgets::{ACCOUNT}:budget/edited")["ResourceTags"]
        limit = budgets.describe_budget(**place)["Budget"]["BudgetLimit"]["Amount"]
        return {"limitAmount": limit, "notifications": told, "tags": pairs(tags)}

    def web_acl(self):
        waf = self._client("wafv2")
        [found] = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
        place = {"Name": found["Name"], "Id": found["Id"], "Scope": "REGIONAL"}
        tags = waf.list_tags_for_resource(ResourceARN=found["ARN"])["TagInfoForResource"]["TagList"]
        web_acl = waf.get_web_acl(**place)["WebACL"]
        limits = [it["Statement"]["RateBasedStatement"]["Limit"] for it in web_acl["Rules"]]
        return {**web_acl, "rules": limits, "tags": pairs(tags)}

    def topic(self):
        sns = self._client("sns")
        tags = sns.list_tags_for_resource(ResourceArn=TOPIC)["Tags"]
        return {**sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"], "tags": pairs(tags)}

    def topic_policy(self):
        return self.topic()

    def widgets(self):
        return self._client("cloudwatch").get_dashboard(DashboardName="edited")

    def api(self):
        gateway, id_ = self._client("apigateway"), self._out("api")
        found = gateway.get_rest_api(restApiId=id_)
        paths = {item["path"] for item in gateway.get_resources(restApiId=id_)["items"]}
        return {**found, "body": sorted(paths), "endpointConfiguration": found["endpointConfiguration"]["types"]}

    def bucket(self):
        return {"tags": pairs(self._client("s3").get_bucket_tagging(Bucket="edited-data")["TagSet"])}

    def bucket_policy(self):
        policy = json.loads(self._client("s3").get_bucket_policy(Bucket="edited-data")["Policy"])
        return {"policy": policy["Statement"][0]["Action"]}

    def database(self):
        glue = self._client("glue")
        tags = glue.get_tags(ResourceArn=f"arn:aws:glue:us-east-1:{ACCOUNT}:database/edited")["Tags"]
        return {**glue.get_database(Name="edited")["Database"], "tags": tags}

    def encryption(self):
        found = self._client("s3").get_bucket_encryption(Bucket="edited-data")["ServerSideEncryptionConfiguration"]
        return {"rules": found["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]}

    def function(self):
        found = self._client("lambda").get_function(FunctionName="edited")
        configuration = found["Configuration"]
        environment = configuration.get("Environment", {}).get("Variables", {})
        more = {"environment": environment, "tags": found["Tags"]}
        return {**configuration, **more, "code": configuration["CodeSha256"]}

    def group(self):
        logs = self._client("logs")
        tags = logs.list_tags_for_resource(resourceArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:edited")["tags"]
        return {**logs.describe_log_groups(logGroupNamePrefix="edited")["logGroups"][0], "tags": tags}

    def job(self):
        glue = self._client("glue")
        tags = glue.get_tags(ResourceArn=f"arn:aws:glue:us-east-1:{ACCOUNT}:job/edited")["Tags"]
        return {**glue.get_job(JobName="edited")["Job"], "tags": tags}

    def key(self):
        return self._client("apigateway").get_api_key(apiKey=self._out("key"))

    def lifecycle(self):
        found = self._client("s3").get_bucket_lifecycle_configuration(Bucket="edited-data")["Rules"]
        return {"rules": found[0]["Expiration"]["Days"]}

    def object(self):
        return {"content": self._client("s3").get_object(Bucket="edited-data", Key="k")["Body"].read().decode()}

    def plan(self):
        found = self._client("apigateway").get_usage_plan(usagePlanId=self._out("plan"))
        return {**found, "quotaSettings": {name: str(value) for name, value in found["quota"].items()}}

    def policy(self):
        iam = self._client("iam")
        names = [name for name in iam.list_role_policies(RoleName="edited")["PolicyNames"] if name.startswith("policy")]
        found = iam.get_role_policy(RoleName="edited", PolicyName=names[0])["PolicyDocument"]
        return {"policy": found["Statement"][0]["Action"]}

    def pseudonyms(self):
        kms, key = self._client("kms"), self._out("pseudonyms")
        return {
            **kms.describe_key(KeyId=key)["KeyMetadata"],
            "enableKeyRotation": kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"],
            "policy": kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"],
            "tags": pairs(kms.list_resource_tags(KeyId=key)["Tags"]),
        }

    def public(self):
        return self._client("s3").get_public_access_block(Bucket="edited-data")["PublicAccessBlockConfiguration"]

    def queue_policy(self):
        sqs, url = self._client("sqs"), self._out("queue")
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
        return {"policy": json.loads(found["Policy"])["Statement"][0]["Action"]}

    def queue(self):
        sqs, url = self._client("sqs"), self._out("queue")
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = sqs.list_queue_tags(QueueUrl=url)["Tags"]
        retention, size = found["MessageRetentionPeriod"], found["MaximumMessageSize"]
        return {"messageRetentionSeconds": retention, "maxMessageSize": size, "tags": tags}

    def role(self):
        iam = self._client("iam")
        role = iam.get_role(RoleName="edited")["Role"]
        return {
            **role,
            "assumeRolePolicy": role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"],
            "tags": pairs(role["Tags"]),
        }

    def secret(self):
        found = self._client("secretsmanager").describe_secret(SecretId="edited")
        return {**found, "tags": pairs(found["Tags"])}

    def people(self):
        group = {"AwsAccountId": ACCOUNT, "Namespace": "default", "GroupName": "edited"}
        return self._client("quicksight").describe_group(**group)["Group"]

    def refresh(self):
        schedule = {"AwsAccountId": ACCOUNT, "DataSetId": "edited", "ScheduleId": "edited"}
        found = self._client("quicksight").describe_refresh_schedule(**schedule)["RefreshSchedule"]
        return {"schedule": found["ScheduleFrequency"]["RefreshOnDay"]["DayOfWeek"]}

    def set(self):
        quicksight, data_set = self._client("quicksight"), {"AwsAccountId": ACCOUNT, "DataSetId": "edited"}
        refresh = quicksight.describe_data_set_refresh_properties(**data_set)["DataSetRefreshProperties"]
        window = refresh["RefreshConfiguration"]["IncrementalRefresh"]["LookbackWindow"]
        return {**quicksight.describe_data_set(**data_set)["DataSet"], "refreshProperties": window["Size"]}

    def theme(self):
        found = self._client("quicksight").describe_theme(AwsAccountId=ACCOUNT, ThemeId="edited")["Theme"]
        return {**found, "configuration": found["Version"]["Configuration"]["DataColorPalette"]["MinMaxGradient"]}

    def settings(self):
        stage = self._client("apigateway").get_stage(restApiId=self._out("api"), stageName="v1")
        settings = stage["methodSettings"]["*/*"]
        return {"settings": (settings["throttlingRateLimit"], settings["throttlingBurstLimit"])}

    def source(self):
        found = self._client("quicksight").describe_data_source(AwsAccountId=ACCOUNT, DataSourceId="edited")
        return found["DataSource"]

    def stack(self):
        found = self._client("cloudformation").describe_stacks(StackName="edited")["Stacks"][0]
        shown = self._client("quicksight").describe_dashboard(AwsAccountId=ACCOUNT, DashboardId="edited")
        return {"tags": pairs(found["Tags"]), "templateBody": shown["Dashboard"]["Name"]}

    def stage(self):
        return self._client("apigateway").get_stage(restApiId=self._out("api"), stageName="v1")

    def stream(self):
        firehose = self._client("firehose")
        found = firehose.describe_delivery_stream(DeliveryStreamName="edited")["DeliveryStreamDescription"]
        s3 = found["Destinations"][0]["ExtendedS3DestinationDescription"]
        tags = pairs(firehose.list_tags_for_delivery_stream(DeliveryStreamName="edited")["Tags"])
        encryption = found["DeliveryStreamEncryptionConfiguration"]["Status"]
        destination = (s3["BufferingHints"]["IntervalInSeconds"], s3["Prefix"])
        return {"extendedS3Configuration": destination, "serverSideEncryption": encryption, "tags": tags}

    def events(self, name="edited"):
        kinesis = self._client("kinesis")
        found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        shards, hours, key = found["OpenShardCount"], found["RetentionPeriodHours"], found.get("KeyId")
        tags = pairs(kinesis.list_tags_for_stream(StreamName=name)["Tags"])
        return {**found, "shardCount": shards, "retentionPeriod": hours, "kmsKeyId": key, "tags": tags}

    def history(self):
        return self.events("history")

    def table(self):
        return self._client("glue").get_table(DatabaseName="edited", Name="edited")["Table"]

    def versioning(self):
        return {"versioningConfiguration": self._client("s3").get_bucket_versioning(Bucket="edited-data")["Status"]}

    def workgroup(self):
        athena = self._client("athena")
        arn = f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/edited"
        found = athena.get_work_group(WorkGroup="edited")["WorkGroup"]
        configuration = found["Configuration"]
        scan_limit = configuration.get("BytesScannedCutoffPerQuery")
        location = configuration["ResultConfiguration"]["OutputLocation"]
        tags = pairs(athena.list_tags_for_resource(ResourceARN=arn)["Tags"])
        return {**found, "configuration": (scan_limit, location), "tags": tags}


def zip_digest(code):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("handler.py", (1980, 1, 1, 0, 0, 0))
        entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        archive.writestr(entry, code)
    return base64.b64encode(hashlib.sha256(content.getvalue()).digest()).decode()


# What a reading has after the edit where that is not the edited value itself.
READ_AS = {
    ("alarm", "treat_missing_data"): "missing",
    ("budget", "notifications"): [(80.0, [{"SubscriptionType": "EMAIL", "Address": "b@example.com"}])],
    ("math", "metric_queries"): [
        {
            "Id": "e",
            "MetricStat": {
                "Metric": {"Namespace": "AWS/Lambda", "MetricName": "Errors"},
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        },
        {"Id": "rate", "Expression": "e * 2", "ReturnData": True},
    ],
    ("topic", "display_name"): "",
    ("topic_policy", "policy"): publishing("events"),
    ("web_acl", "rules"): [200],
    ("api", "body"): ["/", "/two"],
    ("api", "endpoint_configuration"): ["EDGE"],
    ("bucket_policy", "policy"): "s3:DeleteObject",
    ("encryption", "rules"): "aws:kms",
    ("history", "retention_period"): 24,
    ("function", "code"): zip_digest("A = 2"),
    ("function", "environment"): {},
    ("job", "default_arguments"): {"--a": "2"},
    ("lifecycle", "rules"): 2,
    ("plan", "quota_settings"): {"limit": "20", "period": "WEEK"},
    ("policy", "policy"): "s3:PutObject",
    ("queue_policy", "policy"): "sqs:ReceiveMessage",
    ("queue", "message_retention_seconds"): "120",
    ("queue", "max_message_size"): "1048576",
    ("role", "assume_role_policy"): "firehose.amazonaws.com",
    ("role", "description"): "",
    ("refresh", "schedule"): "MONDAY",
    ("set", "refresh_properties"): 3,
    ("settings", "settings"): (2.5, 5000),
    ("stack", "template_body"): "two",
    ("theme", "configuration"): ["#FFFFFF", "#0000FF"],
    ("stream", "extended_s3_configuration"): (90, "two/"),
    ("stream", "server_side_encryption"): "DISABLED",
    ("table", "storage_descriptor"): ["price", "tip"],
    ("versioning", "versioning_configuration"): "Suspended",
    ("workgroup", "configuration"): (None, "s3://edited-data/other/"),
}


@pytest.mark.parametrize(("resource", "name"), EDITS, ids=lambda value: value)
def test_after_an_edit_aws_reads_the_new_value(cloud, edited, resource, name):
    found = {member.lower(): value for member, value in Readings(cloud, edited).of(resource).items()}
    value = found[name.replace("_", "")]
    if (resource, name) == ("table", "storage_descriptor"):
        value = [column["Name"] for column in value["Columns"]]
    assert value == READ_AS.get((resource, name), EDITS[resource, name][1])


@pytest.mark.aws("Athena", "Catalog", "https://docs.aws.amazon.com/athena/latest/APIReference/API_GetWorkGroup.html")
def test_what_was_destroyed_is_found_neither_by_its_name_nor_by_its_tags(cloud, edited, tmp_path):
    athena, tagging = cloud.client("athena"), cloud.client("resourcegroupstaggingapi")
    tagged = {"TagFilters": [{"Key": "team", "Values": ["bar"]}]}
    assert athena.get_work_group(WorkGroup="edited")["WorkGroup"]["Name"] == "edited"
    assert len(tagging.get_resources(**tagged)["ResourceTagMappingList"]) > 5
    write_project(tmp_path, "")
    destroyed = cloud.run(tmp_path, "--action", "destroy")
    assert destroyed.status == 0, destroyed.errors
    with pytest.raises(athena.exceptions.InvalidRequestException, match="WorkGroup edited is not found"):
        athena.get_work_group(WorkGroup="edited")
    left = [item["ResourceARN"] for item in tagging.get_resources(**tagged)["ResourceTagMappingList"]]
    # What can be had back for a while.
    assert {arn.split(":")[2] for arn in left} == {"kms", "secretsmanager"}


CONNECTED = """
import pulumi_aws as aws
aws.glue.Connection("jobs", name="edited", connection_type="NETWORK", tags={"team": "bar"},
    physical_connection_requirements={"availability_zone": "us-east-1a", "subnet_id": "subnet-1"})
"""


@pytest.mark.aws("Glue", "Connections", "https://docs.aws.amazon.com/glue/latest/webapi/API_DeleteConnection.html")
def test_a_destroyed_connection_of_glue_is_gone_with_its_tags(cloud, tmp_path):
    made = cloud.deploy(tmp_path, CONNECTED)
    assert made.created == ["jobs"], made.errors
    assert cloud.run(tmp_path, "--action", "destroy").told("deleted") == ["jobs"]
    glue, arn = cloud.client("glue"), f"arn:aws:glue:us-east-1:{ACCOUNT}:connection/edited"
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.get_connection(Name="edited")
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {}
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        glue.delete_connection(ConnectionName="edited")
