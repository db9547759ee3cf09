"""Functions with roles of their own, and the queues that stand before and behind them."""

import json
import time
from dataclasses import dataclass
from typing import Any

from .cloud_rig import ACCOUNT_ID, REGION, WAIT_SECONDS, Rig, policy, zipped

ECHO = "def handler(event, context):\n    return event"
FAILING = "def handler(event, context):\n    raise ValueError('no ' + event['name'])"


@dataclass
class Queue:
    """An SQS queue."""

    rig: Rig
    name: str

    @property
    def url(self) -> str:
        """The queue's URL."""
        return str(self.rig.aws("sqs").get_queue_url(QueueName=self.name)["QueueUrl"])

    @property
    def arn(self) -> str:
        """The queue's ARN."""
        return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self.name}"

    def send(self, body: Any, **more: Any) -> str:
        """Send a message; its id."""
        text = body if isinstance(body, str) else json.dumps(body)
        return str(self.rig.aws("sqs").send_message(QueueUrl=self.url, MessageBody=text, **more)["MessageId"])

    def message(self) -> dict[str, Any]:
        """The next message, as soon as it comes, taken off the queue."""
        deadline = time.monotonic() + WAIT_SECONDS
        while not (found := self.messages(wait_seconds=10)):
            assert time.monotonic() < deadline, f"no message came to {self.name}"
        return found[0]

    def messages(self, wait_seconds: int = 0) -> list[dict[str, Any]]:
        """At most one message, taken off the queue."""
        sqs = self.rig.aws("sqs")
        found = sqs.receive_message(
            QueueUrl=self.url,
            WaitTimeSeconds=wait_seconds,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return list(found)

    def size(self) -> int:
        """How many messages are in the queue, in flight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.rig.aws("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in found.values())


def queue(rig: Rig, **attributes: str) -> Queue:
    """A new queue."""
    name = rig.name("queue")
    rig.aws("sqs").create_queue(QueueName=name, Attributes=attributes)
    return Queue(rig, name)


def role(rig: Rig, *actions: str) -> str:
    """A role for functions that may do some things to everything; its ARN."""
    iam, name = rig.aws("iam"), rig.name("role")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    if actions:
        permit(rig, arn, *actions)
    return str(arn)


def permit(rig: Rig, role_arn: str, *actions: str) -> None:
    """Let a role do these things and nothing else."""
    document = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
    rig.aws("iam").put_role_policy(
        RoleName=role_arn.rpartition("/")[2], PolicyName="permitted", PolicyDocument=document
    )


def function(rig: Rig, source: str, role_arn: str, **configuration: Any) -> str:
    """A function with a certain role; its ARN."""
    created = rig.aws("lambda").create_function(
        FunctionName=rig.name("function"),
        Role=role_arn,
        Code={"ZipFile": zipped(handler=source)},
        **{"Runtime": "python3.13", "Handler": "handler.handler", "Timeout": WAIT_SECONDS, **configuration},
    )
    return str(created["FunctionArn"])
