"""Queues and functions that services may send to, and what came to them."""

import json
from typing import Any

import urllib3

from . import lambda_rig
from .cloud_rig import REGION, Rig, policy
from .lambda_rig import Queue

RECORDING = """
import boto3, json, os

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
"""


def open_queue(rig: Rig, principal: str, source_arn: str, **attributes: str) -> Queue:
    """A queue that a service may send to on behalf of a resource."""
    queue = lambda_rig.queue(rig, **attributes)
    admit(rig, queue, principal, source_arn)
    return queue


def admit(rig: Rig, queue: Queue, principal: str, source_arn: str) -> None:
    """Let a service, and nobody else, send to a queue on behalf of a resource."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn,
        "Condition": {"ArnLike": {"aws:SourceArn": source_arn}},
    }
    rig.aws("sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy(statement)})


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


def attribute(message: dict[str, Any], name: str) -> str | None:
    """An attribute of a message."""
    found = message.get("MessageAttributes", {}).get(name)
    return found["StringValue"] if found else None


def tick(rig: Rig, until: str) -> list[dict[str, str]]:
    """Run what is due until a time; what ran."""
    answer = urllib3.request("POST", f"{rig.url}/_rapid/tick", json={"until": until})
    assert answer.status == 200, answer.data
    runs: list[dict[str, str]] = answer.json()["runs"]
    return runs


def rule_arn(name: str) -> str:
    """The ARN of a rule."""
    return f"arn:aws:events:{REGION}:123456789012:rule/{name}"
