"""A source with `authentication: signature`: a webhook's body, signed with a secret that is set and rotated outside."""

import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
import urllib3
from typer.testing import CliRunner

from rapid.cli import local_up, project
from rapid.cli.app import app
from rapid.cli.target import LocalStack
from tests.deployed import project_folder
from tests.deployed.clouds import found_by_commands, own_cloud
from tests.deployed.events import ORDER

SECRET = "a-long-and-random-secret"


@pytest.fixture(scope="module")
def signed_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The stack with orders alone, whose bodies are signed; the secret has no value yet."""
    folder = tmp_path_factory.mktemp("project")
    project_folder.copy(folder, {"orders"}, dashboards="none")
    orders = folder / "sources" / "orders.yaml"
    text = orders.read_text().partition("  - property: quota")[0]
    orders.write_text(text.replace("value: api_key", "value: signature"))
    with own_cloud() as url, found_by_commands(url), pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "ROOT", folder)
        project_folder.deploy(folder, url)
        yield LocalStack(url)


def post(stack: LocalStack, secret: str) -> urllib3.BaseHTTPResponse:
    body = json.dumps(ORDER).encode()
    made = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    url = stack.outputs["ingest_url"] + stack.outputs["paths"]["orders"]
    headers = {"content-type": "application/json", "X-Hub-Signature-256": f"sha256={made}"}
    return urllib3.request("POST", url, body=body, headers=headers, retries=False)


def test_until_the_secret_has_a_value_nothing_is_accepted(signed_stack: LocalStack) -> None:
    answer = post(signed_stack, "")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["errors"][0]["reason"] == "its signature could not be checked"


def test_what_is_signed_with_the_secret_is_accepted_and_nothing_else(signed_stack: LocalStack) -> None:
    arn = signed_stack.outputs["signing_secret_arns"]["orders"]
    signed_stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=SECRET)
    assert post(signed_stack, SECRET).status == 202
    refused = post(signed_stack, "another")
    assert refused.status == 403
    assert refused.json()["message"] == (
        "No event was accepted: the signature in x-hub-signature-256 is missing or wrong"
    )


def test_the_command_signs_what_it_sends_with_a_secret_of_its_environment(
    signed_stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RAPID_SIGNING_SECRET", raising=False)
    refused = CliRunner().invoke(app, ["send", "orders", "--count", "5"])
    assert refused.exit_code == 1
    assert "set RAPID_SIGNING_SECRET" in refused.stderr
    monkeypatch.setenv("RAPID_SIGNING_SECRET", SECRET)
    sent = CliRunner().invoke(app, ["send", "orders", "--count", "20"])
    assert "20 accepted, 0 refused" in sent.stdout, sent.output
    assert "X-Hub-Signature-256: sha256=" in local_up.curl_line(signed_stack, project.contract_of("orders"))


def test_without_its_permission_to_read_the_secret_the_function_accepts_nothing(signed_stack: LocalStack) -> None:
    iam = signed_stack.client("iam")
    [role] = [role["RoleName"] for role in iam.list_roles()["Roles"] if "ingest-handler" in role["RoleName"]]
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    less = [item for item in document["Statement"] if "secretsmanager:GetSecretValue" not in item["Action"]]
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": less}))
    restart(signed_stack)
    assert post(signed_stack, SECRET).status == 503
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
    assert post(signed_stack, SECRET).status == 202


def test_after_a_rotation_both_secrets_hold(signed_stack: LocalStack) -> None:
    arn = signed_stack.outputs["signing_secret_arns"]["orders"]
    signed_stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString="the-next-secret")
    restart(signed_stack)
    assert [post(signed_stack, secret).status for secret in ("the-next-secret", SECRET, "another")] == [202, 202, 403]


def restart(stack: LocalStack) -> None:
    """Let the function forget what it has read."""
    functions = stack.client("lambda")
    [name] = [
        function["FunctionName"]
        for function in functions.list_functions()["Functions"]
        if "ingest-handler" in function["FunctionName"]
    ]
    seconds = functions.get_function_configuration(FunctionName=name)["Timeout"]
    functions.update_function_configuration(FunctionName=name, Timeout=seconds - 1)
