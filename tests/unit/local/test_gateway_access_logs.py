import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rapid.local.gateway.access_log import ROLE_OPERATIONS

from .cloud_rig import ACCOUNT_ID, KEY_SCHEME, REGION, Api, Rig, document, policy, proxy

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide"
PERMISSIONS = f"{_GUIDE}/set-up-logging.html"
LOGGING = f"{_GUIDE}/set-up-access-logging.html"
VARIABLES = f"{_GUIDE}/api-gateway-variables-for-access-logging.html"
UPDATE_ACCOUNT = "https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateAccount.html"
ECHO = "def handler(event, context):\n    return {'statusCode': 202, 'body': event['body'] or ''}"
FORMAT = "$context.requestId $context.status"

pytestmark = pytest.mark.aws("API Gateway", "Access logs", LOGGING)


def role_that_may(rig: Rig, *operations: str, resource: str = "*", service: str = "apigateway") -> str:
    """A role that a service may assume, and that may do these things with logs."""
    iam, name = rig.aws("iam"), rig.name("logging")
    trust = {"Principal": {"Service": f"{service}.amazonaws.com"}, "Effect": "Allow", "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    actions = [f"logs:{operation}" for operation in operations]
    allowed = {"Effect": "Allow", "Action": actions, "Resource": resource}
    iam.put_role_policy(RoleName=name, PolicyName="logs", PolicyDocument=policy(allowed))
    return str(arn)


def set_role(rig: Rig, arn: str) -> None:
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": arn}
    rig.aws("apigateway").update_account(patchOperations=[patch])


@pytest.fixture(autouse=True)
def role(rig: Rig) -> Iterator[str]:
    """The role of the account for CloudWatch Logs."""
    arn = role_that_may(rig, *ROLE_OPERATIONS)
    set_role(rig, arn)
    yield arn
    set_role(rig, "")


def enable(rig: Rig, api: Api, text: str = FORMAT, destination: str = "") -> str:
    """Log the requests of an API; the log group."""
    group = rig.name("access")
    rig.aws("logs").create_log_group(logGroupName=group)
    values = {"destinationArn": destination or f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group}", "format": text}
    patches = [
        {"op": "replace", "path": f"/accessLogSettings/{name}", "value": value} for name, value in values.items()
    ]
    rig.aws("apigateway").update_stage(restApiId=api.id, stageName="v1", patchOperations=patches)
    return group


@pytest.fixture(scope="module")
def echo(rig: Rig) -> Api:
    """An API whose function answers the body, with a key and without."""
    keyed = {"security": [{"api_key": []}], **proxy("FUNCTION")}
    definition = document(
        {"/events": {"post": proxy("FUNCTION")}, "/keyed": {"post": keyed}},
        components={"securitySchemes": KEY_SCHEME},
    )
    return rig.function_api(ECHO, definition)


@pytest.fixture
def logged(rig: Rig, echo: Api) -> Callable[..., str]:
    """Sends a request, and gives the line that it left in a log of a format."""

    def send(text: str, path: str = "/events", **options: Any) -> str:
        group = enable(rig, echo, text)
        echo.request("POST", path, **options)
        [line] = rig.log_lines(group)
        return line

    return send


def test_a_request_leaves_a_line_of_json_in_the_stage_s_log_group(rig: Rig, echo: Api) -> None:
    names = ("requestId", "extendedRequestId", "httpMethod", "resourcePath", "status", "responseLength")
    group = enable(rig, echo, json.dumps({name: f"$context.{name}" for name in names}))
    answer = echo.request("POST", "/events", body=b"four")
    assert [json.loads(line) for line in rig.log_lines(group)] == [
        {
            "requestId": answer.headers["x-amzn-RequestId"],
            "extendedRequestId": answer.headers["x-amz-apigw-id"],
            "httpMethod": "POST",
            "resourcePath": "/events",
            "status": "202",
            "responseLength": "4",
        }
    ]


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        (
            '$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "'
            '$context.httpMethod $context.resourcePath $context.protocol" $context.status '
            "$context.responseLength $context.requestId",
            "127.0.0.1 - - [",
            ' +0000] "POST /events HTTP/1.1" 202 2 ID',
        ),
        (
            '<request id="$context.requestId"><ip>$context.identity.sourceIp</ip><status>$context.status</status>'
            "</request>\n",
            '<request id="ID"><ip>127.0.0.1</ip>',
            "<status>202</status></request>",
        ),
        ("${context.requestId},$context.stage,$context.apiId", "ID,v1,", ""),
    ],
    ids=["CLF", "XML", "CSV"],
)
def test_a_line_reads_as_the_format_says(logged: Any, text: str, begins: str, ends: str) -> None:
    request_id = "6f1c1b0e-7b5c-4f5e-9c3f-1a2b3c4d5e6f"
    line = logged(text, body=b"{}", headers={"x-amzn-requestid": request_id})
    assert line.startswith(begins.replace("ID", request_id))
    assert line.endswith(ends.replace("ID", request_id))


@pytest.mark.aws("API Gateway", "Access logs", VARIABLES)
def test_a_line_says_how_long_the_integration_and_the_whole_took_and_what_the_integration_answered(logged: Any) -> None:
    line = logged(
        "$context.requestId $context.integrationStatus $context.integration.status "
        "$context.integrationLatency $context.integration.latency $context.responseLatency"
    )
    _, *statuses, latency, same, whole = line.split()
    assert statuses == ["200", "200"]
    assert 0 <= int(latency) == int(same) <= int(whole) + 1


@pytest.mark.aws("API Gateway", "Access logs", VARIABLES)
def test_a_refused_request_leaves_the_reason_and_the_key_s_id_stands_for_the_key(rig: Rig, echo: Api) -> None:
    text = "$context.extendedRequestId|$context.status|$context.error.message|$context.error.responseType|"
    group = enable(rig, echo, text + "$context.identity.apiKeyId|$context.integrationStatus")
    key = echo.key()
    echo.request("POST", "/keyed")
    echo.request("POST", "/keyed", headers={"x-api-key": key})
    echo.request("POST", "/nothing")
    refused, taken, missing = (line.split("|")[1:] for line in rig.log_lines(group))
    assert refused == ["403", "Forbidden", "INVALID_API_KEY", "-", "-"]
    assert missing == ["403", "Missing Authentication Token", "MISSING_AUTHENTICATION_TOKEN", "-", "-"]
    found = rig.aws("apigateway").get_api_keys(includeValues=True)["items"]
    assert taken == ["202", "-", "-", next(item["id"] for item in found if item["value"] == key), "200"]


@pytest.mark.parametrize(
    "text", ["$context.requestId $context.no.such $context.authorizer.claims", "$context.requestId $ {context.x} $"]
)
def test_what_is_not_known_or_has_no_value_is_a_hyphen_and_other_text_stays(logged: Any, text: str) -> None:
    assert logged(text).partition(" ")[2] == ("- -" if "no.such" in text else "$ {context.x} $")


def test_a_request_id_of_the_client_that_is_no_uuid_is_not_logged(logged: Any) -> None:
    assert logged("$context.requestId", headers={"x-amzn-requestid": "mine"}) == "UUID_REPLACED_INVALID_REQUEST_ID"


@pytest.mark.aws("API Gateway", "Access logs", PERMISSIONS)
def test_without_the_account_s_role_a_stage_cannot_be_logged(rig: Rig, echo: Api) -> None:
    set_role(rig, "")
    with pytest.raises(ClientError) as refused:
        enable(rig, echo)
    assert refused.value.response["Error"] == {
        "Code": "BadRequestException",
        "Message": "CloudWatch Logs role ARN must be set in account settings to enable logging",
    }


@pytest.mark.aws("API Gateway", "Access logs", UPDATE_ACCOUNT)
@pytest.mark.parametrize(
    "role_of",
    [
        lambda rig: f"arn:aws:iam::{ACCOUNT_ID}:role/none",
        lambda rig: role_that_may(rig, *ROLE_OPERATIONS, service="lambda"),
        lambda rig: role_that_may(rig, *ROLE_OPERATIONS, resource=f"arn:aws:logs:*:{ACCOUNT_ID}:log-group:mine:*"),
        *(
            lambda rig, missing=missing: role_that_may(rig, *sorted({*ROLE_OPERATIONS} - {missing}))
            for missing in ROLE_OPERATIONS
        ),
    ],
    ids=["no role", "another service's", "one group's", *ROLE_OPERATIONS],
)
def test_a_role_without_the_trust_or_one_of_the_permissions_is_refused(
    rig: Rig, role: str, role_of: Callable[[Rig], str]
) -> None:
    with pytest.raises(ClientError) as refused:
        set_role(rig, role_of(rig))
    assert refused.value.response["Error"] == {
        "Code": "BadRequestException",
        "Message": "The role ARN does not have required permissions configured. "
        "Please grant trust permission for API Gateway and add the required role policy.",
    }
    assert rig.aws("apigateway").get_account()["cloudwatchRoleArn"] == role


@pytest.mark.parametrize(
    ("text", "destination", "message"),
    [
        ("$context.status", "", "must include either \\$context.requestId or \\$context.extendedRequestId"),
        ("$context.requestIdea", "", "must include either"),
        ("$context.requestId\n$context.status", "", "Access Log format must be single line"),
        (FORMAT, "access", "ARNs must start with 'arn:'"),
        (FORMAT, "arn:aws:s3:::bucket", "The ARN must be a valid CloudWatch Logs log group"),
        (FORMAT, f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:access:*", "The ARN must be a valid CloudWatch Logs"),
        (FORMAT, f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:none", "LogDestination: none does not exist"),
        (FORMAT, f"arn:aws:firehose:{REGION}:{ACCOUNT_ID}:deliverystream/x", "CloudWatch Logs alone"),
    ],
)
def test_a_format_or_a_destination_that_cannot_be_is_refused(
    rig: Rig, echo: Api, text: str, destination: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        enable(rig, echo, text, destination)


@pytest.mark.aws("API Gateway", "Access logs", PERMISSIONS)
def test_lines_are_written_with_the_role_s_permissions(rig: Rig, echo: Api, role: str, caplog: Any) -> None:
    group = enable(rig, echo)
    without = policy({"Effect": "Allow", "Action": ["logs:CreateLogStream"], "Resource": "*"})
    rig.aws("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="logs", PolicyDocument=without)
    assert echo.request("POST", "/events").status == 202
    assert rig.log_lines(group) == []
    assert "is not authorized to perform: logs:PutLogEvents on resource: " in caplog.text


def test_access_logs_end_when_the_stage_s_settings_or_the_account_s_role_go(rig: Rig, echo: Api, role: str) -> None:
    group = enable(rig, echo)
    echo.request("POST", "/events")
    set_role(rig, "")
    echo.request("POST", "/events")
    set_role(rig, role)
    removal = [{"op": "remove", "path": "/accessLogSettings"}]
    rig.aws("apigateway").update_stage(restApiId=echo.id, stageName="v1", patchOperations=removal)
    echo.request("POST", "/events")
    assert len(rig.log_lines(group)) == 1
