"""Functions that services may invoke, and what came to them."""

import json
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from . import lambda_rig
from .cloud_rig import REGION, Rig, policy
from .lambda_rig import Queue

RECORDING = """
import boto3, json, os

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""


def recording_function(rig: Rig, queue: Queue) -> str:
    """A function that sends each event to a queue; its ARN."""
    return rig.function(RECORDING, Environment={"Variables": {"QUEUE": queue.url}})


def permit(rig: Rig, function: str, principal: str, source_arn: str) -> None:
    """Let a service invoke a function on behalf of a resource."""
    rig.aws("lambda").add_permission(
        FunctionName=function,
        StatementId=rig.name("statement"),
        Action="lambda:InvokeFunction",
        Principal=principal,
        SourceArn=source_arn,
    )


def role_for(rig: Rig, *actions: str) -> str:
    """A role of the scheduler that may do some things to everything; its ARN."""
    iam, name = rig.aws("iam"), rig.name("role")
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    if actions:
        lambda_rig.permit(rig, arn, *actions)
    return arn


def body(queue: Queue) -> Any:
    """The content of the next message."""
    return json.loads(queue.message()["Body"])


def tick(rig: Rig, until: str) -> list[dict[str, str]]:
    """Run what is due until a time; what ran."""
    answer = urllib3.request("POST", f"{rig.url}/_rapid/tick", json={"until": until})
    assert answer.status == 200, answer.data
    runs: list[dict[str, str]] = answer.json()["runs"]
    return runs


def rule_arn(name: str) -> str:
    """The ARN of a rule."""
    return f"arn:aws:events:{REGION}:123456789012:rule/{name}"


def refused(call: Any, **parameters: Any) -> dict[str, Any]:
    """The error of a call that is refused."""
    with pytest.raises(ClientError) as found:
        call(**parameters)
    error: dict[str, Any] = found.value.response["Error"]
    return error
