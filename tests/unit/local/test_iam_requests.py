"""What requests are taken for: actions and resources of IAM."""

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from rapid.local.iam import accesses, operations
from rapid.local.iam.accesses import UnnamedError

ACCOUNT = "us-east-1:123456789012"
TABLE = [f"arn:aws:glue:{ACCOUNT}:{part}" for part in ("database/lake", "catalog", "table/lake/orders")]
REFERENCE = "https://docs.aws.amazon.com/service-authorization/latest/reference"
S3_PAGE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html"
CATALOG_PAGE = "https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html"
PASS_ROLE_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"
FREE_PAGE = "https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"

ACTIONS_PAGE = f"{REFERENCE}/reference_policies_actions-resources-contextkeys.html"
ROLE = "arn:aws:iam::123456789012:role/runner"


def named(service, method="POST", path="/", body="", headers=None):
    environ = EnvironBuilder(method=method, path=path, data=body, headers=headers).get_environ()
    environ["RAW_URI"] = path
    operation = operations.of(Request(environ), service)
    found = accesses.of(operation, "us-east-1", lambda execution: f"group-of-{execution}")
    return [(access.action, access.resource) for access in found]


def json_call(service, operation, body):
    return named(service, body=body, headers={"X-Amz-Target": f"Prefix.{operation}"})


@pytest.mark.aws("IAM", "Actions and resources", S3_PAGE)
@pytest.mark.parametrize(
    ("method", "path", "action", "resource"),
    [
        ("PUT", "/lake/a/b%20c", "PutObject", "lake/a/b c"),
        ("PUT", "/lake/a?partNumber=1&uploadId=u", "PutObject", "lake/a"),
        ("POST", "/lake/a?uploads", "PutObject", "lake/a"),
        ("POST", "/lake/a?uploadId=u", "PutObject", "lake/a"),
        ("DELETE", "/lake/a?uploadId=u", "AbortMultipartUpload", "lake/a"),
        ("DELETE", "/lake/a", "DeleteObject", "lake/a"),
        ("GET", "/lake/a", "GetObject", "lake/a"),
        ("HEAD", "/lake/a", "GetObject", "lake/a"),
        ("GET", "/lake/a?versionId=v", "GetObjectVersion", "lake/a"),
        ("GET", "/lake?list-type=2&prefix=a", "ListBucket", "lake"),
        ("HEAD", "/lake", "ListBucket", "lake"),
        ("GET", "/lake?location", "GetBucketLocation", "lake"),
        ("GET", "/lake?uploads", "ListBucketMultipartUploads", "lake"),
        ("GET", "/lake?versions", "ListBucketVersions", "lake"),
    ],
)
def test_requests_to_s3_are_actions_on_buckets_and_objects(method, path, action, resource):
    assert named("s3", method, path) == [(f"s3:{action}", f"arn:aws:s3:::{resource}")]


@pytest.mark.aws("IAM", "Actions and resources", S3_PAGE)
def test_a_copy_reads_one_object_and_writes_another():
    assert named("s3", "PUT", "/lake/b", headers={"X-Amz-Copy-Source": "/raw/a%20b"}) == [
        ("s3:GetObject", "arn:aws:s3:::raw/a b"),
        ("s3:PutObject", "arn:aws:s3:::lake/b"),
    ]


@pytest.mark.aws("IAM", "Actions and resources", S3_PAGE)
def test_each_object_of_a_deletion_is_an_access_of_its_own():
    body = "<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key></Object></Delete>"
    assert named("s3", "POST", "/lake?delete", body) == [
        ("s3:DeleteObject", "arn:aws:s3:::lake/a&b"),
        ("s3:DeleteObject", "arn:aws:s3:::lake/c"),
    ]


@pytest.mark.aws("IAM", "Actions and resources", CATALOG_PAGE)
@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("GetTable", '{"DatabaseName": "lake", "Name": "orders"}'),
        ("UpdateTable", '{"DatabaseName": "lake", "TableInput": {"Name": "orders"}}'),
        ("CreateTable", '{"DatabaseName": "lake", "TableInput": {"Name": "orders"}}'),
        ("GetTableVersion", '{"DatabaseName": "lake", "TableName": "orders", "VersionId": "1"}'),
    ],
)
def test_a_table_of_glue_comes_with_its_database_and_the_catalog(operation, body):
    assert json_call("glue", operation, body) == [(f"glue:{operation}", arn) for arn in TABLE]


@pytest.mark.aws("IAM", "Actions and resources", ACTIONS_PAGE)
@pytest.mark.parametrize(
    ("service", "operation", "body", "expected"),
    [
        (
            "firehose",
            "PutRecordBatch",
            '{"DeliveryStreamName": "orders"}',
            ("firehose:PutRecordBatch", f"arn:aws:firehose:{ACCOUNT}:deliverystream/orders"),
        ),
        (
            "sqs",
            "SendMessageBatch",
            '{"QueueUrl": "http://127.0.0.1:4566/123456789012/letters"}',
            ("sqs:SendMessage", f"arn:aws:sqs:{ACCOUNT}:letters"),
        ),
        (
            "logs",
            "PutLogEvents",
            '{"logGroupName": "/aws/group", "logStreamName": "stream"}',
            ("logs:PutLogEvents", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/group:log-stream:stream"),
        ),
        (
            "logs",
            "CreateLogGroup",
            '{"logGroupName": "/aws/group"}',
            ("logs:CreateLogGroup", f"arn:aws:logs:{ACCOUNT}:log-group:/aws/group:log-stream:"),
        ),
        (
            "athena",
            "StartQueryExecution",
            '{"QueryString": "SELECT 1"}',
            ("athena:StartQueryExecution", f"arn:aws:athena:{ACCOUNT}:workgroup/primary"),
        ),
        (
            "athena",
            "GetQueryResults",
            '{"QueryExecutionId": "7"}',
            ("athena:GetQueryResults", f"arn:aws:athena:{ACCOUNT}:workgroup/group-of-7"),
        ),
        (
            "secretsmanager",
            "GetSecretValue",
            f'{{"SecretId": "arn:aws:secretsmanager:{ACCOUNT}:secret:shop-a1b2c3"}}',
            ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{ACCOUNT}:secret:shop-a1b2c3"),
        ),
        (
            "monitoring",
            "SetAlarmState",
            '{"AlarmName": "late"}',
            ("cloudwatch:SetAlarmState", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:late"),
        ),
        (
            "monitoring",
            "DescribeAlarms",
            '{"AlarmNames": ["late"]}',
            ("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:*"),
        ),
        (
            "monitoring",
            "GetDashboard",
            '{"DashboardName": "shop"}',
            ("cloudwatch:GetDashboard", "arn:aws:cloudwatch::123456789012:dashboard/shop"),
        ),
        ("monitoring", "GetMetricData", "{}", ("cloudwatch:GetMetricData", "*")),
        ("monitoring", "PutMetricData", '{"Namespace": "Shop"}', ("cloudwatch:PutMetricData", "*")),
        (
            "budgets",
            "CreateBudget",
            '{"Budget": {"BudgetName": "shop"}}',
            ("budgets:ModifyBudget", "arn:aws:budgets::123456789012:budget/shop"),
        ),
        (
            "budgets",
            "DescribeBudgets",
            "{}",
            ("budgets:ViewBudget", "arn:aws:budgets::123456789012:budget/*"),
        ),
        (
            "wafv2",
            "CreateWebACL",
            '{"Name": "shop", "Scope": "REGIONAL"}',
            ("wafv2:CreateWebACL", f"arn:aws:wafv2:{ACCOUNT}:regional/webacl/shop/*"),
        ),
        (
            "wafv2",
            "DeleteWebACL",
            '{"Name": "shop", "Id": "a1b2", "Scope": "REGIONAL"}',
            ("wafv2:DeleteWebACL", f"arn:aws:wafv2:{ACCOUNT}:regional/webacl/shop/a1b2"),
        ),
        (
            "wafv2",
            "DisassociateWebACL",
            '{"ResourceArn": "arn:aws:apigateway:us-east-1::/restapis/a1/stages/v1"}',
            ("wafv2:DisassociateWebACL", "arn:aws:apigateway:us-east-1::/restapis/a1/stages/v1"),
        ),
        (
            "secretsmanager",
            "CreateSecret",
            '{"Name": "shop"}',
            ("secretsmanager:CreateSecret", f"arn:aws:secretsmanager:{ACCOUNT}:secret:shop"),
        ),
    ],
)
def test_a_request_is_the_action_of_its_operation_on_the_resource_that_it_names(service, operation, body, expected):
    assert json_call(service, operation, body) == [expected]


@pytest.mark.aws("IAM", "Actions and resources", ACTIONS_PAGE)
@pytest.mark.parametrize(
    ("function", "resource"),
    [
        ("ingest", "ingest"),
        ("ingest:7", "ingest:7"),
        ("ingest/invocations?Qualifier=live#", "ingest:live"),
        (f"arn%3Aaws%3Alambda%3A{ACCOUNT.replace(':', '%3A')}%3Afunction%3Aingest%3A%24LATEST", "ingest:$LATEST"),
    ],
)
def test_a_function_is_named_with_its_qualifier(function, resource):
    path = f"/2015-03-31/functions/{function}"
    path = path.rstrip("#") if function.endswith("#") else f"{path}/invocations"
    assert named("lambda", "POST", path) == [("lambda:InvokeFunction", f"arn:aws:lambda:{ACCOUNT}:function:{resource}")]


@pytest.mark.aws("IAM", "Passing roles", PASS_ROLE_PAGE)
def test_who_hands_a_role_on_must_be_allowed_to_pass_it():
    body = f'{{"Name": "curate", "Role": "{ROLE}", "Command": {{}}}}'
    assert ("iam:PassRole", ROLE) in json_call("glue", "CreateJob", body)


@pytest.mark.aws("IAM", "Actions and resources", FREE_PAGE)
def test_everyone_may_ask_who_they_are():
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert named("sts", body="Action=GetCallerIdentity&Version=2011-06-15", headers=form) == []


def test_a_request_can_be_read_again():
    environ = EnvironBuilder(method="POST", data=b'{"a": 1}', headers={"X-Amz-Target": "x.PutRecord"}).get_environ()
    operations.of(Request(environ), "firehose")
    assert Request(environ).get_data() == b'{"a": 1}'


@pytest.mark.parametrize(
    ("service", "operation", "body", "message"),
    [
        ("glue", "NoSuchOperation", "{}", "the IAM action of glue NoSuchOperation"),
        ("nowhere", "GetThing", "{}", "the IAM action of nowhere GetThing"),
        ("glue", "GetTable", '{"DatabaseName": "lake"}', "the table of glue: the request has no TableName"),
        ("firehose", "PutRecord", "no JSON", "the deliverystream of firehose: the request has no DeliveryStreamName"),
    ],
)
def test_what_cannot_be_named_is_an_error_that_says_what(service, operation, body, message):
    with pytest.raises(UnnamedError, match=message):
        json_call(service, operation, body)


@pytest.mark.aws("IAM", "Actions and resources", ACTIONS_PAGE)
@pytest.mark.parametrize(
    ("asked", "action", "resource"),
    [
        (f"Action=Publish&TopicArn=arn:aws:sns:{ACCOUNT}:alarms&Message=x", "Publish", f"arn:aws:sns:{ACCOUNT}:alarms"),
        ("Action=CreateTopic&Name=alarms", "CreateTopic", f"arn:aws:sns:{ACCOUNT}:alarms"),
        ("Action=ListTopics", "ListTopics", "*"),
    ],
)
def test_requests_to_sns_are_actions_on_topics(asked, action, resource):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert named("sns", body=asked, headers=headers) == [(f"sns:{action}", resource)]


@pytest.mark.aws("IAM", "Actions and resources", ACTIONS_PAGE)
def test_each_alarm_of_a_deletion_is_an_access_of_its_own():
    expected = [("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{ACCOUNT}:alarm:{name}") for name in ("one", "two")]
    assert json_call("monitoring", "DeleteAlarms", '{"AlarmNames": ["one", "two"]}') == expected
    form = "Action=DeleteAlarms&AlarmNames.member.1=one&AlarmNames.member.2=two"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert named("monitoring", body=form, headers=headers) == expected
