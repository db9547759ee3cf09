"""Limits of Lambda crossed on purpose; those of invocations, queues and environments stand beside their features."""

import io
import zipfile
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from .cloud_rig import REGION, Rig, zipped
from .lambda_rig import ECHO

QUOTAS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
CREATE = "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"
VARIABLES = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"
PERMISSION = "https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html"

pytestmark = pytest.mark.aws("Lambda", "Limits", QUOTAS)


def unchecked(rig: Rig) -> Any:
    """A client that sends what botocore would refuse before it is sent."""
    return boto3.client(
        "lambda",
        region_name=REGION,
        endpoint_url=rig.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False),
    )


def creation(rig: Rig, **settings: Any) -> dict[str, Any]:
    """The parameters of CreateFunction."""
    return {
        "FunctionName": rig.name("function"),
        "Role": rig.role(),
        "Runtime": "python3.13",
        "Handler": "handler.handler",
        "Code": {"ZipFile": zipped(handler=ECHO)},
        **settings,
    }


@pytest.mark.parametrize(
    ("settings", "member", "value", "constraint"),
    [
        ({"Timeout": 901}, "timeout", 901, "value less than or equal to 900"),
        ({"Timeout": 0}, "timeout", 0, "value greater than or equal to 1"),
        ({"MemorySize": 127}, "memorySize", 127, "value greater than or equal to 128"),
        ({"MemorySize": 10_241}, "memorySize", 10_241, "value less than or equal to 10240"),
        ({"Handler": "h" * 129}, "handler", "h" * 129, "length less than or equal to 128"),
        ({"Description": "d" * 257}, "description", "d" * 257, "length less than or equal to 256"),
        ({"FunctionName": "f" * 65}, "functionName", "f" * 65, "length less than or equal to 64"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_setting_out_of_its_range_is_refused(
    rig: Rig, settings: dict[str, Any], member: str, value: Any, constraint: str
) -> None:
    with pytest.raises(ClientError) as refused:
        unchecked(rig).create_function(**creation(rig, **settings))
    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must have {constraint}",
    }


def test_an_update_is_held_to_the_same_limits_as_a_creation(rig: Rig) -> None:
    function = rig.function(ECHO)
    with pytest.raises(ClientError, match="'901' at 'timeout'"):
        rig.aws("lambda").update_function_configuration(FunctionName=function, Timeout=901)


@pytest.mark.aws("Lambda", "Limits", VARIABLES)
def test_environment_variables_past_four_kilobytes_are_refused(rig: Rig) -> None:
    most = 4096 - len('{"NAME":""}')
    assert rig.function(ECHO, Environment={"Variables": {"NAME": "x" * most}})
    with pytest.raises(ClientError) as refused:
        rig.function(ECHO, Environment={"Variables": {"NAME": "x" * (most + 1)}})
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert refused.value.response["Error"]["Message"].startswith(
        "Lambda was unable to configure your environment variables because the environment variables you have "
        'provided exceeded the 4KB limit. String measured: {"NAME":"xxx'
    )


@pytest.mark.parametrize("name", ["X", "1ST", "_UNDER", "WITH-DASH"])
@pytest.mark.aws("Lambda", "Limits", "https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html")
def test_names_of_environment_variables_begin_with_a_letter_and_have_at_least_two_letters_digits_or_underscores(
    rig: Rig, name: str
) -> None:
    with pytest.raises(ClientError, match=r"'environment\.variables' failed to satisfy constraint: Map keys"):
        rig.function(ECHO, Environment={"Variables": {name: "x"}})


@pytest.mark.aws("Lambda", "Execution environment", VARIABLES)
def test_lambda_s_own_environment_variables_cannot_be_set(rig: Rig) -> None:
    with pytest.raises(ClientError, match="Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT"):
        rig.function(ECHO, Environment={"Variables": {"LAMBDA_TASK_ROOT": "x", "AWS_REGION": "x", "MINE": "x"}})


def test_a_zip_past_fifty_megabytes_is_refused(rig: Rig) -> None:
    with pytest.raises(ClientError) as refused:
        rig.aws("lambda").create_function(**creation(rig, Code={"ZipFile": bytes(50 * 1024**2 + 200_000)}))
    assert refused.value.response["Error"] == {
        "Code": "RequestEntityTooLargeException",
        "Message": "Request must be smaller than 70167211 bytes for the CreateFunction operation",
    }
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


def test_code_past_250_megabytes_unzipped_is_refused(rig: Rig) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("data", bytes(262_144_001))
    with pytest.raises(ClientError) as refused:
        rig.aws("lambda").create_function(**creation(rig, Code={"ZipFile": content.getvalue()}))
    message = "Unzipped size must be smaller than 262144000 bytes"
    assert refused.value.response["Error"] == {"Code": "InvalidParameterValueException", "Message": message}


def test_a_resource_based_policy_past_twenty_kilobytes_is_refused_and_stays_as_it_was(rig: Rig) -> None:
    client, function = rig.aws("lambda"), rig.function(ECHO)

    def permit_all() -> None:
        for number in range(11):
            permit(number)

    def permit(number: int) -> None:
        client.add_permission(
            FunctionName=function,
            StatementId=f"statement-{number}",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:{REGION}:123456789012:api/{'x' * 1_800}/{number}",
        )

    with pytest.raises(ClientError) as refused:
        permit_all()
    error = refused.value.response["Error"]
    assert error["Code"] == "PolicyLengthExceededException"
    assert error["Message"].startswith("The final policy size (2")
    assert error["Message"].endswith(") is bigger than the limit (20480).")
    kept = client.get_policy(FunctionName=function)["Policy"]
    assert len(kept) < 20_480
    assert kept.count("statement-") == 9


@pytest.mark.aws("Lambda", "Permissions", PERMISSION)
def test_a_second_statement_of_the_same_id_is_refused(rig: Rig) -> None:
    client, function = rig.aws("lambda"), rig.function(ECHO)
    permission = {"StatementId": "api", "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    client.add_permission(FunctionName=function, **permission)
    with pytest.raises(ClientError) as refused:
        client.add_permission(FunctionName=function, **permission)
    assert refused.value.response["Error"] == {
        "Code": "ResourceConflictException",
        "Message": "The statement id (api) provided already exists. Please provide a new statement id, or remove "
        "the existing statement.",
    }
