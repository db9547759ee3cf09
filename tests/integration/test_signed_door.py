"""A source with `authentication: iam`: who is let in, what the others are told, and that `rapid send` signs."""

import json
import re
from collections.abc import Iterator

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from typer.testing import CliRunner

from rapid.cli import local_up, project
from rapid.cli.app import app
from rapid.cli.target import LocalStack
from tests.deployed import project_folder
from tests.deployed.clouds import found_by_commands, own_cloud
from tests.deployed.events import ORDER

PAGE = (
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/"
    "api-gateway-control-access-using-iam-policies-to-invoke-api.html"
)
TRUST = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def signed_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The stack, with orders that must be signed and clicks that are open."""
    folder = tmp_path_factory.mktemp("project")
    project_folder.copy(folder, {"orders", "clickstream"})
    orders = folder / "sources" / "orders.yaml"
    orders.write_text(re.sub(r"value: api_key", "value: iam", orders.read_text().partition("  - property: quota")[0]))
    with own_cloud() as url, found_by_commands(url), pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "ROOT", folder)
        project_folder.deploy(folder, url)
        yield LocalStack(url)


def url(stack: LocalStack) -> str:
    return f"{stack.outputs['ingest_url']}/events"


def post(stack: LocalStack, credentials: Credentials | None) -> urllib3.BaseHTTPResponse:
    body = json.dumps(ORDER).encode()
    request = AWSRequest("POST", url(stack), {"content-type": "application/json"}, body)
    if credentials:
        SigV4Auth(credentials, "execute-api", stack.region).add_auth(request)
    return urllib3.request("POST", url(stack), headers=dict(request.headers.items()), body=body, retries=False)


def policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def role(stack: LocalStack, name: str, *resources: str) -> Credentials:
    """The credentials of a role that may call some methods."""
    iam, sts = stack.client("iam"), stack.client("sts")
    found = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(TRUST))["Role"]
    if resources:
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": list(resources)}
        iam.put_role_policy(RoleName=name, PolicyName="send", PolicyDocument=policy(statement))
    keys = sts.assume_role(RoleArn=found["Arn"], RoleSessionName="sender")["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


@pytest.mark.aws("API Gateway", "AWS_IAM authorization", PAGE)
def test_a_principal_whose_policy_allows_the_method_of_the_outputs_sends_orders(signed_stack: LocalStack) -> None:
    arns = signed_stack.outputs["invoke_arns"]
    assert set(arns) == {"orders"}
    answer = post(signed_stack, role(signed_stack, "cash-register", arns["orders"]))
    assert (answer.status, answer.json()["accepted"]) == (202, 1)


@pytest.mark.aws("API Gateway", "AWS_IAM authorization", PAGE)
def test_a_principal_without_that_permission_is_told_so_in_our_shape(signed_stack: LocalStack) -> None:
    answer = post(signed_stack, role(signed_stack, "visitor"))
    assert answer.status == 403
    content = answer.json()
    assert set(content) == {"message", "errors", "requestId"}
    assert (
        "assumed-role/visitor/sender is not authorized to perform: execute-api:Invoke on resource: arn:aws:"
        in (content["message"])
    )


def test_a_wrong_secret_is_refused(signed_stack: LocalStack) -> None:
    answer = post(signed_stack, Credentials("test", "wrong"))
    assert answer.status == 403
    assert answer.json()["message"].startswith("The request signature we calculated does not match")


def test_an_unsigned_request_is_told_what_it_lacks(signed_stack: LocalStack) -> None:
    answer = post(signed_stack, None)
    assert answer.status == 403
    assert answer.json()["message"] == (
        "Missing Authentication Token: there is no POST /v1/events, or it wants a signature (AWS Signature Version 4)"
    )


def test_the_command_signs_what_it_sends(signed_stack: LocalStack) -> None:
    ended = CliRunner().invoke(app, ["send", "orders", "--count", "20"])
    assert ended.exit_code == 0, ended.output
    assert "20 accepted, 0 refused" in ended.stdout


def test_the_curl_line_that_is_printed_signs(signed_stack: LocalStack) -> None:
    line = local_up.curl_line(signed_stack, project.contract_of("orders"))
    assert f"--aws-sigv4 aws:amz:{signed_stack.region}:execute-api --user test:test" in line


def test_events_through_the_signed_door_are_counted(signed_stack: LocalStack) -> None:
    signed_stack.flush()
    assert CliRunner().invoke(app, ["etl", "run", "orders"]).exit_code == 0
    assert CliRunner().invoke(app, ["counts"]).exit_code == 0
